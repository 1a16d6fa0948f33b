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

#include "rule/named.h"
#include "store/catalog.h"
#include "store/keyscan.h"
#include "store/moment.h"

/* Whether a link table links a value to one of these people. */
typedef struct Question
{
	ClrJudge *judge;
	const ClrBinding *binding;
	const ClrRelation *relation;
	ClrPeople people;
	bool answer;
} Question;

static bool value_names(ClrJudge *judge, ClrPeople people, const ClrColumn *column, Datum value);
static bool relation_holds(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
						   ClrRelation *relation, ClrPeople people);
static bool are_indexed(const ClrRelation *relation);
static bool ask_links(const ClrKey *key, void *arg);
static void look_at_member(const ClrKeyEntry *entry, void *arg);
static ClrKeyTable *load_linked(ClrJudge *judge, const ClrBinding *binding,
								const ClrRelation *relation, ClrPeople people);
static void leave_out_repeated(ClrKeyTable *keys, Oid table, const char *column);
static void collect(ClrKeyTable *values, Oid table, const char *value, const char *column, Oid type,
					bool is_array, Datum wanted);
static bool is_loose(Oid table, const char *column);

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

/* Whether a row names the actor's account. */
bool
clr_row_is_of_account(const ClrJudge *judge, const ClrBinding *binding, const ClrRow *row)
{
	const ClrColumn *column = &binding->columns[binding->account_slot];
	ClrKey value;
	ClrKey account;

	if (row->nulls[binding->account_slot])
		return false;
	clr_key_from_datum(row->values[binding->account_slot], column->key_class, column->type, &value);
	return clr_key_from_text(judge->scope->account_key, column->key_class, &account) &&
		   clr_key_equal(&value, &account);
}

/*
 * Is the actor related to the row in this way? The owner counts as invited.
 */
bool
clr_row_has_relation(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrRelationKind kind)
{
	ClrPeople people = clr_relation_people(kind);
	ListCell *lc;

	if (row->facts != NULL)
		return (row->facts->relations & CLR_REL_BIT(kind)) != 0;
	if (clr_relation_follows(CLR_REL_OWN, kind) && binding->owner_slot != CLR_NO_SLOT &&
		!row->nulls[binding->owner_slot] &&
		value_names(judge, people, &binding->columns[binding->owner_slot],
					row->values[binding->owner_slot]))
		return true;
	foreach(lc, binding->relations)
	{
		ClrRelation *relation = lfirst(lc);

		if (clr_relation_follows(relation->kind, kind) &&
			relation_holds(judge, binding, row, relation, people))
			return true;
	}
	return false;
}

static bool
relation_holds(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrRelation *relation,
			   ClrPeople people)
{
	const ClrColumn *column = &binding->columns[relation->slot];
	Datum value = row->values[relation->slot];
	ClrKey key;

	if (row->nulls[relation->slot])
		return false;
	if (relation->links == NIL)
		return value_names(judge, people, column, value);
	clr_key_from_datum(value, column->key_class, column->type, &key);
	return clr_row_is_linked(judge, binding, relation, people, &key);
}

/*
 * Whether a link table links a value to one of these people. It is asked for
 * one value only where that does not mean to read all of it.
 */
bool
clr_row_is_linked(ClrJudge *judge, const ClrBinding *binding, ClrRelation *relation,
				  ClrPeople people, const ClrKey *key)
{
	ClrFound *linked = &relation->linked[people];
	Question question = { judge, binding, relation, people, false };

	if (clr_named_asks(judge, people, linked) && (linked->asked != NULL || are_indexed(relation)))
		return clr_named_ask(judge, linked, key, ask_links, &question);
	return clr_keytab_find(clr_row_linked(judge, binding, relation, people), key) != NULL;
}

static bool
are_indexed(const ClrRelation *relation)
{
	ListCell *lc;

	foreach(lc, relation->links)
	{
		const ClrLink *link = lfirst(lc);

		if (!clr_keys_are_indexed(link->table, link->value))
			return false;
	}
	return true;
}

/*
 * What a link table links to these people, read once a query.
 */
ClrKeyTable *
clr_row_linked(ClrJudge *judge, const ClrBinding *binding, ClrRelation *relation, ClrPeople people)
{
	ClrFound *linked = &relation->linked[people];

	if (linked->all == NULL)
		linked->all = load_linked(judge, binding, relation, people);
	return linked->all;
}

/* Whether a member column names the actor. */
bool
clr_row_value_is_me(ClrJudge *judge, const ClrColumn *column, Datum value)
{
	return value_names(judge, CLR_ME, column, value);
}

/* Whether a member column names nobody: an array without elements, or of nulls. */
bool
clr_row_names_nobody(const ClrColumn *column, Datum value)
{
	ArrayIterator elements;
	bool found = false;
	bool isnull;
	Datum element;

	if (!column->is_array)
		return false;
	elements = array_create_iterator(DatumGetArrayTypeP(value), 0, NULL);
	while (!found && array_iterate(elements, &element, &isnull))
		found = !isnull;
	array_free_iterator(elements);
	return !found;
}

/*
 * Whether a member column names one of these people; an array column, whether
 * any of its elements does.
 */
static bool
value_names(ClrJudge *judge, ClrPeople people, const ClrColumn *column, Datum value)
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
		return clr_named(judge, people, &key);
	}
	get_typlenbyvalalign(column->type, &typlen, &typbyval, &typalign);
	deconstruct_array(DatumGetArrayTypeP(value), column->type, typlen, typbyval, typalign, &elems,
					  &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			continue;
		clr_key_from_datum(elems[i], column->key_class, column->type, &key);
		if (clr_named(judge, people, &key))
			return true;
	}
	return false;
}

/*
 * The same as load_linked() finds, for one value. Only the actor itself is
 * linked through another table.
 */
static bool
ask_links(const ClrKey *key, void *arg)
{
	Question *question = arg;
	const ClrRelation *relation = question->relation;
	const ClrColumn *column = &question->binding->columns[relation->slot];
	ClrKeyTable *linked = clr_keytab_new(CurrentMemoryContext, 1);
	bool found;
	ListCell *lc;

	(void) clr_keytab_add(linked, key, &found);
	foreach(lc, relation->links)
	{
		const ClrLink *link = lfirst(lc);
		ClrKeyTable *members = clr_keytab_new(CurrentMemoryContext, 8);
		Oid type = getBaseType(get_atttype(link->table, get_attnum(link->table, link->value)));

		Assert(!OidIsValid(link->through));
		collect(members, link->table, link->member, link->value, type, false,
				clr_keytab_array(linked, type));
		clr_keytab_each(members, look_at_member, question);
	}
	if (question->answer && relation->slot == question->binding->key_slot)
		leave_out_repeated(linked, question->binding->relid, column->name);
	return question->answer && clr_keytab_count(linked) > 0;
}

static void
look_at_member(const ClrKeyEntry *entry, void *arg)
{
	Question *question = arg;

	question->answer =
		question->answer || clr_named(question->judge, question->people, &entry->key);
}

static ClrKeyTable *
load_linked(ClrJudge *judge, const ClrBinding *binding, const ClrRelation *relation,
			ClrPeople people)
{
	const ClrLink *first = linitial(relation->links);
	ClrKeyTable *linked = clr_keytab_new(judge->context, 16);
	ListCell *lc;

	foreach(lc, relation->links)
	{
		const ClrLink *link = lfirst(lc);
		Datum wanted =
			clr_keytab_array(clr_named_keys(judge, people, clr_key_class(link->type)), link->type);

		if (OidIsValid(link->through))
		{
			ClrKeyTable *keys = clr_keytab_new(CurrentMemoryContext, 16);
			Oid type =
				getBaseType(get_atttype(link->through, get_attnum(link->through, link->key)));

			collect(keys, link->table, link->value, link->member, link->type, link->is_array,
					wanted);
			collect(linked, link->through, link->through_value, link->key, type, false,
					clr_keytab_array(keys, type));
		}
		else
			collect(linked, link->table, link->value, link->member, link->type, link->is_array,
					wanted);
	}
	if (first->are_keys)
		leave_out_repeated(linked, OidIsValid(first->through) ? first->through : first->table,
						   OidIsValid(first->through) ? first->through_value : first->value);
	if (relation->slot == binding->key_slot)
		leave_out_repeated(linked, binding->relid, binding->columns[relation->slot].name);
	return linked;
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
 * Add the values of a column, or what is in them if they are arrays, of those
 * rows of a table in which another column is among the wanted ones, or shares one
 * with them if it is an array. What a collation takes for equal, an index finds; that
 * it is the same, its bytes say.
 */
static void
collect(ClrKeyTable *values, Oid table, const char *value, const char *column, Oid type,
		bool is_array, Datum wanted)
{
	Oid array_type = get_array_type(type);
	ClrTableQuery query = { .nargs = 1, .argtypes = &array_type, .args = &wanted };
	bool are_arrays = type_is_array_domain(get_atttype(table, get_attnum(table, value)));
	const char *one = quote_identifier(column);
	const char *test = "OPERATOR(pg_catalog.=) ANY ($1)";
	ClrCatalog state;
	uint64 rows;

	query.columns =
		psprintf(are_arrays ? "pg_catalog.unnest(t.%s)" : "t.%s", quote_identifier(value));
	if (is_array)
	{
		one = psprintf("%s::%s[]", one, format_type_be(type));
		test = "OPERATOR(pg_catalog.&&) $1";
	}
	query.rest = psprintf("WHERE t.%s %s", one, test);
	if (is_loose(table, column))
		query.rest = psprintf("%s AND t.%s COLLATE pg_catalog.\"C\" %s", query.rest, one, test);
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

/* Whether a column's collation takes texts for equal that are not the same. */
static bool
is_loose(Oid table, const char *column)
{
	Oid type, collation;
	int32 typmod;

	get_atttypetypmodcoll(table, get_attnum(table, column), &type, &typmod, &collation);
	return OidIsValid(collation) && !get_collation_isdeterministic(collation);
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

	if (row->nulls[parent->slot] || !clr_row_is_of_type(binding, row, parent))
		return false;
	clr_key_from_datum(row->values[parent->slot], column->key_class, column->type, key);
	return true;
}

/* Whether a declared parent is that of rows of this type, or of all. */
bool
clr_row_is_of_type(const ClrBinding *binding, const ClrRow *row, const ClrParent *parent)
{
	const char *type;

	if (parent->type_slot == CLR_NO_SLOT)
		return true;
	type = clr_binding_value_text(binding, row, parent->type_slot);
	return type != NULL && strcmp(type, parent->type_value) == 0;
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
