/*
 * told.c
 *		What has been told in a statement of the client's.
 *
 * State: when the statement began that asked last. No two begin at one time, and
 * nobody resets it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"

PG_FUNCTION_INFO_V1(clearance_is_told);

static TimestampTz told_at = 0;

/*
 * is_told(): whether the statement asked before.
 */
Datum
clearance_is_told(PG_FUNCTION_ARGS)
{
	TimestampTz statement = GetCurrentStatementStartTimestamp();
	bool is_told = told_at == statement;

	told_at = statement;
	PG_RETURN_BOOL(is_told);
}
