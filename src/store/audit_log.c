/*
 * audit_log.c
 *		Lines of the audit log.
 *
 * A line goes to the tables directly, as the server writes its catalogs: no
 * privilege, trigger or function of anybody has a part in it. It belongs to the
 * transaction that makes the change. Its part of the log is that of its month.
 *
 * The hash of a line is SHA-256 over the hash of the line before it and over the
 * texts of its columns from chain to after and person_digest, each in UTF-8 and
 * ended by a zero byte; the time is in microseconds since 1970, a digest its bytes,
 * NULL is no text. So it is the same whatever a session's settings and a database's
 * encoding are. What a line says of a person is in a column of its own, of which the
 * hash knows the digest alone: it can be taken out, and nothing else.
 *
 * State: `sha256`, OpenSSL's algorithm once it was looked for.
 */
#include "store/audit_log.h"

#include <openssl/evp.h>

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/sha2.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "store/chain.h"

PG_FUNCTION_INFO_V1(clearance_audit_hash);

/* Columns of clearance.audit_log. */
enum
{
	PART,
	CHAIN,
	SEQ,
	AT,
	LOGIN,
	ROLE,
	ACTOR,
	PARTNER,
	REAL_ACTOR,
	ACCOUNT,
	TABLE_NAME,
	OPERATION,
	BEFORE,
	AFTER,
	HASH,
	PERSON_DIGEST,
	PERSON,
	COLUMNS
};

static EVP_MD *sha256 = NULL;

static int16 part_of(TimestampTz at, const char *operation);
static Relation open_part(int16 part);
static Datum name_of(Oid role);
static Datum hash_of(bytea *before, TupleDesc desc, const Datum *values, const bool *nulls);
static void put_value(StringInfo line, Oid type, Datum value);
static void put_text(StringInfo line, const char *value);
static Datum digest_of_text(const char *value);
static Datum digest(const StringInfo line);

#define SET_IF(column, is_there, value) \
	(nulls[column] = !(is_there), values[column] = nulls[column] ? (Datum) 0 : (value))

void
clr_audit_log_write(const ClrAuditLine *line)
{
	TimestampTz at = GetCurrentStatementStartTimestamp();
	int16 part = part_of(at, line->operation);
	Relation relation = open_part(part);
	TupleDesc desc = RelationGetDescr(relation);
	Oid taken = GetCurrentRoleId();
	Datum values[COLUMNS];
	bool nulls[COLUMNS] = { false };
	ClrChainEnd end;

	clr_chain_hold(&end);
	values[PART] = Int16GetDatum(part);
	values[CHAIN] = end.chain;
	values[SEQ] = Int64GetDatum(end.seq + 1);
	values[AT] = TimestampTzGetDatum(at);
	values[LOGIN] = name_of(GetAuthenticatedUserId());
	values[ROLE] = name_of(OidIsValid(taken) ? taken : GetSessionUserId());
	SET_IF(ACTOR, line->actor.member != 0, Int64GetDatum(line->actor.member));
	SET_IF(PARTNER, line->actor.partner != 0, Int64GetDatum(line->actor.partner));
	SET_IF(REAL_ACTOR, line->real_actor != 0, Int64GetDatum(line->real_actor));
	SET_IF(ACCOUNT, line->account != 0, Int64GetDatum(line->account));
	values[TABLE_NAME] = DirectFunctionCall1(namein, CStringGetDatum(line->table));
	values[OPERATION] = CStringGetTextDatum(line->operation);
	SET_IF(BEFORE, line->before != NULL, CStringGetTextDatum(line->before));
	SET_IF(AFTER, line->after != NULL, CStringGetTextDatum(line->after));
	SET_IF(PERSON, line->person != NULL, CStringGetTextDatum(line->person));
	SET_IF(PERSON_DIGEST, line->person != NULL, digest_of_text(line->person));
	values[HASH] = hash_of(DatumGetByteaPP(end.hash), desc, values, nulls);
	clr_chain_move(&end, end.seq + 1, values[HASH]);
	CatalogTupleInsert(relation, heap_form_tuple(desc, values, nulls));
	table_close(relation, NoLock);
}

/* The month; zero for lines that say what was dropped, which are few and looked for. */
static int16
part_of(TimestampTz at, const char *operation)
{
	struct pg_tm tm;
	fsec_t fsec;

	if (strcmp(operation, "FORGET") == 0)
		return 0;
	if (timestamp2tm(at, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("the time is out of range")));
	return tm.tm_mon;
}

static Relation
open_part(int16 part)
{
	Oid relid = get_relname_relid(psprintf("audit_log_%02d", part),
								  get_namespace_oid("clearance_internal", false));

	if (!OidIsValid(relid))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the extension pg_clearance is not complete in this database"),
						errdetail("A part of clearance.audit_log is missing."),
						errhint("Create the extension again.")));
	return table_open(relid, RowExclusiveLock);
}

static Datum
name_of(Oid role)
{
	return DirectFunctionCall1(namein, CStringGetDatum(GetUserNameFromId(role, false)));
}

/* See above; the first line of a chain follows a hash of zeros. */
static Datum
hash_of(bytea *before, TupleDesc desc, const Datum *values, const bool *nulls)
{
	StringInfoData line;

	initStringInfo(&line);
	appendBinaryStringInfo(&line, VARDATA_ANY(before), VARSIZE_ANY_EXHDR(before));
	for (int i = CHAIN; i <= PERSON_DIGEST; i++)
	{
		if (i == HASH)
			continue;
		if (!nulls[i])
			put_value(&line, TupleDescAttr(desc, i)->atttypid, values[i]);
		appendStringInfoChar(&line, '\0');
	}
	return digest(&line);
}

static void
put_value(StringInfo line, Oid type, Datum value)
{
	bytea *bytes;

	switch (type)
	{
		case INT8OID:
			appendStringInfo(line, INT64_FORMAT, DatumGetInt64(value));
			break;
		case TIMESTAMPTZOID:
			appendStringInfo(line, INT64_FORMAT,
							 DatumGetTimestampTz(value) +
								 (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY);
			break;
		case UUIDOID:
			put_text(line, DatumGetCString(DirectFunctionCall1(uuid_out, value)));
			break;
		case NAMEOID:
			put_text(line, NameStr(*DatumGetName(value)));
			break;
		case TEXTOID:
		case JSONOID:
			put_text(line, TextDatumGetCString(value));
			break;
		case BYTEAOID:
			bytes = DatumGetByteaPP(value);
			appendBinaryStringInfo(line, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
			break;
		default:
			elog(ERROR, "a line of the audit log has no columns of type %u", type);
	}
}

static Datum
digest_of_text(const char *value)
{
	StringInfoData text;

	initStringInfo(&text);
	put_text(&text, value);
	return digest(&text);
}

static void
put_text(StringInfo line, const char *value)
{
	appendStringInfoString(line, pg_server_to_any(value, strlen(value), PG_UTF8));
}

/* By OpenSSL itself: the server's functions look for the algorithm each time. */
static Datum
digest(const StringInfo line)
{
	bytea *hash = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(hash, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	if (sha256 == NULL)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (sha256 == NULL ||
		EVP_Digest(line->data, line->len, (unsigned char *) VARDATA(hash), NULL, sha256, NULL) != 1)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("SHA-256 cannot be computed")));
	return PointerGetDatum(hash);
}

/*
 * audit_hash(before bytea, line clearance.audit_log): the hash that a line is to
 * have after one with this hash; NULL: as the first of its chain.
 */
Datum
clearance_audit_hash(PG_FUNCTION_ARGS)
{
	bytea *before = palloc0(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	HeapTupleHeader line;
	HeapTupleData tuple;
	TupleDesc desc;
	Datum values[COLUMNS];
	bool nulls[COLUMNS];
	Datum hash;

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	SET_VARSIZE(before, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	if (!PG_ARGISNULL(0))
		before = PG_GETARG_BYTEA_PP(0);
	line = PG_GETARG_HEAPTUPLEHEADER(1);
	desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(line), HeapTupleHeaderGetTypMod(line));
	if (desc->natts != COLUMNS)
		elog(ERROR, "a line of the audit log has %d columns", desc->natts);
	tuple.t_len = HeapTupleHeaderGetDatumLength(line);
	tuple.t_data = line;
	heap_deform_tuple(&tuple, desc, values, nulls);
	hash = hash_of(before, desc, values, nulls);
	ReleaseTupleDesc(desc);
	return hash;
}
