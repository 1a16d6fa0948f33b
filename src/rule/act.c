/*
 * act.c
 *		What levels and switches say of an action in a project, whatever the row.
 *
 * The part of the rule that needs no row: it answers questions about acts, and
 * rule.c asks it about the project of a row. Keeps no state.
 */
#include "rule/act.h"

#include "miscadmin.h"

static bool gates_are_on(ClrScope *scope, ClrProject *project, const ClrAction *action);
static ClrSwitch switched(ClrScope *scope, ClrProject *project, ClrAction *action);
static bool names_level_of(const List *levels, const ClrProject *project);

/*
 * An act without a row: does a level in force in the project (or the account,
 * if that is the account level) grant it, and its gates? What a grant asks of
 * a row is not judged.
 */
bool
clr_act_permits(ClrScope *scope, ClrProject *project, ClrAction *action)
{
	if (scope->no_standing != NULL || (scope->actor.partner != 0 && !action->reads))
		return false;
	return clr_act_holds(scope, project, action) && gates_are_on(scope, project, action) &&
		   clr_act_closed(scope, project, action->feature, action, !action->reads) == CLR_PERMITTED;
}

/* A gate of a feature that is off in the project does not open. */
static bool
gates_are_on(ClrScope *scope, ClrProject *project, const ClrAction *action)
{
	ListCell *lc;

	if (project->features_off == NIL || clr_act_is_customer_upload(scope, action))
		return true;
	check_stack_depth();
	foreach(lc, action->gates)
	{
		const ClrAction *gate = lfirst(lc);

		if (clr_act_is_gated(project, gate) &&
			(clr_act_is_off(scope, project, gate->feature) || !gates_are_on(scope, project, gate)))
			return false;
	}
	return true;
}

/*
 * The same without the state of the project.
 */
bool
clr_act_holds(ClrScope *scope, ClrProject *project, ClrAction *action)
{
	ListCell *lc;
	bool holds = clr_act_switch(scope, project, action) != CLR_SWITCH_OFF;

	check_stack_depth();
	if (project->levels.admin)
		return true;
	if (clr_act_is_customer_upload(scope, action))
		return project->client_upload;
	foreach(lc, action->grants)
		holds = holds || clr_scope_reaches(scope, project, lfirst(lc));
	foreach(lc, action->gates)
		if (clr_act_is_gated(project, lfirst(lc)))
			holds = holds && clr_act_holds(scope, project, lfirst(lc));
	return holds;
}

/* Whether a feature is switched off for a project, whose switches the actor may not manage. */
bool
clr_act_is_off(ClrScope *scope, ClrProject *project, const char *feature)
{
	ListCell *lc;

	foreach(lc, project->features_off)
		if (strcmp(lfirst(lc), feature) == 0)
			return !clr_act_holds(scope, project,
								  clr_scope_action(scope, "project", "manage_tab_visibility"));
	return false;
}

/*
 * Why a project is closed to an action on a feature, if it is. An archived one
 * is open to those who may view archived ones, to read; a read-only one to
 * whoever it was open to, to read; a feature switched off for it, to those who
 * may manage the switches.
 */
ClrCode
clr_act_why_closed(ClrScope *scope, ClrProject *project, const char *feature, ClrAction *action,
				   bool writing)
{
	if (project->archived &&
		!clr_act_holds(scope, project, clr_scope_action(scope, "project", "view_archived")))
		return CLR_ARCHIVED;
	if ((project->archived || project->read_only) && writing &&
		!(strcmp(action->feature, "project") == 0 && strcmp(action->name, "unarchive") == 0))
		return CLR_READ_ONLY;
	return clr_act_is_off(scope, project, feature) ? CLR_FEATURE_OFF : CLR_PERMITTED;
}

/*
 * A switch of the member's own grants the action as far as its project.view
 * reaches; so does one that it follows from.
 */
ClrSwitch
clr_act_switch(ClrScope *scope, ClrProject *project, ClrAction *action)
{
	ClrSwitch grants =
		scope->switched_on == NIL ? CLR_SWITCH_OFF : switched(scope, project, action);
	ListCell *lc;

	if (grants == CLR_SWITCH_OFF)
		return CLR_SWITCH_OFF;
	if (project->id == 0)
		return scope->audience == CLR_VENDOR ? grants : CLR_SWITCH_OFF;
	if (scope->audience != CLR_VENDOR)
		return grants;
	foreach(lc, clr_scope_action(scope, "project", "view")->grants)
		if (clr_scope_reaches(scope, project, lfirst(lc)))
			return grants;
	return CLR_SWITCH_OFF;
}

/*
 * What is switched on, unless a level in force rules it out, or follows from
 * that, unless one says something of it.
 */
static ClrSwitch
switched(ClrScope *scope, ClrProject *project, ClrAction *action)
{
	const ClrDefinition *definition = action->definition;
	ClrSwitch most = CLR_SWITCH_OFF;
	ListCell *lc;

	check_stack_depth();
	if (names_level_of(definition->not_available, project))
		return CLR_SWITCH_OFF;
	if (action->switched_on)
		return CLR_SWITCH_ON;
	if (names_level_of(definition->says, project))
		return CLR_SWITCH_OFF;
	foreach(lc, definition->sources)
	{
		const ClrSource *source = lfirst(lc);
		ClrSwitch from;

		if (source->audience != scope->audience ||
			(source->weak && names_level_of(definition->says_sources, project)))
			continue;
		from = switched(scope, project, clr_scope_action(scope, action->feature, source->name));
		if (from == CLR_SWITCH_ON || (from == CLR_SWITCH_OWN && !source->any_only))
			most = Max(most, source->own_only ? CLR_SWITCH_OWN : from);
	}
	return most;
}

/* Whether one of the levels is in force in the project. */
static bool
names_level_of(const List *levels, const ClrProject *project)
{
	ListCell *lc;

	for (int i = 0; i < project->levels.count; i++)
		if (list_member_int(levels, project->levels.ids[i]))
			return true;
	foreach(lc, project->open_levels)
		if (list_member_int(levels, lfirst_int(lc)))
			return true;
	return false;
}
