/*
 * places.c
 *		Where the extension's own tables, their columns and indexes are.
 *
 * They are looked up by name, and where they are is kept until a message says that one
 * of them changed.
 *
 * State: the places.
 */
#include "store/places.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "storage/bufmgr.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "store/counters.h"

/* Of what is read as a whole, or by a part of it. */
#define FEW_BLOCKS 32

const ClrPathNames clr_paths[] = {
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
	[CLR_FURTHER_OPEN_LEVELS] = { "project_open_level",
								  "project_opens_with_a_level_once",
								  { "project_id" },
								  { "project_id", "level_id" } },
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

ClrPathPlace clr_places[lengthof(clr_paths)];

static uint64 messages = 0;

static void find_columns(ClrPath path, TupleDesc desc);
static AttrNumber find_column(TupleDesc desc, const char *name);
static void find_in_index(ClrPath path, Relation index);
static bool is_word(Form_pg_attribute attribute);
static void forget_places(Datum arg, Oid relation);

void
clr_places_init(void)
{
	CacheRegisterRelcacheCallback(forget_places, (Datum) 0);
}

static void
forget_places(Datum arg, Oid relation)
{
	messages++;
	for (int i = 0; i < (int) lengthof(clr_paths); i++)
		if (!OidIsValid(relation) || clr_places[i].table == relation ||
			clr_places[i].index == relation)
			clr_places[i].table_known = clr_places[i].index_known = false;
}

/* The place is that of the table as it is locked: waiting for the lock may have brought news. */
Relation
clr_places_open_table(ClrPath path)
{
	ClrPathPlace *place = &clr_places[path];

	for (;;)
	{
		Oid table = place->table_known ? place->table : clr_places_find(clr_paths[path].table);
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

/* A table or index of ours. Again, if a message came meanwhile: what was read may be older. */
Oid
clr_places_find(const char *name)
{
	uint64 before;
	Oid relation;

	do
	{
		before = messages;
		relation = get_relname_relid(name, get_namespace_oid("clearance", true));
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
	for (int i = 0; i < CLR_PLACE_KEYS && clr_paths[path].keys[i] != NULL; i++)
		clr_places[path].keys[i] = find_column(desc, clr_paths[path].keys[i]);
	for (int i = 0; i < CLR_PLACE_COLUMNS && clr_paths[path].columns[i] != NULL; i++)
		clr_places[path].columns[i] = find_column(desc, clr_paths[path].columns[i]);
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
bool
clr_places_is_searched(Relation relation, ClrPath path)
{
	BlockNumber few = Max(clr_paths[path].few, 1);

	return clr_paths[path].index == NULL ||
		   (!IsolationIsSerializable() && relation->rd_rel->relpages <= (int32) few &&
			RelationGetNumberOfBlocks(relation) <= few);
}

/* Whether the table of a path is searched, whatever the key. */
bool
clr_rows_is_searched(ClrPath path)
{
	Relation relation = clr_places_open_table(path);
	bool is = clr_places_is_searched(relation, path);

	table_close(relation, AccessShareLock);
	return is;
}

/* As the table. NULL: it is of no use, the table is searched. */
Relation
clr_places_open_index(ClrPath path)
{
	ClrPathPlace *place = &clr_places[path];

	for (;;)
	{
		Oid oid = place->index_known ? place->index : clr_places_find(clr_paths[path].index);
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
	ClrPathPlace *place = &clr_places[path];

	place->by_keys = index->rd_rel->relam == BTREE_AM_OID;
	for (int i = 0; i < CLR_PLACE_KEYS && clr_paths[path].keys[i] != NULL; i++)
		place->by_keys &= i < index->rd_index->indnkeyatts && attributes[i] == place->keys[i];
	place->covered = place->by_keys;
	for (int i = 0; i < CLR_PLACE_COLUMNS && clr_paths[path].columns[i] != NULL; i++)
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
