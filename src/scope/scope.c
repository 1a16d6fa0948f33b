/*
 * scope.c
 *		What an actor can reach: standing, projects, levels, grants.
 *
 * The actor itself is read by scope_load.c; here is what follows from it.
 *
 * Lifetime: a scope lives in a context of its own, and uses the vocabulary and
 * the projects that it was read with. What it says does not change; lists and
 * tables in it grow by first use, and an error while they do leaves them as
 * they were, since the scope may be used again. No actor, or an actor that
 * does not exist, gives a scope without standing.
 */
#include "scope/scope.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "scope/consequences.h"
#include "scope/others.h"
#include "store/catalog.h"

/* A table of listed projects by their keys is made when more than this part was asked for. */
#define PROBED_PART 16

static bool names(const ClrLevels *levels, int32 level);
static bool find_singly(ClrScope *scope, const ClrKey *key, ClrProject **project);
static ClrKeyTable *project_table(ClrScope *scope, ClrKeyClass class);
static ClrAction *find_action(ClrScope *scope, const char *feature, const char *name);
static void forget_actions(ClrScope *scope, int known);
static ClrAction **guess_of(ClrScope *scope, const char *feature, const char *name);
static bool is_action(const ClrAction *action, const char *feature, const char *name);
static ClrAction *add_action(ClrScope *scope, const char *feature, const char *name);

/*
 * Whether a level is in force in a project.
 */
bool
clr_scope_is_in_force(const ClrProject *project, int32 level)
{
	return names(&project->levels, level) || list_member_int(project->open_levels, level);
}

static bool
names(const ClrLevels *levels, int32 level)
{
	for (int i = 0; i < levels->count; i++)
		if (levels->ids[i] == level)
			return true;
	return false;
}

/*
 * Whether a grant is in force in a project and reaches it. Partner members
 * and contacts have only projects that they reach, and no say in the account.
 * To a project that is open to it, the actor is as to one that it is on and
 * does not own. Where rows have no project, every grant may reach some of them.
 */
bool
clr_scope_reaches(const ClrScope *scope, const ClrProject *project, const ClrGrant *grant)
{
	bool in_force;

	if (project->open_levels != NIL && list_member_int(project->open_levels, grant->level) &&
		!(grant->reach_given && grant->reach == CLR_REACH_OWNED))
		return true;
	in_force = names(&project->levels, grant->level);
	if (project->id == 0)
		return in_force && scope->audience == CLR_VENDOR &&
			   (!grant->reach_given || grant->reach == CLR_REACH_ACCOUNT);
	if (!in_force || scope->audience != CLR_VENDOR || project->id == CLR_PROJECT_NONE)
		return in_force;

	switch (grant->reach)
	{
		case CLR_REACH_ACCOUNT:
			return true;
		case CLR_REACH_MEMBER:
			return project->is_member || project->is_owner;
		case CLR_REACH_OWNED:
			return project->is_owner;
	}
	elog(ERROR, "unknown reach %d", grant->reach);
}

/* In words: who comes in so. */
const char *
clr_way_name(ClrWay way)
{
	switch (way)
	{
		case CLR_WAY_REACH:
			return "reach of the account";
		case CLR_WAY_OWNER:
			return "owner of the project";
		case CLR_WAY_MEMBER:
			return "member of the project";
		case CLR_WAY_PARTNER:
			return "partner on the project";
		case CLR_WAY_CUSTOMER:
			return "customer on the project";
		case CLR_WAY_OPEN:
			return "open project";
	}
	elog(ERROR, "unknown way %d", way);
}

/* In words: what names levels. */
const char *
clr_place_name(ClrPlace place)
{
	static const char *const names[] = {
		[CLR_PLACE_NONE] = NULL,
		[CLR_PLACE_MEMBERSHIP] = "membership",
		[CLR_PLACE_PARTICIPATION] = "partner on the project",
		[CLR_PLACE_PARTNER] = "partner",
		[CLR_PLACE_CUSTOMER] = "customer",
		[CLR_PLACE_ROLE] = "role",
		[CLR_PLACE_ACCOUNT] = "account",
		[CLR_PLACE_OPEN] = "open project",
	};

	return names[place];
}

/* Whether a grant reaches all projects, and rows without one as well. */
bool
clr_scope_reaches_account(const ClrScope *scope, const ClrGrant *grant)
{
	return scope->audience == CLR_VENDOR && grant->reach == CLR_REACH_ACCOUNT;
}

/*
 * The project of a key, or NULL if the actor has no way into it.
 */
ClrProject *
clr_scope_project(ClrScope *scope, const ClrKey *key)
{
	ClrKeyTable *known;
	ClrKeyEntry *entry;
	ClrProject *project;
	bool found;

	if (find_singly(scope, key, &project))
		return project;
	known = project_table(scope, key->class);
	entry = clr_keytab_find(known, key);
	if (entry != NULL)
		return entry->value;
	project = clr_others_find(scope, key);
	if (project != NULL)
		clr_keytab_add(known, key, &found)->value = project;
	return project;
}

/*
 * As long as few of many are asked for: by what is known of projects for everybody. Keys
 * are unique as texts, and a value of a type is written in one way (clr_key_from_text()): so a
 * key that none of the account's projects has, none that is listed has. False: it must be
 * found in the table.
 */
static bool
find_singly(ClrScope *scope, const ClrKey *key, ClrProject **project)
{
	const ClrProjectFacts *facts;
	bool pushed;

	if (scope->by_key[key->class] != NULL ||
		scope->probes >= list_length(scope->projects) / PROBED_PART)
		return false;
	scope->probes++;
	pushed = clr_catalog_push_snapshot();
	facts = clr_projects_by_key(scope->facts, key);
	if (pushed)
		PopActiveSnapshot();
	*project = facts == NULL ? NULL : clr_scope_listed(scope, facts->id);
	if (*project == NULL)
		*project = clr_others_find(scope, key);
	return true;
}

static ClrKeyTable *
project_table(ClrScope *scope, ClrKeyClass class)
{
	if (scope->by_key[class] == NULL)
	{
		ClrKeyTable *table = clr_keytab_new(scope->kept.context, list_length(scope->projects));
		ListCell *lc;

		foreach(lc, scope->projects)
		{
			ClrProject *project = lfirst(lc);
			ClrKey key;
			bool found;

			if (clr_key_from_text(project->key, class, &key))
				clr_keytab_add(table, &key, &found)->value = project;
		}
		scope->by_key[class] = table;
	}
	return scope->by_key[class];
}

/*
 * An action with its grants and gates; an unknown one is an error, since
 * bindings and callers name only known ones.
 */
ClrAction *
clr_scope_action(ClrScope *scope, const char *feature, const char *name)
{
	ClrAction **guess = guess_of(scope, feature, name);
	ClrAction *action = *guess;
	volatile int known = list_length(scope->actions);

	if (action == NULL || !is_action(action, feature, name))
		action = find_action(scope, feature, name);
	if (action != NULL)
	{
		*guess = action;
		return action;
	}
	check_stack_depth();
	PG_TRY();
	{
		action = add_action(scope, feature, name);
	}
	PG_CATCH();
	{
		/* gates refer to each other: none of them stays half loaded */
		forget_actions(scope, known);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return action;
}

static void
forget_actions(ClrScope *scope, int known)
{
	for (int i = list_length(scope->actions); i-- > known;)
	{
		ClrAction *action = list_nth(scope->actions, i);

		list_free(action->grants);
		list_free(action->gates);
		pfree(action);
	}
	scope->actions = list_truncate(scope->actions, known);
	memset(scope->guesses, 0, sizeof(scope->guesses));
}

/* Where the action may be that was last asked for by these very strings, whatever they hold now. */
static ClrAction **
guess_of(ClrScope *scope, const char *feature, const char *name)
{
	uint32 hash = murmurhash32((uint32) ((uintptr_t) feature ^ (uintptr_t) name));

	return &scope->guesses[hash % lengthof(scope->guesses)];
}

static bool
is_action(const ClrAction *action, const char *feature, const char *name)
{
	return strcmp(action->name, name) == 0 && strcmp(action->feature, feature) == 0;
}

static ClrAction *
find_action(ClrScope *scope, const char *feature, const char *name)
{
	ListCell *lc;

	foreach(lc, scope->actions)
		if (is_action(lfirst(lc), feature, name))
			return lfirst(lc);
	return NULL;
}

/* Of what is defined, what concerns the actor. */
static ClrAction *
add_action(ClrScope *scope, const char *feature, const char *name)
{
	const ClrDefinition *definition = clr_vocabulary_action(scope->vocabulary, feature, name);
	MemoryContext caller = MemoryContextSwitchTo(scope->kept.context);
	ClrAction *action = palloc0(sizeof(ClrAction));
	ListCell *lc;

	action->definition = definition;
	action->feature = definition->feature;
	action->name = definition->name;
	action->reads = definition->reads;
	for (int i = 0; i + 1 < list_length(scope->switched_on); i += 2)
		action->switched_on |= strcmp(list_nth(scope->switched_on, i), feature) == 0 &&
							   strcmp(list_nth(scope->switched_on, i + 1), name) == 0 &&
							   !clr_is_never_held(scope->audience, name);
	foreach(lc, definition->grants)
		if (list_member_int(scope->level_ids, ((ClrGrant *) lfirst(lc))->level))
			action->grants = lappend(action->grants, lfirst(lc));
	scope->actions = lappend(scope->actions, action);
	foreach(lc, definition->gates)
	{
		ClrGate *gate = lfirst(lc);

		if (gate->for_audience[scope->audience])
			action->gates =
				lappend(action->gates, clr_scope_action(scope, gate->feature, gate->name));
	}
	MemoryContextSwitchTo(caller);
	return action;
}
