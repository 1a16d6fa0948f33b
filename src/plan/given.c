/*
 * given.c
 *		Projects that a condition of the query names.
 *
 * WHERE project_id = $1 leaves rows of one project. Asked of each row, whether that is
 * open is the same question again, and rows are few: so the plan says that it is, and
 * tests no row. That is asked when the plan starts, of the value of that moment
 * (class.c); where it does not hold, another plan takes its place, one that tests rows
 * (replace.c).
 *
 * What the set of open projects said of a row, the query's own condition then says: it
 * must be at least as strict, and come no later. So it is an equality of the server's
 * that is leakproof, of values that are one key for the set as well; and it takes the
 * set's place in the order of conditions. The value must be the same whoever looks at
 * it: a constant, or a parameter that comes from outside, which nothing changes while a
 * query runs; not a function, which may but claim to be stable. Of a NULL nothing need
 * hold: it equals nothing.
 *
 * Keeps no state.
 */
#include "plan/given.h"

#include "access/stratnum.h"
#include "access/transam.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "frame/frame.h"
#include "plan/class.h"
#include "plan/set.h"
#include "plan/set_estimate.h"

static FuncExpr *test_of(const RestrictInfo *condition);
static RestrictInfo *condition_that_gives(const RelOptInfo *rel, const Var *column);
static Node *value_given(const RestrictInfo *condition, const Var *column);
static bool is_fixed(const Node *value);
static bool is_equality_of_keys(const OpExpr *clause, Oid type, Oid given);
static bool rest_on(FuncExpr *test, Node *value);
static void leave_out(RelOptInfo *rel, RestrictInfo *condition);

/* ---------- at plan time ---------- */

/* The paths of a relation are made. Leave out what need not be tested of its rows. */
void
clr_given_leave_out(RelOptInfo *rel)
{
	ListCell *lc;

	foreach(lc, rel->baserestrictinfo) /* which leave_out() copies */
	{
		RestrictInfo *condition = lfirst_node(RestrictInfo, lc);
		FuncExpr *test = test_of(condition);
		RestrictInfo *giving;
		Var *column;

		if (test == NULL)
			continue;
		column = linitial(test->args);
		giving = condition_that_gives(rel, column);
		if (giving == NULL || !rest_on(test, value_given(giving, column)))
			continue;
		giving->security_level = Min(giving->security_level, condition->security_level);
		leave_out(rel, condition);
	}
}

/*
 * The test of a set of open projects that a condition consists of; where rows need have
 * none, beside the test of that (clr_rowtest_or_null()). Or NULL.
 */
static FuncExpr *
test_of(const RestrictInfo *condition)
{
	Node *clause = (Node *) condition->clause;
	const NullTest *null = NULL;
	FuncExpr *test;

	if (is_orclause(clause) && list_length(((BoolExpr *) clause)->args) == 2)
	{
		null = linitial(((BoolExpr *) clause)->args);
		clause = lsecond(((BoolExpr *) clause)->args);
	}
	if (!clr_set_is_of_projects(clause))
		return NULL;
	test = (FuncExpr *) clause;
	if (!IsA(linitial(test->args), Var) ||
		(null != NULL && !(IsA(null, NullTest) && null->nulltesttype == IS_NULL &&
						   equal(null->arg, linitial(test->args)))))
		return NULL;
	return test;
}

static RestrictInfo *
condition_that_gives(const RelOptInfo *rel, const Var *column)
{
	ListCell *lc;

	foreach(lc, rel->baserestrictinfo)
		if (value_given(lfirst_node(RestrictInfo, lc), column) != NULL)
			return lfirst(lc);
	return NULL;
}

/* The only key that rows have in a column, if they satisfy a condition; or NULL. */
static Node *
value_given(const RestrictInfo *condition, const Var *column)
{
	const OpExpr *clause = (const OpExpr *) condition->clause;
	Node *value = clr_set_given_value(clause, column);

	if (value == NULL || !condition->leakproof || !is_fixed(value) ||
		!is_equality_of_keys(clause, column->vartype, exprType(value)))
		return NULL;
	return value;
}

static bool
is_fixed(const Node *value)
{
	return IsA(value, Const) ||
		   (IsA(value, Param) && ((const Param *) value)->paramkind == PARAM_EXTERN);
}

/*
 * Whether values of two types that an operator takes for equal are the same key. Others may
 * add operators to families, also of the server's types; and some collations take different
 * texts for equal.
 */
static bool
is_equality_of_keys(const OpExpr *clause, Oid type, Oid given)
{
	ClrKeyClass class = clr_key_class(type);

	return class != CLR_KEY_NONE && class == clr_key_class(given) &&
		   clause->opno < FirstUnpinnedObjectId &&
		   get_op_opfamily_strategy(clause->opno,
									lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY)->btree_opf) ==
			   BTEqualStrategyNumber &&
		   (!OidIsValid(clause->inputcollid) || get_collation_isdeterministic(clause->inputcollid));
}

/* Whether the plan being made may rest on a test of a value. Not if that is known to fail. */
static bool
rest_on(FuncExpr *test, Node *value)
{
	FuncExpr *of_value = copyObject(test);

	linitial(of_value->args) = copyObject(value);
	return (IsA(value, Param) ||
			clr_given_holds(clr_frame_judge(clr_frame_current()), (Expr *) of_value, NULL)) &&
		   clr_class_mark_given(of_value);
}

static void
leave_out(RelOptInfo *rel, RestrictInfo *condition)
{
	ListCell *lc;

	rel->baserestrictinfo = list_delete_ptr(list_copy(rel->baserestrictinfo), condition);
	foreach(lc, rel->indexlist)
	{
		IndexOptInfo *index = lfirst_node(IndexOptInfo, lc);

		index->indrestrictinfo = list_delete_ptr(list_copy(index->indrestrictinfo), condition);
	}
}

/* ---------- when the plan starts ---------- */

/* Whether the project that a test asks about is open, or none. What cannot be found out does not hold. */
bool
clr_given_holds(ClrJudge *judge, const Expr *test, ParamListInfo params)
{
	const Node *value;
	const ParamExternData *given;
	ParamExternData computed;
	int number;

	if (test == NULL)
		return false;
	value = linitial(((const FuncExpr *) test)->args);
	if (IsA(value, Const))
		return ((const Const *) value)->constisnull ||
			   clr_set_holds(judge, (const FuncExpr *) test, ((const Const *) value)->consttype,
							 ((const Const *) value)->constvalue);
	number = castNode(Param, value)->paramid;
	if (params == NULL || number < 1 || number > params->numParams)
		return false;
	/* as ExecEvalParamExtern() finds it (execExprInterp.c) */
	given = params->paramFetch != NULL ? params->paramFetch(params, number, true, &computed) :
										 &params->params[number - 1];
	return given->ptype == ((const Param *) value)->paramtype &&
		   (given->isnull ||
			clr_set_holds(judge, (const FuncExpr *) test, given->ptype, given->value));
}
