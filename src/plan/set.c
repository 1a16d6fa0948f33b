/*
 * set.c
 *		Sets of keys that belong to the actor, as plans test them.
 *
 * in_set(value, binding, verb, kind, class) is a hash probe into the projects
 * that are open to the actor, the actor's own keys, or what a link table links
 * to it. On an index it becomes column = ANY (set_keys(...)), the same set as
 * an array (paths.c). A plan that relies on a class of projects (shape.h) names
 * it, and running it for an actor with projects of another class is an error:
 * it would show too little or too much.
 *
 * What link tables link to the actor may be rows that it does not see, so only
 * plans may ask. The planner's calls are marked by the typmod of a constant,
 * which no SQL can give to an integer; other calls are errors.
 */
#include "plan/set.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "frame/frame.h"
#include "plan/account.h"
#include "plan/class.h"
#include "rule/created.h"
#include "rule/lookup.h"
#include "rule/named.h"
#include "rule/parent.h"
#include "rule/row.h"
#include "rule/shape.h"
#include "scope/people.h"
#include "store/counters.h"
#include "store/plans.h"

/* Finding and judging a row by its key, in operators: see lookup.c. */
#define OPERATORS_A_ROW 40

/* The same for a key that is asked for, which mostly was before. */
#define OPERATORS_A_KEY 10

/* More keys than these are not looked up in the column's statistics one by one. */
#define MAX_ESTIMATED_KEYS 100

/* Typmod of the binding's id where the planner made the call. */
#define MADE_BY_PLANNER (-2)

/* What part of a table's rows is in open projects, by a column's statistics. */
typedef struct Estimate
{
	Oid relation;
	AttrNumber column;
	uint64 generation; /* of all statistics */
	Selectivity part;
} Estimate;

/* Which set a call is about. */
typedef struct ClrSet
{
	int32 binding;
	ClrVerb verb;
	int kind;
	ClrClass class;
} ClrSet;

/* What in_set() remembers for a query. */
typedef struct SetCall
{
	uint64 frame_serial;
	bool is_of_query; /* the call lives and dies with its frame */
	ClrJudge *judge;
	ClrBinding *binding;
	ClrSet set;
	Oid type; /* of the value */
	ClrKeyClass key_class;
	ClrKeyTable *keys;		/* NULL: they are looked up */
	const ClrKeyBits *bits; /* the same, or NULL */
	/* what is looked up by key instead; the shape of rows whose project it tells */
	ClrParentRows *ups;
	ClrShape *shape;
	ClrProject *last;
	bool last_is_open;
} SetCall;

/* Changes with statistics of columns. */
static uint64 statistics_generation = 0;

PG_FUNCTION_INFO_V1(clearance_in_set);
PG_FUNCTION_INFO_V1(clearance_set_keys);

static SetCall *set_call(FunctionCallInfo fcinfo, bool whole);
static SetCall *new_call(FunctionCallInfo fcinfo, ClrFrame *of_query, bool whole);
static void look_up(SetCall *call);
static bool is_below_visible(SetCall *call, const ClrKey *key);
static bool read_set(const List *args, ClrSet *set);
static ClrKeyTable *
keys_of(ClrJudge *judge, ClrBinding *binding, const ClrSet *set, ClrKeyClass key_class);
static bool is_created_here(const SetCall *call, const ClrKey *key);
static bool fits_plan(const SetCall *call, ClrProject *project);
static bool is_found(SetCall *call, const ClrKey *key);
static ClrPeople people_of(const ClrSet *set);
static ClrRelation *relation_of(const ClrBinding *binding, const ClrSet *set);
static bool is_of_many(ClrJudge *judge, const ClrSet *set);
static const ClrUp *up_of(const ClrBinding *binding, const ClrSet *set);
static ClrKeyTable *keys_now(const ClrSet *set, Oid type);
static double distinct_in(PlannerInfo *root, Node *column, double rows);
static bool
given_value(PlannerInfo *root, Var *column, ClrKeyTable *keys, Selectivity *selectivity);
static Selectivity part_of_rows(SupportRequestSelectivity *request, ClrKeyTable *keys);
static Selectivity
remembered_part(SupportRequestSelectivity *request, const ClrSet *set, ClrKeyTable *keys);
static bool estimate_alone(SupportRequestSelectivity *request);
static bool finds_rows(PlannerInfo *root, const Var *column);
static bool gives_key(const RestrictInfo *condition, const Var *column);
static RestrictInfo *account_beside(PlannerInfo *root, const List *args);
static void note_statistics(Datum arg, int cache, uint32 hash);

void
clr_set_init(void)
{
	CacheRegisterSyscacheCallback(STATRELATTINH, note_statistics, (Datum) 0);
}

/* ---------- at run time ---------- */

/*
 * in_set(value "any", binding integer, verb integer, kind integer, class
 * integer) returns boolean.
 */
Datum
clearance_in_set(PG_FUNCTION_ARGS)
{
	SetCall *call = fcinfo->flinfo->fn_extra;
	Datum value = PG_GETARG_DATUM(0);
	ClrKey key;

	if (call == NULL || !call->is_of_query)
		call = set_call(fcinfo, false);
	if (call->bits != NULL)
	{
		if (clr_keybits_has(call->bits, clr_key_integer(value, call->type)))
			PG_RETURN_BOOL(true);
		if (call->judge->created[CLR_KEY_INT] == NULL)
			PG_RETURN_BOOL(false);
	}
	clr_key_from_datum(value, call->key_class, call->type, &key);
	if (call->ups != NULL)
		PG_RETURN_BOOL(is_below_visible(call, &key));
	if (call->keys == NULL)
		PG_RETURN_BOOL(is_found(call, &key));
	if (clr_keytab_find(call->keys, &key) != NULL)
		PG_RETURN_BOOL(true);
	PG_RETURN_BOOL(call->set.kind == CLR_SET_PROJECTS && is_created_here(call, &key));
}

static SetCall *
set_call(FunctionCallInfo fcinfo, bool whole)
{
	SetCall *call = fcinfo->flinfo->fn_extra;
	ClrFrame *frame;
	ClrCurrent previous;

	if (call != NULL && (call->is_of_query || call->frame_serial == clr_frame_current()->serial))
		return call;
	/* the query may not be running: its frame is current for what is read now */
	frame = clr_frame_of_call(fcinfo->flinfo);
	previous = clr_frame_enter(frame);
	PG_TRY();
	{
		fcinfo->flinfo->fn_extra = new_call(fcinfo, frame, whole);
	}
	PG_FINALLY();
	{
		clr_frame_leave(previous);
	}
	PG_END_TRY();
	return fcinfo->flinfo->fn_extra;
}

/* What rows belong to is looked up as it is asked for. */
static void
look_up(SetCall *call)
{
	const ClrUp *up = up_of(call->binding, &call->set);

	call->ups = clr_parent_rows(call->judge, clr_judge_binding(call->judge, up->binding), NULL);
	if (call->binding->project_slot == CLR_NO_SLOT && !up->elsewhere)
		call->shape = clr_shape_of(call->judge, call->binding, call->set.verb);
	if (call->set.kind < CLR_SET_MANY_UPS)
		return;
	clr_parent_read_all(call->ups);
	if (call->shape == NULL || !call->shape->some_closed)
		call->bits = clr_parent_bits(call->ups);
}

/*
 * Whether what the row belongs to is visible, and in a project where such rows
 * are open, if that is the row's, which has no other.
 */
static bool
is_below_visible(SetCall *call, const ClrKey *key)
{
	ClrProject *project = clr_parent_project(call->ups, key);

	if (project == NULL || call->shape == NULL)
		return project != NULL;
	if (project != call->last)
	{
		call->last_is_open = clr_shape_opens(call->shape, project) ||
							 (project->id == CLR_PROJECT_OF_STATEMENT && fits_plan(call, project));
		call->last = project;
	}
	return call->last_is_open;
}

/* Of people that are many, what is asked for is looked up. */
static bool
is_found(SetCall *call, const ClrKey *key)
{
	ClrPeople people = people_of(&call->set);

	if (call->set.kind < CLR_SET_LINKED)
		return clr_named(call->judge, people, key);
	return clr_row_is_linked(call->judge, call->binding, relation_of(call->binding, &call->set),
							 people, key);
}

static SetCall *
new_call(FunctionCallInfo fcinfo, ClrFrame *of_query, bool whole)
{
	SetCall *call = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(SetCall));
	ClrFrame *frame = of_query != NULL ? of_query : clr_frame_current();
	Node *expression = fcinfo->flinfo->fn_expr;

	if (expression == NULL || !IsA(expression, FuncExpr) ||
		!read_set(((FuncExpr *) expression)->args, &call->set))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("%s belongs to plans of protected tables",
							   get_func_name(fcinfo->flinfo->fn_oid)),
						errhint("clearance.can_row() tells what the actor may do to a row.")));
	call->is_of_query = of_query != NULL;
	call->frame_serial = frame->serial;
	call->judge = clr_frame_judge(frame);
	call->binding = clr_judge_binding(call->judge, call->set.binding);
	if (clr_frame_maintains(frame, call->binding->relid))
		clr_class_refuse_plan(call->binding->relation_name); /* it is of no class */
	clr_class_check(call->judge, call->binding, call->set.verb, call->set.class);
	call->type = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, 0));
	call->key_class = clr_key_class(call->type);
	if (call->set.kind >= CLR_SET_UPS && !whole)
		look_up(call);
	else if (whole || !is_of_many(call->judge, &call->set))
		call->keys = keys_of(call->judge, call->binding, &call->set, call->key_class);
	if (call->set.kind == CLR_SET_PROJECTS)
		call->bits = clr_shape_of(call->judge, call->binding, call->set.verb)->bits;
	return call;
}

/* Which set the planner's call with these arguments is about; false for other calls. */
static bool
read_set(const List *args, ClrSet *set)
{
	int given[CLR_SET_ARGS];

	for (int i = 0; i < CLR_SET_ARGS; i++)
	{
		Const *arg = list_nth(args, i + 1);

		if (!IsA(arg, Const) || arg->consttypmod != MADE_BY_PLANNER)
			return false;
		given[i] = DatumGetInt32(arg->constvalue);
	}
	set->binding = given[0];
	set->verb = given[1];
	set->kind = given[2];
	set->class = given[3];
	return true;
}

static ClrKeyTable *
keys_of(ClrJudge *judge, ClrBinding *binding, const ClrSet *set, ClrKeyClass key_class)
{
	if (set->kind == CLR_SET_PROJECTS)
		return clr_shape_of(judge, binding, set->verb)->open;
	if (set->kind < CLR_SET_LINKED)
		return clr_named_keys(judge, people_of(set), key_class);
	if (set->kind < CLR_SET_UPS)
		return clr_row_linked(judge, binding, relation_of(binding, set), people_of(set));
	return clr_parent_keys(
		clr_parent_rows(judge, clr_judge_binding(judge, up_of(binding, set)->binding), NULL));
}

/* Whom a set is about, that is of people or of what is linked to them. */
static ClrPeople
people_of(const ClrSet *set)
{
	return set->kind < CLR_SET_LINKED ? set->kind - CLR_SET_ME : set->kind / CLR_SET_LINKED - 1;
}

static ClrRelation *
relation_of(const ClrBinding *binding, const ClrSet *set)
{
	return list_nth(binding->relations, set->kind % CLR_SET_LINKED);
}

/* Whether a set is about more people than are kept; it may be read all the same. */
static bool
is_of_many(ClrJudge *judge, const ClrSet *set)
{
	return set->kind >= CLR_SET_ME && set->kind < CLR_SET_UPS &&
		   !clr_people_are_few(judge->scope, people_of(set));
}

/* What a set of visible rows is about. */
static const ClrUp *
up_of(const ClrBinding *binding, const ClrSet *set)
{
	return list_nth(binding->ups, set->kind % CLR_SET_LINKED);
}

/* Whether the running statement creates the project. */
static bool
is_created_here(const SetCall *call, const ClrKey *key)
{
	ClrProject *project;

	project = clr_created_find(call->judge, call->binding, key);
	return project != NULL && fits_plan(call, project);
}

/* Whether a project that the statement creates is open. Its class must be the plan's, too. */
static bool
fits_plan(const SetCall *call, ClrProject *project)
{
	ClrClass class = clr_shape_class(call->judge, call->binding, call->set.verb, project);

	if (class != CLR_CLASS_NONE && call->set.class != CLR_CLASS_OTHER && class != call->set.class)
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE), clr_count(CLR_ERROR_STALE_PLAN),
						errmsg("the query on %s was planned without the project that it creates",
							   call->binding->relation_name),
						errhint("Create the project in a statement of its own.")));
	return class != CLR_CLASS_NONE;
}

/*
 * set_keys(element anyelement, binding, verb, kind, class) returns anyarray:
 * the set as an array of the element's type; the element itself says nothing.
 */
Datum
clearance_set_keys(PG_FUNCTION_ARGS)
{
	SetCall *call = set_call(fcinfo, true);

	PG_RETURN_DATUM(clr_keytab_array(call->keys, call->type));
}

/* ---------- at plan time ---------- */

/*
 * An expression that tests whether a value is in a set.
 */
Expr *
clr_set_test(Expr *value, const ClrBinding *binding, ClrVerb verb, int kind, int class)
{
	int given[CLR_SET_ARGS] = { binding->id, verb, kind, class };
	List *args = list_make1(value);

	for (int i = 0; i < CLR_SET_ARGS; i++)
		args = lappend(args, makeConst(INT4OID, MADE_BY_PLANNER, InvalidOid, sizeof(int32),
									   Int32GetDatum(given[i]), false, true));
	return (Expr *) makeFuncExpr(clr_plans_call(CLR_IN_SET), BOOLOID, args, InvalidOid, InvalidOid,
								 COERCE_EXPLICIT_CALL);
}

/* Whether an expression is a call of in_set() or set_keys() that the planner made. */
bool
clr_set_is_test(const Node *node)
{
	const FuncExpr *call = (const FuncExpr *) node;
	ClrSet set;

	return IsA(node, FuncExpr) && list_length(call->args) == CLR_SET_ARGS + 1 &&
		   read_set(call->args, &set);
}

/* Whether it is one of open projects. */
bool
clr_set_is_of_projects(const Node *node)
{
	ClrSet set;

	return clr_set_is_test(node) && read_set(((const FuncExpr *) node)->args, &set) &&
		   set.kind == CLR_SET_PROJECTS;
}

/* Whether a set of open projects holds a value, at a query's start. */
bool
clr_set_holds(ClrJudge *judge, const FuncExpr *test, Oid type, Datum value)
{
	Oid base = getBaseType(type);
	ClrKey key;
	ClrSet set;

	if (!read_set(test->args, &set) || set.kind != CLR_SET_PROJECTS)
		return false;
	clr_key_from_datum(value, clr_key_class(base), base, &key);
	return clr_shape_opens_key(clr_shape_of(judge, clr_judge_binding(judge, set.binding), set.verb),
							   &key);
}

/* Whether the keys of the set can be listed for the actor of the moment, who does not stay in the plan. */
bool
clr_set_is_listed(const FuncExpr *test)
{
	ClrSet set;

	return read_set(test->args, &set) && !is_of_many(clr_frame_judge(clr_frame_current()), &set);
}

/*
 * What a call of set_keys() is for the actor of the moment, as a constant, for
 * estimates; NULL for sets that would have to be read first.
 */
Expr *
clr_set_keys_now(const FuncExpr *call)
{
	Oid type;
	ClrSet set;

	if (!read_set(call->args, &set) || set.kind >= CLR_SET_UPS)
		return NULL;
	type = exprType(linitial(call->args));
	return (Expr *) makeConst(call->funcresulttype, -1, InvalidOid, -1,
							  clr_keytab_array(keys_now(&set, type), type), false, false);
}

/* The keys that the set holds for the actor of the moment; for estimates. */
static ClrKeyTable *
keys_now(const ClrSet *set, Oid type)
{
	ClrJudge *judge = clr_frame_judge(clr_frame_current());

	return keys_of(judge, clr_judge_binding(judge, set->binding), set, clr_key_class(type));
}

/* The table that a set of visible rows is about, for the actor of the moment. */
static ClrBinding *
binding_above(ClrJudge *judge, const ClrSet *set)
{
	return clr_judge_binding(judge, up_of(clr_judge_binding(judge, set->binding), set)->binding);
}

/* The test of a set of visible rows that a condition consists of, or NULL. */
FuncExpr *
clr_set_ups_test(Node *node)
{
	ClrSet set;

	/* see clr_rowtest_ups() */
	if (is_orclause(node) && list_length(((BoolExpr *) node)->args) == 2)
		node = lsecond(((BoolExpr *) node)->args);
	if (!clr_set_is_test(node) || !read_set(((FuncExpr *) node)->args, &set) ||
		set.kind < CLR_SET_UPS)
		return NULL;
	return (FuncExpr *) node;
}

/*
 * How many keys a set of visible rows probably has, and what it costs to find
 * them all. False for other sets, which are known.
 */
bool
clr_set_ups_cost(const FuncExpr *test, double *keys, Cost *cost)
{
	ClrJudge *judge = clr_frame_judge(clr_frame_current());
	ClrLookupCost all;
	ClrBinding *above;
	ClrSet set;

	if (!read_set(test->args, &set) || set.kind < CLR_SET_UPS)
		return false;
	above = binding_above(judge, &set);
	all = clr_lookup_cost(judge, above);
	*keys = Min(clr_lookup_rows(judge, above) * clr_shape_part_seen(judge, above), all.rows);
	*cost = all.cost * OPERATORS_A_ROW * cpu_operator_cost;
	return true;
}

/* So many rows will be tested: if all of the set is cheaper than one by one, say so. */
void
clr_set_expect(PlannerInfo *root, FuncExpr *test, double rows)
{
	ClrJudge *judge = clr_frame_judge(clr_frame_current());
	Const *kind = list_nth(test->args, 3);
	ClrSet set;

	if (!read_set(test->args, &set) || set.kind >= CLR_SET_MANY_UPS || rows <= CLR_FEW_KEYS)
		return;
	if (distinct_in(root, linitial(test->args), rows) *
			clr_lookup_cost_of_key(judge, binding_above(judge, &set)) >
		clr_lookup_cost(judge, binding_above(judge, &set)).cost)
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

/* The set that in_set() tests, as an array. */
FuncExpr *
clr_set_keys_call(const FuncExpr *test, Oid type, Oid collation)
{
	List *args = list_make1(makeNullConst(type, -1, collation));

	for (int i = 1; i <= CLR_SET_ARGS; i++)
		args = lappend(args, copyObject(list_nth(test->args, i)));
	return makeFuncExpr(clr_plans_call(CLR_SET_KEYS), get_array_type(type), args, collation,
						InvalidOid, COERCE_EXPLICIT_CALL);
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
	ClrBinding *above = binding_above(judge, set);
	ClrBinding *binding = clr_judge_binding(judge, set->binding);

	if (binding->project_slot != CLR_NO_SLOT && !up_of(binding, set)->elsewhere)
		return clr_shape_part_seen_of_open(judge, above);
	return clr_shape_part_seen(judge, above);
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

	if (!IsA(column, Var) || !read_set(args, &set) || set.kind >= CLR_SET_UPS ||
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

	if (!read_set(request->args, &set) || is_of_many(judge, &set))
		return false;
	if (set.kind >= CLR_SET_UPS)
		request->selectivity = part_below_visible(judge, &set);
	else
	{
		keys = keys_now(&set, exprType(value));
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
