/*
 * rows.c
 *		Rows of the extension's own tables, found by their indexes.
 *
 * Actors, levels and declarations are read from two dozen tables by simple keys.
 * Queries would spend twenty times as long on starting the executor as on the rows
 * (and the first ones of a connection, on being planned), so these go to the
 * tables as the server goes to its catalogs (genam.c), under the snapshot that is
 * active. Joins, and what is read rarely, are queries (catalog.c).
 *
 * A table of a few blocks is searched itself: that takes less than the way through
 * an index, and far less where the session has not opened that one yet. But
 * whoever searches a table has read all of it, as SERIALIZABLE sees it, so there an
 * index is asked.
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
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/predicate.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "store/counters.h"

#define MAX_COLUMNS 20
#define MAX_KEYS 2

/* Of what is read as a whole, or by a part of it. */
#define FEW_BLOCKS 32

typedef struct Path
{
	const char *table;
	const char *index; /* NULL: it is always searched */
	const char *keys[MAX_KEYS];
	const char *columns[MAX_COLUMNS];
	BlockNumber few; /* a table of so many blocks is searched; zero: of one */
} Path;

static const Path paths[] = {
	[CLR_ACCOUNT_BY_ID] = { "account",
							"account_id_is_unique",
							{ "id" },
							{ "key", "active", "portal", "default_external_level_id",
							  "act_as_writes" } },
	[CLR_MEMBER_BY_ID] = { "member",
						   "member_id_is_unique",
						   { "id" },
						   { "id", "account_id", "key", "partner_id", "customer_id",
							 "partner_admin", "status" } },
	[CLR_MEMBERS_OF_PARTNER] = { "member",
								 "member_of_partner",
								 { "partner_id" },
								 { "id", "account_id", "key", "partner_id", "customer_id",
								   "partner_admin", "status" } },
	[CLR_MEMBERS_OF_CUSTOMER] = { "member",
								  "member_of_customer",
								  { "customer_id" },
								  { "id", "account_id", "key", "partner_id", "customer_id",
									"partner_admin", "status" } },
	[CLR_MEMBERS_OF_TEAM] = { "member",
							  "member_of_team",
							  { "account_id" },
							  { "id", "account_id", "key", "partner_id", "customer_id",
								"partner_admin", "status" } },
	[CLR_RESOURCES_OF_SUPERVISOR] = { "resource",
									  "resource_of_supervisor",
									  { "supervisor_id" },
									  { "member_id" } },
	[CLR_PARTNER_BY_ID] = { "partner",
							"partner_id_is_unique",
							{ "id" },
							{ "account_id", "active", "level_id" } },
	[CLR_CUSTOMER_BY_ID] = { "customer",
							 "customer_id_is_unique",
							 { "id" },
							 { "account_id", "active" } },
	[CLR_ROLES_OF_MEMBER] = { "member_role",
							  "member_role_is_held_once",
							  { "member_id" },
							  { "role_id" } },
	[CLR_ROLE_BY_ID] = { "role", "role_id_is_unique", { "id" }, { "level_id" } },
	[CLR_LEVEL_BY_ID] = { "level", "level_id_is_unique", { "id" }, { "account_id" } },
	[CLR_LOGIN_BY_ROLE] = { "login_role",
							"login_role_is_mapped_once",
							{ "role" },
							{ "member_id", "partner_id", "setting", "claim", "names", "account_id",
							  "by_set_role" } },
	[CLR_SWITCHES_OF_MEMBER] = { "member_switch",
								 "switch_is_set_once",
								 { "member_id" },
								 { "feature", "action" } },
	[CLR_PROJECTS_OF_MEMBER] = { "project_member",
								 "project_of_member",
								 { "member_id" },
								 { "project_id", "starts_at", "ends_at", "level_id", "is_owner",
								   "through_phase" } },
	[CLR_PROJECTS_OF_PARTNER] = { "project_partner",
								  "project_of_partner",
								  { "partner_id" },
								  { "project_id", "starts_at", "ends_at", "level_id" } },
	[CLR_PROJECTS_OF_CUSTOMER] = { "project_customer",
								   "project_of_customer",
								   { "customer_id" },
								   { "project_id", "starts_at", "ends_at" } },
	[CLR_PROJECT_BY_ID] = { "project",
							"project_id_is_unique",
							{ "id" },
							{ "id", "account_id", "key", "archived", "portal", "client_upload",
							  "by_phase", "open_level_id", "read_only" } },
	[CLR_PROJECT_BY_KEY] = { "project",
							 "project_key_is_unique",
							 { "key" },
							 { "id", "account_id", "key", "archived", "portal", "client_upload",
							   "by_phase", "open_level_id", "read_only" } },
	[CLR_PROJECTS_OF_ACCOUNT] = { "project",
								  "project_is_found_with_its_account",
								  { "account_id" },
								  { "id", "account_id", "key", "archived", "portal",
									"client_upload", "by_phase", "open_level_id", "read_only" } },
	[CLR_OPEN_PROJECTS_OF_ACCOUNT] = { "project",
									   "open_project",
									   { "account_id" },
									   { "id", "open_level_id" } },
	[CLR_FEATURES_OFF] = { "project_feature_off",
						   "feature_is_switched_off_once",
						   { "project_id" },
						   { "project_id", "feature" } },
	[CLR_MEMBER_ON_PROJECT] = { "project_member",
								"membership_is_said_once_by_a_source",
								{ "project_id", "member_id" },
								{ "project_id", "starts_at", "ends_at", "level_id", "is_owner",
								  "through_phase" } },
	[CLR_PARTNER_ON_PROJECT] = { "project_partner",
								 "partner_is_on_a_project_once",
								 { "project_id", "partner_id" },
								 { "project_id", "starts_at", "ends_at", "level_id" } },
	[CLR_CUSTOMER_ON_PROJECT] = { "project_customer",
								  "customer_is_on_a_project_once",
								  { "project_id", "customer_id" },
								  { "project_id", "starts_at", "ends_at" } },
	[CLR_VERSION_OF_PART] = { "version_part", "version_of_part", { "part" }, { "changed_by" } },
	[CLR_LEVELS_OF_ACCOUNT] = { "level",
								"level_name_is_unique_in_its_account",
								{ "account_id" },
								{ "id", "name", "audience", "built_in", "account_id" } },
	[CLR_GRANTS_OF_LEVEL] = { "level_grant",
							  "grant_is_given_once",
							  { "level_id", "feature" },
							  { "level_id", "feature", "action", "visibility", "relation", "reach",
								"kinds", "built_in" },
							  FEW_BLOCKS },
	[CLR_DENIALS_OF_LEVEL] = { "level_denial",
							   "denial_is_given_once",
							   { "level_id", "feature" },
							   { "level_id", "feature", "action" },
							   FEW_BLOCKS },
	[CLR_UNAVAILABLE_TO_LEVEL] = { "not_available",
								   "not_available_is_said_once",
								   { "level_id", "feature" },
								   { "level_id", "feature", "action" },
								   FEW_BLOCKS },
	[CLR_ACTIONS_OF_FEATURE] = { "action",
								 "action_is_named_once",
								 { "feature" },
								 { "feature", "name", "reads", "comes_with_edit" },
								 FEW_BLOCKS },
	[CLR_GATES_OF_FEATURE] = { "gate",
							   "gate_stands_once",
							   { "feature" },
							   { "feature", "action", "gate_feature", "gate_action", "audiences" },
							   FEW_BLOCKS },
	[CLR_BINDING_BY_ID] = { "binding",
							"binding_id_is_unique",
							{ "id" },
							{ "id",
							  "relation",
							  "feature",
							  "link_only",
							  "view_action",
							  "create_action",
							  "edit_action",
							  "delete_action",
							  "publish_action",
							  "columns",
							  "shared_values",
							  "key_column",
							  "project_column",
							  "visibility_column",
							  "client_visibility_column",
							  "account_column",
							  "owner_column",
							  "kind_column",
							  "published_column",
							  "project_optional" } },
	[CLR_BINDING_OF_TABLE] = { "binding", "relation_is_bound_once", { "relation" }, { "id" } },
	[CLR_RELATIONS_OF_BINDING] = { "binding_relation",
								   NULL,
								   { "binding_id" },
								   { "id", "binding_id", "kind", "member_column", "link",
									 "link_column", "row_column" } },
	[CLR_RELATIONS_OF_LINK] = { "binding_relation",
								NULL,
								{ "link" },
								{ "id", "binding_id", "kind", "member_column", "link",
								  "link_column", "row_column" } },
	[CLR_PARENTS_OF_BINDING] = { "binding_parent",
								 "parent_is_named_once",
								 { "binding_id" },
								 { "id", "parent_id", "column_name", "type_column", "type_value",
								   "optional", "same_project", "view_action", "create_action",
								   "edit_action", "delete_action" } },
	[CLR_GUARDS_OF_BINDING] = { "binding_guard",
								"guard_stands_once",
								{ "binding_id" },
								{ "column_name", "feature", "action", "new_value" } },
	[CLR_ROW_GUARDS_OF_BINDING] = { "binding_row_guard",
									NULL,
									{ "binding_id" },
									{ "id", "state_column", "state_values", "columns", "feature",
									  "edit_action", "delete_action" } },
	[CLR_MASKS_OF_BINDING] = { "binding_mask",
							   "column_is_masked_once",
							   { "binding_id" },
							   { "id", "column_name", "feature", "action", "mask", "filters" } },
};

/* Where a path leads in this database. */
typedef struct Place
{
	bool table_known; /* else what follows of it may be old */
	bool index_known;
	Oid table;
	Oid index;
	AttrNumber keys[MAX_KEYS];
	AttrNumber columns[MAX_COLUMNS];
	bool by_keys;					  /* the index has them first */
	bool covered;					  /* the index has all columns */
	AttrNumber in_index[MAX_COLUMNS]; /* their places there */
	bool words;						  /* all of its values are, at most eight of them */
} Place;

static Place places[lengthof(paths)];

static uint64 messages = 0;

/* What a key must be. */
typedef struct Wanted
{
	const char *text; /* or else */
	int64 integer;
	bool null; /* or rather nothing */
	bool any;  /* it does not matter */
} Wanted;

static void begin(ClrRows *rows, ClrPath path, int count, const Wanted *wanted);
static Relation open_table(ClrPath path);
static Oid find_relation(const char *name);
static void find_columns(ClrPath path, TupleDesc desc);
static AttrNumber find_column(TupleDesc desc, const char *name);
static bool is_searched(Relation relation, ClrPath path);
static Relation open_index(ClrPath path);
static void find_in_index(ClrPath path, Relation index);
static void make_key(ScanKey key, const ClrRows *rows, int number, const Wanted *wanted);
static void
make_integer_key(ScanKey key, ClrPath path, AttrNumber attribute, Oid type, int64 integer);
static bool is_word(Form_pg_attribute attribute);
static bool next_in_index(ClrRows *rows);
static void find_words(ClrRows *rows, IndexTuple tuple);
static inline Datum word(const ClrRows *rows, int column);
static void forget_places(Datum arg, Oid relation);
static inline Datum column_value(const ClrRows *rows, int column);
static Datum value_of(const ClrRows *rows, int column);
static Oid column_type(const ClrRows *rows, int column);

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
			places[i].table_known = places[i].index_known = false;
}

/*
 * Rows with this value in the path's key, or (NULL) all of the table.
 */
void
clr_rows_begin(ClrRows *rows, ClrPath path, const int64 *key)
{
	begin(rows, path, 1, &(Wanted){ .integer = key != NULL ? *key : 0, .any = key == NULL });
}

/*
 * Rows with these values in the path's two keys.
 */
void
clr_rows_begin_pair(ClrRows *rows, ClrPath path, int64 key, int64 second)
{
	begin(rows, path, 2, (Wanted[]){ { .integer = key }, { .integer = second } });
}

/* The same, the second one a text; zero and NULL: any. */
void
clr_rows_begin_named(ClrRows *rows, ClrPath path, int64 key, const char *second)
{
	begin(rows, path, 2,
		  (Wanted[]){ { .integer = key, .any = key == 0 },
					  { .text = second, .any = second == NULL } });
}

/*
 * Rows with a text in the path's key, which compares as its index does; or (NULL) all.
 */
void
clr_rows_begin_text(ClrRows *rows, ClrPath path, const char *key)
{
	begin(rows, path, 1, &(Wanted){ .text = key, .any = key == NULL });
}

/* Rows without a value in the path's key. */
void
clr_rows_begin_null(ClrRows *rows, ClrPath path)
{
	begin(rows, path, 1, &(Wanted){ .null = true });
}

/* From the start, with another value in the one key of a path. */
void
clr_rows_again(ClrRows *rows, int64 key)
{
	ScanKeyData scan_key;

	make_key(&scan_key, rows, 0, &(Wanted){ .integer = key });
	if (rows->index != NULL)
		index_rescan(rows->index_scan, &scan_key, 1, NULL, 0);
	else
		table_rescan(rows->scan, &scan_key);
}

static void
begin(ClrRows *rows, ClrPath path, int count, const Wanted *wanted)
{
	ScanKeyData keys[MAX_KEYS];
	int scan_keys = 0;

	*rows = (ClrRows){ .path = path, .map = InvalidBuffer };
	rows->relation = open_table(path);
	rows->slot = table_slot_create(rows->relation, NULL);
	if (!wanted->any && !is_searched(rows->relation, path))
		rows->index = open_index(path);
	rows->only_null = wanted->null && rows->index == NULL;
	for (int i = 0; i < count; i++)
		if (!wanted[i].any && !rows->only_null)
			make_key(&keys[scan_keys++], rows, i, &wanted[i]);
	if (rows->index == NULL)
	{
		rows->scan = table_beginscan_strat(rows->relation, GetActiveSnapshot(), scan_keys, keys,
										   true, false);
		return;
	}
	rows->index_scan =
		clr_index_beginscan(rows->relation, rows->index, GetActiveSnapshot(), scan_keys);
	rows->index_scan->xs_want_itup = places[path].covered;
	if (places[path].covered && !places[path].words)
	{
		int natts = RelationGetNumberOfAttributes(rows->index);

		rows->values = palloc(natts * (sizeof(Datum) + sizeof(bool)));
		rows->nulls = (bool *) (rows->values + natts);
	}
	index_rescan(rows->index_scan, keys, scan_keys, NULL, 0);
}

/* ---------- tables and indexes ---------- */

/* The place is that of the table as it is locked: waiting for the lock may have brought news. */
static Relation
open_table(ClrPath path)
{
	Place *place = &places[path];

	for (;;)
	{
		Oid table = place->table_known ? place->table : find_relation(paths[path].table);
		uint64 before = messages;
		Relation relation = table_open(table, AccessShareLock);

		if (place->table_known)
			return relation;
		if (messages == before)
		{
			find_columns(path, RelationGetDescr(relation));
			place->table = table;
			place->table_known = true;
			return relation;
		}
		table_close(relation, AccessShareLock);
	}
}

/* Again, if a message came meanwhile: what was read may be older. */
static Oid
find_relation(const char *name)
{
	uint64 before;
	Oid relation;

	do
	{
		before = messages;
		relation = get_relname_relid(name, get_namespace_oid("clearance", false));
	} while (before != messages);
	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), clr_count(CLR_ERROR_INCOMPLETE),
				 errmsg("the extension pg_clearance is not complete in this database"),
				 errdetail("Table or index clearance.%s is missing.", name),
				 errhint("Create the extension again.")));
	return relation;
}

static void
find_columns(ClrPath path, TupleDesc desc)
{
	for (int i = 0; i < MAX_KEYS && paths[path].keys[i] != NULL; i++)
		places[path].keys[i] = find_column(desc, paths[path].keys[i]);
	for (int i = 0; i < MAX_COLUMNS && paths[path].columns[i] != NULL; i++)
		places[path].columns[i] = find_column(desc, paths[path].columns[i]);
}

/* Invalid: it has none of this name, which is an error when it is asked for. */
static AttrNumber
find_column(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), name) == 0)
			return attribute->attnum;
	}
	return InvalidAttrNumber;
}

/*
 * Whether the table itself is searched. That it is small is first taken from the
 * relcache, where it may be old: the server is only asked about those that may be.
 */
static bool
is_searched(Relation relation, ClrPath path)
{
	BlockNumber few = Max(paths[path].few, 1);

	return paths[path].index == NULL ||
		   (!IsolationIsSerializable() && relation->rd_rel->relpages <= (int32) few &&
			RelationGetNumberOfBlocks(relation) <= few);
}

/* Whether the table of a path is searched, whatever the key. */
bool
clr_rows_is_searched(ClrPath path)
{
	Relation relation = open_table(path);
	bool is = is_searched(relation, path);

	table_close(relation, AccessShareLock);
	return is;
}

/* As the table. NULL: it is of no use, the table is searched. */
static Relation
open_index(ClrPath path)
{
	Place *place = &places[path];

	for (;;)
	{
		Oid oid = place->index_known ? place->index : find_relation(paths[path].index);
		uint64 before = messages;
		Relation index = index_open(oid, AccessShareLock);

		if (!place->index_known && messages == before)
		{
			find_in_index(path, index);
			place->index = oid;
			place->index_known = true;
		}
		if (place->index_known && place->by_keys && clr_rows_index_is_usable(index))
			return index;
		index_close(index, AccessShareLock);
		if (place->index_known)
			return NULL;
	}
}

/* Whether the index has the keys first, and all columns. */
static void
find_in_index(ClrPath path, Relation index)
{
	const int16 *attributes = index->rd_index->indkey.values;
	Place *place = &places[path];

	place->by_keys = index->rd_rel->relam == BTREE_AM_OID;
	for (int i = 0; i < MAX_KEYS && paths[path].keys[i] != NULL; i++)
		place->by_keys &= i < index->rd_index->indnkeyatts && attributes[i] == place->keys[i];
	place->covered = place->by_keys;
	for (int i = 0; i < MAX_COLUMNS && paths[path].columns[i] != NULL; i++)
	{
		int at = 0;

		while (at < index->rd_index->indnatts && attributes[at] != place->columns[i])
			at++;
		place->in_index[i] = at + 1;
		place->covered &= at < index->rd_index->indnatts;
	}
	place->words = RelationGetNumberOfAttributes(index) <= BITS_PER_BYTE;
	for (int i = 0; i < RelationGetNumberOfAttributes(index); i++)
		place->words &= is_word(TupleDescAttr(RelationGetDescr(index), i));
}

/* Whether values are words, aligned by their size. */
static bool
is_word(Form_pg_attribute attribute)
{
	return attribute->attbyval &&
		   att_align_nominal(1, attribute->attalign) == (uintptr_t) attribute->attlen;
}

static void
make_key(ScanKey key, const ClrRows *rows, int number, const Wanted *wanted)
{
	AttrNumber column = places[rows->path].keys[number];
	AttrNumber attribute = rows->index != NULL ? number + 1 : column;
	Form_pg_attribute described;

	if (column <= 0)
		elog(ERROR, "column %s of clearance.%s is missing", paths[rows->path].keys[number],
			 paths[rows->path].table);
	described = TupleDescAttr(RelationGetDescr(rows->relation), column - 1);
	if (wanted->null)
		ScanKeyEntryInitialize(key, SK_ISNULL | SK_SEARCHNULL, attribute, InvalidStrategy,
							   InvalidOid, InvalidOid, InvalidOid, (Datum) 0);
	else if (wanted->text != NULL)
		ScanKeyEntryInitialize(key, 0, attribute, BTEqualStrategyNumber, InvalidOid,
							   rows->index != NULL ? rows->index->rd_indcollation[number] :
													 described->attcollation,
							   F_TEXTEQ, CStringGetTextDatum(wanted->text));
	else
		make_integer_key(key, rows->path, attribute, described->atttypid, wanted->integer);
}

static void
make_integer_key(ScanKey key, ClrPath path, AttrNumber attribute, Oid type, int64 integer)
{
	RegProcedure equal = F_INT8EQ;
	Datum value = Int64GetDatum(integer);

	switch (type)
	{
		case INT8OID:
			break;
		case INT4OID:
			equal = F_INT4EQ;
			value = Int32GetDatum((int32) integer);
			break;
		case REGROLEOID:
		case REGCLASSOID:
			equal = F_OIDEQ;
			value = ObjectIdGetDatum((Oid) integer);
			break;
		default:
			elog(ERROR, "clearance.%s is not found by keys of type %u", paths[path].table, type);
	}
	ScanKeyInit(key, attribute, BTEqualStrategyNumber, equal, value);
}

/* ---------- rows ---------- */

bool
clr_rows_next(ClrRows *rows)
{
	if (rows->index != NULL && rows->index_scan->xs_want_itup)
		return next_in_index(rows);
	do
	{
		CHECK_FOR_INTERRUPTS();
		if (rows->index != NULL ?
				!index_getnext_slot(rows->index_scan, ForwardScanDirection, rows->slot) :
				!table_scan_getnextslot(rows->scan, ForwardScanDirection, rows->slot))
			return false;
	} while (rows->only_null && !slot_attisnull(rows->slot, places[rows->path].keys[0]));
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
		if (rows->values == NULL)
			find_words(rows, scan->xs_itup);
		else
			index_deform_tuple(scan->xs_itup, scan->xs_itupdesc, rows->values, rows->nulls);
		return true;
	}
	return false;
}

/*
 * Where the values of a tuple of words are. As index_deform_tuple() has it (indextuple.c);
 * tuples that have values in the same columns, as neighbours mostly do, have them in the
 * same places.
 */
static void
find_words(ClrRows *rows, IndexTuple tuple)
{
	const Place *place = &places[rows->path];
	bits8 present = PG_UINT8_MAX;
	ClrWord words[BITS_PER_BYTE] = { 0 };
	int at = 0;

	if (IndexTupleHasNulls(tuple))
		present = *((const bits8 *) tuple + sizeof(IndexTupleData));
	rows->words = (const char *) tuple + IndexInfoFindDataOffset(tuple->t_info);
	if (rows->present == present)
		return;
	rows->present = present;
	for (int i = 0; i < RelationGetNumberOfAttributes(rows->index); i++)
	{
		int length = TupleDescAttr(RelationGetDescr(rows->index), i)->attlen;

		if (att_isnull(i, &present))
			continue;
		words[i] = (ClrWord){ TYPEALIGN(length, at), length };
		at = words[i].at + length;
	}
	for (int i = 0; paths[rows->path].columns[i] != NULL; i++)
		rows->columns[i] = words[place->in_index[i] - 1];
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
	if (BufferIsValid(rows->map))
		ReleaseBuffer(rows->map);
	if (rows->values != NULL)
		pfree(rows->values);
	ExecDropSingleTupleTableSlot(rows->slot);
	if (rows->index != NULL)
	{
		index_endscan(rows->index_scan);
		index_close(rows->index, AccessShareLock);
	}
	else
		table_endscan(rows->scan);
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
static inline Datum
column_value(const ClrRows *rows, int column)
{
	return rows->words != NULL ? word(rows, column) : value_of(rows, column);
}

static inline Datum
word(const ClrRows *rows, int column)
{
	const char *at = rows->words + rows->columns[column].at;

	switch (rows->columns[column].length)
	{
		case 0:
			return (Datum) 0;
		case sizeof(int64):
			return Int64GetDatum(*(const int64 *) at);
		default:
			return fetch_att(at, true, rows->columns[column].length);
	}
}

static Datum
value_of(const ClrRows *rows, int column)
{
	const Place *place = &places[rows->path];
	AttrNumber attribute;
	Datum value;
	bool isnull;

	if (rows->values != NULL)
	{
		attribute = place->in_index[column];
		return rows->nulls[attribute - 1] ? (Datum) 0 : rows->values[attribute - 1];
	}
	attribute = place->columns[column];
	if (attribute <= 0)
		elog(ERROR, "column %s of clearance.%s is missing", paths[rows->path].columns[column],
			 paths[rows->path].table);
	value = slot_getattr(rows->slot, attribute, &isnull);
	return isnull ? (Datum) 0 : value;
}

/* Of a column that was read. */
static Oid
column_type(const ClrRows *rows, int column)
{
	AttrNumber attribute = places[rows->path].columns[column];

	return TupleDescAttr(RelationGetDescr(rows->relation), attribute - 1)->atttypid;
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

Oid
clr_rows_oid(const ClrRows *rows, int column)
{
	return DatumGetObjectId(column_value(rows, column));
}

/* A copy in the current context, of a text or a name. */
char *
clr_rows_text(const ClrRows *rows, int column)
{
	Datum value = column_value(rows, column);

	if (value == 0)
		return NULL;
	return column_type(rows, column) == NAMEOID ? pstrdup(NameStr(*DatumGetName(value))) :
												  TextDatumGetCString(value);
}

/* A name itself, which goes with the present row; or NULL. */
const char *
clr_rows_name(const ClrRows *rows, int column)
{
	Datum value = column_value(rows, column);

	Assert(column_type(rows, column) == NAMEOID);
	return value == 0 ? NULL : NameStr(*DatumGetName(value));
}

/* Whether it is this text. */
bool
clr_rows_is_text(const ClrRows *rows, int column, const char *text)
{
	Datum value = column_value(rows, column);
	Size length = strlen(text);
	struct varlena *found;

	Assert(column_type(rows, column) == TEXTOID);
	if (value == 0)
		return false;
	found = PG_DETOAST_DATUM_PACKED(value);
	return VARSIZE_ANY_EXHDR(found) == length && memcmp(VARDATA_ANY(found), text, length) == 0;
}

/* The texts (or names) of an array, but NULL, in the current context: of char *. */
List *
clr_rows_texts(const ClrRows *rows, int column, bool *has_null)
{
	Datum value = column_value(rows, column);
	bool are_names = value != 0 && column_type(rows, column) == NAMEARRAYOID;
	List *texts = NIL;
	Datum *elements;
	bool *nulls;
	int count;

	*has_null = false;
	if (value == 0)
		return NIL;
	deconstruct_array(DatumGetArrayTypeP(value), are_names ? NAMEOID : TEXTOID,
					  are_names ? NAMEDATALEN : -1, false, are_names ? TYPALIGN_CHAR : TYPALIGN_INT,
					  &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			*has_null = true;
		else
			texts = lappend(texts, are_names ? pstrdup(NameStr(*DatumGetName(elements[i]))) :
											   TextDatumGetCString(elements[i]));
	}
	return texts;
}
