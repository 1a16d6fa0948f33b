/*
 * refuse.c
 *		Writes that are not permitted, as errors. Judges nothing.
 */
#include "enforce/refuse.h"

#include "store/catalog.h"
#include "store/refusal.h"

/*
 * Refuse a write, naming which half of it failed and why.
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
	clr_refuse_log(frame, binding->relid, verdict);
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
			 clr_verdict_fields(binding->relid, verdict->code, verdict->column)));
}

/* Tell the server's log, if it is to know. */
void
clr_refuse_log(ClrFrame *frame, Oid relid, const ClrVerdict *verdict)
{
	const ClrActing *acting = &frame->identity.acting;

	clr_refusal_log(&(ClrRefusal){ .what = "write",
								   .table = clr_catalog_table_name(relid),
								   .code = clr_verdict_code(verdict),
								   .actor = clr_frame_actor(frame),
								   .real_actor = acting->target != 0 ? acting->asker : 0 });
}
