/*
 * key_sets.c
 *		Keys of some projects of a scope, as rows have them.
 *
 * An actor mostly reaches the same projects in table after table, so a scope
 * has one set of their keys for all of them. Where the set is all projects of
 * some kinds, whoever is on them, as mostly for those who reach the whole account,
 * it is one for all actors of the session.
 *
 * Lifetime: that of the scope, or of what is true of projects for everybody,
 * which the scope uses.
 */
#include "scope/key_sets.h"

#include "utils/memutils.h"

#include "scope/others.h"

/* A set, and what it is of; one of everybody's, of all projects of its kinds. */
typedef struct KeySet
{
	ClrKeySet set;
	ClrKeyClass class;
	ClrSomeProjects some;
} KeySet;

/* A set that is wanted, and where it is kept. */
typedef struct Wanted
{
	ClrScope *scope;
	ClrKeyClass class;
	ClrSomeProjects some;
	bool everybodys;
	List **sets;
	MemoryContext context;
} Wanted;

static void share(Wanted *wanted);
static const ClrKeySet *find(const Wanted *wanted);
static const ClrKeySet *build(const Wanted *wanted);
static void add_of_kinds(const Wanted *wanted, ClrKeyTable *keys);
static void add(const Wanted *wanted, ClrKeyTable *keys, int64 id, const char *text);

/*
 * The keys of a class that belong to some projects of a scope; or (CLR_KEY_NONE)
 * their ids.
 */
const ClrKeySet *
clr_key_set(ClrScope *scope, ClrKeyClass class, const ClrSomeProjects *some)
{
	Wanted wanted = { .scope = scope,
					  .class = class,
					  .some = *some,
					  .sets = &scope->key_sets,
					  .context = scope->kept.context };
	const ClrKeySet *known;

	if (some->kinds != NULL)
		share(&wanted);
	known = find(&wanted);
	return known != NULL ? known : build(&wanted);
}

/* Of no kind of the account's projects only a part is wanted: then the set is everybody's. */
static void
share(Wanted *wanted)
{
	ClrScope *scope = wanted->scope;
	Bitmapset *in = NULL;
	Bitmapset *out = NULL;
	ListCell *lc;

	foreach(lc, clr_others_kinds(scope))
	{
		const ClrProjectKind *kind = lfirst(lc);

		if (clr_others_count(scope, kind) > 0 && bms_is_member(kind->number, wanted->some.kinds))
			in = bms_add_member(in, kind->number);
		else if (clr_others_count(scope, kind) > 0)
			out = bms_add_member(out, kind->number);
	}
	foreach(lc, scope->projects)
	{
		const ClrProjectFacts *facts =
			clr_projects_find(scope->facts, ((ClrProject *) lfirst(lc))->id);

		if (facts == NULL)
			return;
		if (bms_is_member(foreach_current_index(lc), wanted->some.listed))
			in = bms_add_member(in, facts->kind->number);
		else
			out = bms_add_member(out, facts->kind->number);
	}
	if (bms_overlap(in, out))
		return;
	wanted->some.listed = NULL;
	wanted->some.kinds = in;
	wanted->everybodys = true;
	wanted->sets = &scope->facts->key_sets;
	wanted->context = scope->facts->kept.context;
}

static const ClrKeySet *
find(const Wanted *wanted)
{
	const ClrSomeProjects *some = &wanted->some;
	ListCell *lc;

	foreach(lc, *wanted->sets)
	{
		const KeySet *known = lfirst(lc);

		if (known->class == wanted->class && known->some.account == some->account &&
			known->some.none == some->none && bms_equal(known->some.listed, some->listed) &&
			bms_equal(known->some.kinds, some->kinds))
			return &known->set;
	}
	return NULL;
}

static const ClrKeySet *
build(const Wanted *wanted)
{
	const ClrSomeProjects *some = &wanted->some;
	ClrKeyTable *keys = clr_keytab_new(wanted->context, bms_num_members(some->listed));
	MemoryContext caller;
	int place = -1;
	KeySet *set;

	if (some->account)
		add(wanted, keys, wanted->scope->account_level->id, "");
	if (some->none)
		add(wanted, keys, wanted->scope->without_project->id, "");
	while ((place = bms_next_member(some->listed, place)) >= 0)
	{
		const ClrProject *project = list_nth(wanted->scope->projects, place);

		add(wanted, keys, project->id, project->key);
	}
	if (some->kinds != NULL)
		add_of_kinds(wanted, keys);
	caller = MemoryContextSwitchTo(wanted->context);
	set = palloc0(sizeof(KeySet));
	set->class = wanted->class;
	set->some = *some;
	set->some.listed = bms_copy(some->listed);
	set->some.kinds = bms_copy(some->kinds);
	set->set.keys = keys;
	set->set.bits = clr_keybits_new(wanted->context, keys);
	*wanted->sets = lappend(*wanted->sets, set);
	MemoryContextSwitchTo(caller);
	if (wanted->everybodys)
		clr_projects_weigh(wanted->scope->facts);
	return &set->set;
}

/* The account's projects of the kinds; of a set of the scope's own, those that it does not list. */
static void
add_of_kinds(const Wanted *wanted, ClrKeyTable *keys)
{
	ClrScope *scope = wanted->scope;
	List *projects = wanted->everybodys ? clr_projects_all(scope->facts) : clr_others_facts(scope);
	ListCell *lc;

	foreach(lc, projects)
	{
		const ClrProjectFacts *facts = lfirst(lc);

		if (bms_is_member(facts->kind->number, wanted->some.kinds))
			add(wanted, keys, facts->id, facts->key);
	}
}

/* A key that is none of the class belongs to no row. */
static void
add(const Wanted *wanted, ClrKeyTable *keys, int64 id, const char *text)
{
	ClrKey key = { .class = CLR_KEY_INT, .integer = id };
	bool found;

	if (wanted->class == CLR_KEY_NONE || clr_key_from_text(text, wanted->class, &key))
		(void) clr_keytab_add(keys, &key, &found);
}
