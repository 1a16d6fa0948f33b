/*
 * utility.c
 *		Utility commands that read or write protected tables: EXPLAIN, COPY.
 *
 * Plans tell how many rows there are, also of those that row security hides:
 * estimates, rows removed by filters. So only the vendor's own members may see
 * plans of protected tables, by EXPLAIN or by debug_print_plan, whose output a
 * client can have sent to itself.
 *
 * State: whether EXPLAIN runs and the next query to start is the one explained.
 */
#include "utility.h"

#include "catalog/namespace.h"
#include "nodes/parsenodes.h"
#include "utils/guc.h"

#include "binding.h"

static bool external_explain = false;
static bool explaining = false;

static void refuse_plan(const ClrScope *scope, const char *what);

void
clr_utility_init(void)
{
	DefineCustomBoolVariable("clearance.external_explain",
							 "Whether partners and customers may see plans of protected tables.",
							 "Plans tell how many rows there are, also of those that are hidden.",
							 &external_explain, false, PGC_SUSET, 0, NULL, NULL, NULL);
}

/* Returns what was. Off while a query runs: its functions' queries are not explained. */
bool
clr_utility_set_explaining(bool now)
{
	bool previous = explaining;

	explaining = now;
	return previous;
}

/*
 * A query starts: is it explained, and may the actor see its plan? A frame
 * that is not resolved is that of a user whom row security does not bind.
 */
void
clr_utility_check_explain(ClrFrame *frame)
{
	if (explaining && frame != NULL && frame->resolved)
		refuse_plan(frame->scope, "EXPLAIN");
}

/* A plan was made: will the server print it? */
void
clr_utility_check_plan(const PlannedStmt *plan)
{
	if (Debug_print_plan && clr_frame_binds(plan))
		refuse_plan(clr_frame_scope(clr_frame_current()), "debug_print_plan");
}

static void
refuse_plan(const ClrScope *scope, const char *what)
{
	if (external_explain || (scope->no_standing == NULL && scope->audience == CLR_VENDOR))
		return;
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("%s of protected tables is not permitted to %s", what,
						   scope->no_standing != NULL	  ? "an actor without standing" :
						   scope->audience == CLR_PARTNER ? "partners" :
															"customers"),
					errdetail("Plans tell of rows that the actor cannot see."),
					errhint("A superuser may allow it by clearance.external_explain.")));
}

/*
 * The frame that a utility command needs, or NULL. COPY FROM runs the triggers
 * of a table for each row, without the executor.
 */
ClrFrame *
clr_utility_frame(Node *statement)
{
	Oid relid;

	if (!IsA(statement, CopyStmt) || !((CopyStmt *) statement)->is_from)
		return NULL;
	relid = RangeVarGetRelid(((CopyStmt *) statement)->relation, NoLock, true);
	if (!OidIsValid(relid) || clr_binding_of_relation(relid) == 0)
		return NULL;
	return clr_frame_open_utility();
}
