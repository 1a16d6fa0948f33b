/*
 * plans.c
 *		Plans that were made for an actor's class of rights.
 *
 * They are marked with what they are for (plan/class.c), and carry the query that
 * they were made of, so that others can be made of it (plan/replace.c). Both stand
 * in the plan itself, where copies have them too: marks in its list of what ends
 * it, the query in an entry of its range table that names no table.
 *
 * They call in_set(), set_keys() or own_account(). The server keeps, with each cached plan,
 * the functions that it calls, and makes it anew when it hears that one of them
 * changed (PlanCacheObjectCallback, plancache.c), whoever says so. So when what all
 * of them rest on is another, this session's plans hear it, or those of all
 * sessions with a commit.
 *
 * State: the marks of the plan being made, above those of plans around it, if
 * the planner hook was asked for it; and the functions, if plans that call them
 * were made since they last heard.
 */
#include "store/plans.h"

#include "access/table.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/inval.h"
#include "utils/syscache.h"

/* By the types of their first arguments; others are integers. An index condition alone calls set_keys(). */
static const struct
{
	const char *name;
	int nargs;
	Oid first;
} functions[] = { [CLR_IN_SET] = { "in_set", CLR_SET_ARGS + 1, ANYOID },
				  [CLR_SET_KEYS] = { "set_keys", CLR_SET_ARGS + 1, ANYELEMENTOID },
				  [CLR_OWN_ACCOUNT] = { "own_account", 1, ANYELEMENTOID } };

/* Once found, until functions or schemas change; how often they did. */
static Oid oids[lengthof(functions)];
static uint64 changes = 0;

/* The message about functions is our own, and says nothing of them. */
static bool is_telling = false;

/* As the server's messages name them; and whether plans that call them were made since they last heard. */
static uint32 hashes[lengthof(functions)];
static bool plans_made[lengthof(functions)];

/*
 * A mark stands in the plan's list of what ends it, as items of caches that the
 * server does not have; the last one completes it.
 */
typedef enum MarkPart
{
	MARK_REACH = -4,
	MARK_CLASS = -3,
	MARK_VERB = -2,
	MARK_BINDING = -1,
} MarkPart;

PG_FUNCTION_INFO_V1(clearance_forget_plans);

#define MAX_MARKS 64
static ClrPlanMark marks[MAX_MARKS];
static const char *accounts[MAX_MARKS]; /* that the plan names, by the mark that says so; or NULL */
static Expr *tests[MAX_MARKS];			/* that hold when the plan starts, likewise */
#define NOT_PLANNING (-1)
static bool for_anybody = false;
static int n_marks = 0;
static int first_mark = NOT_PLANNING;

static Oid find_function(ClrPlanFunction function);
static void forget_functions(Datum arg, int cache, uint32 hash);
static const char *named_account(void);
static List *listed_tests(void);
static RangeTblEntry *carrier(Query *query, int options);

void
clr_plans_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, forget_functions, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, forget_functions, (Datum) 0);
}

static void
forget_functions(Datum arg, int cache, uint32 hash)
{
	if (is_telling)
		return;
	memset(oids, 0, sizeof(oids));
	changes++;
}

/* Whether what is said of functions right now is for plans alone. */
bool
clr_plans_are_told(void)
{
	return is_telling;
}

/* Invalid while the extension is being created. */
Oid
clr_plans_function(ClrPlanFunction function)
{
	uint64 before = changes;
	Oid oid = oids[function];

	if (!OidIsValid(oid))
		oid = find_function(function);
	if (before == changes)
		oids[function] = oid;
	return oid;
}

static Oid
find_function(ClrPlanFunction function)
{
	Oid argtypes[CLR_SET_ARGS + 1] = { functions[function].first };

	for (int i = 1; i <= CLR_SET_ARGS; i++)
		argtypes[i] = INT4OID;
	return LookupFuncName(list_make2(makeString("clearance"),
									 makeString(pstrdup(functions[function].name))),
						  functions[function].nargs, argtypes, true);
}

/* A plan is made that calls the function. */
Oid
clr_plans_call(ClrPlanFunction function)
{
	Oid oid = clr_plans_function(function);

	hashes[function] = GetSysCacheHashValue1(PROCOID, ObjectIdGetDatum(oid));
	plans_made[function] = true;
	return oid;
}

/*
 * The plan being made is for this. False if it is for too much, if it began before
 * there was a hook to mark it, or if no other could be made: it must do without.
 */
bool
clr_plans_mark(const ClrPlanMark *mark)
{
	if (first_mark == NOT_PLANNING)
		return false;
	(void) clr_plans_call(CLR_IN_SET); /* its company, also if the plan has no set */
	for (int i = first_mark; i < n_marks; i++)
		if (memcmp(&marks[i], mark, sizeof(*mark)) == 0)
			return true;
	if (n_marks == MAX_MARKS)
		return false;
	accounts[n_marks] = NULL;
	tests[n_marks] = NULL;
	marks[n_marks++] = *mark;
	return true;
}

/*
 * The same, and the plan names the actor's account by its key, which stays until planning
 * ends. False also if the plan shall be for anybody.
 */
bool
clr_plans_mark_account(const ClrPlanMark *mark, const char *account)
{
	int before = n_marks;

	if (for_anybody || !clr_plans_mark(mark))
		return false;
	if (n_marks > before)
		accounts[before] = account;
	return true;
}

/*
 * The same, and what a test says of a value holds when the plan starts: the mark has the
 * test's number. False also if the plan shall be for anybody.
 */
bool
clr_plans_mark_test(const ClrPlanMark *mark, Expr *test)
{
	ClrPlanMark numbered = *mark;
	int before = n_marks;

	if (for_anybody || first_mark == NOT_PLANNING)
		return false;
	numbered.reach = 0;
	for (int i = first_mark; i < n_marks; i++)
	{
		if (tests[i] == NULL)
			continue;
		if (equal(tests[i], test))
			return true;
		numbered.reach++;
	}
	if (!clr_plans_mark(&numbered))
		return false;
	Assert(n_marks == before + 1);
	tests[before] = test;
	return true;
}

/* Whether plans from now on shall name no account, nor rest on a test. Returns what to restore. */
bool
clr_plans_for_anybody(bool anybody)
{
	bool previous = for_anybody;

	for_anybody = anybody;
	return previous;
}

/* Planning begins, maybe within the planning of something else. Returns what to restore. */
int
clr_plans_begin(void)
{
	int previous = first_mark;

	first_mark = n_marks;
	return previous;
}

/* The plan being made has no query to make others of: it must do without marks. */
void
clr_plans_unmarked(void)
{
	first_mark = NOT_PLANNING;
}

static List *
add_item(List *items, int cache, uint32 value)
{
	PlanInvalItem *item = makeNode(PlanInvalItem);

	item->cacheId = cache;
	item->hashValue = value;
	return lappend(items, item);
}

/*
 * Planning ends: mark the plan, unless it failed (NULL). query: what it was made of,
 * with these options; NULL if it has no marks.
 */
void
clr_plans_end(int previous, PlannedStmt *plan, Query *query, int options)
{
	bool may_mark = first_mark != NOT_PLANNING;
	bool is_marked = plan != NULL && may_mark && n_marks > first_mark;

	for (int i = first_mark; is_marked && i < n_marks; i++)
	{
		List *items = plan->invalItems;

		items = add_item(items, MARK_REACH, marks[i].reach);
		items = add_item(items, MARK_CLASS, marks[i].class);
		items = add_item(items, MARK_VERB, marks[i].verb);
		plan->invalItems = add_item(items, MARK_BINDING, (uint32) marks[i].binding);
	}
	if (is_marked)
	{
		plan->invalItems = add_item(plan->invalItems, PROCOID, hashes[CLR_IN_SET]);
		plans_made[CLR_IN_SET] = true; /* others may have heard while this one was made */
		plan->rtable = lappend(plan->rtable, carrier(query, options));
	}
	if (may_mark)
		n_marks = first_mark;
	first_mark = previous;
}

/* Take the next item of a plan's list; true if it completes the mark. */
bool
clr_plans_read_mark(const PlanInvalItem *item, ClrPlanMark *mark)
{
	switch (item->cacheId)
	{
		case MARK_REACH:
			mark->reach = item->hashValue;
			return false;
		case MARK_CLASS:
			mark->class = item->hashValue;
			return false;
		case MARK_VERB:
			mark->verb = item->hashValue;
			return false;
		case MARK_BINDING:
			mark->binding = (int32) item->hashValue;
			return true;
		default:
			return false;
	}
}

bool
clr_plans_is_marked(const PlannedStmt *plan)
{
	ListCell *lc;

	foreach(lc, plan->invalItems)
		if (lfirst_node(PlanInvalItem, lc)->cacheId == MARK_BINDING)
			return true;
	return false;
}

/* ---------- the query that a plan was made of ---------- */

/*
 * An entry of a kind that the executor and its workers look at no field of;
 * copies have all of them (_copyRangeTblEntry(), _outRangeTblEntry()).
 */
static RangeTblEntry *
carrier(Query *query, int options)
{
	RangeTblEntry *entry = makeNode(RangeTblEntry);
	const char *account = named_account();

	entry->rtekind = RTE_RESULT;
	entry->eref = makeAlias("*RESULT*", NIL);
	entry->subquery = query;
	entry->joinmergedcols = options;
	entry->ctename = account != NULL ? pstrdup(account) : NULL;
	entry->values_lists = listed_tests();
	return entry;
}

/* The one of the plan being made. All marks are of one actor. */
static const char *
named_account(void)
{
	for (int i = first_mark; i < n_marks; i++)
		if (accounts[i] != NULL)
			return accounts[i];
	return NULL;
}

/* Those of the plan being made, by their numbers. */
static List *
listed_tests(void)
{
	List *list = NIL;

	for (int i = first_mark; i < n_marks; i++)
		if (tests[i] != NULL)
			list = lappend(list, tests[i]);
	return list;
}

static const RangeTblEntry *
carrier_of(const PlannedStmt *plan)
{
	ListCell *lc;

	foreach(lc, plan->rtable)
	{
		const RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

		if (entry->rtekind == RTE_RESULT && entry->subquery != NULL)
			return entry;
	}
	return NULL;
}

/* NULL if the plan has none. */
Query *
clr_plans_query(const PlannedStmt *plan, int *options)
{
	const RangeTblEntry *entry = carrier_of(plan);

	if (entry == NULL)
		return NULL;
	*options = entry->joinmergedcols;
	return entry->subquery;
}

/* The key of the account that a plan names, or NULL. */
const char *
clr_plans_account(const PlannedStmt *plan)
{
	const RangeTblEntry *entry = carrier_of(plan);

	return entry != NULL ? entry->ctename : NULL;
}

/* A test that holds when the plan starts; NULL if it has none of that number. */
const Expr *
clr_plans_test(const PlannedStmt *plan, uint32 number)
{
	const RangeTblEntry *entry = carrier_of(plan);

	return entry != NULL && number < (uint32) list_length(entry->values_lists) ?
			   list_nth(entry->values_lists, number) :
			   NULL;
}

/* ---------- plans that go ---------- */

/* forget_plans(): SQL for clr_plans_forget_everywhere(). */
Datum
clearance_forget_plans(PG_FUNCTION_ARGS)
{
	clr_plans_forget_everywhere();
	PG_RETURN_VOID();
}

/* Have these plans made anew. May be called at any moment, also by an abort. */
void
clr_plans_forget(void)
{
	for (int i = 0; i < (int) lengthof(functions); i++)
	{
		is_telling = true;
		if (plans_made[i])
			CallSyscacheCallbacks(PROCOID, hashes[i]);
		is_telling = false;
		plans_made[i] = false;
	}
}

/*
 * The same in every session, from this transaction's commit on: as if the
 * functions had been altered.
 */
void
clr_plans_forget_everywhere(void)
{
	Relation catalog = table_open(ProcedureRelationId, AccessShareLock);

	for (int i = 0; i < (int) lengthof(functions); i++)
	{
		HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(clr_plans_function(i)));

		if (!HeapTupleIsValid(tuple))
			continue; /* no plan calls it yet */
		CacheInvalidateHeapTuple(catalog, tuple, NULL);
		ReleaseSysCache(tuple);
	}
	table_close(catalog, AccessShareLock);
}
