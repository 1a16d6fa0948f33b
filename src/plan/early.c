/*
 * early.c
 *		Policies that are simplified before a query is planned.
 *
 * The planner would do it by itself (simplify.c), but computes all arguments of a
 * call first, and what comes of it once more. So where a policy of ours stands by itself
 * over a table of the query, it gives way to what it comes to before that. Not in look-ups
 * by key, where it mostly stays, nor below the top: what is put into the query in place of
 * a view may be asked for by key from above.
 *
 * Where nothing need be asked, a constant stays, by which the planner still knows that
 * there is a policy: statistics may be of rows that are no more, and were hidden.
 * Operators that are not leakproof do not get to see them (examine_simple_variable(),
 * selfuncs.c).
 *
 * The query is the planner's own copy and is changed in place. Keeps no state.
 */
#include "plan/early.h"

#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"

#include "guard/seal.h"
#include "plan/simplify.h"
#include "store/catalog.h"

static PlannerInfo *planner_of(const Query *query);
static List *add_conditions(List *conditions, Node *qual);

/*
 * Put what policies come to, for who acts, in their place.
 */
void
clr_early_rewrite(Query *query)
{
	PlannerInfo *root = NULL;
	ListCell *lc;
	ListCell *lq;

	if (clr_catalog_is_reading())
		return;
	foreach(lc, query->rtable)
		foreach(lq, lfirst_node(RangeTblEntry, lc)->securityQuals)
		{
			Node *simpler;

			if (!clr_seal_is_policy(lfirst(lq)))
				continue;
			if (root == NULL)
				root = planner_of(query);
			simpler = clr_simplify_policy(root, lfirst(lq));
			if (simpler != NULL)
				lfirst(lq) = simpler;
		}
}

/* As far as simplify.c asks, what the planner will begin with. */
static PlannerInfo *
planner_of(const Query *query)
{
	PlannerInfo *root = makeNode(PlannerInfo);

	root->parse = makeNode(Query);
	*root->parse = *query;
	root->parse->jointree = makeFromExpr(query->jointree->fromlist,
										 (Node *) add_conditions(NIL, query->jointree->quals));
	return root;
}

/* All that must hold, one by one. */
static List *
add_conditions(List *conditions, Node *qual)
{
	ListCell *lc;

	if (qual == NULL)
		return conditions;
	if (!is_andclause(qual))
		return lappend(conditions, qual);
	check_stack_depth();
	foreach(lc, ((BoolExpr *) qual)->args)
		conditions = add_conditions(conditions, lfirst(lc));
	return conditions;
}
