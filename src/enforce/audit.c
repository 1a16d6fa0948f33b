/*
 * audit.c
 *		What is told to the audit log: each change of the extension's tables, who acts
 *		as somebody else, and who maintains its tables.
 *
 * Triggers hear of changes by whatever road. Lines are written to the tables
 * directly (store/audit_log.c), and rolled back with what they tell of. Who acts
 * is found as ever, without what it may do. Keeps no state.
 */
#include "enforce/audit.h"

#include "access/heapam.h"
#include "access/tableam.h"
#include "access/xlog.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/json.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "frame/frame.h"
#include "store/audit_log.h"
#include "store/refusal.h"
#include "store/row_json.h"
#include "store/rows.h"

PG_FUNCTION_INFO_V1(clearance_audit_change);
PG_FUNCTION_INFO_V1(clearance_audit_truncate);
PG_FUNCTION_INFO_V1(clearance_audit_note);
PG_FUNCTION_INFO_V1(clearance_log_refusal);

/* What lines say of people, which erase_member() takes out of them. */
static const struct
{
	const char *table;
	const char *column;
} personal[] = { { "member", "key" },	   { "member", "email" },
				 { "member", "name" },	   { "project_member", "source" },
				 { "resource", "skills" }, { "rate", "amount" },
				 { "link", "subject" } };

static const TriggerData *called_by(FunctionCallInfo fcinfo);
static void tell_change(const TriggerData *trigger, HeapTuple before, HeapTuple after);
static Bitmapset *personal_columns(const char *table, TupleDesc desc);
static char *person_of(const char *before, const char *after);
static const char *operation_of(TriggerEvent event);
static bool is_changed(HeapTuple before, HeapTuple after, TupleDesc desc, AttrNumber column);
static void tell(ClrAuditLine *line);
static int64 account_of(const TriggerData *trigger, HeapTuple row);
static int64 account_by(ClrPath path, int column, int64 key);
static int64 column_of(HeapTuple row, TupleDesc desc, const char *column);

/*
 * audit_change(): AFTER trigger for each row. The argument names a column that is
 * secret: the log says only whether it changed.
 */
Datum
clearance_audit_change(PG_FUNCTION_ARGS)
{
	const TriggerData *trigger = called_by(fcinfo);
	HeapTuple row = trigger->tg_trigtuple;

	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		tell_change(trigger, NULL, row);
	else if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		tell_change(trigger, row, trigger->tg_newtuple);
	else
		tell_change(trigger, row, NULL);
	return PointerGetDatum(NULL);
}

/* audit_truncate(): BEFORE TRUNCATE trigger. The lock is there: no row comes in behind. */
Datum
clearance_audit_truncate(PG_FUNCTION_ARGS)
{
	const TriggerData *trigger = called_by(fcinfo);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(trigger->tg_relation, snapshot, 0, NULL);
	HeapTuple row;

	while ((row = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		tell_change(trigger, row, NULL);
	}
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	return PointerGetDatum(NULL);
}

static const TriggerData *
called_by(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("audit functions are triggers of the extension's tables")));
	return (const TriggerData *) fcinfo->context;
}

/* An UPDATE that changes nothing is none. */
static void
tell_change(const TriggerData *trigger, HeapTuple before, HeapTuple after)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	ClrAuditLine line = { .table = RelationGetRelationName(trigger->tg_relation) };
	ClrRowHidden hidden = { .instead = "kept", .personal = personal_columns(line.table, desc) };
	char *person_before = "{}";
	char *person_after = "{}";

	if (trigger->tg_trigger->tgnargs > 0)
		hidden.secret = SPI_fnumber(desc, trigger->tg_trigger->tgargs[0]);
	if (hidden.secret < 0)
		elog(ERROR, "table %s has no column %s", line.table, trigger->tg_trigger->tgargs[0]);
	if (before != NULL)
		line.before = clr_row_json(before, desc, &hidden, &person_before);
	if (is_changed(before, after, desc, hidden.secret))
		hidden.instead = "changed";
	if (after != NULL)
		line.after = clr_row_json(after, desc, &hidden, &person_after);
	if (before != NULL && after != NULL && strcmp(line.before, line.after) == 0 &&
		strcmp(person_before, person_after) == 0)
		return;
	if (strcmp(person_before, "{}") != 0 || strcmp(person_after, "{}") != 0)
		line.person = person_of(person_before, person_after);
	line.operation = operation_of(trigger->tg_event);
	line.account = account_of(trigger, after != NULL ? after : before);
	tell(&line);
}

static Bitmapset *
personal_columns(const char *table, TupleDesc desc)
{
	Bitmapset *columns = NULL;

	for (int i = 0; i < (int) lengthof(personal); i++)
		if (strcmp(personal[i].table, table) == 0)
			columns = bms_add_member(columns, SPI_fnumber(desc, personal[i].column));
	return columns;
}

/* The digest of what can be guessed would tell it, but for the salt, which goes with it. */
static char *
person_of(const char *before, const char *after)
{
	uint8 salt[16];
	char hex[2 * sizeof(salt) + 1];

	if (!pg_strong_random(salt, sizeof(salt)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("no random bytes are to be had")));
	hex[hex_encode((const char *) salt, sizeof(salt), hex)] = '\0';
	return psprintf("{\"salt\": \"%s\", \"before\": %s, \"after\": %s}", hex, before, after);
}

static const char *
operation_of(TriggerEvent event)
{
	if (TRIGGER_FIRED_BY_INSERT(event))
		return "INSERT";
	if (TRIGGER_FIRED_BY_UPDATE(event))
		return "UPDATE";
	return TRIGGER_FIRED_BY_DELETE(event) ? "DELETE" : "TRUNCATE";
}

static bool
is_changed(HeapTuple before, HeapTuple after, TupleDesc desc, AttrNumber column)
{
	Form_pg_attribute attr;
	Datum was;
	Datum is;
	bool was_null;
	bool is_null;

	if (before == NULL || after == NULL || column == 0)
		return false;
	attr = TupleDescAttr(desc, column - 1);
	was = heap_getattr(before, column, desc, &was_null);
	is = heap_getattr(after, column, desc, &is_null);
	return was_null || is_null ? was_null != is_null :
								 !datum_image_eq(was, is, attr->attbyval, attr->attlen);
}

/* A line of who acts in the running statement. */
static void
tell(ClrAuditLine *line)
{
	ClrFrame *frame = clr_frame_current();

	line->actor = clr_frame_actor(frame);
	line->real_actor = clr_frame_real_actor(frame);
	clr_frame_refuse_outdated(frame);
	clr_audit_log_write(line);
}

/*
 * The account that a row is of: as it says, or as the member, project, partner or
 * level that it is about. Zero: of none, or what it is about is gone before it.
 */
static int64
account_of(const TriggerData *trigger, HeapTuple row)
{
	static const struct
	{
		const char *column;
		ClrPath path;
		int account;
	} ways[] = { { "member_id", CLR_MEMBER_BY_ID, MEMBER_ACCOUNT },
				 { "project_id", CLR_PROJECT_BY_ID, PROJECT_ACCOUNT },
				 { "partner_id", CLR_PARTNER_BY_ID, COMPANY_ACCOUNT },
				 { "level_id", CLR_LEVEL_BY_ID, LEVEL_ACCOUNT } };
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	bool is_account = strcmp(RelationGetRelationName(trigger->tg_relation), "account") == 0;
	int64 account = column_of(row, desc, is_account ? "id" : "account_id");

	for (int i = 0; account == 0 && i < (int) lengthof(ways); i++)
		account = account_by(ways[i].path, ways[i].account, column_of(row, desc, ways[i].column));
	return account;
}

static int64
account_by(ClrPath path, int column, int64 key)
{
	ClrRows rows;
	int64 account;

	if (!clr_rows_one(&rows, path, key))
		return 0;
	account = clr_rows_int64(&rows, column);
	clr_rows_end(&rows);
	return account;
}

/* Zero if it is NULL, or not there. */
static int64
column_of(HeapTuple row, TupleDesc desc, const char *column)
{
	int attnum = SPI_fnumber(desc, column);
	Datum value = (Datum) 0;
	bool isnull = true;

	if (attnum > 0)
		value = heap_getattr(row, attnum, desc, &isnull);
	return isnull ? 0 : DatumGetInt64(value);
}

/*
 * A member begins to act as somebody else. A rollback takes the line away, but
 * not what was looked at: so the server's log says it too, and on a standby alone.
 */
void
clr_audit_acting(const ClrActing *acting)
{
	ClrAuditLine line = { .actor = { acting->asker, 0 },
						  .account = account_by(CLR_MEMBER_BY_ID, MEMBER_ACCOUNT, acting->asker),
						  .table = "member",
						  .operation = "ACT_AS" };

	ereport(LOG_SERVER_ONLY,
			(errmsg("member " INT64_FORMAT " acts as member " INT64_FORMAT "%s", acting->asker,
					acting->target, acting->writes ? ", also to write" : "")));
	line.after = psprintf("{\"id\": " INT64_FORMAT ", \"write\": %s}", acting->target,
						  acting->writes ? "true" : "false");
	if (!RecoveryInProgress())
		clr_audit_log_write(&line);
}

/* A role begins to maintain its tables: said as who acts as somebody else is. */
void
clr_audit_maintenance(Oid role, const char *reason)
{
	const char *name = GetUserNameFromId(role, false);
	ClrAuditLine line = { .table = "binding", .operation = "MAINTENANCE" };
	StringInfoData after;

	ereport(LOG_SERVER_ONLY,
			(errmsg("role \"%s\" maintains its protected tables: %s", name, reason)));
	initStringInfo(&after);
	appendStringInfoString(&after, "{\"role\": ");
	escape_json(&after, name);
	appendStringInfoString(&after, ", \"reason\": ");
	escape_json(&after, reason);
	appendStringInfoChar(&after, '}');
	line.after = after.data;
	if (!RecoveryInProgress())
		clr_audit_log_write(&line);
}

/*
 * log_refusal(reason text): the actor is refused what administers.
 */
Datum
clearance_log_refusal(PG_FUNCTION_ARGS)
{
	ClrFrame *frame = clr_frame_current();

	clr_refusal_log(&(ClrRefused){ .what = "administration",
								   .reason = TextDatumGetCString(PG_GETARG_DATUM(0)),
								   .actor = clr_frame_actor(frame),
								   .real_actor = clr_frame_real_actor(frame) });
	PG_RETURN_VOID();
}

/*
 * audit_note(operation text, account bigint, after json): a line about the log
 * itself; account: the one that it is of, NULL: none.
 */
Datum
clearance_audit_note(PG_FUNCTION_ARGS)
{
	ClrAuditLine line = { .table = "audit_log",
						  .operation = TextDatumGetCString(PG_GETARG_DATUM(0)),
						  .account = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1),
						  .after = TextDatumGetCString(PG_GETARG_DATUM(2)) };

	tell(&line);
	PG_RETURN_VOID();
}
