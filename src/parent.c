/*
 * parent.c
 *		Rows of a protected table that other rows refer to.
 *
 * A child row is visible only with its parents, so judging children means
 * judging parents. Each parent is judged once a query. The first few are
 * fetched by key; when a query meets more, it is a scan, and one pass over
 * the parent table judges all that the actor's projects can hold: the number
 * of queries does not grow with the number of rows.
 *
 * Rows of tables that refer to themselves are judged along their chain; a row
 * met again while it is being judged is part of a cycle and stays closed.
 *
 * Lifetime: verdicts belong to the frame, so they hold under its snapshot.
 */
#include "parent.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "catalog.h"
#include "rule.h"

/* Parents fetched by key before the whole table is read. */
#define FETCHES_BEFORE_SCAN 32

/* More projects than this and reading the whole table beats searching it. */
#define MAX_PROJECTS_TO_SEARCH 200

#define ROWS_A_FETCH 1000

/* Verdicts on rows of one table for one action. */
typedef struct ClrParentRows
{
	ClrAction *action;
	ClrKeyTable *rows; /* of ClrParentRow */
	int fetches;
	bool complete;		  /* every row that is permitted is in */
	ClrKeyTable *visible; /* keys of those that are, once asked for */
	int judging;		  /* rows being judged now */
	struct ClrParentRows *next;
} ClrParentRows;

static void add_if_permitted(const ClrKeyEntry *entry, void *visible);
static ClrParentRows *parent_rows(ClrFrame *frame, ClrBinding *binding, ClrAction *action);
static void fetch_one(ClrFrame *frame, ClrBinding *binding, ClrParentRows *rows, const ClrKey *key);
static void scan_all(ClrFrame *frame, ClrBinding *binding, ClrParentRows *rows);
static void
judge(ClrFrame *frame, ClrBinding *binding, ClrParentRows *rows, HeapTuple tuple, TupleDesc desc);
static char *equals(const ClrColumn *column, const char *what);

/*
 * The verdict on the row of a key: may the frame's actor do `action` (NULL:
 * view) to it? A row that does not exist is not permitted.
 */
const ClrParentRow *
clr_parent_find(ClrFrame *frame, ClrBinding *binding, const ClrKey *key, ClrAction *action)
{
	static const ClrParentRow closed = { false, false, NULL };
	ClrParentRows *rows;
	ClrKeyEntry *entry;

	check_stack_depth();
	if (binding->key_slot == CLR_NO_SLOT ||
		binding->columns[binding->key_slot].key_class != key->class)
		elog(ERROR, "key of class %s does not fit table %s", clr_key_class_name(key->class),
			 binding->relation_name);

	if (action == NULL)
		action = clr_rule_action(frame, binding, binding->actions[CLR_VIEW]);
	rows = parent_rows(frame, binding, action);
	entry = clr_keytab_find(rows->rows, key);
	if (entry == NULL && !rows->complete)
	{
		if (rows->fetches >= FETCHES_BEFORE_SCAN && rows->judging == 0)
			scan_all(frame, binding, rows);
		else
			fetch_one(frame, binding, rows, key);
		entry = clr_keytab_find(rows->rows, key);
	}
	if (entry == NULL || ((ClrParentRow *) entry->value)->judging)
		return &closed;
	return entry->value;
}

/*
 * The keys of all rows of a table that the actor sees.
 */
ClrKeyTable *
clr_parent_all(ClrFrame *frame, ClrBinding *binding)
{
	ClrParentRows *rows =
		parent_rows(frame, binding, clr_rule_action(frame, binding, binding->actions[CLR_VIEW]));

	if (rows->visible == NULL)
	{
		ClrKeyTable *visible = clr_keytab_new(frame->context, 64);

		if (!rows->complete)
			scan_all(frame, binding, rows);
		clr_keytab_each(rows->rows, add_if_permitted, visible);
		rows->visible = visible;
	}
	return rows->visible;
}

static void
add_if_permitted(const ClrKeyEntry *entry, void *visible)
{
	bool found;

	if (((ClrParentRow *) entry->value)->permitted)
		(void) clr_keytab_add(visible, &entry->key, &found);
}

bool
clr_parent_permits(ClrFrame *frame, ClrBinding *binding, const ClrKey *key, ClrAction *action)
{
	return clr_parent_find(frame, binding, key, action)->permitted;
}

/*
 * Whether rows of a table, or their parents further up, are of a feature. Each
 * table is looked at once: declarations that a restore brought, or that were
 * written by hand, may go in a circle, or branch.
 */
bool
clr_parent_is_about(ClrFrame *frame, ClrBinding *binding, const char *feature)
{
	List *tables = list_make1(binding);
	bool found = false;

	for (int i = 0; !found && i < list_length(tables); i++)
	{
		ClrBinding *table = list_nth(tables, i);
		ListCell *lc;

		found = strcmp(table->feature, feature) == 0;
		foreach(lc, table->parents)
			tables = list_append_unique_ptr(tables,
											clr_frame_binding(frame,
															  ((ClrParent *) lfirst(lc))->binding));
	}
	list_free(tables);
	return found;
}

static ClrParentRows *
parent_rows(ClrFrame *frame, ClrBinding *binding, ClrAction *action)
{
	ClrParentRows *rows = binding->rows;

	while (rows != NULL && rows->action != action)
		rows = rows->next;
	if (rows == NULL)
	{
		rows = MemoryContextAllocZero(frame->context, sizeof(ClrParentRows));
		rows->action = action;
		rows->rows = clr_keytab_new(frame->context, FETCHES_BEFORE_SCAN * 2);
		rows->next = binding->rows;
		binding->rows = rows;
	}
	return rows;
}

/*
 * Fetch and judge one row by its key. One that does not exist is remembered
 * as not permitted.
 */
static void
fetch_one(ClrFrame *frame, ClrBinding *binding, ClrParentRows *rows, const ClrKey *key)
{
	const ClrColumn *column = &binding->columns[binding->key_slot];
	Datum args[1];
	ClrTableQuery query = { .nargs = 1, .argtypes = &column->type, .args = args };
	ClrCatalog state;
	bool found;

	rows->fetches++;
	query.columns = clr_binding_columns_sql(binding);
	query.rest = equals(column, "$1");
	clr_catalog_begin_owner(&state, binding->relid);
	if (clr_key_to_datum(key, column->type, &args[0]) &&
		clr_catalog_query_table(&state, &query) == 1)
		judge(frame, binding, rows, SPI_tuptable->vals[0], SPI_tuptable->tupdesc);
	else
	{
		ClrKeyEntry *entry = clr_keytab_add(rows->rows, key, &found);

		entry->value = MemoryContextAllocZero(frame->context, sizeof(ClrParentRow));
	}
	clr_catalog_end(&state);
}

/*
 * Judge every row of the table that a project of the actor's can hold.
 */
static void
scan_all(ClrFrame *frame, ClrBinding *binding, ClrParentRows *rows)
{
	ClrScope *scope = clr_frame_scope(frame);
	Oid argtypes[1];
	Datum args[1];
	ClrTableQuery query = { .argtypes = argtypes, .args = args };
	ClrCatalog state;
	Portal portal;

	query.columns = clr_binding_columns_sql(binding);
	if (binding->project_slot != CLR_NO_SLOT &&
		list_length(scope->projects) <= MAX_PROJECTS_TO_SEARCH)
	{
		const ClrColumn *column = &binding->columns[binding->project_slot];

		query.rest = equals(column, "ANY ($1)");
		query.nargs = 1;
		argtypes[0] = get_array_type(column->type);
		args[0] = clr_scope_projects_array(scope, column->type);
	}
	else
		query.rest = psprintf("WHERE t.%s IS NOT NULL",
							  quote_identifier(binding->columns[binding->key_slot].name));

	clr_catalog_begin_owner(&state, binding->relid);
	portal = clr_catalog_open_table(&state, &query);
	do
	{
		SPITupleTable *batch;

		SPI_cursor_fetch(portal, true, ROWS_A_FETCH);
		batch = SPI_tuptable;
		for (uint64 i = 0; i < batch->numvals; i++)
		{
			CHECK_FOR_INTERRUPTS();
			judge(frame, binding, rows, batch->vals[i], batch->tupdesc);
		}
		if (batch->numvals == 0)
			rows->complete = true;
		SPI_freetuptable(batch);
	} while (!rows->complete);
	SPI_cursor_close(portal);
	clr_catalog_end(&state);
}

/*
 * Judge a row and remember the verdict. After a scan, what is not remembered
 * is not permitted.
 */
static void
judge(ClrFrame *frame, ClrBinding *binding, ClrParentRows *rows, HeapTuple tuple, TupleDesc desc)
{
	const ClrColumn *column = &binding->columns[binding->key_slot];
	ClrRow row = { palloc(sizeof(Datum) * desc->natts), palloc(sizeof(bool) * desc->natts), NULL };
	ClrKeyEntry *entry;
	ClrParentRow *verdict;
	ClrKey key;
	bool found;

	heap_deform_tuple(tuple, desc, row.values, row.nulls); /* see clr_binding_columns_sql() */
	clr_key_from_datum(row.values[binding->key_slot], column->key_class, column->type, &key);
	entry = clr_keytab_add(rows->rows, &key, &found);
	if (!found)
	{
		/* judging others may move the entry, not the verdict */
		verdict = MemoryContextAllocZero(frame->context, sizeof(ClrParentRow));
		entry->value = verdict;
		verdict->judging = true;
		rows->judging++;
		verdict->permitted =
			clr_rule_permits_in(frame, binding, &row, rows->action, &verdict->project, NULL);
		rows->judging--;
		verdict->judging = false;
	}
	pfree(row.values);
	pfree(row.nulls);
}

static char *
equals(const ClrColumn *column, const char *what)
{
	return psprintf("WHERE t.%s OPERATOR(pg_catalog.=) %s", quote_identifier(column->name), what);
}
