/*
 * frame.c
 *		One executing query: its actor, scope and what was loaded for it.
 *
 * A query that touches a protected table gets a frame when the executor starts
 * it; the extension's own queries need none. The frame freezes who acts and,
 * under the query's snapshot and for the time at which its statement began, the
 * scope. It is current while the query runs: a cursor keeps its own, and
 * queries of functions that run within act for the same actor, each under its
 * own snapshot. Queries that touch no protected table have none: what they ask
 * is answered by the frame around them, or for the actor of the moment.
 *
 * Where row security does not bind the user (superusers, the server's foreign
 * key checks), the scope is found when first asked for, still under the
 * query's snapshot.
 *
 * Lifetime: a frame lives in its query's memory context; a reset callback
 * takes it off the list, so an error needs no clean-up here.
 *
 * State: the list; `current`, set and restored by the hooks around ExecutorRun
 * and ExecutorFinish, around planning and around COPY; the setting
 * clearance.strict_revoke; which statement was last asked by it about changes of
 * permissions.
 */
#include "frame/frame.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "actor/hold.h"
#include "frame/bound.h"
#include "frame/worker.h"
#include "scope/scope_cache.h"
#include "store/catalog.h"
#include "store/counters.h"
#include "store/release.h"
#include "store/replica.h"
#include "store/unforced.h"
#include "store/version.h"

typedef enum StrictRevoke
{
	STRICT_OFF,
	STRICT_WRITES,
	STRICT_ALL,
} StrictRevoke;

static const struct config_enum_entry strict_revoke_options[] = {
	{ "off", STRICT_OFF, false },
	{ "writes", STRICT_WRITES, false },
	{ "all", STRICT_ALL, false },
	{ NULL, 0, false },
};

static int strict_revoke = STRICT_WRITES;

/* Queries that run may have started before there were hooks to open their frames. */
static bool loaded_late = false;

static ClrFrame *frames = NULL;
static ClrFrame *current = NULL;
static uint64 last_serial = 0;

static void make_current(ClrFrame *frame);
static ClrFrame *begin(const QueryDesc *query, MemoryContext context);
static ClrFrame *new_frame(MemoryContext context);
static void forget_frame(void *frame);
static bool touches_protected(const PlannedStmt *plan, bool *binds);
static bool only_looks_up(const PlannedStmt *plan);
static bool changes_rows(const PlannedStmt *plan);
static bool is_protected(const RangeTblEntry *entry);
static void resolve(ClrFrame *frame, bool with_scope);
static void refuse_outdated(ClrFrame *frame);
static bool is_another_actor(const ClrFrame *frame, const ClrVersion *latest);
static bool
touches_scope(const ClrFrame *frame, const ClrVersion *version, const ClrVersion *latest);
static char *scope_digest(const ClrFrame *frame, const ClrVersion *version, Snapshot snapshot);

void
clr_frame_init(bool late)
{
	loaded_late = late;
	DefineCustomEnumVariable(
		"clearance.strict_revoke",
		"Statements that fail if the actor's permissions changed since the transaction's snapshot.",
		"Under REPEATABLE READ and SERIALIZABLE: off, writes or all.", &strict_revoke,
		STRICT_WRITES, strict_revoke_options, PGC_SUSET, 0, NULL, NULL, NULL);
}

/*
 * A query is about to start: who acts in it? The frame lives in a memory context of
 * its own, until clr_frame_open() gets it or it is dropped.
 */
ClrFrame *
clr_frame_prepare(const QueryDesc *query)
{
	return begin(query, AllocSetContextCreate(CurrentMemoryContext, "clearance frame",
											  ALLOCSET_START_SMALL_SIZES));
}

static ClrFrame *
begin(const QueryDesc *query, MemoryContext context)
{
	ClrFrame *frame = new_frame(context);

	frame->is_of_query = true;
	frame->writes = changes_rows(query->plannedstmt);
	frame->judge.snapshot = query->snapshot;
	if (frame->judge.snapshot != NULL)
		frame->judge.owner = CurrentResourceOwner;
	AcceptInvalidationMessages(); /* declarations are as new as metadata can be */
	return frame;
}

void
clr_frame_drop(ClrFrame *prepared)
{
	MemoryContextDelete(prepared->judge.context);
}

/*
 * A query starts: freeze who acts, if it touches a protected table. In a
 * parallel worker the leader found out whether it does: its part of the query
 * gets a frame that looks for actor and scope when it is asked for them.
 * prepared: its frame, or NULL.
 */
ClrFrame *
clr_frame_open(QueryDesc *query, ClrFrame *prepared)
{
	EState *estate = query->estate;
	bool is_part = IsParallelWorker() && current == NULL;
	ClrFrame *frame = prepared;
	bool binds = false;

	if (prepared != NULL) /* with what was prepared, it stays until the query ends */
		MemoryContextSetParent(prepared->judge.context, estate->es_query_cxt);
	if (clr_catalog_is_reading() ||
		(!is_part && !touches_protected(query->plannedstmt,
										prepared != NULL && prepared->resolved ? NULL : &binds)))
		return NULL;
	if (!is_part && (estate->es_top_eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0)
		clr_count(CLR_COUNT_STARTED);
	if (frame == NULL && !is_part && !binds && only_looks_up(query->plannedstmt))
		return NULL;
	if (frame == NULL)
		frame = begin(query, estate->es_query_cxt);
	frame->estate = estate;
	frame->plan = query->planstate;
	frame->judge.command = estate->es_output_cid;
	frame->next = frames;
	frames = frame;
	if (binds && !frame->resolved)
		resolve(frame, true);
	return frame;
}

/*
 * A frame for a utility command that writes rows without the executor. It
 * lives as long as the current memory context.
 */
ClrFrame *
clr_frame_open_utility(void)
{
	clr_count(CLR_COUNT_COPY);
	return new_frame(CurrentMemoryContext);
}

/* A statement was planned: count it, if it is for a protected table. */
void
clr_frame_planned(const PlannedStmt *plan)
{
	ListCell *lc;

	if (clr_catalog_is_reading())
		return;
	foreach(lc, plan->rtable)
		if (is_protected(lfirst_node(RangeTblEntry, lc)))
		{
			clr_count(CLR_COUNT_PLANNED);
			return;
		}
}

/*
 * The frame of a query that runs, or NULL if it needs none. A query that
 * started before the library was loaded gets it now.
 */
ClrFrame *
clr_frame_of(QueryDesc *query)
{
	ClrFrame *frame = frames;

	while (frame != NULL && frame->estate != query->estate)
		frame = frame->next;
	return frame == NULL && loaded_late ? clr_frame_open(query, NULL) : frame;
}

/*
 * Make a frame current; NULL leaves the one that is. Returns what to restore.
 */
ClrCurrent
clr_frame_enter(ClrFrame *frame)
{
	ClrCurrent previous = { current, NULL, NULL };

	if (frame != NULL)
		make_current(frame);
	previous.snapshot = clr_catalog_read_under(current != NULL ? current->judge.snapshot : NULL);
	return previous;
}

/*
 * Planning asks for the actor of the moment, several times: one frame for all.
 * A query around it has its own, with declarations of when it started: the plan
 * may be kept, and must not rest on them.
 */
ClrCurrent
clr_frame_enter_planning(void)
{
	ClrCurrent previous;
	MemoryContext context;

	if (clr_catalog_is_reading())
		return clr_frame_enter(NULL);
	context =
		AllocSetContextCreate(CurrentMemoryContext, "clearance planning", ALLOCSET_SMALL_SIZES);
	previous = clr_frame_enter(new_frame(context));
	previous.planning = context;
	return previous;
}

/*
 * Queries that run until the frame is left are for somebody whom an answer is
 * about, whoever asks for it. It lives in the current context.
 */
ClrCurrent
clr_frame_enter_as(ClrActor actor)
{
	ClrFrame *frame = new_frame(CurrentMemoryContext);

	frame->identity.about = actor;
	if (current != NULL)
		frame->judge.snapshot = current->judge.snapshot;
	return clr_frame_enter(frame);
}

void
clr_frame_leave(ClrCurrent previous)
{
	make_current(previous.frame);
	(void) clr_catalog_read_under(previous.snapshot);
	if (previous.planning != NULL)
		MemoryContextDelete(previous.planning);
}

/*
 * A query runs; may it have parallel workers, and what of the current frame
 * must they be told? They act by the settings of this moment, which must still
 * be the frame's, and see permissions that this transaction changed, but not
 * that it did. True if they were told, at the nest level.
 */
bool
clr_frame_tell_workers(QueryDesc *query, int *told)
{
	ClrLeader leader;

	if (!query->plannedstmt->parallelModeNeeded)
		return false;
	if (current == NULL)
	{
		*told = clr_worker_tell(NULL);
		return true;
	}
	if (clr_version_changed_any() || IsolationIsSerializable() ||
		!clr_actor_is_still(&current->identity))
	{
		/* what the executor goes by: it starts none for the rest of a query (ExecutePlan(), execMain.c) */
		query->already_executed = true;
		return false;
	}
	leader.started = current->judge.at;
	leader.resolved = current->resolved;
	leader.actor = current->actor;
	*told = clr_worker_tell(&leader);
	return true;
}

/* While a query that has a frame runs, who acts must stay. */
static void
make_current(ClrFrame *frame)
{
	current = frame;
	clr_hold_actor(frame != NULL);
}

/*
 * The frame of the running query. Outside of one, a frame of its own, as
 * short-lived as the caller's memory.
 */
ClrFrame *
clr_frame_current(void)
{
	return current != NULL ? current : new_frame(CurrentMemoryContext);
}

/* Whether a query that needs a frame runs. */
bool
clr_frame_runs(void)
{
	return current != NULL;
}

/* Whether who acts in the running query, or in one that starts now, writes nothing. */
bool
clr_frame_only_looks(void)
{
	const ClrActing *acting = current != NULL ? &current->identity.acting : clr_acting_setting();

	return (acting->target != 0 && !acting->writes) ||
		   (current != NULL && !clr_actor_is_nobody(&current->identity.about));
}

/*
 * The frame of the query that a function call belongs to, whether it runs or
 * not: rewinding a cursor evaluates expressions, and no hook tells of it. The
 * executor makes its expressions in the query's context (ExecInitFunc,
 * execExpr.c). NULL for calls elsewhere.
 */
ClrFrame *
clr_frame_of_call(const FmgrInfo *function)
{
	ClrFrame *frame = frames;

	while (frame != NULL && frame->estate->es_query_cxt != function->fn_mcxt)
		frame = frame->next;
	return frame;
}

static ClrFrame *
new_frame(MemoryContext context)
{
	ClrFrame *frame = MemoryContextAllocZero(context, sizeof(ClrFrame));
	MemoryContextCallback *callback = MemoryContextAlloc(context, sizeof(MemoryContextCallback));
	ClrLeader leader;

	frame->serial = ++last_serial;
	frame->user = GetUserId();
	frame->judge.context = context;
	frame->judge.command = CLR_NO_COMMAND;
	frame->judge.at = GetCurrentStatementStartTimestamp();
	if (current == NULL && clr_worker_leader(&leader))
		frame->judge.at = leader.started;
	frame->identity = clr_actor_identity(context, current != NULL ? &current->identity : NULL);
	callback->func = forget_frame;
	callback->arg = frame;
	MemoryContextRegisterResetCallback(context, callback);
	return frame;
}

static void
forget_frame(void *arg)
{
	ClrFrame *frame = arg;
	ClrFrame **link = &frames;

	while (*link != NULL && *link != frame)
		link = &(*link)->next;
	if (*link != NULL)
		*link = frame->next;
	if (current == frame)
		make_current(NULL);
	clr_judge_end(&frame->judge);
	if (frame->judge.scope != NULL)
		clr_scope_release(frame->judge.scope);
}

static bool
is_protected(const RangeTblEntry *entry)
{
	return entry->rtekind == RTE_RELATION && clr_binding_of_relation(entry->relid) != 0;
}

/*
 * Whether a query touches a protected table, also through a view or a
 * partition; and, if asked, whether row security binds the user who looks at one.
 */
static bool
touches_protected(const PlannedStmt *plan, bool *binds)
{
	bool touches = false;
	ListCell *lc;

	foreach(lc, plan->rtable)
	{
		RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

		if (!is_protected(entry))
			continue;
		if (binds == NULL)
			return true;
		touches = true;
		if (clr_bound(entry->relid, clr_checked_as(plan, foreach_current_index(lc) + 1)))
		{
			*binds = true;
			break;
		}
	}
	return touches;
}

/*
 * Whether a query is one of those by which the server checks foreign keys, and we read
 * tables as their owners: by keys, and many for one statement. They ask for
 * nobody's rights; if an operator of the owner's does, it is answered by the frame
 * around them.
 */
static bool
only_looks_up(const PlannedStmt *plan)
{
	return plan->commandType == CMD_SELECT && clr_unforced();
}

static bool
changes_rows(const PlannedStmt *plan)
{
	ListCell *lc;

	if (plan->commandType != CMD_SELECT || plan->hasModifyingCTE)
		return true;
	foreach(lc, plan->rowMarks)
		if (RowMarkRequiresRowShareLock(lfirst_node(PlanRowMark, lc)->markType))
			return true;
	return false;
}

/* ---------- actor and scope ---------- */

/*
 * The judge for who acts in the query.
 */
ClrJudge *
clr_frame_judge(ClrFrame *frame)
{
	if (!frame->resolved)
		resolve(frame, true);
	return &frame->judge;
}

/* Who acts in the query: enough for who asks for nothing that it may. */
ClrActor
clr_frame_actor(ClrFrame *frame)
{
	if (!frame->resolved)
		resolve(frame, false);
	return frame->actor;
}

/* Whether the query is the maintainer's own, and not one of a function that runs as another. */
bool
clr_frame_may_maintain(const ClrFrame *frame)
{
	return OidIsValid(frame->identity.maintainer) && frame->user == frame->identity.maintainer;
}

/* Whether the query sees and changes all rows of a protected table: nobody acts, and its owner maintains it. */
bool
clr_frame_maintains(ClrFrame *frame, Oid relid)
{
	ClrActor actor;

	if (!clr_frame_may_maintain(frame))
		return false;
	actor = clr_frame_actor(frame);
	return clr_actor_is_nobody(&actor) && object_ownercheck(RelationRelationId, relid, frame->user);
}

/* The member who acts as somebody else in the query; zero: nobody does. */
int64
clr_frame_real_actor(const ClrFrame *frame)
{
	const ClrActing *acting = &frame->identity.acting;

	return acting->target != 0 ? acting->asker : 0;
}

/*
 * Find the actor and, if asked to, its scope, under the frame's snapshot.
 */
static void
resolve(ClrFrame *frame, bool with_scope)
{
	static ClrVersion version;
	ClrLeader leader;
	MemoryContext caller = MemoryContextSwitchTo(frame->judge.context);
	Snapshot around = clr_catalog_read_under(frame->judge.snapshot);
	bool pushed = clr_catalog_push_snapshot();

	PG_TRY();
	{
		clr_release_check(); /* what was kept of an earlier one is not used either */
		version.count = 0;
		if (with_scope || !clr_version_changed_any()) /* else nothing kept of actors is used */
			clr_version_read_current(&version);
		frame->actor = clr_actor_resolve(&frame->identity, &version, frame->judge.at);
		if (clr_worker_leader(&leader) && leader.resolved &&
			!clr_actor_equal(&leader.actor, &frame->actor))
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE), clr_count(CLR_ERROR_ACTOR_CHANGED),
					 errmsg("a parallel worker would act for somebody else"),
					 errdetail("Settings changed while the query ran."),
					 errhint("Retry the transaction.")));
		if (frame->is_of_query && !IsParallelWorker() && IsolationUsesXactSnapshot() &&
			(strict_revoke == STRICT_ALL || (strict_revoke == STRICT_WRITES && frame->writes)))
			refuse_outdated(frame);
		if (with_scope)
		{
			if (!IsParallelWorker()) /* the leader was asked */
				clr_replica_check(frame->judge.at);
			frame->judge.scope = clr_scope_acquire(frame->actor, &version, frame->judge.at);
			frame->resolved = true;
		}
	}
	PG_FINALLY();
	{
		(void) clr_catalog_read_under(around);
	}
	PG_END_TRY();
	if (pushed)
		PopActiveSnapshot();
	MemoryContextSwitchTo(caller);
}

/*
 * An error for who changes permissions, if its own are others by now than those that the
 * transaction's snapshot sees: once a statement, with its first row. Commands that write
 * have numbers of their own. The actor has been found.
 */
void
clr_frame_refuse_outdated(ClrFrame *frame)
{
	static LocalTransactionId asked_in = InvalidLocalTransactionId;
	static CommandId asked_for = FirstCommandId;
	CommandId command = GetActiveSnapshot()->curcid;
	Snapshot around;

	if (strict_revoke == STRICT_OFF || !IsolationUsesXactSnapshot() ||
		clr_actor_is_nobody(&frame->actor) || (asked_in == CLR_LOCAL_XID && asked_for == command))
		return;
	around = clr_catalog_read_under(frame->judge.snapshot);
	PG_TRY();
	{
		refuse_outdated(frame);
	}
	PG_FINALLY();
	{
		(void) clr_catalog_read_under(around);
	}
	PG_END_TRY();
	asked_in = CLR_LOCAL_XID;
	asked_for = command;
}

/*
 * An error if the actor's permissions are others by now than those that the
 * transaction's snapshot sees, or if what decides the actor names somebody else.
 */
static void
refuse_outdated(ClrFrame *frame)
{
	static ClrVersion version;
	static ClrVersion latest;
	Snapshot own = frame->judge.snapshot != NULL ? frame->judge.snapshot : GetActiveSnapshot();
	bool changed;

	clr_version_read(&version, GetActiveSnapshot());
	PushActiveSnapshot(GetCatalogSnapshot(InvalidOid));
	clr_version_read(&latest, GetActiveSnapshot());
	changed = !clr_version_equal(&version, &latest) &&
			  (is_another_actor(frame, &latest) ||
			   (touches_scope(frame, &version, &latest) &&
				strcmp(scope_digest(frame, &version, own),
					   scope_digest(frame, &latest, GetActiveSnapshot())) != 0));
	PopActiveSnapshot();
	if (changed)
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE), clr_count(CLR_ERROR_REVOKED),
						errmsg("permissions changed since the transaction's snapshot"),
						errdetail("The setting clearance.strict_revoke asks for current ones."),
						errhint("Retry the transaction.")));
}

/* A login, a role or a token may mean another one by now, or nobody; a key that was revoked is an error. */
static bool
is_another_actor(const ClrFrame *frame, const ClrVersion *latest)
{
	ClrIdentity identity = frame->identity;
	Snapshot around = clr_catalog_read_under(GetActiveSnapshot());
	ClrActor actor;

	identity.claims = NULL; /* its setting may be another one */
	actor = clr_actor_resolve(&identity, latest, frame->judge.at);
	(void) clr_catalog_read_under(around);
	return !clr_actor_equal(&actor, &frame->actor);
}

/*
 * Whether what changed between the version that the frame's snapshot sees and the one
 * that the active snapshot sees is something that the actor's scope depends on.
 */
static bool
touches_scope(const ClrFrame *frame, const ClrVersion *version, const ClrVersion *latest)
{
	Snapshot around;
	ClrScope *scope;
	volatile bool holds = false;

	/* SERIALIZABLE uses nothing that was read under a version */
	if (IsolationIsSerializable() || frame->judge.snapshot == NULL)
		return true;
	PushActiveSnapshot(frame->judge.snapshot);
	around = clr_catalog_read_under(frame->judge.snapshot);
	scope = clr_scope_acquire(frame->actor, version, frame->judge.at);
	(void) clr_catalog_read_under(around);
	PopActiveSnapshot();
	PG_TRY();
	{
		holds = clr_kept_holds(&scope->kept, latest);
	}
	PG_FINALLY();
	{
		clr_scope_release(scope);
	}
	PG_END_TRY();
	return !holds;
}

/* What the actor may do, as a snapshot sees it. */
static char *
scope_digest(const ClrFrame *frame, const ClrVersion *version, Snapshot snapshot)
{
	Snapshot around = clr_catalog_read_under(snapshot);
	ClrScope *scope = clr_scope_load(frame->actor, version, frame->judge.at, 0);
	char *digest = clr_scope_digest(scope);

	clr_kept_release(&scope->kept);
	(void) clr_catalog_read_under(around);
	return digest;
}
