/*
 * who.c
 *		Questions about who acts, answered for the running statement.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "actor/token.h"
#include "frame/frame.h"
#include "guard/secrecy.h"

PG_FUNCTION_INFO_V1(clearance_authenticate);
PG_FUNCTION_INFO_V1(clearance_current_actor);
PG_FUNCTION_INFO_V1(clearance_why_nobody);

/*
 * authenticate(token text) returns the member's id: act as the token's member
 * until the transaction ends.
 */
Datum
clearance_authenticate(PG_FUNCTION_ARGS)
{
	char *string;
	ClrToken token;

	clr_secrecy_check_asked(clr_frame_current());
	string = PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));
	token = clr_token_verify(string, GetCurrentStatementStartTimestamp());
	if (!IsTransactionBlock())
		ereport(WARNING,
				(errcode(ERRCODE_NO_ACTIVE_SQL_TRANSACTION),
				 errmsg("the token is set for this statement only"),
				 errhint("Begin a transaction first, or SET clearance.token for the session.")));
	(void) set_config_option("clearance.token", string, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	PG_RETURN_INT64(token.member);
}

/*
 * current_actor(OUT member bigint, OUT partner bigint): the actor of the
 * running statement; both NULL for nobody.
 */
Datum
clearance_current_actor(PG_FUNCTION_ARGS)
{
	ClrFrame *frame = clr_frame_current();
	ClrActor actor = clr_frame_judge(frame)->scope->actor;
	TupleDesc tupdesc;
	Datum values[] = { Int64GetDatum(actor.member), Int64GetDatum(actor.partner) };
	bool nulls[] = { actor.member == 0, actor.partner == 0 };

	clr_secrecy_check_asked(frame);
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}

/*
 * why_nobody() returns text: why nobody acts; NULL if somebody does.
 */
Datum
clearance_why_nobody(PG_FUNCTION_ARGS)
{
	ClrFrame *frame = clr_frame_current();
	ClrActor actor = clr_frame_judge(frame)->scope->actor;

	if (!clr_actor_is_nobody(&actor))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(clr_actor_why_nobody(&frame->identity)));
}
