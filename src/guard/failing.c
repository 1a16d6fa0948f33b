/*
 * failing.c
 *		Errors of foreign keys' actions show no row.
 *
 * ON DELETE SET NULL and its kin change rows as their table's owner, whoever brings it
 * about and whatever it sees. If a constraint fails then, the server shows the row where
 * row security does not bind the current user (ExecBuildSlotValueDescription() in
 * execMain.c, BuildIndexValueDescription() in genam.c): a superuser who owns the table,
 * say, though it is not who gets the error. So the detail of such an error is another
 * one, for whom row security binds. That of code within the action is, too: the server
 * does not tell whose it is. Keeps no state.
 */
#include "guard/failing.h"

#include "miscadmin.h"
#include "parser/parsetree.h"

#include "frame/bound.h"
#include "rule/binding.h"
#include "store/unforced.h"

static bool changes_hidden(const PlannedStmt *plan);
static void hide_row(void *arg);

/*
 * A query runs, until clr_failing_end() or an error. The callback is the caller's, for as
 * long.
 */
void
clr_failing_begin(const QueryDesc *query, ErrorContextCallback *callback)
{
	callback->callback = NULL;
	if (!clr_unforced() || !changes_hidden(query->plannedstmt))
		return;
	callback->callback = hide_row;
	callback->arg = NULL;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

void
clr_failing_end(const ErrorContextCallback *callback)
{
	if (callback->callback != NULL)
		error_context_stack = callback->previous;
}

/* Whether there are tables whose rows row security may hide from who gets the error. */
static bool
changes_hidden(const PlannedStmt *plan)
{
	ListCell *lc;

	foreach(lc, plan->resultRelations)
	{
		Oid relid = rt_fetch(lfirst_int(lc), plan->rtable)->relid;

		if (clr_binding_of_relation(relid) != 0 && clr_bound_elsewhere(relid, GetOuterUserId()))
			return true;
	}
	return false;
}

/* What is said last counts (errfinish(), elog.c). */
static void
hide_row(void *arg)
{
	if (ERRCODE_TO_CATEGORY(geterrcode()) == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
		errdetail("The row is not shown, as row security may hide it.");
}
