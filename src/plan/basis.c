/*
 * basis.c
 *		What a finding about constraints rests on.
 *
 * To find out whether the constraints of several tables hold what a plan relies
 * on takes many looks into the catalog. So what was looked at is remembered, and
 * as long as nothing of it changed, neither did the answer:
 *
 *	 declarations, and the tables' columns, foreign keys, children and internal
 *	 triggers: as long as no message makes another generation (binding.c). Whoever
 *	 drops a constraint holds a lock on the table until the messages are sent, so
 *	 each table is locked first, which waits for that and hears of it
 *	 the triggers that note keys of projects, and those that watch for circles:
 *	 switching one off locks out no reader, but whoever writes rows. So their tables
 *	 are locked as by a writer, for a moment, which waits for nobody: where that is
 *	 not to be had, or would say nothing, as on a standby, which hears of no such
 *	 lock, the rows of pg_trigger themselves must still be there. (Who writes into
 *	 pg_trigger by hand has everybody told, see clr_ddl_note_catalog())
 *	 whether the snapshot sees the constraints as they are now: the same as before
 *	 if it sees all that was done by the last transaction that wrote one of them
 *	 whether the transaction has yet to check foreign keys: that is asked anew
 *
 * Keeps no state.
 */
#include "plan/basis.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "guard/ddl.h"
#include "rule/binding.h"
#include "store/catalog.h"

/* The triggers that note new keys of projects, see create_triggers() in enforce.sql. */
static const char *const note_triggers[CLR_NOTE_TRIGGERS] = { CLR_TRIGGER_PREFIX "note_insert",
															  CLR_TRIGGER_PREFIX "note_key",
															  CLR_TRIGGER_PREFIX "note_account" };

/* And those that watch for circles of parents. */
static const char *const circle_triggers[CLR_CIRCLE_TRIGGERS] = { CLR_TRIGGER_PREFIX "circle",
																  CLR_TRIGGER_PREFIX
																  "children_circle" };

static void note_writer(ClrBasis *basis, TransactionId writer);
static bool find_triggers(ClrBasis *basis, Oid relid, Snapshot snapshot, const char *const *names,
						  int count, const char *function, ClrNoteTrigger *triggers);
static bool is_enough(HeapTuple tuple, Oid function);
static bool lock_as_writer(Oid relid);
static bool
are_as_found(Relation catalog, Snapshot snapshot, const ClrNoteTrigger *triggers, int count);
static bool is_there(Relation catalog, Snapshot snapshot, const ClrNoteTrigger *trigger);
static bool are_there(const ClrBasis *basis);

/* ---------- what is looked at ---------- */

ClrBasis *
clr_basis_begin(void)
{
	ClrBasis *basis = palloc0(sizeof(ClrBasis));

	basis->generation = clr_binding_generation();
	basis->newest = FrozenTransactionId;
	basis->is_simple = true;
	return basis;
}

void
clr_basis_add_table(ClrBasis *basis, Oid relid)
{
	basis->tables = list_append_unique_oid(basis->tables, relid);
}

/*
 * Whether a row of the catalog is as it was when the snapshot was taken (as
 * for indexes, see indcheckxmin in get_relation_info(), plancat.c).
 */
bool
clr_basis_sees(ClrBasis *basis, Snapshot snapshot, HeapTuple tuple)
{
	TransactionId writer = HeapTupleHeaderGetXmin(tuple->t_data);

	note_writer(basis, writer);
	return !XidInMVCCSnapshot(writer, snapshot);
}

static void
note_writer(ClrBasis *basis, TransactionId writer)
{
	if (TransactionIdFollows(writer, basis->newest))
		basis->newest = writer;
}

/*
 * The triggers that note new keys, and accounts if asked, if the snapshot sees them as they are now
 * and they always fire. Not in tables with children or partitions.
 */
bool
clr_basis_add_triggers(ClrBasis *basis, Oid relid, Snapshot snapshot, ClrNoteTrigger *triggers,
					   bool by_account)
{
	int count = by_account ? CLR_NOTE_TRIGGERS : CLR_NOTE_TRIGGERS - 1;
	bool found =
		find_triggers(basis, relid, snapshot, note_triggers, count, "note_change", triggers);

	basis->is_simple &= !OidIsValid(basis->projects) || basis->projects == relid;
	basis->projects = relid;
	memcpy(basis->triggers, triggers, sizeof(basis->triggers));
	return found;
}

/* The same of the triggers that watch for circles. */
bool
clr_basis_add_circles(ClrBasis *basis, Oid relid, Snapshot snapshot)
{
	basis->is_simple &= !OidIsValid(basis->tree) || basis->tree == relid;
	basis->tree = relid;
	return find_triggers(basis, relid, snapshot, circle_triggers, CLR_CIRCLE_TRIGGERS,
						 "note_circles", basis->circles);
}

/* So many triggers of a table that call a function of ours, by their names. */
static bool
find_triggers(ClrBasis *basis, Oid relid, Snapshot snapshot, const char *const *names, int count,
			  const char *function, ClrNoteTrigger *triggers)
{
	Relation catalog;
	Oid called;
	bool found = true;

	if (get_rel_relkind(relid) != RELKIND_RELATION || has_subclass(relid))
		return false;
	/* which nobody else may attach */
	called = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(function),
							 PointerGetDatum(buildoidvector(NULL, 0)),
							 ObjectIdGetDatum(clr_catalog_internal_schema()));
	catalog = table_open(TriggerRelationId, AccessShareLock);
	for (int i = 0; found && i < count; i++)
	{
		ScanKeyData keys[2];
		SysScanDesc scan;
		HeapTuple tuple;

		ScanKeyInit(&keys[0], Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(relid));
		ScanKeyInit(&keys[1], Anum_pg_trigger_tgname, BTEqualStrategyNumber, F_NAMEEQ,
					CStringGetDatum(names[i]));
		scan = systable_beginscan(catalog, TriggerRelidNameIndexId, true, NULL, 2, keys);
		tuple = systable_getnext(scan);
		found = HeapTupleIsValid(tuple) && clr_basis_sees(basis, snapshot, tuple) &&
				is_enough(tuple, called);
		if (found)
		{
			triggers[i].oid = ((Form_pg_trigger) GETSTRUCT(tuple))->oid;
			triggers[i].written_by = HeapTupleHeaderGetRawXmin(tuple->t_data);
			triggers[i].at = tuple->t_self;
		}
		systable_endscan(scan);
	}
	basis->file = catalog->rd_rel->relfilenode;
	table_close(catalog, AccessShareLock);
	return found;
}

static bool
is_enough(HeapTuple tuple, Oid function)
{
	Form_pg_trigger trigger = (Form_pg_trigger) GETSTRUCT(tuple);

	return trigger->tgenabled == TRIGGER_FIRES_ALWAYS && trigger->tgfoid == function;
}

/* ---------- whether it is as it was ---------- */

/* A copy to be asked later, or NULL if that would take more than is remembered. */
ClrBasis *
clr_basis_keep(const ClrBasis *basis, const ClrVersion *version, MemoryContext context)
{
	MemoryContext caller;
	ClrBasis *copy;

	if (!basis->is_simple || basis->generation != clr_binding_generation())
		return NULL;
	caller = MemoryContextSwitchTo(context);
	copy = palloc(sizeof(ClrBasis));
	*copy = *basis;
	copy->tables = list_copy(basis->tables);
	clr_version_copy(&copy->version, version, context);
	MemoryContextSwitchTo(caller);
	return copy;
}

void
clr_basis_free(ClrBasis *basis)
{
	list_free(basis->tables);
	pfree(basis->version.notes);
	pfree(basis);
}

/* Whether it stands as far as this session heard, and as projects are registered. */
bool
clr_basis_is_likely(const ClrBasis *basis, Snapshot snapshot)
{
	static ClrVersion version;
	ListCell *lc;

	if (basis->generation != clr_binding_generation() ||
		!TransactionIdPrecedes(basis->newest, snapshot->xmin))
		return false;
	foreach(lc, basis->tables)
		if (clr_basis_is_pending(lfirst_oid(lc)))
			return false;
	clr_version_read(&version, snapshot);
	return clr_version_same(&basis->version, &version, CLR_CHANGED_PROJECTS);
}

/* Whether it stands: a snapshot, which is older than this question, sees all as it was found. */
bool
clr_basis_stands(const ClrBasis *basis, Snapshot snapshot)
{
	bool projects = lock_as_writer(basis->projects);
	bool tree = lock_as_writer(basis->tree);
	bool stands;
	ListCell *lc;

	foreach(lc, basis->tables)
		if (!(projects && lfirst_oid(lc) == basis->projects) &&
			!(tree && lfirst_oid(lc) == basis->tree))
			LockRelationOid(lfirst_oid(lc), AccessShareLock);
	stands = clr_basis_is_likely(basis, snapshot) &&
			 (((projects || !OidIsValid(basis->projects)) && (tree || !OidIsValid(basis->tree))) ||
			  are_there(basis));
	foreach(lc, basis->tables)
		if (!(projects && lfirst_oid(lc) == basis->projects) &&
			!(tree && lfirst_oid(lc) == basis->tree))
			UnlockRelationOid(lfirst_oid(lc), AccessShareLock);
	if (projects)
		UnlockRelationOid(basis->projects, RowExclusiveLock);
	if (tree)
		UnlockRelationOid(basis->tree, RowExclusiveLock);
	return stands;
}

/* Whether a table, if there is one, is locked so that nobody switches its triggers off. */
static bool
lock_as_writer(Oid relid)
{
	return OidIsValid(relid) && !RecoveryInProgress() &&
		   ConditionalLockRelationOid(relid, RowExclusiveLock);
}

/*
 * Whether the rows of the triggers are still those that were found: a row that
 * is altered or removed is no longer seen, and one that came to its place was
 * written by another transaction. (Of pg_trigger there are no messages, so the
 * snapshot is a new one: see GetNonHistoricCatalogSnapshot(), snapmgr.c.)
 */
static bool
are_there(const ClrBasis *basis)
{
	Relation catalog = table_open(TriggerRelationId, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetCatalogSnapshot(TriggerRelationId));
	bool all =
		catalog->rd_rel->relfilenode == basis->file && /* else it was rewritten (VACUUM FULL) */
		are_as_found(catalog, snapshot, basis->triggers, CLR_NOTE_TRIGGERS) &&
		are_as_found(catalog, snapshot, basis->circles, CLR_CIRCLE_TRIGGERS);

	UnregisterSnapshot(snapshot);
	table_close(catalog, AccessShareLock);
	return all;
}

static bool
are_as_found(Relation catalog, Snapshot snapshot, const ClrNoteTrigger *triggers, int count)
{
	for (int i = 0; i < count; i++)
		if (OidIsValid(triggers[i].oid) && !is_there(catalog, snapshot, &triggers[i]))
			return false;
	return true;
}

static bool
is_there(Relation catalog, Snapshot snapshot, const ClrNoteTrigger *trigger)
{
	HeapTupleData tuple = { .t_self = trigger->at };
	Buffer buffer;
	bool same;

	if (!heap_fetch(catalog, snapshot, &tuple, &buffer, false))
		return false;
	same = ((Form_pg_trigger) GETSTRUCT(&tuple))->oid == trigger->oid &&
		   HeapTupleHeaderGetRawXmin(tuple.t_data) == trigger->written_by;
	ReleaseBuffer(buffer);
	return same;
}

/* Whether the transaction changed rows of a table and has yet to check, or note, what follows. */
bool
clr_basis_is_pending(Oid relid)
{
	ListCell *lc;

	if (!TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return false;
	if (!has_subclass(relid))
		return AfterTriggerPendingOnRel(relid);
	foreach(lc, find_all_inheritors(relid, NoLock, NULL))
		if (AfterTriggerPendingOnRel(lfirst_oid(lc)))
			return true;
	return false;
}
