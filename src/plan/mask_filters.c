/*
 * mask_filters.c
 *		Which references to masked columns conditions go by.
 *
 * What WHERE, ON, HAVING, FILTER and WHEN name, also as a column of a view, of
 * another query, of WITH or of a join: whatever it is computed from there. Such
 * references are noted in themselves, in the place for where they stood in the
 * statement's text, which nobody reads once a query is planned.
 */
#include "plan/mask.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"

/* A query within those around it. */
typedef struct Place
{
	struct Place *up;
	Query *query;
} Place;

static bool visit(Node *node, void *up);
static bool note(Node *node, void *place);
static void note_var(Var *var, Place *place);
static void note_output(Query *query, Place *up, AttrNumber number);
static void note_set_operation(Node *node, Place *place, AttrNumber number);
static void note_with(const RangeTblEntry *entry, Place *place, AttrNumber number);

/* Note what the conditions of a query, and of all within it, go by. */
void
clr_mask_note_filters(Query *query)
{
	(void) visit((Node *) query, NULL);
}

static bool
visit(Node *node, void *up)
{
	Query *query = (Query *) node;
	Place place = { up, query };
	ListCell *lc;

	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
		(void) note((Node *) ((Aggref *) node)->aggfilter, up);
	if (!IsA(node, Query))
		return expression_tree_walker(node, visit, up);
	check_stack_depth();
	(void) note((Node *) query->jointree, &place);
	(void) note(query->havingQual, &place);
	if (query->onConflict != NULL)
		(void) note(query->onConflict->onConflictWhere, &place);
	if (clr_merge_condition(query) != NULL)
		(void) note(*clr_merge_condition(query), &place);
	foreach(lc, query->mergeActionList)
		(void) note(lfirst_node(MergeAction, lc)->qual, &place);
	foreach(lc, query->withCheckOptions)
		if (lfirst_node(WithCheckOption, lc)->kind == WCO_VIEW_CHECK)
			(void) note(lfirst_node(WithCheckOption, lc)->qual, &place);
	return query_tree_walker(query, visit, &place, 0);
}

/* All that an expression names is part of a condition. */
static bool
note(Node *node, void *place)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		note_var((Var *) node, place);
	else if (IsA(node, Query))
		note_output((Query *) node, place, InvalidAttrNumber);
	else if (IsA(node, SubLink) && ((SubLink *) node)->subLinkType == EXISTS_SUBLINK)
		return false; /* its output is not looked at */
	else
		return expression_tree_walker(node, note, place);
	return false;
}

static void
note_var(Var *var, Place *place)
{
	RangeTblEntry *entry;
	List **grouped;

	if (var->location == CLR_MASK_FILTERED)
		return;
	var->location = CLR_MASK_FILTERED;
	for (Index up = var->varlevelsup; up > 0; up--)
		place = place->up;
	entry = rt_fetch(var->varno, place->query->rtable);
	grouped = clr_group_expressions(entry);
	if (grouped != NULL)
		(void) note(list_nth(*grouped, var->varattno - 1), place);
	switch (entry->rtekind)
	{
		case RTE_SUBQUERY:
			note_output(entry->subquery, place, var->varattno);
			break;
		case RTE_CTE:
			note_with(entry, place, var->varattno);
			break;
		case RTE_JOIN:
			if (var->varattno > 0)
				(void) note(list_nth(entry->joinaliasvars, var->varattno - 1), place);
			else
				(void) note((Node *) entry->joinaliasvars, place);
			break;
		case RTE_FUNCTION:
			(void) note((Node *) entry->functions, place);
			break;
		case RTE_VALUES:
			(void) note((Node *) entry->values_lists, place);
			break;
		default:
			break;
	}
}

/* What a column that a query gives is computed from; zero: all of them. */
static void
note_output(Query *query, Place *up, AttrNumber number)
{
	Place place = { up, query };
	ListCell *lc;

	check_stack_depth();
	foreach(lc, query->commandType == CMD_SELECT ? query->targetList : query->returningList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (number == InvalidAttrNumber || entry->resno == number)
			(void) note((Node *) entry->expr, &place);
		if (query->setOperations != NULL && (number == InvalidAttrNumber || entry->resno == number))
			note_set_operation(query->setOperations, &place, entry->resno);
	}
}

static void
note_set_operation(Node *node, Place *place, AttrNumber number)
{
	if (IsA(node, SetOperationStmt))
	{
		note_set_operation(((SetOperationStmt *) node)->larg, place, number);
		note_set_operation(((SetOperationStmt *) node)->rarg, place, number);
	}
	else
		note_output(rt_fetch(castNode(RangeTblRef, node)->rtindex, place->query->rtable)->subquery,
					place, number);
}

static void
note_with(const RangeTblEntry *entry, Place *place, AttrNumber number)
{
	ListCell *lc;

	for (Index up = entry->ctelevelsup; up > 0; up--)
		place = place->up;
	foreach(lc, place->query->cteList)
	{
		CommonTableExpr *with = lfirst_node(CommonTableExpr, lc);

		if (strcmp(with->ctename, entry->ctename) == 0)
			note_output(castNode(Query, with->ctequery), place, number);
	}
}
