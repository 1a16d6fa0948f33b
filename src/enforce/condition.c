/*
 * condition.c
 *		WHEN conditions of triggers, for a query that starts.
 *
 * The trigger that looks at a row's children waits for UPDATEs that change its key
 * or its place (triggers_of() in enforce.sql). The server reads such a condition
 * from text and compiles it anew for each UPDATE (TriggerEnabled(), trigger.c),
 * which costs a statement of one row more than all that the rule asks. So it is
 * given the conditions beforehand, in the place where it keeps them. Which columns
 * a condition is about is read from it once a session.
 *
 * Columns are compared by their bytes: what the condition takes for distinct
 * differs in them. Where only the bytes do, the trigger runs for nothing.
 *
 * State: what was read, by the trigger's oid and text.
 */
#include "enforce/condition.h"

#include "access/tupdesc.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "guard/ddl.h"
#include "rule/binding.h"

typedef struct Condition
{
	Oid trigger; /* hash key */
	char *text;
	Bitmapset *columns; /* an UPDATE of any of which it is about; NULL: it is another condition */
} Condition;

static MemoryContext context;
static HTAB *conditions;

static bool may_update(const PlannedStmt *insert);
static void prepare_table(ResultRelInfo *table, MemoryContext query);
static const Condition *condition_of(const Trigger *trigger);
static Bitmapset *distinct_columns(Node *condition);
static int distinct_column(Node *comparison);
static const Var *bare_column(Node *node);
static Datum changes(ExprState *state, ExprContext *econtext, bool *isnull);

void
clr_condition_init(void)
{
	HASHCTL control = { .keysize = sizeof(Oid), .entrysize = sizeof(Condition) };

	context = AllocSetContextCreate(TopMemoryContext, "clearance conditions", ALLOCSET_SMALL_SIZES);
	control.hcxt = context;
	conditions =
		hash_create("clearance conditions", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* A query's executor has started: give it the conditions of the tables that it updates. */
void
clr_condition_prepare(const QueryDesc *query)
{
	ListCell *lc;

	if (query->operation == CMD_INSERT && !may_update(query->plannedstmt))
		return;
	foreach(lc, query->estate->es_opened_result_relations)
	{
		ResultRelInfo *table = lfirst(lc);

		if (table->ri_TrigDesc != NULL && table->ri_TrigDesc->trig_update_after_row &&
			clr_binding_of_relation(RelationGetRelid(table->ri_RelationDesc)) != 0)
			prepare_table(table, query->estate->es_query_cxt);
	}
}

/* Whether an INSERT may change rows that are there. */
static bool
may_update(const PlannedStmt *insert)
{
	return insert->hasModifyingCTE ||
		   ((const ModifyTable *) insert->planTree)->onConflictAction == ONCONFLICT_UPDATE;
}

static void
prepare_table(ResultRelInfo *table, MemoryContext query)
{
	for (int i = 0; i < table->ri_TrigDesc->numtriggers; i++)
	{
		const Trigger *trigger = &table->ri_TrigDesc->triggers[i];
		const Condition *condition;
		MemoryContext caller;
		ExprState *state;

		if (trigger->tgqual == NULL || table->ri_TrigWhenExprs[i] != NULL ||
			strncmp(trigger->tgname, CLR_TRIGGER_PREFIX, strlen(CLR_TRIGGER_PREFIX)) != 0)
			continue;
		condition = condition_of(trigger);
		if (condition->columns == NULL)
			continue;
		caller = MemoryContextSwitchTo(query);
		state = makeNode(ExprState);
		state->flags = EEO_FLAG_IS_QUAL;
		state->evalfunc = changes;
		state->evalfunc_private = condition->columns;
		table->ri_TrigWhenExprs[i] = state;
		MemoryContextSwitchTo(caller);
	}
}

/* What is known of a trigger's condition. A trigger keeps its text for life, but ids come again. */
static const Condition *
condition_of(const Trigger *trigger)
{
	bool found;
	Condition *condition = hash_search(conditions, &trigger->tgoid, HASH_ENTER, &found);
	Bitmapset *columns;
	MemoryContext caller;

	if (found && condition->text != NULL && strcmp(condition->text, trigger->tgqual) == 0)
		return condition;
	if (!found)
		condition->text = NULL;
	if (condition->text != NULL)
		pfree(condition->text);
	condition->text = NULL;
	columns = distinct_columns(stringToNode(trigger->tgqual));
	caller = MemoryContextSwitchTo(context);
	condition->columns = bms_copy(columns);
	condition->text = pstrdup(trigger->tgqual);
	MemoryContextSwitchTo(caller);
	return condition;
}

/* The columns of "OLD.a IS DISTINCT FROM NEW.a OR …"; NULL if a condition is not of that kind. */
static Bitmapset *
distinct_columns(Node *condition)
{
	List *comparisons =
		is_orclause(condition) ? ((BoolExpr *) condition)->args : list_make1(condition);
	Bitmapset *columns = NULL;
	ListCell *lc;

	foreach(lc, comparisons)
	{
		int column = distinct_column(lfirst(lc));

		if (column == InvalidAttrNumber)
			return NULL;
		columns = bms_add_member(columns, column);
	}
	return columns;
}

static int
distinct_column(Node *comparison)
{
	const Var *before;
	const Var *after;

	if (!IsA(comparison, DistinctExpr))
		return InvalidAttrNumber;
	before = bare_column(linitial(((DistinctExpr *) comparison)->args));
	after = bare_column(lsecond(((DistinctExpr *) comparison)->args));
	/* OLD and NEW are the first and the second relation (CreateTriggerFiringOn(), trigger.c) */
	if (before == NULL || after == NULL || before->varattno != after->varattno ||
		before->varno != PRS2_OLD_VARNO || after->varno != PRS2_NEW_VARNO || before->varattno <= 0)
		return InvalidAttrNumber;
	return before->varattno;
}

/* A column, perhaps as another type with the same bytes, or with a collation. */
static const Var *
bare_column(Node *node)
{
	for (;;)
	{
		if (IsA(node, RelabelType))
			node = (Node *) ((RelabelType *) node)->arg;
		else if (IsA(node, CollateExpr))
			node = (Node *) ((CollateExpr *) node)->arg;
		else
			return IsA(node, Var) ? (const Var *) node : NULL;
	}
}

/* Whether an UPDATE changes any of the columns: the old row is the inner, the new one the outer. */
static Datum
changes(ExprState *state, ExprContext *econtext, bool *isnull)
{
	const Bitmapset *columns = state->evalfunc_private;
	TupleDesc desc = econtext->ecxt_innertuple->tts_tupleDescriptor;

	*isnull = false;
	for (int column = -1; (column = bms_next_member(columns, column)) >= 0;)
	{
		const FormData_pg_attribute *attr = TupleDescAttr(desc, column - 1);
		bool was_null;
		bool is_null;
		Datum was = slot_getattr(econtext->ecxt_innertuple, column, &was_null);
		Datum is = slot_getattr(econtext->ecxt_outertuple, column, &is_null);

		if (was_null != is_null ||
			(!was_null && !datum_image_eq(was, is, attr->attbyval, attr->attlen)))
			return BoolGetDatum(true);
	}
	return BoolGetDatum(false);
}
