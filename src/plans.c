/*
 * plans.c
 *		Cached plans that were made for an actor's class of rights.
 *
 * They call in_set() or set_keys(). The server keeps, with each cached plan,
 * the functions that it calls, and makes it anew when it hears that one of them
 * changed (PlanCacheObjectCallback, plancache.c), whoever says so. So when
 * somebody else acts, this session's plans hear it and other plans do not; when
 * levels change, all sessions hear it with the commit.
 *
 * State: the functions, if plans that call them were made since they last heard.
 */
#include "plans.h"

#include "access/table.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/inval.h"
#include "utils/syscache.h"

/* By the types of their first arguments. An index condition alone calls set_keys(). */
static const struct
{
	const char *name;
	Oid first;
} functions[] = { { "in_set", ANYOID }, { "set_keys", ANYELEMENTOID } };

static bool made = false;
static uint32 hashes[lengthof(functions)];

static Oid function_oid(int i);

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

/* A plan is made that calls them. */
void
clr_plans_made(void)
{
	for (int i = 0; i < (int) lengthof(functions); i++)
		hashes[i] = GetSysCacheHashValue1(PROCOID, ObjectIdGetDatum(function_oid(i)));
	made = true;
}

/* Have these plans made anew. May be called at any moment, also by an abort. */
void
clr_plans_forget(void)
{
	for (int i = 0; made && i < (int) lengthof(functions); i++)
		CallSyscacheCallbacks(PROCOID, hashes[i]);
	made = false;
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
		HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function_oid(i)));

		if (!HeapTupleIsValid(tuple))
			continue; /* no plan calls it yet */
		CacheInvalidateHeapTuple(catalog, tuple, NULL);
		ReleaseSysCache(tuple);
	}
	table_close(catalog, AccessShareLock);
}

static Oid
function_oid(int i)
{
	return clr_plans_function(functions[i].name, functions[i].first, CLR_SET_ARGS + 1);
}
