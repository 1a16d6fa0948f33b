/*
 * whole.c
 *		Actors to whom every row of a table is open.
 *
 * A plan for such an actor tests nothing (simplify.c); it is marked, and this
 * is asked again whenever it starts (set.c). Every row is open if
 *
 *	 the actor sees the account: not only what it is a member of
 *	 its projects all have the class ALL in the table, and are all there are
 *	 every row is in one of them: the project column is not null, a foreign key
 *	 refers to a table of projects, and that one's rows are all registered. The
 *	 table of projects itself needs the last of this only
 *
 * A constraint says something about the rows that a snapshot sees if the
 * snapshot sees the constraint as it is now; the same goes for the triggers
 * that note new keys of projects in clearance.version. So what was found about
 * registration holds while the version and those triggers are the same. In
 * between, foreign keys may be yet to check: a query that runs then, in a
 * trigger, gets no such plan.
 *
 * Not seen is what happened while somebody had switched foreign keys off; see
 * doc/limits.md.
 *
 * State: what is known of the last table of projects.
 */
#include "whole.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "catalog.h"
#include "ddl.h"
#include "rule.h"
#include "shape.h"
#include "version.h"

#define ROWS_A_FETCH 1000

/* The triggers that note new keys of projects, see create_triggers() in enforce.sql. */
static const char *const note_triggers[] = { CLR_TRIGGER_PREFIX "note_insert",
											 CLR_TRIGGER_PREFIX "note_key" };

/* The trigger as it is: another one, or altered, is another row of pg_trigger. */
typedef struct NoteTrigger
{
	Oid oid;
	TransactionId written_by;
} NoteTrigger;

/* What a table of projects and clearance.project say together. */
typedef struct Registration
{
	Oid table; /* InvalidOid: nothing is known */
	NoteTrigger triggers[lengthof(note_triggers)];
	ClrVersion version; /* under which it was found, of projects and accounts */
	bool complete;		/* one account has all projects, and all rows are registered */
	int64 projects;
} Registration;

static Registration known;

static bool sees_account(ClrScope *scope);
static ClrBinding *projects_of(ClrFrame *frame, ClrBinding *binding, Snapshot snapshot);
static ClrBinding *referenced_by(ClrFrame *frame, ClrBinding *binding, Relation relation,
								 const ForeignKeyCacheInfo *key, Snapshot snapshot);
static bool is_in_force(Relation relation, Oid constraint);
static bool is_pending(Oid relid);
static bool never_null(Oid relid, AttrNumber column, Snapshot snapshot);
static bool sees(Snapshot snapshot, HeapTuple tuple);
static bool compares_bytes(const ForeignKeyCacheInfo *key, Relation referencing);
static bool find_triggers(Oid relid, Snapshot snapshot, NoteTrigger *triggers);
static bool registration_of(ClrBinding *projects, Snapshot snapshot, Registration *found);
static void read_registration(ClrBinding *projects, Registration *found);
static bool read_registered(ClrBinding *projects, Registration *found, ClrKeyTable *keys);
static bool all_are_in(ClrBinding *projects, ClrKeyTable *keys);

/* Whether a plan should rely on it: while it can be found out without reading much. */
bool
clr_whole_is_likely(ClrFrame *frame, ClrBinding *binding)
{
	return !clr_version_changed_here(CLR_CHANGED_PROJECTS) && !IsolationIsSerializable() &&
		   clr_whole_holds(frame, binding);
}

/*
 * Whether the frame's actor may see every row of the table that the frame's
 * snapshot sees.
 */
bool
clr_whole_holds(ClrFrame *frame, ClrBinding *binding)
{
	Snapshot snapshot = frame->snapshot;
	ClrBinding *projects;
	Registration found;
	const ClrShape *shape;

	if (snapshot == NULL && ActiveSnapshotSet())
		snapshot = GetActiveSnapshot();
	if (snapshot == NULL || !IsMVCCSnapshot(snapshot) || binding->link_only ||
		binding->project_slot == CLR_NO_SLOT || !sees_account(clr_frame_scope(frame)))
		return false;
	shape = clr_shape_of(frame, binding, CLR_VIEW);
	if (shape->classes != CLR_CLASS_BIT(CLR_CLASS_ALL))
		return false;
	projects = projects_of(frame, binding, snapshot);
	return projects != NULL && registration_of(projects, snapshot, &found) && found.complete &&
		   clr_keytab_count(shape->open) == found.projects;
}

/*
 * Others may be on all projects too, but a new one would end that, and their
 * cached plans would be errors.
 */
static bool
sees_account(ClrScope *scope)
{
	return scope->no_standing == NULL && scope->audience == CLR_VENDOR &&
		   clr_rule_permits_act(scope, scope->account_level,
								clr_scope_action(scope, "project", "view"));
}

/* ---------- every row has a project ---------- */

/*
 * The table of projects that has a row for each row of a table; NULL if that
 * is not sure.
 */
static ClrBinding *
projects_of(ClrFrame *frame, ClrBinding *binding, Snapshot snapshot)
{
	const char *column = binding->columns[binding->project_slot].name;
	Relation relation = table_open(binding->relid, AccessShareLock);
	bool has_children =
		relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE && relation->rd_rel->relhassubclass;
	AttrNumber attnum = get_attnum(binding->relid, column);
	ClrBinding *projects = NULL;
	ListCell *lc;

	/* children have constraints of their own; partitions have those of their table */
	if (has_children || is_pending(binding->relid))
		projects = NULL;
	else if (strcmp(binding->feature, "project") == 0)
		projects = binding;
	else if (never_null(binding->relid, attnum, snapshot))
	{
		List *keys = copyObject(RelationGetFKeyList(relation));

		foreach(lc, keys)
		{
			ForeignKeyCacheInfo *key = lfirst(lc);

			if (projects == NULL && key->nkeys == 1 && key->conkey[0] == attnum)
				projects = referenced_by(frame, binding, relation, key, snapshot);
		}
		list_free_deep(keys);
	}
	table_close(relation, AccessShareLock);
	return projects;
}

/* The table of projects that a foreign key refers to, if the key holds in the snapshot. */
static ClrBinding *
referenced_by(ClrFrame *frame, ClrBinding *binding, Relation relation,
			  const ForeignKeyCacheInfo *key, Snapshot snapshot)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(key->conoid));
	Form_pg_constraint constraint;
	ClrBinding *projects;
	Relation referenced;
	int32 id;
	bool holds;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	constraint = (Form_pg_constraint) GETSTRUCT(tuple);
	holds = constraint->convalidated && !constraint->condeferrable && sees(snapshot, tuple);
	ReleaseSysCache(tuple);
	id = holds ? clr_binding_of_relation(key->confrelid) : 0;
	if (id == 0)
		return NULL;
	projects = clr_frame_binding(frame, id);
	if (projects->relid != key->confrelid || projects->link_only ||
		strcmp(projects->feature, "project") != 0 ||
		get_attnum(key->confrelid, projects->columns[projects->project_slot].name) !=
			key->confkey[0] ||
		projects->columns[projects->project_slot].key_class !=
			binding->columns[binding->project_slot].key_class)
		return NULL;
	referenced = table_open(key->confrelid, AccessShareLock);
	holds = is_in_force(relation, key->conoid) && is_in_force(referenced, key->conoid) &&
			!is_pending(key->confrelid) && compares_bytes(key, relation) &&
			compares_bytes(key, referenced);
	table_close(referenced, AccessShareLock);
	return holds ? projects : NULL;
}

/* Whether the triggers of a foreign key fire. */
static bool
is_in_force(Relation relation, Oid constraint)
{
	for (int i = 0; relation->trigdesc != NULL && i < relation->trigdesc->numtriggers; i++)
	{
		Trigger *trigger = &relation->trigdesc->triggers[i];

		if (trigger->tgconstraint == constraint && trigger->tgenabled != TRIGGER_FIRES_ON_ORIGIN &&
			trigger->tgenabled != TRIGGER_FIRES_ALWAYS)
			return false;
	}
	return true;
}

/* Whether the transaction changed rows of a table and has yet to check, or note, what follows. */
static bool
is_pending(Oid relid)
{
	ListCell *lc;

	if (!TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return false;
	foreach(lc, find_all_inheritors(relid, NoLock, NULL))
		if (AfterTriggerPendingOnRel(lfirst_oid(lc)))
			return true;
	return false;
}

static bool
never_null(Oid relid, AttrNumber column, Snapshot snapshot)
{
	HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(column));
	bool holds;

	if (!HeapTupleIsValid(tuple))
		return false;
	holds = ((Form_pg_attribute) GETSTRUCT(tuple))->attnotnull && sees(snapshot, tuple);
	ReleaseSysCache(tuple);
	return holds;
}

/*
 * Whether a row of the catalog is as it was when the snapshot was taken (as
 * for indexes, see indcheckxmin in get_relation_info(), plancat.c).
 */
static bool
sees(Snapshot snapshot, HeapTuple tuple)
{
	return !XidInMVCCSnapshot(HeapTupleHeaderGetXmin(tuple->t_data), snapshot);
}

/*
 * Whether keys that the foreign key takes for the same are so for the rule:
 * not where a collation says that different texts are equal, nor by an
 * operator of somebody's own.
 */
static bool
compares_bytes(const ForeignKeyCacheInfo *key, Relation relation)
{
	AttrNumber column =
		RelationGetRelid(relation) == key->confrelid ? key->confkey[0] : key->conkey[0];
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), column - 1);
	Oid family =
		lookup_type_cache(getBaseType(attribute->atttypid), TYPECACHE_BTREE_OPFAMILY)->btree_opf;

	return op_in_opfamily(key->conpfeqop[0], family) &&
		   (!OidIsValid(attribute->attcollation) ||
			get_collation_isdeterministic(attribute->attcollation));
}

/* ---------- every project is registered ---------- */

/*
 * What is known, or else found out, of a table of projects. False if nobody
 * would note new keys in it.
 */
static bool
registration_of(ClrBinding *projects, Snapshot snapshot, Registration *found)
{
	static ClrVersion version;
	/* others note nothing of what this transaction does, see version.c and kept.c */
	bool keepable = !clr_version_changed_here(CLR_CHANGED_PROJECTS) && !IsolationIsSerializable();

	found->table = projects->relid;
	if (!find_triggers(projects->relid, snapshot, found->triggers))
		return false;
	if (!keepable)
	{
		read_registration(projects, found);
		return true;
	}
	clr_version_read(&version, snapshot);
	if (known.table != projects->relid ||
		!clr_version_same(&known.version, &version, CLR_CHANGED_PROJECTS) ||
		memcmp(known.triggers, found->triggers, sizeof(known.triggers)) != 0)
	{
		read_registration(projects, found);
		known.table = InvalidOid;
		if (known.version.notes != NULL)
			pfree(known.version.notes);
		known.version.notes = NULL;
		clr_version_copy(&known.version, &version, TopMemoryContext);
		memcpy(known.triggers, found->triggers, sizeof(known.triggers));
		known.complete = found->complete;
		known.projects = found->projects;
		known.table = projects->relid;
	}
	found->complete = known.complete;
	found->projects = known.projects;
	return true;
}

/*
 * The triggers that note new keys, if the snapshot sees them as they are now
 * and they always fire. Not in tables with children or partitions.
 */
static bool
find_triggers(Oid relid, Snapshot snapshot, NoteTrigger *triggers)
{
	Relation catalog;
	bool found = true;

	if (get_rel_relkind(relid) != RELKIND_RELATION || has_subclass(relid))
		return false;
	catalog = table_open(TriggerRelationId, AccessShareLock);
	for (int i = 0; found && i < (int) lengthof(note_triggers); i++)
	{
		ScanKeyData keys[2];
		SysScanDesc scan;
		HeapTuple tuple;

		ScanKeyInit(&keys[0], Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(relid));
		ScanKeyInit(&keys[1], Anum_pg_trigger_tgname, BTEqualStrategyNumber, F_NAMEEQ,
					CStringGetDatum(note_triggers[i]));
		scan = systable_beginscan(catalog, TriggerRelidNameIndexId, true, NULL, 2, keys);
		tuple = systable_getnext(scan);
		found = HeapTupleIsValid(tuple) && sees(snapshot, tuple) &&
				((Form_pg_trigger) GETSTRUCT(tuple))->tgenabled == TRIGGER_FIRES_ALWAYS;
		if (found)
		{
			triggers[i].oid = ((Form_pg_trigger) GETSTRUCT(tuple))->oid;
			triggers[i].written_by = HeapTupleHeaderGetRawXmin(tuple->t_data);
		}
		systable_endscan(scan);
	}
	table_close(catalog, AccessShareLock);
	return found;
}

static void
read_registration(ClrBinding *projects, Registration *found)
{
	ClrKeyTable *keys = clr_keytab_new(CurrentMemoryContext, 64);

	found->complete = read_registered(projects, found, keys) && all_are_in(projects, keys);
}

/* The keys of all projects that are registered. False if they are not one account's. */
static bool
read_registered(ClrBinding *projects, Registration *found, ClrKeyTable *keys)
{
	ClrKeyClass class = projects->columns[projects->project_slot].key_class;
	ClrCatalog state;
	bool one_account;

	clr_catalog_begin(&state);
	(void) clr_catalog_query("SELECT count(*) = 1 FROM clearance.account", 0, NULL, NULL, NULL);
	one_account = clr_column_bool(0, 1);
	found->projects = clr_catalog_query("SELECT key FROM clearance.project", 0, NULL, NULL, NULL);
	for (int64 i = 0; i < found->projects; i++)
	{
		ClrKey key;
		bool is_known;

		if (clr_key_from_text(clr_column_text(i, 1), class, &key))
			(void) clr_keytab_add(keys, &key, &is_known);
	}
	clr_catalog_end(&state);
	return one_account;
}

/* Whether each row of the table of projects has one of the keys. */
static bool
all_are_in(ClrBinding *projects, ClrKeyTable *keys)
{
	const ClrColumn *column = &projects->columns[projects->project_slot];
	ClrTableQuery query = { .rest = "" };
	ClrCatalog state;
	Portal portal;
	bool all = true;
	uint64 rows;

	query.columns = psprintf("t.%s", quote_identifier(column->name));
	clr_catalog_begin_owner(&state, projects->relid);
	portal = clr_catalog_open_table(&state, &query);
	do
	{
		SPI_cursor_fetch(portal, true, ROWS_A_FETCH);
		rows = SPI_processed;
		for (uint64 i = 0; all && i < rows; i++)
		{
			bool isnull;
			Datum value = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);
			ClrKey key;

			if (!isnull)
				clr_key_from_datum(value, column->key_class, column->type, &key);
			all = !isnull && clr_keytab_find(keys, &key) != NULL;
		}
		SPI_freetuptable(SPI_tuptable);
	} while (all && rows > 0);
	SPI_cursor_close(portal);
	clr_catalog_end(&state);
	return all;
}
