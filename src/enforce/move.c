/*
 * move.c
 *		A row and its parents are in one project, whoever writes; but for parents
 *		that were declared to be anywhere.
 *
 * Triggers of children check new and changed rows, after each statement;
 * deferred triggers of parents check that rows which moved to another project
 * have taken their children along. A parent without a project column is where
 * its own parent is.
 *
 * Each table is read as its owner. Triggers of children lock the rows that
 * tell the project, so that a concurrent move waits, or is waited for. Those of
 * parents must see children that others committed after this transaction's
 * snapshot, and read under the latest one.
 */
#include "compat.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "frame/frame.h"
#include "guard/trigger.h"
#include "rule/row.h"
#include "rule/verdict.h"
#include "store/catalog.h"
#include "store/counters.h"

PG_FUNCTION_INFO_V1(clearance_check_child_project);
PG_FUNCTION_INFO_V1(clearance_check_children_project);

/* In place of a key: the row has no project, and may have none. */
static char no_project[] = "";

/* Rows that are checked together. */
#define BATCH 1000

/* How tables are read: by a trigger of children, or of parents. */
typedef enum Reading
{
	LOCKING,
	LATEST,
} Reading;

static bool old_rows_match(const TriggerData *data);
static ClrRow *
next_rows(Tuplestorestate *table, TupleTableSlot *slot, const ClrBinding *binding, int *n);
static int keep_changed(const ClrBinding *binding, const ClrRow *old, ClrRow *rows, int n);
static bool is_changed(const ClrBinding *binding, int slot, const ClrRow *old, const ClrRow *new);
static ClrBinding *binding_of_trigger(ClrFrame *frame, const TriggerData *data);
static void check_rows(ClrFrame *frame, ClrBinding *binding, ClrRow *rows, int n, Reading reading);
static ClrKeyTable *
projects_of(ClrFrame *frame, ClrBinding *binding, ClrKeyTable *keys, Reading reading);
static void compare(const ClrBinding *binding, const ClrRow *row, const char **project,
					const ClrKeyEntry *parent);
static const ClrParent *way_up(const ClrBinding *binding);
static void join_above(const ClrKeyEntry *entry, void *arg);
static ClrKeyTable *read_column(const ClrBinding *binding, int slot, ClrKeyTable *keys,
								Reading reading, bool tells, ClrKeyTable *values);
static uint64
begin_reading(ClrCatalog *state, const ClrBinding *binding, const char *columns,
			  const ClrColumn *column, ClrKeyTable *keys, Reading reading, bool tells);
static bool add_key(ClrKeyTable *keys, const ClrBinding *binding, const ClrRow *row);
static void check_children(ClrFrame *frame, ClrBinding *binding, ClrKeyTable *keys);
static void
check_children_in(ClrFrame *frame, ClrBinding *child, const ClrBinding *binding, ClrKeyTable *keys);
static ClrRow *
read_children(const ClrBinding *child, const ClrParent *parent, ClrKeyTable *keys, int *n);

/*
 * check_child_project(): AFTER STATEMENT trigger with the new rows as its
 * transition table, and for UPDATE the old ones. Errors if a row is not in the
 * project of its parents, unless it was so before, and nothing that tells its
 * project has changed.
 */
Datum
clearance_check_child_project(PG_FUNCTION_ARGS)
{
	TriggerData *data = clr_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, true);
	TupleTableSlot *slot =
		MakeSingleTupleTableSlot(RelationGetDescr(data->tg_relation), &TTSOpsMinimalTuple);
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "clearance children", ALLOCSET_DEFAULT_SIZES);
	bool has_pairs = old_rows_match(data);
	bool more = true;

	clr_trigger_rewind(data->tg_newtable);
	if (has_pairs)
		clr_trigger_rewind(data->tg_oldtable);
	while (more)
	{
		MemoryContext caller = MemoryContextSwitchTo(context);
		ClrFrame *frame = clr_frame_current();
		ClrBinding *binding = binding_of_trigger(frame, data);
		int n;
		ClrRow *rows = next_rows(data->tg_newtable, slot, binding, &n);

		more = n == BATCH;
		if (has_pairs)
		{
			int nold;
			ClrRow *old = next_rows(data->tg_oldtable, slot, binding, &nold);

			n = keep_changed(binding, old, rows, n);
		}
		check_rows(frame, binding, rows, n, LOCKING);
		(void) ExecClearTuple(slot); /* its tuple, read from a file, is in the context */
		MemoryContextSwitchTo(caller);
		MemoryContextReset(context);
	}
	ExecDropSingleTupleTableSlot(slot);
	MemoryContextDelete(context);
	return PointerGetDatum(NULL);
}

/*
 * Whether the transition tables hold the same rows in the same order, old and
 * new: AfterTriggerSaveEvent() (trigger.c) adds to both for each row. One that
 * a trigger keeps from moving to another partition is in the old one alone.
 */
static bool
old_rows_match(const TriggerData *data)
{
	return data->tg_oldtable != NULL &&
		   tuplestore_tuple_count(data->tg_oldtable) == tuplestore_tuple_count(data->tg_newtable);
}

/* Some more rows of a transition table. */
static ClrRow *
next_rows(Tuplestorestate *table, TupleTableSlot *slot, const ClrBinding *binding, int *n)
{
	ClrRow *rows = palloc(sizeof(ClrRow) * BATCH);

	for (*n = 0; *n < BATCH && tuplestore_gettupleslot(table, true, false, slot); (*n)++)
		rows[*n] = clr_binding_row(binding, slot->tts_tupleDescriptor, ExecCopySlotHeapTuple(slot));
	return rows;
}

/* Leave those rows in which something has changed that tells the project. Returns how many. */
static int
keep_changed(const ClrBinding *binding, const ClrRow *old, ClrRow *rows, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++)
	{
		bool changed = is_changed(binding, binding->project_slot, &old[i], &rows[i]);
		ListCell *lc;

		foreach(lc, binding->parents)
		{
			const ClrParent *parent = lfirst(lc);

			changed |=
				!parent->elsewhere && (is_changed(binding, parent->slot, &old[i], &rows[i]) ||
									   is_changed(binding, parent->type_slot, &old[i], &rows[i]));
		}
		if (changed)
			rows[kept++] = rows[i];
	}
	return kept;
}

static bool
is_changed(const ClrBinding *binding, int slot, const ClrRow *old, const ClrRow *new)
{
	Oid type;

	if (slot == CLR_NO_SLOT)
		return false;
	type = binding->columns[slot].type;
	if (old->nulls[slot] || new->nulls[slot])
		return old->nulls[slot] != new->nulls[slot];
	return !datum_image_eq(old->values[slot], new->values[slot], get_typbyval(type),
						   get_typlen(type));
}

/*
 * check_children_project(): AFTER ROW trigger, deferred. Errors if a child of
 * the row is in another project. At the end of a transaction of one statement
 * nothing has made this one's changes visible yet (finish_xact_command(),
 * postgres.c).
 */
Datum
clearance_check_children_project(PG_FUNCTION_ARGS)
{
	TriggerData *data = clr_trigger_data(fcinfo, TRIGGER_EVENT_AFTER | TRIGGER_EVENT_ROW, false);
	ClrFrame *frame = clr_frame_current();
	ClrBinding *binding = binding_of_trigger(frame, data);
	ClrKeyTable *keys = clr_keytab_new(CurrentMemoryContext, 1);
	ClrRow row = clr_binding_row(binding, RelationGetDescr(data->tg_relation),
								 TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple :
																		   data->tg_trigtuple);

	CommandCounterIncrement();
	if (add_key(keys, binding, &row))
		check_children(frame, binding, keys);
	return PointerGetDatum(NULL);
}

static ClrBinding *
binding_of_trigger(ClrFrame *frame, const TriggerData *data)
{
	return clr_judge_binding(&frame->judge, clr_trigger_binding(data));
}

/* The key of a row, added to others. False if it has none. */
static bool
add_key(ClrKeyTable *keys, const ClrBinding *binding, const ClrRow *row)
{
	const ClrColumn *column;
	ClrKey key;
	bool found;

	if (binding->key_slot == CLR_NO_SLOT || row->nulls[binding->key_slot])
		return false;
	column = &binding->columns[binding->key_slot];
	clr_key_from_datum(row->values[binding->key_slot], column->key_class, column->type, &key);
	(void) clr_keytab_add(keys, &key, &found);
	return true;
}

/* ---------- rows and their parents ---------- */

/*
 * Errors if one of the rows is in another project than one of its parents, or
 * two of its parents are in two. What cannot be told is left to the rule,
 * which closes the row.
 */
static void
check_rows(ClrFrame *frame, ClrBinding *binding, ClrRow *rows, int n, Reading reading)
{
	const char **projects = palloc0(sizeof(char *) * Max(n, 1));
	ListCell *lc;

	for (int i = 0; i < n && binding->project_slot != CLR_NO_SLOT; i++)
	{
		projects[i] = clr_binding_value_text(binding, &rows[i], binding->project_slot);
		if (projects[i] == NULL && binding->project_optional)
			projects[i] = no_project;
	}
	foreach(lc, binding->parents)
	{
		ClrParent *parent = lfirst(lc);
		ClrKeyTable *keys = clr_keytab_new(CurrentMemoryContext, n);
		ClrKeyTable *found;
		ClrKey key;
		bool known;

		if (parent->elsewhere)
			continue;
		for (int i = 0; i < n; i++)
			if (clr_row_parent_key(binding, &rows[i], parent, &key))
				(void) clr_keytab_add(keys, &key, &known);
		found =
			projects_of(frame, clr_judge_binding(&frame->judge, parent->binding), keys, reading);
		for (int i = 0; i < n; i++)
			if (clr_row_parent_key(binding, &rows[i], parent, &key))
				compare(binding, &rows[i], &projects[i], clr_keytab_find(found, &key));
	}
}

/* Compare the project of a row, as far as it is known, with that of a parent. */
static void
compare(const ClrBinding *binding, const ClrRow *row, const char **project,
		const ClrKeyEntry *parent)
{
	char *key = NULL;

	if (parent == NULL || parent->value == NULL)
		return;
	if (*project == NULL)
		*project = parent->value;
	if (*project == parent->value || (*project != no_project && parent->value != no_project &&
									  strcmp(*project, parent->value) == 0))
		return;
	/* it may be hidden from whoever writes: who is bound by row security is not told which one */
	if (binding->key_slot != CLR_NO_SLOT && has_bypassrls_privilege(GetOuterUserId()))
		key = clr_binding_value_text(binding, row, binding->key_slot);
	ereport(ERROR, (errcode(ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION), clr_count(CLR_ERROR_TORN_ROW),
					errmsg("%s of %s is not in the project of its parents",
						   key ? psprintf("row %s", key) : "a row",
						   clr_catalog_table_name(binding->relid)),
					errhint("Move a row and its children in one transaction, the parent first."),
					clr_table_fields(binding->relid)));
}

/* What is known of the rows above, to be joined with those below. */
typedef struct Above
{
	ClrKeyTable *projects;
	ClrKeyClass class;
	ClrKeyTable *joined;
} Above;

/*
 * The projects of rows of a table by their keys, as text; NULL, or no entry,
 * where it cannot be told. A row that may have none, and has none, has `no_project`.
 */
static ClrKeyTable *
projects_of(ClrFrame *frame, ClrBinding *binding, ClrKeyTable *keys, Reading reading)
{
	const ClrParent *up = binding->project_slot == CLR_NO_SLOT ? way_up(binding) : NULL;
	int slot = up != NULL ? up->slot : binding->project_slot;
	ClrKeyTable *found;
	ClrKeyTable *above;

	check_stack_depth();
	if (slot == CLR_NO_SLOT || binding->key_slot == CLR_NO_SLOT)
		return clr_keytab_new(CurrentMemoryContext, 1);
	above = clr_keytab_new(CurrentMemoryContext, clr_keytab_count(keys));
	found = read_column(binding, slot, keys, reading, up == NULL, above);
	if (up != NULL)
	{
		Above join = { projects_of(frame, clr_judge_binding(&frame->judge, up->binding), above,
								   reading),
					   binding->columns[slot].key_class,
					   clr_keytab_new(CurrentMemoryContext, clr_keytab_count(keys)) };

		clr_keytab_each(found, join_above, &join);
		found = join.joined;
	}
	return found;
}

/* The parent that tells the project of a row without one: the first that each row has. */
static const ClrParent *
way_up(const ClrBinding *binding)
{
	ListCell *lc;

	foreach(lc, binding->parents)
	{
		const ClrParent *parent = lfirst(lc);

		if (parent->binding != binding->id && !parent->elsewhere &&
			parent->type_slot == CLR_NO_SLOT && !parent->optional)
			return parent;
	}
	return NULL;
}

static void
join_above(const ClrKeyEntry *entry, void *arg)
{
	Above *join = arg;
	ClrKeyEntry *above;
	ClrKey key;
	bool known;

	if (entry->value == NULL || !clr_key_from_text(entry->value, join->class, &key))
		return;
	above = clr_keytab_find(join->projects, &key);
	if (above != NULL)
		clr_keytab_add(join->joined, &entry->key, &known)->value = above->value;
}

/* ---------- reading ---------- */

/*
 * A column as text by the keys of the rows, NULL where it is. Its values are
 * added to `values` if that column refers to another table.
 */
static ClrKeyTable *
read_column(const ClrBinding *binding, int slot, ClrKeyTable *keys, Reading reading, bool tells,
			ClrKeyTable *values)
{
	const ClrColumn *key_column = &binding->columns[binding->key_slot];
	const ClrColumn *column = &binding->columns[slot];
	ClrKeyTable *found = clr_keytab_new(CurrentMemoryContext, clr_keytab_count(keys));
	MemoryContext caller = CurrentMemoryContext;
	ClrCatalog state;
	uint64 rows = begin_reading(&state, binding,
								psprintf("t.%s, t.%s", quote_identifier(key_column->name),
										 quote_identifier(column->name)),
								key_column, keys, reading, tells);

	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
	{
		Datum value[2];
		bool isnull[2];
		ClrKeyEntry *entry;
		ClrKey key;
		bool known;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, value, isnull);
		clr_key_from_datum(value[0], key_column->key_class, key_column->type, &key);
		entry = clr_keytab_add(found, &key, &known);
		if (isnull[1])
		{
			if (slot == binding->project_slot && binding->project_optional)
				entry->value = no_project;
			continue;
		}
		entry->value = clr_value_text(column->type, value[1]);
		clr_key_from_datum(value[1], column->key_class, column->type, &key);
		(void) clr_keytab_add(values, &key, &known);
	}
	clr_catalog_end(&state);
	return found;
}

/* Read rows of a table in which a column has one of the keys. */
static uint64
begin_reading(ClrCatalog *state, const ClrBinding *binding, const char *columns,
			  const ClrColumn *column, ClrKeyTable *keys, Reading reading, bool tells)
{
	Oid type = get_array_type(column->type);
	Datum wanted = clr_keytab_array(keys, column->type);
	ClrTableQuery query = { .columns = columns, .nargs = 1, .argtypes = &type, .args = &wanted };

	query.rest =
		psprintf("WHERE t.%s OPERATOR(pg_catalog.=) ANY ($1)%s", quote_identifier(column->name),
				 tells && reading == LOCKING ? " FOR SHARE OF t" : "");
	query.fresh = reading == LOCKING;
	if (reading == LATEST)
		clr_catalog_begin_owner_latest(state, binding->relid);
	else
		clr_catalog_begin_owner(state, binding->relid);
	return clr_catalog_query_table(state, &query);
}

/* ---------- rows and their children ---------- */

/*
 * Errors if a child of the rows with these keys is in another project. Where
 * children have no project of their own, their children are asked too.
 */
static void
check_children(ClrFrame *frame, ClrBinding *binding, ClrKeyTable *keys)
{
	static const Oid argtypes[] = { INT4OID };
	Datum args[] = { Int32GetDatum(binding->id) };
	MemoryContext caller = CurrentMemoryContext;
	ClrCatalog state;
	int32 *children;
	uint64 n;

	check_stack_depth();
	clr_catalog_begin_latest(&state);
	n = clr_catalog_query("SELECT DISTINCT binding_id FROM clearance.binding_parent"
						  " WHERE parent_id = $1 ORDER BY binding_id",
						  1, argtypes, args, NULL);
	children = MemoryContextAlloc(caller, sizeof(int32) * Max(n, 1));
	for (uint64 i = 0; i < n; i++)
		children[i] = clr_column_int64(i, 1);
	clr_catalog_end(&state);
	for (uint64 i = 0; i < n; i++)
		check_children_in(frame, clr_judge_binding(&frame->judge, children[i]), binding, keys);
}

static void
check_children_in(ClrFrame *frame, ClrBinding *child, const ClrBinding *binding, ClrKeyTable *keys)
{
	ListCell *lc;

	foreach(lc, child->parents)
	{
		const ClrParent *parent = lfirst(lc);
		ClrKeyTable *below;
		ClrRow *rows;
		int n;

		if (parent->binding != binding->id || parent->elsewhere ||
			(child->id == binding->id && child->project_slot == CLR_NO_SLOT))
			continue;
		rows = read_children(child, parent, keys, &n);
		check_rows(frame, child, rows, n, LATEST);
		if (child->project_slot != CLR_NO_SLOT)
			continue;
		below = clr_keytab_new(CurrentMemoryContext, n);
		for (int i = 0; i < n; i++)
			(void) add_key(below, child, &rows[i]);
		if (clr_keytab_count(below) > 0)
			check_children(frame, child, below);
	}
}

/* Rows whose parent is one of those with the keys. */
static ClrRow *
read_children(const ClrBinding *child, const ClrParent *parent, ClrKeyTable *keys, int *n)
{
	MemoryContext caller = CurrentMemoryContext;
	ClrCatalog state;
	uint64 found = begin_reading(&state, child, clr_binding_columns_sql(child),
								 &child->columns[parent->slot], keys, LATEST, false);
	ClrRow *rows;

	MemoryContextSwitchTo(caller);
	rows = palloc_extended(sizeof(ClrRow) * Max(found, 1), MCXT_ALLOC_HUGE);
	*n = 0;
	for (uint64 i = 0; i < found; i++)
	{
		ClrRow row =
			clr_binding_row(child, SPI_tuptable->tupdesc, heap_copytuple(SPI_tuptable->vals[i]));
		ClrKey key;

		if (clr_row_parent_key(child, &row, parent, &key))
			rows[(*n)++] = row;
	}
	clr_catalog_end(&state);
	return rows;
}
