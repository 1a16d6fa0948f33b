/*
 * vocabulary.c
 *		Levels, and what they say about each action.
 *
 * The same for every actor of an account, so a session reads it once and keeps
 * it while levels stay as they are; actions when they are first asked for. It
 * holds the levels for all accounts and the account's own: one of another
 * account is unknown, and so never in force, whatever names it. Accounts without
 * levels of their own share one, which depends on the levels for all accounts alone:
 * whether an account has some is looked up each time.
 *
 * What follows from other actions (clearance_internal.consequences()) is worked out from
 * what is said of those, for each audience.
 *
 * Lifetime: each scope uses the vocabulary that it was read with; the session
 * keeps a few. Definitions are added complete: an error while one is read leaves
 * the vocabulary as it was.
 */
#include "scope/vocabulary.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "store/catalog.h"
#include "store/rows.h"

#define VOCABULARIES 8

static ClrVocabulary *kept[VOCABULARIES];
static int next_place = 0; /* where the one after goes */

/* Some actions whose definitions are read, in the order of their names. */
typedef struct Reading
{
	ClrVocabulary *vocabulary;
	MemoryContext context;
	const char *feature; /* of the one that is asked for; NULL: all */
	const char *name;
	ClrDefinition **definitions;
	int count;
} Reading;

static ClrVocabulary *of_account(const ClrVersion *version, int64 account);
static ClrVocabulary *keep(ClrVocabulary *vocabulary);
static ClrVocabulary *load(const ClrVersion *version, int64 account);
static void read_levels(ClrVocabulary *vocabulary);
static bool has_own_levels(int64 account);
static int compare_levels(const void *a, const void *b);
static List *held_by(ClrVocabulary *vocabulary, ClrDefinition *definition, ClrAudience audience);
static List *following(ClrVocabulary *vocabulary, const ClrDefinition *definition,
					   const ClrSource *source, List *held);
static List *add_grant(List *grants, ClrGrant *grant);
static bool covers(const ClrGrant *wide, const ClrGrant *narrow);
static ClrDefinition *
find_definition(ClrVocabulary *vocabulary, const char *feature, const char *name);
static void read_definitions(Reading *reading);
static uint64 query(const Reading *reading, const char *one, const char *all);
static ClrDefinition *definition_of(const Reading *reading, uint64 row);
static int compare_names(const void *a, const void *b);
static ClrDefinition *known(const ClrVocabulary *vocabulary, const char *feature, const char *name);
static uint32 hash_of(const char *feature, const char *name);
static List *ints_of(uint64 row, int column, MemoryContext context);
static void read_actions(Reading *reading);
static void read_said(Reading *reading);
static void read_gates(Reading *reading);
static void read_sources(Reading *reading);
static void read_grants(Reading *reading);
static void add(Reading *reading);
static ClrReach
level_reach(ClrVocabulary *vocabulary, const ClrDefinition *definition, int32 level);

/*
 * The vocabulary of an account (zero: of none) under the active snapshot, which
 * sees `version`. Release it (clr_kept_release) after use.
 */
ClrVocabulary *
clr_vocabulary_acquire(const ClrVersion *version, int64 account)
{
	return of_account(version, account != 0 && has_own_levels(account) ? account : 0);
}

static bool
has_own_levels(int64 account)
{
	ClrRows rows;

	if (!clr_rows_one(&rows, CLR_LEVELS_OF_ACCOUNT, account))
		return false;
	clr_rows_end(&rows);
	return true;
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
	ClrCatalog state;

	vocabulary->account = account;
	clr_catalog_begin(&state);
	read_levels(vocabulary);
	clr_catalog_end(&state);
	clr_stamp_add(&vocabulary->kept.stamp, CLR_ABOUT_ALL_LEVELS, 0);
	if (account != 0)
		clr_stamp_add(&vocabulary->kept.stamp, CLR_ABOUT_LEVELS, account);
	clr_stamp_read(&vocabulary->kept.stamp);
	clr_kept_settle(&vocabulary->kept);
	return vocabulary;
}

static void
read_levels(ClrVocabulary *vocabulary)
{
	static const Oid argtypes[] = { INT8OID };
	Datum args[] = { Int64GetDatum(vocabulary->account) };
	MemoryContext caller;
	Datum *ids;

	vocabulary->nlevels = clr_catalog_query(
		"SELECT l.id, l.audience, l.built_in AND l.name = 'client', l.name = 'account_admin' OR EXISTS"
		" (SELECT FROM clearance.level_grant g WHERE g.level_id = l.id AND g.reach = 'account'),"
		" coalesce(l.account_id, 0)"
		" FROM clearance.level l WHERE l.account_id IS NULL OR l.account_id = $1 ORDER BY l.id",
		1, argtypes, args, NULL);
	ids = palloc(sizeof(Datum) * vocabulary->nlevels);
	caller = MemoryContextSwitchTo(vocabulary->kept.context);
	vocabulary->levels = palloc(sizeof(ClrLevel) * vocabulary->nlevels);
	MemoryContextSwitchTo(caller);
	for (int i = 0; i < vocabulary->nlevels; i++)
	{
		ClrLevel *level = &vocabulary->levels[i];

		level->id = clr_column_int64(i, 1);
		level->audience = clr_audience_of(clr_column_text(i, 2));
		level->reaches_account = clr_column_bool(i, 4);
		level->account = clr_column_int64(i, 5);
		if (clr_column_bool(i, 3))
			vocabulary->client_level = level->id;
		ids[i] = Int32GetDatum(level->id);
	}
	MemoryContextSwitchTo(vocabulary->kept.context);
	vocabulary->level_ids = PointerGetDatum(
		construct_array(ids, vocabulary->nlevels, INT4OID, sizeof(int32), true, TYPALIGN_INT));
	MemoryContextSwitchTo(caller);
}

/* NULL: there is none with this id. */
const ClrLevel *
clr_vocabulary_level(const ClrVocabulary *vocabulary, int32 id)
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
	Reading reading = { .vocabulary = vocabulary, .feature = feature, .name = name };
	ClrDefinition *definition = known(vocabulary, feature, name);

	if (definition != NULL)
		return definition;
	read_definitions(&reading);
	return reading.definitions[0];
}

/*
 * Have the definitions of all actions read, which takes less than reading
 * one after the other.
 */
void
clr_vocabulary_read_all(ClrVocabulary *vocabulary)
{
	Reading reading = { .vocabulary = vocabulary };

	if (vocabulary->all_read)
		return;
	/* others reach as far as this one */
	(void) clr_vocabulary_action(vocabulary, "project", "view");
	read_definitions(&reading);
	vocabulary->all_read = true;
}

static void
read_definitions(Reading *reading)
{
	ClrCatalog state;

	reading->context =
		AllocSetContextCreate(CurrentMemoryContext, "clearance action", ALLOCSET_SMALL_SIZES);
	clr_catalog_begin(&state);
	read_actions(reading);
	read_said(reading);
	read_gates(reading);
	read_sources(reading);
	read_grants(reading);
	clr_catalog_end(&state);
	add(reading);
}

/* Those that were read belong to the vocabulary from here on. */
static void
add(Reading *reading)
{
	ClrVocabulary *vocabulary = reading->vocabulary;
	MemoryContext caller;

	for (int i = 0; i < reading->count; i++)
	{
		ListCell *lc;

		foreach(lc, reading->definitions[i]->given)
		{
			ClrGrant *grant = lfirst(lc);

			if (!grant->reach_given)
				grant->reach = level_reach(vocabulary, reading->definitions[i], grant->level);
		}
	}
	MemoryContextSetParent(reading->context, vocabulary->kept.context);
	caller = MemoryContextSwitchTo(vocabulary->kept.context);
	for (int i = 0; i < reading->count; i++)
		vocabulary->definitions = lappend(vocabulary->definitions, reading->definitions[i]);
	MemoryContextSwitchTo(caller);
}

/*
 * A query about the action that is read, or about all: $1 is its feature, $2
 * its name, $3 the levels. The first two columns name the action.
 */
static uint64
query(const Reading *reading, const char *one, const char *all)
{
	static const Oid argtypes[] = { TEXTOID, TEXTOID, INT4ARRAYOID };
	bool for_one = reading->feature != NULL;
	Datum args[] = { for_one ? CStringGetTextDatum(reading->feature) : (Datum) 0,
					 for_one ? CStringGetTextDatum(reading->name) : (Datum) 0,
					 reading->vocabulary->level_ids };

	return clr_catalog_query(for_one ? one : all, 3, argtypes, args, for_one ? NULL : "nn ");
}

/* What a row of its result is about; NULL: something that was read before. */
static ClrDefinition *
definition_of(const Reading *reading, uint64 row)
{
	ClrDefinition key = { .feature = clr_column_text(row, 1), .name = clr_column_text(row, 2) };
	ClrDefinition *pointer = &key;
	ClrDefinition **found = bsearch(&pointer, reading->definitions, reading->count,
									sizeof(ClrDefinition *), compare_names);

	return found == NULL ? NULL : *found;
}

static int
compare_names(const void *a, const void *b)
{
	const ClrDefinition *one = *(ClrDefinition *const *) a;
	const ClrDefinition *other = *(ClrDefinition *const *) b;
	int order = strcmp(one->feature, other->feature);

	return order != 0 ? order : strcmp(one->name, other->name);
}

/* NULL: it was not read. */
static ClrDefinition *
known(const ClrVocabulary *vocabulary, const char *feature, const char *name)
{
	uint32 hash = hash_of(feature, name);
	ListCell *lc;

	foreach(lc, vocabulary->definitions)
	{
		ClrDefinition *definition = lfirst(lc);

		if (definition->hash == hash && strcmp(definition->name, name) == 0 &&
			strcmp(definition->feature, feature) == 0)
			return definition;
	}
	return NULL;
}

static uint32
hash_of(const char *feature, const char *name)
{
	return hash_combine(hash_bytes((const unsigned char *) feature, strlen(feature)),
						hash_bytes((const unsigned char *) name, strlen(name)));
}

#define ACTIONS "SELECT a.feature, a.name, a.reads FROM clearance.action a"

static void
read_actions(Reading *reading)
{
	uint64 rows = query(reading, ACTIONS " WHERE a.feature = $1 AND a.name = $2", ACTIONS);

	if (reading->feature != NULL && rows != 1)
		ereport(
			ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("no action \"%s.%s\"", reading->feature, reading->name),
			 errhint(
				 "clearance.matrix lists the actions of each feature; clearance.create_action() adds one.")));
	reading->definitions =
		MemoryContextAlloc(reading->context, sizeof(ClrDefinition *) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
	{
		ClrDefinition *definition;

		if (known(reading->vocabulary, clr_column_text(i, 1), clr_column_text(i, 2)) != NULL)
			continue;
		definition = MemoryContextAllocZero(reading->context, sizeof(ClrDefinition));
		definition->feature = MemoryContextStrdup(reading->context, clr_column_text(i, 1));
		definition->name = MemoryContextStrdup(reading->context, clr_column_text(i, 2));
		definition->reads = clr_column_bool(i, 3);
		definition->hash = hash_of(definition->feature, definition->name);
		reading->definitions[reading->count++] = definition;
	}
	qsort(reading->definitions, reading->count, sizeof(ClrDefinition *), compare_names);
}

#define SAID                                                                                      \
	"SELECT s.feature, s.action, s.level_id, s.rules_out FROM"                                    \
	" (SELECT feature, action, level_id, false AS rules_out FROM clearance_internal.level_says()" \
	"  UNION ALL SELECT feature, action, level_id, true FROM clearance.not_available) s"          \
	" WHERE s.level_id = ANY ($3)"

static void
read_said(Reading *reading)
{
	uint64 rows = query(reading, SAID " AND s.feature = $1 AND s.action = $2", SAID);

	for (uint64 i = 0; i < rows; i++)
	{
		ClrDefinition *definition = definition_of(reading, i);
		int32 level = clr_column_int64(i, 3);
		MemoryContext spi = MemoryContextSwitchTo(reading->context);

		if (definition != NULL && clr_column_bool(i, 4))
			definition->not_available = lappend_int(definition->not_available, level);
		else if (definition != NULL)
			definition->says = lappend_int(definition->says, level);
		MemoryContextSwitchTo(spi);
	}
}

#define GATES \
	"SELECT g.feature, g.action, g.gate_feature, g.gate_action, g.audiences FROM clearance.gate g"
#define BY_NAME " ORDER BY g.gate_feature COLLATE \"C\", g.gate_action COLLATE \"C\""

/* In the order of their names, in which explain() lists them. */
static void
read_gates(Reading *reading)
{
	uint64 rows =
		query(reading, GATES " WHERE g.feature = $1 AND g.action = $2" BY_NAME, GATES BY_NAME);

	for (uint64 i = 0; i < rows; i++)
	{
		ClrDefinition *definition = definition_of(reading, i);
		ClrGate *gate = MemoryContextAllocZero(reading->context, sizeof(ClrGate));
		int naudiences;
		char **audiences = clr_column_texts(i, 5, &naudiences);
		MemoryContext spi;

		if (definition == NULL)
			continue;
		gate->feature = MemoryContextStrdup(reading->context, clr_column_text(i, 3));
		gate->name = MemoryContextStrdup(reading->context, clr_column_text(i, 4));
		for (int j = 0; j < naudiences; j++)
			gate->for_audience[clr_audience_of(audiences[j])] = true;
		spi = MemoryContextSwitchTo(reading->context);
		definition->gates = lappend(definition->gates, gate);
		MemoryContextSwitchTo(spi);
	}
}

static List *
ints_of(uint64 row, int column, MemoryContext context)
{
	int count;
	int32 *ints = clr_column_ints(row, column, &count);
	MemoryContext caller = MemoryContextSwitchTo(context);
	List *list = NIL;

	for (int i = 0; i < count; i++)
		list = lappend_int(list, ints[i]);
	MemoryContextSwitchTo(caller);
	return list;
}

#define SOURCES                                                                                       \
	"SELECT c.feature, c.action, c.audience, c.source, c.relation = 'own', c.any_only, c.weak,"       \
	" ARRAY(SELECT s.level_id FROM clearance_internal.level_says() s"                                 \
	"  JOIN clearance.level l ON l.id = s.level_id AND l.audience = c.audience"                       \
	"  WHERE s.feature = c.feature AND s.action = c.source AND NOT c.weak AND s.level_id = ANY ($3))" \
	" FROM clearance_internal.consequences() c"

static void
read_sources(Reading *reading)
{
	uint64 rows = query(reading, SOURCES " WHERE c.feature = $1 AND c.action = $2", SOURCES);

	for (uint64 i = 0; i < rows; i++)
	{
		ClrDefinition *definition = definition_of(reading, i);
		ClrSource *source = MemoryContextAllocZero(reading->context, sizeof(ClrSource));
		List *says = ints_of(i, 8, reading->context);
		MemoryContext spi;

		if (definition == NULL)
			continue;
		source->audience = clr_audience_of(clr_column_text(i, 3));
		source->name = MemoryContextStrdup(reading->context, clr_column_text(i, 4));
		source->own_only = clr_column_bool(i, 5);
		source->any_only = clr_column_bool(i, 6);
		source->weak = clr_column_bool(i, 7);
		spi = MemoryContextSwitchTo(reading->context);
		definition->sources = lappend(definition->sources, source);
		definition->says_sources = list_concat(definition->says_sources, says);
		MemoryContextSwitchTo(spi);
	}
}

#define GRANTS                                                                                      \
	"SELECT g.feature, g.action, g.level_id, g.visibility = 'shared', g.relation, g.reach, g.kinds" \
	" FROM clearance_internal.given_grants() g WHERE g.level_id = ANY ($3)"

static void
read_grants(Reading *reading)
{
	uint64 rows = query(reading, GRANTS " AND g.feature = $1 AND g.action = $2", GRANTS);

	for (uint64 i = 0; i < rows; i++)
	{
		ClrDefinition *definition = definition_of(reading, i);
		char *reach = clr_column_text(i, 6);
		int nkinds;
		char **kinds = clr_column_texts(i, 7, &nkinds);
		MemoryContext spi = MemoryContextSwitchTo(reading->context);
		ClrGrant *grant = palloc0(sizeof(ClrGrant));

		grant->level = clr_column_int64(i, 3);
		grant->shared_only = clr_column_bool(i, 4);
		grant->relation = clr_relation_kind(clr_column_text(i, 5));
		for (int j = 0; j < nkinds; j++)
			grant->kinds = lappend(grant->kinds, pstrdup(kinds[j]));
		grant->reach_given = reach != NULL;
		if (reach != NULL)
			grant->reach = clr_reach_of(reach);
		if (definition != NULL)
			definition->given = lappend(definition->given, grant);
		MemoryContextSwitchTo(spi);
	}
}

/*
 * How far a level reaches where a grant does not say: as far as its
 * project.view does.
 */
static ClrReach
level_reach(ClrVocabulary *vocabulary, const ClrDefinition *definition, int32 level)
{
	ClrReach reach = CLR_REACH_OWNED;
	bool found = false;
	ListCell *lc;

	if (strcmp(definition->feature, "project") == 0 && strcmp(definition->name, "view") == 0)
		return CLR_REACH_MEMBER;
	foreach(lc, clr_vocabulary_action(vocabulary, "project", "view")->grants)
	{
		ClrGrant *grant = lfirst(lc);

		if (grant->level == level)
		{
			reach = Max(reach, grant->reach);
			found = true;
		}
	}
	return found ? reach : CLR_REACH_MEMBER;
}
