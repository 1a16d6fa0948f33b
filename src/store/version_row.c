/*
 * version_row.c
 *		How transactions say in a table that they changed something.
 *
 * This is the protocol of clearance.version and clearance.version_part; version.c says what
 * follows from it. A transaction has one row about a thing. It takes the place of a row
 * about the same that nobody holds, and all others that nobody holds go with it, so that
 * what many wrote at a time becomes one row again. If there is none, it adds one, and waits
 * for nobody. A row stands for its transaction and for all that its predecessors stood for.
 * These had committed, since nobody held their rows.
 *
 * The first page of clearance.version stands for the table (version_page.c). Who puts a
 * row elsewhere changes that page, too; and the next one moves it to the first page that has
 * room: whoever reads that table reads all of its pages, and nothing but VACUUM takes some away.
 *
 * Keeps no state.
 */
#include "store/version_row.h"

#include "access/genam.h"
#include "access/generic_xlog.h"
#include "access/heapam.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "storage/bufmgr.h"
#include "storage/freespace.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

#include "store/past.h"
#include "store/rows.h"

typedef struct VersionRow
{
	uint64 changed_by; /* xid8 */
	int32 what;		   /* kind, or part */
} VersionRow;

#define ROW_OF(tuple) ((VersionRow *) GETSTRUCT(tuple))

#define COLUMN_WHAT 2

/* For a row, and its next version. */
#define ROOM (BLCKSZ / 16)

/* Rows that one takes the place of at a time. */
#define MANY_ROWS 64

typedef struct Taken
{
	int count;
	ItemPointerData places[MANY_ROWS];
	HeapTuple first;
} Taken;

static HeapTuple make_row(const Relation relation, int32 about, bytea *past);
static void take_rows(Relation relation, Oid index, int32 about, Taken *taken);
static bool hold(Relation relation, HeapTuple row);
static SysScanDesc begin_scan(Relation relation, Oid index, int32 about);
static bytea *past_of_new(Relation relation, Oid index, const Taken *taken);
static BlockNumber make_room(Relation relation);
static Size take_back(Relation relation, BlockNumber block);
static void touch_first_page(Relation relation);
static HeapTuple own_row(Relation relation, ClrChange what);

/* What a row says. */
ClrNote
clr_version_row_note(HeapTuple row)
{
	return (ClrNote){ ROW_OF(row)->what, ROW_OF(row)->changed_by };
}

/*
 * The running transaction changes something: say so. The index, if there is one,
 * finds rows about the same.
 */
void
clr_version_row_put(Relation relation, Oid index, int32 about)
{
	BlockNumber room = OidIsValid(index) ? InvalidBlockNumber : make_room(relation);
	Taken taken;
	HeapTuple own;
	int rest = 0;

	take_rows(relation, index, about, &taken);
	own = make_row(relation, about, past_of_new(relation, index, &taken));
	if (taken.count == 0 || room < ItemPointerGetBlockNumber(&taken.places[0]))
		CatalogTupleInsert(relation, own);
	else
		CatalogTupleUpdate(relation, &taken.places[rest++], own);
	while (rest < taken.count)
		CatalogTupleDelete(relation, &taken.places[rest++]);
	if (!OidIsValid(index) && ItemPointerGetBlockNumber(&own->t_self) != 0)
		touch_first_page(relation);
	heap_freetuple(own);
}

static HeapTuple
make_row(const Relation relation, int32 about, bytea *past)
{
	Datum values[] = { FullTransactionIdGetDatum(GetTopFullTransactionId()), Int32GetDatum(about),
					   PointerGetDatum(past) };
	bool nulls[] = { false, false, past == NULL };

	return heap_form_tuple(RelationGetDescr(relation), values, nulls);
}

/*
 * Hold the rows about the same that nobody else holds. It looks for rows as they are now,
 * whatever the transaction's snapshot, and takes no predicate locks (as scans
 * under SnapshotSelf do not): a serialization failure here would be about
 * nothing that the transaction did.
 */
static void
take_rows(Relation relation, Oid index, int32 about, Taken *taken)
{
	SysScanDesc scan = begin_scan(relation, index, about);
	HeapTuple row;

	taken->count = 0;
	while (taken->count < MANY_ROWS && HeapTupleIsValid(row = systable_getnext(scan)))
	{
		if (!hold(relation, row))
			continue;
		if (taken->count == 0)
			taken->first = heap_copytuple(row);
		taken->places[taken->count++] = row->t_self;
	}
	systable_endscan(scan);
}

static bool
hold(Relation relation, HeapTuple row)
{
	HeapTupleData target = *row;
	TM_FailureData failure;
	Buffer buffer;
	bool held = heap_lock_tuple(relation, &target, GetCurrentCommandId(true), LockTupleExclusive,
								LockWaitSkip, false, &buffer, &failure) == TM_Ok;

	ReleaseBuffer(buffer);
	return held;
}

static SysScanDesc
begin_scan(Relation relation, Oid index, int32 about)
{
	ScanKeyData key;

	ScanKeyInit(&key, COLUMN_WHAT, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(about));
	return systable_beginscan(relation, index, OidIsValid(index), SnapshotSelf, 1, &key);
}

/*
 * Of a kind; and only while its row is on the first page: where old versions of rows
 * cannot go, because somebody may still see them, they had better be short.
 */
static bytea *
past_of_new(Relation relation, Oid index, const Taken *taken)
{
	if (OidIsValid(index) || taken->count != 1 || ItemPointerGetBlockNumber(&taken->places[0]) != 0)
		return NULL;
	return clr_past_unknown(clr_version_row_note(taken->first), taken->first,
							RelationGetDescr(relation));
}

/*
 * The first page with room for a row, or none: where rows go that are put next. heap_insert(), and
 * heap_update() of what has no room where it is, look there first, and if others have filled it
 * meanwhile, where the free space map says (RelationGetBufferForTuple(), hio.c), which hears of room
 * from VACUUM and from here.
 */
static BlockNumber
make_room(Relation relation)
{
	BlockNumber first = InvalidBlockNumber;

	for (BlockNumber block = RelationGetNumberOfBlocks(relation); block-- > 0;)
	{
		bool dead;
		Size room = clr_rows_prune(relation, block, &dead);

		if (room < ROOM && dead)
			room = take_back(relation, block);
		if (room < ROOM)
			continue;
		RecordPageWithFreeSpace(relation, block, room);
		first = block;
	}
	if (first != InvalidBlockNumber)
		RelationSetTargetBlock(relation, first);
	return first;
}

/*
 * Line pointers of rows that are gone, of which a page has no more than so many: pruning leaves
 * them to VACUUM, since indexes may point there (before 17, also where there are none). Done as
 * lazy_vacuum_heap_page() does it, under the same lock. Returns the room that there is then.
 */
static Size
take_back(Relation relation, BlockNumber block)
{
	GenericXLogState *change = GenericXLogStart(relation);
	Buffer buffer = ReadBuffer(relation, block);
	OffsetNumber last;
	bool any = false; /* others may have done so meanwhile */
	Size room;
	Page page;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	page = GenericXLogRegisterBuffer(change, buffer, 0);
	last = PageGetMaxOffsetNumber(page);
	for (OffsetNumber at = FirstOffsetNumber; at <= last; at = OffsetNumberNext(at))
		if (ItemIdIsDead(PageGetItemId(page, at)))
		{
			ItemIdSetUnused(PageGetItemId(page, at));
			any = true;
		}
	if (any)
	{
		PageTruncateLinePointerArray(page);
		(void) GenericXLogFinish(change);
	}
	else
		GenericXLogAbort(change);
	room = PageGetHeapFreeSpace(BufferGetPage(buffer));
	UnlockReleaseBuffer(buffer);
	return room;
}

/* Whoever has noted that page sees that something is different. */
static void
touch_first_page(Relation relation)
{
	GenericXLogState *change;
	Buffer buffer;

	if (!RelationNeedsWAL(relation)) /* then nobody notes it */
		return;
	change = GenericXLogStart(relation);
	buffer = ReadBuffer(relation, 0);
	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	(void) GenericXLogRegisterBuffer(change, buffer, GENERIC_XLOG_FULL_IMAGE);
	(void) GenericXLogFinish(change);
	UnlockReleaseBuffer(buffer);
}

/*
 * The running transaction is about to commit: its row of a kind says which parts it has
 * noted.
 */
void
clr_version_row_tell(Relation relation, ClrChange what, const int32 *parts, int count)
{
	HeapTuple before = own_row(relation, what);
	HeapTuple row;

	if (!HeapTupleIsValid(before))
		return;
	row = make_row(relation, what, clr_past_tell(parts, count, before, RelationGetDescr(relation)));
	(void) make_room(relation);
	CatalogTupleUpdate(relation, &before->t_self, row);
	if (ItemPointerGetBlockNumber(&row->t_self) != 0)
		touch_first_page(relation);
	heap_freetuple(row);
	heap_freetuple(before);
}

/* A copy, if it has a past to tell. */
static HeapTuple
own_row(Relation relation, ClrChange what)
{
	uint64 own = U64FromFullTransactionId(GetTopFullTransactionId());
	SysScanDesc scan = begin_scan(relation, InvalidOid, what);
	HeapTuple row;

	while (HeapTupleIsValid(row = systable_getnext(scan)) && ROW_OF(row)->changed_by != own)
		;
	row = HeapTupleIsValid(row) && !HeapTupleHasNulls(row) ? heap_copytuple(row) : NULL;
	systable_endscan(scan);
	return row;
}
