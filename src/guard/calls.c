/*
 * calls.c
 *		Which function of the rule an expression calls.
 *
 * Every statement on a protected table asks, several times, and looking for a
 * function's name, schema and extension takes longer than the rest of the question.
 *
 * State: functions that were found, until functions or schemas change.
 */
#include "guard/calls.h"

#include "catalog/namespace.h"
#include "commands/extension.h"
#include "nodes/primnodes.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "store/plans.h"

static const char *const names[CLR_CALLS] = {
	[CLR_CALL_NONE] = "",
	[CLR_CALL_VISIBLE] = "visible",
	[CLR_CALL_CREATABLE] = "creatable",
	[CLR_CALL_EDITABLE] = "editable",
	[CLR_CALL_EDITED] = "edited",
	[CLR_CALL_DELETABLE] = "deletable",
	[CLR_CALL_PERMITTED] = "permitted",
	[CLR_CALL_IN_SET] = "in_set",
	[CLR_CALL_SET_KEYS] = "set_keys",
};

static Oid known[CLR_CALLS];
static uint64 generation = 0;

static ClrCall find(Oid function);
static void forget_functions(Datum arg, int cache, uint32 hash);

void
clr_calls_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, forget_functions, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, forget_functions, (Datum) 0);
}

ClrCall
clr_calls_of(const Node *node)
{
	/* the check of a view without conditions has none (rewriteTargetView(), rewriteHandler.c) */
	return node != NULL && IsA(node, FuncExpr) ?
			   clr_calls_function(((const FuncExpr *) node)->funcid) :
			   CLR_CALL_NONE;
}

ClrCall
clr_calls_function(Oid function)
{
	uint64 before = generation;
	ClrCall call;

	for (call = CLR_CALL_NONE + 1; call < CLR_CALLS; call++)
		if (known[call] == function)
			return call;
	call = find(function);
	if (call != CLR_CALL_NONE && before == generation)
		known[call] = function;
	return call;
}

/* Changes with functions and schemas: what was found of calls before may be wrong. */
uint64
clr_calls_generation(void)
{
	return generation;
}

static ClrCall
find(Oid function)
{
	const char *name;

	if (get_func_namespace(function) != get_namespace_oid("clearance", true))
		return CLR_CALL_NONE;
	name = get_func_name(function);
	for (ClrCall call = CLR_CALL_NONE + 1; name != NULL && call < CLR_CALLS; call++)
		if (strcmp(name, names[call]) == 0)
			/* else it is anybody's schema */
			return OidIsValid(get_extension_oid("pg_clearance", true)) ? call : CLR_CALL_NONE;
	return CLR_CALL_NONE;
}

static void
forget_functions(Datum arg, int cache, uint32 hash)
{
	if (clr_plans_are_told())
		return;
	memset(known, 0, sizeof(known));
	generation++;
}
