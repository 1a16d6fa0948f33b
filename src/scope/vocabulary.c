/*
 * vocabulary.c
 *		Levels, and what they say about each action.
 *
 * The same for every actor of an account, so a session reads it once and keeps
 * it while levels stay as they are; actions when they are first asked for. It
 * holds the levels for all accounts and the account's own: one of another
 * account is unknown, and so never in force, whatever names it. Accounts without
 * levels of their own share one, which depends on the levels for all accounts alone:
 * whether an account has some is remembered of some accounts, while no levels change.
 *
 * What follows from other actions (consequences.c) is worked out from what is said of
 * those, for each audience. Consequences and most gates stay within a feature, so the
 * actions of a feature are read together, in one pass over each table.
 *
 * Lifetime: each scope uses the vocabulary that it was read with; the session
 * keeps a few. Definitions are added complete: an error while one is read leaves
 * the vocabulary as it was.
 */
#include "scope/vocabulary.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "scope/consequences.h"
#include "scope/definitions.h"
#include "store/catalog.h"
#include "store/release.h"
#include "store/rows.h"

#define VOCABULARIES 8

/* Whether an account, if it is not zero, has levels of its own. */
typedef struct OwnLevels
{
	int64 account;
	bool any;
} OwnLevels;

static OwnLevels own_levels[64];
static ClrVersion own_levels_under; /* a version under which that holds */

static ClrVocabulary *kept[VOCABULARIES];
static int next_place = 0; /* where the one after goes */

static ClrVocabulary *of_account(const ClrVersion *version, int64 account);
static ClrVocabulary *keep(ClrVocabulary *vocabulary);
static ClrVocabulary *load(const ClrVersion *version, int64 account);
static void read_levels(ClrVocabulary *vocabulary);
static List *add_levels(List *levels, ClrRows *rows);
static int compare_levels_listed(const ListCell *a, const ListCell *b);
static void note_reach(const ClrRows *rows, void *vocabulary);
static bool has_own_levels(const ClrVersion *version, int64 account);
static ClrLevel *find_level(const ClrVocabulary *vocabulary, int32 id);
static int compare_levels(const void *a, const void *b);
static List *held_by(ClrVocabulary *vocabulary, ClrDefinition *definition, ClrAudience audience);
static List *following(ClrVocabulary *vocabulary, const ClrDefinition *definition,
					   const ClrSource *source, List *held);
static List *add_grant(List *grants, ClrGrant *grant);
static bool covers(const ClrGrant *wide, const ClrGrant *narrow);
static ClrDefinition *
find_definition(ClrVocabulary *vocabulary, const char *feature, const char *name);
/*
 * The vocabulary of an account (zero: of none) under the active snapshot, which
 * sees `version`. Release it (clr_kept_release) after use.
 */
ClrVocabulary *
clr_vocabulary_acquire(const ClrVersion *version, int64 account)
{
	return of_account(version, account != 0 && has_own_levels(version, account) ? account : 0);
}

/*
 * Remembered while levels stay as they are. Nothing is of a transaction that has changed some,
 * or of one without a version.
 */
static bool
has_own_levels(const ClrVersion *version, int64 account)
{
	bool may_remember = version->count > 0 && !clr_version_changed_here(CLR_CHANGED_LEVELS);
	OwnLevels *own = &own_levels[(uint64) account % lengthof(own_levels)];
	ClrRows rows;

	if (may_remember && !clr_version_same(&own_levels_under, version, CLR_CHANGED_LEVELS))
	{
		memset(own_levels, 0, sizeof(own_levels));
		clr_version_renew(&own_levels_under, version, TopMemoryContext);
	}
	if (!may_remember || own->account != account)
	{
		bool any = clr_rows_one(&rows, CLR_LEVELS_OF_ACCOUNT, account);

		if (any)
			clr_rows_end(&rows);
		if (!may_remember)
			return any;
		*own = (OwnLevels){ account, any };
	}
	return own->any;
}

static ClrVocabulary *
of_account(const ClrVersion *version, int64 account)
{
	if (!clr_kept_is_of_use(CLR_CHANGED_LEVELS))
		return load(version, account);
	for (int i = 0; i < VOCABULARIES; i++)
	{
		if (kept[i] != NULL && !clr_kept_holds(&kept[i]->kept, version))
		{
			clr_kept_retire(&kept[i]->kept);
			kept[i] = NULL;
		}
		if (kept[i] != NULL && kept[i]->account == account)
		{
			clr_kept_use(&kept[i]->kept);
			return kept[i];
		}
	}
	return keep(load(version, account));
}

/* In the place of the one that came first. */
static ClrVocabulary *
keep(ClrVocabulary *vocabulary)
{
	ClrVocabulary **place = &kept[next_place];

	if (*place != NULL)
		clr_kept_release(&(*place)->kept);
	*place = vocabulary;
	clr_kept_use(&vocabulary->kept);
	next_place = (next_place + 1) % VOCABULARIES;
	return vocabulary;
}

static ClrVocabulary *
load(const ClrVersion *version, int64 account)
{
	ClrVocabulary *vocabulary = clr_kept_new("clearance levels", sizeof(ClrVocabulary), version);
	bool pushed = clr_catalog_push_snapshot();

	clr_release_check();
	vocabulary->account = account;
	read_levels(vocabulary);
	if (pushed)
		PopActiveSnapshot();
	clr_stamp_add(&vocabulary->kept.stamp, CLR_ABOUT_ALL_LEVELS, 0);
	if (account != 0)
		clr_stamp_add(&vocabulary->kept.stamp, CLR_ABOUT_LEVELS, account);
	clr_stamp_read(&vocabulary->kept.stamp);
	clr_kept_settle(&vocabulary->kept);
	return vocabulary;
}

/* Those for all accounts, and the account's own. */
static void
read_levels(ClrVocabulary *vocabulary)
{
	List *levels;
	ListCell *lc;
	ClrRows rows;

	clr_rows_begin_null(&rows, CLR_LEVELS_OF_ACCOUNT);
	levels = add_levels(NIL, &rows);
	if (vocabulary->account != 0)
	{
		clr_rows_begin(&rows, CLR_LEVELS_OF_ACCOUNT, &vocabulary->account);
		levels = add_levels(levels, &rows);
	}
	list_sort(levels, compare_levels_listed);
	vocabulary->levels = MemoryContextAlloc(vocabulary->kept.context,
											sizeof(ClrLevel) * Max(list_length(levels), 1));
	foreach(lc, levels)
	{
		const ClrLevel *level = lfirst(lc);

		vocabulary->levels[vocabulary->nlevels++] = *level;
		if (level->is_client)
			vocabulary->client_level = level->id;
	}
	list_free_deep(levels);
	clr_said_each(vocabulary, CLR_GRANTS_OF_LEVEL, NULL, note_reach, vocabulary);
}

/* Ends the search. */
static List *
add_levels(List *levels, ClrRows *rows)
{
	while (clr_rows_next(rows))
	{
		ClrLevel *level = palloc0(sizeof(ClrLevel));

		level->id = clr_rows_int32(rows, LEVEL_ID);
		level->audience = clr_audience_of(clr_rows_text(rows, LEVEL_AUDIENCE));
		level->account = clr_rows_int64(rows, LEVEL_OF_ACCOUNT);
		level->reaches_account = clr_rows_is_text(rows, LEVEL_NAME, "account_admin");
		level->is_client =
			clr_rows_bool(rows, LEVEL_BUILT_IN) && clr_rows_is_text(rows, LEVEL_NAME, "client");
		levels = lappend(levels, level);
	}
	clr_rows_end(rows);
	return levels;
}

static int
compare_levels_listed(const ListCell *a, const ListCell *b)
{
	return compare_levels(lfirst(a), lfirst(b));
}

static void
note_reach(const ClrRows *rows, void *vocabulary)
{
	if (clr_rows_is_text(rows, GRANT_REACH, clr_reach_name(CLR_REACH_ACCOUNT)))
		find_level(vocabulary, clr_rows_int32(rows, SAID_LEVEL))->reaches_account = true;
}

/* NULL: there is none with this id. */
const ClrLevel *
clr_vocabulary_level(const ClrVocabulary *vocabulary, int32 id)
{
	return find_level(vocabulary, id);
}

static ClrLevel *
find_level(const ClrVocabulary *vocabulary, int32 id)
{
	ClrLevel key = { .id = id };

	return bsearch(&key, vocabulary->levels, vocabulary->nlevels, sizeof(ClrLevel), compare_levels);
}

static int
compare_levels(const void *a, const void *b)
{
	int32 one = ((const ClrLevel *) a)->id;
	int32 other = ((const ClrLevel *) b)->id;

	return (one > other) - (one < other);
}

/*
 * What all levels say about an action, and what follows from other actions; an
 * unknown one is an error, since bindings and callers name only known ones.
 */
const ClrDefinition *
clr_vocabulary_action(ClrVocabulary *vocabulary, const char *feature, const char *name)
{
	ClrDefinition *definition = find_definition(vocabulary, feature, name);
	MemoryContext context;
	MemoryContext caller;
	List *grants = NIL;

	if (definition->is_complete)
		return definition;
	context = AllocSetContextCreate(CurrentMemoryContext, "clearance grants", ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	for (ClrAudience audience = CLR_VENDOR; audience <= CLR_CUSTOMER; audience++)
		grants = list_concat(grants, held_by(vocabulary, definition, audience));
	MemoryContextSetParent(context, vocabulary->kept.context);
	MemoryContextSwitchTo(vocabulary->kept.context);
	definition->grants = grants;
	definition->is_complete = true;
	MemoryContextSwitchTo(caller);
	return definition;
}

/*
 * Levels that may give an action in projects that one is not on, in a new list. An
 * owner may invite to its row by any that reach the project at all.
 */
List *
clr_vocabulary_levels_beyond(ClrVocabulary *vocabulary, const char *feature, const char *action)
{
	const ClrDefinition *definition = clr_vocabulary_action(vocabulary, feature, action);
	List *levels = list_make1_int(CLR_ACCOUNT_ADMIN_LEVEL);
	ListCell *lc;

	foreach(lc, definition->grants)
	{
		const ClrGrant *grant = lfirst(lc);

		if (grant->reach == CLR_REACH_ACCOUNT)
			levels = list_append_unique_int(levels, grant->level);
	}
	for (int i = 0; strcmp(action, "invite") == 0 && i < vocabulary->nlevels; i++)
		if (vocabulary->levels[i].reaches_account)
			levels = list_append_unique_int(levels, vocabulary->levels[i].id);
	return levels;
}

/*
 * What levels of an audience hold, in a new list: what they were given, and
 * what follows. Sources lead nowhere in a circle within one audience.
 */
static List *
held_by(ClrVocabulary *vocabulary, ClrDefinition *definition, ClrAudience audience)
{
	List *held = NIL;
	ListCell *lc;

	check_stack_depth();
	if (clr_is_never_held(audience, definition->name))
		return NIL;
	foreach(lc, definition->given)
	{
		ClrGrant *grant = lfirst(lc);

		if (clr_vocabulary_level(vocabulary, grant->level)->audience == audience)
			held = lappend(held, grant);
	}
	foreach(lc, definition->sources)
	{
		const ClrSource *source = lfirst(lc);

		if (source->audience == audience)
			held = following(vocabulary, definition, source, held);
	}
	return held;
}

/* The list with what follows from one source. */
static List *
following(ClrVocabulary *vocabulary, const ClrDefinition *definition, const ClrSource *source,
		  List *held)
{
	List *from = held_by(vocabulary, find_definition(vocabulary, definition->feature, source->name),
						 source->audience);
	ListCell *lc;

	foreach(lc, from)
	{
		const ClrGrant *grant = lfirst(lc);
		ClrGrant *follows;

		if (list_member_int(definition->says, grant->level) ||
			(source->weak && list_member_int(definition->says_sources, grant->level)) ||
			(source->any_only && grant->relation != CLR_REL_ANY))
			continue;
		follows = palloc(sizeof(ClrGrant));
		*follows = *grant;
		if (source->own_only)
			follows->relation = CLR_REL_OWN;
		held = add_grant(held, follows);
	}
	return held;
}

/* The list with one more grant, without those that others cover. */
static List *
add_grant(List *grants, ClrGrant *grant)
{
	ListCell *lc;

	foreach(lc, grants)
	{
		const ClrGrant *other = lfirst(lc);

		if (covers(other, grant))
			return grants;
		if (covers(grant, other))
			grants = foreach_delete_current(grants, lc);
	}
	return lappend(grants, grant);
}

/* Whether a grant of the same level gives all that the other one does. */
static bool
covers(const ClrGrant *wide, const ClrGrant *narrow)
{
	return wide->level == narrow->level && (!wide->shared_only || narrow->shared_only) &&
		   (wide->relation == CLR_REL_ANY || wide->relation == narrow->relation) &&
		   (wide->kinds == NIL || clr_words_same(wide->kinds, narrow->kinds)) &&
		   ((wide->reach_given && wide->reach == CLR_REACH_ACCOUNT) ||
			(wide->reach_given == narrow->reach_given && wide->reach == narrow->reach));
}

/* What is said about an action itself. */
static ClrDefinition *
find_definition(ClrVocabulary *vocabulary, const char *feature, const char *name)
{
	ClrDefinition *definition = clr_definition_known(vocabulary, feature, name);

	if (definition != NULL)
		return definition;
	if (!vocabulary->all_read && !clr_definitions_are_read(vocabulary, feature))
	{
		clr_definitions_read(vocabulary, feature);
		definition = clr_definition_known(vocabulary, feature, name);
	}
	if (definition == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("no action \"%s.%s\"", feature, name),
			 errhint(
				 "clearance.matrix lists the actions of each feature; clearance.create_action() adds one.")));
	return definition;
}

/*
 * Have the definitions of all actions read, which takes less than reading
 * one feature after the other.
 */
void
clr_vocabulary_read_all(ClrVocabulary *vocabulary)
{
	if (!vocabulary->all_read)
		clr_definitions_read(vocabulary, NULL);
	vocabulary->all_read = true;
}
