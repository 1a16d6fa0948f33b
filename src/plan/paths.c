/*
 * paths.c
 *		Index scans that look for the keys of a set: their conditions, their costs,
 *		and others beside them. Planner support of in_set().
 *
 * column = ANY (set_keys(...)) tells the planner neither how many keys there
 * are nor how many rows they have; it would take ten keys for each of them
 * (estimate_array_length(), selfuncs.c). So while a B-tree's cost is estimated,
 * the call gives way to the keys of the actor of the moment, and the rows are
 * those that in_set() estimates. The keys are gone when the estimate is made:
 * none is ever in a path, let alone in a plan.
 *
 * With true costs the planner takes the array where a literal one would be
 * right, and the probe elsewhere. But it makes no index path without a
 * condition that it could have, and on the inner side of a nested loop a B-tree
 * processes the array again for each outer row. So joins get paths without it,
 * too.
 */
#include "plan/paths.h"

#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "utils/array.h"
#include "utils/index_selfuncs.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "plan/account.h"
#include "plan/beside.h"
#include "plan/given.h"
#include "plan/promote.h"
#include "plan/set.h"
#include "plan/set_estimate.h"
#include "rule/binding.h"

/* No index conditions for now. Set and reset by clr_paths_add(). */
static bool declining = false;

/* Paths of a relation have a set that would have to be read. Looked at when they are all made. */
static bool has_unread_set = false;

PG_FUNCTION_INFO_V1(clearance_set_support);

static Node *index_condition(SupportRequestIndexCondition *request);
static bool is_given(const SupportRequestIndexCondition *request, Var *column);
static bool is_said_by_account(const SupportRequestIndexCondition *request, FuncExpr *test);
static void
cost_with_keys(PlannerInfo *root, IndexPath *path, double loops, Cost *startup, Cost *total,
			   Selectivity *selectivity, double *correlation, double *pages);
static List *put_keys(PlannerInfo *root, IndexPath *path, Cost *reading);
static Expr *keys_for_estimate(const FuncExpr *call, Cost *reading);
static Expr *unread_keys(Oid type, double count);
static void add_without_sets(PlannerInfo *root, RelOptInfo *rel);
static void expect_rows(PlannerInfo *root, RelOptInfo *rel);
static double rows_before_ups(PlannerInfo *root, RelOptInfo *rel);

/*
 * set_support(internal): planner support of in_set().
 */
Datum
clearance_set_support(PG_FUNCTION_ARGS)
{
	Node *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestIndexCondition))
		PG_RETURN_POINTER(index_condition((SupportRequestIndexCondition *) request));
	if (IsA(request, SupportRequestCost) && clr_set_cost((SupportRequestCost *) request))
		PG_RETURN_POINTER(request);
	if (IsA(request, SupportRequestSelectivity) &&
		clr_set_estimate((SupportRequestSelectivity *) request))
		PG_RETURN_POINTER(request);
	PG_RETURN_POINTER(NULL);
}

/*
 * column = ANY (set_keys(...)), as good as the function on a B-tree. Not where
 * the query gives the column's values, which is the better condition. (A B-tree
 * would look for each pair of theirs and the set's.) Nor are keys read for few
 * rows, nor those of many people.
 */
static Node *
index_condition(SupportRequestIndexCondition *request)
{
	FuncExpr *test = (FuncExpr *) request->node;
	Oid collation = request->indexcollation;
	Expr *value;
	Oid type;
	Oid operator;
	ScalarArrayOpExpr *condition;
	bool is_unread;

	if (declining || !clr_set_is_test((Node *) test) || request->indexarg != 0 ||
		request->index->relam != BTREE_AM_OID)
		return NULL;
	value = linitial(test->args);
	type = exprType((Node *) value);
	operator= get_opfamily_member(request->opfamily, type, type, BTEqualStrategyNumber);
	if (!IsA(value, Var) || !OidIsValid(operator) || is_given(request, (Var *) value) ||
		!clr_set_is_listed(test) || is_said_by_account(request, test))
		return NULL;
	is_unread = clr_set_ups_test((Node *) test) != NULL;
	if (is_unread && rows_before_ups(request->root, request->index->rel) <= CLR_FEW_KEYS)
		return NULL;

	request->index->amcostestimate = CLR_COST(cost_with_keys);
	condition = makeNode(ScalarArrayOpExpr);
	condition->opno = operator;
	condition->opfuncid = get_opcode(operator);
	condition->useOr = true;
	condition->inputcollid = collation;
	condition->args =
		list_make2(copyObject(value), clr_set_keys_call(test, type, exprCollation((Node *) value)));
	condition->location = -1;
	/*
	 * Such a collation takes more texts for equal than the rule does; and what is
	 * below a visible row may be closed in its project.
	 */
	request->lossy =
		is_unread || (OidIsValid(collation) && !get_collation_isdeterministic(collation));
	has_unread_set |= is_unread;
	return (Node *) list_make1(condition);
}

/* Whether a clause of the query gives the column's value, or a list of them. */
static bool
is_given(const SupportRequestIndexCondition *request, Var *column)
{
	ListCell *lc;

	foreach(lc, request->index->rel->baserestrictinfo)
	{
		Node *clause = (Node *) lfirst_node(RestrictInfo, lc)->clause;
		Oid operator= InvalidOid;

		if (IsA(clause, ScalarArrayOpExpr) && ((ScalarArrayOpExpr *) clause)->useOr &&
			equal(linitial(((ScalarArrayOpExpr *) clause)->args), column) &&
			!clr_set_is_test(lsecond(((ScalarArrayOpExpr *) clause)->args)))
			operator=((ScalarArrayOpExpr *) clause)->opno;
		else if (clr_set_given_value((OpExpr *) clause, column) != NULL)
			operator=((OpExpr *) clause)->opno;
		if (OidIsValid(operator) &&
			get_op_opfamily_strategy(operator, request->opfamily) == BTEqualStrategyNumber)
			return true;
	}
	return false;
}

/*
 * Whether rows of the account, which another index finds, are mostly rows of the
 * set: the planner takes the two for independent, and would look for both.
 */
static bool
is_said_by_account(const SupportRequestIndexCondition *request, FuncExpr *test)
{
	RelOptInfo *rel = request->index->rel;
	bool found = false;
	ListCell *lc;

	foreach(lc, rel->indexlist)
		found = found || clr_account_leads(lfirst_node(IndexOptInfo, lc));
	return found && clr_set_is_of_account(request->root, test) &&
		   clause_selectivity(request->root, (Node *) test, 0, JOIN_INNER, NULL) > 0.5;
}

/* amcostestimate of a B-tree. */
static void
cost_with_keys(PlannerInfo *root, IndexPath *path, double loops, Cost *startup, Cost *total,
			   Selectivity *selectivity, double *correlation, double *pages)
{
	Cost reading = 0;
	List *replaced = put_keys(root, path, &reading);
	ListCell *lc;

	btcostestimate(root, path, loops, startup, total, selectivity, correlation, pages);
	*startup += reading;
	*total += reading;
	foreach(lc, replaced)
	{
		ScalarArrayOpExpr *condition = linitial(lfirst(lc));

		lsecond(condition->args) = lsecond(lfirst(lc));
	}
}

/*
 * Put keys in place of the calls of a path's conditions. Returns what to put
 * back: pairs of a condition and its call; and what it costs to read the sets.
 */
static List *
put_keys(PlannerInfo *root, IndexPath *path, Cost *reading)
{
	List *replaced = NIL;
	ListCell *lc, *lq;

	foreach(lc, path->indexclauses)
	{
		IndexClause *clause = lfirst_node(IndexClause, lc);

		foreach(lq, clause->indexquals)
		{
			RestrictInfo *qual = lfirst_node(RestrictInfo, lq);
			ScalarArrayOpExpr *condition = (ScalarArrayOpExpr *) qual->clause;
			Expr *keys;

			if (!IsA(condition, ScalarArrayOpExpr) || !clr_set_is_test(lsecond(condition->args)))
				continue;
			/*
			 * Found once for all paths, and not from each key. Else the planner
			 * would call the function (scalararraysel(), selfuncs.c).
			 */
			if (qual->norm_selec < 0)
				qual->norm_selec = clr_set_part(root, (FuncExpr *) clause->rinfo->clause);
			keys = keys_for_estimate(lsecond(condition->args), reading);
			replaced = lappend(replaced, list_make2(condition, lsecond(condition->args)));
			lsecond(condition->args) = keys;
		}
	}
	return replaced;
}

/*
 * The keys that the set has; of one that would have to be read first, as many
 * as it probably has.
 */
static Expr *
keys_for_estimate(const FuncExpr *call, Cost *reading)
{
	double keys;
	Cost cost;

	if (!clr_set_ups_cost(call, &keys, &cost))
		return clr_set_keys_now(call);
	*reading += cost;
	return unread_keys(call->funcresulttype, clamp_row_est(keys));
}

/*
 * An array of so many keys, of which nothing else is known: costs go by the length. As a
 * constant it would be taken apart, by predicates of indexes and by statistics
 * (predicate_classify(), predtest.c; mcv_get_match_bitmap(), mcv.c), so it is relabeled,
 * which lengths are seen through (estimate_array_length(), selfuncs.c). Whatever looks into
 * it all the same finds NULLs, which take a bit each.
 */
static Expr *
unread_keys(Oid type, double count)
{
	Oid element = get_element_type(type);
	int keys = (int) Min(count, (double) MaxArraySize);
	int size = ARR_OVERHEAD_WITHNULLS(1, keys);
	ArrayType *array = palloc0(size);
	CaseTestExpr *key = makeNode(CaseTestExpr);
	ArrayCoerceExpr *relabeled = makeNode(ArrayCoerceExpr);

	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->dataoffset = size;
	array->elemtype = element;
	ARR_DIMS(array)[0] = keys;
	ARR_LBOUND(array)[0] = 1;
	key->typeId = element;
	key->typeMod = -1;
	relabeled->arg =
		(Expr *) makeConst(type, -1, InvalidOid, -1, PointerGetDatum(array), false, false);
	relabeled->elemexpr =
		(Expr *) makeRelabelType((Expr *) key, element, -1, InvalidOid, COERCE_IMPLICIT_CAST);
	relabeled->resulttype = type;
	relabeled->resulttypmod = -1;
	relabeled->location = -1;
	return (Expr *) relabeled;
}

/*
 * The paths of a relation are made. Add those without sets: of joins, and where
 * a set would have to be read first.
 */
void
clr_paths_add(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *entry)
{
	bool is_joined = rel->joininfo != NIL || rel->has_eclass_joins;
	bool is_read = entry->rtekind == RTE_RELATION && !IS_DUMMY_REL(rel);
	bool needs_others;
	ListCell *lc;

	if (is_read)
		clr_given_leave_out(rel);
	if (is_read && !entry->inh && clr_binding_of_relation(entry->relid) != 0)
		clr_promote_add_paths(root, rel);
	needs_others = has_unread_set;
	has_unread_set = false;
	if (!is_read)
		return;
	if (is_joined)
		foreach(lc, rel->baserestrictinfo)
			needs_others |= clr_set_is_test((Node *) lfirst_node(RestrictInfo, lc)->clause);
	else if (root->limit_tuples < 0)
		expect_rows(root, rel);
	/* partitioned tables may have indexes that nothing scans (get_relation_info(), plancat.c) */
	if (rel->indexlist != NIL && !entry->inh && needs_others)
		add_without_sets(root, rel);
	if (is_joined)
		clr_account_scale(root, rel);
	else
		clr_beside_add_paths(root, rel);
}

static void
add_without_sets(PlannerInfo *root, RelOptInfo *rel)
{
	declining = true;
	PG_TRY();
	{
		create_index_paths(root, rel);
	}
	PG_FINALLY();
	{
		declining = false;
	}
	PG_END_TRY();
}

/* All rows that the other conditions leave will be read, and what they belong to be looked up. */
static void
expect_rows(PlannerInfo *root, RelOptInfo *rel)
{
	ListCell *lc;

	foreach(lc, rel->baserestrictinfo)
	{
		FuncExpr *test = clr_set_ups_test((Node *) lfirst_node(RestrictInfo, lc)->clause);

		if (test != NULL)
			clr_set_expect(root, test, rows_before_ups(root, rel));
	}
}

/* How many rows of a relation satisfy all but what is asked of what they belong to. */
static double
rows_before_ups(PlannerInfo *root, RelOptInfo *rel)
{
	List *others = NIL;
	ListCell *lc;

	foreach(lc, rel->baserestrictinfo)
		if (clr_set_ups_test((Node *) lfirst_node(RestrictInfo, lc)->clause) == NULL)
			others = lappend(others, lfirst(lc));
	return clamp_row_est(rel->tuples *
						 clauselist_selectivity(root, others, rel->relid, JOIN_INNER, NULL));
}
