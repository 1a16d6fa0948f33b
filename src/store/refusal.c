/*
 * refusal.c
 *		Refusals in the server's log, if clearance.log_refusals asks for them.
 *
 * What a refused statement wrote is rolled back, so no table can tell of it. A
 * line is one message of the server's log, JSON after a fixed word; also where
 * the application catches the error. It names no row, nor what was in one.
 *
 * State: the setting.
 */
#include "store/refusal.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/json.h"

static bool log_refusals = false;

static void put_text(StringInfo json, const char *key, const char *value);
static void put_id(StringInfo json, const char *key, int64 value);

void
clr_refusal_init(void)
{
	DefineCustomBoolVariable("clearance.log_refusals",
							 "Writes, administration and tokens that are refused are logged.",
							 "A line of JSON each, in the server's log.", &log_refusals, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
}

/* Call it before the error. */
void
clr_refusal_log(const ClrRefused *refusal)
{
	Oid role = OidIsValid(GetCurrentRoleId()) ? GetCurrentRoleId() : GetSessionUserId();
	StringInfoData json;

	if (!log_refusals)
		return;
	initStringInfo(&json);
	put_text(&json, "what", refusal->what);
	put_text(&json, "table", refusal->table);
	put_text(&json, "code", refusal->code);
	put_text(&json, "reason", refusal->reason);
	put_id(&json, "actor", refusal->actor.member);
	put_id(&json, "partner", refusal->actor.partner);
	put_id(&json, "real_actor", refusal->real_actor);
	put_text(&json, "login", GetUserNameFromId(GetAuthenticatedUserId(), true));
	if (role != GetAuthenticatedUserId())
		put_text(&json, "role", GetUserNameFromId(role, true));
	ereport(LOG_SERVER_ONLY,
			(errmsg("clearance refused {%s}", json.data), errhidestmt(true), errhidecontext(true)));
	pfree(json.data);
}

static void
put_text(StringInfo json, const char *key, const char *value)
{
	if (value == NULL)
		return;
	appendStringInfo(json, "%s\"%s\": ", json->len > 0 ? ", " : "", key);
	escape_json(json, value);
}

static void
put_id(StringInfo json, const char *key, int64 value)
{
	if (value != 0)
		appendStringInfo(json, "%s\"%s\": " INT64_FORMAT, json->len > 0 ? ", " : "", key, value);
}
