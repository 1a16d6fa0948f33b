/*
 * actor.c
 *		On whose behalf a statement runs.
 *
 * The setting clearance.actor holds a member's id. It is PGC_SUSET, so that
 * SET, PGOPTIONS, ALTER ROLE SET and a function's SET clause of an untrusted
 * role are refused by the server itself; clearance.set_actor() sets it for
 * those who may call it. Being a setting, it obeys savepoints, rollback and
 * DISCARD ALL. Blank means nobody, unless the login role (the session user,
 * which SET ROLE does not change) is mapped to an actor.
 *
 * State: setting_member, written by the assign hook alone.
 */
#include "actor.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "catalog.h"
#include "frame.h"
#include "key.h"

static char *setting = NULL;
static int64 setting_member = 0;

static bool check_actor(char **newval, void **extra, GucSource source);
static void assign_actor(const char *newval, void *extra);
static void put_setting(const char *value, bool local);

PG_FUNCTION_INFO_V1(clearance_set_actor);
PG_FUNCTION_INFO_V1(clearance_reset_actor);
PG_FUNCTION_INFO_V1(clearance_current_actor);

void
clr_actor_init(void)
{
	DefineCustomStringVariable("clearance.actor",
							   "Id of the member on whose behalf statements run.",
							   "Set it with clearance.set_actor(); blank means nobody.", &setting,
							   "", PGC_SUSET, GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE, check_actor,
							   assign_actor, NULL);
}

static bool
check_actor(char **newval, void **extra, GucSource source)
{
	ClrKey key;

	if (**newval == '\0')
		return true;
	if (clr_key_from_text(*newval, CLR_KEY_INT, &key) && key.integer > 0)
		return true;
	GUC_check_errdetail("It holds the id of a member, or nothing.");
	return false;
}

static void
assign_actor(const char *newval, void *extra)
{
	ClrKey key;

	setting_member = clr_key_from_text(newval, CLR_KEY_INT, &key) ? key.integer : 0;
}

ClrIdentity
clr_actor_identity(void)
{
	ClrIdentity identity = { setting_member, GetSessionUserId() };

	return identity;
}

/*
 * Who it is, under the active snapshot. A setting decides over the mapping of
 * the login role.
 */
ClrActor
clr_actor_resolve(const ClrIdentity *identity)
{
	static const Oid argtypes[] = { OIDOID };
	Datum args[] = { ObjectIdGetDatum(identity->login_role) };
	ClrActor actor = { identity->setting, 0 };
	ClrCatalog state;

	if (actor.member != 0)
		return actor;

	clr_catalog_begin(&state);
	if (clr_catalog_query("SELECT member_id, partner_id FROM clearance.login_role WHERE role = $1",
						  1, argtypes, args, NULL) == 1)
	{
		actor.member = clr_column_int64(0, 1);
		actor.partner = clr_column_int64(0, 2);
	}
	clr_catalog_end(&state);
	return actor;
}

/* ---------- SQL ---------- */

/*
 * The member that set_actor()'s arguments name; errors if it is not one.
 */
static int64
find_member(FunctionCallInfo fcinfo)
{
	static const Oid argtypes[] = { INT8OID, TEXTOID, TEXTOID, INT8OID };
	Datum args[4];
	char nulls[4];
	ClrCatalog state;
	uint64 found;
	int64 member = 0;

	for (int i = 0; i < 4; i++)
	{
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
		args[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
	}
	if ((nulls[0] == ' ') + (nulls[1] == ' ') + (nulls[2] == ' ') != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("set_actor needs exactly one of id, key and email"),
						errhint("For example: SELECT clearance.set_actor(key => 42);")));

	clr_catalog_begin(&state);
	found = clr_catalog_query("SELECT id FROM clearance.member"
							  " WHERE ($1 IS NULL OR id = $1) AND ($2 IS NULL OR key = $2)"
							  " AND ($3 IS NULL OR lower(email) = lower($3))"
							  " AND ($4 IS NULL OR account_id = $4) LIMIT 2",
							  4, argtypes, args, nulls);
	if (found == 1)
		member = clr_column_int64(0, 1);
	clr_catalog_end(&state);

	if (found == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						nulls[0] == ' ' ?
							errmsg("no member with id " INT64_FORMAT, DatumGetInt64(args[0])) :
						nulls[1] == ' ' ?
							errmsg("no member with key \"%s\"", TextDatumGetCString(args[1])) :
							errmsg("no member with e-mail \"%s\"", TextDatumGetCString(args[2])),
						errhint("Members are added with clearance.add_member().")));
	if (found > 1)
		ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_PARAMETER),
						errmsg("several accounts have a member with that key or e-mail"),
						errhint("Name the account as well: set_actor(..., account => ...).")));
	return member;
}

/*
 * set_actor(id bigint, key app_key, email text, account bigint, local boolean)
 * returns the member's id. Errors: none or several of id, key, email; unknown
 * or ambiguous member.
 */
Datum
clearance_set_actor(PG_FUNCTION_ARGS)
{
	bool local = PG_ARGISNULL(4) || PG_GETARG_BOOL(4);
	int64 member = find_member(fcinfo);
	char value[32];

	if (local && !IsTransactionBlock())
		ereport(
			WARNING,
			(errcode(ERRCODE_NO_ACTIVE_SQL_TRANSACTION),
			 errmsg("the actor is set for this statement only"),
			 errhint(
				 "Begin a transaction first, or pass local => false to set it for the session.")));
	snprintf(value, sizeof(value), INT64_FORMAT, member);
	put_setting(value, local);
	PG_RETURN_INT64(member);
}

/*
 * reset_actor(): nobody, or the login role's own actor, until it is set again.
 */
Datum
clearance_reset_actor(PG_FUNCTION_ARGS)
{
	put_setting("", false);
	PG_RETURN_VOID();
}

static void
put_setting(const char *value, bool local)
{
	(void) set_config_option("clearance.actor", value, PGC_SUSET, PGC_S_SESSION,
							 local ? GUC_ACTION_LOCAL : GUC_ACTION_SET, true, 0, false);
}

/*
 * current_actor(OUT member bigint, OUT partner bigint): the actor of the
 * running statement; both NULL for nobody.
 */
Datum
clearance_current_actor(PG_FUNCTION_ARGS)
{
	ClrActor actor = clr_frame_actor(clr_frame_current());
	TupleDesc tupdesc;
	Datum values[] = { Int64GetDatum(actor.member), Int64GetDatum(actor.partner) };
	bool nulls[] = { actor.member == 0, actor.partner == 0 };

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}
