/*
 * binding_load.c
 *		Declarations of a protected table, read into a binding.
 *
 * Columns are found by name: one that was dropped or renamed behind the
 * extension's back is an error, never a guess; a label that is gone counts the
 * strict way.
 *
 * Keeps no state; what is read lives in the current context.
 */
#include "rule/binding.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "store/catalog.h"
#include "store/counters.h"

static void load_columns(ClrBinding *binding, char **names, int count);
static void load_relations(ClrBinding *binding);
static void load_parents(ClrBinding *binding);
static void load_parent_gates(ClrParent *parent, uint64 row, int column);
static void load_link_roles(ClrBinding *binding);
static void find_ups(ClrBinding *binding);
static void load_guards(ClrBinding *binding);
static void load_row_guards(ClrBinding *binding);
static List *texts_in(uint64 row, int column);
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
	ListCell *lc;

	binding->id = id;
	clr_catalog_begin_latest(&state);
	if (clr_catalog_query(
			"SELECT relation::oid::bigint, feature, link_only, view_action, create_action,"
			" edit_action, delete_action, publish_action, columns::text[], shared_values,"
			" key_column, project_column, visibility_column, client_visibility_column,"
			" account_column, owner_column, kind_column, published_column,"
			" relation::text, project_optional FROM clearance.binding WHERE id = $1",
			1, argtypes, args, NULL) != 1)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						clr_count(CLR_ERROR_DECLARATION),
						errmsg("no protected table has the binding %d", id),
						errdetail("A policy passes it, but the extension does not know it."),
						errhint("Declare the table again with clearance.protect().")));

	names = clr_column_texts(0, 9, &nnames);
	MemoryContextSwitchTo(context);
	binding->relid = (Oid) clr_column_int64(0, 1);
	binding->feature = keep_text(context, 0, 2);
	binding->link_only = clr_column_bool(0, 3);
	for (int i = 0; i < CLR_VERBS; i++)
		binding->actions[i] = keep_text(context, 0, 4 + i);
	binding->publish_action = keep_text(context, 0, 8);
	binding->relation_name = keep_text(context, 0, 19);
	binding->project_optional = clr_column_bool(0, 20);
	load_columns(binding, names, nnames);
	binding->shared_values = texts_in(0, 10);
	binding->key_slot = optional_slot(binding, 0, 11);
	binding->project_slot = optional_slot(binding, 0, 12);
	binding->visibility_slot = optional_slot(binding, 0, 13);
	binding->client_slot = optional_slot(binding, 0, 14);
	binding->account_slot = optional_slot(binding, 0, 15);
	binding->owner_slot = optional_slot(binding, 0, 16);
	binding->kind_slot = optional_slot(binding, 0, 17);
	binding->published_slot = optional_slot(binding, 0, 18);

	foreach(lc, binding->shared_values)
		(void) is_lost_label(binding, binding->visibility_slot, lfirst(lc),
							 "No row is shared by it.");

	load_relations(binding);
	load_parents(binding);
	load_link_roles(binding);
	find_ups(binding);
	load_guards(binding);
	load_row_guards(binding);
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
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), clr_count(CLR_ERROR_DECLARATION),
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
						clr_count(CLR_ERROR_DECLARATION),
						errmsg("the table that assigned_task goes through has no assignees"),
						errhint("Declare them with clearance.relate(..., 'assigned', ...).")));
	return links;
}

static void
load_parents(ClrBinding *binding)
{
	static const Oid argtypes[] = { INT4OID };
	Datum args[] = { Int32GetDatum(binding->id) };
	uint64 rows = clr_catalog_query(
		"SELECT parent_id, column_name, type_column, type_value, optional,"
		" NOT same_project, view_action, create_action, edit_action, delete_action"
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
		parent->elsewhere = clr_column_bool(i, 6);
		load_parent_gates(parent, i, 7);
		binding->parents = lappend(binding->parents, parent);
	}
}

/* From so many columns as there are verbs, as feature.action. */
static void
load_parent_gates(ClrParent *parent, uint64 row, int column)
{
	for (int verb = 0; verb < CLR_VERBS; verb++)
	{
		char *name = keep_text(CurrentMemoryContext, row, column + verb);
		char *dot = name != NULL ? strchr(name, '.') : NULL;

		if (name == NULL)
			continue;
		if (dot == NULL)
			elog(ERROR, "\"%s\" does not name an action", name);
		*dot = '\0';
		parent->gates[verb] = (ClrNamedAction){ name, dot + 1 };
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
add_up(ClrBinding *binding, ClrUp new)
{
	ClrUp *up;
	Oid type;
	ListCell *lc;

	foreach(lc, binding->ups)
	{
		up = lfirst(lc);
		if (up->binding == new.binding && up->slot == new.slot && up->optional == new.optional &&
			up->elsewhere == new.elsewhere)
			return true;
	}
	up = palloc(sizeof(ClrUp));
	*up = new;
	binding->ups = lappend(binding->ups, up);
	/* a domain's values are compared as its base type's, which an index would not do */
	type = get_atttype(binding->relid, get_attnum(binding->relid, binding->columns[up->slot].name));
	return type == binding->columns[up->slot].type;
}

/*
 * Whether rows without a project column have that of one of what they belong to,
 * which each of them has.
 */
static bool
one_tells_project(const ClrBinding *binding)
{
	bool one_tells = false;
	int near = 0;
	ListCell *lc;

	foreach(lc, binding->ups)
	{
		const ClrUp *up = lfirst(lc);

		if (up->elsewhere)
			continue;
		near++;
		one_tells = !up->optional && up->binding != binding->id;
	}
	return near == 1 && one_tells;
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
	ListCell *lc;

	foreach(lc, binding->parents)
	{
		ClrParent *parent = lfirst(lc);

		can_test &= parent->type_slot == CLR_NO_SLOT &&
					add_up(binding, (ClrUp){ parent->binding, parent->slot, parent->optional,
											 parent->elsewhere });
	}
	foreach(lc, binding->link_roles)
	{
		ClrLinkRole *role = lfirst(lc);

		can_test &= add_up(binding, (ClrUp){ role->target, role->slot, false, false });
	}
	if (!can_test)
		binding->ups = NIL;
	binding->ups_decide =
		binding->ups != NIL && (binding->project_slot != CLR_NO_SLOT || one_tells_project(binding));
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
load_row_guards(ClrBinding *binding)
{
	static const Oid argtypes[] = { INT4OID };
	Datum args[] = { Int32GetDatum(binding->id) };
	uint64 rows = clr_catalog_query(
		"SELECT state_column, state_values, array_position(state_values, NULL) > 0,"
		" columns::text[], feature, edit_action, delete_action"
		" FROM clearance.binding_row_guard WHERE binding_id = $1 ORDER BY id",
		1, argtypes, args, NULL);

	for (uint64 i = 0; i < rows; i++)
	{
		ClrRowGuard *guard = palloc0(sizeof(ClrRowGuard));
		ListCell *lc;

		guard->slot = optional_slot(binding, i, 1);
		guard->values = texts_in(i, 2);
		guard->holds_null = clr_column_bool(i, 3);
		guard->columns = texts_in(i, 4);
		guard->feature = keep_text(CurrentMemoryContext, i, 5);
		guard->edit_action = keep_text(CurrentMemoryContext, i, 6);
		guard->delete_action = keep_text(CurrentMemoryContext, i, 7);
		foreach(lc, guard->values)
			guard->is_lost |= is_lost_label(binding, guard->slot, lfirst(lc),
											"Every row counts as one in that state.");
		binding->row_guards = lappend(binding->row_guards, guard);
	}
}

/* The texts of an array, but NULL, in the current context. */
static List *
texts_in(uint64 row, int column)
{
	int count;
	char **texts = clr_column_texts(row, column, &count);
	List *list = NIL;

	for (int i = 0; i < count; i++)
		list = lappend(list, texts[i]);
	return list;
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
