/*
 * version.c
 *		Whether permissions changed: what a cached scope is valid under.
 *
 * The table clearance.version has a few rows for each kind of change, each the
 * id of a transaction that made one. A trigger on every table that scopes are
 * made of replaces some of them by the id of the running transaction, once a
 * transaction and kind: those that nobody holds (version_row.c). So
 * concurrent administrators never wait for each other here, and cannot
 * deadlock.
 *
 * Claim: two snapshots in which the rows of a kind are the same see the same
 * changes of it. Suppose one of them sees a change T that the other does not.
 * T's id is in a row, or in the one row that replaced it, maybe together with others,
 * and so on: the last of that chain is in both snapshots' rows. But a transaction
 * replaces a row only when the one that wrote it has committed, so whoever sees the
 * last of the chain sees T. Ids are never used again (64 bits), also not after a crash or
 * the promotion of a standby, which continues after the last one that it
 * replayed.
 *
 * What a transaction changes is said more closely, too: clearance.version_part has rows
 * like these for parts of each kind, found by an index, and written by the same protocol;
 * so the claim is true of a part as of a kind. topic.c says what is in
 * which part, touched.c which ones a changed row is about, stamp.c who looks there. A
 * transaction that notes a part has noted its kind: while kinds have the same version,
 * nobody looks at parts. When it is about to commit, it says in the row of its kind which
 * ones it has noted, so mostly nobody has to look afterwards either (past.c).
 *
 * The transaction that changes something sees states that have no id of their
 * own: there nothing kept of that kind is used (clr_version_changed_here). For the
 * same reason it does not matter that a rolled-back savepoint takes the id
 * away again, as long as the next change puts it back.
 *
 * Changes of levels also end plans that were made for the classes of rights
 * before (plans.c); a message does that, and what it is late for, such a plan
 * refuses itself.
 *
 * State: the version that was read last; what this transaction changed, and the
 * subtransactions that put its id into the table and that told of changed levels, and
 * whether it has said which parts those were.
 */
#include "store/version.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "store/catalog.h"
#include "store/counters.h"
#include "store/noted.h"
#include "store/past.h"
#include "store/plans.h"
#include "store/replica.h"
#include "store/rows.h"
#include "store/touched.h"
#include "store/version_page.h"
#include "store/version_row.h"

PG_FUNCTION_INFO_V1(clearance_note_changed_row);

static const char *const kinds[] = { [CLR_CHANGED_PEOPLE] = "people",
									 [CLR_CHANGED_PROJECTS] = "projects",
									 [CLR_CHANGED_LEVELS] = "levels" };

static bool changed_here[CLR_CHANGES];
static SubTransactionId noted_in[CLR_CHANGES];
static SubTransactionId told_in = InvalidSubTransactionId;
static bool told = false;

/* Of more parts, nothing is said. */
#define MANY_PARTS 64

/* The version that was read last, and the snapshot that saw it; another may see the same (version_page.c). */
static struct
{
	TimestampTz read_at;		/* zero: none */
	LocalTransactionId only_in; /* the transaction that read it, if it had an id of its own */
	TransactionId xmin;
	TransactionId xmax;
	uint32 xcnt;
	int32 subxcnt;
	bool in_recovery;
	TransactionId xids[256]; /* that ran: transactions, then subtransactions */
	ClrVersion version;
} last;

/* A snapshot's ids do not come again within this time. */
#define LAST_HOLDS_MS 60000

static void read_rows(ClrVersion *version, Snapshot snapshot, bool is_usable);
static void make_room(ClrVersion *version, int count);
static bool is_last(Snapshot snapshot);
static bool same_ids(const TransactionId *a, const TransactionId *b, uint32 count);
static void remember(const ClrVersion *version, Snapshot snapshot);
static void copy_notes(ClrVersion *to, const ClrVersion *from);
static bool changes_classes(const TriggerData *trigger);
static ClrChange kind_of(const char *name);
static void note_change(ClrChange what);
static void tell_parts(void);
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
	bool is_usable = snapshot->snapshot_type == SNAPSHOT_MVCC && !snapshot->suboverflowed &&
					 !IsolationIsSerializable() && !clr_version_changed_any();

	if (is_usable && (is_last(snapshot) || clr_version_page_holds(snapshot)))
	{
		make_room(version, last.version.count);
		copy_notes(version, &last.version);
		return;
	}
	read_rows(version, snapshot, is_usable);
}

static void
read_rows(ClrVersion *version, Snapshot snapshot, bool is_usable)
{
	Relation relation = clr_rows_open_table("version", AccessShareLock);
	TableScanDesc scan = table_beginscan(relation, snapshot, 0, NULL);
	HeapTuple tuple;

	version->count = 0;
	clr_past_forget();
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		ClrNote note = clr_version_row_note(tuple);
		int at = version->count;

		make_room(version, at + 1);
		for (; at > 0 && version->notes[at - 1].changed_by > note.changed_by; at--)
			version->notes[at] = version->notes[at - 1];
		version->notes[at] = note;
		version->count++;
		if (!clr_version_changed_any())
			clr_past_read(note, tuple, RelationGetDescr(relation));
	}
	table_endscan(scan);
	if (is_usable)
	{
		remember(version, snapshot);
		clr_version_page_note(relation, snapshot);
	}
	table_close(relation, AccessShareLock);
}

static void
make_room(ClrVersion *version, int count)
{
	int capacity = Max(version->capacity * 2, Max(count, 8));

	if (count <= version->capacity)
		return;
	version->notes = version->notes == NULL ?
						 MemoryContextAlloc(TopMemoryContext, capacity * sizeof(ClrNote)) :
						 repalloc(version->notes, capacity * sizeof(ClrNote));
	version->capacity = capacity;
}

/* ---------- the one that was read last ---------- */

/*
 * Whether a snapshot sees what the last one saw: the same transactions run, and
 * the same have ended. Of its own transaction it sees more than others do, so
 * what was read by one with an id serves that one alone. To one that has none
 * yet, an id is given that is not below xmax: no snapshot that sees it ended is
 * like this one. Ids come again after four billions, hence not for long. (Copies
 * of snapshots with too many subtransactions do not have those: CopySnapshot(),
 * snapmgr.c.)
 */
static bool
is_last(Snapshot snapshot)
{
	return last.read_at != 0 &&
		   (last.only_in == InvalidLocalTransactionId || last.only_in == CLR_LOCAL_XID) &&
		   snapshot->xmin == last.xmin && snapshot->xmax == last.xmax &&
		   snapshot->xcnt == last.xcnt && snapshot->subxcnt == last.subxcnt &&
		   snapshot->takenDuringRecovery == last.in_recovery &&
		   same_ids(snapshot->xip, last.xids, last.xcnt) &&
		   same_ids(snapshot->subxip, last.xids + last.xcnt, last.subxcnt) &&
		   !TimestampDifferenceExceeds(last.read_at, GetCurrentStatementStartTimestamp(),
									   LAST_HOLDS_MS);
}

static bool
same_ids(const TransactionId *a, const TransactionId *b, uint32 count)
{
	return count == 0 || memcmp(a, b, count * sizeof(TransactionId)) == 0;
}

static void
remember(const ClrVersion *version, Snapshot snapshot)
{
	uint32 count = snapshot->xcnt + snapshot->subxcnt;

	last.read_at = 0;
	make_room(&last.version, version->count);
	copy_notes(&last.version, version);
	if (count > lengthof(last.xids))
		return;
	for (uint32 i = 0; i < count; i++)
		last.xids[i] = i < snapshot->xcnt ? snapshot->xip[i] : snapshot->subxip[i - snapshot->xcnt];
	last.xmin = snapshot->xmin;
	last.xmax = snapshot->xmax;
	last.xcnt = snapshot->xcnt;
	last.subxcnt = snapshot->subxcnt;
	last.in_recovery = snapshot->takenDuringRecovery;
	last.only_in = TransactionIdIsValid(GetTopTransactionIdIfAny()) ? CLR_LOCAL_XID :
																	  InvalidLocalTransactionId;
	last.read_at = GetCurrentStatementStartTimestamp();
}

/* ---------- what is asked of versions ---------- */

/*
 * The version that the active snapshot sees; none under SERIALIZABLE, see
 * kept.c.
 */
void
clr_version_read_current(ClrVersion *version)
{
	version->count = 0;
	if (!IsolationIsSerializable())
		clr_version_read(version, GetActiveSnapshot());
}

void
clr_version_copy(ClrVersion *to, const ClrVersion *from, MemoryContext context)
{
	to->capacity = Max(from->count, 1);
	to->notes = MemoryContextAlloc(context, to->capacity * sizeof(ClrNote));
	copy_notes(to, from);
}

/* The same, in the place of another version in that context. */
void
clr_version_renew(ClrVersion *to, const ClrVersion *from, MemoryContext context)
{
	if (from->count > to->capacity)
	{
		if (to->notes != NULL)
			pfree(to->notes);
		clr_version_copy(to, from, context);
		return;
	}
	copy_notes(to, from);
}

/* Into a version that has room for them. One that was not read has none, and no array. */
static void
copy_notes(ClrVersion *to, const ClrVersion *from)
{
	if (from->count > 0)
		memcpy(to->notes, from->notes, from->count * sizeof(ClrNote));
	to->count = from->count;
}

/* Whether two versions look the same; they may be the same and not look so. */
bool
clr_version_identical(const ClrVersion *a, const ClrVersion *b)
{
	return a->count == b->count && memcmp(a->notes, b->notes, a->count * sizeof(ClrNote)) == 0;
}

/* Whether nothing differs between two versions. */
bool
clr_version_equal(const ClrVersion *a, const ClrVersion *b)
{
	for (int what = 0; what < CLR_CHANGES; what++)
		if (!clr_version_same(a, b, what))
			return false;
	return true;
}

/* Whether what is of a kind is the same under two versions. */
bool
clr_version_same(const ClrVersion *a, const ClrVersion *b, ClrChange what)
{
	int i = 0;
	int j = 0;

	/* in ascending order of transactions; without any, nothing is known */
	for (bool known = false;; i++, j++, known = true)
	{
		while (i < a->count && a->notes[i].what != what)
			i++;
		while (j < b->count && b->notes[j].what != what)
			j++;
		if (i == a->count || j == b->count)
			return known && i == a->count && j == b->count;
		if (a->notes[i].changed_by != b->notes[j].changed_by)
			return false;
	}
}

/* Whether the running transaction has changed anything of a kind itself. */
bool
clr_version_changed_here(ClrChange what)
{
	return changed_here[what];
}

/* Whether it has changed permissions. */
bool
clr_version_changed_any(void)
{
	for (int what = 0; what < CLR_CHANGES; what++)
		if (changed_here[what])
			return true;
	return false;
}

/* ---------- changes ---------- */

/*
 * note_change(): BEFORE trigger on the tables that scopes are made of, for
 * each row, and for each statement on TRUNCATE. Rows, because logical
 * replication fires no statement triggers. The first argument is the kind of
 * change. A second one names the column of a level: with one in it, the row
 * changes classes of rights; 'any' says that every row does.
 */
Datum
clearance_note_changed_row(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	ClrChange what;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("note_change is a trigger of tables with permissions")));
	if (InSecurityRestrictedOperation() && !clr_catalog_is_reading())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("permissions cannot change within a security-restricted operation"),
						errdetail("Code of a table's owner runs there in the session of others.")));
	clr_replica_refuse_change(trigger->tg_relation);
	what = kind_of(trigger->tg_trigger->tgnargs > 0 ? trigger->tg_trigger->tgargs[0] : "");
	note_change(what);
	clr_touched_note(trigger, what);
	clr_noted_row(trigger, what);
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

	if (trigger->tg_trigger->tgnargs < 2)
		return false;
	column = trigger->tg_trigger->tgargs[1];
	if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || strcmp(column, "any") == 0)
		return true;
	(void) heap_getattr(trigger->tg_trigtuple, SPI_fnumber(desc, column), desc, &isnull);
	if (isnull && TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		(void) heap_getattr(trigger->tg_newtuple, SPI_fnumber(desc, column), desc, &isnull);
	return !isnull;
}

static ClrChange
kind_of(const char *name)
{
	for (int what = 0; what < CLR_CHANGES; what++)
		if (strcmp(kinds[what], name) == 0)
			return what;
	ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
					errmsg("note_change knows no changes of \"%s\"", name)));
}

static void
note_change(ClrChange what)
{
	Relation relation;

	if (told)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("permissions cannot change while their transaction commits")));
	changed_here[what] = true;
	if (noted_in[what] != InvalidSubTransactionId)
		return;
	relation = clr_rows_open_table("version", RowExclusiveLock);
	clr_version_row_put(relation, InvalidOid, what);
	table_close(relation, RowExclusiveLock);
	noted_in[what] = GetCurrentSubTransactionId();
}

/*
 * The transaction is about to commit, and changes nothing any more: say which parts of
 * each kind it has changed.
 */
static void
tell_parts(void)
{
	Relation relation;
	int32 parts[MANY_PARTS];

	if (!clr_version_changed_any())
		return;
	CommandCounterIncrement(); /* see the rows that the last command wrote */
	relation = clr_rows_open_table("version", RowExclusiveLock);
	for (int what = 0; what < CLR_CHANGES; what++)
	{
		int count = clr_touched_parts(what, parts, MANY_PARTS);

		if (noted_in[what] != InvalidSubTransactionId && count >= 0)
			clr_version_row_tell(relation, what, parts, count);
	}
	table_close(relation, RowExclusiveLock);
	told = true;
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			tell_parts();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			memset(changed_here, false, sizeof(changed_here));
			memset(noted_in, 0, sizeof(noted_in));
			told_in = InvalidSubTransactionId;
			told = false;
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
	for (int what = 0; what < CLR_CHANGES; what++)
		if (noted_in[what] == mine)
			noted_in[what] = heir;
	if (told_in == mine)
		told_in = heir;
}
