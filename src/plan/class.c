/*
 * class.c
 *		Whether a plan is for what the actor is permitted.
 *
 * Plans are made for a class of rights (shape.h): what tests rows says so when it
 * runs, and a plan without a test is marked with it (whole.c). For an actor with
 * other rights such a plan would show too little or too much, so it is an error.
 * Keeps no state.
 */
#include "plan/class.h"

#include "nodes/nodeFuncs.h"

#include "plan/whole.h"
#include "rule/shape.h"
#include "store/counters.h"
#include "store/plans.h"

static bool reads(const QueryDesc *query, int32 binding);
static bool hides_relations(PlanState *node, void *context);
static void check_mark(ClrFrame *frame, ClrPlanMark mark);

/*
 * The actor has projects of the plan's class only, or none.
 */
void
clr_class_check(ClrJudge *judge, ClrBinding *binding, ClrVerb verb, ClrClass class)
{
	if (class != CLR_CLASS_OTHER &&
		(clr_shape_of(judge, binding, verb)->classes & ~CLR_CLASS_BIT(class)) != 0)
		clr_class_refuse_plan(binding->relation_name);
}

/* A plan is for somebody with other rights: an error, and the next one is made anew. */
void
clr_class_refuse_plan(const char *relation)
{
	clr_plans_forget();
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE), clr_count(CLR_ERROR_STALE_PLAN),
			 errmsg("the query on %s was planned for other permissions", relation),
			 errdetail("The actor, or its access level, changed after the query was planned."),
			 errhint("Retry the transaction. In SQL functions, set the actor before the call: "
					 "all statements of one are planned before the first runs.")));
}

/*
 * A query starts: is its plan for what the actor is permitted? That does not
 * matter of tables that the planner left out.
 */
void
clr_class_check_plan(ClrFrame *frame, const QueryDesc *query)
{
	ClrCurrent previous;
	ListCell *lc;

	if (query->plannedstmt->invalItems == NIL)
		return;
	previous = clr_frame_enter(frame);
	PG_TRY();
	{
		ClrPlanMark mark = { 0 };

		foreach(lc, query->plannedstmt->invalItems)
			if (clr_plans_read_mark(lfirst(lc), &mark) && reads(query, mark.binding))
				check_mark(frame, mark);
	}
	PG_FINALLY();
	{
		clr_frame_leave(previous);
	}
	PG_END_TRY();
}

/*
 * Whether a plan reads a table with a binding. A scan opens its table when the
 * executor starts (ExecOpenScanRelation(), execUtils.c), also one that a later
 * condition may skip; what is in the range table and was not opened was folded
 * away. Not all of what is folded away is in the range table
 * (add_rtes_to_flat_rtable(), setrefs.c), but what is read is.
 */
static bool
reads(const QueryDesc *query, int32 binding)
{
	bool is_listed = false;
	ListCell *lc;

	foreach(lc, query->plannedstmt->rtable)
	{
		RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

		if (entry->rtekind != RTE_RELATION || clr_binding_of_relation(entry->relid) != binding)
			continue;
		if (query->estate->es_relations[foreach_current_index(lc)] != NULL)
			return true;
		is_listed = true;
	}
	if (!is_listed)
		return false;
	foreach(lc, query->estate->es_subplanstates)
		if (hides_relations(lfirst(lc), NULL))
			return true;
	return hides_relations(query->planstate, NULL);
}

/* Whether a plan has a node of somebody else's that stands for several tables: who knows what it opens. */
static bool
hides_relations(PlanState *node, void *context)
{
	if (node == NULL)
		return false;
	if ((IsA(node, CustomScanState) || IsA(node, ForeignScanState)) &&
		((Scan *) node->plan)->scanrelid == 0)
		return true;
	return planstate_tree_walker(node, hides_relations, context);
}

/*
 * Nothing in a plan for who sees the whole table would stop others, also not
 * where there is no frame, or nobody yet has asked it who acts.
 */
static void
check_mark(ClrFrame *frame, ClrPlanMark mark)
{
	ClrJudge *judge;
	ClrBinding *binding;

	if (mark.class == CLR_CLASS_WHOLE && frame == NULL)
		clr_class_refuse_plan("a protected table");
	if (frame == NULL || (mark.class != CLR_CLASS_WHOLE && !frame->resolved))
		return;
	judge = clr_frame_judge(frame);
	binding = clr_judge_binding(judge, mark.binding);
	if (mark.class != CLR_CLASS_WHOLE)
		clr_class_check(judge, binding, mark.verb, mark.class);
	else if (!clr_whole_holds(judge, binding))
		clr_class_refuse_plan(binding->relation_name);
}
