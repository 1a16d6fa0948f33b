/*
 * rule.c
 *		The decision rule: may this actor do this to this row?
 *
 * This is the only place where the rule stands; policies, write checks and
 * answers call it. Its steps:
 *
 *   1 standing   scope.c found why the actor has none
 *   2 project    the row's project is one that the actor has a way into
 *   3 level      the levels in force there (scope.c)
 *   4 grant      one of them grants the action, and the row satisfies the
 *                grant: reach, visibility, relation, kind; so do its gates
 *   5 parents    every parent row is visible
 *   6 customers  go by client visibility
 *
 * Every act on a row but creating it needs sight of the row as well.
 *
 * Fails closed: each step returns true only if it found that it holds; what
 * it cannot judge is an error. Keeps no state.
 */
#include "rule.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "catalog.h"
#include "parent.h"

/* One row on trial. */
typedef struct Trial
{
	ClrFrame *frame;
	ClrScope *scope;
	ClrBinding *binding;
	const ClrRow *row;
	bool viewing;  /* looking at a row, which needs no more than that */
	bool creating; /* adding it: there is no row to see yet */
	StringInfo why;
	ClrProject *project;
} Trial;

static bool permits(Trial *trial, ClrAction *action);
static bool is_seen(Trial *trial);
static bool find_project(Trial *trial);
static ClrProject *project_of_parents(Trial *trial);
static bool account_fits(Trial *trial);
static bool act_holds(ClrScope *scope, ClrProject *project, ClrAction *action);
static const char *
closed_project(ClrScope *scope, ClrProject *project, const char *feature, ClrAction *action);
static bool action_holds(Trial *trial, ClrAction *action);
static bool granted(Trial *trial, ClrAction *action);
static bool grant_fits(Trial *trial, const ClrGrant *grant);
static bool client_visibility_fits(Trial *trial, const ClrGrant *grant);
static bool gate_holds(Trial *trial, ClrAction *gate);
static bool switch_counts(ClrScope *scope, ClrProject *project, ClrAction *action);
static bool has_relation(Trial *trial, ClrRelationKind kind);
static bool relation_holds(Trial *trial, ClrRelation *relation);
static void load_linked(Trial *trial, ClrRelation *relation);
static bool is_shared(Trial *trial);
static bool parents_visible(Trial *trial);
static bool draft_is_open(Trial *trial);
static bool link_roles_permit(Trial *trial);
static bool customers_may_upload(Trial *trial, ClrAction *action);
static bool refuse(Trial *trial, const char *format, ...) pg_attribute_printf(2, 3);

/*
 * May the frame's actor do `action` to a row that is there?
 */
bool
clr_rule_permits(ClrFrame *frame, ClrBinding *binding, const ClrRow *row, ClrAction *action,
				 StringInfo why)
{
	Trial trial = { frame, clr_frame_scope(frame), binding, row, false, false, why, NULL };

	trial.viewing = action == clr_rule_action(frame, binding, binding->actions[CLR_VIEW]);
	return permits(&trial, action);
}

/*
 * May a statement with this verb see, add, change or remove the row? Two verbs
 * may ask for one action and still be judged each in its way.
 */
bool
clr_rule_permits_verb(ClrFrame *frame, ClrBinding *binding, const ClrRow *row, ClrVerb verb,
					  StringInfo why)
{
	Trial trial = {
		frame, clr_frame_scope(frame), binding, row, verb == CLR_VIEW, verb == CLR_CREATE, why, NULL
	};

	return permits(&trial, clr_rule_action(frame, binding, binding->actions[verb]));
}

static bool
permits(Trial *trial, ClrAction *action)
{
	ClrBinding *binding = trial->binding;
	const char *closed;

	if (trial->scope->no_standing != NULL)
		return refuse(trial, "%s", trial->scope->no_standing);
	if (trial->scope->actor.partner != 0 && !trial->viewing)
		return refuse(trial, "a login for a whole partner only views");

	if (!find_project(trial) || !account_fits(trial))
		return false;
	closed = closed_project(trial->scope, trial->project, binding->feature, action);
	if (closed != NULL)
		return refuse(trial, "%s", closed);
	if (trial->project->id == CLR_PROJECT_OF_STATEMENT && !trial->viewing && !trial->creating)
		return refuse(trial, "the project is only just being created");
	if (binding->link_roles != NIL && !link_roles_permit(trial))
		return false;
	if (!binding->link_only)
	{
		if (!gate_holds(trial, action))
			return false;
		if (!trial->viewing && !trial->creating && !is_seen(trial))
			return false;
		if (!trial->creating && !draft_is_open(trial))
			return false;
	}
	return parents_visible(trial);
}

/* Sight of the row, but for what holds for every act on it. */
static bool
is_seen(Trial *trial)
{
	Trial sight = *trial;

	sight.viewing = true;
	return action_holds(&sight, clr_rule_action(trial->frame, trial->binding,
												trial->binding->actions[CLR_VIEW]));
}

/*
 * As clr_rule_permits(), for one more action that a new row needs: its project
 * and parents were judged with the create action, and there is no sight of it
 * yet.
 */
bool
clr_rule_permits_new(ClrFrame *frame, ClrBinding *binding, const ClrRow *row, ClrAction *action,
					 StringInfo why)
{
	Trial trial = { frame, clr_frame_scope(frame), binding, row, false, true, why, NULL };

	return find_project(&trial) && gate_holds(&trial, action);
}

/*
 * An act without a row: does a level in force in the project (or the account,
 * if that is the account level) grant it, and its gates? What a grant asks of
 * a row is not judged.
 */
bool
clr_rule_permits_act(ClrScope *scope, ClrProject *project, ClrAction *action)
{
	if (scope->no_standing != NULL || (scope->actor.partner != 0 && !action->reads))
		return false;
	return act_holds(scope, project, action) &&
		   closed_project(scope, project, action->feature, action) == NULL;
}

static bool
act_holds(ClrScope *scope, ClrProject *project, ClrAction *action)
{
	ListCell *lc;
	bool holds = switch_counts(scope, project, action);

	check_stack_depth();
	if (project->levels.admin)
		return true;
	foreach(lc, action->grants)
		holds = holds || clr_scope_reaches(scope, project, lfirst(lc));
	foreach(lc, action->gates)
		holds = holds && act_holds(scope, project, lfirst(lc));
	return holds;
}

/*
 * Why a project is closed to an action on a feature, or NULL. An archived one
 * is open to those who may view archived ones, to read; a feature switched
 * off for it, to those who may manage the switches.
 */
static const char *
closed_project(ClrScope *scope, ClrProject *project, const char *feature, ClrAction *action)
{
	ListCell *lc;

	if (project->archived)
	{
		if (!act_holds(scope, project, clr_scope_action(scope, "project", "view_archived")))
			return "the project is archived";
		if (!action->reads &&
			!(strcmp(action->feature, "project") == 0 && strcmp(action->name, "unarchive") == 0))
			return "the project is archived and read-only";
	}
	foreach(lc, project->features_off)
		if (strcmp(lfirst(lc), feature) == 0 &&
			!act_holds(scope, project, clr_scope_action(scope, "project", "manage_tab_visibility")))
			return "the feature is switched off for the project";
	return NULL;
}

/* An action of the binding's own feature. */
ClrAction *
clr_rule_action(ClrFrame *frame, const ClrBinding *binding, const char *name)
{
	return clr_scope_action(clr_frame_scope(frame), binding->feature, name);
}

/*
 * The project of a row, or NULL (and why) if the actor has no way into it.
 */
ClrProject *
clr_rule_project(ClrFrame *frame, ClrBinding *binding, const ClrRow *row, StringInfo why)
{
	Trial trial = { frame, clr_frame_scope(frame), binding, row, true, false, why, NULL };

	return find_project(&trial) ? trial.project : NULL;
}

/* ---------- project ---------- */

static bool
find_project(Trial *trial)
{
	ClrBinding *binding = trial->binding;

	if (trial->creating && !binding->link_only && strcmp(binding->feature, "project") == 0)
		trial->project = trial->scope->account_level; /* not registered yet */
	else if (binding->project_slot != CLR_NO_SLOT)
	{
		const ClrColumn *column = &binding->columns[binding->project_slot];
		ClrKey key;

		if (trial->row->nulls[binding->project_slot])
			return refuse(trial, "the row has no project");
		clr_key_from_datum(trial->row->values[binding->project_slot], column->key_class,
						   column->type, &key);
		trial->project = clr_scope_project(trial->scope, &key);
	}
	else if (binding->parents != NIL || binding->link_roles != NIL)
		trial->project = project_of_parents(trial);
	else if (binding->account_slot != CLR_NO_SLOT && trial->scope->audience == CLR_VENDOR)
		trial->project = trial->scope->account_level;

	if (trial->project == NULL)
		return refuse(trial, "the row's project is not open to the actor");
	return true;
}

/*
 * The parent of a row by one declaration, or false if it names none. A type
 * column with another value means that the parent is in another table.
 */
static bool
parent_key(Trial *trial, const ClrParent *parent, ClrKey *key)
{
	const ClrColumn *column = &trial->binding->columns[parent->slot];

	if (trial->row->nulls[parent->slot])
		return false;
	if (parent->type_slot != CLR_NO_SLOT)
	{
		char *type = clr_binding_value_text(trial->binding, trial->row, parent->type_slot);

		if (type == NULL || strcmp(type, parent->type_value) != 0)
			return false;
	}
	clr_key_from_datum(trial->row->values[parent->slot], column->key_class, column->type, key);
	return true;
}

/* The target of a link row, or false if it names none. */
static bool
target_key(Trial *trial, const ClrLinkRole *role, ClrKey *key)
{
	const ClrColumn *column = &trial->binding->columns[role->slot];

	if (trial->row->nulls[role->slot])
		return false;
	clr_key_from_datum(trial->row->values[role->slot], column->key_class, column->type, key);
	return true;
}

/*
 * The one project of all parents; NULL if they differ or one is closed.
 */
static ClrProject *
project_of_parents(Trial *trial)
{
	ClrProject *project = NULL;
	ListCell *lc;
	ClrKey key;

	foreach(lc, trial->binding->parents)
	{
		ClrParent *parent = lfirst(lc);
		const ClrParentRow *row;

		if (!parent_key(trial, parent, &key))
			continue;
		row = clr_parent_find(trial->frame, clr_frame_binding(trial->frame, parent->binding), &key,
							  NULL);
		if (!row->permitted || (project != NULL && project != row->project))
			return NULL;
		project = row->project;
	}
	if (project != NULL)
		return project;
	foreach(lc, trial->binding->link_roles)
	{
		ClrLinkRole *role = lfirst(lc);
		const ClrParentRow *row;

		if (!target_key(trial, role, &key))
			return NULL;
		row = clr_parent_find(trial->frame, clr_frame_binding(trial->frame, role->target), &key,
							  NULL);
		if (!row->permitted || (project != NULL && project != row->project))
			return NULL;
		project = row->project;
	}
	return project;
}

static bool
account_fits(Trial *trial)
{
	int slot = trial->binding->account_slot;
	const ClrColumn *column;
	ClrKey value;
	ClrKey account;

	if (slot == CLR_NO_SLOT)
		return true;
	column = &trial->binding->columns[slot];
	if (!trial->row->nulls[slot])
	{
		clr_key_from_datum(trial->row->values[slot], column->key_class, column->type, &value);
		if (clr_key_from_text(trial->scope->account_key, column->key_class, &account) &&
			clr_key_equal(&value, &account))
			return true;
	}
	return refuse(trial, "the row belongs to no account or to another one");
}

/* ---------- grants ---------- */

/*
 * A level in force grants the action and the row satisfies the grant, and so
 * it is with each gate.
 */
static bool
action_holds(Trial *trial, ClrAction *action)
{
	ListCell *lc;

	check_stack_depth();
	if (!granted(trial, action))
		return false;
	if (trial->project->levels.admin)
		return true;
	foreach(lc, action->gates)
		if (!gate_holds(trial, lfirst(lc)))
			return false;
	return true;
}

static bool
granted(Trial *trial, ClrAction *action)
{
	bool by_level = false;
	ListCell *lc;

	if (trial->project->levels.admin)
		return true;
	if (customers_may_upload(trial, action))
		return true;
	foreach(lc, action->grants)
	{
		ClrGrant *grant = lfirst(lc);

		if (!clr_scope_reaches(trial->scope, trial->project, grant))
			continue;
		by_level = true;
		if (grant_fits(trial, grant) && client_visibility_fits(trial, grant))
			return true;
	}
	if (switch_counts(trial->scope, trial->project, action) && client_visibility_fits(trial, NULL))
		return true;
	/* the owner of a row may invite to it */
	if (strcmp(action->name, "invite") == 0 &&
		strcmp(action->feature, trial->binding->feature) == 0 && has_relation(trial, CLR_REL_OWN))
		return true;

	if (by_level)
		return refuse(trial, "%s.%s is granted, but not for this row", action->feature,
					  action->name);
	return refuse(trial, "no level of the actor grants %s.%s in this project", action->feature,
				  action->name);
}

/*
 * Visibility, kind and relation, all of one grant together. Customers do not
 * go by visibility where the row carries client visibility.
 */
static bool
grant_fits(Trial *trial, const ClrGrant *grant)
{
	ClrBinding *binding = trial->binding;
	bool by_client_visibility =
		trial->scope->audience == CLR_CUSTOMER && binding->client_slot != CLR_NO_SLOT;

	if (grant->shared_only && !by_client_visibility && !is_shared(trial))
		return false;
	if (grant->kinds != NIL)
	{
		char *kind;
		ListCell *lc;

		if (binding->kind_slot == CLR_NO_SLOT)
			return false;
		kind = clr_binding_value_text(binding, trial->row, binding->kind_slot);
		if (kind == NULL)
			return false;
		foreach(lc, grant->kinds)
			if (strcmp(lfirst(lc), kind) == 0)
				break;
		if (lc == NULL)
			return false;
	}
	return grant->relation == CLR_REL_ANY || has_relation(trial, grant->relation);
}

/*
 * Customers: hidden rows are closed, read ones may be viewed, edit ones acted
 * on as granted; what a contact may create, it creates hidden or not. What a contact created it sees though it is hidden.
 */
static bool
client_visibility_fits(Trial *trial, const ClrGrant *grant)
{
	ClrBinding *binding = trial->binding;
	char *value;

	if (trial->scope->audience != CLR_CUSTOMER || binding->client_slot == CLR_NO_SLOT ||
		trial->creating)
		return true;
	if (trial->viewing && grant != NULL && grant->relation == CLR_REL_OWN)
		return true;
	value = clr_binding_value_text(binding, trial->row, binding->client_slot);
	return value != NULL &&
		   (strcmp(value, "edit") == 0 || (trial->viewing && strcmp(value, "read") == 0));
}

/*
 * Uploads by customers go by the project's switch alone; other members by
 * their grants.
 */
static bool
customers_may_upload(Trial *trial, ClrAction *action)
{
	return trial->scope->audience == CLR_CUSTOMER && trial->project->client_upload &&
		   strcmp(action->feature, "file") == 0 && strcmp(action->name, "create") == 0;
}

/*
 * A switch of the member's own grants the action as far as its project.view
 * reaches, unless a level in force rules it out.
 */
static bool
switch_counts(ClrScope *scope, ClrProject *project, ClrAction *action)
{
	ListCell *lc;

	if (!action->switched_on)
		return false;
	for (int i = 0; i < project->levels.count; i++)
		if (list_member_int(action->not_available, project->levels.ids[i]))
			return false;
	if (list_member_int(action->not_available, project->open_level))
		return false;
	if (scope->audience != CLR_VENDOR || project->id == 0)
		return true;
	foreach(lc, clr_scope_action(scope, "project", "view")->grants)
		if (clr_scope_reaches(scope, project, lfirst(lc)))
			return true;
	return false;
}

/*
 * An action about the feature of a parent, or of one further up, is judged on
 * that row; others, and always those about the project's pages, on the row
 * acted on.
 */
static bool
gate_holds(Trial *trial, ClrAction *gate)
{
	bool judged = false;
	ListCell *lc;

	if (strcmp(gate->feature, "project") != 0 &&
		strcmp(gate->feature, trial->binding->feature) != 0)
		foreach(lc, trial->binding->parents)
		{
			ClrParent *parent = lfirst(lc);
			ClrBinding *binding = clr_frame_binding(trial->frame, parent->binding);
			ClrKey key;

			if (!clr_parent_is_about(trial->frame, binding, gate->feature) ||
				!parent_key(trial, parent, &key))
				continue;
			judged = true;
			if (!clr_parent_permits(trial->frame, binding, &key, gate))
				return refuse(trial, "%s.%s is not granted for the row's parent", gate->feature,
							  gate->name);
		}
	return judged || action_holds(trial, gate);
}

/* ---------- the row ---------- */

static bool
is_shared(Trial *trial)
{
	ClrBinding *binding = trial->binding;
	char *value;
	ListCell *lc;

	if (binding->visibility_slot == CLR_NO_SLOT)
		return true;
	value = clr_binding_value_text(binding, trial->row, binding->visibility_slot);
	if (value == NULL)
		return false; /* a NULL privacy flag is private */
	foreach(lc, binding->shared_values)
		if (strcmp(lfirst(lc), value) == 0)
			return true;
	return false;
}

/*
 * Is the actor related to the row in this way? The owner counts as invited.
 */
static bool
has_relation(Trial *trial, ClrRelationKind kind)
{
	ClrBinding *binding = trial->binding;
	ListCell *lc;

	if ((kind == CLR_REL_OWN || kind == CLR_REL_INVITED) && binding->owner_slot != CLR_NO_SLOT &&
		!trial->row->nulls[binding->owner_slot] &&
		clr_rule_value_is_me(trial->scope, &binding->columns[binding->owner_slot],
							 trial->row->values[binding->owner_slot]))
		return true;
	foreach(lc, binding->relations)
	{
		ClrRelation *relation = lfirst(lc);

		if ((relation->kind == kind ||
			 (kind == CLR_REL_INVITED && relation->kind == CLR_REL_OWN)) &&
			relation_holds(trial, relation))
			return true;
	}
	return false;
}

static bool
relation_holds(Trial *trial, ClrRelation *relation)
{
	const ClrColumn *column = &trial->binding->columns[relation->slot];
	Datum value = trial->row->values[relation->slot];
	ClrKey key;

	if (trial->row->nulls[relation->slot])
		return false;
	if (relation->link_sql == NULL)
		return clr_rule_value_is_me(trial->scope, column, value);
	if (relation->linked == NULL)
		load_linked(trial, relation);
	clr_key_from_datum(value, column->key_class, column->type, &key);
	return clr_keytab_find(relation->linked, &key) != NULL;
}

/*
 * Whether a member column names the actor; an array column, whether any of
 * its elements does.
 */
bool
clr_rule_value_is_me(ClrScope *scope, const ClrColumn *column, Datum value)
{
	ClrKey key;
	Datum *elems;
	bool *nulls;
	int n;
	int16 typlen;
	bool typbyval;
	char typalign;

	if (!column->is_array)
	{
		clr_key_from_datum(value, column->key_class, column->type, &key);
		return clr_scope_is_me(scope, &key);
	}
	get_typlenbyvalalign(column->type, &typlen, &typbyval, &typalign);
	deconstruct_array(DatumGetArrayTypeP(value), column->type, typlen, typbyval, typalign, &elems,
					  &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			continue;
		clr_key_from_datum(elems[i], column->key_class, column->type, &key);
		if (clr_scope_is_me(scope, &key))
			return true;
	}
	return false;
}

/*
 * Read once a query what a link table links to the actor.
 */
static void
load_linked(Trial *trial, ClrRelation *relation)
{
	Oid argtypes[] = { get_array_type(relation->link_type) };
	Datum args[] = { clr_scope_me_array(trial->scope, relation->link_type) };
	const ClrColumn *column = &trial->binding->columns[relation->slot];
	ClrKeyTable *linked;
	ClrCatalog state;
	uint64 rows;

	clr_catalog_begin(&state);
	rows = clr_catalog_query(relation->link_sql, 1, argtypes, args, NULL);
	linked = clr_keytab_new(trial->frame->context, rows);
	if (rows > 0)
	{
		Oid type = getBaseType(SPI_gettypeid(SPI_tuptable->tupdesc, 1));

		for (uint64 i = 0; i < rows; i++)
		{
			bool isnull;
			bool found;
			Datum value = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);
			ClrKey key;

			if (isnull)
				continue;
			clr_key_from_datum(value, column->key_class, type, &key);
			(void) clr_keytab_add(linked, &key, &found);
		}
	}
	clr_catalog_end(&state);
	relation->linked = linked;
}

/*
 * Every parent that the row must have, or has, is visible. Where a type
 * column says which table the parent is in, it must name one of those.
 */
static bool
parents_visible(Trial *trial)
{
	ListCell *lc;
	ClrKey key;
	bool typed = false;
	bool typed_found = false;

	foreach(lc, trial->binding->parents)
	{
		ClrParent *parent = lfirst(lc);
		const ClrParentRow *row;

		typed |= parent->type_slot != CLR_NO_SLOT && !parent->optional;
		if (!parent_key(trial, parent, &key))
		{
			if (parent->optional || parent->type_slot != CLR_NO_SLOT)
				continue;
			return refuse(trial, "the row has no parent in \"%s\"",
						  trial->binding->columns[parent->slot].name);
		}
		typed_found |= parent->type_slot != CLR_NO_SLOT;
		row = clr_parent_find(trial->frame, clr_frame_binding(trial->frame, parent->binding), &key,
							  NULL);
		if (!row->permitted)
			return refuse(trial, "the row's parent in \"%s\" is not visible",
						  trial->binding->columns[parent->slot].name);
		if (row->project != trial->project && trial->project->id != 0)
			return refuse(trial, "the row's parent in \"%s\" is in another project",
						  trial->binding->columns[parent->slot].name);
	}
	if (typed && !typed_found)
		return refuse(trial, "the row has no parent");
	return true;
}

static bool
is_published(Trial *trial)
{
	int slot = trial->binding->published_slot;
	Datum value = trial->row->values[slot];

	if (trial->row->nulls[slot])
		return false;
	switch (trial->binding->columns[slot].type)
	{
		case BOOLOID:
			return DatumGetBool(value);
		case DATEOID:
			value = DirectFunctionCall1(date_timestamptz, value);
			break;
		case TIMESTAMPOID:
			value = DirectFunctionCall1(timestamp_timestamptz, value);
			break;
		case TIMESTAMPTZOID:
			break;
		default:
			elog(ERROR, "published column \"%s\" is no time", trial->binding->columns[slot].name);
	}
	return DatumGetTimestampTz(value) <= GetCurrentStatementStartTimestamp();
}

/*
 * A draft is open to its owner and to vendor members who may publish it.
 */
static bool
draft_is_open(Trial *trial)
{
	ClrBinding *binding = trial->binding;

	if (binding->published_slot == CLR_NO_SLOT || is_published(trial) ||
		has_relation(trial, CLR_REL_OWN))
		return true;
	if (trial->scope->audience == CLR_VENDOR)
	{
		Trial quiet = *trial;

		quiet.why = NULL;
		if (action_holds(&quiet, clr_rule_action(trial->frame, binding, binding->publish_action)))
			return true;
	}
	return refuse(trial, "the row is a draft of somebody else");
}

/*
 * A link row is seen with the row it links to. Writing it needs what gives
 * the relation: assign, invite or change_owner on that row; anybody who sees
 * a row may follow it, for oneself.
 */
static bool
link_roles_permit(Trial *trial)
{
	ListCell *lc;

	foreach(lc, trial->binding->link_roles)
	{
		ClrLinkRole *role = lfirst(lc);
		ClrBinding *target = clr_frame_binding(trial->frame, role->target);
		const char *needed = NULL;
		ClrKey key;

		if (!trial->viewing)
			needed = clr_relation_giver(role->kind);
		if (needed == NULL)
			needed = target->actions[CLR_VIEW];
		if (!target_key(trial, role, &key) ||
			!clr_parent_permits(trial->frame, target, &key,
								clr_rule_action(trial->frame, target, needed)))
			return refuse(trial, "the link needs %s on the row that it links to", needed);
		if (!trial->viewing && role->kind == CLR_REL_FOLLOWED &&
			(trial->row->nulls[role->member_slot] ||
			 !clr_rule_value_is_me(trial->scope, &trial->binding->columns[role->member_slot],
								   trial->row->values[role->member_slot])))
			return refuse(trial, "members follow for themselves only");
	}
	return true;
}

static bool
refuse(Trial *trial, const char *format, ...)
{
	va_list args;

	if (trial->why == NULL || trial->why->len > 0)
		return false;
	for (;;)
	{
		int needed;

		va_start(args, format);
		needed = appendStringInfoVA(trial->why, format, args);
		va_end(args);
		if (needed == 0)
			return false;
		enlargeStringInfo(trial->why, needed);
	}
}
