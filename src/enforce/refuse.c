/*
 * refuse.c
 *		Writes that are not permitted, as errors. Judges nothing.
 */
#include "enforce/refuse.h"

#include "utils/lsyscache.h"

/*
 * Refuse a write, naming which half of it failed and why. Clients find table
 * and column in fields of the error, and the code of the reason in that for a
 * constraint's name: no other field is there for what was violated.
 */
void
clr_refuse_write(ClrFrame *frame, const ClrBinding *binding, ClrHalf half, ClrVerdict *verdict)
{
	static const char *const halves[] = { [CLR_NEW_ROW] = "the new row",
										  [CLR_ROW_WAS] = "the row as it was",
										  [CLR_ROW_CHANGED] = "the row as changed" };
	ClrJudge *judge = clr_frame_judge(frame);
	bool is_nobody = clr_actor_is_nobody(&judge->scope->actor);
	const ClrAction *asked = verdict->column_needs;
	char *needs = "";

	clr_verdict_complete(verdict, judge);
	if (asked != NULL)
		needs =
			psprintf("Column \"%s\" needs %s.%s. ", verdict->column, asked->feature, asked->name);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s %s is not permitted", half == CLR_NEW_ROW ? "insert into" : "update of",
					binding->relation_name),
			 errdetail("%sJudging %s: %s.", needs, halves[half],
					   is_nobody ? clr_actor_why_nobody(&frame->identity) :
								   clr_verdict_text(verdict, judge)),
			 is_nobody ? errhint("%s", clr_actor_hint_nobody(&frame->identity)) : 0,
			 err_generic_string(PG_DIAG_SCHEMA_NAME,
								get_namespace_name(get_rel_namespace(binding->relid))),
			 err_generic_string(PG_DIAG_TABLE_NAME, get_rel_name(binding->relid)),
			 verdict->column != NULL ? err_generic_string(PG_DIAG_COLUMN_NAME, verdict->column) : 0,
			 err_generic_string(PG_DIAG_CONSTRAINT_NAME, clr_verdict_code(verdict))));
}
