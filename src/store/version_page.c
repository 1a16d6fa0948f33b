/*
 * version_page.c
 *		Whether the table of versions is as it was when it was read.
 *
 * Every statement of a session reads that table, and where many write, each
 * under another snapshot. To scan it costs more than the rest of what a statement
 * asks for. It is of one page nearly always, and changes rarely.
 *
 * Claim: what a snapshot S saw of a page, a later one S2 sees as well, if
 *
 *	no xid on the page is S's xmin or later. Then all of them had ended when S was
 *	taken, and whether they committed never changes;
 *
 *	S2's xmin is not before S's. Then they are ended for S2, too;
 *
 *	the page has the same LSN. Whoever adds, replaces, locks or prunes a row has
 *	written WAL about the page and put its place there, before it could commit.
 *
 * That page stands for the table: who writes a row to another one, or takes one away from
 * there, changes this page afterwards, before it commits (version_row.c). So if the
 * other ones have no such xid either, after that LSN was read, nobody has changed a
 * row since who has committed. It is still that file as long as no message
 * says otherwise (TRUNCATE, VACUUM FULL): who rewrites a table holds a lock on it until the
 * message is sent (CommitTransaction(), xact.c), so who sees a change of the new
 * file hears of it first. The same is true of a standby, whose pages have the LSN
 * of what was replayed, in the same order.
 *
 * Looking at the page needs neither the relation nor a lock on it: if the buffer
 * is another page's by now, the server says so (ReadRecentBuffer(), bufmgr.c).
 *
 * State: the page as it was when the version was read last, or none.
 */
#include "store/version_page.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xact.h"
#include "storage/bufmgr.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

/* Ids of transactions come again after four billions; not within this time. */
#define PAGE_HOLDS_MS 60000

/* Of more blocks, which VACUUM takes away, the table is read each time. */
#define MANY_BLOCKS 64

static struct
{
	Oid relation; /* invalid: no page is known */
	RelFileLocator file;
	Buffer buffer;
	XLogRecPtr lsn;
	TransactionId xmin; /* of the snapshot that saw it */
	TimestampTz seen_at;
} page;

static void forget(Datum arg, Oid relation);
static bool read_page(Relation relation, BlockNumber block, TransactionId xmin);
static bool is_settled(Page content, TransactionId xmin);
static bool has_ended(TransactionId xid, TransactionId xmin);

void
clr_version_page_init(void)
{
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
}

static void
forget(Datum arg, Oid relation)
{
	if (!OidIsValid(relation) || relation == page.relation)
		page.relation = InvalidOid;
}

/*
 * Whether an MVCC snapshot sees the rows that were read when the page was noted.
 */
bool
clr_version_page_holds(Snapshot snapshot)
{
	XLogRecPtr lsn;

	AcceptInvalidationMessages(); /* after the snapshot was taken */
	if (!OidIsValid(page.relation) || TransactionIdPrecedes(snapshot->xmin, page.xmin) ||
		TimestampDifferenceExceeds(page.seen_at, GetCurrentStatementStartTimestamp(),
								   PAGE_HOLDS_MS) ||
		!ReadRecentBuffer(page.file, MAIN_FORKNUM, 0, page.buffer))
		return false;
	LockBuffer(page.buffer, BUFFER_LOCK_SHARE);
	lsn = PageGetLSN(BufferGetPage(page.buffer));
	UnlockReleaseBuffer(page.buffer);
	return lsn == page.lsn;
}

/*
 * The rows that this MVCC snapshot sees were read: note the page, if others will
 * see the same.
 */
void
clr_version_page_note(Relation relation, Snapshot snapshot)
{
	BlockNumber blocks;

	page.relation = InvalidOid;
	if (!RelationNeedsWAL(relation) || !read_page(relation, 0, snapshot->xmin))
		return;
	blocks = RelationGetNumberOfBlocks(relation); /* after the LSN of the first one was read */
	if (blocks > MANY_BLOCKS)
		return;
	for (BlockNumber block = 1; block < blocks; block++)
		if (!read_page(relation, block, snapshot->xmin))
			return;
	page.file = relation->rd_locator;
	page.xmin = snapshot->xmin;
	page.seen_at = GetCurrentStatementStartTimestamp();
	page.relation = RelationGetRelid(relation);
}

/* Whether a page is settled; remember which the first one was. */
static bool
read_page(Relation relation, BlockNumber block, TransactionId xmin)
{
	Buffer buffer = ReadBuffer(relation, block);
	bool settled;

	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	settled = is_settled(BufferGetPage(buffer), xmin);
	if (block == 0)
	{
		page.buffer = buffer;
		page.lsn = PageGetLSN(BufferGetPage(buffer));
	}
	UnlockReleaseBuffer(buffer);
	return settled;
}

/* Whether all transactions that wrote to a page had ended before a snapshot's xmin. */
static bool
is_settled(Page content, TransactionId xmin)
{
	OffsetNumber last = PageGetMaxOffsetNumber(content);

	for (OffsetNumber at = FirstOffsetNumber; at <= last; at = OffsetNumberNext(at))
	{
		ItemId item = PageGetItemId(content, at);
		HeapTupleHeader tuple;

		if (!ItemIdIsNormal(item))
			continue;
		tuple = (HeapTupleHeader) PageGetItem(content, item);
		if (!has_ended(HeapTupleHeaderGetXmin(tuple), xmin) ||
			(tuple->t_infomask & HEAP_XMAX_IS_MULTI) != 0 ||
			!has_ended(HeapTupleHeaderGetRawXmax(tuple), xmin))
			return false;
	}
	return true;
}

/* None, and those of the server itself, have. */
static bool
has_ended(TransactionId xid, TransactionId xmin)
{
	return !TransactionIdIsNormal(xid) || TransactionIdPrecedes(xid, xmin);
}
