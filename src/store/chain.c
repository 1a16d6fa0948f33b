/*
 * chain.c
 *		Heads of the chains of the audit log.
 *
 * Each line of the log carries a hash over the one before it in its chain and
 * over itself (audit_log.c); the head of a chain is the number and the hash of
 * its last one.
 * A transaction extends the chain of its backend, under a lock that it holds to
 * its end: a chain has its lines in the order in which they count, and sessions
 * do not wait for each other. Where a prepared transaction has the chain, the
 * backend goes on with another one.
 *
 * Heads are read as they are now, not as the snapshot sees them: also under
 * REPEATABLE READ, and without a dependency under SERIALIZABLE. The lock makes
 * that safe. What a rolled-back savepoint wrote is gone with its lines.
 */
#include "store/chain.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "common/sha2.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lock.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "store/rows.h"

/* Columns of clearance.audit_chain. */
enum
{
	SLOT,
	CHAIN,
	SEQ,
	HASH,
	COLUMNS
};

/* Where this backend's head was last: a hint. */
static ItemPointerData last_place;

static int32 hold_slot(Oid relid);
static HeapTuple read_head(Relation relation, int32 slot);
static HeapTuple read_last_place(Relation relation);
static bool is_of_slot(Relation relation, HeapTuple head, int32 slot);
static void begin_chain(ClrChainEnd *end);

/* The end of a chain that is this backend's until the transaction ends. */
void
clr_chain_hold(ClrChainEnd *end)
{
	Oid relid = get_relname_relid("audit_chain", get_namespace_oid("clearance", false));
	Datum values[COLUMNS];
	bool nulls[COLUMNS];

	end->heads = table_open(relid, RowExclusiveLock);
	end->slot = hold_slot(relid);
	end->head = read_head(end->heads, end->slot);
	if (end->head == NULL)
	{
		begin_chain(end);
		return;
	}
	heap_deform_tuple(end->head, RelationGetDescr(end->heads), values, nulls);
	end->chain = values[CHAIN];
	end->seq = DatumGetInt64(values[SEQ]);
	end->hash = values[HASH];
}

/* The first slot of this backend that no prepared transaction has. */
static int32
hold_slot(Oid relid)
{
	int32 slot = CLR_BACKEND;

	for (;; slot += MaxBackends)
	{
		LOCKTAG tag;

		SET_LOCKTAG_OBJECT(tag, MyDatabaseId, relid, slot, 0);
		if (LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL)
			return slot;
	}
}

/*
 * The head of the held slot, or NULL. A restored database may have several heads
 * for a slot: each is as good as another.
 */
static HeapTuple
read_head(Relation relation, int32 slot)
{
	HeapTuple found = read_last_place(relation);
	TableScanDesc scan;
	HeapTuple tuple;

	if (found != NULL && is_of_slot(relation, found, slot))
		return found;
	found = NULL;
	scan = table_beginscan(relation, SnapshotSelf, 0, NULL);
	while (found == NULL && (tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
		if (is_of_slot(relation, tuple, slot))
			found = heap_copytuple(tuple);
	table_endscan(scan);
	return found;
}

static HeapTuple
read_last_place(Relation relation)
{
	HeapTupleData tuple = { .t_self = last_place };
	HeapTuple found = NULL;
	Buffer buffer;

	if (!ItemPointerIsValid(&last_place) ||
		ItemPointerGetBlockNumber(&last_place) >= RelationGetNumberOfBlocks(relation))
		return NULL;
	(void) clr_rows_prune(relation, ItemPointerGetBlockNumber(&last_place), NULL);
	if (heap_fetch(relation, SnapshotSelf, &tuple, &buffer, false))
	{
		found = heap_copytuple(&tuple);
		ReleaseBuffer(buffer);
	}
	return found;
}

static bool
is_of_slot(Relation relation, HeapTuple head, int32 slot)
{
	bool isnull;
	Datum value = fastgetattr(head, SLOT + 1, RelationGetDescr(relation), &isnull);

	return DatumGetInt32(value) == slot;
}

/* The name of a chain is no other database's, into which its lines may be copied. */
static void
begin_chain(ClrChainEnd *end)
{
	pg_uuid_t *chain = palloc(sizeof(pg_uuid_t));
	bytea *hash = palloc0(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	if (!pg_strong_random(chain->data, UUID_LEN))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("no random number for a chain")));
	SET_VARSIZE(hash, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	end->chain = UUIDPGetDatum(chain);
	end->seq = 0;
	end->hash = PointerGetDatum(hash);
}

/*
 * The chain ends with another line. A head that this subtransaction wrote is
 * overwritten: many lines leave no dead rows, which each line would read again.
 * Nobody else sees it, and its length stays the same; heads have no index.
 */
void
clr_chain_move(ClrChainEnd *end, int64 seq, Datum hash)
{
	Datum values[COLUMNS] = { Int32GetDatum(end->slot), end->chain, Int64GetDatum(seq), hash };
	bool nulls[COLUMNS] = { false };
	HeapTuple written = heap_form_tuple(RelationGetDescr(end->heads), values, nulls);

	if (end->head == NULL)
		simple_heap_insert(end->heads, written);
	else if (HeapTupleHeaderGetXmin(end->head->t_data) == GetCurrentTransactionId())
	{
		written->t_self = end->head->t_self;
		clr_heap_overwrite(end->heads, written);
	}
	else
		clr_heap_update(end->heads, &end->head->t_self, written);
	last_place = written->t_self;
	table_close(end->heads, NoLock);
}
