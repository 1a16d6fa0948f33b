/*
 * once.c
 *		Policies that say of a row what another one of the query says already.
 *
 * A statement that changes rows asks of each that it finds the policy of its
 * command and that of SELECT, and both again of what it leaves: four calls, which
 * cost a statement for one row more to set up than to answer. Two reasons make
 * calls go before the query is planned:
 *
 *	Every act on a row but creating it needs sight of the row (permits(), rule.c).
 *	So visible() goes where editable(), deletable() or edited() is asked about
 *	the same row, and the row must satisfy both.
 *
 *	edited() asks of the new row what editable() asked of the old one, by the
 *	columns that the policies pass. Where an UPDATE leaves all of those as they
 *	are, the answer is the same: for the same query, so the same actor, snapshot
 *	and moment. A newer version of the row, written by somebody else meanwhile, is
 *	asked by editable() again (EvalPlanQual(), execMain.c).
 *
 * Only what is a call of ours by itself goes: where a permissive policy of
 * somebody else stands beside it, the restrictive ones remain (seal.c), and what
 * others ask is not touched. The query is the planner's own copy and is changed
 * in place. Keeps no state.
 */
#include "plan/once.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_trigger.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "guard/calls.h"
#include "rule/binding.h"
#include "store/catalog.h"

static void rewrite(Query *query);
static List *without_seen(List *quals);
static List *checks_without_seen(List *checks);
static bool asks(Node *node, ClrCall function, const FuncExpr *same);
static bool implies_sight(Node *node, const FuncExpr *visible);
static bool leaves_decision(const Query *query, const FuncExpr *edited);
static bool may_change(const Query *query, const FuncExpr *policy);
static bool others_change(const TriggerDesc *triggers);

/*
 * Leave out what is asked twice.
 */
void
clr_once_rewrite(Query *query)
{
	if (!clr_catalog_is_reading())
		clr_once_modifying(query, rewrite);
}

/* Rewrite each part of a query that may change rows: they are at its top, or in WITH there. */
void
clr_once_modifying(Query *query, void (*rewrite)(Query *part))
{
	ListCell *lc;

	rewrite(query);
	foreach(lc, query->cteList)
		rewrite(castNode(Query, lfirst_node(CommonTableExpr, lc)->ctequery));
}

static void
rewrite(Query *query)
{
	ListCell *lc;

	if (query->commandType == CMD_SELECT && query->rowMarks == NIL)
		return;
	foreach(lc, query->rtable)
	{
		RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

		if (list_length(entry->securityQuals) > 1)
			entry->securityQuals = without_seen(entry->securityQuals);
	}
	if (query->withCheckOptions == NIL)
		return;
	query->withCheckOptions = checks_without_seen(query->withCheckOptions);
	foreach(lc, query->withCheckOptions)
	{
		WithCheckOption *check = lfirst_node(WithCheckOption, lc);

		if (asks(check->qual, CLR_CALL_EDITED, NULL) &&
			leaves_decision(query, (FuncExpr *) check->qual))
			query->withCheckOptions = foreach_delete_current(query->withCheckOptions, lc);
	}
}

/* ---------- sight ---------- */

/* Conditions that must all hold. */
static List *
without_seen(List *quals)
{
	ListCell *lc;
	ListCell *other;

	foreach(lc, quals)
	{
		if (!asks(lfirst(lc), CLR_CALL_VISIBLE, NULL))
			continue;
		foreach(other, quals)
			if (implies_sight(lfirst(other), lfirst(lc)))
				break;
		if (other != NULL)
			quals = foreach_delete_current(quals, lc);
	}
	return quals;
}

/* Of checks, those of one kind are made at one place (ExecWithCheckOptions(), execMain.c). */
static List *
checks_without_seen(List *checks)
{
	ListCell *lc;
	ListCell *other;

	foreach(lc, checks)
	{
		WithCheckOption *check = lfirst_node(WithCheckOption, lc);

		if (!asks(check->qual, CLR_CALL_VISIBLE, NULL))
			continue;
		foreach(other, checks)
			if (lfirst_node(WithCheckOption, other)->kind == check->kind &&
				implies_sight(lfirst_node(WithCheckOption, other)->qual, (FuncExpr *) check->qual))
				break;
		if (other != NULL)
			checks = foreach_delete_current(checks, lc);
	}
	return checks;
}

/* Whether a condition calls a function of the rule, about the same row as another call. */
static bool
asks(Node *node, ClrCall function, const FuncExpr *same)
{
	return clr_calls_of(node) == function &&
		   (same == NULL || equal(((FuncExpr *) node)->args, same->args));
}

static bool
implies_sight(Node *node, const FuncExpr *visible)
{
	return asks(node, CLR_CALL_EDITABLE, visible) || asks(node, CLR_CALL_EDITED, visible) ||
		   asks(node, CLR_CALL_DELETABLE, visible);
}

/* ---------- rows that stay as they were to the policies ---------- */

/*
 * Whether no row of an UPDATE changes what its policies pass, and each was asked
 * about as it was.
 */
static bool
leaves_decision(const Query *query, const FuncExpr *edited)
{
	const RangeTblEntry *target = rt_fetch(query->resultRelation, query->rtable);
	Relation relation;
	bool leaves;
	ListCell *lc;

	if (query->commandType != CMD_UPDATE || target->rtekind != RTE_RELATION)
		return false;
	foreach(lc, target->securityQuals)
		if (asks(lfirst(lc), CLR_CALL_EDITABLE, edited))
			break;
	if (lc == NULL)
		return false;
	relation = table_open(target->relid, NoLock); /* whoever has the query holds one */
	leaves = relation->rd_rel->relkind == RELKIND_RELATION && !relation->rd_rel->relhassubclass &&
			 !others_change(relation->trigdesc) && !may_change(query, edited);
	table_close(relation, NoLock);
	return leaves;
}

/* Whether the UPDATE assigns to a column that the policies pass. None is computed from others (require_stored_columns()). */
static bool
may_change(const Query *query, const FuncExpr *policy)
{
	ListCell *arg;
	ListCell *lc;

	for_each_from(arg, policy->args, 1)
	{
		const Var *column = lfirst(arg);

		if (!IsA(column, Var) || (int) column->varno != query->resultRelation ||
			column->varlevelsup != 0)
			return true;
		foreach(lc, query->targetList)
		{
			const TargetEntry *entry = lfirst_node(TargetEntry, lc);

			if (!entry->resjunk && entry->resno == column->varattno)
				return true;
		}
	}
	return false;
}

/*
 * Whether triggers of others may change a row once more, whether they fire now or
 * not: that goes by a setting. A new one is told to whoever kept the plan. Ours
 * gives the owner column what it held, where the UPDATE assigns to it.
 */
static bool
others_change(const TriggerDesc *triggers)
{
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (TRIGGER_FOR_ROW(trigger->tgtype) && TRIGGER_FOR_BEFORE(trigger->tgtype) &&
			TRIGGER_FOR_UPDATE(trigger->tgtype) &&
			get_func_namespace(trigger->tgfoid) != clr_catalog_internal_schema())
			return true;
	}
	return false;
}
