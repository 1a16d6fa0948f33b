/*
 * plans.c
 *		Cached plans that were made for an actor's class of rights.
 *
 * They call in_set(). The server keeps, with each cached plan, the functions
 * that it calls, and makes it anew when it hears that one of them changed
 * (PlanCacheObjectCallback, plancache.c), whoever says so. So when somebody
 * else acts, this session's plans hear it and other plans do not; when levels
 * change, all sessions hear it with the commit.
 *
 * State: the function, if plans that call it were made since they last heard.
 */
#include "plans.h"

#include "access/table.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/inval.h"
#include "utils/syscache.h"

static bool made = false;
static uint32 function_hash;

/*
 * A function of ours that plans call: its first argument is of a type, the
 * others are integers. Invalid while the extension is being created.
 */
Oid
clr_plans_function(const char *name, Oid first, int nargs)
{
	Oid argtypes[FUNC_MAX_ARGS] = { first };

	for (int i = 1; i < nargs; i++)
		argtypes[i] = INT4OID;
	return LookupFuncName(list_make2(makeString("clearance"), makeString(pstrdup(name))), nargs,
						  argtypes, true);
}

/* A plan is made that calls the function. */
void
clr_plans_call(Oid function)
{
	function_hash = GetSysCacheHashValue1(PROCOID, ObjectIdGetDatum(function));
	made = true;
}

/* Have these plans made anew. May be called at any moment, also by an abort. */
void
clr_plans_forget(void)
{
	if (made)
		CallSyscacheCallbacks(PROCOID, function_hash);
	made = false;
}

/*
 * The same in every session, from this transaction's commit on: as if the
 * function had been altered.
 */
void
clr_plans_forget_everywhere(void)
{
	Oid function = clr_plans_function("in_set", ANYOID, 5);
	Relation catalog;
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));

	if (!HeapTupleIsValid(tuple))
		return; /* no plan calls it yet */
	catalog = table_open(ProcedureRelationId, AccessShareLock);
	CacheInvalidateHeapTuple(catalog, tuple, NULL);
	ReleaseSysCache(tuple);
	table_close(catalog, AccessShareLock);
}
