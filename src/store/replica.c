/*
 * replica.c
 *		Permissions that are kept in another database and come by replication.
 *
 * A subscriber's tables are copied one after the other, each for itself. A
 * table of denials that is not there yet denies nothing, so as long as one of
 * the extension's tables, or a protected one, is not copied, nobody is shown
 * anything (sql/replica.sql has what must be there). From then on one worker
 * applies the publisher's transactions, whole and in their order: rows and the
 * rights to them come together.
 *
 * Replication may stop, and what was taken away since is not known. Who sets
 * clearance.lease asks for a sign of life: a row that the publisher writes now
 * and then comes the way that permissions come, after all that was committed
 * before it. It is read under the query's snapshot, so it is as old as what the
 * query sees. A streaming standby has it too. Its time is the publisher's:
 * when it arrived here would say nothing of how long it was on its way. Clocks
 * that differ shorten or lengthen the lease by as much; one that is farther
 * ahead than a lease is refused, else it would not end.
 *
 * State: the setting; whether subscriptions were found to need no look, until
 * a message says that one of them changed. A statement that sees a copy began
 * after the transaction that announced the copy had told of it, since the
 * subscription's worker learns of it the same way. Snapshots of whole
 * transactions may be older than what was found, and look each time.
 */
#include "store/replica.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_subscription_rel.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "store/catalog.h"
#include "store/counters.h"

PG_FUNCTION_INFO_V1(clearance_server_id);

/* Columns of clearance.lease. */
enum
{
	LEASE_ALONE = 1,
	LEASE_SERVER,
	LEASE_DATABASE,
	LEASE_RENEWED_AT
};

typedef struct Lease
{
	bool exists;
	bool is_own; /* it was renewed in this database */
	TimestampTz renewed_at;
} Lease;

static int lease_seconds = 0;

/* What was found of subscriptions, whether it still holds, and whether a message came meanwhile. */
static bool is_settled = false;
static bool was_told = false;
static bool subscribes = false;

static void forget(Datum arg, int cache, uint32 hash);
static bool has_subscribed(Oid relid, Snapshot snapshot);
static void check_copies(void);
static void check_lease(TimestampTz at);
static Lease read_lease(void);

void
clr_replica_init(void)
{
	DefineCustomIntVariable("clearance.lease",
							"How old permissions from another server may be, by their last lease.",
							"clearance.renew_lease() is called where they are kept. 0: any age.",
							&lease_seconds, 0, 0, INT_MAX / 1000, PGC_SUSET, GUC_UNIT_S, NULL, NULL,
							NULL);
	CacheRegisterSyscacheCallback(SUBSCRIPTIONRELMAP, forget, (Datum) 0);
}

static void
forget(Datum arg, int cache, uint32 hash)
{
	is_settled = false;
	was_told = true;
}

/*
 * A query asks for permissions, under the active snapshot, and its statement
 * began at this time: an error if they are not whole, or too old.
 */
void
clr_replica_check(TimestampTz at)
{
	if (!is_settled || IsolationUsesXactSnapshot())
		check_copies();
	if (lease_seconds > 0)
		check_lease(at);
}

/* ---------- copies ---------- */

static void
check_copies(void)
{
	ClrCatalog state;
	const char *fault = NULL;

	is_settled = false;
	was_told = false;
	subscribes = has_subscribed(InvalidOid, GetActiveSnapshot());
	if (!subscribes)
	{
		is_settled = !was_told;
		return;
	}
	clr_catalog_begin(&state);
	(void) clr_catalog_query("SELECT clearance_internal.replica_fault()", 0, NULL, NULL, NULL);
	fault = clr_column_text(0, 1);
	if (fault != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), clr_count(CLR_ERROR_REPLICA),
				 errmsg("permissions are not complete here"), errdetail_internal("%s", fault),
				 errhint("They come from another database. Rows are shown when "
						 "subscriptions have brought all of them.")));
	clr_catalog_end(&state);
	is_settled = !was_told;
}

/* Whether subscriptions bring tables to this database. */
bool
clr_replica_subscribes(void)
{
	return is_settled ? subscribes : has_subscribed(InvalidOid, NULL);
}

/* Whether a subscription brings this table (invalid: any), as of a snapshot; NULL: now. */
static bool
has_subscribed(Oid relid, Snapshot snapshot)
{
	Relation relation = table_open(SubscriptionRelRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	bool found;

	ScanKeyInit(&key, Anum_pg_subscription_rel_srrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(relation, SubscriptionRelSrrelidSrsubidIndexId, OidIsValid(relid),
							  snapshot, OidIsValid(relid) ? 1 : 0, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return found;
}

/*
 * A row of permissions is about to change. What comes from another database is
 * changed there: here it would come to differ, and end replication. (Whoever
 * must mend it does so as replication does.)
 */
void
clr_replica_refuse_change(Relation relation)
{
	if ((subscribes || !is_settled) && SessionReplicationRole != SESSION_REPLICATION_ROLE_REPLICA &&
		has_subscribed(RelationGetRelid(relation), NULL))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("permissions of this database are kept in another one"),
						errdetail("A subscription brings table clearance.%s.",
								  RelationGetRelationName(relation)),
						errhint("Change them there.")));
}

/* ---------- lease ---------- */

static void
check_lease(TimestampTz at)
{
	Lease lease = read_lease();
	const char *detail;

	if (RecoveryInProgress() ? false : lease.exists ? lease.is_own : !subscribes)
		return; /* permissions are kept here */
	if (!lease.exists)
		detail = "No lease has come from where they are kept.";
	else if (TimestampDifferenceExceeds(lease.renewed_at, at, lease_seconds * 1000))
		detail = psprintf("Their lease was renewed at %s, and ended after %d s (clearance.lease).",
						  timestamptz_to_str(lease.renewed_at), lease_seconds);
	else if (TimestampDifferenceExceeds(at, lease.renewed_at, lease_seconds * 1000))
		detail =
			psprintf("Their lease was renewed at %s, which by the clock of this server is to come.",
					 timestamptz_to_str(lease.renewed_at));
	else
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), clr_count(CLR_ERROR_REPLICA),
			 errmsg("permissions known here may be too old"), errdetail_internal("%s", detail),
			 errhint("Look whether replication goes on, and whether clearance.renew_lease() is "
					 "called in the database where permissions are kept.")));
}

/* The lease that the active snapshot sees. */
static Lease
read_lease(void)
{
	Lease lease = { 0 };
	Oid relid = get_relname_relid("lease", get_namespace_oid("clearance", false));
	Relation relation;
	TableScanDesc scan;
	HeapTuple tuple;
	bool isnull;

	if (!OidIsValid(relid))
		elog(ERROR, "table clearance.lease is missing");
	relation = table_open(relid, AccessShareLock);
	scan = table_beginscan(relation, GetActiveSnapshot(), 0, NULL);
	tuple = heap_getnext(scan, ForwardScanDirection);
	if (tuple != NULL) /* its columns are NOT NULL */
	{
		TupleDesc desc = RelationGetDescr(relation);

		lease.exists = true;
		lease.is_own =
			DatumGetInt64(heap_getattr(tuple, LEASE_SERVER, desc, &isnull)) ==
				(int64) GetSystemIdentifier() &&
			DatumGetObjectId(heap_getattr(tuple, LEASE_DATABASE, desc, &isnull)) == MyDatabaseId;
		lease.renewed_at =
			DatumGetTimestampTz(heap_getattr(tuple, LEASE_RENEWED_AT, desc, &isnull));
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	return lease;
}

/* server_id() returns bigint: what no other server has, but those that were copied from this one. */
Datum
clearance_server_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) GetSystemIdentifier());
}
