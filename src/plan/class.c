/*
 * class.c
 *		Whether a plan is for what the actor is permitted.
 *
 * Plans are made for a class of rights (shape.h), which the planner hook marks
 * them with. For an actor with other rights such a plan would show too little or
 * too much, or be slow; it is replaced when it starts (replace.c). What tests rows
 * by a class says so when it runs, too: another one is an error there. Keeps no
 * state.
 */
#include "plan/class.h"

#include "port/pg_bitutils.h"

#include "plan/given.h"
#include "plan/whole.h"
#include "store/counters.h"
#include "store/plans.h"

/* Actors with so many times the projects of another, as a power of two, get plans of their own. */
#define SIZE_BITS 4

/* Of the reach, by which plans are told apart beside their class. */
#define REACH_SIZE 8
#define REACH_ACCOUNT 16

static uint32 reach_of(ClrJudge *judge, ClrBinding *binding, ClrVerb verb);
static bool is_of_account(const ClrJudge *judge, const PlannedStmt *plan);
static bool fits(ClrJudge *judge, const ClrPlanMark *mark, bool best);
static bool fits_masks(ClrJudge *judge, ClrBinding *binding, const ClrPlanMark *mark, bool best);
static bool has_class(ClrJudge *judge, ClrBinding *binding, ClrVerb verb, ClrClass class);

/*
 * The plan being made tests rows of a table by a class. False if it cannot say
 * so: it must do without.
 */
bool
clr_class_mark(ClrJudge *judge, ClrBinding *binding, ClrVerb verb, ClrClass class)
{
	ClrPlanMark mark = { binding->id, verb, class, reach_of(judge, binding, verb) };

	return clr_plans_mark(&mark);
}

/* Whether the plan being made reads a masked column as it is, which it says then. */
bool
clr_class_mark_column(ClrJudge *judge, ClrBinding *binding, const ClrMask *mask)
{
	bool raw = !clr_mask_may_close(judge, binding, mask);
	ClrPlanMark mark_of = { binding->id, mask->id, raw ? CLR_CLASS_RAW : CLR_CLASS_MASKED, 0 };

	return clr_plans_mark(&mark_of) && raw;
}

/*
 * Whether the plan being made may name the actor's account, which it says then: there,
 * whoever acts for another one has another plan.
 */
bool
clr_class_mark_account(const ClrJudge *judge, const ClrBinding *binding)
{
	ClrPlanMark mark = { binding->id, 0, CLR_CLASS_ACCOUNT, 0 };

	return judge->scope->account_key != NULL &&
		   clr_plans_mark_account(&mark, judge->scope->account_key);
}

/* Whether the plan being made may rest on a test of a value when it starts, which it says then. */
bool
clr_class_mark_given(FuncExpr *test)
{
	ClrPlanMark mark = { 0, 0, CLR_CLASS_GIVEN, 0 };

	return clr_plans_mark_test(&mark, (Expr *) test);
}

/*
 * What makes another plan of the same class better: for few projects an index
 * serves, for many it does not; who sees the account may need no test.
 */
static uint32
reach_of(ClrJudge *judge, ClrBinding *binding, ClrVerb verb)
{
	ClrShape *shape = clr_shape_of(judge, binding, verb);
	ClrClass class = clr_shape_only_class(shape);
	int64 open = clr_keytab_count(shape->open);
	uint32 reach = class;

	if (open > 0)
		reach |= (pg_leftmost_one_pos64(open) / SIZE_BITS) << REACH_SIZE;
	if (shape->classes != 0 && !shape->is_partial && clr_whole_sees_account(judge->scope))
		reach |= 1 << REACH_ACCOUNT;
	return reach;
}

/*
 * Whether a plan shows the judge's actor neither too much nor too little, with values of
 * parameters; and (best) is the one that it would get, not a much slower one.
 */
bool
clr_class_fits(ClrJudge *judge, const PlannedStmt *plan, ParamListInfo params, bool best)
{
	ClrPlanMark mark = { 0 };
	ListCell *lc;

	foreach(lc, plan->invalItems)
	{
		if (!clr_plans_read_mark(lfirst(lc), &mark))
			continue;
		if (mark.class == CLR_CLASS_ACCOUNT ?
				!is_of_account(judge, plan) :
			mark.class == CLR_CLASS_GIVEN ?
				!clr_given_holds(judge, clr_plans_test(plan, mark.reach), params) :
				!fits(judge, &mark, best))
			return false;
	}
	return true;
}

/* Whether the account that a plan names is the actor's; who has none sees nothing by its plan. */
static bool
is_of_account(const ClrJudge *judge, const PlannedStmt *plan)
{
	const char *account = clr_plans_account(plan);

	return account != NULL && judge->scope->account_key != NULL &&
		   strcmp(account, judge->scope->account_key) == 0;
}

static bool
fits(ClrJudge *judge, const ClrPlanMark *mark, bool best)
{
	ClrBinding *binding = clr_judge_binding(judge, mark->binding);

	if (mark->class == CLR_CLASS_RAW || mark->class == CLR_CLASS_MASKED)
		return fits_masks(judge, binding, mark, best);
	if (mark->class == CLR_CLASS_WHOLE)
		return clr_whole_holds(judge, binding);
	if (mark->class == CLR_CLASS_BELOW)
		return clr_whole_is_below(judge, binding);
	if (!has_class(judge, binding, mark->verb, mark->class))
		return false;
	/* who sees nothing sees it by any plan */
	return !best || clr_shape_of(judge, binding, mark->verb)->classes == 0 ||
		   reach_of(judge, binding, mark->verb) == mark->reach;
}

/* A plan that asks whether a column is open is right for everybody. */
static bool
fits_masks(ClrJudge *judge, ClrBinding *binding, const ClrPlanMark *mark, bool best)
{
	ListCell *lc;

	if (!best && mark->class == CLR_CLASS_MASKED)
		return true;
	foreach(lc, binding->masks)
		if (((ClrMask *) lfirst(lc))->id == mark->verb)
			return clr_mask_may_close(judge, binding, lfirst(lc)) ==
				   (mark->class == CLR_CLASS_MASKED);
	return mark->class == CLR_CLASS_MASKED;
}

/* Whether the actor has projects of the class only, or none. */
static bool
has_class(ClrJudge *judge, ClrBinding *binding, ClrVerb verb, ClrClass class)
{
	return class == CLR_CLASS_OTHER ||
		   (clr_shape_of(judge, binding, verb)->classes & ~CLR_CLASS_BIT(class)) == 0;
}

/* What tests rows by a class runs. */
void
clr_class_check(ClrJudge *judge, ClrBinding *binding, ClrVerb verb, ClrClass class)
{
	if (!has_class(judge, binding, verb, class))
		clr_class_refuse_plan(clr_binding_name(binding));
}

/* A plan is for somebody with other rights, and cannot be replaced: the next one is made anew. */
void
clr_class_refuse_plan(const char *relation)
{
	clr_plans_forget();
	ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE), clr_count(CLR_ERROR_STALE_PLAN),
					errmsg("the query on %s was planned for other permissions", relation),
					errdetail("The actor, its access level, or what is declared of the table "
							  "changed after the query was planned."),
					errhint("Retry the transaction.")));
}
