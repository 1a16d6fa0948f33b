/*
 * replace.c
 *		Plans for other rights than the actor's give way to others.
 *
 * A plan is made for a class of rights (class.c) and may be kept: by a prepared
 * statement, PL/pgSQL, a portal, a function in LANGUAGE sql, which plans all of its
 * statements before the first runs. When the executor starts it, somebody else
 * may act, by whatever road, or permissions may have changed. Nobody needs to hear
 * of that: each start asks, under the query's own snapshot, and before the
 * executor has seen the plan. If it does not fit, another plan of the same query
 * takes its place, so that a session in which actors of all kinds alternate has one
 * plan for each kind.
 *
 * A plan carries the query that it was made of, as it was before planning
 * (store/plans.c). Of that the server's plan cache makes the others, and locks what
 * they read. It cannot analyse the query again, and newer minor releases tell it of
 * no changes of what has no text (StmtPlanRequiresRevalidation(), plancache.c). None
 * are missed: the others read the same tables and call the same functions as the
 * plan in whose place they are, and that one's keeper hears of them, has another
 * plan made, and lets go of this one and the others with it.
 *
 * Lifetime: the others go with the plan whose place they take, by a callback of
 * its memory context; who runs one holds it until the query's frame goes.
 *
 * State: `kept`, the others, by the plan.
 */
#include "plan/replace.h"

#include "access/transam.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "tcop/cmdtag.h"
#include "tcop/utility.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/snapmgr.h"

#include "guard/seal.h"
#include "plan/class.h"
#include "plan/simplify.h"
#include "rule/binding.h"
#include "store/catalog.h"
#include "store/counters.h"
#include "store/plans.h"

/* Plans of one query that are kept beside it; there are not many kinds of actors. */
#define MAX_OTHERS 8

/* Declarations may change while a plan is made: how often to try. */
#define MAX_ATTEMPTS 3

typedef struct Others
{
	const PlannedStmt *plan; /* in whose place they are, the key */
	CachedPlanSource *sources[MAX_OTHERS];
	bool planning[MAX_OTHERS]; /* which must stay: planning may run the same query */
	int next;				   /* which gives way to a new one */
} Others;

static HTAB *kept = NULL;

static Query *copy_query(Query *query);
static bool are_ours(const List *quals);
static bool may_have_policies(Node *node, void *context);
static bool calls_query(const RangeTblEntry *entry);
static bool calls_policy(const Query *query);
static ClrFrame *replace(QueryDesc *query, ClrFrame *frame, int eflags);
static ClrFrame *keep(QueryDesc *query, ClrFrame *frame);
static bool fits(ClrFrame *frame, const PlannedStmt *plan, ParamListInfo params, bool best);
static Others *others_of(PlannedStmt *plan);
static void forget_others(void *plan);
static int find(const Others *others, ClrFrame *frame, ParamListInfo params, int options);
static bool is_made(const CachedPlanSource *source);
static int make(Others *others, const QueryDesc *query, Query *original, int options);
static int place_for_one(Others *others);
static PlannedStmt *take(Others *others, int place, const QueryDesc *query, MemoryContext context);
static void release(void *plan);

/*
 * A query is about to be planned, which changes it: keep it as it is, if its plan may
 * be for somebody. Most that are sent unprepared are lookups, whose is not.
 */
Query *
clr_replace_copy(Query *query)
{
	bool refuses_filters;

	if (!clr_simplify_is_on() || clr_catalog_is_reading())
		return NULL;
	if (clr_catalog_owner_reads() && calls_policy(query))
		return copy_query(query);
	if (!may_have_policies((Node *) query, NULL) ||
		(clr_simplify_is_lookup(query) && !clr_binding_any_masked(&refuses_filters)))
		return NULL;
	return copy_query(query);
}

/*
 * A copy that shares what planning only reads: the names of the tables' columns, which
 * the plan shares with the query as well (add_rte_to_flat_rtable(), setrefs.c), and calls
 * by our policies, of which it makes others (eval_const_expressions(), clauses.c).
 */
static Query *
copy_query(Query *query)
{
	List *before = NIL;
	Query *copy;
	ListCell *lc;
	ListCell *lb;

	foreach(lc, query->rtable)
	{
		RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

		before = lappend(before, list_make2(entry->eref, entry->securityQuals));
		entry->eref = NULL;
		if (are_ours(entry->securityQuals))
			entry->securityQuals = NIL;
	}
	copy = copyObject(query);
	forboth(lc, query->rtable, lb, before)
	{
		lfirst_node(RangeTblEntry, lc)->eref = linitial(lfirst(lb));
		lfirst_node(RangeTblEntry, lc)->securityQuals = lsecond(lfirst(lb));
	}
	forboth(lc, copy->rtable, lb, before)
	{
		RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

		entry->eref = linitial(lfirst(lb));
		if (entry->securityQuals == NIL)
			entry->securityQuals = list_copy(lsecond(lfirst(lb)));
	}
	return copy;
}

static bool
are_ours(const List *quals)
{
	ListCell *lc;

	foreach(lc, quals)
		if (!clr_seal_is_policy(lfirst(lc)))
			return false;
	return true;
}

/*
 * Whether policies bind a query, or may be put into it by the planner, with the query
 * of a function that is called in the place of a table (the server's own have none).
 */
static bool
may_have_policies(Node *node, void *context)
{
	ListCell *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, may_have_policies, context);
	if (((Query *) node)->withCheckOptions != NIL)
		return true;
	foreach(lc, ((Query *) node)->rtable)
	{
		RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

		if (entry->securityQuals != NIL || calls_query(entry) ||
			(entry->rtekind == RTE_SUBQUERY &&
			 may_have_policies((Node *) entry->subquery, context)))
			return true;
	}
	foreach(lc, ((Query *) node)->cteList)
		if (may_have_policies(lfirst_node(CommonTableExpr, lc)->ctequery, context))
			return true;
	return ((Query *) node)->hasSubLinks &&
		   query_tree_walker((Query *) node, may_have_policies, context,
							 QTW_IGNORE_RT_SUBQUERIES | QTW_IGNORE_CTE_SUBQUERIES);
}

static bool
calls_query(const RangeTblEntry *entry)
{
	const FuncExpr *call;

	if (entry->rtekind != RTE_FUNCTION)
		return false;
	call = (FuncExpr *) linitial_node(RangeTblFunction, entry->functions)->funcexpr;
	return IsA(call, FuncExpr) && call->funcid >= FirstNormalObjectId;
}

/* Whether an owner's table is read for what somebody sees of it. */
static bool
calls_policy(const Query *query)
{
	const Node *condition = query->jointree->quals;

	return condition != NULL && clr_seal_is_policy(condition);
}

/*
 * A query is about to start: by a plan for who acts. Returns the query's frame, if
 * somebody had to be asked.
 */
ClrFrame *
clr_replace_plan(QueryDesc *query, int eflags)
{
	ClrFrame *frame;

	if (!clr_plans_is_marked(query->plannedstmt))
		return NULL;
	frame = clr_frame_prepare(query);
	return fits(frame, query->plannedstmt, query->params, true) ? frame :
																  replace(query, frame, eflags);
}

/*
 * Put another plan in the place of a query's. What it is judged by is as new as the
 * plan: a frame of its own, if the plan was made just now.
 */
static ClrFrame *
replace(QueryDesc *query, ClrFrame *frame, int eflags)
{
	PlannedStmt *plan = query->plannedstmt;
	int options;
	Query *original = clr_plans_query(plan, &options);
	Others *others;
	int place;

	if (original == NULL)
		return keep(query, frame);
	others = others_of(plan);
	if (eflags & EXEC_FLAG_BACKWARD)
		options |= CURSOR_OPT_SCROLL; /* the cursor was told that its plan can go back */
	place = find(others, frame, query->params, options);
	if (place >= 0)
	{
		query->plannedstmt = take(others, place, query, frame->judge.context);
		if (fits(frame, query->plannedstmt, query->params, true))
			return frame;
	}
	for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++)
	{
		MemoryContext holder;

		place = make(others, query, original, options);
		if (place < 0)
			break;
		holder =
			AllocSetContextCreate(CurrentMemoryContext, "clearance plan", ALLOCSET_SMALL_SIZES);
		query->plannedstmt = take(others, place, query, holder);
		clr_frame_drop(frame);
		frame = clr_frame_prepare(query);
		MemoryContextSetParent(holder, frame->judge.context);
		if (fits(frame, query->plannedstmt, query->params, true))
			return frame;
	}
	return keep(query, frame);
}

/* There is none that fits better: it must do if it is right. */
static ClrFrame *
keep(QueryDesc *query, ClrFrame *frame)
{
	if (!fits(frame, query->plannedstmt, query->params, false))
		clr_class_refuse_plan("a protected table");
	return frame;
}

static bool
fits(ClrFrame *frame, const PlannedStmt *plan, ParamListInfo params, bool best)
{
	ClrCurrent previous = clr_frame_enter(frame);
	bool fits = false;

	PG_TRY();
	{
		fits = (!clr_frame_may_maintain(frame) || !clr_plans_is_marked(plan)) &&
			   clr_class_fits(clr_frame_judge(frame), plan, params, best);
	}
	PG_FINALLY();
	{
		clr_frame_leave(previous);
	}
	PG_END_TRY();
	return fits;
}

/* ---------- plans that are kept ---------- */

static Others *
others_of(PlannedStmt *plan)
{
	Others *others;
	bool found;

	if (kept == NULL)
	{
		HASHCTL info = { .keysize = sizeof(PlannedStmt *), .entrysize = sizeof(Others) };

		kept = hash_create("clearance plans", 32, &info, HASH_ELEM | HASH_BLOBS);
	}
	others = hash_search(kept, &plan, HASH_FIND, NULL);
	if (others == NULL)
	{
		MemoryContext context = GetMemoryChunkContext(plan);
		MemoryContextCallback *callback =
			MemoryContextAllocZero(context, sizeof(MemoryContextCallback));

		others = hash_search(kept, &plan, HASH_ENTER, &found);
		memset(others->sources, 0, sizeof(others->sources));
		memset(others->planning, 0, sizeof(others->planning));
		others->next = 0;
		callback->func = forget_others;
		callback->arg = plan;
		MemoryContextRegisterResetCallback(context, callback);
	}
	return others;
}

/* A plan goes, and with it what took its place: callback of its context. */
static void
forget_others(void *plan)
{
	Others *others = hash_search(kept, &plan, HASH_FIND, NULL);

	for (int i = 0; i < MAX_OTHERS; i++)
		if (others->sources[i] != NULL)
			DropCachedPlan(others->sources[i]);
	(void) hash_search(kept, &plan, HASH_REMOVE, NULL);
}

/* The place of one that is for who acts in the frame, or -1. */
static int
find(const Others *others, ClrFrame *frame, ParamListInfo params, int options)
{
	for (int i = 0; i < MAX_OTHERS; i++)
	{
		CachedPlanSource *source = others->sources[i];

		if (source != NULL && source->cursor_options == options && is_made(source) &&
			fits(frame, linitial(source->gplan->stmt_list), params, true))
			return i;
	}
	return -1;
}

/* Whether it has a plan, and nothing that this rests on is known to have changed. */
static bool
is_made(const CachedPlanSource *source)
{
	return source->is_valid && source->gplan != NULL && source->gplan->is_valid;
}

/*
 * A new one, in the place that is returned; -1: there is none. It is planned
 * without values of parameters, since it may be taken again with others.
 */
static int
make(Others *others, const QueryDesc *query, Query *original, int options)
{
	CachedPlanSource *source;
	int place = place_for_one(others);

	if (place < 0)
		return -1;
	clr_count(CLR_COUNT_PLANS_REPLACED);
	if (others->sources[place] != NULL)
		DropCachedPlan(others->sources[place]);
	others->sources[place] = NULL;
	source = CreateCachedPlan(NULL, query->sourceText, CreateCommandTag((Node *) original));
	CompleteCachedPlan(source, list_make1(copyObject(original)), NULL, NULL, 0, NULL, NULL, options,
					   false);
	SaveCachedPlan(source);
	others->sources[place] = source;
	return place;
}

/* Of one that is of no use any more, or of the oldest. */
static int
place_for_one(Others *others)
{
	for (int i = 0; i < MAX_OTHERS; i++)
		if (!others->planning[i] && (others->sources[i] == NULL || !is_made(others->sources[i])))
			return i;
	for (int i = 0; i < MAX_OTHERS; i++)
	{
		int place = others->next++ % MAX_OTHERS;

		if (!others->planning[place])
			return place;
	}
	return -1;
}

/*
 * The plan of one, which stays at least as long as a memory context: planned under
 * the query's snapshot, if it has to be made. More than one account asks by it, and about
 * more than one project, so it is for anybody.
 */
static PlannedStmt *
take(Others *others, int place, const QueryDesc *query, MemoryContext context)
{
	MemoryContextCallback *callback =
		MemoryContextAllocZero(context, sizeof(MemoryContextCallback));
	bool around = others->planning[place];
	bool previous = clr_plans_for_anybody(true);
	CachedPlan *plan;

	PushActiveSnapshot(query->snapshot != NULL ? query->snapshot : GetTransactionSnapshot());
	others->planning[place] = true;
	PG_TRY();
	{
		plan = GetCachedPlan(others->sources[place], NULL, NULL, query->queryEnv);
	}
	PG_CATCH();
	{
		others->planning[place] = around;
		(void) clr_plans_for_anybody(previous);
		PG_RE_THROW();
	}
	PG_END_TRY();
	others->planning[place] = around;
	(void) clr_plans_for_anybody(previous);
	PopActiveSnapshot();
	callback->func = release;
	callback->arg = plan;
	MemoryContextRegisterResetCallback(context, callback);
	if (list_length(plan->stmt_list) != 1 ||
		linitial_node(PlannedStmt, plan->stmt_list)->commandType != query->operation)
		clr_class_refuse_plan("a protected table");
	return linitial(plan->stmt_list);
}

static void
release(void *plan)
{
	ReleaseCachedPlan(plan, NULL);
}
