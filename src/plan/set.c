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

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "frame/frame.h"
#include "plan/class.h"
#include "rule/created.h"
#include "rule/named.h"
#include "rule/parent.h"
#include "rule/row.h"
#include "scope/people.h"
#include "store/counters.h"
#include "store/plans.h"

/* Typmod of the binding's id where the planner made the call. */
#define MADE_BY_PLANNER (-2)

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

PG_FUNCTION_INFO_V1(clearance_in_set);
PG_FUNCTION_INFO_V1(clearance_set_keys);

static SetCall *set_call(FunctionCallInfo fcinfo, bool whole);
static SetCall *new_call(FunctionCallInfo fcinfo, ClrFrame *of_query, bool whole);
static void look_up(SetCall *call);
static bool is_below_visible(SetCall *call, const ClrKey *key);
static ClrKeyTable *
keys_of(ClrJudge *judge, ClrBinding *binding, const ClrSet *set, ClrKeyClass key_class);
static bool is_created_here(const SetCall *call, const ClrKey *key);
static bool fits_plan(const SetCall *call, ClrProject *project);
static bool is_found(SetCall *call, const ClrKey *key);
static ClrPeople people_of(const ClrSet *set);
static ClrRelation *relation_of(const ClrBinding *binding, const ClrSet *set);

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
	const ClrUp *up = clr_set_up(call->binding, &call->set);

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
		!clr_set_read(((FuncExpr *) expression)->args, &call->set))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("%s belongs to plans of protected tables",
							   get_func_name(fcinfo->flinfo->fn_oid)),
						errhint("clearance.can_row() tells what the actor may do to a row.")));
	call->is_of_query = of_query != NULL;
	call->frame_serial = frame->serial;
	call->judge = clr_frame_judge(frame);
	call->binding = clr_judge_binding(call->judge, call->set.binding);
	if (clr_frame_maintains(frame, call->binding->relid))
		clr_class_refuse_plan(clr_binding_name(call->binding)); /* it is of no class */
	clr_class_check(call->judge, call->binding, call->set.verb, call->set.class);
	call->type = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, 0));
	call->key_class = clr_key_class(call->type);
	if (call->set.kind >= CLR_SET_UPS && !whole)
		look_up(call);
	else if (whole || !clr_set_is_of_many(call->judge, &call->set))
		call->keys = keys_of(call->judge, call->binding, &call->set, call->key_class);
	if (call->set.kind == CLR_SET_PROJECTS)
		call->bits = clr_shape_of(call->judge, call->binding, call->set.verb)->bits;
	return call;
}

/* Which set the planner's call with these arguments is about; false for other calls. */
bool
clr_set_read(const List *args, ClrSet *set)
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
		clr_parent_rows(judge, clr_judge_binding(judge, clr_set_up(binding, set)->binding), NULL));
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
bool
clr_set_is_of_many(ClrJudge *judge, const ClrSet *set)
{
	return set->kind >= CLR_SET_ME && set->kind < CLR_SET_UPS &&
		   !clr_people_are_few(judge->scope, people_of(set));
}

/* What a set of visible rows is about. */
const ClrUp *
clr_set_up(const ClrBinding *binding, const ClrSet *set)
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
							   clr_binding_name(call->binding)),
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
		   clr_set_read(call->args, &set);
}

/* Whether it is one of open projects. */
bool
clr_set_is_of_projects(const Node *node)
{
	ClrSet set;

	return clr_set_is_test(node) && clr_set_read(((const FuncExpr *) node)->args, &set) &&
		   set.kind == CLR_SET_PROJECTS;
}

/* Whether a set of open projects holds a value, at a query's start. */
bool
clr_set_holds(ClrJudge *judge, const FuncExpr *test, Oid type, Datum value)
{
	Oid base = getBaseType(type);
	ClrKey key;
	ClrSet set;

	if (!clr_set_read(test->args, &set) || set.kind != CLR_SET_PROJECTS)
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

	return clr_set_read(test->args, &set) &&
		   !clr_set_is_of_many(clr_frame_judge(clr_frame_current()), &set);
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

	if (!clr_set_read(call->args, &set) || set.kind >= CLR_SET_UPS)
		return NULL;
	type = exprType(linitial(call->args));
	return (Expr *) makeConst(call->funcresulttype, -1, InvalidOid, -1,
							  clr_keytab_array(clr_set_keys(&set, type), type), false, false);
}

/* The keys that the set holds for the actor of the moment; for estimates. */
ClrKeyTable *
clr_set_keys(const ClrSet *set, Oid type)
{
	ClrJudge *judge = clr_frame_judge(clr_frame_current());

	return keys_of(judge, clr_judge_binding(judge, set->binding), set, clr_key_class(type));
}

/* The table that a set of visible rows is about, for the actor of the moment. */
ClrBinding *
clr_set_above(ClrJudge *judge, const ClrSet *set)
{
	return clr_judge_binding(judge,
							 clr_set_up(clr_judge_binding(judge, set->binding), set)->binding);
}

/* The test of a set of visible rows that a condition consists of, or NULL. */
FuncExpr *
clr_set_ups_test(Node *node)
{
	ClrSet set;

	/* see clr_rowtest_ups() */
	if (is_orclause(node) && list_length(((BoolExpr *) node)->args) == 2)
		node = lsecond(((BoolExpr *) node)->args);
	if (!clr_set_is_test(node) || !clr_set_read(((FuncExpr *) node)->args, &set) ||
		set.kind < CLR_SET_UPS)
		return NULL;
	return (FuncExpr *) node;
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
