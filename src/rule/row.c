/*
 * row.c
 *		What a row says of itself, and how the actor is related to it.
 *
 * Facts for the rule; what follows from them is decided there. What link
 * tables link to the actor is read once a query.
 */
#include "rule/row.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "store/catalog.h"
#include "store/keyscan.h"
#include "store/moment.h"

static bool
relation_holds(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrRelation *relation);
static void load_linked(ClrJudge *judge, const ClrBinding *binding, ClrRelation *relation);
static void leave_out_repeated(ClrKeyTable *keys, Oid table, const char *column);
static void collect(ClrKeyTable *values, Oid table, const char *value, const char *column, Oid type,
					bool is_array, Datum wanted);

/*
 * Whether a row is shared; a table without visibility holds shared rows.
 */
bool
clr_row_is_shared(const ClrBinding *binding, const ClrRow *row)
{
	char *value;
	ListCell *lc;

	if (binding->visibility_slot == CLR_NO_SLOT)
		return true;
	if (row->facts != NULL)
		return row->facts->shared;
	value = clr_binding_value_text(binding, row, binding->visibility_slot);
	if (value == NULL)
		return false; /* a NULL privacy flag is private */
	foreach(lc, binding->shared_values)
		if (strcmp(lfirst(lc), value) == 0)
			return true;
	return false;
}

/*
 * Is the actor related to the row in this way? The owner counts as invited.
 */
bool
clr_row_has_relation(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrRelationKind kind)
{
	ListCell *lc;

	if (row->facts != NULL)
		return (row->facts->relations & CLR_REL_BIT(kind)) != 0;
	if (clr_relation_implies(CLR_REL_OWN, kind) && binding->owner_slot != CLR_NO_SLOT &&
		!row->nulls[binding->owner_slot] &&
		clr_row_value_is_me(judge->scope, &binding->columns[binding->owner_slot],
							row->values[binding->owner_slot]))
		return true;
	foreach(lc, binding->relations)
	{
		ClrRelation *relation = lfirst(lc);

		if (clr_relation_implies(relation->kind, kind) &&
			relation_holds(judge, binding, row, relation))
			return true;
	}
	return false;
}

static bool
relation_holds(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrRelation *relation)
{
	const ClrColumn *column = &binding->columns[relation->slot];
	Datum value = row->values[relation->slot];
	ClrKey key;

	if (row->nulls[relation->slot])
		return false;
	if (relation->links == NIL)
		return clr_row_value_is_me(judge->scope, column, value);
	clr_key_from_datum(value, column->key_class, column->type, &key);
	return clr_keytab_find(clr_row_linked(judge, binding, relation), &key) != NULL;
}

/*
 * What a link table links to the actor, read once a query.
 */
ClrKeyTable *
clr_row_linked(ClrJudge *judge, const ClrBinding *binding, ClrRelation *relation)
{
	if (relation->linked == NULL)
		load_linked(judge, binding, relation);
	return relation->linked;
}

/*
 * Whether a member column names the actor; an array column, whether any of
 * its elements does.
 */
bool
clr_row_value_is_me(ClrScope *scope, const ClrColumn *column, Datum value)
{
	ClrKey key;
	Datum *elems;
	bool *nulls;
	int n;
	int16 typlen;
	bool typbyval;
	char typalign;

	if (!column->is_array)
	{
		clr_key_from_datum(value, column->key_class, column->type, &key);
		return clr_scope_is_me(scope, &key);
	}
	get_typlenbyvalalign(column->type, &typlen, &typbyval, &typalign);
	deconstruct_array(DatumGetArrayTypeP(value), column->type, typlen, typbyval, typalign, &elems,
					  &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			continue;
		clr_key_from_datum(elems[i], column->key_class, column->type, &key);
		if (clr_scope_is_me(scope, &key))
			return true;
	}
	return false;
}

static void
load_linked(ClrJudge *judge, const ClrBinding *binding, ClrRelation *relation)
{
	const ClrLink *first = linitial(relation->links);
	ClrKeyTable *linked = clr_keytab_new(judge->context, 16);
	ListCell *lc;

	foreach(lc, relation->links)
	{
		const ClrLink *link = lfirst(lc);
		Datum me = clr_scope_me_array(judge->scope, link->type);

		if (OidIsValid(link->through))
		{
			ClrKeyTable *keys = clr_keytab_new(CurrentMemoryContext, 16);
			Oid type =
				getBaseType(get_atttype(link->through, get_attnum(link->through, link->key)));

			collect(keys, link->table, link->value, link->member, link->type, link->is_array, me);
			collect(linked, link->through, link->through_value, link->key, type, false,
					clr_keytab_array(keys, type));
		}
		else
			collect(linked, link->table, link->value, link->member, link->type, link->is_array, me);
	}
	if (first->are_keys)
		leave_out_repeated(linked, OidIsValid(first->through) ? first->through : first->table,
						   OidIsValid(first->through) ? first->through_value : first->value);
	if (relation->slot == binding->key_slot)
		leave_out_repeated(linked, binding->relid, binding->columns[relation->slot].name);
	relation->linked = linked;
}

/*
 * Keys of several rows link nobody to any of them: who may add a row, and link
 * itself to that, would be linked to another's.
 */
static void
leave_out_repeated(ClrKeyTable *keys, Oid table, const char *column)
{
	static char once;
	Oid type = getBaseType(get_atttype(table, get_attnum(table, column)));
	Oid array_type = get_array_type(type);
	ClrTableQuery query = { .nargs = 1, .argtypes = &array_type };
	ClrCatalog state;
	uint64 rows;
	Datum wanted;

	if (clr_keytab_count(keys) == 0 || clr_keys_are_unique(table, column))
		return;
	wanted = clr_keytab_array(keys, type);
	query.args = &wanted;
	query.columns = psprintf("t.%s", quote_identifier(column));
	query.rest = psprintf("WHERE t.%s OPERATOR(pg_catalog.=) ANY ($1)", quote_identifier(column));
	clr_catalog_begin_owner(&state, table);
	rows = clr_catalog_query_table(&state, &query);
	for (uint64 i = 0; i < rows; i++)
	{
		bool isnull;
		Datum value = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);
		ClrKeyEntry *entry;
		ClrKey key;

		clr_key_from_datum(value, clr_key_class(type), type, &key);
		entry = clr_keytab_find(keys, &key);
		if (entry != NULL && entry->value == &once)
			clr_keytab_remove(keys, entry);
		else if (entry != NULL)
			entry->value = &once;
	}
	clr_catalog_end(&state);
}

/*
 * Add the values of a column of those rows of a table in which another column
 * is among the wanted ones, or shares one with them if it is an array.
 */
static void
collect(ClrKeyTable *values, Oid table, const char *value, const char *column, Oid type,
		bool is_array, Datum wanted)
{
	Oid array_type = get_array_type(type);
	ClrTableQuery query = { .nargs = 1, .argtypes = &array_type, .args = &wanted };
	ClrCatalog state;
	uint64 rows;

	query.columns = psprintf("t.%s", quote_identifier(value));
	query.rest =
		is_array ? psprintf("WHERE t.%s::%s[] OPERATOR(pg_catalog.&&) $1", quote_identifier(column),
							format_type_be(type)) :
				   psprintf("WHERE t.%s OPERATOR(pg_catalog.=) ANY ($1)", quote_identifier(column));
	clr_catalog_begin_owner(&state, table);
	rows = clr_catalog_query_table(&state, &query);
	for (uint64 i = 0; i < rows; i++)
	{
		Oid value_type = getBaseType(SPI_gettypeid(SPI_tuptable->tupdesc, 1));
		bool isnull;
		bool found;
		Datum datum = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);
		ClrKey key;

		if (isnull)
			continue;
		clr_key_from_datum(datum, clr_key_class(value_type), value_type, &key);
		(void) clr_keytab_add(values, &key, &found);
	}
	clr_catalog_end(&state);
}

/*
 * The parent of a row by one declaration, or false if it names none. A type
 * column with another value means that the parent is in another table.
 */
bool
clr_row_parent_key(const ClrBinding *binding, const ClrRow *row, const ClrParent *parent,
				   ClrKey *key)
{
	const ClrColumn *column = &binding->columns[parent->slot];

	if (row->nulls[parent->slot])
		return false;
	if (parent->type_slot != CLR_NO_SLOT)
	{
		char *type = clr_binding_value_text(binding, row, parent->type_slot);

		if (type == NULL || strcmp(type, parent->type_value) != 0)
			return false;
	}
	clr_key_from_datum(row->values[parent->slot], column->key_class, column->type, key);
	return true;
}

/* The target of a link row, or false if it names none. */
bool
clr_row_target_key(const ClrBinding *binding, const ClrRow *row, const ClrLinkRole *role,
				   ClrKey *key)
{
	const ClrColumn *column = &binding->columns[role->slot];

	if (row->nulls[role->slot])
		return false;
	clr_key_from_datum(row->values[role->slot], column->key_class, column->type, key);
	return true;
}

/*
 * Whether a row's published moment has come at a time.
 */
bool
clr_row_is_published(const ClrBinding *binding, const ClrRow *row, TimestampTz at)
{
	int slot = binding->published_slot;
	Oid type = binding->columns[slot].type;
	Datum value = row->values[slot];

	if (row->nulls[slot])
		return false;
	if (type == BOOLOID)
		return DatumGetBool(value);
	return clr_moment(value, type) <= at;
}
