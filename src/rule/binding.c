/*
 * binding.c
 *		A protected table: which of its columns mean what.
 *
 * Declarations are metadata like the policies that go with them, so they are
 * read under the latest snapshot and kept, like the server's own metadata,
 * until an invalidation message says that a protected table or a declaration
 * changed. Columns are found by name: one that was dropped or renamed behind
 * the extension's back is an error, never a guess.
 *
 * Lifetime: a kept binding has a context of its own and counts its users, as
 * scopes do. A query gets a copy, since it remembers rows of the table in it.
 *
 * State: which tables are bound, and the bindings kept.
 */
#include "rule/binding.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "catalog/namespace.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "store/catalog.h"

PG_FUNCTION_INFO_V1(clearance_canonical_text);
PG_FUNCTION_INFO_V1(clearance_note_declaration);

/*
 * Binding ids of tables by OID. That a table is not protected is forgotten by
 * itself, when its relcache entry goes; whatever happens to a protected one
 * makes all of this stale, for bindings name each other's tables.
 */
static ClrKeyTable *known = NULL;
static MemoryContext known_context = NULL;
static bool known_is_stale = false;

/* Instead of ids, which are positive. */
#define NOT_PROTECTED 0
#define BEING_LOOKED_UP (-1)

/* Dropped all together; each time makes a new generation. */
static List *kept = NIL; /* of ClrBinding, in bindings_context */
static MemoryContext bindings_context = NULL;
static uint64 generation = 1;

/* Tables whose change means that declarations changed. */
static const char *const declaration_tables[] = { "binding", "binding_relation", "binding_parent",
												  "binding_guard", "binding_mask" };
static Oid declaration_oids[lengthof(declaration_tables)];
#define MASKS 4

/* Whether there are masks, and which that refuse conditions, and in which generation that was read. */
static bool any_masked = false;
static bool any_refuses_filters = false;
static uint64 masks_read_in = 0;

static ClrBinding *find_kept(int32 id);
static ClrBinding *keep(int32 id);
static void let_go(ClrBinding *binding);
static void drop_stale(void);
static void give_back(void *copy);
static int32 id_of(const ClrKeyEntry *entry);
static void set_id(ClrKeyEntry *entry, int32 id);
static bool may_be_bound(Oid relid);
static int32 look_up_binding(Oid relid);
static void forget_relation(Datum arg, Oid relid);
static void load_columns(ClrBinding *binding, char **names, int count);
static void load_relations(ClrBinding *binding);
static void load_parents(ClrBinding *binding);
static void load_link_roles(ClrBinding *binding);
static void find_ups(ClrBinding *binding);
static void load_guards(ClrBinding *binding);
static void load_masks(ClrBinding *binding);
static List *links_through_task(int32 task_binding, const char *link_column);

/* Copy of a column of the current result, in the binding's memory. */
static char *
keep_text(MemoryContext context, uint64 row, int column)
{
	char *value = clr_column_text(row, column);

	return value ? MemoryContextStrdup(context, value) : NULL;
}

static int
find_slot(const ClrBinding *binding, const char *name)
{
	for (int i = 0; i < binding->ncolumns; i++)
		if (strcmp(binding->columns[i].name, name) == 0)
			return i;
	elog(ERROR, "column \"%s\" is not among those of binding %d", name, binding->id);
}

static int
optional_slot(const ClrBinding *binding, uint64 row, int column)
{
	char *name = clr_column_text(row, column);

	return name ? find_slot(binding, name) : CLR_NO_SLOT;
}

/*
 * Whether a declaration names a label that the enum does not have. An event
 * trigger has declarations follow renamed labels; where it was switched off,
 * what the label said is taken the strict way, and whoever asks is told.
 */
static bool
is_lost_label(const ClrBinding *binding, int slot, const char *label, const char *consequence)
{
	Oid type;

	if (slot == CLR_NO_SLOT || label == NULL)
		return false;
	type = binding->columns[slot].type;
	if (!type_is_enum(type) ||
		SearchSysCacheExists2(ENUMTYPOIDNAME, ObjectIdGetDatum(type), CStringGetDatum(label)))
		return false;
	ereport(
		WARNING,
		(errmsg("\"%s\", which a declaration about column \"%s\" of %s names, is no label of %s",
				label, binding->columns[slot].name, binding->relation_name, format_type_be(type)),
		 errdetail_internal("%s", consequence),
		 errhint("Use clearance.unprotect() and declare the table again.")));
	return true;
}

/*
 * Load a binding into a context; errors if it does not exist or its table
 * does not fit it.
 */
ClrBinding *
clr_binding_load(MemoryContext context, int32 id)
{
	static const Oid argtypes[] = { INT4OID };
	Datum args[] = { Int32GetDatum(id) };
	MemoryContext caller = MemoryContextSwitchTo(context);
	ClrBinding *binding = palloc0(sizeof(ClrBinding));
	ClrCatalog state;
	char **names;
	int nnames;
	char **shared;
	int nshared;

	binding->id = id;
	clr_catalog_begin_latest(&state);
	if (clr_catalog_query(
			"SELECT relation::oid::bigint, feature, link_only, view_action, create_action,"
			" edit_action, delete_action, publish_action, columns::text[], shared_values,"
			" key_column, project_column, visibility_column, client_visibility_column,"
			" account_column, owner_column, kind_column, published_column,"
			" relation::text FROM clearance.binding WHERE id = $1",
			1, argtypes, args, NULL) != 1)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("no protected table has the binding %d", id),
						errdetail("A policy passes it, but the extension does not know it."),
						errhint("Declare the table again with clearance.protect().")));

	names = clr_column_texts(0, 9, &nnames);
	shared = clr_column_texts(0, 10, &nshared);
	MemoryContextSwitchTo(context);
	binding->relid = (Oid) clr_column_int64(0, 1);
	binding->feature = keep_text(context, 0, 2);
	binding->link_only = clr_column_bool(0, 3);
	for (int i = 0; i < CLR_VERBS; i++)
		binding->actions[i] = keep_text(context, 0, 4 + i);
	binding->publish_action = keep_text(context, 0, 8);
	binding->relation_name = keep_text(context, 0, 19);
	load_columns(binding, names, nnames);
	for (int i = 0; i < nshared; i++)
		binding->shared_values = lappend(binding->shared_values, pstrdup(shared[i]));
	binding->key_slot = optional_slot(binding, 0, 11);
	binding->project_slot = optional_slot(binding, 0, 12);
	binding->visibility_slot = optional_slot(binding, 0, 13);
	binding->client_slot = optional_slot(binding, 0, 14);
	binding->account_slot = optional_slot(binding, 0, 15);
	binding->owner_slot = optional_slot(binding, 0, 16);
	binding->kind_slot = optional_slot(binding, 0, 17);
	binding->published_slot = optional_slot(binding, 0, 18);

	for (int i = 0; i < nshared; i++)
		(void) is_lost_label(binding, binding->visibility_slot, shared[i],
							 "No row is shared by it.");

	load_relations(binding);
	load_parents(binding);
	load_link_roles(binding);
	find_ups(binding);
	load_guards(binding);
	load_masks(binding);
	clr_catalog_end(&state);
	MemoryContextSwitchTo(context);
	/* as the server names tables to the user: by the user's search_path */
	binding->relation_name =
		DatumGetCString(DirectFunctionCall1(regclassout, ObjectIdGetDatum(binding->relid)));
	MemoryContextSwitchTo(caller);
	return binding;
}

static void
load_columns(ClrBinding *binding, char **names, int count)
{
	binding->ncolumns = count;
	binding->columns = palloc0(sizeof(ClrColumn) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		ClrColumn *column = &binding->columns[i];
		AttrNumber attnum = get_attnum(binding->relid, names[i]);
		Oid type;
		Oid element;

		if (attnum == InvalidAttrNumber)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("column \"%s\" of protected table %s does not exist", names[i],
								   binding->relation_name),
							errhint("Use clearance.unprotect() and declare the table again.")));
		type = getBaseType(get_atttype(binding->relid, attnum));
		element = get_base_element_type(type);
		column->name = pstrdup(names[i]);
		column->is_array = OidIsValid(element);
		column->type = OidIsValid(element) ? getBaseType(element) : type;
		column->key_class = clr_key_class(column->type);
	}
}

/* How a table links values in one column to the members in another. */
static ClrLink *
new_link(Oid table, const char *value, const char *member)
{
	ClrLink *link = palloc0(sizeof(ClrLink));
	Oid type = getBaseType(get_atttype(table, get_attnum(table, member)));
	Oid element = get_base_element_type(type);

	link->table = table;
	link->value = value;
	link->member = member;
	link->is_array = OidIsValid(element);
	link->type = link->is_array ? getBaseType(element) : type;
	return link;
}

static void
load_relations(ClrBinding *binding)
{
	static const Oid argtypes[] = { INT4OID };
	Datum args[] = { Int32GetDatum(binding->id) };
	uint64 rows;
	SPITupleTable *result;

	rows =
		clr_catalog_query("SELECT r.id, r.kind, r.member_column, coalesce(r.link::oid::bigint, 0),"
						  " r.link_column, coalesce(r.row_column, b.key_column), l.id"
						  " FROM clearance.binding_relation r"
						  " JOIN clearance.binding b ON b.id = r.binding_id"
						  " LEFT JOIN clearance.binding l ON l.relation = r.link"
						  " WHERE r.binding_id = $1 ORDER BY r.id",
						  1, argtypes, args, NULL);
	result = SPI_tuptable;
	for (uint64 i = 0; i < rows; i++)
	{
		ClrRelation *relation = palloc0(sizeof(ClrRelation));
		char *member_column;
		char *link_column;
		Oid link;

		SPI_tuptable = result; /* the loop's own queries replace it */
		member_column = keep_text(CurrentMemoryContext, i, 3);
		link = (Oid) clr_column_int64(i, 4);
		link_column = keep_text(CurrentMemoryContext, i, 5);
		relation->id = clr_column_int64(i, 1);
		relation->kind = clr_relation_kind(clr_column_text(i, 2));
		relation->slot =
			find_slot(binding, OidIsValid(link) ? clr_column_text(i, 6) : member_column);
		if (OidIsValid(link) && member_column != NULL)
			relation->links = list_make1(new_link(link, link_column, member_column));
		else if (OidIsValid(link))
			relation->links = links_through_task(clr_column_int64(i, 7), link_column);
		binding->relations = lappend(binding->relations, relation);
	}
}

/*
 * How another protected table (tasks) links the values in link_column (NULL:
 * its keys) to those whom its rows are assigned to.
 */
static List *
links_through_task(int32 task_binding, const char *link_column)
{
	static const Oid argtypes[] = { INT4OID };
	Datum args[] = { Int32GetDatum(task_binding) };
	List *links = NIL;
	uint64 rows =
		clr_catalog_query("SELECT b.relation::oid::bigint, b.key_column, r.member_column,"
						  " coalesce(r.link::oid::bigint, 0), r.link_column,"
						  " coalesce(r.row_column, b.key_column)"
						  " FROM clearance.binding b"
						  " JOIN clearance.binding_relation r ON r.binding_id = b.id"
						  " WHERE b.id = $1 AND r.kind = 'assigned' AND r.member_column IS NOT NULL"
						  " ORDER BY r.id",
						  1, argtypes, args, NULL);

	for (uint64 i = 0; i < rows; i++)
	{
		Oid task = (Oid) clr_column_int64(i, 1);
		const char *value = link_column ? link_column : keep_text(CurrentMemoryContext, i, 2);
		const char *member = keep_text(CurrentMemoryContext, i, 3);
		Oid table = (Oid) clr_column_int64(i, 4);
		ClrLink *link;

		if (!OidIsValid(table))
			link = new_link(task, value, member);
		else
		{
			link = new_link(table, keep_text(CurrentMemoryContext, i, 5), member);
			link->through = task;
			link->key = keep_text(CurrentMemoryContext, i, 6);
			link->through_value = value;
		}
		link->are_keys = link_column == NULL;
		links = lappend(links, link);
	}
	if (rows == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("the table that assigned_task goes through has no assignees"),
						errhint("Declare them with clearance.relate(..., 'assigned', ...).")));
	return links;
}

static void
load_parents(ClrBinding *binding)
{
	static const Oid argtypes[] = { INT4OID };
	Datum args[] = { Int32GetDatum(binding->id) };
	uint64 rows =
		clr_catalog_query("SELECT parent_id, column_name, type_column, type_value, optional"
						  " FROM clearance.binding_parent WHERE binding_id = $1 ORDER BY id",
						  1, argtypes, args, NULL);

	for (uint64 i = 0; i < rows; i++)
	{
		ClrParent *parent = palloc0(sizeof(ClrParent));

		parent->binding = clr_column_int64(i, 1);
		parent->slot = optional_slot(binding, i, 2);
		parent->type_slot = optional_slot(binding, i, 3);
		parent->type_value = keep_text(CurrentMemoryContext, i, 4);
		parent->is_lost = is_lost_label(binding, parent->type_slot, parent->type_value,
										"Rows without another parent are closed.");
		parent->optional = clr_column_bool(i, 5);
		binding->parents = lappend(binding->parents, parent);
	}
}

/*
 * Relations of other tables for which this table is the link.
 */
static void
load_link_roles(ClrBinding *binding)
{
	static const Oid argtypes[] = { OIDOID };
	Datum args[] = { ObjectIdGetDatum(binding->relid) };
	uint64 rows = clr_catalog_query("SELECT r.binding_id, r.kind, r.link_column, r.member_column"
									" FROM clearance.binding_relation r"
									" JOIN clearance.binding b ON b.id = r.binding_id"
									" WHERE r.link = $1 AND r.member_column IS NOT NULL"
									" AND coalesce(r.row_column, b.key_column) = b.key_column"
									" ORDER BY r.id",
									1, argtypes, args, NULL);

	for (uint64 i = 0; i < rows; i++)
	{
		ClrLinkRole *role = palloc0(sizeof(ClrLinkRole));

		role->target = clr_column_int64(i, 1);
		role->kind = clr_relation_kind(clr_column_text(i, 2));
		role->slot = optional_slot(binding, i, 3);
		role->member_slot = optional_slot(binding, i, 4);
		binding->link_roles = lappend(binding->link_roles, role);
	}
}

static bool
add_up(ClrBinding *binding, int32 to, int slot, bool optional)
{
	ClrUp *up;
	Oid type;
	ListCell *lc;

	foreach(lc, binding->ups)
	{
		up = lfirst(lc);
		if (up->binding == to && up->slot == slot && up->optional == optional)
			return true;
	}
	up = palloc0(sizeof(ClrUp));
	*up = (ClrUp){ to, slot, optional };
	binding->ups = lappend(binding->ups, up);
	/* a domain's values are compared as its base type's, which an index would not do */
	type = get_atttype(binding->relid, get_attnum(binding->relid, binding->columns[slot].name));
	return type == binding->columns[slot].type;
}

/*
 * What rows belong to, each by a column of its own that says so alone; nothing if
 * it takes more to tell. Rows without a project are in that of what they belong
 * to: of several, the rule sees to it that they are in one.
 */
static void
find_ups(ClrBinding *binding)
{
	bool can_test = true;
	const ClrUp *first;
	ListCell *lc;

	foreach(lc, binding->parents)
	{
		ClrParent *parent = lfirst(lc);

		can_test &= parent->type_slot == CLR_NO_SLOT &&
					add_up(binding, parent->binding, parent->slot, parent->optional);
	}
	foreach(lc, binding->link_roles)
	{
		ClrLinkRole *role = lfirst(lc);

		can_test &= add_up(binding, role->target, role->slot, false);
	}
	if (!can_test)
		binding->ups = NIL;
	if (binding->ups == NIL)
		return;
	first = linitial(binding->ups);
	binding->ups_decide =
		binding->project_slot != CLR_NO_SLOT ||
		(list_length(binding->ups) == 1 && !first->optional && first->binding != binding->id);
}

static void
load_guards(ClrBinding *binding)
{
	static const Oid argtypes[] = { INT4OID };
	Datum args[] = { Int32GetDatum(binding->id) };
	uint64 rows = clr_catalog_query("SELECT column_name, feature, action, new_value"
									" FROM clearance.binding_guard WHERE binding_id = $1"
									" ORDER BY column_name, new_value",
									1, argtypes, args, NULL);

	for (uint64 i = 0; i < rows; i++)
	{
		ClrGuard *guard = palloc0(sizeof(ClrGuard));

		guard->column = keep_text(CurrentMemoryContext, i, 1);
		guard->feature = keep_text(CurrentMemoryContext, i, 2);
		guard->action = keep_text(CurrentMemoryContext, i, 3);
		guard->new_value = keep_text(CurrentMemoryContext, i, 4);
		guard->is_lost = is_lost_label(binding, find_slot(binding, guard->column), guard->new_value,
									   "Every change of the column needs its action.");
		binding->guards = lappend(binding->guards, guard);
	}
}

static void
load_masks(ClrBinding *binding)
{
	static const Oid argtypes[] = { INT4OID };
	Datum args[] = { Int32GetDatum(binding->id) };
	uint64 rows =
		clr_catalog_query("SELECT id, column_name, feature, action, mask, filters = 'error'"
						  " FROM clearance.binding_mask WHERE binding_id = $1 ORDER BY id",
						  1, argtypes, args, NULL);

	for (uint64 i = 0; i < rows; i++)
	{
		ClrMask *mask = palloc0(sizeof(ClrMask));

		mask->id = clr_column_int64(i, 1);
		mask->column = keep_text(CurrentMemoryContext, i, 2);
		mask->feature = keep_text(CurrentMemoryContext, i, 3);
		mask->action = keep_text(CurrentMemoryContext, i, 4);
		mask->text = keep_text(CurrentMemoryContext, i, 5);
		mask->refuses_filters = clr_column_bool(i, 6);
		binding->masks = lappend(binding->masks, mask);
	}
}

/* The mask of a column, or NULL. */
ClrMask *
clr_binding_mask(const ClrBinding *binding, const char *column)
{
	ListCell *lc;

	foreach(lc, binding->masks)
		if (strcmp(((ClrMask *) lfirst(lc))->column, column) == 0)
			return lfirst(lc);
	return NULL;
}

/* ---------- bindings kept across statements ---------- */

/*
 * A query's own copy of a binding, in its context. Release it after use.
 */
ClrBinding *
clr_binding_acquire(MemoryContext context, int32 id)
{
	MemoryContext caller;
	ClrBinding *binding = find_kept(id);
	ClrBinding *copy;
	ListCell *lc;

	if (binding == NULL)
		binding = keep(id);
	caller = MemoryContextSwitchTo(context);
	copy = palloc(sizeof(ClrBinding));
	*copy = *binding;
	copy->kept = binding;
	copy->relations = NIL;
	foreach(lc, binding->relations)
	{
		ClrRelation *relation = palloc(sizeof(ClrRelation));

		*relation = *(ClrRelation *) lfirst(lc);
		copy->relations = lappend(copy->relations, relation);
	}
	MemoryContextSwitchTo(caller);
	binding->users++;
	return copy;
}

void
clr_binding_release(ClrBinding *copy)
{
	let_go(copy->kept);
}

/* The same, released with the context. */
const ClrBinding *
clr_binding_borrow(MemoryContext context, int32 id)
{
	MemoryContextCallback *callback = MemoryContextAlloc(context, sizeof(MemoryContextCallback));
	ClrBinding *copy = clr_binding_acquire(context, id);

	callback->func = give_back;
	callback->arg = copy;
	MemoryContextRegisterResetCallback(context, callback);
	return copy;
}

static void
give_back(void *copy)
{
	clr_binding_release(copy);
}

/* Whether columns of the table are masked. */
bool
clr_binding_is_masked(int32 id)
{
	const ClrBinding *binding = find_kept(id);
	ClrBinding *copy;
	bool masked;

	if (binding != NULL)
		return binding->masks != NIL;
	copy = clr_binding_acquire(CurrentMemoryContext, id);
	masked = copy->masks != NIL;
	clr_binding_release(copy);
	return masked;
}

/*
 * Whether there are masks at all, and such that refuse conditions: most
 * databases, and most of their statements, have none.
 */
bool
clr_binding_any_masked(bool *refuses_filters)
{
	ClrCatalog state;
	uint64 read_in;
	uint64 rows;

	drop_stale();
	*refuses_filters = false;
	if (creating_extension || !OidIsValid(declaration_oids[MASKS]))
		return false;
	if (masks_read_in != generation)
	{
		read_in = generation;
		clr_catalog_begin_latest(&state);
		rows = clr_catalog_query("SELECT bool_or(filters = 'error') FROM clearance.binding_mask"
								 " HAVING count(*) > 0",
								 0, NULL, NULL, NULL);
		any_masked = rows > 0;
		any_refuses_filters = rows > 0 && clr_column_bool(0, 1);
		clr_catalog_end(&state);
		masks_read_in = read_in;
	}
	*refuses_filters = any_refuses_filters;
	return any_masked;
}

static ClrBinding *
find_kept(int32 id)
{
	ListCell *lc;

	drop_stale();
	foreach(lc, kept)
	{
		ClrBinding *binding = lfirst(lc);

		if (binding->id == id)
			return binding;
	}
	return NULL;
}

static ClrBinding *
keep(int32 id)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "clearance binding", ALLOCSET_SMALL_SIZES);
	uint64 read_in = generation;
	ClrBinding *binding = clr_binding_load(context, id);
	MemoryContext caller;

	MemoryContextSetParent(context, bindings_context);
	binding->context = context;
	binding->generation = read_in;
	drop_stale();
	if (generation != read_in)
		return binding; /* a message came meanwhile: it may be older */
	caller = MemoryContextSwitchTo(bindings_context);
	kept = lappend(kept, binding);
	MemoryContextSwitchTo(caller);
	binding->users = 1;
	return binding;
}

static void
let_go(ClrBinding *binding)
{
	if (--binding->users == 0)
		MemoryContextDelete(binding->context);
}

/* Forget what may have changed: another generation begins. */
static void
drop_stale(void)
{
	Oid namespace;
	ListCell *lc;

	if (!known_is_stale && known != NULL)
		return;
	known_is_stale = false;
	generation++;
	MemoryContextReset(known_context);
	known = clr_keytab_new(known_context, 64);
	foreach(lc, kept)
		let_go(lfirst(lc));
	list_free(kept);
	kept = NIL;

	namespace = get_namespace_oid("clearance", true);
	for (int i = 0; i < (int) lengthof(declaration_tables); i++)
		declaration_oids[i] = OidIsValid(namespace) ?
								  get_relname_relid(declaration_tables[i], namespace) :
								  InvalidOid;
}

/* The present one, as far as messages were accepted. */
uint64
clr_binding_generation(void)
{
	drop_stale();
	return generation;
}

/*
 * note_declaration(): AFTER trigger on the tables that hold declarations. All
 * sessions hear of it at the commit.
 */
Datum
clearance_note_declaration(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("note_declaration is a trigger of the extension's tables")));
	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(NULL);
}

/* ---------- which tables are bound ---------- */

/*
 * The binding of a table, of a partition or child of one, or zero. Remembered
 * until the table's relcache entry is invalidated: protect() and unprotect()
 * alter the table and all below it.
 *
 */
int32
clr_binding_of_relation(Oid relid)
{
	ClrKey key = { .class = CLR_KEY_INT, .integer = relid };
	ClrKeyEntry *entry;
	bool found;
	int32 id;

	if (relid < FirstNormalObjectId || creating_extension)
		return 0;
	drop_stale();
	entry = clr_keytab_add(known, &key, &found);
	if (found && id_of(entry) >= 0)
		return id_of(entry);

	set_id(entry, BEING_LOOKED_UP);
	id = may_be_bound(relid) ? look_up_binding(relid) : NOT_PROTECTED;
	/* gone, if a message came meanwhile */
	entry = known_is_stale ? NULL : clr_keytab_find(known, &key);
	if (entry != NULL && id_of(entry) == BEING_LOOKED_UP)
		set_id(entry, id);
	return id;
}

/*
 * A database without the extension has no bindings; whoever made a schema of its name there has no
 * say. Sequences and the extension's own tables have none: dumps read them, also before the
 * extension is updated (release.c).
 */
static bool
may_be_bound(Oid relid)
{
	Oid extension = get_extension_oid("pg_clearance", true);

	return OidIsValid(extension) && get_rel_relkind(relid) != RELKIND_SEQUENCE &&
		   getExtensionOfObject(RelationRelationId, relid) != extension;
}

static int32
id_of(const ClrKeyEntry *entry)
{
	return DatumGetInt32(PointerGetDatum(entry->value));
}

static void
set_id(ClrKeyEntry *entry, int32 id)
{
	entry->value = DatumGetPointer(Int32GetDatum(id));
}

static int32
look_up_binding(Oid relid)
{
	static const Oid argtypes[] = { OIDOID };
	Datum args[] = { ObjectIdGetDatum(relid) };
	ClrCatalog state;
	int32 id = 0;

	clr_catalog_begin_latest(&state);
	if (clr_catalog_query("SELECT clearance_internal.binding_of($1)", 1, argtypes, args, NULL) == 1)
		id = clr_column_int64(0, 1);
	clr_catalog_end(&state);
	return id;
}

/* Only marks or forgets: callbacks may come at any moment. */
static void
forget_relation(Datum arg, Oid relid)
{
	ClrKey key = { .class = CLR_KEY_INT, .integer = relid };
	ClrKeyEntry *entry;

	if (known == NULL)
		return;
	entry = clr_keytab_find(known, &key);
	if (!OidIsValid(relid) || (entry != NULL && id_of(entry) != NOT_PROTECTED))
		known_is_stale = true;
	else if (entry != NULL)
		clr_keytab_remove(known, entry);
	for (int i = 0; i < (int) lengthof(declaration_oids); i++)
		if (declaration_oids[i] == relid)
			known_is_stale = true;
}

void
clr_binding_init(void)
{
	known_context = AllocSetContextCreate(TopMemoryContext, "clearance bindings of tables",
										  ALLOCSET_SMALL_SIZES);
	bindings_context =
		AllocSetContextCreate(TopMemoryContext, "clearance bindings", ALLOCSET_DEFAULT_SIZES);
	CacheRegisterRelcacheCallback(forget_relation, (Datum) 0);
}

/*
 * The bound values of a tuple of the table (or of a partition of it), in the
 * current context.
 */
ClrRow
clr_binding_row(const ClrBinding *binding, TupleDesc desc, HeapTuple tuple)
{
	ClrRow row = { palloc(sizeof(Datum) * Max(binding->ncolumns, 1)),
				   palloc(sizeof(bool) * Max(binding->ncolumns, 1)), NULL };

	for (int i = 0; i < binding->ncolumns; i++)
	{
		int attnum = SPI_fnumber(desc, binding->columns[i].name);

		if (attnum <= 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("the row has no column \"%s\"", binding->columns[i].name),
							errhint("Pass a whole row of %s.", binding->relation_name)));
		row.values[i] = heap_getattr(tuple, attnum, desc, &row.nulls[i]);
	}
	return row;
}

/* Whether a column of the table has a type, be it by a domain. */
bool
clr_binding_has_type(const ClrBinding *binding, int slot, Oid type)
{
	const ClrColumn *column = &binding->columns[slot];

	type = getBaseType(type);
	if (column->is_array)
		type = getBaseType(get_base_element_type(type));
	return type == column->type;
}

/* A row's value as text; NULL if it is NULL. */
char *
clr_binding_value_text(const ClrBinding *binding, const ClrRow *row, int slot)
{
	return row->nulls[slot] ? NULL : clr_value_text(binding->columns[slot].type, row->values[slot]);
}

/*
 * A value as the text that declarations compare with: what a cast to text
 * gives.
 */
char *
clr_value_text(Oid type, Datum value)
{
	Oid output;
	bool varlena;

	if (type == BOOLOID)
		return DatumGetBool(value) ? "true" : "false";
	getTypeOutputInfo(type, &output, &varlena);
	return OidOutputFunctionCall(output, value);
}

/*
 * canonical_text(value text, type regtype) returns text: a declared value in
 * the form that clr_value_text() gives. By the type's own input and output
 * functions: casts may be anybody's code.
 */
Datum
clearance_canonical_text(PG_FUNCTION_ARGS)
{
	Oid type = getBaseType(PG_GETARG_OID(1));
	Oid input;
	Oid ioparam;

	getTypeInputInfo(type, &input, &ioparam);
	PG_RETURN_TEXT_P(cstring_to_text(
		clr_value_text(type, OidInputFunctionCall(input, text_to_cstring(PG_GETARG_TEXT_PP(0)),
												  ioparam, -1))));
}

/*
 * The bound columns in their order, for a query on the table as t. Masked ones
 * are bound so that their names are followed; the rule does not go by them.
 */
char *
clr_binding_columns_sql(const ClrBinding *binding)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < binding->ncolumns; i++)
		appendStringInfo(&list, "%s%s%s", i > 0 ? ", " : "",
						 clr_binding_mask(binding, binding->columns[i].name) ? "NULL AS " : "t.",
						 quote_identifier(binding->columns[i].name));
	return list.data;
}
