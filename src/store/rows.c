/*
 * rows.c
 *		Rows of the extension's own tables, found by their indexes.
 *
 * An actor is read from a dozen tables by simple keys. Queries would spend
 * twenty times as long on starting the executor as on the rows, so these go to
 * the tables as the server goes to its catalogs (genam.c), under the snapshot
 * that is active. Joins, and what is read rarely, are queries (catalog.c).
 *
 * Where the tables and their columns are is looked up by name, and kept until
 * a message says that one of them changed.
 */
#include "store/rows.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/itup.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/visibilitymap.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/predicate.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "store/counters.h"

#define MAX_COLUMNS 8

typedef struct Path
{
	const char *table;
	const char *index;
	const char *key;
	const char *columns[MAX_COLUMNS];
} Path;

static const Path paths[] = {
	[CLR_ACCOUNT_BY_ID] = { "account",
							"account_id_is_unique",
							"id",
							{ "key", "active", "portal", "default_external_level_id",
							  "act_as_writes" } },
	[CLR_MEMBER_BY_ID] = { "member",
						   "member_id_is_unique",
						   "id",
						   { "id", "account_id", "key", "partner_id", "customer_id",
							 "partner_admin", "status" } },
	[CLR_MEMBERS_OF_PARTNER] = { "member",
								 "member_of_partner",
								 "partner_id",
								 { "id", "account_id", "key", "partner_id", "customer_id",
								   "partner_admin", "status" } },
	[CLR_MEMBERS_OF_CUSTOMER] = { "member",
								  "member_of_customer",
								  "customer_id",
								  { "id", "account_id", "key", "partner_id", "customer_id",
									"partner_admin", "status" } },
	[CLR_MEMBERS_OF_TEAM] = { "member",
							  "member_of_team",
							  "account_id",
							  { "id", "account_id", "key", "partner_id", "customer_id",
								"partner_admin", "status" } },
	[CLR_RESOURCES_OF_SUPERVISOR] = { "resource",
									  "resource_of_supervisor",
									  "supervisor_id",
									  { "member_id" } },
	[CLR_PARTNER_BY_ID] = { "partner",
							"partner_id_is_unique",
							"id",
							{ "account_id", "active", "level_id" } },
	[CLR_CUSTOMER_BY_ID] = { "customer",
							 "customer_id_is_unique",
							 "id",
							 { "account_id", "active" } },
	[CLR_ROLES_OF_MEMBER] = { "member_role",
							  "member_role_is_held_once",
							  "member_id",
							  { "role_id" } },
	[CLR_ROLE_BY_ID] = { "role", "role_id_is_unique", "id", { "level_id" } },
	[CLR_LEVEL_BY_ID] = { "level", "level_id_is_unique", "id", { "account_id" } },
	[CLR_LOGIN_BY_ROLE] = { "login_role",
							"login_role_is_mapped_once",
							"role",
							{ "member_id", "partner_id", "setting", "claim", "names",
							  "account_id" } },
	[CLR_SWITCHES_OF_MEMBER] = { "member_switch",
								 "switch_is_set_once",
								 "member_id",
								 { "feature", "action" } },
	[CLR_PROJECTS_OF_MEMBER] = { "project_member",
								 "project_of_member",
								 "member_id",
								 { "project_id", "starts_at", "ends_at", "level_id", "is_owner",
								   "through_phase" } },
	[CLR_PROJECTS_OF_PARTNER] = { "project_partner",
								  "project_of_partner",
								  "partner_id",
								  { "project_id", "starts_at", "ends_at", "level_id" } },
	[CLR_PROJECTS_OF_CUSTOMER] = { "project_customer",
								   "project_of_customer",
								   "customer_id",
								   { "project_id", "starts_at", "ends_at" } },
	[CLR_PROJECT_BY_ID] = { "project",
							"project_id_is_unique",
							"id",
							{ "id", "account_id", "key", "archived", "portal", "client_upload",
							  "by_phase", "open_level_id" } },
	[CLR_PROJECT_BY_KEY] = { "project",
							 "project_key_is_unique",
							 "key",
							 { "id", "account_id", "key", "archived", "portal", "client_upload",
							   "by_phase", "open_level_id" } },
	[CLR_PROJECTS_OF_ACCOUNT] = { "project",
								  "project_is_found_with_its_account",
								  "account_id",
								  { "id", "account_id", "key", "archived", "portal",
									"client_upload", "by_phase", "open_level_id" } },
	[CLR_OPEN_PROJECTS_OF_ACCOUNT] = { "project", "open_project", "account_id", { "id" } },
	[CLR_FEATURES_OFF] = { "project_feature_off",
						   "feature_is_switched_off_once",
						   "project_id",
						   { "project_id", "feature" } },
	[CLR_MEMBER_ON_PROJECT] = { "project_member",
								"membership_is_said_once_by_a_source",
								"project_id",
								{ "project_id", "starts_at", "ends_at", "level_id", "is_owner",
								  "through_phase" } },
	[CLR_PARTNER_ON_PROJECT] = { "project_partner",
								 "partner_is_on_a_project_once",
								 "project_id",
								 { "project_id", "starts_at", "ends_at", "level_id" } },
	[CLR_CUSTOMER_ON_PROJECT] = { "project_customer",
								  "customer_is_on_a_project_once",
								  "project_id",
								  { "project_id", "starts_at", "ends_at" } },
	[CLR_VERSION_OF_PART] = { "version_part", "version_of_part", "part", { "changed_by" } },
	[CLR_LEVELS_OF_ACCOUNT] = { "level",
								"level_name_is_unique_in_its_account",
								"account_id",
								{ "account_id" } },
};

/* The second key of paths that have one. It is a bigint. */
static const char *const seconds[lengthof(paths)] = {
	[CLR_MEMBER_ON_PROJECT] = "member_id",
	[CLR_PARTNER_ON_PROJECT] = "partner_id",
	[CLR_CUSTOMER_ON_PROJECT] = "customer_id",
};

/* Where a path leads in this database. */
static struct
{
	Oid table; /* invalid: not known */
	Oid index;
	AttrNumber key;
	Oid key_type;
	AttrNumber second;
	AttrNumber columns[MAX_COLUMNS];
	bool covered;					  /* the index has all columns */
	AttrNumber in_index[MAX_COLUMNS]; /* their places there */
} places[lengthof(paths)];

static uint64 messages = 0;

static Relation open_table(ClrPath path);
static void find_place(ClrPath path);
static Oid read_place(ClrPath path);
static void find_in_index(ClrPath path);
static void begin(ClrRows *rows, ClrPath path, const int64 *key, const int64 *second);
static bool open_by_index(ClrRows *rows, ClrPath path);
static void make_room(ClrRows *rows);
static void begin_in_table(ClrRows *rows, const int64 *key, const int64 *second, bool by_index);
static void begin_in_index(ClrRows *rows, int64 key);
static void make_key(ScanKey scan_key, ClrPath path, AttrNumber attribute, int64 key);
static bool next_in_index(ClrRows *rows);
static void forget_places(Datum arg, Oid relation);
static Datum column_value(const ClrRows *rows, int column);

void
clr_rows_init(void)
{
	CacheRegisterRelcacheCallback(forget_places, (Datum) 0);
}

static void
forget_places(Datum arg, Oid relation)
{
	messages++;
	for (int i = 0; i < (int) lengthof(places); i++)
		if (!OidIsValid(relation) || places[i].table == relation || places[i].index == relation)
			places[i].table = InvalidOid;
}

/*
 * Rows with this value in the path's key, or (NULL) all of the table.
 */
void
clr_rows_begin(ClrRows *rows, ClrPath path, const int64 *key)
{
	begin(rows, path, key, NULL);
}

/*
 * Rows with these values in the path's two keys.
 */
void
clr_rows_begin_pair(ClrRows *rows, ClrPath path, int64 key, int64 second)
{
	begin(rows, path, &key, &second);
}

/* From the start, with another value in the one key of a path that is not read from its index. */
void
clr_rows_again(ClrRows *rows, int64 key)
{
	bool by_index = rows->scan->iscan != NULL;
	ScanKeyData scan_key;

	make_key(&scan_key, rows->path, by_index ? 1 : places[rows->path].key, key);
	if (by_index)
		index_rescan(rows->scan->iscan, &scan_key, 1, NULL, 0);
	else
		table_rescan(rows->scan->scan, &scan_key);
}

/*
 * Rows with a text in the path's key, which compares as its index does.
 */
void
clr_rows_begin_text(ClrRows *rows, ClrPath path, const char *key)
{
	bool by_index = open_by_index(rows, path);
	ScanKeyData scan_key;

	ScanKeyEntryInitialize(&scan_key, 0, places[path].key, BTEqualStrategyNumber, TEXTOID,
						   rows->index->rd_indcollation[0], F_TEXTEQ, CStringGetTextDatum(key));
	rows->scan = systable_beginscan(rows->relation, places[path].index, by_index,
									GetActiveSnapshot(), 1, &scan_key);
	make_room(rows);
}

static void
begin(ClrRows *rows, ClrPath path, const int64 *key, const int64 *second)
{
	bool by_index = open_by_index(rows, path) && key != NULL;

	if (by_index && second == NULL && places[path].covered)
		begin_in_index(rows, *key);
	else
		begin_in_table(rows, key, second, by_index);
	make_room(rows);
}

/* The table and the index of a path; whether the index is usable. */
static bool
open_by_index(ClrRows *rows, ClrPath path)
{
	*rows = (ClrRows){ .path = path, .map = InvalidBuffer };
	rows->relation = open_table(path);
	rows->index = index_open(places[path].index, AccessShareLock);
	return clr_rows_index_is_usable(rows->index);
}

static void
make_room(ClrRows *rows)
{
	int natts = RelationGetNumberOfAttributes(rows->scan != NULL ? rows->relation : rows->index);

	rows->values = palloc(natts * (sizeof(Datum) + sizeof(bool)));
	rows->nulls = (bool *) (rows->values + natts);
}

/* The place is that of the table as it is locked: waiting for the lock may have brought news. */
static Relation
open_table(ClrPath path)
{
	for (;;)
	{
		Relation relation;

		if (!OidIsValid(places[path].table))
			find_place(path);
		relation = table_open(places[path].table, AccessShareLock);
		if (OidIsValid(places[path].table))
			return relation;
		table_close(relation, AccessShareLock);
	}
}

static void
begin_in_table(ClrRows *rows, const int64 *key, const int64 *second, bool by_index)
{
	ScanKeyData scan_keys[2];
	int keys = 0;

	if (key != NULL)
		make_key(&scan_keys[keys++], rows->path, places[rows->path].key, *key);
	if (second != NULL)
		ScanKeyInit(&scan_keys[keys++], places[rows->path].second, BTEqualStrategyNumber, F_INT8EQ,
					Int64GetDatum(*second));
	rows->scan = systable_beginscan(rows->relation, places[rows->path].index, by_index,
									GetActiveSnapshot(), keys, scan_keys);
}

static void
begin_in_index(ClrRows *rows, int64 key)
{
	ScanKeyData scan_key;

	make_key(&scan_key, rows->path, 1, key);
	rows->slot = table_slot_create(rows->relation, NULL);
	rows->index_scan = index_beginscan(rows->relation, rows->index, GetActiveSnapshot(), 1, 0);
	rows->index_scan->xs_want_itup = true;
	index_rescan(rows->index_scan, &scan_key, 1, NULL, 0);
}

static void
make_key(ScanKey scan_key, ClrPath path, AttrNumber attribute, int64 key)
{
	RegProcedure equal = F_INT8EQ;
	Datum value = Int64GetDatum(key);

	switch (places[path].key_type)
	{
		case INT8OID:
			break;
		case INT4OID:
			equal = F_INT4EQ;
			value = Int32GetDatum((int32) key);
			break;
		case REGROLEOID:
			equal = F_OIDEQ;
			value = ObjectIdGetDatum((Oid) key);
			break;
		default:
			elog(ERROR, "clearance.%s is not found by keys of type %u", paths[path].table,
				 places[path].key_type);
	}
	ScanKeyInit(scan_key, attribute, BTEqualStrategyNumber, equal, value);
}

bool
clr_rows_next(ClrRows *rows)
{
	HeapTuple row;

	if (rows->scan == NULL)
		return next_in_index(rows);
	row = systable_getnext(rows->scan);
	if (row == NULL)
		return false;
	heap_deform_tuple(row, RelationGetDescr(rows->relation), rows->values, rows->nulls);
	return true;
}

/* As IndexOnlyNext() in nodeIndexonlyscan.c, which says why the order of steps is right. */
static bool
next_in_index(ClrRows *rows)
{
	IndexScanDesc scan = rows->index_scan;
	ItemPointer tid;

	while ((tid = index_getnext_tid(scan, ForwardScanDirection)) != NULL)
	{
		BlockNumber block = ItemPointerGetBlockNumber(tid);

		CHECK_FOR_INTERRUPTS();
		if (VM_ALL_VISIBLE(rows->relation, block, &rows->map))
			PredicateLockPage(rows->relation, block, scan->xs_snapshot);
		else
		{
			if (!index_fetch_heap(scan, rows->slot))
				continue;
			ExecClearTuple(rows->slot);
			if (scan->xs_heap_continue)
				elog(ERROR, "non-MVCC snapshots are not supported in index-only scans");
		}
		index_deform_tuple(scan->xs_itup, scan->xs_itupdesc, rows->values, rows->nulls);
		return true;
	}
	return false;
}

/*
 * The one row with this key; end it if it is there. The key zero has none.
 */
bool
clr_rows_one(ClrRows *rows, ClrPath path, int64 key)
{
	if (key == 0)
		return false;
	clr_rows_begin(rows, path, &key);
	if (clr_rows_next(rows))
		return true;
	clr_rows_end(rows);
	return false;
}

void
clr_rows_end(ClrRows *rows)
{
	pfree(rows->values);
	if (rows->scan != NULL)
		systable_endscan(rows->scan);
	else
	{
		if (BufferIsValid(rows->map))
			ReleaseBuffer(rows->map);
		index_endscan(rows->index_scan);
		ExecDropSingleTupleTableSlot(rows->slot);
	}
	index_close(rows->index, AccessShareLock);
	table_close(rows->relation, AccessShareLock);
}

/* A table of ours. */
Relation
clr_rows_open_table(const char *table, LOCKMODE lockmode)
{
	Oid namespace = get_namespace_oid("clearance", true);
	Oid relid = OidIsValid(namespace) ? get_relname_relid(table, namespace) : InvalidOid;

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), clr_count(CLR_ERROR_INCOMPLETE),
				 errmsg("the extension pg_clearance is not complete in this database"),
				 errdetail("Table clearance.%s is missing.", table),
				 errhint("Create the extension again.")));
	return table_open(relid, lockmode);
}

/* Let go of dead rows: scans under SnapshotSelf, unlike those of queries, leave them there. */
void
clr_rows_prune(Relation relation, BlockNumber block)
{
	Buffer buffer = ReadBuffer(relation, block);

	heap_page_prune_opt(relation, buffer);
	ReleaseBuffer(buffer);
}

/* Again, if a message came meanwhile: what was read may be older. */
static void
find_place(ClrPath path)
{
	uint64 before;
	Oid table;

	do
	{
		before = messages;
		table = read_place(path);
	} while (before != messages);
	places[path].table = table;
}

static Oid
read_place(ClrPath path)
{
	Oid namespace = get_namespace_oid("clearance", false);
	Oid table = get_relname_relid(paths[path].table, namespace);

	places[path].index = get_relname_relid(paths[path].index, namespace);
	if (!OidIsValid(table) || !OidIsValid(places[path].index))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), clr_count(CLR_ERROR_INCOMPLETE),
				 errmsg("the extension pg_clearance is not complete in this database"),
				 errdetail("Table clearance.%s or its index %s is missing.", paths[path].table,
						   paths[path].index),
				 errhint("Create the extension again.")));
	places[path].key = get_attnum(table, paths[path].key);
	places[path].key_type = get_atttype(table, places[path].key);
	if (seconds[path] != NULL)
		places[path].second = get_attnum(table, seconds[path]);
	for (int i = 0; i < MAX_COLUMNS && paths[path].columns[i] != NULL; i++)
		places[path].columns[i] = get_attnum(table, paths[path].columns[i]);
	find_in_index(path);
	return table;
}

/* Whether the index has the key first, and all columns. */
static void
find_in_index(ClrPath path)
{
	Relation index = index_open(places[path].index, AccessShareLock);
	const int16 *attributes = index->rd_index->indkey.values;

	places[path].covered =
		index->rd_rel->relam == BTREE_AM_OID && attributes[0] == places[path].key;
	for (int i = 0; i < MAX_COLUMNS && paths[path].columns[i] != NULL; i++)
	{
		int at = 0;

		while (at < index->rd_index->indnatts && attributes[at] != places[path].columns[i])
			at++;
		places[path].in_index[i] = at + 1;
		places[path].covered &= at < index->rd_index->indnatts;
	}
	index_close(index, AccessShareLock);
}

/*
 * Whether an index holds every row that the snapshot sees; else the table is
 * searched. As the planner has it (get_relation_info, plancat.c).
 */
bool
clr_rows_index_is_usable(Relation index)
{
	return index->rd_index->indisvalid &&
		   (!index->rd_index->indcheckxmin ||
			TransactionIdPrecedes(HeapTupleHeaderGetXmin(index->rd_indextuple->t_data),
								  TransactionXmin));
}

/* ---------- columns ---------- */

/* NULL as zero, which no value of a key or pointer is. */
static Datum
column_value(const ClrRows *rows, int column)
{
	AttrNumber attribute = rows->scan != NULL ? places[rows->path].columns[column] :
												places[rows->path].in_index[column];

	if (attribute <= 0)
		elog(ERROR, "column %s of clearance.%s is missing", paths[rows->path].columns[column],
			 paths[rows->path].table);
	return rows->nulls[attribute - 1] ? (Datum) 0 : rows->values[attribute - 1];
}

int64
clr_rows_int64(const ClrRows *rows, int column)
{
	return DatumGetInt64(column_value(rows, column));
}

int32
clr_rows_int32(const ClrRows *rows, int column)
{
	return DatumGetInt32(column_value(rows, column));
}

bool
clr_rows_bool(const ClrRows *rows, int column)
{
	return DatumGetBool(column_value(rows, column));
}

TimestampTz
clr_rows_timestamptz(const ClrRows *rows, int column)
{
	return DatumGetTimestampTz(column_value(rows, column));
}

/* A copy in the current context. */
char *
clr_rows_text(const ClrRows *rows, int column)
{
	Datum value = column_value(rows, column);

	return value == 0 ? NULL : TextDatumGetCString(value);
}
