/*
 * secrecy.c
 *		What queries cost, and who is told.
 *
 * Plans tell how many rows there are, also of those that row security hides:
 * estimates, rows removed by filters, comparisons that were never executed. So
 * do the pages that a query read, of tables and of their indexes. Only the
 * vendor's own members may be told that of secret queries: those on protected
 * tables and on the extension's own. It makes no difference how deep such a
 * query is in functions, triggers or views, or whose rights it has: what counts
 * is who looks.
 *
 *	 EXPLAIN: the user who runs it. Estimates tell of a column's values as well:
 *	 of a query that reads a masked column, who may read that in every row is
 *	 told. Whatever starts meanwhile is a part of it,
 *	 and so is what asks for the actor's rights, which are read then. Whoever
 *	 catches the refusal is refused again before anything is shown. Workers
 *	 know of no EXPLAIN, so outsiders get none.
 *	 debug_print_parse, _rewritten, _plan, trace_sort: anybody may set them, and
 *	 have the server's log sent to the client (client_min_messages).
 *	 auto_explain and log_*_stats: a superuser switches them on, for the log. At
 *	 the client they are an error, when a query starts and, as messages may be
 *	 asked for in the meantime, when it ends: auto_explain reports in
 *	 ExecutorEnd, and runs nobody's code between ExecutorFinish and that.
 *
 * State: `explainer`, set and restored by the hook around utility statements;
 * `refused`, good until the next EXPLAIN; `secret_ran`, forgotten at the end of
 * a transaction, as no query outlives it.
 */
#include "guard/secrecy.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"

#include "guard/masked.h"
#include "store/catalog.h"
#include "store/counters.h"

static bool external_explain = false;

/* Who runs EXPLAIN; invalid: nobody. */
static Oid explainer = InvalidOid;

/* Which explainer was told no: a function may have caught that. */
static Oid refused = InvalidOid;

/* A secret query ran in this transaction, for somebody who may not be told. */
static bool secret_ran = false;

/* Our hook at the end of queries, unless another library's was there before. */
static ExecutorEnd_hook_type only_hook = NULL;

static void refuse_report(void);
static void forget_secret(XactEvent event, void *arg);
static bool is_secret_query(Node *node, void *user);
static bool is_secret(List *range_table, Oid user);
static void refuse_again(ClrFrame *frame);
static bool is_explained(void);
static bool is_watched(void);
static bool client_is_told(void);
static bool auto_explain_is_on(void);
static bool may_be_told(ClrFrame *frame);
static void refuse(ClrFrame *frame, const char *what, const char *where);

void
clr_secrecy_init(void)
{
	DefineCustomBoolVariable("clearance.external_explain",
							 "Whether partners and customers may see plans of protected tables.",
							 "Plans tell how many rows there are, also of those that are hidden.",
							 &external_explain, false, PGC_SUSET, 0, NULL, NULL, NULL);
	RegisterXactCallback(forget_secret, NULL);
}

/* What hears of the ends of queries: ours, and what did before. */
void
clr_secrecy_note_hooks(ExecutorEnd_hook_type ours, ExecutorEnd_hook_type previous)
{
	only_hook = previous == NULL ? ours : NULL;
}

static void
forget_secret(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		secret_ran = false;
}

/* ---------- EXPLAIN ---------- */

/*
 * A utility statement begins. Returns what to pass to clr_secrecy_explained()
 * at its end. One EXPLAIN within another: who ran the first is still told,
 * unless nothing is hidden from that one.
 */
Oid
clr_secrecy_explain(Node *statement)
{
	Oid previous = explainer;

	if (IsA(statement, ExplainStmt) &&
		(!OidIsValid(explainer) || has_bypassrls_privilege(explainer)))
	{
		explainer = GetUserId();
		refused = InvalidOid;
	}
	return previous;
}

void
clr_secrecy_explained(Oid previous)
{
	explainer = previous;
}

/* ---------- what is checked when ---------- */

/* A query was analyzed: will the server print it? It may hold keys that a function of ours found. */
void
clr_secrecy_check_query(Query *query)
{
	Oid user = GetOuterUserId();

	if ((Debug_print_parse || Debug_print_rewritten) && !clr_catalog_is_reading() &&
		is_secret_query((Node *) query, &user))
		refuse(NULL, Debug_print_parse ? "debug_print_parse" : "debug_print_rewritten", "");
}

/* A plan was made: will the server print it? */
void
clr_secrecy_check_plan(const PlannedStmt *plan)
{
	if (Debug_print_plan && !clr_catalog_is_reading() && is_secret(plan->rtable, GetOuterUserId()))
		refuse(NULL, "debug_print_plan", "");
}

/* A query starts; frame: its own, or NULL. */
void
clr_secrecy_check_start(const PlannedStmt *plan, ClrFrame *frame)
{
	if (clr_catalog_is_reading())
		return;
	refuse_again(frame);
	if (OidIsValid(explainer) && is_secret(plan->rtable, explainer))
		refuse(frame, "EXPLAIN", "");
	if (is_explained() && !external_explain)
		clr_masked_check_explained(clr_permissions_of_plan(plan),
								   clr_frame_judge(frame != NULL ? frame : clr_frame_current()));
#ifdef TRACE_SORT
	if (trace_sort && is_secret(plan->rtable, GetOuterUserId()))
		refuse(frame, "trace_sort", "");
#endif
	if (is_watched() && is_secret(plan->rtable, GetOuterUserId()) && !may_be_told(frame))
	{
		secret_ran = true;
		refuse_report();
	}
}

/*
 * A query ends. Our own are not reported to the client: without totaltime
 * there is nothing to report (explain_ExecutorEnd(), auto_explain.c).
 */
void
clr_secrecy_check_finish(QueryDesc *query)
{
	if (!clr_catalog_is_reading())
	{
		refuse_again(NULL);
		refuse_report();
	}
	else if (query->totaltime != NULL && !has_bypassrls_privilege(GetOuterUserId()) &&
			 client_is_told())
		query->totaltime = NULL;
}

static void
refuse_report(void)
{
	if (secret_ran && is_watched() && client_is_told() &&
		!has_bypassrls_privilege(GetOuterUserId()))
		refuse(NULL, auto_explain_is_on() ? "auto_explain" : "log_*_stats", " at the client");
}

/* Before an outsider's EXPLAIN shows anything: was it refused, and went on? */
static void
refuse_again(ClrFrame *frame)
{
	if (OidIsValid(explainer) && refused == explainer)
		refuse(frame, "EXPLAIN", "");
}

/*
 * A function of ours is asked who acts, what is permitted, or about a row that
 * a caller made up, for which it may read others: as if a query on them
 * started.
 */
void
clr_secrecy_check_asked(ClrFrame *frame)
{
	if (is_explained())
		refuse(frame, "EXPLAIN", "");
	if (is_watched() && !has_bypassrls_privilege(GetOuterUserId()) && !may_be_told(frame))
	{
		secret_ran = true;
		refuse_report();
	}
}

/*
 * A query runs. It may be a cursor's, which started before the EXPLAIN. And it
 * may have workers: what they ask is counted with it, but nobody here hears of
 * it.
 */
void
clr_secrecy_check_run(QueryDesc *query)
{
	if (clr_catalog_is_reading())
		return;
	if (is_explained() && is_secret(query->plannedstmt->rtable, explainer))
		refuse(NULL, "EXPLAIN", "");
	if (is_explained() && !external_explain)
		clr_masked_check_explained(clr_permissions_of_plan(query->plannedstmt),
								   clr_frame_judge(clr_frame_current()));
	if (!query->plannedstmt->parallelModeNeeded)
		return;
	/* then the executor starts none (ExecutePlan(), execMain.c) */
	if (is_explained() && !may_be_told(NULL))
		query->already_executed = true;
	if (is_watched() && !has_bypassrls_privilege(GetOuterUserId()) && !may_be_told(NULL))
		secret_ran = true;
}

/* Whether what runs is a part of the EXPLAIN of somebody whom row security binds. */
static bool
is_explained(void)
{
	return OidIsValid(explainer) && !has_bypassrls_privilege(explainer);
}

/* ---------- what is secret ---------- */

static bool
is_secret_query(Node *node, void *user)
{
	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, is_secret_query, user);
	return is_secret(((Query *) node)->rtable, *((Oid *) user)) ||
		   query_tree_walker((Query *) node, is_secret_query, user, 0);
}

/*
 * Whether there is a protected table that a user does not see whole, or one of
 * ours.
 */
static bool
is_secret(List *range_table, Oid user)
{
	Oid ours;
	ListCell *lc;

	/* such as ROLLBACK: where a transaction has failed, nothing may be looked up */
	if (range_table == NIL || has_bypassrls_privilege(user))
		return false;
	ours = get_namespace_oid("clearance", true);
	foreach(lc, range_table)
	{
		RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

		if (entry->rtekind == RTE_RELATION &&
			(get_rel_namespace(entry->relid) == ours ||
			 (clr_binding_of_relation(entry->relid) != 0 &&
			  check_enable_rls(entry->relid, user, true) == RLS_ENABLED)))
			return true;
	}
	return false;
}

/* ---------- what is written into the log ---------- */

/* Whether something writes into the log what queries cost. */
static bool
is_watched(void)
{
	return log_parser_stats || log_planner_stats || log_executor_stats || log_statement_stats ||
		   auto_explain_is_on();
}

/* Whether the client gets it too, at this moment (should_output_to_client(), elog.c). */
static bool
client_is_told(void)
{
	static const struct config_enum_entry levels[] = {
		{ "debug5", DEBUG5, false }, { "debug4", DEBUG4, false },	{ "debug3", DEBUG3, false },
		{ "debug2", DEBUG2, false }, { "debug1", DEBUG1, false },	{ "info", ERROR, false },
		{ "notice", NOTICE, false }, { "warning", WARNING, false }, { "log", LOG, false },
	};
	const char *level;

	if (client_min_messages <= LOG)
		return true;
	level = auto_explain_is_on() ? GetConfigOption("auto_explain.log_level", true, false) : NULL;
	for (Size i = 0; level != NULL && i < lengthof(levels); i++)
		if (pg_strcasecmp(level, levels[i].name) == 0)
			return levels[i].val >= client_min_messages;
	return false;
}

/*
 * A library of the server's own, which reports by this hook; its settings are superusers'. Asked
 * several times a statement, and the setting is found by its name.
 */
static bool
auto_explain_is_on(void)
{
	const char *least;

	if (ExecutorEnd_hook == only_hook)
		return false;
	least = GetConfigOption("auto_explain.log_min_duration", true, false);
	return least != NULL && *least != '-';
}

/* ---------- who is told ---------- */

static bool
may_be_told(ClrFrame *frame)
{
	const ClrScope *scope;

	if (external_explain)
		return true;
	scope = clr_frame_judge(frame != NULL ? frame : clr_frame_current())->scope;
	return scope->no_standing == NULL && scope->audience == CLR_VENDOR;
}

static void
refuse(ClrFrame *frame, const char *what, const char *where)
{
	const ClrScope *scope;

	if (may_be_told(frame))
		return;
	refused = explainer;
	scope = clr_frame_judge(frame != NULL ? frame : clr_frame_current())->scope;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), clr_count(CLR_ERROR_EXPLAIN),
			 errmsg("%s of protected tables%s is not permitted to %s", what, where,
					scope->no_standing != NULL	   ? "an actor without standing" :
					scope->audience == CLR_PARTNER ? "partners" :
													 "customers"),
			 errdetail("Plans tell of rows that the actor cannot see."),
			 *where != '\0' ? errhint("Raise client_min_messages.") :
							  errhint("A superuser may allow it by clearance.external_explain.")));
}
