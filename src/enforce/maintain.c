/*
 * maintain.c
 *		The owner of protected tables, who sees and changes all of their rows.
 *
 * A migration computes columns anew and moves rows, of everybody. Row security is forced,
 * so an owner sees nothing, and nobody else should do its work. maintenance() says, until
 * the transaction ends, that what the owner's own statements find is all of its tables, masks
 * and guards included, as superusers find it. It is in the audit log, with a reason.
 *
 * It is not for logins that act for people, and not while somebody acts: set_actor() in the
 * same transaction has statements judged as ever. Nor does it begin in a function that runs
 * as its owner, where whoever called it would maintain. Keeps no state.
 */
#include "compat.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "actor/maintenance.h"
#include "enforce/audit.h"
#include "frame/frame.h"
#include "store/catalog.h"
#include "store/refusal.h"

PG_FUNCTION_INFO_V1(clearance_maintenance);

#define LONGEST_REASON 1000

static void check_reason(const char *reason);
static const char *why_not(Oid role, const char **advice);

/*
 * maintenance(reason text): maintain the tables of the current role until the transaction
 * ends; NULL: not from here on. Errors: it may not.
 */
Datum
clearance_maintenance(PG_FUNCTION_ARGS)
{
	Oid role = GetUserId();
	const char *advice = NULL;
	const char *refused;
	char *reason;

	if (PG_ARGISNULL(0))
	{
		clr_maintenance_set(InvalidOid);
		PG_RETURN_VOID();
	}
	reason = text_to_cstring(PG_GETARG_TEXT_PP(0));
	check_reason(reason);
	refused = why_not(role, &advice);
	if (refused != NULL)
	{
		clr_refusal_log(&(ClrRefused){ .what = "administration", .reason = refused });
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("maintenance is not permitted"),
				 errdetail("%s", refused), errhint("%s", advice)));
	}
	if (!IsTransactionBlock())
		ereport(WARNING, (errcode(ERRCODE_NO_ACTIVE_SQL_TRANSACTION),
						  errmsg("maintenance is over with this statement"),
						  errhint("Begin a transaction first.")));
	clr_maintenance_set(role);
	clr_audit_maintenance(role, reason);
	PG_RETURN_VOID();
}

static void
check_reason(const char *reason)
{
	size_t length = strlen(reason);

	if (strspn(reason, " \t\r\n") == length || length > LONGEST_REASON)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("maintenance needs a reason"),
				 errhint("For example: SELECT clearance.maintenance('migration 42'); at "
						 "most %d bytes.",
						 LONGEST_REASON)));
}

/* Why a role may not maintain its tables here, and what to do; NULL: it may. */
static const char *
why_not(Oid role, const char **advice)
{
	static const Oid argtypes[] = { OIDOID, OIDOID, OIDOID };
	Datum roles[] = { ObjectIdGetDatum(role), ObjectIdGetDatum(GetSessionUserId()),
					  ObjectIdGetDatum(GetCurrentRoleId()) };
	ClrFrame *frame = clr_frame_current();
	ClrCatalog state;
	bool is_mapped;
	bool owns;

	*advice = "Call it in a statement of its own.";
	if (InLocalUserIdChange() || InSecurityRestrictedOperation())
		return "A function that runs with the rights of its owner maintains nothing.";
	*advice = "Call clearance.reset_actor() first.";
	if (frame->identity.setting != 0 || *frame->identity.token != '\0' ||
		frame->identity.acting.target != 0)
		return "Somebody acts in this transaction, and is judged.";
	clr_catalog_begin(&state);
	(void) clr_catalog_query(
		"SELECT EXISTS (SELECT FROM clearance.login_role l WHERE l.role IN ($1, $2, $3)),"
		" EXISTS (SELECT FROM clearance.binding b JOIN pg_catalog.pg_class c ON c.oid = b.relation"
		" WHERE pg_catalog.pg_has_role($1, c.relowner, 'USAGE'))",
		3, argtypes, roles, NULL);
	is_mapped = clr_column_bool(0, 1);
	owns = clr_column_bool(0, 2);
	clr_catalog_end(&state);
	*advice = "Log in as another role, which people do not use.";
	if (is_mapped)
		return "The role is mapped to a member, a partner or a setting that names one.";
	*advice = "SET ROLE to the owner of the tables.";
	return owns ? NULL : "The role owns no protected table.";
}
