/*
 * lookup.c
 *		Rows of a protected table that were not asked for: by their key, or all.
 *
 * Other rows refer to them, and are judged with them (parent.c). A query would
 * spend ten times as long on starting as on the row, so a plain table is read as
 * the executor reads it, by the unique index of its key and the index of its
 * projects, or from end to end. Nothing is planned then, and no expression of
 * an index evaluated: no code of the table's owner runs. Partitioned tables,
 * those with children, and those whose key has no index are left to queries.
 *
 * Everything is read under the snapshot of the judge.
 *
 * Lifetime: in a running query the scan by key stays open until the query ends,
 * as its other scans do, and belongs to the resource owner that it started
 * under; on an error that one closes it. Without such an owner it is closed after
 * each row.
 */
#include "rule/lookup.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_statistic.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "rule/reader.h"
#include "rule/row.h"
#include "rule/shape.h"
#include "scope/people.h"
#include "store/catalog.h"
#include "store/keyscan.h"

/*
 * Costs in units of finding and judging a row by its key, as measured: to start
 * with a project of an index, to find a row there, to read one from end to end,
 * to judge it by the rule, or by what decides about all of them (shape.h).
 */
#define COST_OF_PROJECT 0.5
#define COST_OF_ROW_BY_INDEX 0.2
#define COST_OF_ROW 0.05
#define COST_OF_JUDGING 0.3
#define COST_OF_CLASS 0.03

/* To find one row by a query. */
#define COST_OF_QUERY 10

/* How many rows of a query's result are taken at a time. */
#define ROWS_A_FETCH 1000

/* Rows that have one of these keys in a column. */
typedef struct Source
{
	int slot;
	ClrKeyTable *keys;
	const ClrKeyBits *bits; /* the same, or NULL */
	bool or_null;			/* or none: a row without a project may be open */
} Source;

/* How to read all rows that may be open. */
typedef struct Way
{
	List *sources;	/* of Source *: rows of any of them; NIL: all rows */
	bool by_index;	/* each is found by an index */
	ClrClass class; /* what decides about each, see clr_lookup_class() */
	ClrLookupCost cost;
} Way;

/* Going through many rows. */
typedef struct Pass
{
	const ClrBinding *binding;
	ClrReader reader;
	ClrRow row;			   /* the one that is visited */
	MemoryContext scratch; /* of one row */
	ClrVisit visit;
	void *arg;
	bool wants_more;
} Pass;

struct ClrLookup
{
	bool repeats; /* nothing says that a key is that of one row */
	bool by_query;
	ClrReader reader; /* by key; open if it has a relation */
	double rows;	  /* of the table */
	Way *way;		  /* once asked for */
};

static ClrLookup *lookup_of(ClrJudge *judge, ClrBinding *binding);
static const Way *way_of(ClrJudge *judge, ClrBinding *binding);
static bool fit_chains(const ClrBinding *binding);
static double cost_of_judging(const Way *way);
static double count_rows(Relation relation);
static Source *new_source(int slot, ClrKeyTable *keys, const ClrKeyBits *bits);
static void
prefer_index(Way *way, Relation relation, const ClrBinding *binding, List *sources, double rows);
static void
prefer_relations(Way *way, ClrJudge *judge, Relation relation, ClrBinding *binding, ClrClass class);
static double rows_of_value(const ClrBinding *binding, int slot, double rows);
static void visit_found(Pass *pass);
static void read_sources(Pass *pass, List *sources, Snapshot snapshot);
static void read_table(Pass *pass, List *sources, Snapshot snapshot);
static bool is_of(const Source *source, const ClrBinding *binding, Datum value, bool isnull);
static bool all_by_query(const ClrBinding *binding, const Way *way, ClrVisit visit, void *arg);

/*
 * The rows with a key, as an array in the current context: several only where
 * keys repeat. Returns how many there are.
 */
uint64
clr_lookup_find(ClrJudge *judge, ClrBinding *binding, const ClrKey *key, ClrRow **rows)
{
	ClrLookup *lookup = lookup_of(judge, binding);
	ClrReader *reader = &lookup->reader;
	ResourceOwner caller = CurrentResourceOwner;
	Snapshot snapshot = judge->snapshot;
	bool pushed = false;
	bool found = false;

	if (lookup->by_query)
		return clr_lookup_where(binding, binding->key_slot, key, rows);
	if (judge->owner != NULL)
		CurrentResourceOwner = judge->owner;
	else if (snapshot == NULL)
	{
		pushed = clr_catalog_push_snapshot();
		snapshot = GetActiveSnapshot();
	}
	if (reader->relation == NULL)
	{
		MemoryContext context = MemoryContextSwitchTo(judge->context);

		clr_reader_open(reader, binding, binding->key_slot, true);
		lookup->by_query = reader->index == NULL;
		if (!lookup->by_query)
			clr_reader_begin(reader, snapshot);
		MemoryContextSwitchTo(context);
	}
	if (!lookup->by_query)
	{
		found = clr_reader_seek(reader, binding, key) && clr_reader_next(reader);
		if (found)
		{
			*rows = palloc(sizeof(ClrRow));
			clr_reader_copy_row(reader, binding, *rows);
		}
		ExecClearTuple(reader->slot);
	}
	if (lookup->by_query || judge->owner == NULL)
		clr_reader_close(reader);
	CurrentResourceOwner = caller;
	if (pushed)
		PopActiveSnapshot();
	return lookup->by_query ? clr_lookup_where(binding, binding->key_slot, key, rows) : found;
}

/*
 * Visit all rows of the table that may be open to the actor, some of them maybe
 * twice. False if the visitor had enough.
 */
bool
clr_lookup_all(ClrJudge *judge, ClrBinding *binding, ClrVisit visit, void *arg)
{
	const Way *way = way_of(judge, binding);
	Pass pass = { .binding = binding, .visit = visit, .arg = arg, .wants_more = true };
	Snapshot snapshot = judge->snapshot;
	bool pushed = false;

	if (!clr_reader_is_plain(binding->relid))
		return all_by_query(binding, way, visit, arg);
	if (snapshot == NULL)
	{
		pushed = clr_catalog_push_snapshot();
		snapshot = GetActiveSnapshot();
	}
	pass.row = clr_reader_new_row(binding->ncolumns);
	pass.scratch =
		AllocSetContextCreate(CurrentMemoryContext, "clearance row", ALLOCSET_SMALL_SIZES);
	if (way->by_index)
		read_sources(&pass, way->sources, snapshot);
	else
		read_table(&pass, way->sources, snapshot);
	MemoryContextDelete(pass.scratch);
	pfree(pass.row.values);
	if (pushed)
		PopActiveSnapshot();
	return pass.wants_more;
}

/*
 * What decides about each row of these, but for what it belongs to; OTHER if it
 * must be judged by itself.
 */
ClrClass
clr_lookup_class(ClrJudge *judge, ClrBinding *binding)
{
	return way_of(judge, binding)->class;
}

/* What that costs. */
ClrLookupCost
clr_lookup_cost(ClrJudge *judge, ClrBinding *binding)
{
	return way_of(judge, binding)->cost;
}

/* What it costs to find a row by its key, as far as is known. */
double
clr_lookup_cost_of_key(ClrJudge *judge, ClrBinding *binding)
{
	return lookup_of(judge, binding)->by_query ? COST_OF_QUERY : 1;
}

/* How many rows the table has, about. */
double
clr_lookup_rows(ClrJudge *judge, ClrBinding *binding)
{
	(void) way_of(judge, binding);
	return binding->lookup->rows;
}

/*
 * What part of them is visible, about. What is visible by a relation alone is no more
 * than those who are related have, by statistics.
 */
double
clr_lookup_part_seen(ClrJudge *judge, ClrBinding *binding)
{
	double part = clr_shape_part_seen(judge, binding);

	if (binding->project_slot == CLR_NO_SLOT ||
		clr_shape_only_class(clr_shape_of(judge, binding, CLR_VIEW)) < CLR_CLASS_RELATED)
		return part;
	return Min(part,
			   clr_lookup_cost(judge, binding).rows / Max(clr_lookup_rows(judge, binding), 1));
}

/* The query ends. */
void
clr_lookup_end(ClrJudge *judge)
{
	ResourceOwner caller = CurrentResourceOwner;
	ListCell *lc;

	foreach(lc, judge->bindings)
	{
		ClrBinding *binding = lfirst(lc);

		if (binding->lookup == NULL || binding->lookup->reader.relation == NULL)
			continue;
		CurrentResourceOwner = judge->owner;
		clr_reader_close(&binding->lookup->reader);
		CurrentResourceOwner = caller;
	}
}

static ClrLookup *
lookup_of(ClrJudge *judge, ClrBinding *binding)
{
	if (binding->lookup == NULL)
	{
		binding->lookup = MemoryContextAllocZero(judge->context, sizeof(ClrLookup));
		binding->lookup->by_query = !clr_reader_is_plain(binding->relid);
		binding->lookup->repeats =
			binding->key_slot == CLR_NO_SLOT ||
			!clr_keys_are_unique(binding->relid, binding->columns[binding->key_slot].name);
	}
	return binding->lookup;
}

/* Whether several rows may have one key. */
bool
clr_lookup_repeats(ClrJudge *judge, ClrBinding *binding)
{
	return lookup_of(judge, binding)->repeats;
}

/* ---------- ways to read all ---------- */

/*
 * The cheapest way to all rows that may be open. Found once a query.
 */
static const Way *
way_of(ClrJudge *judge, ClrBinding *binding)
{
	ClrLookup *lookup = lookup_of(judge, binding);
	MemoryContext caller;
	Relation relation;
	Way *way;

	if (lookup->way != NULL)
		return lookup->way;
	caller = MemoryContextSwitchTo(judge->context);
	relation = table_open(binding->relid, AccessShareLock);
	lookup->rows = count_rows(relation);
	way = palloc0(sizeof(Way));
	way->cost.rows = lookup->rows;
	way->cost.cost = lookup->rows * COST_OF_ROW;
	way->class = CLR_CLASS_OTHER;
	/* of a key that repeats every row counts, wherever it is */
	if (binding->project_slot != CLR_NO_SLOT && !lookup->repeats)
	{
		const ClrShape *shape = clr_shape_of(judge, binding, CLR_VIEW);
		ClrClass class = clr_shape_only_class(shape);

		if (fit_chains(binding))
			way->class = class;
		way->cost.rows *= clr_shape_part_open(judge, binding);
		way->sources = list_make1(new_source(binding->project_slot, shape->open, shape->bits));
		((Source *) linitial(way->sources))->or_null = binding->project_optional;
		prefer_index(way, relation, binding, way->sources, way->cost.rows);
		if (!lookup->by_query && !binding->project_optional)
			prefer_relations(way, judge, relation, binding, class);
	}
	way->cost.cost += 1 + way->cost.rows * cost_of_judging(way);
	table_close(relation, NoLock);
	MemoryContextSwitchTo(caller);
	lookup->way = way;
	return way;
}

/* Whether chain.c can keep the verdicts. */
static bool
fit_chains(const ClrBinding *binding)
{
	int own = 0;
	ListCell *lc;

	foreach(lc, binding->ups)
		own += ((ClrUp *) lfirst(lc))->binding == binding->id;
	return own <= 1 && binding->columns[binding->key_slot].key_class == CLR_KEY_INT;
}

static double
cost_of_judging(const Way *way)
{
	return way->class == CLR_CLASS_OTHER ? COST_OF_JUDGING : COST_OF_CLASS;
}

static double
count_rows(Relation relation)
{
	BlockNumber pages;
	double rows;
	double all_visible;

	if (relation->rd_rel->relkind != RELKIND_RELATION)
		return Max(relation->rd_rel->reltuples, 0);
	table_relation_estimate_size(relation, NULL, &pages, &rows, &all_visible);
	return rows;
}

static Source *
new_source(int slot, ClrKeyTable *keys, const ClrKeyBits *bits)
{
	Source *source = palloc(sizeof(Source));

	*source = (Source){ slot, keys, bits, false };
	return source;
}

/* Read the rows of these sources by indexes, if there are indexes and that is cheaper. */
static void
prefer_index(Way *way, Relation relation, const ClrBinding *binding, List *sources, double rows)
{
	double cost = rows * COST_OF_ROW_BY_INDEX;
	double judging = cost_of_judging(way);
	ListCell *lc;

	foreach(lc, sources)
	{
		const Source *source = lfirst(lc);
		const ClrColumn *column = &binding->columns[source->slot];
		Relation index =
			clr_reader_index_on(relation, column, get_attnum(binding->relid, column->name), false);

		if (index == NULL)
			return;
		index_close(index, NoLock);
		cost += clr_keytab_count(source->keys) * COST_OF_PROJECT;
	}
	if (cost + rows * judging >= way->cost.cost + way->cost.rows * judging)
		return;
	*way = (Way){ sources, true, way->class, { rows, cost } };
}

/*
 * Where all that is open is related to the actor in some way, the rows are found
 * by that: by columns that name members, and what link tables link to them.
 */
static void
prefer_relations(Way *way, ClrJudge *judge, Relation relation, ClrBinding *binding, ClrClass class)
{
	ClrRelationKind kind;
	ClrPeople people;
	List *sources = NIL;
	double rows = 0;
	ListCell *lc;

	if (class < CLR_CLASS_RELATED)
		return;
	kind =
		class - (class < CLR_CLASS_RELATED_SHARED ? CLR_CLASS_RELATED : CLR_CLASS_RELATED_SHARED);
	people = clr_relation_people(kind);
	if (!clr_people_are_few(judge->scope, people))
		return;
	if (binding->owner_slot != CLR_NO_SLOT && clr_relation_follows(CLR_REL_OWN, kind))
		sources = lappend(sources, new_source(binding->owner_slot, NULL, NULL));
	foreach(lc, binding->relations)
	{
		ClrRelation *related = lfirst(lc);

		if (clr_relation_follows(related->kind, kind))
			sources =
				lappend(sources, new_source(related->slot,
											related->links == NIL ?
												NULL :
												clr_row_linked(judge, binding, related, people),
											NULL));
	}
	foreach(lc, sources)
	{
		Source *source = lfirst(lc);
		const ClrColumn *column = &binding->columns[source->slot];

		if (column->is_array)
			return;
		if (source->keys == NULL)
			source->keys = clr_people_few(judge->scope, people, column->key_class);
		rows += clr_keytab_count(source->keys) *
				rows_of_value(binding, source->slot, binding->lookup->rows);
	}
	prefer_index(way, relation, binding, sources, rows);
}

/* How many rows have the same value in a column, by its statistics. */
static double
rows_of_value(const ClrBinding *binding, int slot, double rows)
{
	HeapTuple tuple;
	double distinct = DEFAULT_NUM_DISTINCT;

	if (slot == binding->key_slot)
		return 1;
	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(binding->relid),
							Int16GetDatum(get_attnum(binding->relid, binding->columns[slot].name)),
							BoolGetDatum(false));
	if (HeapTupleIsValid(tuple))
	{
		distinct = ((Form_pg_statistic) GETSTRUCT(tuple))->stadistinct;
		if (distinct < 0)
			distinct *= -rows;
		ReleaseSysCache(tuple);
	}
	return rows / Max(distinct, 1);
}

/* ---------- all rows ---------- */

static void
visit_row(Pass *pass)
{
	MemoryContext caller = MemoryContextSwitchTo(pass->scratch);

	CHECK_FOR_INTERRUPTS();
	clr_reader_read_row(&pass->reader, pass->binding, &pass->row);
	pass->wants_more = pass->visit(&pass->row, pass->arg);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(pass->scratch);
}

static void
read_key(const ClrKeyEntry *entry, void *arg)
{
	Pass *pass = arg;

	if (pass->wants_more && clr_reader_seek(&pass->reader, pass->binding, &entry->key))
		visit_found(pass);
}

/* The rows that the reader was sent to. */
static void
visit_found(Pass *pass)
{
	while (pass->wants_more && clr_reader_next(&pass->reader))
		visit_row(pass);
}

static void
read_sources(Pass *pass, List *sources, Snapshot snapshot)
{
	ListCell *lc;

	foreach(lc, sources)
	{
		Source *source = lfirst(lc);

		clr_reader_open(&pass->reader, pass->binding, source->slot, false);
		if (pass->reader.index == NULL)
			elog(ERROR, "an index of table %s is gone", clr_binding_name(pass->binding));
		clr_reader_begin(&pass->reader, snapshot);
		clr_keytab_each(source->keys, read_key, pass);
		if (source->or_null)
		{
			clr_reader_seek_null(&pass->reader);
			visit_found(pass);
		}
		clr_reader_close(&pass->reader);
	}
}

static void
read_table(Pass *pass, List *sources, Snapshot snapshot)
{
	const Source *source = sources != NIL ? linitial(sources) : NULL;
	ClrReader *reader = &pass->reader;
	TableScanDesc scan;

	clr_reader_open(reader, pass->binding, CLR_NO_SLOT, false);
	scan = table_beginscan(reader->relation, snapshot, 0, NULL);
	reader->slot = table_slot_create(reader->relation, NULL);
	while (pass->wants_more && table_scan_getnextslot(scan, ForwardScanDirection, reader->slot))
	{
		CHECK_FOR_INTERRUPTS();
		if (source != NULL)
		{
			bool isnull;
			Datum value = slot_getattr(reader->slot, reader->attributes[source->slot], &isnull);

			if (!is_of(source, pass->binding, value, isnull))
				continue;
		}
		visit_row(pass);
	}
	table_endscan(scan);
	clr_reader_close(reader);
}

/* Whether a row with this value in the source's column is one of the source. */
static bool
is_of(const Source *source, const ClrBinding *binding, Datum value, bool isnull)
{
	const ClrColumn *column = &binding->columns[source->slot];
	ClrKey key;

	if (isnull)
		return source->or_null;
	if (source->bits != NULL)
		return clr_keybits_has(source->bits, clr_key_integer(value, column->type));
	clr_key_from_datum(value, column->key_class, column->type, &key);
	return clr_keytab_find(source->keys, &key) != NULL;
}

/* ---------- by queries, as the table's owner ---------- */

static char *
where(const ClrColumn *column, const char *what)
{
	return psprintf("WHERE t.%s %s", quote_identifier(column->name), what);
}

/* A row of a result, in the current context. */
static void
row_of_result(HeapTuple tuple, TupleDesc desc, ClrRow *row)
{
	tuple = heap_copytuple(tuple);
	*row =
		(ClrRow){ palloc(sizeof(Datum) * desc->natts), palloc(sizeof(bool) * desc->natts), NULL };
	heap_deform_tuple(tuple, desc, row->values, row->nulls);
}

/*
 * The rows with a key in a column, as an array in the current context. Returns how
 * many there are.
 */
uint64
clr_lookup_where(const ClrBinding *binding, int slot, const ClrKey *key, ClrRow **rows)
{
	const ClrColumn *column = &binding->columns[slot];
	MemoryContext caller = CurrentMemoryContext;
	Datum args[1];
	ClrTableQuery query = { .nargs = 1, .argtypes = &column->type, .args = args };
	ClrCatalog state;
	MemoryContext of_query;
	uint64 found;
	uint64 n = 0;

	if (!clr_key_to_datum(key, column->type, &args[0]))
		return 0;
	query.columns = clr_binding_columns_sql(binding);
	query.rest = where(column, "OPERATOR(pg_catalog.=) $1");
	clr_catalog_begin_owner(&state, binding->relid);
	found = clr_catalog_query_table(&state, &query);
	of_query = MemoryContextSwitchTo(caller);
	*rows = palloc_extended(sizeof(ClrRow) * Max(found, 1), MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < found; i++)
	{
		ClrRow *row = &(*rows)[n];
		ClrKey own;

		row_of_result(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, row);
		clr_key_from_datum(row->values[slot], column->key_class, column->type, &own);
		n += clr_key_equal(&own, key); /* a collation may take others for equal */
	}
	MemoryContextSwitchTo(of_query);
	clr_catalog_end(&state);
	return n;
}

/*
 * The row at a place of a table, a partition or child of the binding's or itself, as
 * an array in the current context. Returns whether there is one.
 */
uint64
clr_lookup_at(const ClrBinding *binding, Oid table, ItemPointer at, ClrRow **rows)
{
	static const Oid argtypes[] = { TIDOID, OIDOID };
	Datum args[] = { PointerGetDatum(at), ObjectIdGetDatum(table) };
	ClrTableQuery query = { .nargs = 2, .argtypes = argtypes, .args = args };
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext of_query;
	ClrCatalog state;
	uint64 found;

	query.columns = clr_binding_columns_sql(binding);
	query.rest = "WHERE t.ctid OPERATOR(pg_catalog.=) $1 AND t.tableoid OPERATOR(pg_catalog.=) $2";
	clr_catalog_begin_owner(&state, table);
	found = clr_catalog_query_table(&state, &query);
	of_query = MemoryContextSwitchTo(caller);
	*rows = palloc(sizeof(ClrRow));
	if (found > 0)
		row_of_result(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, *rows);
	MemoryContextSwitchTo(of_query);
	clr_catalog_end(&state);
	return found;
}

static bool
all_by_query(const ClrBinding *binding, const Way *way, ClrVisit visit, void *arg)
{
	const Source *source = way->sources != NIL ? linitial(way->sources) : NULL;
	Oid argtypes[1];
	Datum args[1];
	ClrTableQuery query = { .argtypes = argtypes, .args = args };
	ClrCatalog state;
	Portal portal;
	uint64 read;
	bool wants_more = true;

	query.columns = clr_binding_columns_sql(binding);
	if (way->by_index)
	{
		const ClrColumn *column = &binding->columns[source->slot];

		query.rest = where(column, "OPERATOR(pg_catalog.=) ANY ($1)");
		if (source->or_null)
			query.rest = psprintf("%s OR t.%s IS NULL", query.rest, quote_identifier(column->name));
		query.nargs = 1;
		argtypes[0] = get_array_type(column->type);
		args[0] = clr_keytab_array(source->keys, column->type);
	}
	else
		query.rest = where(&binding->columns[binding->key_slot], "IS NOT NULL");
	clr_catalog_begin_owner(&state, binding->relid);
	portal = clr_catalog_open_table(&state, &query);
	do
	{
		SPITupleTable *batch;

		SPI_cursor_fetch(portal, true, ROWS_A_FETCH);
		batch = SPI_tuptable;
		read = batch->numvals;
		for (uint64 i = 0; wants_more && i < read; i++)
		{
			ClrRow row;

			CHECK_FOR_INTERRUPTS();
			row_of_result(batch->vals[i], batch->tupdesc, &row);
			if (source == NULL ||
				is_of(source, binding, row.values[source->slot], row.nulls[source->slot]))
				wants_more = visit(&row, arg);
		}
		SPI_freetuptable(batch);
	} while (wants_more && read > 0);
	SPI_cursor_close(portal);
	clr_catalog_end(&state);
	return wants_more;
}
