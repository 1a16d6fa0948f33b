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
 * does not tell whose it is.
 *
 * Constraints that are asked later, deferrable ones and the keys of what hangs on those
 * rows, are AFTER triggers of the statement that brought the action about. Since
 * PostgreSQL 18 they run as who queued them, the owner again (AfterTriggerExecute() in
 * trigger.c); before, as who runs the statement. What waits for the commit runs in no hook.
 *
 * State: the transaction in which an action last queued such triggers as somebody who is
 * shown what row security hides.
 */
#include "guard/failing.h"

#include "miscadmin.h"
#include "parser/parsetree.h"
#include "storage/proc.h"

#include "frame/bound.h"
#include "rule/binding.h"
#include "store/unforced.h"

static LocalTransactionId queued_in = InvalidLocalTransactionId;

static bool changes_hidden(const PlannedStmt *plan);
static void begin(ErrorContextCallback *callback, void (*hide)(void *), Oid user);
static void hide_row(void *arg);
static void hide_queued(void *arg);

/*
 * A query runs, until clr_failing_end() or an error. The callback is the caller's, for as
 * long.
 */
void
clr_failing_begin(const QueryDesc *query, ErrorContextCallback *callback)
{
	callback->callback = NULL;
	if (clr_unforced() && changes_hidden(query->plannedstmt))
		begin(callback, hide_row, InvalidOid);
}

/* AFTER triggers run that were queued, likewise. */
void
clr_failing_begin_queued(ErrorContextCallback *callback)
{
	begin(callback, hide_queued, GetUserId());
}

static void
begin(ErrorContextCallback *callback, void (*hide)(void *), Oid user)
{
	callback->callback = hide;
	callback->arg = DatumGetPointer(ObjectIdGetDatum(user));
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

void
clr_failing_end(const ErrorContextCallback *callback)
{
	if (callback->callback != NULL)
		error_context_stack = callback->previous;
}

/*
 * Whether there are tables whose rows row security may hide from who gets the error. It
 * is noted if it does not hide them from whose rights the query has.
 */
static bool
changes_hidden(const PlannedStmt *plan)
{
	bool hidden = false;
	ListCell *lc;

	foreach(lc, plan->resultRelations)
	{
		Oid relid = rt_fetch(lfirst_int(lc), plan->rtable)->relid;

		if (clr_binding_of_relation(relid) == 0 || !clr_bound_elsewhere(relid, GetOuterUserId()))
			continue;
		hidden = true;
		if (!clr_bound_elsewhere(relid, GetUserId()))
			queued_in = CLR_LOCAL_XID;
	}
	return hidden;
}

/* What is said last counts (errfinish(), elog.c). */
static void
hide_row(void *arg)
{
	if (ERRCODE_TO_CATEGORY(geterrcode()) == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
		errdetail("The row is not shown, as row security may hide it.");
}

/* Who runs the statement is told as ever. */
static void
hide_queued(void *arg)
{
	if (queued_in == CLR_LOCAL_XID && GetUserId() != DatumGetObjectId(PointerGetDatum(arg)))
		hide_row(NULL);
}
