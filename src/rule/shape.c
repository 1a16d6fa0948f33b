/*
 * shape.c
 *		How far an actor reaches into a table, project by project.
 *
 * Nothing is decided here. The rule is asked about rows of which only some
 * facts are given, once so that what is left open holds and once so that it
 * does not; the rule is monotone, more facts never close a row. Where both
 * answers agree, facts that a plan can test for itself decide for the whole
 * project, and the rule need not be asked row by row.
 *
 * Lifetime: the scope keeps one shape for a binding and verb, that of the
 * newest declarations. A query uses the one that fits its own binding, which
 * may be older, until it ends. Each has a memory context, below the scope's, in
 * which there is nothing but the result.
 */
#include "rule/shape.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_statistic.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "rule/row.h"
#include "rule/rule.h"
#include "rule/write.h"
#include "scope/key_sets.h"
#include "scope/others.h"

typedef struct Builder Builder;

static ClrShape *find(List *shapes, const ClrBinding *binding, ClrVerb verb);
static void use(ClrJudge *judge, ClrShape *shape);
static void let_go(void *shape);
static void keep(ClrScope *scope, ClrShape *shape);
static ClrShape *build(ClrJudge *judge, ClrBinding *binding, ClrVerb verb);
static void fill(ClrShape *shape, ClrJudge *judge, ClrBinding *binding, ClrVerb verb);
static bool is_of_account(ClrJudge *judge, ClrBinding *binding);
static bool may_lack_project(ClrJudge *judge, ClrBinding *binding);
static void add_without_project(Builder *builder);
static bool opens_account(const Builder *builder, ClrProject *project);
static void add_others(Builder *builder);
static bool add_project(Builder *builder, ClrProject *project, int count);
static void add_masks(const Builder *builder, ClrProject *project);
static void list_keys(Builder *builder);
static ClrClass
likely_class(ClrJudge *judge, ClrBinding *binding, ClrVerb verb, ClrProject *project);
static uint32 possible_relations(const ClrBinding *binding);
static uint32 implied_by(uint32 relations);
static uint32 spread(uint32 relations, bool (*leads_to)(ClrRelationKind from, ClrRelationKind to));
static uint32 without(uint32 relations, ClrRelationKind kind);
static double rows_of(Oid relid);

/* A trial of rows that share some facts. */
typedef struct Probe
{
	ClrJudge *judge;
	ClrBinding *binding;
	ClrVerb verb;
	ClrProject *project;
	ClrAction *seen; /* instead of a verb: one more action on a row that the actor sees */
	bool of_account; /* rows are known to be of the account */
} Probe;

/* A shape being made; what was found of the project before. */
struct Builder
{
	Probe probe;
	ClrShape *shape;
	ClrClass class;
	ClrClass likely;
	bool is_partial;
	ClrSomeProjects open;
	uint32 opened; /* how many these are */
};

static ClrClass class_by(const Probe *probe);

/* May the actor, if these facts and no others, or (rest) all others, hold? */
static bool
open_if(const Probe *probe, bool shared, uint32 relations, bool rest)
{
	ClrFacts facts = { .project = probe->project,
					   .shared = shared,
					   .relations = relations,
					   .parents = rest || probe->binding->ups_decide,
					   .account =
						   rest || probe->of_account || clr_binding_has_account(probe->binding),
					   .rest = rest };
	ClrRow row = { NULL, NULL, &facts };

	if (probe->seen != NULL)
		return clr_rule_permits_seen(probe->judge, probe->binding, &row, probe->seen);
	return clr_write_permits_verb(probe->judge, probe->binding, &row, probe->verb, NULL);
}

/*
 * What decides about the rows of a table in a project.
 */
ClrClass
clr_shape_class(ClrJudge *judge, ClrBinding *binding, ClrVerb verb, ClrProject *project)
{
	return class_by(&(Probe){ judge, binding, verb, project, NULL, false });
}

/*
 * What decides about one more action on the rows that the actor sees there.
 */
ClrClass
clr_shape_class_seen(ClrJudge *judge, ClrBinding *binding, ClrAction *action, ClrProject *project)
{
	return class_by(&(Probe){ judge, binding, CLR_VIEW, project, action, false });
}

static ClrClass
class_by(const Probe *probe)
{
	uint32 possible = possible_relations(probe->binding);
	bool private_possible;

	if (!open_if(probe, true, possible, true))
		return CLR_CLASS_NONE;
	if (open_if(probe, false, 0, false))
		return CLR_CLASS_ALL;
	private_possible = open_if(probe, false, possible, true);
	if (!private_possible && open_if(probe, true, 0, false))
		return CLR_CLASS_SHARED;
	for (int kind = CLR_REL_ANY + 1; kind < CLR_RELATION_KINDS; kind++)
	{
		uint32 with = implied_by(CLR_REL_BIT(kind));

		if ((possible & CLR_REL_BIT(kind)) == 0 ||
			open_if(probe, true, without(possible, kind), true))
			continue;
		if (open_if(probe, false, with, false))
			return CLR_CLASS_RELATED + kind;
		if (!private_possible && open_if(probe, true, with, false))
			return CLR_CLASS_RELATED_SHARED + kind;
	}
	return CLR_CLASS_OTHER;
}

/*
 * The shape is the query's own until it ends, whatever is declared meanwhile.
 */
ClrShape *
clr_shape_of(ClrJudge *judge, ClrBinding *binding, ClrVerb verb)
{
	ClrScope *scope = judge->scope;
	ClrShape *shape = find(judge->shapes, binding, verb);

	if (shape != NULL)
		return shape;
	shape = find(scope->shapes, binding, verb);
	if (shape == NULL || shape->generation != binding->generation)
	{
		shape = build(judge, binding, verb);
		keep(scope, shape);
	}
	use(judge, shape);
	return shape;
}

static ClrShape *
find(List *shapes, const ClrBinding *binding, ClrVerb verb)
{
	ListCell *lc;

	foreach(lc, shapes)
	{
		ClrShape *shape = lfirst(lc);

		if (shape->binding == binding->id && shape->verb == verb)
			return shape;
	}
	return NULL;
}

/* The callback comes before that of whoever made the judge, which lets go of the scope (mcxt.c: last in, first out). */
static void
use(ClrJudge *judge, ClrShape *shape)
{
	MemoryContext caller = MemoryContextSwitchTo(judge->context);
	MemoryContextCallback *callback = palloc(sizeof(MemoryContextCallback));

	judge->shapes = lappend(judge->shapes, shape);
	callback->func = let_go;
	callback->arg = shape;
	shape->users++;
	MemoryContextRegisterResetCallback(judge->context, callback);
	MemoryContextSwitchTo(caller);
}

static void
let_go(void *arg)
{
	ClrShape *shape = arg;

	if (--shape->users == 0)
		MemoryContextDelete(shape->context);
}

/* In place of one of older declarations; a newer one stays. */
static void
keep(ClrScope *scope, ClrShape *shape)
{
	MemoryContext caller = MemoryContextSwitchTo(scope->kept.context);
	ListCell *lc;

	foreach(lc, scope->shapes)
	{
		ClrShape *other = lfirst(lc);

		if (other->binding == shape->binding && other->verb == shape->verb)
			break;
	}
	if (lc == NULL)
		scope->shapes = lappend(scope->shapes, shape);
	else if (((ClrShape *) lfirst(lc))->generation < shape->generation)
	{
		let_go(lfirst(lc));
		lfirst(lc) = shape;
	}
	else
		shape->users--;
	MemoryContextSwitchTo(caller);
}

/* A new shape, with one user. */
static ClrShape *
build(ClrJudge *judge, ClrBinding *binding, ClrVerb verb)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "clearance shape", ALLOCSET_SMALL_SIZES);
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "clearance shape scratch",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(scratch);
	ClrShape *shape = MemoryContextAllocZero(context, sizeof(ClrShape));

	shape->binding = binding->id;
	shape->verb = verb;
	shape->context = context;
	shape->users = 1;
	fill(shape, judge, binding, verb);
	shape->generation = clr_judge_generation(judge);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	MemoryContextSetParent(context, judge->scope->kept.context);
	return shape;
}

static void
fill(ClrShape *shape, ClrJudge *judge, ClrBinding *binding, ClrVerb verb)
{
	ClrScope *scope = judge->scope;
	Builder builder = { .probe = { judge, binding, verb, NULL, NULL, false }, .shape = shape };
	bool of_account = clr_binding_is_of_account(binding);
	ListCell *lc;

	foreach(lc, of_account ? NIL : scope->projects)
		if (add_project(&builder, lfirst(lc), 1))
			builder.open.listed = bms_add_member(builder.open.listed, foreach_current_index(lc));
	if (scope->reaches_others && !of_account)
		add_others(&builder);
	if (scope->audience == CLR_VENDOR && is_of_account(judge, binding))
		builder.open.account = add_project(&builder, scope->account_level, 1);
	/* what has no project column may be the account's by what it belongs to */
	if (scope->audience == CLR_VENDOR && binding->project_slot == CLR_NO_SLOT)
		add_masks(&builder, scope->account_level);
	else if (of_account) /* whose rows are its own people's */
		add_masks(&builder, scope->without_project);
	if (may_lack_project(judge, binding))
		add_without_project(&builder);
	list_keys(&builder);
}

/* Whether rows may belong to none of the projects, but to rows of the account. */
static bool
is_of_account(ClrJudge *judge, ClrBinding *binding)
{
	ListCell *lc;

	check_stack_depth();
	if (binding->project_slot != CLR_NO_SLOT)
		return false;
	foreach(lc, binding->ups)
	{
		const ClrUp *up = lfirst(lc);

		if (!up->elsewhere && up->binding != binding->id &&
			is_of_account(judge, clr_judge_binding(judge, up->binding)))
			return true;
	}
	return binding->ups == NIL && binding->account_slot != CLR_NO_SLOT;
}

/* Whether rows may have no project where they need none, by what they belong to if they have no column for it. */
static bool
may_lack_project(ClrJudge *judge, ClrBinding *binding)
{
	List *above = NIL;
	ListCell *lc;

	check_stack_depth();
	if (binding->project_slot != CLR_NO_SLOT)
		return binding->project_optional;
	foreach(lc, binding->parents)
		above = list_append_unique_int(above, ((ClrParent *) lfirst(lc))->binding);
	foreach(lc, binding->link_roles)
		above = list_append_unique_int(above, ((ClrLinkRole *) lfirst(lc))->target);
	foreach(lc, above)
		if (lfirst_int(lc) != binding->id &&
			may_lack_project(judge, clr_judge_binding(judge, lfirst_int(lc))))
			return true;
	return false;
}

/* Of rows that have a column for it, plans test no class: the rule judges each. */
static void
add_without_project(Builder *builder)
{
	Probe *probe = &builder->probe;
	ClrProject *project = probe->judge->scope->without_project;

	if (probe->binding->project_slot == CLR_NO_SLOT)
	{
		builder->open.none = add_project(builder, project, 1);
		return;
	}
	add_masks(builder, project);
	builder->shape->is_partial |= !opens_account(builder, project);
}

/* Whether every row in a project is open, or without one, that is of the account. */
static bool
opens_account(const Builder *builder, ClrProject *project)
{
	Probe probe = builder->probe;

	probe.project = project;
	probe.of_account = true;
	return class_by(&probe) == CLR_CLASS_ALL;
}

/* Those that the scope does not list: a sample of each kind, if any might be open. */
static void
add_others(Builder *builder)
{
	const Probe *probe = &builder->probe;
	ClrScope *scope = probe->judge->scope;
	ClrProject *sample = palloc(sizeof(ClrProject));
	ListCell *lc;

	clr_others_best(scope, sample);
	if (clr_shape_class(probe->judge, probe->binding, probe->verb, sample) == CLR_CLASS_NONE)
	{
		builder->shape->some_closed = true;
		return;
	}
	foreach(lc, clr_others_kinds(scope))
	{
		const ClrProjectKind *kind = lfirst(lc);

		sample = palloc(sizeof(ClrProject));
		clr_others_sample(scope, kind, sample);
		if (clr_others_count(scope, kind) > 0 &&
			add_project(builder, sample, clr_others_count(scope, kind)))
			builder->open.kinds = bms_add_member(builder->open.kinds, kind->number);
	}
}

/* Whether a project, which stands for so many, is open. */
static bool
add_project(Builder *builder, ClrProject *project, int count)
{
	Probe *probe = &builder->probe;
	ClrShape *shape = builder->shape;

	/* neighbours mostly have the same rights */
	if (probe->project == NULL || !clr_shape_same_rights(probe->project, project))
	{
		builder->class = clr_shape_class(probe->judge, probe->binding, probe->verb, project);
		builder->likely = likely_class(probe->judge, probe->binding, probe->verb, project);
		if (builder->class != CLR_CLASS_NONE)
			add_masks(builder, project);
		builder->is_partial =
			builder->class != CLR_CLASS_ALL &&
			!(probe->binding->project_optional && opens_account(builder, project));
	}
	probe->project = project;
	if (builder->class == CLR_CLASS_NONE)
	{
		shape->some_closed = true;
		return false;
	}
	shape->classes |= CLR_CLASS_BIT(builder->class);
	shape->is_partial |= builder->is_partial;
	shape->likely_whole += builder->likely == CLR_CLASS_ALL ? count : 0;
	shape->likely_shared += builder->likely == CLR_CLASS_SHARED ? count : 0;
	shape->likely_related += builder->likely == CLR_CLASS_RELATED ? count : 0;
	builder->opened += count;
	return true;
}

/* What masks do to visible rows of a project. */
static void
add_masks(const Builder *builder, ClrProject *project)
{
	const Probe *probe = &builder->probe;
	ClrShape *shape = builder->shape;
	ListCell *lc;

	foreach(lc, probe->verb == CLR_VIEW ? probe->binding->masks : NIL)
	{
		const ClrMask *mask = lfirst(lc);
		ClrAction *action = clr_scope_action(probe->judge->scope, mask->feature, mask->action);
		ClrClass class = clr_shape_class_seen(probe->judge, probe->binding, action, project);
		MemoryContext caller = MemoryContextSwitchTo(shape->context);

		if (class != CLR_CLASS_ALL)
			shape->closed = bms_add_member(shape->closed, foreach_current_index(lc));
		if (class != CLR_CLASS_NONE)
			shape->opened = bms_add_member(shape->opened, foreach_current_index(lc));
		MemoryContextSwitchTo(caller);
	}
}

/* By the keys that rows have of their projects, if they have any. What has another one is closed to the table. */
static void
list_keys(Builder *builder)
{
	const ClrBinding *binding = builder->probe.binding;
	ClrShape *shape = builder->shape;
	ClrKeyClass class = binding->project_slot == CLR_NO_SLOT ?
							CLR_KEY_NONE :
							binding->columns[binding->project_slot].key_class;
	const ClrKeySet *set = clr_key_set(builder->probe.judge->scope, class, &builder->open);
	uint32 keys = clr_keytab_count(set->keys);

	shape->open = set->keys;
	shape->bits = set->bits;
	shape->some_closed |= keys < builder->opened;
	if (keys == 0)
		shape->classes = shape->likely_whole = shape->likely_shared = shape->likely_related = 0;
}

/* The class of all projects that are not closed; OTHER if they are of several. */
ClrClass
clr_shape_only_class(const ClrShape *shape)
{
	return pg_popcount32(shape->classes) == 1 ? pg_rightmost_one_pos32(shape->classes) :
												CLR_CLASS_OTHER;
}

/*
 * Whether a row in an open project of this class is open, if all that it belongs
 * to is visible: what the class says, of rows of the account. OTHER says nothing.
 */
bool
clr_shape_row_is_open(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrClass class)
{
	bool by_relation = class >= CLR_CLASS_RELATED;
	bool if_shared = class == CLR_CLASS_SHARED || class >= CLR_CLASS_RELATED_SHARED;
	int base = if_shared ? CLR_CLASS_RELATED_SHARED : CLR_CLASS_RELATED;

	Assert(class != CLR_CLASS_NONE && class != CLR_CLASS_OTHER && class != CLR_CLASS_WHOLE);
	return (!clr_binding_has_account(binding) || clr_row_is_of_account(judge, binding, row)) &&
		   (!if_shared || clr_row_is_shared(binding, row)) &&
		   (!by_relation || clr_row_has_relation(judge, binding, row, class - base));
}

/* Whether a project is open, of rows without a project column. */
bool
clr_shape_opens(const ClrShape *shape, const ClrProject *project)
{
	ClrKey key = { .class = CLR_KEY_INT, .integer = project->id };

	return clr_shape_opens_key(shape, &key);
}

/* Whether a project is open, by the key that rows have of it. */
bool
clr_shape_opens_key(const ClrShape *shape, const ClrKey *project)
{
	if (shape->bits != NULL && project->class == CLR_KEY_INT)
		return clr_keybits_has(shape->bits, project->integer);
	return clr_keytab_find(shape->open, project) != NULL;
}

/* What decides if all holds that plans cannot know: of a row that is shared or not, or related. */
static ClrClass
likely_class(ClrJudge *judge, ClrBinding *binding, ClrVerb verb, ClrProject *project)
{
	Probe probe = { judge, binding, verb, project, NULL, false };

	if (open_if(&probe, false, 0, true))
		return CLR_CLASS_ALL;
	return open_if(&probe, true, 0, true) ? CLR_CLASS_SHARED : CLR_CLASS_RELATED;
}

/* Whether the rule cannot tell two projects apart. What is none is reached by other means: it has an id of its own. */
bool
clr_shape_same_rights(const ClrProject *a, const ClrProject *b)
{
	return Min(a->id, 1) == Min(b->id, 1) && a->levels.count == b->levels.count &&
		   equal(a->open_levels, b->open_levels) && a->is_member == b->is_member &&
		   a->is_owner == b->is_owner && a->archived == b->archived &&
		   a->read_only == b->read_only && a->client_upload == b->client_upload &&
		   memcmp(a->levels.ids, b->levels.ids, a->levels.count * sizeof(int32)) == 0 &&
		   clr_words_same(a->features_off, b->features_off);
}

/* ---------- relations, a bit for each ---------- */

/* Those that somebody can have to a row of the table. */
static uint32
possible_relations(const ClrBinding *binding)
{
	uint32 relations = binding->owner_slot != CLR_NO_SLOT ? CLR_REL_BIT(CLR_REL_OWN) : 0;
	ListCell *lc;

	foreach(lc, binding->relations)
		relations |= CLR_REL_BIT(((ClrRelation *) lfirst(lc))->kind);
	return spread(relations, clr_relation_follows);
}

static uint32
implied_by(uint32 relations)
{
	return spread(relations, clr_relation_implies);
}

static uint32
spread(uint32 relations, bool (*leads_to)(ClrRelationKind from, ClrRelationKind to))
{
	uint32 all = relations;

	for (int from = 0; from < CLR_RELATION_KINDS; from++)
		for (int to = 0; to < CLR_RELATION_KINDS; to++)
			if ((relations & CLR_REL_BIT(from)) != 0 && leads_to(from, to))
				all |= CLR_REL_BIT(to);
	return all;
}

/* Less those that would imply a kind. */
static uint32
without(uint32 relations, ClrRelationKind kind)
{
	for (int held = 0; held < CLR_RELATION_KINDS; held++)
		if (clr_relation_implies(held, kind))
			relations &= ~CLR_REL_BIT(held);
	return relations;
}

/* ---------- estimates ---------- */

/* Of tables of whose projects nothing is known; of rows that only some may see. */
#define UNKNOWN_PART 0.05
#define PART_SHARED 0.75
#define PART_RELATED 0.25
#define PART_WITH_PARENT 0.9

/*
 * The part of a table's rows that are in projects that are not closed to the
 * actor of the moment, by the statistics of its project column; without, as if
 * all projects had as many.
 */
double
clr_shape_part_open(ClrJudge *judge, ClrBinding *binding)
{
	const ClrColumn *column;
	const ClrShape *shape;
	HeapTuple tuple;
	AttStatsSlot slot;
	double common = 0;
	double open = 0;
	double distinct;
	uint32 left;
	int found = 0;

	if (binding->project_slot == CLR_NO_SLOT)
		return UNKNOWN_PART;
	column = &binding->columns[binding->project_slot];
	shape = clr_shape_of(judge, binding, CLR_VIEW);
	left = clr_keytab_count(shape->open);
	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(binding->relid),
							Int16GetDatum(get_attnum(binding->relid, column->name)),
							BoolGetDatum(has_subclass(binding->relid)));
	if (!HeapTupleIsValid(tuple))
		return left /
			   Max(rows_of(get_relname_relid("project", get_namespace_oid("clearance", false))),
				   Max(left, 1.0));
	distinct = ((Form_pg_statistic) GETSTRUCT(tuple))->stadistinct;
	if (distinct < 0)
		distinct *= -rows_of(binding->relid);
	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_MCV, InvalidOid,
						 ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
	{
		for (int i = 0; i < slot.nvalues; i++)
		{
			ClrKey key;

			common += slot.numbers[i];
			clr_key_from_datum(slot.values[i], column->key_class, column->type, &key);
			if (clr_keytab_find(shape->open, &key) == NULL)
				continue;
			open += slot.numbers[i];
			left--;
		}
		found = slot.nvalues;
		free_attstatsslot(&slot);
	}
	ReleaseSysCache(tuple);
	if (distinct > found)
		open += Max(1 - common, 0) * Min(left / (distinct - found), 1);
	return Min(open, 1);
}

/* The part that the actor sees; the rows themselves are not looked at. */
double
clr_shape_part_seen(ClrJudge *judge, ClrBinding *binding)
{
	double open = clr_shape_part_open(judge, binding);
	const ClrShape *shape;

	if (binding->project_slot == CLR_NO_SLOT)
		return open;
	shape = clr_shape_of(judge, binding, CLR_VIEW);
	return open * (binding->parents != NIL ? PART_WITH_PARENT : 1) *
		   (shape->likely_whole +
			shape->likely_shared * (binding->visibility_slot != CLR_NO_SLOT ? PART_SHARED : 1) +
			shape->likely_related * PART_RELATED) /
		   Max(clr_keytab_count(shape->open), 1);
}

/* As the last ANALYZE found. */
static double
rows_of(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	double rows;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	rows = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;
	ReleaseSysCache(tuple);
	return Max(rows, 0);
}
