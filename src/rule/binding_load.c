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

#include "access/relation.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "store/catalog.h"
#include "store/counters.h"
#include "store/rows.h"

static void load_itself(ClrBinding *binding, const ClrRows *rows);
static void load_columns(ClrBinding *binding, List *names);
static void load_relations(ClrBinding *binding);
static ClrRelation *load_relation(ClrBinding *binding, const ClrRows *rows);
static bool says_who(const ClrBinding *binding, const ClrRelation *relation);
static bool is_asked_about(const ClrBinding *binding, int slot);
static List *links_through_task(int32 task_binding, const char *link_column);
static ClrLink *task_link(int32 task_binding, const ClrRows *rows, const char *link_column);
static void load_parents(ClrBinding *binding);
static void load_parent_gates(ClrParent *parent, const ClrRows *rows);
static void load_link_roles(ClrBinding *binding);
static ClrLinkRole *load_link_role(const ClrBinding *binding, const ClrRows *rows);
static ClrNaming *load_naming(const ClrRows *rows, int slot);
static bool links_keys(const ClrRows *relation);
static void find_ups(ClrBinding *binding);
static void load_guards(ClrBinding *binding);
static int compare_guards(const ListCell *a, const ListCell *b);
static void load_row_guards(ClrBinding *binding);
static void load_masks(ClrBinding *binding);

/* The slot of a bound column. */
int
clr_binding_slot(const ClrBinding *binding, const char *name)
{
	for (int i = 0; i < binding->ncolumns; i++)
		if (strcmp(binding->columns[i].name, name) == 0)
			return i;
	elog(ERROR, "column \"%s\" is not among those of binding %d", name, binding->id);
}

static int
optional_slot(const ClrBinding *binding, const ClrRows *rows, int column)
{
	const char *name = clr_rows_name(rows, column);

	return name ? clr_binding_slot(binding, name) : CLR_NO_SLOT;
}

/* Something that was declared: rows come in no order, ids grow in that of declaration. */
typedef struct Declared
{
	int32 id;
	void *what;
} Declared;

static List *
add_declared(List *list, int32 id, void *what)
{
	Declared *declared = palloc(sizeof(Declared));

	*declared = (Declared){ id, what };
	return lappend(list, declared);
}

static int
compare_ids(const ListCell *a, const ListCell *b)
{
	int32 one = ((Declared *) lfirst(a))->id;
	int32 other = ((Declared *) lfirst(b))->id;

	return (one > other) - (one < other);
}

/* What was declared, in that order; the list becomes one of these. */
static List *
in_order(List *list)
{
	ListCell *lc;

	list_sort(list, compare_ids);
	foreach(lc, list)
	{
		Declared *declared = lfirst(lc);

		lfirst(lc) = declared->what;
		pfree(declared);
	}
	return list;
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
				label, binding->columns[slot].name, clr_catalog_table_name(binding->relid),
				format_type_be_qualified(type)),
		 errdetail_internal("%s", consequence),
		 errhint("Use clearance.unprotect() and declare the table again.")));
	return true;
}

/*
 * Load a binding into a context; errors if it does not exist or its table
 * does not fit it.
 *
 * Whatever the query's snapshot, it is read as the server reads its catalog, under the
 * latest one: the policies that pass its columns, and the columns themselves, are those of
 * the latest catalog, too, and a declaration commits with them. Under an older snapshot a
 * policy of now would be judged by what was declared for the one before.
 */
ClrBinding *
clr_binding_load(MemoryContext context, int32 id)
{
	MemoryContext caller = MemoryContextSwitchTo(context);
	ClrBinding *binding = palloc0(sizeof(ClrBinding));
	ListCell *lc;
	ClrRows rows;

	binding->id = id;
	clr_catalog_push_latest();
	if (!clr_rows_one(&rows, CLR_BINDING_BY_ID, id))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						clr_count(CLR_ERROR_DECLARATION),
						errmsg("no protected table has the binding %d", id),
						errdetail("A policy passes it, but the extension does not know it."),
						errhint("Declare the table again with clearance.protect().")));
	load_itself(binding, &rows);
	clr_rows_end(&rows);
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
	PopActiveSnapshot();
	MemoryContextSwitchTo(caller);
	return binding;
}

static void
load_itself(ClrBinding *binding, const ClrRows *rows)
{
	bool has_null;

	binding->relid = clr_rows_oid(rows, BINDING_RELATION);
	binding->feature = clr_rows_text(rows, BINDING_FEATURE);
	binding->link_only = clr_rows_bool(rows, BINDING_LINK_ONLY);
	for (int i = 0; i < CLR_VERBS; i++)
		binding->actions[i] = clr_rows_text(rows, BINDING_ACTIONS + i);
	binding->publish_action = clr_rows_text(rows, BINDING_PUBLISH_ACTION);
	binding->project_optional = clr_rows_bool(rows, BINDING_PROJECT_OPTIONAL);
	load_columns(binding, clr_rows_texts(rows, BINDING_COLUMNS, &has_null));
	binding->shared_values = clr_rows_texts(rows, BINDING_SHARED_VALUES, &has_null);
	binding->key_slot = optional_slot(binding, rows, BINDING_KEY);
	binding->project_slot = optional_slot(binding, rows, BINDING_PROJECT);
	binding->visibility_slot = optional_slot(binding, rows, BINDING_VISIBILITY);
	binding->client_slot = optional_slot(binding, rows, BINDING_CLIENT_VISIBILITY);
	binding->account_slot = optional_slot(binding, rows, BINDING_ACCOUNT);
	binding->owner_slot = optional_slot(binding, rows, BINDING_OWNER);
	binding->kind_slot = optional_slot(binding, rows, BINDING_KIND);
	binding->published_slot = optional_slot(binding, rows, BINDING_PUBLISHED);
}

static void
load_columns(ClrBinding *binding, List *names)
{
	Relation relation = try_relation_open(binding->relid, AccessShareLock);
	ListCell *lc;

	binding->columns = palloc0(sizeof(ClrColumn) * Max(list_length(names), 1));
	foreach(lc, names)
	{
		ClrColumn *column = &binding->columns[binding->ncolumns++];
		AttrNumber attnum = relation == NULL ? InvalidAttrNumber :
											   SPI_fnumber(RelationGetDescr(relation), lfirst(lc));
		Oid type;
		Oid element;

		if (attnum <= 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), clr_count(CLR_ERROR_DECLARATION),
							errmsg("column \"%s\" of protected table %s does not exist",
								   (char *) lfirst(lc), clr_binding_name(binding)),
							errhint("Use clearance.unprotect() and declare the table again.")));
		type = getBaseType(TupleDescAttr(RelationGetDescr(relation), attnum - 1)->atttypid);
		element = get_base_element_type(type);
		column->name = lfirst(lc);
		column->is_array = OidIsValid(element);
		column->type = OidIsValid(element) ? getBaseType(element) : type;
		column->key_class = clr_key_class(column->type);
	}
	if (relation != NULL)
		relation_close(relation, AccessShareLock);
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
	const int64 key = binding->id;
	ClrRows rows;

	clr_rows_begin(&rows, CLR_RELATIONS_OF_BINDING, &key);
	while (clr_rows_next(&rows))
		binding->relations = add_declared(binding->relations, clr_rows_int32(&rows, RELATION_ID),
										  load_relation(binding, &rows));
	clr_rows_end(&rows);
	binding->relations = in_order(binding->relations);
}

static ClrRelation *
load_relation(ClrBinding *binding, const ClrRows *rows)
{
	ClrRelation *relation = palloc0(sizeof(ClrRelation));
	const char *member_column = clr_rows_text(rows, RELATION_MEMBER);
	const char *link_column = clr_rows_text(rows, RELATION_LINK_COLUMN);
	Oid link = clr_rows_oid(rows, RELATION_LINK);

	relation->id = clr_rows_int32(rows, RELATION_ID);
	relation->kind = clr_relation_kind(clr_rows_text(rows, RELATION_KIND));
	if (!OidIsValid(link))
		relation->slot = clr_binding_slot(binding, member_column);
	else
	{
		relation->slot = optional_slot(binding, rows, RELATION_ROW_COLUMN);
		if (relation->slot == CLR_NO_SLOT)
			relation->slot = binding->key_slot;
	}
	if (OidIsValid(link) && member_column != NULL)
		relation->links = list_make1(new_link(link, link_column, member_column));
	else if (OidIsValid(link))
		relation->links = links_through_task(clr_binding_of_table(link), link_column);
	relation->gives = member_column != NULL && says_who(binding, relation);
	return relation;
}

/*
 * Whether who writes the row's column says by that who is related. Through a link
 * table, not by what tells the row itself; nor who follows, as whoever sees the row
 * may.
 */
static bool
says_who(const ClrBinding *binding, const ClrRelation *relation)
{
	return relation->links == NIL ||
		   (relation->kind != CLR_REL_FOLLOWED && relation->slot != binding->key_slot &&
			!is_asked_about(binding, relation->slot));
}

/* Whether a column tells a row's place or its owner: who may write which is a question of its own. */
static bool
is_asked_about(const ClrBinding *binding, int slot)
{
	return slot == binding->project_slot || slot == binding->account_slot ||
		   slot == binding->owner_slot;
}

/*
 * How another protected table (tasks) links the values in link_column (NULL:
 * its keys) to those whom its rows are assigned to.
 */
static List *
links_through_task(int32 task_binding, const char *link_column)
{
	const int64 key = task_binding;
	List *links = NIL;
	ClrRows rows;

	clr_rows_begin(&rows, CLR_RELATIONS_OF_BINDING, &key);
	while (clr_rows_next(&rows))
		if (clr_rows_is_text(&rows, RELATION_KIND, "assigned") &&
			clr_rows_name(&rows, RELATION_MEMBER) != NULL)
			links = add_declared(links, clr_rows_int32(&rows, RELATION_ID),
								 task_link(task_binding, &rows, link_column));
	clr_rows_end(&rows);
	if (links == NIL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						clr_count(CLR_ERROR_DECLARATION),
						errmsg("the table that assigned_task goes through has no assignees"),
						errhint("Declare them with clearance.relate(..., 'assigned', ...).")));
	return in_order(links);
}

static ClrLink *
task_link(int32 task_binding, const ClrRows *rows, const char *link_column)
{
	const char *member = clr_rows_text(rows, RELATION_MEMBER);
	Oid table = clr_rows_oid(rows, RELATION_LINK);
	const char *key;
	const char *value;
	ClrRows task;
	ClrLink *link;
	Oid relid;

	if (!clr_rows_one(&task, CLR_BINDING_BY_ID, task_binding))
		elog(ERROR, "binding %d does not exist", task_binding);
	relid = clr_rows_oid(&task, BINDING_RELATION);
	key = clr_rows_text(&task, BINDING_KEY);
	clr_rows_end(&task);
	value = link_column != NULL ? link_column : key;
	if (!OidIsValid(table))
		link = new_link(relid, value, member);
	else
	{
		link = new_link(table, clr_rows_text(rows, RELATION_LINK_COLUMN), member);
		link->through = relid;
		link->key = clr_rows_text(rows, RELATION_ROW_COLUMN);
		if (link->key == NULL)
			link->key = key;
		link->through_value = value;
	}
	link->are_keys = link_column == NULL;
	return link;
}

static void
load_parents(ClrBinding *binding)
{
	const int64 key = binding->id;
	ClrRows rows;

	clr_rows_begin(&rows, CLR_PARENTS_OF_BINDING, &key);
	while (clr_rows_next(&rows))
	{
		ClrParent *parent = palloc0(sizeof(ClrParent));

		parent->binding = clr_rows_int32(&rows, PARENT_BINDING);
		parent->slot = optional_slot(binding, &rows, PARENT_COLUMN);
		parent->type_slot = optional_slot(binding, &rows, PARENT_TYPE);
		parent->type_value = clr_rows_text(&rows, PARENT_TYPE_VALUE);
		parent->is_lost = is_lost_label(binding, parent->type_slot, parent->type_value,
										"Rows without another parent are closed.");
		parent->optional = clr_rows_bool(&rows, PARENT_OPTIONAL);
		parent->elsewhere = !clr_rows_bool(&rows, PARENT_SAME_PROJECT);
		load_parent_gates(parent, &rows);
		binding->parents = add_declared(binding->parents, clr_rows_int32(&rows, PARENT_ID), parent);
	}
	clr_rows_end(&rows);
	binding->parents = in_order(binding->parents);
}

/* One for each verb, as feature.action. */
static void
load_parent_gates(ClrParent *parent, const ClrRows *rows)
{
	for (int verb = 0; verb < CLR_VERBS; verb++)
	{
		char *name = clr_rows_text(rows, PARENT_ACTIONS + verb);
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
 * Relations of other tables for which this table is the link, by their keys, or
 * whose rows it names.
 */
static void
load_link_roles(ClrBinding *binding)
{
	const int64 key = binding->relid;
	ClrRows rows;

	clr_rows_begin(&rows, CLR_RELATIONS_OF_LINK, &key);
	while (clr_rows_next(&rows))
	{
		int32 id = clr_rows_int32(&rows, RELATION_ID);

		/* without a member column, the column names rows of that table */
		if (clr_rows_name(&rows, RELATION_MEMBER) == NULL)
		{
			int slot = optional_slot(binding, &rows, RELATION_LINK_COLUMN);

			if (slot != CLR_NO_SLOT && !is_asked_about(binding, slot))
				binding->namings = add_declared(binding->namings, id, load_naming(&rows, slot));
		}
		else if (links_keys(&rows))
			binding->link_roles =
				add_declared(binding->link_roles, id, load_link_role(binding, &rows));
	}
	clr_rows_end(&rows);
	binding->link_roles = in_order(binding->link_roles);
	binding->namings = in_order(binding->namings);
}

static ClrLinkRole *
load_link_role(const ClrBinding *binding, const ClrRows *rows)
{
	ClrLinkRole *role = palloc0(sizeof(ClrLinkRole));

	role->target = clr_rows_int32(rows, RELATION_BINDING);
	role->kind = clr_relation_kind(clr_rows_text(rows, RELATION_KIND));
	role->slot = optional_slot(binding, rows, RELATION_LINK_COLUMN);
	role->member_slot = optional_slot(binding, rows, RELATION_MEMBER);
	return role;
}

static ClrNaming *
load_naming(const ClrRows *rows, int slot)
{
	ClrNaming *naming = palloc0(sizeof(ClrNaming));

	naming->target = clr_rows_int32(rows, RELATION_BINDING);
	naming->slot = slot;
	if (!links_keys(rows))
		naming->column = clr_rows_text(rows, RELATION_ROW_COLUMN);
	return naming;
}

/* Whether a relation's link refers to the key of its table. */
static bool
links_keys(const ClrRows *relation)
{
	const char *column = clr_rows_name(relation, RELATION_ROW_COLUMN);
	const char *key;
	ClrRows rows;
	bool are_keys;

	if (!clr_rows_one(&rows, CLR_BINDING_BY_ID, clr_rows_int32(relation, RELATION_BINDING)))
		return false;
	key = clr_rows_name(&rows, BINDING_KEY);
	are_keys = key != NULL && (column == NULL || strcmp(column, key) == 0);
	clr_rows_end(&rows);
	return are_keys;
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
	const int64 key = binding->id;
	ClrRows rows;

	clr_rows_begin(&rows, CLR_GUARDS_OF_BINDING, &key);
	while (clr_rows_next(&rows))
	{
		ClrGuard *guard = palloc0(sizeof(ClrGuard));

		guard->column = clr_rows_text(&rows, GUARD_COLUMN);
		guard->feature = clr_rows_text(&rows, GUARD_FEATURE);
		guard->action = clr_rows_text(&rows, GUARD_ACTION);
		guard->new_value = clr_rows_text(&rows, GUARD_NEW_VALUE);
		guard->is_lost =
			is_lost_label(binding, clr_binding_slot(binding, guard->column), guard->new_value,
						  "Every change of the column needs its action.");
		binding->guards = lappend(binding->guards, guard);
	}
	clr_rows_end(&rows);
	list_sort(binding->guards, compare_guards);
}

/* By column and value; last the one for values that no other one names. */
static int
compare_guards(const ListCell *a, const ListCell *b)
{
	const ClrGuard *one = lfirst(a);
	const ClrGuard *other = lfirst(b);
	int order = strcmp(one->column, other->column);

	if (order != 0 || one->new_value == NULL || other->new_value == NULL)
		return order != 0 ? order : (one->new_value == NULL) - (other->new_value == NULL);
	return strcmp(one->new_value, other->new_value);
}

static void
load_row_guards(ClrBinding *binding)
{
	const int64 key = binding->id;
	ClrRows rows;

	clr_rows_begin(&rows, CLR_ROW_GUARDS_OF_BINDING, &key);
	while (clr_rows_next(&rows))
	{
		ClrRowGuard *guard = palloc0(sizeof(ClrRowGuard));
		bool has_null;
		ListCell *lc;

		guard->slot = optional_slot(binding, &rows, ROW_GUARD_STATE);
		guard->values = clr_rows_texts(&rows, ROW_GUARD_VALUES, &guard->holds_null);
		guard->columns = clr_rows_texts(&rows, ROW_GUARD_COLUMNS, &has_null);
		guard->feature = clr_rows_text(&rows, ROW_GUARD_FEATURE);
		guard->edit_action = clr_rows_text(&rows, ROW_GUARD_EDIT);
		guard->delete_action = clr_rows_text(&rows, ROW_GUARD_DELETE);
		foreach(lc, guard->values)
			guard->is_lost |= is_lost_label(binding, guard->slot, lfirst(lc),
											"Every row counts as one in that state.");
		binding->row_guards =
			add_declared(binding->row_guards, clr_rows_int32(&rows, ROW_GUARD_ID), guard);
	}
	clr_rows_end(&rows);
	binding->row_guards = in_order(binding->row_guards);
}

static void
load_masks(ClrBinding *binding)
{
	const int64 key = binding->id;
	ClrRows rows;

	clr_rows_begin(&rows, CLR_MASKS_OF_BINDING, &key);
	while (clr_rows_next(&rows))
	{
		ClrMask *mask = palloc0(sizeof(ClrMask));

		mask->id = clr_rows_int32(&rows, MASK_ID);
		mask->column = clr_rows_text(&rows, MASK_COLUMN);
		mask->feature = clr_rows_text(&rows, MASK_FEATURE);
		mask->action = clr_rows_text(&rows, MASK_ACTION);
		mask->text = clr_rows_text(&rows, MASK_TEXT);
		mask->refuses_filters = clr_rows_is_text(&rows, MASK_FILTERS, "error");
		binding->masks = add_declared(binding->masks, mask->id, mask);
	}
	clr_rows_end(&rows);
	binding->masks = in_order(binding->masks);
}
