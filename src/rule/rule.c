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
 * Every act on a row but creating it needs sight of the row as well. A parent is
 * a row like any other: parent.c asks here, and is asked from here.
 *
 * Fails closed: each step returns true only if it found that it holds; what
 * it cannot judge is an error. Keeps no state.
 */
#include "rule/rule.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "rule/created.h"
#include "rule/parent.h"
#include "rule/row.h"
#include "rule/why.h"

/* One row on trial. */
typedef struct Trial
{
	ClrJudge *judge;
	ClrScope *scope;
	ClrBinding *binding;
	const ClrRow *row;
	bool viewing;  /* looking at a row, which needs no more than that */
	bool creating; /* adding it: there is no row to see yet */
	bool writing;  /* a statement would change the table */
	ClrWhy *why;
	ClrProject *project;
} Trial;

/* False, with a reason for the actor, be it about a column. */
#define refuse(trial, ...) (clr_why_say((trial)->why, NULL, __VA_ARGS__), false)
#define refuse_column(trial, slot, ...) \
	(clr_why_say((trial)->why, (trial)->binding->columns[slot].name, __VA_ARGS__), false)

/* How far a switch of the member's own goes. */
typedef enum Switch
{
	SWITCH_OFF,
	SWITCH_OWN, /* on own rows */
	SWITCH_ON,
} Switch;

static bool permits(Trial *trial, ClrAction *action);
static bool is_seen(Trial *trial);
static bool needed_by(Trial *trial, const ClrAction *action);
static bool find_project(Trial *trial);
static ClrProject *project_of_parents(Trial *trial);
static ClrProject *closed_parent(Trial *trial, const ClrParent *parent);
static ClrProject *parents_apart(Trial *trial, const ClrParent *one, const ClrParent *other);
static ClrProject *project_of_row(Trial *trial, int32 binding, const ClrKey *key);
static bool account_fits(Trial *trial);
static bool act_holds(ClrScope *scope, ClrProject *project, ClrAction *action);
static const char *closed_project(ClrScope *scope, ClrProject *project, const char *feature,
								  ClrAction *action, bool writing);
static bool action_holds(Trial *trial, ClrAction *action);
static bool granted(Trial *trial, ClrAction *action);
static void conceal_unreached(Trial *trial);
static bool is_reached(Trial *trial);
static void tell_lacks(Trial *trial, const ClrAction *action);
static bool grant_fits(Trial *trial, const ClrGrant *grant);
static bool visibility_fits(Trial *trial, const ClrGrant *grant);
static bool kind_fits(Trial *trial, const ClrGrant *grant);
static bool relation_fits(Trial *trial, const ClrGrant *grant);
static bool client_visibility_fits(Trial *trial, const ClrGrant *grant);
static bool gate_holds(Trial *trial, ClrAction *gate);
static bool
refuse_gate(Trial *trial, const ClrParent *parent, ClrBinding *binding, const ClrAction *gate);
static Switch switch_of(ClrScope *scope, ClrProject *project, ClrAction *action);
static Switch switched(ClrScope *scope, ClrProject *project, ClrAction *action);
static bool names_level_of(const List *levels, const ClrProject *project);
static bool parents_visible(Trial *trial);
static bool draft_is_open(Trial *trial);
static bool link_roles_permit(Trial *trial);
static bool
refuse_link(Trial *trial, const ClrLinkRole *role, ClrBinding *target, const char *needed);
static bool refuse_target(Trial *trial, const ClrLinkRole *role);
static bool is_customer_upload(const ClrScope *scope, const ClrAction *action);

/*
 * May the actor do `action` to a row that is there?
 */
bool
clr_rule_permits(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrAction *action,
				 ClrWhy *why)
{
	ClrProject *project;

	return clr_rule_permits_in(judge, binding, row, action, &project, why);
}

/*
 * The same, and in which project the row is, if it is permitted.
 */
bool
clr_rule_permits_in(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrAction *action,
					ClrProject **project, ClrWhy *why)
{
	Trial trial = {
		.judge = judge, .scope = judge->scope, .binding = binding, .row = row, .why = why
	};
	bool permitted;

	trial.viewing = action == clr_rule_action(judge, binding, binding->actions[CLR_VIEW]);
	permitted = permits(&trial, action);
	*project = permitted ? trial.project : NULL;
	return permitted;
}

/*
 * May a statement with this verb see, add, change or remove the row? Two verbs
 * may ask for one action and still be judged each in its way.
 */
bool
clr_rule_permits_verb(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrVerb verb,
					  ClrWhy *why)
{
	Trial trial = { .judge = judge,
					.scope = judge->scope,
					.binding = binding,
					.row = row,
					.viewing = verb == CLR_VIEW,
					.creating = verb == CLR_CREATE,
					.writing = verb != CLR_VIEW,
					.why = why };

	return permits(&trial, clr_rule_action(judge, binding, binding->actions[verb]));
}

static bool
permits(Trial *trial, ClrAction *action)
{
	ClrBinding *binding = trial->binding;
	const char *closed;

	if (trial->scope->no_standing != NULL)
		return refuse(trial, "%s", trial->scope->no_standing);
	if (trial->scope->actor.partner != 0 && (trial->writing || !action->reads))
		return refuse(trial, "a login for a whole partner only views");

	if (!find_project(trial) || !account_fits(trial))
		return false;
	closed = closed_project(trial->scope, trial->project, binding->feature, action,
							trial->writing || !action->reads);
	if (closed != NULL)
	{
		conceal_unreached(trial);
		return refuse(trial, "%s", closed);
	}
	if (trial->project->id == CLR_PROJECT_OF_STATEMENT && !trial->viewing && !trial->creating)
		return refuse(trial, "the project is only just being created");
	if (binding->link_roles != NIL && !link_roles_permit(trial))
		return false;
	if (!binding->link_only)
	{
		if (!gate_holds(trial, action))
			return false;
		if (!trial->viewing && !trial->creating && !is_seen(trial))
			return needed_by(trial, action);
		if (!trial->creating && !draft_is_open(trial))
			return false;
	}
	return parents_visible(trial);
}

/*
 * May the actor follow the row, for itself? Who sees it may, where it may
 * write at all.
 */
bool
clr_rule_permits_following(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrWhy *why)
{
	Trial trial = { .judge = judge,
					.scope = judge->scope,
					.binding = binding,
					.row = row,
					.viewing = true,
					.writing = true,
					.why = why };

	return permits(&trial, clr_rule_action(judge, binding, binding->actions[CLR_VIEW]));
}

/* Sight of the row, but for what holds for every act on it. */
static bool
is_seen(Trial *trial)
{
	Trial sight = *trial;

	sight.viewing = true;
	return action_holds(&sight, clr_rule_action(trial->judge, trial->binding,
												trial->binding->actions[CLR_VIEW]));
}

/* What was refused is needed by an action: say so. */
static bool
needed_by(Trial *trial, const ClrAction *action)
{
	clr_why_add(trial->why, ", and %s.%s needs it", action->feature, action->name);
	return false;
}

/*
 * As clr_rule_permits(), for one more action that a new row needs: its project
 * and parents were judged with the create action, and there is no sight of it
 * yet.
 */
bool
clr_rule_permits_new(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrAction *action,
					 ClrWhy *why)
{
	Trial trial = { .judge = judge,
					.scope = judge->scope,
					.binding = binding,
					.row = row,
					.creating = true,
					.writing = true,
					.why = why };

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
		   closed_project(scope, project, action->feature, action, !action->reads) == NULL;
}

static bool
act_holds(ClrScope *scope, ClrProject *project, ClrAction *action)
{
	ListCell *lc;
	bool holds = switch_of(scope, project, action) != SWITCH_OFF;

	check_stack_depth();
	if (project->levels.admin)
		return true;
	if (is_customer_upload(scope, action))
		return project->client_upload;
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
closed_project(ClrScope *scope, ClrProject *project, const char *feature, ClrAction *action,
			   bool writing)
{
	ListCell *lc;

	if (project->archived)
	{
		if (!act_holds(scope, project, clr_scope_action(scope, "project", "view_archived")))
			return "the project is archived";
		if (writing &&
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
clr_rule_action(ClrJudge *judge, const ClrBinding *binding, const char *name)
{
	return clr_scope_action(judge->scope, binding->feature, name);
}

/* ---------- project ---------- */

static bool
find_project(Trial *trial)
{
	ClrBinding *binding = trial->binding;

	if (trial->row->facts != NULL)
		trial->project = trial->row->facts->project;
	else if (trial->creating && !binding->link_only && strcmp(binding->feature, "project") == 0)
		trial->project = trial->scope->account_level; /* not registered yet */
	else if (binding->project_slot != CLR_NO_SLOT)
	{
		const ClrColumn *column = &binding->columns[binding->project_slot];
		ClrKey key;

		if (trial->row->nulls[binding->project_slot])
			return refuse_column(trial, binding->project_slot, "the row has no project");
		clr_key_from_datum(trial->row->values[binding->project_slot], column->key_class,
						   column->type, &key);
		trial->project = clr_scope_project(trial->scope, &key);
		if (trial->project == NULL)
			trial->project = clr_created_find(trial->judge, binding, &key);
		if (trial->project == NULL && trial->why != NULL)
			clr_why_no_project(trial->why, trial->judge, column->name,
							   clr_binding_value_text(binding, trial->row, binding->project_slot));
	}
	else if (binding->parents != NIL || binding->link_roles != NIL)
	{
		trial->project = project_of_parents(trial);
	}
	else if (binding->account_slot != CLR_NO_SLOT && trial->scope->audience == CLR_VENDOR)
		trial->project = trial->scope->account_level;

	if (trial->project == NULL)
		return refuse(trial, "the row's project is not open to the actor");
	return true;
}

/*
 * The one project of all parents; NULL if they differ or one is closed.
 */
static ClrProject *
project_of_parents(Trial *trial)
{
	const ClrParent *first = NULL;
	ClrProject *project = NULL;
	ListCell *lc;
	ClrKey key;

	foreach(lc, trial->binding->parents)
	{
		ClrParent *parent = lfirst(lc);
		ClrProject *of_parent;

		if (!clr_row_parent_key(trial->binding, trial->row, parent, &key))
			continue;
		of_parent = project_of_row(trial, parent->binding, &key);
		if (of_parent == NULL)
			return closed_parent(trial, parent);
		if (first != NULL && project != of_parent)
			return parents_apart(trial, first, parent);
		first = parent;
		project = of_parent;
	}
	if (project != NULL)
		return project;
	foreach(lc, trial->binding->link_roles)
	{
		ClrLinkRole *role = lfirst(lc);
		ClrProject *of_target = NULL;

		if (clr_row_target_key(trial->binding, trial->row, role, &key))
			of_target = project_of_row(trial, role->target, &key);
		if (of_target == NULL)
		{
			(void) refuse_target(trial, role);
			return NULL;
		}
		if (project != NULL && project != of_target)
		{
			(void) refuse(trial, "the rows that it links are in different projects");
			return NULL;
		}
		project = of_target;
	}
	if (project == NULL)
		(void) refuse(trial, "the row has no parent");
	return project;
}

/* A parent that does not exist reads the same as one that is hidden. */
static ClrProject *
closed_parent(Trial *trial, const ClrParent *parent)
{
	(void) refuse_column(trial, parent->slot, "the row's parent in \"%s\" is not visible",
						 trial->binding->columns[parent->slot].name);
	return NULL;
}

static ClrProject *
parents_apart(Trial *trial, const ClrParent *one, const ClrParent *other)
{
	const ClrColumn *columns = trial->binding->columns;

	(void) refuse_column(trial, other->slot,
						 "the row's parents in \"%s\" and \"%s\" are in different projects",
						 columns[one->slot].name, columns[other->slot].name);
	return NULL;
}

/* The project of a row that is visible by its key; NULL if it is not. */
static ClrProject *
project_of_row(Trial *trial, int32 binding, const ClrKey *key)
{
	return clr_parent_project(clr_parent_rows(trial->judge,
											  clr_judge_binding(trial->judge, binding), NULL),
							  key);
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
	if (trial->row->facts != NULL)
		return trial->row->facts->rest;
	column = &trial->binding->columns[slot];
	if (!trial->row->nulls[slot])
	{
		clr_key_from_datum(trial->row->values[slot], column->key_class, column->type, &value);
		if (clr_key_from_text(trial->scope->account_key, column->key_class, &account) &&
			clr_key_equal(&value, &account))
			return true;
	}
	return refuse_column(trial, slot, "the row belongs to no account or to another one");
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
			return needed_by(trial, action);
	return true;
}

static bool
granted(Trial *trial, ClrAction *action)
{
	bool by_level = false;
	Switch by_switch;
	ListCell *lc;

	if (trial->project->levels.admin)
		return true;
	if (is_customer_upload(trial->scope, action))
		return trial->project->client_upload ||
			   refuse(trial, "customers may not upload files to this project");
	foreach(lc, action->grants)
	{
		ClrGrant *grant = lfirst(lc);

		if (!clr_scope_reaches(trial->scope, trial->project, grant))
			continue;
		by_level = true;
		if (grant_fits(trial, grant) && client_visibility_fits(trial, grant))
			return true;
	}
	by_switch = switch_of(trial->scope, trial->project, action);
	if (by_switch != SWITCH_OFF &&
		(by_switch == SWITCH_ON ||
		 clr_row_has_relation(trial->judge, trial->binding, trial->row, CLR_REL_OWN)) &&
		client_visibility_fits(trial, NULL))
		return true;
	/* the owner of a row may invite to it */
	if (strcmp(action->name, "invite") == 0 &&
		strcmp(action->feature, trial->binding->feature) == 0 &&
		clr_row_has_relation(trial->judge, trial->binding, trial->row, CLR_REL_OWN) &&
		client_visibility_fits(trial, NULL))
		return true;

	if (trial->why != NULL && by_level)
		tell_lacks(trial, action);
	conceal_unreached(trial);
	clr_why_no_grant(trial->why, trial->scope, trial->project, action);
	return false;
}

/*
 * Of a project that their levels do not reach, vendor members are told no more
 * than if there were none.
 */
static void
conceal_unreached(Trial *trial)
{
	int slot = trial->binding->project_slot;

	if (trial->why != NULL && !is_reached(trial))
		clr_why_no_project(trial->why, trial->judge,
						   slot == CLR_NO_SLOT ? NULL : trial->binding->columns[slot].name,
						   trial->project->key);
}

static bool
is_reached(Trial *trial)
{
	ClrProject *project = trial->project;
	ListCell *lc;

	if (trial->scope->audience != CLR_VENDOR || project->id <= 0 || project->is_member ||
		act_holds(trial->scope, project, clr_scope_action(trial->scope, "project", "view")))
		return true;
	foreach(lc, clr_rule_action(trial->judge, trial->binding, trial->binding->actions[CLR_VIEW])
					->grants)
		if (clr_scope_reaches(trial->scope, project, lfirst(lc)))
			return true;
	return false;
}

/* Grants of the action are in force: say what the row lacks for them. */
static void
tell_lacks(Trial *trial, const ClrAction *action)
{
	List *grants = NIL;
	List *lacks = NIL;
	ListCell *lc;

	foreach(lc, action->grants)
	{
		const ClrGrant *grant = lfirst(lc);
		uint32 lacking = 0;

		if (!clr_scope_reaches(trial->scope, trial->project, grant))
			continue;
		if (!visibility_fits(trial, grant))
			lacking |= CLR_LACKS_VISIBILITY;
		if (!kind_fits(trial, grant))
			lacking |= CLR_LACKS_KIND;
		if (!relation_fits(trial, grant))
			lacking |= CLR_LACKS_RELATION;
		if (!client_visibility_fits(trial, grant))
			lacking |= CLR_LACKS_CLIENT_VISIBILITY;
		grants = lappend(grants, (void *) grant);
		lacks = lappend_int(lacks, (int) lacking);
	}
	clr_why_lacks(trial->why, action, grants, lacks);
}

/* Visibility, kind and relation, all of one grant together. */
static bool
grant_fits(Trial *trial, const ClrGrant *grant)
{
	return visibility_fits(trial, grant) && kind_fits(trial, grant) && relation_fits(trial, grant);
}

/* Customers do not go by visibility where the row carries client visibility. */
static bool
visibility_fits(Trial *trial, const ClrGrant *grant)
{
	return !grant->shared_only ||
		   (trial->scope->audience == CLR_CUSTOMER && trial->binding->client_slot != CLR_NO_SLOT) ||
		   clr_row_is_shared(trial->binding, trial->row);
}

static bool
kind_fits(Trial *trial, const ClrGrant *grant)
{
	ClrBinding *binding = trial->binding;
	char *kind;
	ListCell *lc;

	if (grant->kinds == NIL)
		return true;
	if (binding->kind_slot == CLR_NO_SLOT)
		return false;
	if (trial->row->facts != NULL)
		return trial->row->facts->rest;
	kind = clr_binding_value_text(binding, trial->row, binding->kind_slot);
	if (kind == NULL)
		return false;
	foreach(lc, grant->kinds)
		if (strcmp(lfirst(lc), kind) == 0)
			return true;
	return false;
}

static bool
relation_fits(Trial *trial, const ClrGrant *grant)
{
	return grant->relation == CLR_REL_ANY ||
		   clr_row_has_relation(trial->judge, trial->binding, trial->row, grant->relation);
}

/*
 * Customers: hidden rows are closed, read ones may be viewed, edit ones acted
 * on as granted; what a contact may create, it creates hidden or not, and sees
 * it though it is hidden.
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
	if (trial->row->facts != NULL)
		return trial->row->facts->rest;
	value = clr_binding_value_text(binding, trial->row, binding->client_slot);
	return value != NULL &&
		   (strcmp(value, "edit") == 0 || (trial->viewing && strcmp(value, "read") == 0));
}

/*
 * Uploads by customers go by the project's switch alone.
 */
static bool
is_customer_upload(const ClrScope *scope, const ClrAction *action)
{
	return scope->audience == CLR_CUSTOMER && strcmp(action->feature, "file") == 0 &&
		   strcmp(action->name, "create") == 0;
}

/*
 * A switch of the member's own grants the action as far as its project.view
 * reaches; so does one that it follows from.
 */
static Switch
switch_of(ClrScope *scope, ClrProject *project, ClrAction *action)
{
	Switch grants = scope->switched_on == NIL ? SWITCH_OFF : switched(scope, project, action);
	ListCell *lc;

	if (grants == SWITCH_OFF)
		return SWITCH_OFF;
	if (project->id == 0)
		return scope->audience == CLR_VENDOR ? grants : SWITCH_OFF;
	if (scope->audience != CLR_VENDOR)
		return grants;
	foreach(lc, clr_scope_action(scope, "project", "view")->grants)
		if (clr_scope_reaches(scope, project, lfirst(lc)))
			return grants;
	return SWITCH_OFF;
}

/*
 * What is switched on, unless a level in force rules it out, or follows from
 * that, unless one says something of it.
 */
static Switch
switched(ClrScope *scope, ClrProject *project, ClrAction *action)
{
	const ClrDefinition *definition = action->definition;
	Switch most = SWITCH_OFF;
	ListCell *lc;

	check_stack_depth();
	if (names_level_of(definition->not_available, project))
		return SWITCH_OFF;
	if (action->switched_on)
		return SWITCH_ON;
	if (names_level_of(definition->says, project))
		return SWITCH_OFF;
	foreach(lc, definition->sources)
	{
		const ClrSource *source = lfirst(lc);
		Switch from;

		if (source->audience != scope->audience ||
			(source->weak && names_level_of(definition->says_sources, project)))
			continue;
		from = switched(scope, project, clr_scope_action(scope, action->feature, source->name));
		if (from == SWITCH_ON || (from == SWITCH_OWN && !source->any_only))
			most = Max(most, source->own_only ? SWITCH_OWN : from);
	}
	return most;
}

/* Whether one of the levels is in force in the project. */
static bool
names_level_of(const List *levels, const ClrProject *project)
{
	for (int i = 0; i < project->levels.count; i++)
		if (list_member_int(levels, project->levels.ids[i]))
			return true;
	return list_member_int(levels, project->open_level);
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
			ClrBinding *binding = clr_judge_binding(trial->judge, parent->binding);
			ClrKey key;

			if (!clr_parent_is_about(trial->judge, binding, gate->feature))
				continue;
			if (trial->row->facts != NULL)
				return trial->row->facts->rest;
			if (!clr_row_parent_key(trial->binding, trial->row, parent, &key))
				continue;
			judged = true;
			if (clr_parent_project(clr_parent_rows(trial->judge, binding, gate), &key) == NULL)
				return refuse_gate(trial, parent, binding, gate);
		}
	return judged || action_holds(trial, gate);
}

/* What is not granted for a parent that is hidden, is hidden with it. */
static bool
refuse_gate(Trial *trial, const ClrParent *parent, ClrBinding *binding, const ClrAction *gate)
{
	ClrKey key;

	if (trial->why == NULL)
		return false;
	if (clr_row_parent_key(trial->binding, trial->row, parent, &key) &&
		project_of_row(trial, binding->id, &key) == NULL)
		return closed_parent(trial, parent) != NULL;
	return refuse_column(trial, parent->slot, "%s.%s is not granted for the row's parent in \"%s\"",
						 gate->feature, gate->name, trial->binding->columns[parent->slot].name);
}

/* ---------- the row ---------- */

/*
 * Every parent that the row must have, or has, is visible. That it is in the
 * row's project is seen to by triggers, at the latest at commit: in between, a
 * parent may have moved ahead. Where a type column says which table the parent
 * is in, it must name one of those.
 */
static bool
parents_visible(Trial *trial)
{
	ListCell *lc;
	ClrKey key;
	bool typed = false;
	bool typed_found = false;

	if (trial->row->facts != NULL)
		return trial->binding->parents == NIL || trial->row->facts->parents;
	foreach(lc, trial->binding->parents)
	{
		ClrParent *parent = lfirst(lc);

		typed |= parent->type_slot != CLR_NO_SLOT && (!parent->optional || parent->is_lost);
		if (!clr_row_parent_key(trial->binding, trial->row, parent, &key))
		{
			if (parent->optional || parent->type_slot != CLR_NO_SLOT)
				continue;
			return refuse_column(trial, parent->slot, "the row has no parent in \"%s\"",
								 trial->binding->columns[parent->slot].name);
		}
		typed_found |= parent->type_slot != CLR_NO_SLOT;
		if (project_of_row(trial, parent->binding, &key) == NULL)
			return closed_parent(trial, parent) != NULL;
	}
	if (typed && !typed_found)
		return refuse(trial, "the row has no parent");
	return true;
}

/*
 * A draft is open to its owner and to vendor members who may publish it.
 */
static bool
draft_is_open(Trial *trial)
{
	ClrBinding *binding = trial->binding;

	if (binding->published_slot == CLR_NO_SLOT)
		return true;
	if (trial->row->facts != NULL)
		return trial->row->facts->rest;
	if (clr_row_is_published(trial->binding, trial->row, trial->judge->at) ||
		clr_row_has_relation(trial->judge, trial->binding, trial->row, CLR_REL_OWN))
		return true;
	if (trial->scope->audience == CLR_VENDOR)
	{
		Trial quiet = *trial;

		quiet.why = NULL;
		if (action_holds(&quiet, clr_rule_action(trial->judge, binding, binding->publish_action)))
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

	if (trial->row->facts != NULL)
		return trial->viewing ? trial->row->facts->parents : trial->row->facts->rest;
	foreach(lc, trial->binding->link_roles)
	{
		ClrLinkRole *role = lfirst(lc);
		ClrBinding *target = clr_judge_binding(trial->judge, role->target);
		const char *needed = NULL;
		ClrKey key;

		if (!trial->viewing)
			needed = clr_relation_giver(role->kind);
		if (needed == NULL)
			needed = target->actions[CLR_VIEW];
		if (!clr_row_target_key(trial->binding, trial->row, role, &key) ||
			clr_parent_project(clr_parent_rows(trial->judge, target,
											   clr_rule_action(trial->judge, target, needed)),
							   &key) == NULL)
			return refuse_link(trial, role, target, needed);
		if (!trial->viewing && role->kind == CLR_REL_FOLLOWED &&
			(trial->row->nulls[role->member_slot] ||
			 !clr_row_value_is_me(trial->scope, &trial->binding->columns[role->member_slot],
								  trial->row->values[role->member_slot])))
			return refuse_column(trial, role->member_slot, "members follow for themselves only");
	}
	return true;
}

/* A target that does not exist reads the same as one that is hidden. */
static bool
refuse_link(Trial *trial, const ClrLinkRole *role, ClrBinding *target, const char *needed)
{
	ClrKey key;

	if (trial->why == NULL)
		return false;
	if (clr_row_target_key(trial->binding, trial->row, role, &key) &&
		project_of_row(trial, target->id, &key) != NULL)
		return refuse_column(trial, role->slot, "%s.%s is not granted for the row that it links to",
							 target->feature, needed);
	return refuse_target(trial, role);
}

static bool
refuse_target(Trial *trial, const ClrLinkRole *role)
{
	if (trial->row->nulls[role->slot])
		return refuse_column(trial, role->slot, "\"%s\" names no row to link to",
							 trial->binding->columns[role->slot].name);
	return refuse_column(trial, role->slot, "the row that it links to is not visible");
}
