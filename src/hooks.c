/*
 * hooks.c
 *		The server's hooks: installed and dispatched here, decided elsewhere.
 *
 * Hooks of other libraries are called, before ours where both answer.
 */
#include "hooks.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "parser/analyze.h"
#include "rewrite/rowsecurity.h"
#include "storage/ipc.h"
#include "tcop/utility.h"
#include "utils/inval.h"

#include "enforce/act_as.h"
#include "enforce/condition.h"
#include "enforce/preview.h"
#include "enforce/spare.h"
#include "frame/frame.h"
#include "frame/worker.h"
#include "guard/citus.h"
#include "guard/ddl.h"
#include "guard/failing.h"
#include "guard/masked.h"
#include "guard/seal.h"
#include "guard/secrecy.h"
#include "guard/utility.h"
#include "plan/conflict.h"
#include "plan/early.h"
#include "plan/mask.h"
#include "plan/once.h"
#include "plan/paths.h"
#include "plan/refused.h"
#include "plan/replace.h"
#include "plan/set.h"
#include "rule/created.h"
#include "rule/lookup.h"
#include "store/counters.h"
#include "store/plans.h"
#include "store/unforced.h"

static shmem_request_hook_type prev_shmem_request = NULL;
static shmem_startup_hook_type prev_shmem_startup = NULL;
static ExecutorStart_hook_type prev_ExecutorStart = NULL;
static ExecutorRun_hook_type prev_ExecutorRun = NULL;
static ExecutorFinish_hook_type prev_ExecutorFinish = NULL;
static ExecutorEnd_hook_type prev_ExecutorEnd = NULL;
static ExecutorCheckPerms_hook_type prev_ExecutorCheckPerms = NULL;
static post_parse_analyze_hook_type prev_post_parse_analyze = NULL;
static planner_hook_type prev_planner = NULL;
static ProcessUtility_hook_type prev_ProcessUtility = NULL;
static set_rel_pathlist_hook_type prev_set_rel_pathlist = NULL;
static row_security_policy_hook_type prev_row_security_restrictive = NULL;

/* Called of libraries that the whole server preloads. */
static void
clr_shmem_request_hook(void)
{
	if (prev_shmem_request)
		prev_shmem_request();
	clr_counters_request();
}

static void
clr_shmem_startup_hook(void)
{
	if (prev_shmem_startup)
		prev_shmem_startup();
	clr_counters_startup();
}

static void
clr_ExecutorStart_hook(QueryDesc *query, int eflags)
{
	ClrFrame *frame = clr_replace_plan(query, eflags);
	int context = clr_unforced_enter();

	if (prev_ExecutorStart)
		prev_ExecutorStart(query, eflags);
	else
		standard_ExecutorStart(query, eflags);
	clr_act_as_check_start(query, eflags);
	clr_preview_note_query(query);
	frame = clr_frame_open(query, frame);
	clr_secrecy_check_start(query->plannedstmt, frame);
	clr_mask_raw_check(frame, query->plannedstmt);
	clr_condition_prepare(query);
	clr_spare_rows(query, frame);
	clr_unforced_leave(context);
}

static void
clr_ExecutorRun_hook(QueryDesc *query, ScanDirection direction, uint64 count CLR_ONCE)
{
	int context = clr_unforced_enter();
	ClrCurrent previous = clr_frame_enter(clr_frame_of(query));
	ErrorContextCallback failing;
	int told;

	PG_TRY();
	{
		bool telling;

		clr_failing_begin(query, &failing);
		clr_secrecy_check_run(query);
		telling = clr_frame_tell_workers(query, &told);

		if (prev_ExecutorRun)
			prev_ExecutorRun(query, direction, count CLR_PASS_ONCE(query));
		else
			standard_ExecutorRun(query, direction, count CLR_PASS_ONCE(query));
		if (telling)
			clr_worker_told(told);
		clr_failing_end(&failing);
	}
	PG_FINALLY();
	{
		clr_frame_leave(previous);
	}
	PG_END_TRY();
	clr_unforced_leave(context);
}

static void
clr_ExecutorFinish_hook(QueryDesc *query)
{
	int context = clr_unforced_enter();
	ClrFrame *frame = clr_frame_of(query);
	ClrCurrent previous = clr_frame_enter(frame);
	ErrorContextCallback failing;

	PG_TRY();
	{
		clr_failing_begin_queued(&failing);
		if (prev_ExecutorFinish)
			prev_ExecutorFinish(query);
		else
			standard_ExecutorFinish(query);
		clr_failing_end(&failing);
		if (frame != NULL)
			clr_created_confirm(&frame->judge);
		clr_secrecy_check_finish(query);
	}
	PG_FINALLY();
	{
		clr_frame_leave(previous);
	}
	PG_END_TRY();
	clr_unforced_leave(context);
}

static void
clr_post_parse_analyze_hook(ParseState *state, Query *query, JumbleState *jumble)
{
	if (prev_post_parse_analyze)
		prev_post_parse_analyze(state, query, jumble);
	clr_secrecy_check_query(query);
	clr_citus_check_query(query);
}

static void
clr_ExecutorEnd_hook(QueryDesc *query)
{
	ClrFrame *frame = clr_frame_of(query);

	if (frame != NULL)
		clr_lookup_end(&frame->judge);
	if (prev_ExecutorEnd)
		prev_ExecutorEnd(query);
	else
		standard_ExecutorEnd(query);
}

static PlannedStmt *
clr_planner_hook(Query *query, const char *text, int cursor_options, ParamListInfo params)
{
	int context = clr_unforced_enter();
	ClrCurrent previous = clr_frame_enter_planning();
	int marks = clr_plans_begin();
	Query *volatile before = NULL;
	PlannedStmt *volatile plan = NULL;
	ClrMaskDepends depends = { 0 };

	PG_TRY();
	{
		before = clr_replace_copy(query);
		if (before == NULL)
			clr_plans_unmarked();
		clr_once_rewrite(query);
		clr_mask_rewrite(query, &depends);
		clr_conflict_rewrite(query);
		clr_refused_rewrite(query);
		if (before != NULL)
			clr_early_rewrite(query);
		plan = prev_planner ? prev_planner(query, text, cursor_options, params) :
							  standard_planner(query, text, cursor_options, params);
		clr_mask_depend(plan, &depends);
		clr_secrecy_check_plan(plan);
		clr_frame_planned(plan);
	}
	PG_FINALLY();
	{
		clr_plans_end(marks, plan, before, cursor_options);
		clr_frame_leave(previous);
	}
	PG_END_TRY();
	clr_unforced_leave(context);
	return plan;
}

static void
clr_set_rel_pathlist_hook(PlannerInfo *root, RelOptInfo *rel, Index index, RangeTblEntry *entry)
{
	if (prev_set_rel_pathlist)
		prev_set_rel_pathlist(root, rel, index, entry);
	clr_paths_add(root, rel, entry);
}

static void
clr_ProcessUtility_hook(PlannedStmt *plan, const char *text, bool read_only,
						ProcessUtilityContext context, ParamListInfo params,
						QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *qc)
{
	ClrCurrent previous = clr_frame_enter(clr_utility_frame(plan->utilityStmt));
	Oid explainer = clr_secrecy_explain(plan->utilityStmt);
	volatile Oid copying = clr_masked_copy(NULL);
	bool asks_now = IsA(plan->utilityStmt, ConstraintsSetStmt);
	ErrorContextCallback failing;

	/* hear of plans to be made anew, also with every lock already held */
	if (IsA(plan->utilityStmt, ExecuteStmt))
		AcceptInvalidationMessages();
	PG_TRY();
	{
		clr_act_as_check_utility(plan->utilityStmt);
		clr_preview_check_utility(plan->utilityStmt);
		(void) clr_masked_copy(plan->utilityStmt);
		if (asks_now)
			clr_failing_begin_queued(&failing);
		if (prev_ProcessUtility)
			prev_ProcessUtility(plan, text, read_only, context, params, environment, dest, qc);
		else
			standard_ProcessUtility(plan, text, read_only, context, params, environment, dest, qc);
		if (asks_now)
			clr_failing_end(&failing);
	}
	PG_FINALLY();
	{
		clr_masked_copied(copying);
		clr_secrecy_explained(explainer);
		clr_frame_leave(previous);
	}
	PG_END_TRY();
}

static bool
clr_ExecutorCheckPerms_hook(CLR_PERMISSIONS, bool ereport_on_violation)
{
	if (prev_ExecutorCheckPerms &&
		!prev_ExecutorCheckPerms(CLR_PASS_PERMISSIONS, ereport_on_violation))
		return false;
	/* may a new foreign key be checked by one query (RI_Initial_Check(), ri_triggers.c), or row by row? */
	if (!ereport_on_violation && !clr_seal_shows_all(permissions))
		return false;
	clr_ddl_note_catalog(permissions);
	clr_seal_check_tables(permissions);
	return clr_masked_check_tables(permissions, ereport_on_violation);
}

static List *
clr_row_security_policy_hook_restrictive(CmdType command, Relation relation)
{
	List *policies = NIL;

	if (prev_row_security_restrictive)
		policies = prev_row_security_restrictive(command, relation);
	return list_concat(policies, clr_seal_policies(command, relation));
}

void
clr_hooks_init(void)
{
	prev_shmem_request = shmem_request_hook;
	shmem_request_hook = clr_shmem_request_hook;
	prev_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = clr_shmem_startup_hook;
	prev_ExecutorStart = ExecutorStart_hook;
	ExecutorStart_hook = clr_ExecutorStart_hook;
	prev_ExecutorRun = ExecutorRun_hook;
	ExecutorRun_hook = clr_ExecutorRun_hook;
	prev_ExecutorFinish = ExecutorFinish_hook;
	ExecutorFinish_hook = clr_ExecutorFinish_hook;
	prev_ExecutorEnd = ExecutorEnd_hook;
	ExecutorEnd_hook = clr_ExecutorEnd_hook;
	clr_secrecy_note_hooks(ExecutorEnd_hook, prev_ExecutorEnd);
	prev_ExecutorCheckPerms = ExecutorCheckPerms_hook;
	ExecutorCheckPerms_hook = clr_ExecutorCheckPerms_hook;
	prev_post_parse_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = clr_post_parse_analyze_hook;
	prev_planner = planner_hook;
	planner_hook = clr_planner_hook;
	prev_set_rel_pathlist = set_rel_pathlist_hook;
	set_rel_pathlist_hook = clr_set_rel_pathlist_hook;
	prev_ProcessUtility = ProcessUtility_hook;
	ProcessUtility_hook = clr_ProcessUtility_hook;
	prev_row_security_restrictive = row_security_policy_hook_restrictive;
	row_security_policy_hook_restrictive = clr_row_security_policy_hook_restrictive;
}
