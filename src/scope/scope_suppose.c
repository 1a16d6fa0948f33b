/*
 * scope_suppose.c
 *		What an actor could reach if something were different.
 *
 * For answers about what would change a verdict: a scope that nobody else uses is
 * changed, and the rule asked by it. Keeps no state.
 */
#include "scope/scope.h"

#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "scope/others.h"
#include "store/catalog.h"

static void forget_found(ClrScope *scope);

/*
 * What if a project were open to the actor, as to one who is on it, with a level
 * of its own there (zero: with those that are in force wherever none is named)?
 * For a scope that nobody else uses. Returns the project, or NULL if there is none.
 */
ClrProject *
clr_scope_suppose_level(ClrScope *scope, int64 id, int32 level)
{
	MemoryContext caller = MemoryContextSwitchTo(scope->kept.context);
	bool pushed = clr_catalog_push_snapshot();
	ClrProject *project = NULL;
	const ClrProjectFacts *facts;
	ListCell *lc;

	foreach(lc, scope->projects)
		if (((ClrProject *) lfirst(lc))->id == id)
			project = lfirst(lc);
	facts = project == NULL && scope->facts != NULL ? clr_projects_find(scope->facts, id) : NULL;
	if (facts != NULL)
		project = clr_scope_add_project(scope, facts, NIL, CLR_PLACE_NONE);
	if (project != NULL)
		project->is_member = true;
	if (project != NULL && level != 0 && !project->levels.admin)
	{
		project->levels = (ClrLevels){ 0 };
		clr_scope_set_levels(scope, &project->levels, list_make1_int(level), CLR_PLACE_MEMBERSHIP);
	}
	forget_found(scope);
	if (pushed)
		PopActiveSnapshot();
	MemoryContextSwitchTo(caller);
	return project;
}

/*
 * What if an action were switched on for the member?
 */
void
clr_scope_suppose_switch(ClrScope *scope, const char *feature, const char *action)
{
	MemoryContext caller = MemoryContextSwitchTo(scope->kept.context);

	scope->switched_on = lappend(scope->switched_on, pstrdup(feature));
	scope->switched_on = lappend(scope->switched_on, pstrdup(action));
	forget_found(scope);
	MemoryContextSwitchTo(caller);
}

/*
 * What if the actor had a way into these projects alone, by id?
 */
void
clr_scope_suppose_only(ClrScope *scope, ClrKeyTable *projects)
{
	MemoryContext caller = MemoryContextSwitchTo(scope->kept.context);
	ListCell *lc;

	scope->projects = clr_others_and_listed(scope);
	scope->reaches_others = false;
	MemoryContextSwitchTo(caller);
	foreach(lc, scope->projects)
	{
		const ClrKey id = { .class = CLR_KEY_INT, .integer = ((ClrProject *) lfirst(lc))->id };

		if (clr_keytab_find(projects, &id) == NULL)
			scope->projects = foreach_delete_current(scope->projects, lc);
	}
	forget_found(scope);
}

/* What follows from the rest is found again. */
static void
forget_found(ClrScope *scope)
{
	clr_scope_order_projects(scope);
	scope->actions = NIL;
	memset(scope->guesses, 0, sizeof(scope->guesses));
	scope->shapes = NIL;
	scope->others = NULL;
	scope->other_counts = NULL;
	scope->key_sets = NIL;
	memset(scope->by_key, 0, sizeof(scope->by_key));
}
