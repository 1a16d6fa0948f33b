/*
 * conflict.c
 *		What ON CONFLICT DO UPDATE asks of rows that policies hide: nothing.
 *
 * Some releases compute its WHERE of the row that is in the way before they ask
 * policies whether it may be changed (ExecOnConflictUpdate(), nodeModifyTable.c): a
 * function in it would see hidden rows. There it becomes
 *
 *		CASE WHEN policies THEN condition ELSE true END
 *
 * and where policies say no, the server goes on and asks them, which is the error.
 */
#include "plan/conflict.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"

#include "plan/once.h"

static void rewrite(Query *query);
static Node *policies_of(const Query *query);

void
clr_conflict_rewrite(Query *query)
{
	if (CLR_ASKS_BEFORE_POLICIES)
		clr_once_modifying(query, rewrite);
}

static void
rewrite(Query *query)
{
	OnConflictExpr *conflict = query->onConflict;
	Node *policies;
	CaseExpr *chosen;
	CaseWhen *seen;

	if (conflict == NULL || conflict->onConflictWhere == NULL)
		return;
	policies = policies_of(query);
	if (policies == NULL)
		return;
	seen = makeNode(CaseWhen);
	seen->expr = (Expr *) policies;
	seen->result = (Expr *) conflict->onConflictWhere;
	seen->location = -1;
	chosen = makeNode(CaseExpr);
	chosen->casetype = BOOLOID;
	chosen->args = list_make1(seen);
	chosen->defresult = (Expr *) makeBoolConst(true, false);
	chosen->location = -1;
	conflict->onConflictWhere = (Node *) chosen;
}

/* What must hold of a row that is in the way; NULL: nothing. */
static Node *
policies_of(const Query *query)
{
	List *policies = NIL;
	ListCell *lc;

	foreach(lc, query->withCheckOptions)
	{
		const WithCheckOption *check = lfirst_node(WithCheckOption, lc);

		if (check->kind == WCO_RLS_CONFLICT_CHECK)
			policies = lappend(policies, copyObject(check->qual));
	}
	return policies == NIL ? NULL : (Node *) make_ands_explicit(policies);
}
