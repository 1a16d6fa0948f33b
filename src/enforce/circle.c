/*
 * circle.c
 *		Whether rows of a table that is its own parent may be in a circle.
 *
 * Such rows are closed to everybody, and no constraint says that there are none.
 * So triggers watch the two ways in which one can come about, and if they cannot
 * exclude it, mark the table for good (sql/outlived.sql): its rows are tested from
 * then on. Whoever sees all of a table that is not marked need not walk up its
 * trees (whole.c).
 *
 * All of it rests on a foreign key to the key of the same table, one that is
 * checked at the end of each statement and does nothing but refuse; the parent
 * lies in rows of its own, and both columns have an index. Without, the table is
 * marked by the first row that has a parent. With it:
 *
 *	 A new row closes a circle only if a row names it as its parent already. Nobody
 *	 else's does: the foreign key finds no row that is not committed. One of an
 *	 earlier statement does only if the key was another row's before, which this
 *	 statement removed, and that marks the table. Rows of this statement may,
 *	 and from such a row the way up is walked at its end, when all are there: the
 *	 last of them has a circle of new rows before it.
 *	 A row that gets another parent, or another key, is looked at when the
 *	 transaction ends, one transaction at a time: who holds the lock has committed
 *	 before the next one looks. Take a circle, and of those who moved rows of it
 *	 the one who held the lock last: all that the others did is there to see. What
 *	 new rows of others are in the circle, and not yet committed, somebody named
 *	 as parent before they were, which the foreign key refused. So the way up from
 *	 the row that was moved last leads back to it.
 *
 * A way that is too long to be walked, or ends in no row, marks the table, too. Who is
 * bound by row security makes no circle, which would close what others see: where the way
 * leads back, the transaction fails.
 * Both triggers fire ALWAYS: foreign keys do not where session_replication_role
 * is replica, which marks the table. While triggers are off they no more fire
 * always once they are on again, which whole.c looks at. Keeps no state.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

#include "frame/frame.h"
#include "guard/trigger.h"
#include "rule/chain.h"
#include "rule/reader.h"
#include "rule/verdict.h"
#include "store/catalog.h"
#include "store/keyscan.h"
#include "store/replica.h"

PG_FUNCTION_INFO_V1(clearance_note_circles);
PG_FUNCTION_INFO_V1(clearance_has_circles);

#define ROWS_A_FETCH 1000

/* So many rows above each other are walked. */
#define MAX_STEPS 1000

/* How a table is looked at. */
typedef struct Watch
{
	ClrBinding *binding;
	bool is_circle;		  /* a way led back */
	int parent;			  /* slot of the column that names a row of the table itself */
	AttrNumber parent_at; /* where it is in the trigger's table */
	AttrNumber key_at;
	Snapshot now; /* all that is committed or this transaction's; NULL: it is not looked at */
	SnapshotData before; /* the same without what this statement wrote */
	ClrReader up;		 /* by key */
	ClrReader down;		 /* by parent */
	ClrReader earlier;	 /* the same, before */
	MemoryContext step;	 /* of one of the rows that are walked */
} Watch;

static int own_parent_slot(const ClrBinding *binding);
static bool new_rows_may(Watch *watch, const TriggerData *data);
static bool have_parents(const Watch *watch, const TriggerData *data, TupleTableSlot *slot);
static bool new_row_may(Watch *watch, TupleTableSlot *slot);
static bool moved_row_may(Watch *watch, const TriggerData *data);
static bool open_watch(Watch *watch, Relation relation);
static void close_watch(Watch *watch);
static bool is_kept(const Watch *watch, Relation relation);
static bool is_such_key(const Watch *watch, Relation relation, const ForeignKeyCacheInfo *key);
static bool
key_in(const ClrBinding *binding, int column, TupleTableSlot *slot, AttrNumber at, ClrKey *key);
static bool is_there(Watch *watch, ClrReader *reader, const ClrKey *key);
static bool find_parent(Watch *watch, const ClrKey *key, ClrKey *parent);
static bool leads_back(Watch *watch, const ClrKey *from, const ClrKey *parent);
static void refuse(const Watch *watch);
static void mark(int32 binding);
static bool add_rows(ClrChains *chains, ClrKeyTable *numbers, ClrKeyClass class);
static int64 number_of(ClrKeyTable *numbers, ClrKeyClass class, Oid type, Datum value);

/*
 * note_circles(): trigger of a table that is its own parent. After a statement
 * with new rows, which are its transition table; deferred, for each row that
 * was moved. Marks the table if it may have a circle.
 */
Datum
clearance_note_circles(PG_FUNCTION_ARGS)
{
	TriggerData *data = CALLED_AS_TRIGGER(fcinfo) ? (TriggerData *) fcinfo->context : NULL;
	bool of_row = data != NULL && TRIGGER_FIRED_FOR_ROW(data->tg_event);
	Watch watch = { 0 };

	/* a subscription may bring rows before their declaration; where there is one, nothing rests on this (whole.c) */
	if (data != NULL && SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA &&
		clr_replica_subscribes() &&
		clr_binding_of_relation(RelationGetRelid(data->tg_relation)) == 0)
		return PointerGetDatum(NULL);
	data =
		clr_trigger_data(fcinfo, TRIGGER_EVENT_AFTER | (of_row ? TRIGGER_EVENT_ROW : 0), !of_row);
	watch.binding = clr_judge_binding(&clr_frame_current()->judge, clr_trigger_binding(data));
	watch.parent = own_parent_slot(watch.binding);
	watch.parent_at =
		clr_binding_attnum(watch.binding, watch.parent, RelationGetDescr(data->tg_relation));
	watch.key_at = clr_binding_attnum(watch.binding, watch.binding->key_slot,
									  RelationGetDescr(data->tg_relation));
	watch.step =
		AllocSetContextCreate(CurrentMemoryContext, "clearance circles", ALLOCSET_SMALL_SIZES);
	if (of_row ? moved_row_may(&watch, data) : new_rows_may(&watch, data))
		mark(watch.binding->id);
	if (watch.is_circle &&
		check_enable_rls(RelationGetRelid(data->tg_relation), InvalidOid, true) == RLS_ENABLED)
		refuse(&watch);
	MemoryContextDelete(watch.step);
	return PointerGetDatum(NULL);
}

/* The trigger is there for one, see triggers_of() in enforce.sql. */
static int
own_parent_slot(const ClrBinding *binding)
{
	ListCell *lc;

	foreach(lc, binding->parents)
		if (((ClrParent *) lfirst(lc))->binding == binding->id)
			return ((ClrParent *) lfirst(lc))->slot;
	elog(ERROR, "table %s is not its own parent", clr_binding_name(binding));
}

/* ---------- new rows ---------- */

/* Whether one of the new rows may be in a circle. */
static bool
new_rows_may(Watch *watch, const TriggerData *data)
{
	TupleTableSlot *slot =
		MakeSingleTupleTableSlot(RelationGetDescr(data->tg_relation), &TTSOpsMinimalTuple);
	bool may = false;

	if (have_parents(watch, data, slot))
	{
		may = !open_watch(watch, data->tg_relation);
		clr_trigger_rewind(data->tg_newtable);
		while (!may && tuplestore_gettupleslot(data->tg_newtable, true, false, slot))
			may = new_row_may(watch, slot);
		close_watch(watch);
	}
	ExecDropSingleTupleTableSlot(slot);
	return may;
}

static bool
have_parents(const Watch *watch, const TriggerData *data, TupleTableSlot *slot)
{
	bool have = false;
	ClrKey parent;

	clr_trigger_rewind(data->tg_newtable);
	while (!have && tuplestore_gettupleslot(data->tg_newtable, true, false, slot))
		have = key_in(watch->binding, watch->parent, slot, watch->parent_at, &parent);
	(void) ExecClearTuple(slot);
	return have;
}

static bool
new_row_may(Watch *watch, TupleTableSlot *slot)
{
	ClrKey key, parent;

	CHECK_FOR_INTERRUPTS();
	if (!key_in(watch->binding, watch->parent, slot, watch->parent_at, &parent))
		return false;
	if (!key_in(watch->binding, watch->binding->key_slot, slot, watch->key_at, &key))
		return true;
	if (!is_there(watch, &watch->down, &key))
		return false;
	if (watch->earlier.relation == NULL)
	{
		clr_reader_open(&watch->earlier, watch->binding, watch->parent, false);
		clr_reader_begin(&watch->earlier, &watch->before);
	}
	return is_there(watch, &watch->earlier, &key) || leads_back(watch, &key, &parent);
}

/* ---------- rows that were moved ---------- */

/* Whether a row that has another parent, or key, may be in a circle. */
static bool
moved_row_may(Watch *watch, const TriggerData *data)
{
	TupleTableSlot *slot =
		MakeSingleTupleTableSlot(RelationGetDescr(data->tg_relation), &TTSOpsHeapTuple);
	ClrKey key, parent;
	bool may = false;

	ExecForceStoreHeapTuple(data->tg_newtuple, slot, false);
	if (key_in(watch->binding, watch->parent, slot, watch->parent_at, &parent))
	{
		LOCKTAG tag;

		SET_LOCKTAG_OBJECT(tag, MyDatabaseId, watch->binding->relid, watch->binding->id, 0);
		(void) LockAcquire(&tag, ExclusiveLock, false, false);
		may = !key_in(watch->binding, watch->binding->key_slot, slot, watch->key_at, &key) ||
			  !open_watch(watch, data->tg_relation) ||
			  (find_parent(watch, &key, &parent) && leads_back(watch, &key, &parent));
		close_watch(watch);
	}
	ExecDropSingleTupleTableSlot(slot);
	return may;
}

/* ---------- looking ---------- */

/* False if nobody can look, or the foreign key does not keep what this rests on. */
static bool
open_watch(Watch *watch, Relation relation)
{
	const ClrBinding *binding = watch->binding;

	if (RelationGetRelid(relation) != binding->relid || !clr_reader_is_plain(binding->relid) ||
		!is_kept(watch, relation))
		return false;
	CommandCounterIncrement(); /* what the statement wrote is there now */
	watch->now = RegisterSnapshot(GetLatestSnapshot());
	watch->before = *watch->now;
	watch->before.curcid = GetActiveSnapshot()->curcid;
	clr_reader_open(&watch->up, binding, binding->key_slot, true);
	clr_reader_open(&watch->down, binding, watch->parent, false);
	if (watch->up.index == NULL || watch->down.index == NULL)
		return false;
	clr_reader_begin(&watch->up, watch->now);
	clr_reader_begin(&watch->down, watch->now);
	return true;
}

static void
close_watch(Watch *watch)
{
	ClrReader *readers[] = { &watch->up, &watch->down, &watch->earlier };

	for (int i = 0; i < (int) lengthof(readers); i++)
		if (readers[i]->relation != NULL)
			clr_reader_close(readers[i]);
	if (watch->now != NULL)
		UnregisterSnapshot(watch->now);
}

/* Whether a foreign key is enforced that has each parent be there when a statement ends. */
static bool
is_kept(const Watch *watch, Relation relation)
{
	List *keys = copyObject(RelationGetFKeyList(relation));
	bool is = SessionReplicationRole != SESSION_REPLICATION_ROLE_REPLICA &&
			  clr_triggers_of_keys_fire(relation);
	bool found = false;
	ListCell *lc;

	foreach(lc, is ? keys : NIL)
		found = found || is_such_key(watch, relation, lfirst(lc));
	list_free_deep(keys);
	return found;
}

/* Other columns of the key are never null, or it might not be asked (MATCH SIMPLE). */
static bool
is_such_key(const Watch *watch, Relation relation, const ForeignKeyCacheInfo *key)
{
	HeapTuple tuple;
	Form_pg_constraint form;
	bool is = false;

	if (key->confrelid != RelationGetRelid(relation))
		return false;
	for (int i = 0; i < key->nkeys; i++)
	{
		if (key->conkey[i] == watch->parent_at && key->confkey[i] == watch->key_at)
			is = true;
		else if (clr_not_null(key->conrelid, key->conkey[i]) == NULL)
			return false;
	}
	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(key->conoid));
	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_constraint) GETSTRUCT(tuple);
	is = is && clr_foreign_key_is_checked(form) && !form->condeferrable &&
		 clr_key_only_refuses(form);
	ReleaseSysCache(tuple);
	return is;
}

/* ---------- rows ---------- */

/* The key in a column of a row, or false if there is none. */
static bool
key_in(const ClrBinding *binding, int column, TupleTableSlot *slot, AttrNumber at, ClrKey *key)
{
	const ClrColumn *bound = &binding->columns[column];
	bool isnull;
	Datum value = slot_getattr(slot, at, &isnull);

	if (isnull)
		return false;
	clr_key_from_datum(value, bound->key_class, bound->type, key);
	return true;
}

/* Whether a scan finds a row. */
static bool
is_there(Watch *watch, ClrReader *reader, const ClrKey *key)
{
	MemoryContext caller = MemoryContextSwitchTo(watch->step);
	bool found = clr_reader_seek(reader, watch->binding, key) && clr_reader_next(reader);

	(void) ExecClearTuple(reader->slot);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(watch->step);
	return found;
}

/* The parent that a row has now; false if it has none, or is not there any more. */
static bool
find_parent(Watch *watch, const ClrKey *key, ClrKey *parent)
{
	ClrReader *up = &watch->up;

	return clr_reader_seek(up, watch->binding, key) && clr_reader_next(up) &&
		   key_in(watch->binding, watch->parent, up->slot, up->attributes[watch->parent], parent);
}

/* Whether the way up from a row with this parent leads back to it, or nobody can tell. */
static bool
leads_back(Watch *watch, const ClrKey *row, const ClrKey *parent)
{
	ClrReader *up = &watch->up;
	MemoryContext caller = MemoryContextSwitchTo(watch->step);
	ClrKey at = *parent;
	bool goes_on = true;
	bool may = false;

	for (int i = 0; goes_on && !may; i++)
	{
		watch->is_circle |= clr_key_equal(&at, row);
		may = i == MAX_STEPS || watch->is_circle || !clr_reader_seek(up, watch->binding, &at) ||
			  !clr_reader_next(up);
		goes_on = !may && key_in(watch->binding, watch->parent, up->slot,
								 up->attributes[watch->parent], &at);
	}
	(void) ExecClearTuple(up->slot);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(watch->step);
	return may;
}

static void
refuse(const Watch *watch)
{
	const char *column = watch->binding->columns[watch->parent].name;

	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("update of %s is not permitted", clr_binding_name(watch->binding)),
			 errdetail(
				 "By column \"%s\" a row would belong to itself, or to what belongs to it: all of "
				 "them would be closed.",
				 column),
			 errhint("Move the rows to a place that is not below them."),
			 clr_verdict_fields(watch->binding->relid, CLR_PARENT_HIDDEN, column)));
}

static void
mark(int32 binding)
{
	static const Oid argtypes[] = { INT4OID };
	Datum args[] = { Int32GetDatum(binding) };
	ClrCatalog state;

	clr_catalog_begin_latest(&state);
	(void)
		clr_catalog_query("SELECT clearance_internal.mark_outlived(b.id) FROM clearance.binding b"
						  " WHERE b.id = $1 AND NOT b.rows_outlived",
						  1, argtypes, args, NULL);
	clr_catalog_end(&state);
}

/* ---------- all rows ---------- */

/*
 * has_circles(relation regclass, key name, above name) returns boolean: is a
 * row below none that has nothing above? Or do keys repeat, so that nobody can tell?
 */
Datum
clearance_has_circles(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);
	const char *key = NameStr(*PG_GETARG_NAME(1));
	const char *above = NameStr(*PG_GETARG_NAME(2));
	ClrTableQuery query = { .columns = psprintf("t.%s, t.%s", quote_identifier(key),
												quote_identifier(above)),
							.rest = "" };
	ClrKeyClass class = clr_key_class(getBaseType(get_atttype(relid, get_attnum(relid, key))));
	ClrChains *chains = clr_chains_new(CurrentMemoryContext);
	ClrKeyTable *numbers = clr_keytab_new(CurrentMemoryContext, 64);
	ClrCatalog state;
	Portal portal;
	bool all = true;

	clr_catalog_begin_owner_latest(&state, relid);
	portal = clr_catalog_open_table(&state, &query);
	do
	{
		SPI_cursor_fetch(portal, true, ROWS_A_FETCH);
		all = all && add_rows(chains, numbers, class);
		SPI_freetuptable(SPI_tuptable);
	} while (SPI_processed > 0);
	SPI_cursor_close(portal);
	clr_catalog_end(&state);
	clr_chains_settle(chains);
	PG_RETURN_BOOL(!all || !clr_chains_are_open(chains));
}

/* Those that were fetched. False if one has no key. */
static bool
add_rows(ClrChains *chains, ClrKeyTable *numbers, ClrKeyClass class)
{
	TupleDesc desc = SPI_tuptable->tupdesc;

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool no_key, no_above;
		Datum key = SPI_getbinval(SPI_tuptable->vals[i], desc, 1, &no_key);
		Datum above = SPI_getbinval(SPI_tuptable->vals[i], desc, 2, &no_above);
		int64 parent = no_above ? 0 : number_of(numbers, class, SPI_gettypeid(desc, 2), above);

		if (no_key)
			return false;
		clr_chains_add(chains, number_of(numbers, class, SPI_gettypeid(desc, 1), key),
					   no_above ? NULL : &parent, chains);
	}
	return true;
}

/* A number for each key: itself, or how many came before. */
static int64
number_of(ClrKeyTable *numbers, ClrKeyClass class, Oid type, Datum value)
{
	ClrKeyEntry *entry;
	ClrKey key;
	bool found;

	clr_key_from_datum(value, class, getBaseType(type), &key);
	if (class == CLR_KEY_INT)
		return key.integer;
	entry = clr_keytab_add(numbers, &key, &found);
	if (!found)
		entry->value = (void *) (intptr_t) clr_keytab_count(numbers);
	return (intptr_t) entry->value;
}
