/*
 * spare.c
 *		Statements for whose rows the trigger that judges writes has nothing to say.
 *
 * The server calls a BEFORE trigger for each row, with a copy of it, and for an
 * UPDATE locks the row first: for a statement of one row that costs more than all
 * that the rule asks. So when a statement starts, it is asked whether write_check()
 * could do anything about any row of it; if not, the trigger is taken out of the
 * statement's own list of triggers (InitResultRelInfo(), execMain.c, makes a copy
 * for each). That is so for
 *
 *	an UPDATE or INSERT by whom row security does not bind: it is not judged, and only
 *	an owner that is left empty is filled in
 *
 *	an UPDATE of columns that ask for actions which the actor holds on every row
 *	that the policies let through (everywhere.c). They must be there for that: the
 *	user whose rights the table is written with must be bound as well, who is the
 *	owner of a view if it is written through one. If somebody else changes the row
 *	meanwhile, they judge the newer version as well (EvalPlanQual(), execMain.c)
 *
 *	an INSERT that gives an owner, into a table without guards that is none of projects
 *
 * Only a statement that does nothing else is looked at: with WITH, MERGE and ON CONFLICT
 * a row may be changed in two ways, and what it is then goes by what the trigger noted.
 * And only one for the declared table itself: rows that move to a partition are for
 * partition.c. A trigger before this one may change the row, and then it is asked.
 * In doubt it is called: it finds out for itself. Keeps no state.
 */
#include "enforce/spare.h"

#include "catalog/pg_trigger.h"
#include "executor/executor.h"
#include "nodes/params.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "frame/bound.h"
#include "guard/ddl.h"
#include "rule/everywhere.h"

static bool does_one_thing(const PlannedStmt *statement);
static int find_first(const TriggerDesc *triggers, int16 event);
static bool is_own(const Trigger *trigger, const ClrBinding *binding);
static void take_out(TriggerDesc *triggers, int own, int16 event);
static bool
spares_update(const QueryDesc *query, ClrFrame *frame, ClrBinding *binding, ResultRelInfo *table);
static bool
spares_insert(const QueryDesc *query, const ClrBinding *binding, const ResultRelInfo *table);
static bool gives_value(const QueryDesc *query, int attnum);
static bool has_value(ParamListInfo params, int id);

/*
 * A statement's executor has started, with this frame, or NULL.
 */
void
clr_spare_rows(const QueryDesc *query, ClrFrame *frame)
{
	const PlannedStmt *statement = query->plannedstmt;
	bool updates = statement->commandType == CMD_UPDATE;
	int16 event = updates ? TRIGGER_TYPE_UPDATE : TRIGGER_TYPE_INSERT;
	ResultRelInfo *table;
	ClrBinding *binding;
	int32 id;
	int own;

	/* those of WITH are opened, too */
	if (frame == NULL || !does_one_thing(statement) ||
		list_length(query->estate->es_opened_result_relations) != 1)
		return;
	table = linitial(query->estate->es_opened_result_relations);
	if (table->ri_TrigDesc == NULL || (own = find_first(table->ri_TrigDesc, event)) < 0)
		return;
	id = clr_binding_of_relation(RelationGetRelid(table->ri_RelationDesc));
	if (id == 0)
		return;
	binding = clr_judge_binding(&frame->judge, id);
	if (binding->relid == RelationGetRelid(table->ri_RelationDesc) &&
		is_own(&table->ri_TrigDesc->triggers[own], binding) &&
		(updates ? spares_update(query, frame, binding, table) :
				   spares_insert(query, binding, table)))
		take_out(table->ri_TrigDesc, own, event);
}

/* An INSERT or UPDATE of one table, whose rows are nothing else as well. */
static bool
does_one_thing(const PlannedStmt *statement)
{
	const ModifyTable *plan = (const ModifyTable *) statement->planTree;

	return (statement->commandType == CMD_UPDATE || statement->commandType == CMD_INSERT) &&
		   IsA(plan, ModifyTable) && plan->rootRelation == 0 &&
		   list_length(plan->resultRelations) == 1 && plan->onConflictAction == ONCONFLICT_NONE;
}

/* ---------- the trigger ---------- */

/* The trigger that sees rows first before the event; they fire in the order of the list. */
static int
find_first(const TriggerDesc *triggers, int16 event)
{
	for (int i = 0; i < triggers->numtriggers; i++)
		if (TRIGGER_TYPE_MATCHES(triggers->triggers[i].tgtype, TRIGGER_TYPE_ROW,
								 TRIGGER_TYPE_BEFORE, event))
			return i;
	return -1;
}

/* What is not as it should be, is called, and an error (trigger.c). */
static bool
is_own(const Trigger *trigger, const ClrBinding *binding)
{
	return strcmp(trigger->tgname, CLR_TRIGGER_PREFIX "write") == 0 && trigger->tgnargs == 1 &&
		   pg_strtoint32(trigger->tgargs[0]) == binding->id;
}

static void
take_out(TriggerDesc *triggers, int own, int16 event)
{
	bool is_left;

	triggers->triggers[own].tgtype &= ~event;
	is_left = find_first(triggers, event) >= 0;
	if (event == TRIGGER_TYPE_UPDATE)
		triggers->trig_update_before_row = is_left;
	else
		triggers->trig_insert_before_row = is_left;
}

/* ---------- what it would do ---------- */

static bool
spares_update(const QueryDesc *query, ClrFrame *frame, ClrBinding *binding, ResultRelInfo *table)
{
	if (!clr_bound(binding->relid, InvalidOid))
		return true;
	return clr_bound(binding->relid,
					 clr_checked_as(query->plannedstmt, table->ri_RangeTableIndex)) &&
		   clr_everywhere_permits(clr_frame_judge(frame), binding,
								  RelationGetDescr(table->ri_RelationDesc),
								  ExecGetUpdatedCols(table, query->estate));
}

static bool
spares_insert(const QueryDesc *query, const ClrBinding *binding, const ResultRelInfo *table)
{
	TupleDesc desc = RelationGetDescr(table->ri_RelationDesc);

	return strcmp(binding->feature, "project") != 0 &&
		   (binding->guards == NIL || !clr_bound(binding->relid, InvalidOid)) &&
		   (binding->owner_slot == CLR_NO_SLOT ||
			gives_value(query, clr_binding_attnum(binding, binding->owner_slot, desc)));
}

/* Whether the plan gives each row of an INSERT the same value in a column, which is no NULL. */
static bool
gives_value(const QueryDesc *query, int attnum)
{
	const List *columns = outerPlan(query->plannedstmt->planTree)->targetlist;
	const TargetEntry *entry;
	const Expr *value;

	if (list_length(columns) < attnum)
		return false;
	entry = list_nth_node(TargetEntry, columns, attnum - 1);
	for (value = entry->expr; IsA(value, RelabelType);)
		value = ((const RelabelType *) value)->arg;
	if (IsA(value, Const))
		return !((const Const *) value)->constisnull;
	return IsA(value, Param) && ((const Param *) value)->paramkind == PARAM_EXTERN &&
		   has_value(query->params, ((const Param *) value)->paramid);
}

static bool
has_value(ParamListInfo params, int id)
{
	ParamExternData fetched;
	const ParamExternData *param;

	if (params == NULL || id <= 0 || id > params->numParams)
		return false;
	param = params->paramFetch != NULL ? params->paramFetch(params, id, true, &fetched) :
										 &params->params[id - 1];
	return OidIsValid(param->ptype) && !param->isnull;
}
