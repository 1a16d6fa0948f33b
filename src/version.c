/*
 * version.c
 *		Whether permissions changed: what a cached scope is valid under.
 *
 * The table clearance.version has a few rows, each the id of a transaction
 * that changed permissions. A trigger on every table that scopes are made of
 * replaces one of them by the id of the running transaction, once a
 * transaction. It takes a row that nobody holds, or adds one: so concurrent
 * administrators never wait for each other here, and cannot deadlock.
 *
 * Claim: two snapshots in which the rows are the same see the same permission
 * changes. Suppose one of them sees a change T that the other does not. T's id
 * is in a row, or in the row that replaced it, and so on: the last of that
 * chain is in both snapshots' rows. But a transaction replaces a row only when
 * the one that wrote it has committed, so whoever sees the last of the chain
 * sees T. Ids are never used again (64 bits), also not after a crash or the
 * promotion of a standby, which continues after the last one that it replayed.
 *
 * The transaction that changes permissions sees states that have no id of
 * their own: there nothing cached is used (clr_version_changed_here). For the
 * same reason it does not matter that a rolled-back savepoint takes the id
 * away again, as long as the next change puts it back.
 *
 * Changes of levels also end plans that were made for the classes of rights
 * before (plans.c); a message does that, and what it is late for, such a plan
 * refuses itself.
 *
 * State: whether this transaction changed permissions, and the subtransactions
 * that put its id into the table and that told of changed levels.
 */
#include "version.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "storage/bufmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

#include "plans.h"

PG_FUNCTION_INFO_V1(clearance_note_change);

/* A row of clearance.version: one column of type xid8, not null. */
#define CHANGE_OF(tuple) (*(uint64 *) GETSTRUCT(tuple))

static bool changed_here = false;
static SubTransactionId noted_in = InvalidSubTransactionId;
static SubTransactionId told_in = InvalidSubTransactionId;

static Relation open_version(LOCKMODE lockmode);
static bool changes_classes(const TriggerData *trigger);
static void note_change(void);
static bool replace_one(Relation relation, HeapTuple own);
static void at_transaction_end(XactEvent event, void *arg);
static void at_subtransaction_end(SubXactEvent event, SubTransactionId mine,
								  SubTransactionId parent, void *arg);

void
clr_version_init(void)
{
	RegisterXactCallback(at_transaction_end, NULL);
	RegisterSubXactCallback(at_subtransaction_end, NULL);
}

/*
 * The version that a snapshot sees. `version` is reused if it was read before;
 * its memory belongs to TopMemoryContext.
 */
void
clr_version_read(ClrVersion *version, Snapshot snapshot)
{
	Relation relation = open_version(AccessShareLock);
	TableScanDesc scan = table_beginscan(relation, snapshot, 0, NULL);
	HeapTuple tuple;

	version->count = 0;
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		int at = version->count;

		if (version->count == version->capacity)
		{
			int capacity = Max(version->capacity * 2, 8);

			version->changes = version->changes == NULL ?
								   MemoryContextAlloc(TopMemoryContext, capacity * sizeof(uint64)) :
								   repalloc(version->changes, capacity * sizeof(uint64));
			version->capacity = capacity;
		}
		for (; at > 0 && version->changes[at - 1] > CHANGE_OF(tuple); at--)
			version->changes[at] = version->changes[at - 1];
		version->changes[at] = CHANGE_OF(tuple);
		version->count++;
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
}

void
clr_version_copy(ClrVersion *to, const ClrVersion *from, MemoryContext context)
{
	to->count = to->capacity = from->count;
	to->changes = MemoryContextAlloc(context, Max(from->count, 1) * sizeof(uint64));
	memcpy(to->changes, from->changes, from->count * sizeof(uint64));
}

bool
clr_version_equal(const ClrVersion *a, const ClrVersion *b)
{
	return a->count > 0 && a->count == b->count &&
		   memcmp(a->changes, b->changes, a->count * sizeof(uint64)) == 0;
}

/* Whether the running transaction has changed permissions itself. */
bool
clr_version_changed_here(void)
{
	return changed_here;
}

static Relation
open_version(LOCKMODE lockmode)
{
	Oid namespace = get_namespace_oid("clearance", true);
	Oid relid = OidIsValid(namespace) ? get_relname_relid("version", namespace) : InvalidOid;

	if (!OidIsValid(relid))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the extension pg_clearance is not complete in this database"),
						errdetail("Table clearance.version is missing."),
						errhint("Create the extension again.")));
	return table_open(relid, lockmode);
}

/* ---------- changes ---------- */

/*
 * note_change(): BEFORE trigger on the tables that scopes are made of, for
 * each row, and for each statement on TRUNCATE. Rows, because logical
 * replication fires no statement triggers. An argument names the column of a
 * level: with one in it, the row changes classes of rights; 'any' says that
 * every row does.
 */
Datum
clearance_note_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("note_change is a trigger of the extension's tables")));
	note_change();
	if (told_in == InvalidSubTransactionId && changes_classes(trigger))
	{
		clr_plans_forget_everywhere();
		told_in = GetCurrentSubTransactionId();
	}
	if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		return PointerGetDatum(NULL);
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple :
																		trigger->tg_trigtuple);
}

static bool
changes_classes(const TriggerData *trigger)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	const char *column;
	bool isnull;

	if (trigger->tg_trigger->tgnargs == 0)
		return false;
	column = trigger->tg_trigger->tgargs[0];
	if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || strcmp(column, "any") == 0)
		return true;
	(void) heap_getattr(trigger->tg_trigtuple, SPI_fnumber(desc, column), desc, &isnull);
	if (isnull && TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		(void) heap_getattr(trigger->tg_newtuple, SPI_fnumber(desc, column), desc, &isnull);
	return !isnull;
}

static void
note_change(void)
{
	Relation relation;
	HeapTuple own;
	Datum value;
	bool isnull = false;

	changed_here = true;
	if (noted_in != InvalidSubTransactionId)
		return;
	relation = open_version(RowExclusiveLock);
	value = FullTransactionIdGetDatum(GetTopFullTransactionId());
	own = heap_form_tuple(RelationGetDescr(relation), &value, &isnull);
	if (!replace_one(relation, own))
		simple_heap_insert(relation, own);
	heap_freetuple(own);
	table_close(relation, RowExclusiveLock);
	noted_in = GetCurrentSubTransactionId();
}

/*
 * Replace a row that nobody else holds. It looks for rows as they are now,
 * whatever the transaction's snapshot, and takes no predicate locks (as scans
 * under SnapshotSelf do not): a serialization failure here would be about
 * nothing that the transaction did.
 */
static bool
replace_one(Relation relation, HeapTuple own)
{
	TableScanDesc scan;
	HeapTuple tuple;
	bool replaced = false;

	scan = table_beginscan(relation, SnapshotSelf, 0, NULL);
	while (!replaced && (tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		HeapTupleData target = *tuple;
		TM_FailureData failure;
		Buffer buffer;

		replaced = heap_lock_tuple(relation, &target, GetCurrentCommandId(true), LockTupleExclusive,
								   LockWaitSkip, false, &buffer, &failure) == TM_Ok;
		ReleaseBuffer(buffer);
		if (replaced)
			simple_heap_update(relation, &target.t_self, own);
	}
	table_endscan(scan);
	return replaced;
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			changed_here = false;
			noted_in = InvalidSubTransactionId;
			told_in = InvalidSubTransactionId;
			break;
		default:
			break;
	}
}

static void
at_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	SubTransactionId heir = event == SUBXACT_EVENT_COMMIT_SUB ? parent : InvalidSubTransactionId;

	if (event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB)
		return;
	if (noted_in == mine)
		noted_in = heir;
	if (told_in == mine)
		told_in = heir;
}
