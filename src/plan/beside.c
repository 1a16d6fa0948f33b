/*
 * beside.c
 *		Bitmaps of the account beside bitmaps of sets.
 *
 * What is in a set of the actor's (set.h) is of its account. The planner takes the
 * tests of both for independent, and a bitmap of both for much smaller than that of
 * the set alone (cost_bitmap_and_node(), costsize.c): it reads one index too many,
 * and passes over better paths. So such a bitmap costs what it is worth, beside those
 * of one of the two.
 *
 * Keeps no state.
 */
#include "plan/beside.h"

#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"

#include "plan/account.h"
#include "plan/set.h"

/* Whether what a bitmap is made of asks for something. */
typedef bool (*Asks)(const RestrictInfo *condition, const RestrictInfo *account);

static List *take(List **paths, const RestrictInfo *account);
static bool is_of_both(const Path *path, const RestrictInfo *account);
static List *
choices(PlannerInfo *root, RelOptInfo *rel, const BitmapAndPath *both, RestrictInfo *account);
static Path *without(PlannerInfo *root, RelOptInfo *rel, const BitmapAndPath *both, Asks asks,
					 const RestrictInfo *account);
static bool is_any(const List *bitmaps, Asks asks, const RestrictInfo *account);
static bool is_asked(const Path *bitmap, Asks asks, const RestrictInfo *account);
static bool is_account(const RestrictInfo *condition, const RestrictInfo *account);
static bool is_set(const RestrictInfo *condition, const RestrictInfo *account);

/*
 * The paths of a relation are made. Of one that is joined they stay as they are: those by
 * what another relation gives are of the same kind, and would be taken instead.
 */
void
clr_beside_add_paths(PlannerInfo *root, RelOptInfo *rel)
{
	RestrictInfo *account = clr_account_condition(rel);
	ListCell *lc, *lb;

	if (account == NULL)
		return;
	foreach(lc, take(&rel->pathlist, account))
		foreach(lb, choices(root, rel, lfirst(lc), account))
			add_path(rel, (Path *) create_bitmap_heap_path(root, rel, lfirst(lb),
														   rel->lateral_relids, 1.0, 0));
	foreach(lc, take(&rel->partial_pathlist, account))
		foreach(lb, choices(root, rel, lfirst(lc), account))
			create_partial_bitmap_paths(root, rel, lfirst(lb));
}

/* Take the paths by bitmaps of both out of a list, and return the bitmaps. */
static List *
take(List **paths, const RestrictInfo *account)
{
	List *taken = NIL;
	ListCell *lc;

	foreach(lc, *paths)
	{
		if (!is_of_both(lfirst(lc), account))
			continue;
		taken = lappend(taken, lfirst_node(BitmapHeapPath, lc)->bitmapqual);
		*paths = foreach_delete_current(*paths, lc);
	}
	return taken;
}

static bool
is_of_both(const Path *path, const RestrictInfo *account)
{
	const BitmapAndPath *both;

	if (!IsA(path, BitmapHeapPath))
		return false;
	both = (const BitmapAndPath *) ((const BitmapHeapPath *) path)->bitmapqual;
	return IsA(both, BitmapAndPath) && is_any(both->bitmapquals, is_account, account) &&
		   is_any(both->bitmapquals, is_set, account);
}

/* The bitmaps that take its place: of the rows in both are as many as in that of the set. */
static List *
choices(PlannerInfo *root, RelOptInfo *rel, const BitmapAndPath *both, RestrictInfo *account)
{
	BitmapAndPath *again = create_bitmap_and_path(root, rel, both->bitmapquals);

	again->bitmapselectivity = Min(again->bitmapselectivity / clr_account_part(root, account), 1);
	return list_make3(again, without(root, rel, both, is_set, account),
					  without(root, rel, both, is_account, account));
}

/* The same, less the bitmaps that ask for one of them. */
static Path *
without(PlannerInfo *root, RelOptInfo *rel, const BitmapAndPath *both, Asks asks,
		const RestrictInfo *account)
{
	List *left = NIL;
	ListCell *lc;

	foreach(lc, both->bitmapquals)
		if (!is_asked(lfirst(lc), asks, account))
			left = lappend(left, lfirst(lc));
	return list_length(left) == 1 ? linitial(left) :
									(Path *) create_bitmap_and_path(root, rel, left);
}

static bool
is_any(const List *bitmaps, Asks asks, const RestrictInfo *account)
{
	ListCell *lc;

	foreach(lc, bitmaps)
		if (is_asked(lfirst(lc), asks, account))
			return true;
	return false;
}

/* Of an OR, each arm asks. */
static bool
is_asked(const Path *bitmap, Asks asks, const RestrictInfo *account)
{
	ListCell *lc, *lq;

	if (IsA(bitmap, BitmapAndPath))
		return is_any(((const BitmapAndPath *) bitmap)->bitmapquals, asks, account);
	if (IsA(bitmap, BitmapOrPath))
	{
		foreach(lc, ((const BitmapOrPath *) bitmap)->bitmapquals)
			if (!is_asked(lfirst(lc), asks, account))
				return false;
		return true;
	}
	foreach(lc, ((const IndexPath *) bitmap)->indexclauses)
		foreach(lq, lfirst_node(IndexClause, lc)->indexquals)
			if (asks(lfirst_node(RestrictInfo, lq), account))
				return true;
	return false;
}

static bool
is_account(const RestrictInfo *condition, const RestrictInfo *account)
{
	return condition == account;
}

static bool
is_set(const RestrictInfo *condition, const RestrictInfo *account)
{
	const ScalarArrayOpExpr *clause = (const ScalarArrayOpExpr *) condition->clause;

	return IsA(clause, ScalarArrayOpExpr) && clr_set_is_test(lsecond(clause->args));
}
