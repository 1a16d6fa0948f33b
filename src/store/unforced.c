/*
 * unforced.c
 *		Queries for which the server lifts row security from the owners of tables.
 *
 * What a foreign key asks, removes and sets, the server runs as the owner of a
 * table, and lifts row security from it by a bit of the security context
 * (SECURITY_NOFORCE_RLS, ri_PerformCheck() in ri_triggers.c); so do we where we read
 * tables as their owners (catalog.c). The bit says so of every table whose owner a
 * query is checked as, a view's owner and a SECURITY DEFINER function's too, and it
 * would be there for whatever runs within: triggers, defaults, constraints and casts
 * of anybody who has a key of its own.
 *
 * But it counts only when a query is rewritten (check_enable_rls() in rls.c, asked by
 * get_row_security_policies() in rowsecurity.c), which runs nobody's code. So while
 * such a query is planned, starts and runs, a bit of ours takes its place: it is still
 * known by that, and the code within it is not; its queries get their policies, its
 * plans may be kept, and errors tell what they tell elsewhere. The next key within sets
 * the server's bit again. The server calls nothing of others between rewriting and
 * planning, nor between hooks; all this is the same in 15 to 18.
 *
 * In databases without the extension all is as the server has it.
 *
 * State: whether this one has it, once it had.
 */
#include "store/unforced.h"

#include "catalog/namespace.h"
#include "miscadmin.h"

static bool is_here = false;

static bool has_extension(void);
static int security_context(void);

/*
 * A query is planned, starts, runs or finishes. Returns what to restore at its end; on
 * error, transaction abort restores it (AbortTransaction, AbortSubTransaction, xact.c).
 */
int
clr_unforced_enter(void)
{
	int context = security_context();

	/* where the bit is not set, it may be somebody's code within such a query */
	if ((context & SECURITY_NOFORCE_RLS) == 0)
		clr_unforced_leave(context & ~(SECURITY_UNFORCED | SECURITY_OWNER_READS));
	else if (has_extension())
		clr_unforced_leave((context & ~SECURITY_NOFORCE_RLS) | SECURITY_UNFORCED);
	return context;
}

static bool
has_extension(void)
{
	is_here = is_here || OidIsValid(get_namespace_oid("clearance", true));
	return is_here;
}

void
clr_unforced_leave(int context)
{
	Oid user;
	int now;

	GetUserIdAndSecContext(&user, &now);
	if (now != context)
		SetUserIdAndSecContext(user, context);
}

/* Whether row security binds no owner in the query that is planned, starts or runs. */
bool
clr_unforced(void)
{
	/* the server's bit, if the library was loaded within the query */
	return (security_context() & (SECURITY_NOFORCE_RLS | SECURITY_UNFORCED)) != 0;
}

static int
security_context(void)
{
	Oid user;
	int context;

	GetUserIdAndSecContext(&user, &context);
	return context;
}
