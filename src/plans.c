/*
 * plans.c
 *		Cached plans that were made for an actor's class of rights.
 *
 * They call in_set(). The server keeps, with each cached plan, the functions
 * that it calls, and makes it anew when it hears that one of them changed
 * (PlanCacheObjectCallback, plancache.c), whoever says so. So when somebody
 * else acts, this session's plans hear it; other plans, and other sessions, do
 * not.
 *
 * State: the function, if plans that call it were made since they last heard.
 */
#include "plans.h"

#include "utils/inval.h"
#include "utils/syscache.h"

static bool made = false;
static uint32 function_hash;

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
