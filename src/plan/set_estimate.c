/*
 * set_estimate.c
 *		What tests of sets leave of a table's rows, and what they cost.
 *
 * State: `statistics_generation`, counted by a callback.
 */
#include "plan/set_estimate.h"

#include <float.h>
#include <math.h>

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "frame/frame.h"
#include "plan/account.h"
#include "plan/set.h"
#include "rule/lookup.h"
#include "rule/shape.h"

/* Finding and judging a row by its key, in operators: see lookup.c. */
#define OPERATORS_A_ROW 40

/* The same for a key that is asked for, which mostly was before. */
#define OPERATORS_A_KEY 10

/* More keys than these are not looked up in the column's statistics one by one. */
#define MAX_ESTIMATED_KEYS 100

/* What part of a table's rows is in open projects, by a column's statistics. */
typedef struct Estimate
{
	Oid relation;
	AttrNumber column;
	uint64 generation; /* of all statistics */
	Selectivity part;
} Estimate;

/* Changes with statistics of columns. */
static uint64 statistics_generation = 0;

static double distinct_in(PlannerInfo *root, Node *column, double rows);
static Selectivity part_below_visible(ClrJudge *judge, const ClrSet *set);
static bool finds_rows(PlannerInfo *root, const Var *column);
static bool gives_key(const RestrictInfo *condition, const Var *column);
static RestrictInfo *account_beside(PlannerInfo *root, const List *args);
static bool estimate_alone(SupportRequestSelectivity *request);
static bool
given_value(PlannerInfo *root, Var *column, ClrKeyTable *keys, Selectivity *selectivity);
static Selectivity part_of_rows(SupportRequestSelectivity *request, ClrKeyTable *keys);
static Selectivity
remembered_part(SupportRequestSelectivity *request, const ClrSet *set, ClrKeyTable *keys);
static void note_statistics(Datum arg, int cache, uint32 hash);

void
clr_set_estimate_init(void)
{
	CacheRegisterSyscacheCallback(STATRELATTINH, note_statistics, (Datum) 0);
}

/*
 * How many keys a set of visible rows probably has, and what it costs to find
 * them all. False for other sets, which are known.
 */
bool
clr_set_ups_cost(const FuncExpr *test, double *keys, Cost *cost)
{
	ClrJudge *judge = clr_frame_judge(clr_frame_current());
	ClrBinding *above;
	ClrSet set;

	if (!clr_set_read(test->args, &set) || set.kind < CLR_SET_UPS)
		return false;
	above = clr_set_above(judge, &set);
	*keys = clr_lookup_rows(judge, above) * clr_lookup_part_seen(judge, above);
	*cost = clr_lookup_cost(judge, above).cost * OPERATORS_A_ROW * cpu_operator_cost;
	return true;
}

/* So many rows will be tested: if all of the set is cheaper than one by one, say so. */
void
clr_set_expect(PlannerInfo *root, FuncExpr *test, double rows)
{
	ClrJudge *judge = clr_frame_judge(clr_frame_current());
	Const *kind = list_nth(test->args, 3);
	ClrSet set;

	if (!clr_set_read(test->args, &set) || set.kind >= CLR_SET_MANY_UPS || rows <= CLR_FEW_KEYS)
		return;
	if (distinct_in(root, linitial(test->args), rows) *
			clr_lookup_cost_of_key(judge, clr_set_above(judge, &set)) >
		clr_lookup_cost(judge, clr_set_above(judge, &set)).cost)
		kind->constvalue = Int32GetDatum(set.kind - CLR_SET_UPS + CLR_SET_MANY_UPS);
}

/*
 * How many values a column has in so many rows of its table, as
 * estimate_num_groups() would say (selfuncs.c), which goes by the rows that
 * satisfy the test as well.
 */
static double
distinct_in(PlannerInfo *root, Node *column, double rows)
{
	VariableStatData data;
	double distinct;
	double tuples;
	bool is_default;

	examine_variable(root, column, 0, &data);
	distinct = get_variable_numdistinct(&data, &is_default);
	tuples = data.rel != NULL ? Max(data.rel->tuples, rows) : rows;
	ReleaseVariableStats(data);
	return distinct * (1 - pow((tuples - rows) / tuples, tuples / distinct));
}

/*
 * What a clause compares a column with, if that is known before rows are read;
 * else NULL. How it compares is up to the caller.
 */
Node *
clr_set_given_value(const OpExpr *clause, const Var *column)
{
	Node *given;

	if (!IsA(clause, OpExpr) || list_length(clause->args) != 2)
		return NULL;
	if (equal(linitial(clause->args), column))
		given = lsecond(clause->args);
	else if (equal(lsecond(clause->args), column))
		given = linitial(clause->args);
	else
		return NULL;
	return is_pseudo_constant_clause(given) ? given : NULL;
}

/* A row that has a project of its own is in that of its parent, which is tested beside. */
static Selectivity
part_below_visible(ClrJudge *judge, const ClrSet *set)
{
	ClrBinding *above = clr_set_above(judge, set);
	ClrBinding *binding = clr_judge_binding(judge, set->binding);

	if (binding->project_slot != CLR_NO_SLOT && !clr_set_up(binding, set)->elsewhere)
		return clr_lookup_part_seen(judge, above) / Max(clr_shape_part_open(judge, above), DBL_MIN);
	return clr_lookup_part_seen(judge, above);
}

/*
 * Estimated for the actor of the moment; nothing of the actor stays in the
 * plan. Beside a test of the account, which the planner takes to be independent:
 * of the rows of the account.
 */
bool
clr_set_estimate(SupportRequestSelectivity *request)
{
	RestrictInfo *account;

	if (!estimate_alone(request))
		return false;
	account = request->is_join ? NULL : account_beside(request->root, request->args);
	if (account != NULL && finds_rows(request->root, linitial(request->args)))
		account->norm_selec = 1; /* rows of a project, or a person, are of one account */
	else if (account != NULL)
		request->selectivity /= clr_account_part(request->root, account);
	CLAMP_PROBABILITY(request->selectivity);
	return true;
}

/* Whether the query gives a column's value, by which an index finds the rows. */
static bool
finds_rows(PlannerInfo *root, const Var *column)
{
	ListCell *lc;

	if (!clr_set_is_given(root, column))
		return false;
	foreach(lc, root->simple_rel_array[column->varno]->indexlist)
		if (lfirst_node(IndexOptInfo, lc)->indexkeys[0] == column->varattno)
			return true;
	return false;
}

/* Whether a condition on a table gives the value of its column. */
bool
clr_set_is_given(PlannerInfo *root, const Var *column)
{
	RelOptInfo *rel = (int) column->varno < root->simple_rel_array_size ?
						  root->simple_rel_array[column->varno] :
						  NULL;
	ListCell *lc;

	foreach(lc, rel != NULL && column->varlevelsup == 0 ? rel->baserestrictinfo : NIL)
		if (gives_key(lfirst_node(RestrictInfo, lc), column))
			return true;
	return false;
}

/* Whether a condition gives the value of a column. */
static bool
gives_key(const RestrictInfo *condition, const Var *column)
{
	const OpExpr *clause = (const OpExpr *) condition->clause;

	return clr_set_given_value(clause, column) != NULL &&
		   op_mergejoinable(clause->opno, exprType((const Node *) column));
}

/* What a test of a set leaves of all rows, where nothing else is known of them. */
Selectivity
clr_set_part(PlannerInfo *root, FuncExpr *test)
{
	SupportRequestSelectivity request = { .type = T_SupportRequestSelectivity,
										  .root = root,
										  .funcid = test->funcid,
										  .args = test->args };

	if (!estimate_alone(&request))
		return clause_selectivity(root, (Node *) test, 0, JOIN_INNER, NULL);
	CLAMP_PROBABILITY(request.selectivity);
	return request.selectivity;
}

/* Whether the test of the account stands beside a test of what is the actor's. */
bool
clr_set_is_of_account(PlannerInfo *root, const FuncExpr *test)
{
	return account_beside(root, test->args) != NULL;
}

static RestrictInfo *
account_beside(PlannerInfo *root, const List *args)
{
	Var *column = linitial(args);
	RelOptInfo *rel;
	ClrSet set;

	if (!IsA(column, Var) || !clr_set_read(args, &set) || set.kind >= CLR_SET_UPS ||
		column->varno >= root->simple_rel_array_size)
		return NULL;
	rel = root->simple_rel_array[column->varno];
	/* of joined rows, more of them would have the account's index read as well: see beside.c */
	if (rel == NULL ||
		(set.kind != CLR_SET_PROJECTS && (rel->joininfo != NIL || rel->has_eclass_joins)))
		return NULL;
	return clr_account_condition(rel);
}

static bool
estimate_alone(SupportRequestSelectivity *request)
{
	Node *value = linitial(request->args);
	ClrJudge *judge = clr_frame_judge(clr_frame_current());
	ClrKeyTable *keys;
	ClrSet set;

	if (!clr_set_read(request->args, &set) || clr_set_is_of_many(judge, &set))
		return false;
	if (set.kind >= CLR_SET_UPS)
		request->selectivity = part_below_visible(judge, &set);
	else
	{
		keys = clr_set_keys(&set, exprType(value));
		if (IsA(value, Var) && !request->is_join &&
			given_value(request->root, (Var *) value, keys, &request->selectivity))
			return true;
		if (set.kind != CLR_SET_PROJECTS || !IsA(value, Var) || request->is_join)
			request->selectivity = part_of_rows(request, keys);
		else
			request->selectivity = remembered_part(request, &set, keys);
	}
	return true;
}

/* A set of visible rows costs more than a probe: the keys that are asked for must be found. */
bool
clr_set_cost(SupportRequestCost *request)
{
	/* an aggregate's function has no call (get_agg_clause_costs(), prepagg.c) */
	if (request->node == NULL || clr_set_ups_test(request->node) == NULL)
		return false;
	request->startup = 0;
	request->per_tuple = OPERATORS_A_KEY * cpu_operator_cost;
	return true;
}

/*
 * Where the query gives the column's value, the set holds it or does not; most
 * actors ask about what they may see.
 */
static bool
given_value(PlannerInfo *root, Var *column, ClrKeyTable *keys, Selectivity *selectivity)
{
	RelOptInfo *rel =
		column->varno < root->simple_rel_array_size ? root->simple_rel_array[column->varno] : NULL;
	ListCell *lc;

	if (column->varlevelsup != 0 || rel == NULL)
		return false;
	foreach(lc, rel->baserestrictinfo)
	{
		const RestrictInfo *condition = lfirst_node(RestrictInfo, lc);
		Node *given;
		ClrKey key;

		if (!gives_key(condition, column))
			continue;
		given = clr_set_given_value((OpExpr *) condition->clause, column);
		*selectivity = 1;
		if (IsA(given, Const) && !((Const *) given)->constisnull &&
			clr_key_class(exprType(given)) == clr_key_class(column->vartype))
		{
			Oid type = getBaseType(exprType(given));

			clr_key_from_datum(((Const *) given)->constvalue, clr_key_class(type), type, &key);
			if (clr_keytab_find(keys, &key) == NULL)
				*selectivity = 0;
		}
		return true;
	}
	return false;
}

/* The same as for the keys as an array of literals, as long as they are few. */
static Selectivity
part_of_rows(SupportRequestSelectivity *request, ClrKeyTable *keys)
{
	Node *value = linitial(request->args);
	Oid type = exprType(value);
	TypeCacheEntry *cache = lookup_type_cache(type, TYPECACHE_EQ_OPR);
	VariableStatData data;
	Selectivity part;
	bool is_default;

	if (OidIsValid(cache->eq_opr) && clr_keytab_count(keys) <= MAX_ESTIMATED_KEYS)
	{
		ScalarArrayOpExpr *clause = makeNode(ScalarArrayOpExpr);

		clause->opno = cache->eq_opr;
		clause->useOr = true;
		clause->inputcollid = exprCollation(value);
		clause->args = list_make2(value, makeConst(get_array_type(type), -1, InvalidOid, -1,
												   clr_keytab_array(keys, type), false, false));
		return scalararraysel(request->root, clause, request->is_join, request->varRelid,
							  request->jointype, request->sjinfo);
	}
	examine_variable(request->root, value, request->varRelid, &data);
	part = clr_keytab_count(keys) / get_variable_numdistinct(&data, &is_default);
	ReleaseVariableStats(data);
	return part;
}

/*
 * For open projects it is remembered with the shape, until statistics change:
 * asking for each key takes longer than the rest of planning.
 */
static Selectivity
remembered_part(SupportRequestSelectivity *request, const ClrSet *set, ClrKeyTable *keys)
{
	ClrJudge *judge = clr_frame_judge(clr_frame_current());
	ClrShape *shape = clr_shape_of(judge, clr_judge_binding(judge, set->binding), set->verb);
	Var *column = linitial(request->args);
	Oid relation = planner_rt_fetch(column->varno, request->root)->relid;
	uint64 generation = statistics_generation;
	MemoryContext caller;
	Estimate *known;
	Selectivity part;
	ListCell *lc;

	foreach(lc, shape->estimates)
	{
		known = lfirst(lc);
		if (known->relation == relation && known->column == column->varattno)
		{
			if (known->generation == generation)
				return known->part;
			break;
		}
	}
	part = part_of_rows(request, keys);
	if (lc == NULL)
	{
		caller = MemoryContextSwitchTo(shape->context);
		known = palloc0(sizeof(Estimate));
		shape->estimates = lappend(shape->estimates, known);
		MemoryContextSwitchTo(caller);
	}
	*known = (Estimate){ relation, column->varattno, generation, part };
	return part;
}

static void
note_statistics(Datum arg, int cache, uint32 hash)
{
	statistics_generation++;
}
