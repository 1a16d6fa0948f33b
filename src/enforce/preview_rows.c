/*
 * preview_rows.c
 *		Rows of which a change of data may alter what people see.
 *
 * Those are the rows that the running transaction wrote, in tables that were
 * noted, and rows that are judged by them: what belongs to a parent, what a link
 * table links, through another table or not, and links to a row. Old and new
 * values both count. What cannot be followed by keys is followed by tables: then
 * all rows of those count.
 *
 * Rows that were written are told by the transaction ids in them: it takes one
 * pass over the table, without a query. Keeps no state.
 */
#include "enforce/preview.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "store/catalog.h"

/* Rows of `to` are judged by the rows of `from` that hold in one column what they do in another. */
typedef struct Edge
{
	Oid from;
	const char *from_column;
	Oid to;
	const char *to_column;
} Edge;

/* Values of a column in the rows of a table that count. */
typedef struct Values
{
	Oid table;
	const char *column;
	Oid type;
	ClrKeyTable *keys;
} Values;

typedef struct Search
{
	ClrPreview *preview;
	List *edges;  /* of Edge * */
	List *values; /* of Values * */
	List *tables; /* of Oid: that have some */
	List *whole;  /* of Oid: all rows count */
	bool grew;
} Search;

static void list_edges(Search *search, const ClrPreviewTable *table);
static void
add_edge(Search *search, Oid from, const char *from_column, Oid to, const char *to_column);
static Values *values_of(Search *search, Oid table, const char *column);
static ClrKeyTable *keys_of(Search *search, const ClrPreviewTable *table);
static void note_written(Search *search, Oid table);
static void read_written(Search *search, Oid table, Oid part);
static bool is_written(HeapTuple tuple);
static void add_row(Search *search, Oid table, TupleDesc desc, HeapTuple tuple);
static void follow(Search *search, const Edge *edge);
static bool is_whole(const Search *search, Oid table);
static void make_whole(Search *search, Oid table);

/*
 * Say of each table which of its rows count. The active snapshot sees the change.
 */
void
clr_preview_find_rows(ClrPreview *preview)
{
	Search search = { .preview = preview };
	ListCell *lc;

	foreach(lc, preview->tables)
		list_edges(&search, lfirst(lc));
	foreach(lc, preview->tables)
	{
		const ClrPreviewTable *table = lfirst(lc);

		if (table->whole || list_member_int(preview->noted->bindings, table->bindings[CLR_AFTER]))
			make_whole(&search, table->relid);
	}
	foreach(lc, search.tables)
		note_written(&search, lfirst_oid(lc));
	do
	{
		search.grew = false;
		foreach(lc, search.edges)
			follow(&search, lfirst(lc));
	} while (search.grew);

	foreach(lc, preview->tables)
	{
		ClrPreviewTable *table = lfirst(lc);

		table->whole = is_whole(&search, table->relid);
		if (table->left_out == NULL)
			table->changed = keys_of(&search, table);
	}
}

/* Those of its rows that count, or NULL if there are none. */
static ClrKeyTable *
keys_of(Search *search, const ClrPreviewTable *table)
{
	const ClrBinding *binding = clr_binding_load(CurrentMemoryContext, table->bindings[CLR_AFTER]);
	ClrKeyTable *keys =
		values_of(search, table->relid, binding->columns[binding->key_slot].name)->keys;

	return clr_keytab_count(keys) > 0 ? keys : NULL;
}

/* ---------- by what rows are judged ---------- */

/* Its key column is kept in any case: what counts is told by it. */
static void
list_edges(Search *search, const ClrPreviewTable *table)
{
	const ClrBinding *binding;
	ListCell *lc;
	ListCell *lc2;

	if (table->left_out != NULL)
		return;
	binding = clr_binding_load(CurrentMemoryContext, table->bindings[CLR_AFTER]);
	(void) values_of(search, table->relid, binding->columns[binding->key_slot].name);
	foreach(lc, binding->parents)
	{
		const ClrParent *parent = lfirst(lc);
		const ClrBinding *up = clr_binding_load(CurrentMemoryContext, parent->binding);

		add_edge(search, up->relid, up->columns[up->key_slot].name, table->relid,
				 binding->columns[parent->slot].name);
	}
	foreach(lc, binding->link_roles)
	{
		const ClrLinkRole *role = lfirst(lc);
		const ClrBinding *target = clr_binding_load(CurrentMemoryContext, role->target);

		if (target->key_slot != CLR_NO_SLOT)
			add_edge(search, target->relid, target->columns[target->key_slot].name, table->relid,
					 binding->columns[role->slot].name);
	}
	foreach(lc, binding->relations)
	{
		const ClrRelation *relation = lfirst(lc);
		const char *column = binding->columns[relation->slot].name;

		foreach(lc2, relation->links)
		{
			const ClrLink *link = lfirst(lc2);

			if (OidIsValid(link->through))
			{
				add_edge(search, link->table, link->value, link->through, link->key);
				add_edge(search, link->through, link->through_value, table->relid, column);
			}
			else
				add_edge(search, link->table, link->value, table->relid, column);
		}
	}
}

static void
add_edge(Search *search, Oid from, const char *from_column, Oid to, const char *to_column)
{
	Edge *edge = palloc(sizeof(Edge));

	*edge = (Edge){ from, from_column, to, to_column };
	search->edges = lappend(search->edges, edge);
	(void) values_of(search, from, from_column);
}

static Values *
values_of(Search *search, Oid table, const char *column)
{
	Values *values;
	ListCell *lc;

	foreach(lc, search->values)
	{
		values = lfirst(lc);
		if (values->table == table && strcmp(values->column, column) == 0)
			return values;
	}
	values = palloc(sizeof(Values));
	*values = (Values){ table, column, getBaseType(get_atttype(table, get_attnum(table, column))),
						clr_keytab_new(search->preview->context, 8) };
	search->values = lappend(search->values, values);
	search->tables = list_append_unique_oid(search->tables, table);
	return values;
}

/* ---------- rows that were written ---------- */

/* Of a table, of its partitions and children. */
static void
note_written(Search *search, Oid table)
{
	List *parts = find_all_inheritors(table, AccessShareLock, NULL);
	bool noted = false;
	ListCell *lc;

	foreach(lc, parts)
		noted |= list_member_oid(search->preview->noted->tables, lfirst_oid(lc));
	if (!noted || is_whole(search, table))
		return;
	foreach(lc, parts)
		read_written(search, table, lfirst_oid(lc));
}

static void
read_written(Search *search, Oid table, Oid part)
{
	Relation relation = table_open(part, AccessShareLock);
	TableScanDesc scan;
	HeapTuple tuple;
	int64 written = 0;

	if (!RELKIND_HAS_STORAGE(relation->rd_rel->relkind))
	{
		table_close(relation, AccessShareLock);
		return;
	}
	if (relation->rd_tableam != GetHeapamTableAmRoutine())
		make_whole(search, table);
	else
	{
		scan = table_beginscan(relation, SnapshotAny, 0, NULL);
		while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
		{
			CHECK_FOR_INTERRUPTS();
			if (!is_written(tuple))
				continue;
			add_row(search, table, RelationGetDescr(relation), tuple);
			if (++written > search->preview->rows_limit)
			{
				make_whole(search, table);
				break;
			}
		}
		table_endscan(scan);
	}
	table_close(relation, AccessShareLock);
}

/* By this transaction: added, or changed, or removed. What was rolled back in it already is not. */
static bool
is_written(HeapTuple tuple)
{
	HeapTupleHeader header = tuple->t_data;

	if (TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(header)))
		return true;
	return (header->t_infomask & HEAP_XMAX_INVALID) == 0 &&
		   !HEAP_XMAX_IS_LOCKED_ONLY(header->t_infomask) &&
		   TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetUpdateXid(header));
}

static void
add_row(Search *search, Oid table, TupleDesc desc, HeapTuple tuple)
{
	ListCell *lc;

	foreach(lc, search->values)
	{
		Values *values = lfirst(lc);
		ClrKeyClass class = clr_key_class(values->type);
		ClrKey key;
		bool isnull;
		bool found;
		Datum value;

		if (values->table != table)
			continue;
		value = heap_getattr(tuple, SPI_fnumber(desc, values->column), desc, &isnull);
		if (isnull)
			continue;
		if (class == CLR_KEY_NONE)
		{
			make_whole(search, table);
			continue;
		}
		clr_key_from_datum(value, class, values->type, &key);
		(void) clr_keytab_add(values->keys, &key, &found);
		search->grew |= !found;
	}
}

/* ---------- rows that are judged by others ---------- */

static void
follow(Search *search, const Edge *edge)
{
	Values *from = values_of(search, edge->from, edge->from_column);
	Oid type = getBaseType(get_atttype(edge->to, get_attnum(edge->to, edge->to_column)));
	Oid argtypes[1];
	Datum args[1];
	ClrTableQuery query = { .columns = "t.*", .nargs = 1, .argtypes = argtypes, .args = args };
	ClrCatalog state;
	uint64 rows;

	if (is_whole(search, edge->from) ||
		(clr_keytab_count(from->keys) > 0 && clr_key_class(type) == CLR_KEY_NONE))
		make_whole(search, edge->to);
	if (is_whole(search, edge->to) || clr_keytab_count(from->keys) == 0)
		return;
	argtypes[0] = get_array_type(type);
	args[0] = clr_keytab_array(from->keys, type);
	query.rest =
		psprintf("WHERE t.%s OPERATOR(pg_catalog.=) ANY ($1)", quote_identifier(edge->to_column));
	clr_catalog_begin_owner(&state, edge->to);
	rows = clr_catalog_query_table(&state, &query);
	for (uint64 i = 0; i < rows; i++)
		add_row(search, edge->to, SPI_tuptable->tupdesc, SPI_tuptable->vals[i]);
	clr_catalog_end(&state);
}

static bool
is_whole(const Search *search, Oid table)
{
	return list_member_oid(search->whole, table);
}

static void
make_whole(Search *search, Oid table)
{
	if (is_whole(search, table))
		return;
	search->whole = lappend_oid(search->whole, table);
	search->grew = true;
}
