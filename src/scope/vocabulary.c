/*
 * vocabulary.c
 *		Levels, and what they say about each action.
 *
 * The same for every actor, so a session reads it once and keeps it while
 * levels stay as they are; actions when they are first asked for.
 *
 * What follows from other actions (clearance_internal.consequences()) is worked out from
 * what is said of those, for each audience.
 *
 * Lifetime: each scope uses the vocabulary that it was read with; the session
 * keeps the last one. Definitions are added complete: an error while one is
 * read leaves the vocabulary as it was.
 */
#include "scope/vocabulary.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "store/catalog.h"

static ClrVocabulary *last = NULL;

static ClrVocabulary *load(const ClrVersion *version);
static List *held_by(ClrVocabulary *vocabulary, ClrDefinition *definition, ClrAudience audience);
static List *following(ClrVocabulary *vocabulary, const ClrDefinition *definition,
					   const ClrSource *source, List *held);
static List *add_grant(List *grants, ClrGrant *grant);
static bool covers(const ClrGrant *wide, const ClrGrant *narrow);
static bool same_kinds(const List *a, const List *b);
static ClrDefinition *
find_definition(ClrVocabulary *vocabulary, const char *feature, const char *name);
static ClrDefinition *read_definition(ClrVocabulary *vocabulary, MemoryContext context,
									  const char *feature, const char *name);
static uint64 query_action(const ClrDefinition *definition, const char *sql);
static List *ints_of(uint64 row, int column, MemoryContext context);
static void read_action(MemoryContext context, ClrDefinition *definition);
static void read_sources(MemoryContext context, ClrDefinition *definition);
static void read_grants(MemoryContext context, ClrDefinition *definition);
static ClrReach
level_reach(ClrVocabulary *vocabulary, const ClrDefinition *definition, int32 level);
static ClrAudience parse_audience(const char *name);
static ClrReach parse_reach(const char *name);

/*
 * The vocabulary of the active snapshot, which sees `version`. Release it
 * (clr_kept_release) after use.
 */
ClrVocabulary *
clr_vocabulary_acquire(const ClrVersion *version)
{
	ClrVocabulary *vocabulary;

	if (clr_version_changed_here(CLR_CHANGED_LEVELS))
		return load(version);
	if (last != NULL && !clr_kept_holds(&last->kept, version, CLR_CHANGED_LEVELS))
	{
		clr_kept_release(&last->kept);
		last = NULL;
	}
	if (last == NULL)
		last = load(version);
	vocabulary = last;
	clr_kept_use(&vocabulary->kept);
	return vocabulary;
}

static ClrVocabulary *
load(const ClrVersion *version)
{
	ClrVocabulary *vocabulary = clr_kept_new("clearance levels", sizeof(ClrVocabulary), version);
	ClrCatalog state;

	clr_catalog_begin(&state);
	vocabulary->nlevels = clr_catalog_query(
		"SELECT l.id, l.audience, l.built_in AND l.name = 'client', l.name = 'account_admin' OR EXISTS"
		" (SELECT FROM clearance.level_grant g WHERE g.level_id = l.id AND g.reach = 'account')"
		" FROM clearance.level l",
		0, NULL, NULL, NULL);
	vocabulary->levels =
		MemoryContextAlloc(vocabulary->kept.context, sizeof(ClrLevel) * vocabulary->nlevels);
	for (int i = 0; i < vocabulary->nlevels; i++)
	{
		ClrLevel *level = &vocabulary->levels[i];

		level->id = clr_column_int64(i, 1);
		level->audience = parse_audience(clr_column_text(i, 2));
		level->reaches_account = clr_column_bool(i, 4);
		if (clr_column_bool(i, 3))
			vocabulary->client_level = level->id;
	}
	clr_catalog_end(&state);
	clr_kept_settle(&vocabulary->kept);
	return vocabulary;
}

/* NULL: there is none with this id. */
const ClrLevel *
clr_vocabulary_level(const ClrVocabulary *vocabulary, int32 id)
{
	for (int i = 0; i < vocabulary->nlevels; i++)
		if (vocabulary->levels[i].id == id)
			return &vocabulary->levels[i];
	return NULL;
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

	if (list_member_ptr(vocabulary->complete, definition))
		return definition;
	context = AllocSetContextCreate(CurrentMemoryContext, "clearance grants", ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	for (ClrAudience audience = CLR_VENDOR; audience <= CLR_CUSTOMER; audience++)
		grants = list_concat(grants, held_by(vocabulary, definition, audience));
	MemoryContextSetParent(context, vocabulary->kept.context);
	MemoryContextSwitchTo(vocabulary->kept.context);
	vocabulary->complete = lappend(vocabulary->complete, definition);
	definition->grants = grants;
	MemoryContextSwitchTo(caller);
	return definition;
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
		   (wide->kinds == NIL || same_kinds(wide->kinds, narrow->kinds)) &&
		   ((wide->reach_given && wide->reach == CLR_REACH_ACCOUNT) ||
			(wide->reach_given == narrow->reach_given && wide->reach == narrow->reach));
}

static bool
same_kinds(const List *a, const List *b)
{
	ListCell *la;
	ListCell *lb;

	if (list_length(a) != list_length(b))
		return false;
	forboth(la, a, lb, b)
		if (strcmp(lfirst(la), lfirst(lb)) != 0)
			return false;
	return true;
}

/* What is said about an action itself. */
static ClrDefinition *
find_definition(ClrVocabulary *vocabulary, const char *feature, const char *name)
{
	ListCell *lc;
	MemoryContext context;
	MemoryContext caller;
	ClrDefinition *definition;

	foreach(lc, vocabulary->definitions)
	{
		definition = lfirst(lc);
		if (strcmp(definition->name, name) == 0 && strcmp(definition->feature, feature) == 0)
			return definition;
	}
	context = AllocSetContextCreate(CurrentMemoryContext, "clearance action", ALLOCSET_SMALL_SIZES);
	definition = read_definition(vocabulary, context, feature, name);
	MemoryContextSetParent(context, vocabulary->kept.context);
	caller = MemoryContextSwitchTo(vocabulary->kept.context);
	vocabulary->definitions = lappend(vocabulary->definitions, definition);
	MemoryContextSwitchTo(caller);
	return definition;
}

static ClrDefinition *
read_definition(ClrVocabulary *vocabulary, MemoryContext context, const char *feature,
				const char *name)
{
	ClrDefinition *definition = MemoryContextAllocZero(context, sizeof(ClrDefinition));
	ListCell *lc;

	definition->feature = MemoryContextStrdup(context, feature);
	definition->name = MemoryContextStrdup(context, name);
	read_action(context, definition);
	read_sources(context, definition);
	read_grants(context, definition);
	foreach(lc, definition->given)
	{
		ClrGrant *grant = lfirst(lc);

		if (!grant->reach_given)
			grant->reach = level_reach(vocabulary, definition, grant->level);
	}
	return definition;
}

static void
read_action(MemoryContext context, ClrDefinition *definition)
{
	ClrCatalog state;
	MemoryContext spi;
	uint64 ngates;

	clr_catalog_begin(&state);
	if (query_action(definition,
					 "SELECT a.reads, ARRAY(SELECT n.level_id FROM clearance.not_available n"
					 "  WHERE n.feature = a.feature AND n.action = a.name),"
					 " ARRAY(SELECT s.level_id FROM clearance_internal.level_says() s"
					 "  WHERE s.feature = a.feature AND s.action = a.name)"
					 " FROM clearance.action a WHERE a.feature = $1 AND a.name = $2") != 1)
		ereport(
			ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("no action \"%s.%s\"", definition->feature, definition->name),
			 errhint(
				 "clearance.matrix lists the actions of each feature; clearance.create_action() adds one.")));
	definition->reads = clr_column_bool(0, 1);
	definition->not_available = ints_of(0, 2, context);
	definition->says = ints_of(0, 3, context);

	ngates =
		query_action(definition, "SELECT gate_feature, gate_action, audiences FROM clearance.gate"
								 " WHERE feature = $1 AND action = $2");
	for (uint64 i = 0; i < ngates; i++)
	{
		ClrGate *gate = MemoryContextAllocZero(context, sizeof(ClrGate));
		int naudiences;
		char **audiences = clr_column_texts(i, 3, &naudiences);

		gate->feature = MemoryContextStrdup(context, clr_column_text(i, 1));
		gate->name = MemoryContextStrdup(context, clr_column_text(i, 2));
		for (int j = 0; j < naudiences; j++)
			gate->for_audience[parse_audience(audiences[j])] = true;
		spi = MemoryContextSwitchTo(context);
		definition->gates = lappend(definition->gates, gate);
		MemoryContextSwitchTo(spi);
	}
	clr_catalog_end(&state);
}

/* A query about the action: $1 is its feature, $2 its name. */
static uint64
query_action(const ClrDefinition *definition, const char *sql)
{
	static const Oid argtypes[] = { TEXTOID, TEXTOID };
	Datum args[] = { CStringGetTextDatum(definition->feature),
					 CStringGetTextDatum(definition->name) };

	return clr_catalog_query(sql, 2, argtypes, args, NULL);
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

static void
read_sources(MemoryContext context, ClrDefinition *definition)
{
	ClrCatalog state;
	uint64 rows;

	clr_catalog_begin(&state);
	rows = query_action(
		definition,
		"SELECT c.audience, c.source, c.relation = 'own', c.any_only, c.weak,"
		" ARRAY(SELECT s.level_id FROM clearance_internal.level_says() s"
		"  JOIN clearance.level l ON l.id = s.level_id AND l.audience = c.audience"
		"  WHERE s.feature = c.feature AND s.action = c.source AND NOT c.weak)"
		" FROM clearance_internal.consequences() c WHERE c.feature = $1 AND c.action = $2");
	for (uint64 i = 0; i < rows; i++)
	{
		ClrSource *source = MemoryContextAllocZero(context, sizeof(ClrSource));
		List *says = ints_of(i, 6, context);
		MemoryContext spi;

		source->audience = parse_audience(clr_column_text(i, 1));
		source->name = MemoryContextStrdup(context, clr_column_text(i, 2));
		source->own_only = clr_column_bool(i, 3);
		source->any_only = clr_column_bool(i, 4);
		source->weak = clr_column_bool(i, 5);
		spi = MemoryContextSwitchTo(context);
		definition->sources = lappend(definition->sources, source);
		definition->says_sources = list_concat(definition->says_sources, says);
		MemoryContextSwitchTo(spi);
	}
	clr_catalog_end(&state);
}

static void
read_grants(MemoryContext context, ClrDefinition *definition)
{
	ClrCatalog state;
	uint64 rows;

	clr_catalog_begin(&state);
	rows =
		query_action(definition,
					 "SELECT level_id, visibility = 'shared', relation, reach, kinds"
					 " FROM clearance_internal.given_grants() WHERE feature = $1 AND action = $2");
	for (uint64 i = 0; i < rows; i++)
	{
		char *reach = clr_column_text(i, 4);
		int nkinds;
		char **kinds = clr_column_texts(i, 5, &nkinds);
		MemoryContext spi = MemoryContextSwitchTo(context);
		ClrGrant *grant = palloc0(sizeof(ClrGrant));

		grant->level = clr_column_int64(i, 1);
		grant->shared_only = clr_column_bool(i, 2);
		grant->relation = clr_relation_kind(clr_column_text(i, 3));
		for (int j = 0; j < nkinds; j++)
			grant->kinds = lappend(grant->kinds, pstrdup(kinds[j]));
		grant->reach_given = reach != NULL;
		if (reach != NULL)
			grant->reach = parse_reach(reach);
		definition->given = lappend(definition->given, grant);
		MemoryContextSwitchTo(spi);
	}
	clr_catalog_end(&state);
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

/* ---------- names ---------- */

static const char *const audience_names
	[] = { [CLR_VENDOR] = "vendor", [CLR_PARTNER] = "partner", [CLR_CUSTOMER] = "customer" };

static const char *const reach_names[] = { [CLR_REACH_OWNED] = "owned",
										   [CLR_REACH_MEMBER] = "member",
										   [CLR_REACH_ACCOUNT] = "account" };

static const char *const relation_names[] = {
	[CLR_REL_ANY] = "any",			 [CLR_REL_ASSIGNED] = "assigned",
	[CLR_REL_FOLLOWED] = "followed", [CLR_REL_INVITED] = "invited",
	[CLR_REL_OWN] = "own",			 [CLR_REL_ASSIGNED_TASK] = "assigned_task",
};

static int
find_name(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	elog(ERROR, "unknown audience, reach or relation \"%s\"", name);
}

const char *
clr_audience_name(ClrAudience audience)
{
	return audience_names[audience];
}

const char *
clr_relation_name(ClrRelationKind kind)
{
	return relation_names[kind];
}

const char *
clr_reach_name(ClrReach reach)
{
	return reach_names[reach];
}

ClrRelationKind
clr_relation_kind(const char *name)
{
	return find_name(relation_names, lengthof(relation_names), name);
}

static ClrAudience
parse_audience(const char *name)
{
	return find_name(audience_names, lengthof(audience_names), name);
}

static ClrReach
parse_reach(const char *name)
{
	return find_name(reach_names, lengthof(reach_names), name);
}

/*
 * The action that gives somebody this relation to a row; NULL: following,
 * which everybody does for oneself.
 */
const char *
clr_relation_giver(ClrRelationKind kind)
{
	switch (kind)
	{
		case CLR_REL_ASSIGNED:
		case CLR_REL_ASSIGNED_TASK:
			return "assign";
		case CLR_REL_INVITED:
			return "invite";
		case CLR_REL_OWN:
			return "change_owner";
		case CLR_REL_FOLLOWED:
			return NULL;
		case CLR_REL_ANY:
			break;
	}
	elog(ERROR, "relation %d is not given", kind);
}

/* Whoever holds the one relation to a row holds the other: owners count as invited. */
bool
clr_relation_implies(ClrRelationKind held, ClrRelationKind asked)
{
	return held == asked || (held == CLR_REL_OWN && asked == CLR_REL_INVITED);
}
