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
#include "paths.h"

#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "utils/index_selfuncs.h"
#include "utils/lsyscache.h"

#include "set.h"

/* No index conditions for now. Set and reset by clr_paths_add(). */
static bool declining = false;

PG_FUNCTION_INFO_V1(clearance_set_support);

static Node *index_condition(SupportRequestIndexCondition *request);
static bool has_equality(const SupportRequestIndexCondition *request, Var *column);
static void
cost_with_keys(PlannerInfo *root, IndexPath *path, double loops, Cost *startup, Cost *total,
			   Selectivity *selectivity, double *correlation, double *pages);
static List *put_keys(PlannerInfo *root, IndexPath *path);

/*
 * set_support(internal): planner support of in_set().
 */
Datum
clearance_set_support(PG_FUNCTION_ARGS)
{
	Node *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestIndexCondition))
		PG_RETURN_POINTER(index_condition((SupportRequestIndexCondition *) request));
	if (IsA(request, SupportRequestSelectivity) &&
		clr_set_estimate((SupportRequestSelectivity *) request))
		PG_RETURN_POINTER(request);
	PG_RETURN_POINTER(NULL);
}

/*
 * column = ANY (set_keys(...)), as good as the function on a B-tree. Not where
 * the query gives the column's value, which is the better condition, nor for
 * most rows of a parent.
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

	if (declining || !clr_set_is_test((Node *) test) || request->indexarg != 0 ||
		request->index->relam != BTREE_AM_OID)
		return NULL;
	value = linitial(test->args);
	type = exprType((Node *) value);
	operator= get_opfamily_member(request->opfamily, type, type, BTEqualStrategyNumber);
	if (!IsA(value, Var) || !OidIsValid(operator) || has_equality(request, (Var *) value) ||
		clr_set_is_big(test))
		return NULL;

	request->index->amcostestimate = (void (*)()) cost_with_keys;
	condition = makeNode(ScalarArrayOpExpr);
	condition->opno = operator;
	condition->opfuncid = get_opcode(operator);
	condition->useOr = true;
	condition->inputcollid = collation;
	condition->args =
		list_make2(copyObject(value), clr_set_keys_call(test, type, exprCollation((Node *) value)));
	condition->location = -1;
	/* such a collation takes more texts for equal than the rule does */
	request->lossy = OidIsValid(collation) && !get_collation_isdeterministic(collation);
	return (Node *) list_make1(condition);
}

/* Whether a clause of the query gives the column's value. */
static bool
has_equality(const SupportRequestIndexCondition *request, Var *column)
{
	ListCell *lc;

	foreach(lc, request->index->rel->baserestrictinfo)
	{
		OpExpr *clause = (OpExpr *) lfirst_node(RestrictInfo, lc)->clause;

		if (clr_set_given_value(clause, column) != NULL &&
			get_op_opfamily_strategy(clause->opno, request->opfamily) == BTEqualStrategyNumber)
			return true;
	}
	return false;
}

/* amcostestimate of a B-tree. */
static void
cost_with_keys(PlannerInfo *root, IndexPath *path, double loops, Cost *startup, Cost *total,
			   Selectivity *selectivity, double *correlation, double *pages)
{
	List *replaced = put_keys(root, path);
	ListCell *lc;

	btcostestimate(root, path, loops, startup, total, selectivity, correlation, pages);
	foreach(lc, replaced)
	{
		ScalarArrayOpExpr *condition = linitial(lfirst(lc));

		lsecond(condition->args) = lsecond(lfirst(lc));
	}
}

/*
 * Put keys in place of the calls of a path's conditions. Returns what to put
 * back: pairs of a condition and its call.
 */
static List *
put_keys(PlannerInfo *root, IndexPath *path)
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
				qual->norm_selec =
					clause_selectivity(root, (Node *) clause->rinfo, 0, JOIN_INNER, NULL);
			keys = clr_set_keys_now((FuncExpr *) lsecond(condition->args));
			if (keys == NULL)
				continue;
			replaced = lappend(replaced, list_make2(condition, lsecond(condition->args)));
			lsecond(condition->args) = keys;
		}
	}
	return replaced;
}

/* The paths of a relation are made: add those of joins without sets. */
void
clr_paths_add(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *entry)
{
	bool has_set = false;
	ListCell *lc;

	if (entry->rtekind != RTE_RELATION || rel->indexlist == NIL || IS_DUMMY_REL(rel) ||
		(rel->joininfo == NIL && !rel->has_eclass_joins))
		return;
	foreach(lc, rel->baserestrictinfo)
		has_set |= clr_set_is_test((Node *) lfirst_node(RestrictInfo, lc)->clause);
	if (!has_set)
		return;
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
