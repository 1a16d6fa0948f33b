/*
 * refuse.c
 *		Writes that are not permitted, as errors. Judges nothing.
 */
#include "enforce/refuse.h"

#include "utils/lsyscache.h"

/*
 * Refuse a write, naming which half of it failed and why. Clients find table
 * and column in fields of the error.
 */
void
clr_refuse_write(ClrFrame *frame, const ClrBinding *binding, const char *statement,
				 const char *half, const ClrWhy *why)
{
	ClrActor actor = clr_frame_judge(frame)->scope->actor;
	const char *reason =
		clr_actor_is_nobody(&actor) ? clr_actor_why_nobody(&frame->identity) : why->reason;
	char *needs = "";

	if (why->needed != NULL)
		needs = psprintf("Column \"%s\" needs %s. ", why->column, why->needed);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s %s is not permitted", statement, binding->relation_name),
			 errdetail("%sJudging %s: %s.", needs, half, reason),
			 clr_actor_is_nobody(&actor) ? errhint("%s", clr_actor_hint_nobody(&frame->identity)) :
										   0,
			 err_generic_string(PG_DIAG_SCHEMA_NAME,
								get_namespace_name(get_rel_namespace(binding->relid))),
			 err_generic_string(PG_DIAG_TABLE_NAME, get_rel_name(binding->relid)),
			 why->column != NULL ? err_generic_string(PG_DIAG_COLUMN_NAME, why->column) : 0));
}
