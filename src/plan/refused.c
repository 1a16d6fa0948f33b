/*
 * refused.c
 *		Rows that a statement meets, whose actor sees them and may not change them.
 *
 * An UPDATE or DELETE passes over what the policy of its command hides, without a
 * word, as the server does. With clearance.refused_writes = error such rows are an
 * error that says why. The policy for reading takes the place of the other one, so
 * that rows which the actor does not see are not met, as ever; and among what the
 * statement computes of each row that its own conditions leave, is
 *
 *		CASE WHEN policy THEN true ELSE refused(…) END
 *
 * in an entry that no column gets (resjunk). The server computes it where it computes
 * the new values: above all conditions and joins, and again of a newer version of the
 * row (EvalPlanQual(), execMain.c). refused() never returns, so nothing is changed that
 * it was not asked about.
 *
 * MERGE and ON CONFLICT DO UPDATE ask after their conditions, and the server fails
 * where a policy says no, in words that tell nothing (ExecWithCheckOptions(),
 * execMain.c). There the reason of a row that the actor sees is told in any case:
 *
 *		CASE WHEN policy THEN true WHEN visible THEN refused(…) ELSE false END
 *
 * Policies of others stay as they are, and pass over rows as ever. It comes after what
 * goes by policies of the query or copies them (once.c, mask.c, conflict.c). The query is
 * the planner's own copy and is changed in place.
 *
 * State: the setting.
 */
#include "plan/refused.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"

#include "guard/calls.h"
#include "plan/once.h"
#include "rule/binding.h"
#include "store/catalog.h"

typedef enum Refused
{
	REFUSED_SILENT,
	REFUSED_ERROR,
} Refused;

static const struct config_enum_entry options[] = {
	{ "silent", REFUSED_SILENT, false },
	{ "error", REFUSED_ERROR, false },
	{ NULL, 0, false },
};

static int refused_writes = REFUSED_SILENT;

static void assign_refused_writes(int newval, void *extra);
static void rewrite(Query *query);
static void refuse_what_is_seen(Query *query);
static Node *see_instead(Node *node, void *policy);
static void say_why(Query *query);
static bool is_met(const WithCheckOption *check);
static Node *if_permitted(FuncExpr *policy, Node *seen, Node *otherwise);
static Node *refused_call(FuncExpr *policy, Node *assigned);
static Node *visible_call(FuncExpr *policy);
static Node *assigned_by(const Query *query, const List *targets);
static Oid function_of(const char *name, int nargs, const Oid *types);

void
clr_refused_init(void)
{
	DefineCustomEnumVariable(
		"clearance.refused_writes",
		"What an UPDATE or DELETE does with rows that the actor sees and may not change.",
		"silent: it passes over them; error: it fails and says why.", &refused_writes,
		REFUSED_SILENT, options, PGC_USERSET, 0, NULL, assign_refused_writes, NULL);
}

/* Cached plans were made with the other value. */
static void
assign_refused_writes(int newval, void *extra)
{
	if (newval != refused_writes)
		ResetPlanCache();
}

/*
 * Have the query say what is refused, as far as it is to.
 */
void
clr_refused_rewrite(Query *query)
{
	if (!clr_catalog_is_reading())
		clr_once_modifying(query, rewrite);
}

static void
rewrite(Query *query)
{
	if (query->withCheckOptions != NIL)
		say_why(query);
	if (refused_writes == REFUSED_ERROR &&
		(query->commandType == CMD_UPDATE || query->commandType == CMD_DELETE))
		refuse_what_is_seen(query);
}

/* ---------- UPDATE and DELETE ---------- */

static void
refuse_what_is_seen(Query *query)
{
	bool updates = query->commandType == CMD_UPDATE;
	RangeTblEntry *target = rt_fetch(query->resultRelation, query->rtable);
	FuncExpr *policy = NULL;
	Node *assigned;
	Node *test;
	ListCell *lc;

	foreach(lc, target->securityQuals)
		if (clr_calls_of(lfirst(lc)) == (updates ? CLR_CALL_EDITABLE : CLR_CALL_DELETABLE))
			policy = lfirst(lc);
	if (policy == NULL)
		return;
	assigned = assigned_by(query, updates ? query->targetList : NIL);
	test = if_permitted(policy, NULL, refused_call(policy, assigned));
	target->securityQuals = (List *) see_instead((Node *) target->securityQuals, policy);
	query->targetList = lappend(query->targetList,
								makeTargetEntry((Expr *) test, list_length(query->targetList) + 1,
												pstrdup("clearance_refused"), true));
}

/* Conditions as they are where the policy holds, which implies sight. */
static Node *
see_instead(Node *node, void *policy)
{
	if (node == NULL)
		return NULL;
	if (equal(node, policy))
		return visible_call(policy);
	return expression_tree_mutator(node, see_instead, policy);
}

/* ---------- MERGE and ON CONFLICT ---------- */

static void
say_why(Query *query)
{
	List *targets = query->onConflict != NULL ? query->onConflict->onConflictSet : NIL;
	ListCell *lc;

	foreach(lc, query->withCheckOptions)
	{
		WithCheckOption *check = lfirst_node(WithCheckOption, lc);
		FuncExpr *policy = (FuncExpr *) check->qual;

		if (is_met(check))
			check->qual = if_permitted(policy, visible_call(policy),
									   refused_call(policy, assigned_by(query, targets)));
	}
}

/* Whether a check asks our policy about a row that is there. */
static bool
is_met(const WithCheckOption *check)
{
	ClrCall call = clr_calls_of(check->qual);

	return (check->kind == WCO_RLS_CONFLICT_CHECK || check->kind == WCO_RLS_MERGE_UPDATE_CHECK ||
			check->kind == WCO_RLS_MERGE_DELETE_CHECK) &&
		   (call == CLR_CALL_EDITABLE || call == CLR_CALL_DELETABLE);
}

/* ---------- expressions ---------- */

/* True where the policy holds; else what is said, of rows that are seen unless that is known (NULL). */
static Node *
if_permitted(FuncExpr *policy, Node *seen, Node *said)
{
	CaseExpr *chosen = makeNode(CaseExpr);
	CaseWhen *when = makeNode(CaseWhen);

	when->expr = (Expr *) copyObject(policy);
	when->result = (Expr *) makeBoolConst(true, false);
	when->location = -1;
	chosen->casetype = BOOLOID;
	chosen->args = list_make1(when);
	chosen->defresult = (Expr *) said;
	chosen->location = -1;
	if (seen != NULL)
	{
		when = makeNode(CaseWhen);
		when->expr = (Expr *) seen;
		when->result = (Expr *) said;
		when->location = -1;
		chosen->args = lappend(chosen->args, when);
		chosen->defresult = (Expr *) makeBoolConst(false, false);
	}
	return (Node *) chosen;
}

/* assigned: an array of names of columns. */
static Node *
refused_call(FuncExpr *policy, Node *assigned)
{
	static const Oid types[] = { INT4OID, INT4OID, TEXTARRAYOID, ANYOID };
	ClrVerb verb = clr_calls_of((const Node *) policy) == CLR_CALL_EDITABLE ? CLR_EDIT : CLR_DELETE;
	List *args = copyObject(policy->args);
	Const *which =
		makeConst(INT4OID, -1, InvalidOid, sizeof(int32), Int32GetDatum(verb), false, true);

	args = list_insert_nth(args, 1, which);
	args = list_insert_nth(args, 2, assigned);
	return (Node *) makeFuncExpr(function_of("refused", lengthof(types), types), BOOLOID, args,
								 InvalidOid, policy->inputcollid, COERCE_EXPLICIT_CALL);
}

static Node *
visible_call(FuncExpr *policy)
{
	static const Oid types[] = { INT4OID, ANYOID };
	FuncExpr *call = copyObject(policy);

	call->funcid = function_of("visible", lengthof(types), types);
	return (Node *) call;
}

/* The columns of the table that a statement changes that gives them these values. */
static Node *
assigned_by(const Query *query, const List *targets)
{
	const RangeTblEntry *target = rt_fetch(query->resultRelation, query->rtable);
	Datum *names = palloc(sizeof(Datum) * Max(list_length(targets), 1));
	int n = 0;
	ListCell *lc;

	foreach(lc, targets)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (!entry->resjunk)
			names[n++] = CStringGetTextDatum(get_attname(target->relid, entry->resno, false));
	}
	return (Node *) makeConst(TEXTARRAYOID, -1, DEFAULT_COLLATION_OID, -1,
							  PointerGetDatum(
								  construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT)),
							  false, false);
}

static Oid
function_of(const char *name, int nargs, const Oid *types)
{
	return LookupFuncName(list_make2(makeString("clearance"), makeString(pstrdup(name))), nargs,
						  types, false);
}
