/*
 * promote.c
 *		Conditions of the query that find rows by an index before these are judged.
 *
 * An operator that is not leakproof may tell what it sees: by an error, a
 * notice, or because somebody wrote it to. So the server has it wait until the
 * policy has judged the row, and no index serves it
 * (restriction_is_securely_promotable(), restrictinfo.c): neither full text, LIKE,
 * jsonb, arrays, ranges, numeric nor citext. That is right for rows, and more than
 * needed for indexes. What an index does with a condition of the query:
 *
 *	 It takes the value that is looked for apart, once a scan. That may fail (a
 *	 pattern that is none), but knows no row.
 *	 It compares keys that it holds with that, by functions of its operator
 *	 family, not by the operator's: expressions of the query, and those that the
 *	 index was made of, are not computed. These functions are known (known.c): those
 *	 of the server, and of extensions whose families were read. All are C, none
 *	 writes a message about a key that was once accepted, and none reads a table,
 *	 calls SQL, or looks inside of types that others made.
 *
 * What is left is the row, where LIKE does fail by what it reads ("must not end
 * with escape character"). A bitmap of the index says where rows may be; the
 * policy judges each of them first, and the operator itself sees, as ever, what
 * is left (see stand_for_policy()).
 *
 * What remains to be learned is how long that takes, and what the server counts:
 * as with operators that are leakproof, see doc/limits.md.
 *
 * Keeps no state but the setting.
 */
#include "plan/promote.h"

#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/paths.h"
#include "utils/guc.h"
#include "utils/plancache.h"

#include "plan/known.h"

static bool promote = true;

/* What a relation's paths are made with for a while, and what to put back. */
typedef struct Promotion
{
	RestrictInfo *policy; /* a condition that judges rows */
	List *conditions;	  /* of RestrictInfo: those that may be index conditions */
	List *indexes;		  /* of IndexOptInfo: those that may have them */
	List *others;		  /* all of the relation */
	List *scanned;		  /* those of the indexes that give rows one by one, too */
} Promotion;

static void assign_promote(bool newval, void *extra);
static RestrictInfo *policy_of(const PlannerInfo *root, const RelOptInfo *rel);
static List *conditions_of(const PlannerInfo *root, const RelOptInfo *rel);
static List *add_arms(List *conditions, Node *clause);
static List *add_condition(List *conditions, RestrictInfo *condition);
static bool is_promotable(const Expr *clause);
static List *indexes_of(const RelOptInfo *rel);
static void begin(RelOptInfo *rel, Promotion *promotion);
static void end(RelOptInfo *rel, const Promotion *promotion);
static void stand_for_policy(Path *path, const Promotion *promotion);
static RestrictInfo *as_if_unknown(const RestrictInfo *qual);

void
clr_promote_init(void)
{
	DefineCustomBoolVariable(
		"clearance.index_operators",
		"Whether operators that are not leakproof use indexes before rows are judged.",
		"The server's, and those of a few extensions, see the names of rows that are hidden in "
		"indexes alone. Off, they wait until rows are judged, and mostly use none.",
		&promote, true, PGC_SUSET, 0, NULL, assign_promote, NULL);
}

/* Cached plans were made with the other value. */
static void
assign_promote(bool newval, void *extra)
{
	if (newval != promote)
		ResetPlanCache();
}

/*
 * Bitmap scans of a protected table by conditions that the server would not let
 * indexes have. Bitmaps alone, as the row is then tested apart from the index.
 */
void
clr_promote_add_paths(PlannerInfo *root, RelOptInfo *rel)
{
	Promotion promotion = { .policy = policy_of(root, rel), .others = rel->indexlist };
	ListCell *lc;

	if (!promote || promotion.policy == NULL)
		return;
	promotion.conditions = conditions_of(root, rel);
	if (promotion.conditions == NIL)
		return;
	promotion.indexes = indexes_of(rel);
	if (promotion.indexes == NIL)
		return;
	begin(rel, &promotion);
	PG_TRY();
	{
		create_index_paths(root, rel);
	}
	PG_FINALLY();
	{
		end(rel, &promotion);
	}
	PG_END_TRY();
	foreach(lc, rel->pathlist)
		stand_for_policy(lfirst(lc), &promotion);
	foreach(lc, rel->partial_pathlist)
		stand_for_policy(lfirst(lc), &promotion);
}

/* A condition that rows are judged by before the query's own. */
static RestrictInfo *
policy_of(const PlannerInfo *root, const RelOptInfo *rel)
{
	ListCell *lc;

	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *condition = lfirst_node(RestrictInfo, lc);

		if (!condition->pseudoconstant && condition->security_level < root->qual_security_level)
			return condition;
	}
	return NULL;
}

/*
 * The query's own conditions that an index may have. Those of views with
 * security_barrier come before them, and wait as ever.
 */
static List *
conditions_of(const PlannerInfo *root, const RelOptInfo *rel)
{
	List *conditions = NIL;
	ListCell *lc;

	foreach(lc, rel->baserestrictinfo)
	{
		RestrictInfo *condition = lfirst_node(RestrictInfo, lc);

		if (condition->security_level == root->qual_security_level && !condition->pseudoconstant)
			conditions = add_condition(conditions, condition);
	}
	return conditions;
}

static List *
add_condition(List *conditions, RestrictInfo *condition)
{
	if (condition->orclause != NULL)
		return add_arms(conditions, (Node *) condition->orclause);
	if (!condition->leakproof && is_promotable(condition->clause))
		conditions = lappend(conditions, condition);
	return conditions;
}

/* What an OR consists of: conditions, also several for an arm. */
static List *
add_arms(List *conditions, Node *clause)
{
	ListCell *lc;

	if (IsA(clause, RestrictInfo))
		return add_condition(conditions, (RestrictInfo *) clause);
	if (IsA(clause, BoolExpr))
		foreach(lc, ((BoolExpr *) clause)->args)
			conditions = add_arms(conditions, lfirst(lc));
	return conditions;
}

static bool
is_promotable(const Expr *clause)
{
	Oid function;
	List *args;
	ListCell *lc;

	if (IsA(clause, OpExpr))
	{
		function = ((const OpExpr *) clause)->opfuncid;
		args = ((const OpExpr *) clause)->args;
	}
	else if (IsA(clause, ScalarArrayOpExpr) && ((const ScalarArrayOpExpr *) clause)->useOr)
	{
		function = ((const ScalarArrayOpExpr *) clause)->opfuncid;
		args = ((const ScalarArrayOpExpr *) clause)->args;
	}
	else
		return false;
	foreach(lc, args)
		if (!clr_known_type(exprType(lfirst(lc))))
			return false;
	return list_length(args) == 2 && clr_known_function(function);
}

/* Those that do nothing with a condition but what is known. */
static List *
indexes_of(const RelOptInfo *rel)
{
	List *indexes = NIL;
	ListCell *lc;

	foreach(lc, rel->indexlist)
	{
		IndexOptInfo *index = lfirst_node(IndexOptInfo, lc);
		/* a predicate is tested again on each row, before the policy (create_bitmap_subplan(), createplan.c) */
		bool known = index->amhasgetbitmap && !contain_leaked_vars((Node *) index->indpred);

		for (int i = 0; known && i < index->nkeycolumns; i++)
			known = clr_known_family(index->opfamily[i]);
		if (known)
			indexes = lappend(indexes, index);
	}
	return indexes;
}

/* ---------- paths ---------- */

static void
begin(RelOptInfo *rel, Promotion *promotion)
{
	ListCell *lc;

	rel->indexlist = promotion->indexes;
	foreach(lc, promotion->conditions)
		lfirst_node(RestrictInfo, lc)->leakproof = true;
	foreach(lc, promotion->indexes)
	{
		IndexOptInfo *index = lfirst_node(IndexOptInfo, lc);

		if (index->amhasgettuple)
			promotion->scanned = lappend(promotion->scanned, index);
		index->amhasgettuple = false;
	}
}

static void
end(RelOptInfo *rel, const Promotion *promotion)
{
	ListCell *lc;

	rel->indexlist = promotion->others;
	foreach(lc, promotion->conditions)
		lfirst_node(RestrictInfo, lc)->leakproof = false;
	foreach(lc, promotion->scanned)
		lfirst_node(IndexOptInfo, lc)->amhasgettuple = true;
}

/*
 * A bitmap heap scan tests again what its indexes were asked, before all else,
 * where a bitmap says less than rows (BitmapHeapNext(), nodeBitmapHeapscan.c). So
 * what a promoted condition asks of an index counts as derived from the policy:
 * that is what is tested again (create_bitmap_subplan(), createplan.c). The
 * condition itself, which nothing else stands for then, stays in its place among
 * the filters (create_bitmap_scan_plan()): after the policy.
 */
static void
stand_for_policy(Path *path, const Promotion *promotion)
{
	List *below = NIL;
	ListCell *lc, *lq;

	check_stack_depth();
	if (IsA(path, BitmapHeapPath))
		below = list_make1(((BitmapHeapPath *) path)->bitmapqual);
	else if (IsA(path, BitmapAndPath))
		below = ((BitmapAndPath *) path)->bitmapquals;
	else if (IsA(path, BitmapOrPath))
		below = ((BitmapOrPath *) path)->bitmapquals;
	foreach(lc, below)
		stand_for_policy(lfirst(lc), promotion);
	if (!IsA(path, IndexPath))
		return;
	foreach(lc, ((IndexPath *) path)->indexclauses)
	{
		IndexClause *clause = lfirst_node(IndexClause, lc);

		if (!list_member_ptr(promotion->conditions, clause->rinfo))
			continue;
		clause->rinfo = promotion->policy;
		clause->lossy = true;
		foreach(lq, clause->indexquals)
			lfirst(lq) = as_if_unknown(lfirst_node(RestrictInfo, lq));
	}
}

/*
 * The same, but nobody would prove the condition by it and leave that out
 * (predicate_implied_by(), predtest.c). A relabeled value is looked through by
 * the executor (ExecIndexBuildScanKeys(), nodeIndexscan.c).
 */
static RestrictInfo *
as_if_unknown(const RestrictInfo *qual)
{
	RestrictInfo *copy = makeNode(RestrictInfo);
	List *args;
	Expr *value;

	*copy = *qual;
	if (IsA(qual->clause, OpExpr))
	{
		copy->clause = (Expr *) makeNode(OpExpr);
		*(OpExpr *) copy->clause = *(OpExpr *) qual->clause;
		args = ((OpExpr *) qual->clause)->args;
	}
	else
	{
		copy->clause = (Expr *) makeNode(ScalarArrayOpExpr);
		*(ScalarArrayOpExpr *) copy->clause = *castNode(ScalarArrayOpExpr, qual->clause);
		args = ((ScalarArrayOpExpr *) qual->clause)->args;
	}
	value = lsecond(args);
	value = (Expr *) makeRelabelType(value, exprType((Node *) value), exprTypmod((Node *) value),
									 exprCollation((Node *) value), COERCE_IMPLICIT_CAST);
	args = list_make2(linitial(args), value);
	if (IsA(copy->clause, OpExpr))
		((OpExpr *) copy->clause)->args = args;
	else
		((ScalarArrayOpExpr *) copy->clause)->args = args;
	return copy;
}
