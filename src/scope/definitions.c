/*
 * definitions.c
 *		What is said of actions, as it is stored.
 *
 * Levels are given actions, denied them, or can never have them; actions have gates, and
 * others follow from them (consequences.c). It is read under the active snapshot, or that
 * of the query on whose behalf it is read: it decides about rows, and goes with the
 * versions under which what is kept of it holds (stamp.c), so it must not be newer than
 * those.
 *
 * Lifetime: the vocabulary's. What is read is added complete.
 */
#include "scope/definitions.h"

#include "common/hashfn.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "scope/consequences.h"
#include "store/catalog.h"

/* Actions whose definitions are read, in the order of their names. */
typedef struct Reading
{
	ClrVocabulary *vocabulary;
	MemoryContext context; /* of what stays */
	const char *feature;   /* NULL: all that are not known */
	ClrDefinition **definitions;
	List **denied; /* for each, of int: levels */
	int count;
} Reading;

static uint32 hash_of(const char *feature, const char *name);
static void read_actions(Reading *reading);
static ClrDefinition *new_definition(const Reading *reading, const ClrRows *rows);
static ClrDefinition **
find(const Reading *reading, const ClrRows *rows, int feature_column, int name_column);
static ClrDefinition **find_named(const Reading *reading, const char *feature, const char *name);
static int compare_names(const void *a, const void *b);
static void add_denial(const ClrRows *rows, void *reading);
static void add_unavailable(const ClrRows *rows, void *reading);
static void add_given(const ClrRows *rows, void *reading);
static void add_level(Reading *reading, List **levels, const ClrRows *rows);
static ClrGrant *new_grant(const ClrRows *rows);
static void read_gates(Reading *reading);
static void put_in_order(Reading *reading);
static int compare_grants(const ListCell *a, const ListCell *b);
static int compare_gates(const ListCell *a, const ListCell *b);
static void find_sources(Reading *reading);
static void add_source(Reading *reading, const char *feature, const ClrConsequence *consequence);
static void find_reaches(Reading *reading);
static ClrReach reach_like(const List *grants, int32 level);
static void add(Reading *reading);

/* NULL: it was not read. */
ClrDefinition *
clr_definition_known(const ClrVocabulary *vocabulary, const char *feature, const char *name)
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

/* Whether those of a feature were: they are read together. */
bool
clr_definitions_are_read(const ClrVocabulary *vocabulary, const char *feature)
{
	ListCell *lc;

	foreach(lc, vocabulary->definitions)
		if (strcmp(((ClrDefinition *) lfirst(lc))->feature, feature) == 0)
			return true;
	return false;
}

/*
 * Read what is said of the actions of a feature, or (NULL) of all, but those that are known,
 * and add it to the vocabulary.
 */
void
clr_definitions_read(ClrVocabulary *vocabulary, const char *feature)
{
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "clearance rows", ALLOCSET_SMALL_SIZES);
	Reading reading = { .vocabulary = vocabulary, .feature = feature };
	MemoryContext caller = MemoryContextSwitchTo(scratch);
	bool pushed = clr_catalog_push_snapshot();

	reading.context = AllocSetContextCreate(caller, "clearance actions", ALLOCSET_SMALL_SIZES);
	read_actions(&reading);
	if (reading.count > 0)
	{
		clr_said_each(vocabulary, CLR_DENIALS_OF_LEVEL, feature, add_denial, &reading);
		clr_said_each(vocabulary, CLR_UNAVAILABLE_TO_LEVEL, feature, add_unavailable, &reading);
		clr_said_each(vocabulary, CLR_GRANTS_OF_LEVEL, feature, add_given, &reading);
		read_gates(&reading);
		put_in_order(&reading);
		find_sources(&reading);
		find_reaches(&reading);
	}
	if (pushed)
		PopActiveSnapshot();
	if (reading.count > 0)
		add(&reading);
	else
		MemoryContextDelete(reading.context);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
}

/*
 * Rows of a path about levels that the vocabulary knows, and about a feature or (NULL) all:
 * in one pass over the table, or level by level.
 */
void
clr_said_each(const ClrVocabulary *vocabulary, ClrPath path, const char *feature,
			  void (*visit)(const ClrRows *rows, void *arg), void *arg)
{
	bool at_once = clr_rows_is_searched(path);
	ClrRows rows;

	for (int i = 0; i < (at_once ? 1 : vocabulary->nlevels); i++)
	{
		clr_rows_begin_named(&rows, path, at_once ? 0 : vocabulary->levels[i].id, feature);
		while (clr_rows_next(&rows))
			if (clr_vocabulary_level(vocabulary, clr_rows_int32(&rows, SAID_LEVEL)) != NULL)
				visit(&rows, arg);
		clr_rows_end(&rows);
	}
}

static void
read_actions(Reading *reading)
{
	int room = 32;
	ClrRows rows;

	reading->definitions = palloc(sizeof(ClrDefinition *) * room);
	clr_rows_begin_text(&rows, CLR_ACTIONS_OF_FEATURE, reading->feature);
	while (clr_rows_next(&rows))
	{
		if (reading->count == room)
			reading->definitions =
				repalloc(reading->definitions, sizeof(ClrDefinition *) * (room *= 2));
		if (clr_definition_known(reading->vocabulary, clr_rows_text(&rows, ACTION_FEATURE),
								 clr_rows_text(&rows, ACTION_NAME)) == NULL)
			reading->definitions[reading->count++] = new_definition(reading, &rows);
	}
	clr_rows_end(&rows);
	qsort(reading->definitions, reading->count, sizeof(ClrDefinition *), compare_names);
	reading->denied = palloc0(sizeof(List *) * Max(reading->count, 1));
}

static ClrDefinition *
new_definition(const Reading *reading, const ClrRows *rows)
{
	MemoryContext scratch = MemoryContextSwitchTo(reading->context);
	ClrDefinition *definition = palloc0(sizeof(ClrDefinition));

	definition->feature = clr_rows_text(rows, ACTION_FEATURE);
	definition->name = clr_rows_text(rows, ACTION_NAME);
	definition->reads = clr_rows_bool(rows, ACTION_READS);
	definition->comes_with_edit = clr_rows_bool(rows, ACTION_COMES_WITH_EDIT);
	definition->hash = hash_of(definition->feature, definition->name);
	MemoryContextSwitchTo(scratch);
	return definition;
}

/* Where what a row is about is among those that are read; NULL: it was read before. */
static ClrDefinition **
find(const Reading *reading, const ClrRows *rows, int feature_column, int name_column)
{
	return find_named(reading, clr_rows_text(rows, feature_column),
					  clr_rows_text(rows, name_column));
}

static ClrDefinition **
find_named(const Reading *reading, const char *feature, const char *name)
{
	ClrDefinition key = { .feature = feature, .name = name };
	ClrDefinition *pointer = &key;

	return bsearch(&pointer, reading->definitions, reading->count, sizeof(ClrDefinition *),
				   compare_names);
}

static int
compare_names(const void *a, const void *b)
{
	const ClrDefinition *one = *(ClrDefinition *const *) a;
	const ClrDefinition *other = *(ClrDefinition *const *) b;
	int order = strcmp(one->feature, other->feature);

	return order != 0 ? order : strcmp(one->name, other->name);
}

/* ---------- what is said to levels ---------- */

static void
add_denial(const ClrRows *rows, void *arg)
{
	Reading *reading = arg;
	ClrDefinition **definition = find(reading, rows, SAID_FEATURE, SAID_ACTION);

	if (definition == NULL)
		return;
	add_level(reading, &reading->denied[definition - reading->definitions], rows);
	add_level(reading, &(*definition)->says, rows);
}

static void
add_unavailable(const ClrRows *rows, void *arg)
{
	Reading *reading = arg;
	ClrDefinition **definition = find(reading, rows, SAID_FEATURE, SAID_ACTION);

	if (definition == NULL)
		return;
	add_level(reading, &(*definition)->not_available, rows);
	add_level(reading, &(*definition)->says, rows);
}

/* A built-in grant is void where the level is denied the action (given_grants(), levels.sql). */
static void
add_given(const ClrRows *rows, void *arg)
{
	Reading *reading = arg;
	ClrDefinition **definition = find(reading, rows, SAID_FEATURE, SAID_ACTION);
	MemoryContext scratch;

	if (definition == NULL)
		return;
	add_level(reading, &(*definition)->says, rows);
	if (clr_rows_bool(rows, GRANT_BUILT_IN) &&
		list_member_int(reading->denied[definition - reading->definitions],
						clr_rows_int32(rows, SAID_LEVEL)))
		return;
	scratch = MemoryContextSwitchTo(reading->context);
	(*definition)->given = lappend((*definition)->given, new_grant(rows));
	MemoryContextSwitchTo(scratch);
}

/* The level of a row, once. */
static void
add_level(Reading *reading, List **levels, const ClrRows *rows)
{
	MemoryContext scratch = MemoryContextSwitchTo(reading->context);

	*levels = list_append_unique_int(*levels, clr_rows_int32(rows, SAID_LEVEL));
	MemoryContextSwitchTo(scratch);
}

static ClrGrant *
new_grant(const ClrRows *rows)
{
	ClrGrant *grant = palloc0(sizeof(ClrGrant));
	char *relation = clr_rows_text(rows, GRANT_RELATION);
	char *reach = clr_rows_text(rows, GRANT_REACH);
	bool has_null;

	grant->level = clr_rows_int32(rows, SAID_LEVEL);
	grant->shared_only = clr_rows_is_text(rows, GRANT_VISIBILITY, "shared");
	grant->relation = clr_relation_kind(relation);
	grant->reach_given = reach != NULL;
	if (reach != NULL)
	{
		grant->reach = clr_reach_of(reach);
		pfree(reach);
	}
	grant->kinds = clr_rows_texts(rows, GRANT_KINDS, &has_null);
	pfree(relation);
	return grant;
}

/* ---------- what else actions need, or follow from ---------- */

static void
read_gates(Reading *reading)
{
	ClrRows rows;

	clr_rows_begin_text(&rows, CLR_GATES_OF_FEATURE, reading->feature);
	while (clr_rows_next(&rows))
	{
		ClrDefinition **definition = find(reading, &rows, GATE_FEATURE, GATE_ACTION);
		bool has_null;
		List *audiences = clr_rows_texts(&rows, GATE_AUDIENCES, &has_null);
		MemoryContext scratch;
		ClrGate *gate;
		ListCell *lc;

		if (definition == NULL)
			continue;
		scratch = MemoryContextSwitchTo(reading->context);
		gate = palloc0(sizeof(ClrGate));
		gate->feature = clr_rows_text(&rows, GATE_BY_FEATURE);
		gate->name = clr_rows_text(&rows, GATE_BY_ACTION);
		foreach(lc, audiences)
			gate->for_audience[clr_audience_of(lfirst(lc))] = true;
		(*definition)->gates = lappend((*definition)->gates, gate);
		MemoryContextSwitchTo(scratch);
	}
	clr_rows_end(&rows);
}

/* Of what is read in any order, people are told in the order of names. */
static void
put_in_order(Reading *reading)
{
	for (int i = 0; i < reading->count; i++)
	{
		list_sort(reading->definitions[i]->given, compare_grants);
		list_sort(reading->definitions[i]->gates, compare_gates);
	}
}

static int
compare_grants(const ListCell *a, const ListCell *b)
{
	const ClrGrant *one = lfirst(a);
	const ClrGrant *other = lfirst(b);
	int order = (one->level > other->level) - (one->level < other->level);

	if (order == 0)
		order = one->shared_only - other->shared_only;
	if (order == 0)
		order = strcmp(clr_relation_name(one->relation), clr_relation_name(other->relation));
	if (order == 0 && one->reach_given && other->reach_given)
		order = strcmp(clr_reach_name(one->reach), clr_reach_name(other->reach));
	else if (order == 0)
		order = one->reach_given - other->reach_given;
	for (int i = 0; order == 0 && i < Min(list_length(one->kinds), list_length(other->kinds)); i++)
		order = strcmp(list_nth(one->kinds, i), list_nth(other->kinds, i));
	return order != 0 ? order : list_length(one->kinds) - list_length(other->kinds);
}

static int
compare_gates(const ListCell *a, const ListCell *b)
{
	const ClrGate *one = lfirst(a);
	const ClrGate *other = lfirst(b);
	int order = strcmp(one->feature, other->feature);

	return order != 0 ? order : strcmp(one->name, other->name);
}

static void
find_sources(Reading *reading)
{
	for (int i = 0; i < reading->count; i++)
	{
		const ClrDefinition *definition = reading->definitions[i];
		ListCell *lc;

		foreach(lc, clr_consequences_of(definition->name, definition->comes_with_edit))
			add_source(reading, definition->feature, lfirst(lc));
	}
}

static void
add_source(Reading *reading, const char *feature, const ClrConsequence *consequence)
{
	ClrDefinition **definition = find_named(reading, feature, consequence->action);
	ClrDefinition **from = find_named(reading, feature, consequence->source);
	MemoryContext scratch;
	ClrSource *source;
	ListCell *lc;

	if (definition == NULL)
		return;
	scratch = MemoryContextSwitchTo(reading->context);
	source = palloc0(sizeof(ClrSource));
	source->audience = consequence->audience;
	source->name = pstrdup(consequence->source);
	source->own_only = consequence->own_only;
	source->any_only = consequence->any_only;
	source->weak = consequence->weak;
	(*definition)->sources = lappend((*definition)->sources, source);
	foreach(lc, from != NULL && !source->weak ? (*from)->says : NIL)
		if (clr_vocabulary_level(reading->vocabulary, lfirst_int(lc))->audience == source->audience)
			(*definition)->says_sources = lappend_int((*definition)->says_sources, lfirst_int(lc));
	MemoryContextSwitchTo(scratch);
}

/* ---------- how far levels reach ---------- */

/*
 * Where a grant does not say: as far as its level's project.view does. That action itself
 * reaches the projects that one is on; for the vendor it follows from no other, so what
 * is given of it is all that there is.
 */
static void
find_reaches(Reading *reading)
{
	ClrDefinition **view = find_named(reading, "project", "view");
	const List *known = view != NULL ?
							(*view)->given :
							clr_vocabulary_action(reading->vocabulary, "project", "view")->grants;
	ListCell *lc;

	foreach(lc, view != NULL ? known : NIL)
		if (!((ClrGrant *) lfirst(lc))->reach_given)
			((ClrGrant *) lfirst(lc))->reach = CLR_REACH_MEMBER;
	for (int i = 0; i < reading->count; i++)
		foreach(lc, reading->definitions[i]->given)
		{
			ClrGrant *grant = lfirst(lc);

			if (!grant->reach_given && (view == NULL || reading->definitions[i] != *view))
				grant->reach = reach_like(known, grant->level);
		}
}

static ClrReach
reach_like(const List *grants, int32 level)
{
	ClrReach reach = CLR_REACH_OWNED;
	bool found = false;
	ListCell *lc;

	foreach(lc, grants)
	{
		const ClrGrant *grant = lfirst(lc);

		if (grant->level == level)
		{
			reach = Max(reach, grant->reach);
			found = true;
		}
	}
	return found ? reach : CLR_REACH_MEMBER;
}

/* Those that were read belong to the vocabulary from here on. */
static void
add(Reading *reading)
{
	ClrVocabulary *vocabulary = reading->vocabulary;
	MemoryContext scratch = MemoryContextSwitchTo(vocabulary->kept.context);
	List *all = list_copy(vocabulary->definitions);

	for (int i = 0; i < reading->count; i++)
		all = lappend(all, reading->definitions[i]);
	MemoryContextSetParent(reading->context, vocabulary->kept.context);
	list_free(vocabulary->definitions);
	vocabulary->definitions = all;
	MemoryContextSwitchTo(scratch);
}
