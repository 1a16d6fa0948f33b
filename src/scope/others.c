/*
 * others.c
 *		Projects of the account that an actor is not on, but may reach.
 *
 * Some levels reach all projects of the account, mostly for a few actions. In
 * those that a vendor member is not on, and that open with no level, the same is
 * in force: what it may do there hangs on what is true of the project for
 * everybody (ClrProjectKind), and on nothing else. So its scope does not list them
 * (scope_projects.c): one is looked up by its key, and of all of them there is one
 * sample of each kind. Whoever needs their keys, or each, has the account's
 * projects read, once for all actors.
 *
 * What is read here is read under a snapshot that sees the scope's version, as
 * all that is read into something kept (kept.c); memberships are in the scope
 * since it was made, so nobody joins or leaves in between.
 *
 * Lifetime: the scope's.
 */
#include "scope/others.h"

#include "utils/snapmgr.h"

#include "store/catalog.h"

static ClrProject *known_other(ClrScope *scope, const ClrProjectFacts *facts);
static void set_facts(ClrProject *project, const ClrProjectFacts *facts);
static void count_others(ClrScope *scope, List *kinds);

/*
 * A project that the scope does not list, by its key; NULL if there is none that
 * the actor may reach. It is the same one as long as the scope lives.
 */
ClrProject *
clr_others_find(ClrScope *scope, const ClrKey *key)
{
	const ClrProjectFacts *facts;
	bool pushed;

	if (!scope->reaches_others)
		return NULL;
	pushed = clr_catalog_push_snapshot();
	facts = clr_projects_by_key(scope->facts, key);
	if (pushed)
		PopActiveSnapshot();
	return facts == NULL ? NULL : known_other(scope, facts);
}

/* Two tables may have keys of different types for the same project. */
static ClrProject *
known_other(ClrScope *scope, const ClrProjectFacts *facts)
{
	ClrKey id = { .class = CLR_KEY_INT, .integer = facts->id };
	ClrKeyEntry *entry;
	ClrProject *project;
	bool found;

	if (scope->others == NULL)
		scope->others = clr_keytab_new(scope->kept.context, 8);
	entry = clr_keytab_find(scope->others, &id);
	if (entry != NULL)
		return entry->value;
	project = MemoryContextAllocZero(scope->kept.context, sizeof(ClrProject));
	clr_others_best(scope, project);
	set_facts(project, facts);
	clr_keytab_add(scope->others, &id, &found)->value = project;
	return project;
}

static void
set_facts(ClrProject *project, const ClrProjectFacts *facts)
{
	project->id = facts->id;
	project->key = facts->key;
	project->archived = facts->archived;
	project->read_only = facts->read_only;
	project->client_upload = facts->client_upload;
	project->features_off = facts->features_off;
}

/*
 * A project that stands for all of them, in which no less is permitted than in any:
 * an archived or read-only one, or one with features switched off, is closed to more, and
 * opens nothing else (clr_act_why_closed()); uploads open to customers alone.
 */
void
clr_others_best(const ClrScope *scope, ClrProject *sample)
{
	*sample = (ClrProject){ .id = PG_INT64_MAX,
							.key = "",
							.levels = scope->account_level->levels,
							.client_upload = true,
							.way = CLR_WAY_REACH };
}

/* All kinds of projects of the account, of which some may be without others. */
List *
clr_others_kinds(ClrScope *scope)
{
	List *kinds;
	bool pushed;

	if (!scope->reaches_others)
		return NIL;
	pushed = clr_catalog_push_snapshot();
	kinds = clr_projects_kinds(scope->facts);
	if (scope->other_counts == NULL)
		count_others(scope, kinds);
	if (pushed)
		PopActiveSnapshot();
	return kinds;
}

/* All of a kind but those that are listed. */
static void
count_others(ClrScope *scope, List *kinds)
{
	int *counts = MemoryContextAlloc(scope->kept.context, Max(list_length(kinds), 1) * sizeof(int));
	ListCell *lc;

	foreach(lc, kinds)
		counts[foreach_current_index(lc)] = ((ClrProjectKind *) lfirst(lc))->count;
	foreach(lc, scope->projects)
	{
		const ClrProjectFacts *facts =
			clr_projects_find(scope->facts, ((ClrProject *) lfirst(lc))->id);

		if (facts != NULL)
			counts[facts->kind->number]--;
	}
	scope->other_counts = counts;
}

/* How many projects of a kind the scope does not list; after clr_others_kinds(). */
int
clr_others_count(const ClrScope *scope, const ClrProjectKind *kind)
{
	return scope->other_counts[kind->number];
}

/* One that stands for all others of a kind. */
void
clr_others_sample(const ClrScope *scope, const ClrProjectKind *kind, ClrProject *sample)
{
	clr_others_best(scope, sample);
	set_facts(sample, kind->first);
}

/*
 * Every project that the actor may have a way into: a list of ClrProject, those
 * that the scope does not list in the current context.
 */
List *
clr_others_and_listed(ClrScope *scope)
{
	List *all = list_copy(scope->projects);
	ListCell *lc;

	foreach(lc, clr_others_facts(scope))
	{
		ClrProject *project = palloc(sizeof(ClrProject));

		clr_others_best(scope, project);
		set_facts(project, lfirst(lc));
		all = lappend(all, project);
	}
	return all;
}

/*
 * What is true of each that the scope does not list: a new list of ClrProjectFacts.
 */
List *
clr_others_facts(ClrScope *scope)
{
	ClrKeyTable *listed = clr_keytab_new(CurrentMemoryContext, list_length(scope->projects));
	List *others = NIL;
	ListCell *lc;
	bool found;
	bool pushed;

	if (!scope->reaches_others)
		return NIL;
	foreach(lc, scope->projects)
	{
		const ClrKey id = { .class = CLR_KEY_INT, .integer = ((ClrProject *) lfirst(lc))->id };

		(void) clr_keytab_add(listed, &id, &found);
	}
	pushed = clr_catalog_push_snapshot();
	foreach(lc, clr_projects_all(scope->facts))
	{
		const ClrKey id = { .class = CLR_KEY_INT, .integer = ((ClrProjectFacts *) lfirst(lc))->id };

		if (clr_keytab_find(listed, &id) == NULL)
			others = lappend(others, lfirst(lc));
	}
	if (pushed)
		PopActiveSnapshot();
	return others;
}
