/*
 * simplify.c
 *		Policies as the planner likes them.
 *
 * The policy of a table is one call with all bound columns, which tells the
 * planner nothing. Its support function replaces it, at plan time, by
 *
 *		in_set(project) AND permitted(...)
 *
 * the projects that are open to the actor, which an index can find, and the
 * same call again for each row. Where all the projects of the actor of the
 * moment are of one class (shape.h), the second half becomes a test that the
 * planner knows: nothing, a shared row, a related row. For who sees the whole
 * table (whole.c) nothing is tested at all.
 *
 * A row without a project, where it need not have one, passes those tests, and is
 * judged by the same call: so an index finds the rows of the open projects and
 * those without, and only these cost a call.
 *
 * No actor and no project is in a plan. What is in it is the class; for others it
 * is replaced when it starts (replace.c), and in_set() refuses to run. A lookup by
 * primary key keeps the whole call: it is as fast, and its plan is good for every
 * actor.
 */
#include "plan/simplify.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/syscache.h"

#include "actor/maintenance.h"
#include "frame/frame.h"
#include "guard/calls.h"
#include "guard/seal.h"
#include "plan/account.h"
#include "plan/class.h"
#include "plan/estimate.h"
#include "plan/rowtest.h"
#include "plan/set.h"
#include "plan/set_estimate.h"
#include "plan/whole.h"
#include "rule/binding.h"
#include "rule/shape.h"
#include "store/plans.h"

PG_FUNCTION_INFO_V1(clearance_policy_support);

static bool simplify = true;

static void assign_simplify(bool newval, void *extra);
static void refuse_foreign_rows(PlannerInfo *root, FuncExpr *call);
static Node *simplify_policy(PlannerInfo *root, FuncExpr *call);
static List *columns_of(const FuncExpr *call);
static ClrBinding *asked_about(const FuncExpr *call, ClrFrame **frame, ClrVerb *verb);
static bool names_key(PlannerInfo *root, const ClrBinding *binding, const FuncExpr *call);
static Node *
test_whole(PlannerInfo *root, FuncExpr *call, ClrFrame *frame, ClrBinding *binding, ClrVerb verb);
static Node *replace(PlannerInfo *root, FuncExpr *call, ClrFrame *frame, ClrBinding *binding,
					 ClrVerb verb, bool by_account);
static bool is_by_sets(PlannerInfo *root, const ClrBinding *binding, List *columns);
static bool say_class(const ClrBinding *binding, ClrVerb verb, List *columns, ClrClass class,
					  bool below, List **tests);
static Expr *in_projects(const ClrBinding *binding, ClrVerb verb, List *columns, ClrClass class);
static Expr *project_or(const ClrBinding *binding, List *columns, Expr *test);
static bool
is_only_read(PlannerInfo *root, const ClrBinding *binding, FuncExpr *call, const ClrFrame *frame);
static Index relation_of(const FuncExpr *call);
static bool is_of_table(PlannerInfo *root, const ClrBinding *binding, Index relation);
static bool contains(Node *node, void *part);
static bool is_nullable(Node *node, Index relation, bool below_outer);
static Expr *permitted_call(Const *id, ClrVerb verb, List *columns);
static bool are_its_columns(const ClrBinding *binding, const FuncExpr *call);
static bool is_domain(const Var *column);
static bool verb_of(Oid function, ClrVerb *verb);
static bool is_lookup(PlannerInfo *root, const Var *key);
static bool gives(const List *quals, const Var *key);
static void forget_labels(Datum arg, int cache, uint32 hash);

void
clr_simplify_init(void)
{
	DefineCustomBoolVariable(
		"clearance.simplify",
		"Whether plans test what policies ask by means that the planner knows.",
		"Off, each row is judged by itself: slower, with the same result.", &simplify, true,
		PGC_SUSET, 0, NULL, assign_simplify, NULL);
	CacheRegisterSyscacheCallback(ENUMOID, forget_labels, (Datum) 0);
}

/* Whether plans may be for a class of rights. Who maintains its tables is of none. */
bool
clr_simplify_is_on(void)
{
	return simplify && !clr_maintenance_is_on();
}

/* Plans hold labels of enums as what they were called then. */
static void
forget_labels(Datum arg, int cache, uint32 hash)
{
	clr_plans_forget();
}

/* Cached plans were made with the other value. */
static void
assign_simplify(bool newval, void *extra)
{
	if (newval != simplify)
		ResetPlanCache();
}

/*
 * policy_support(internal): planner support of visible(), editable(),
 * deletable() and permitted().
 */
Datum
clearance_policy_support(PG_FUNCTION_ARGS)
{
	Node *node = (Node *) PG_GETARG_POINTER(0);
	SupportRequestSimplify *request = (SupportRequestSimplify *) node;

	if (IsA(node, SupportRequestSelectivity) && clr_maintenance_is_on())
	{
		((SupportRequestSelectivity *) node)->selectivity = 1;
		PG_RETURN_POINTER(node);
	}
	if (IsA(node, SupportRequestSelectivity))
		PG_RETURN_POINTER(clr_estimate((SupportRequestSelectivity *) node) ? node : NULL);
	if (!IsA(node, SupportRequestSimplify) || request->root == NULL)
		PG_RETURN_POINTER(NULL);
	PG_RETURN_POINTER(clr_simplify_policy(request->root, request->fcall));
}

/* The expression in place of a call of the rule, or NULL: the call stays. */
Node *
clr_simplify_policy(PlannerInfo *root, FuncExpr *call)
{
	refuse_foreign_rows(root, call);
	return clr_simplify_is_on() ? simplify_policy(root, call) : NULL;
}

/*
 * A call about rows of a table is about the table's own declaration. The row
 * security hook sees to that (seal.c), but not in the statement that loads the
 * library.
 */
static void
refuse_foreign_rows(PlannerInfo *root, FuncExpr *call)
{
	Const *id = list_nth(call->args, 0);
	int checked = 0;
	ListCell *lc;

	if (!IsA(id, Const) || id->constisnull)
		return;
	foreach(lc, call->args)
	{
		Var *column = lfirst(lc);
		RangeTblEntry *entry;

		if (!IsA(column, Var) || column->varlevelsup != 0 || IS_SPECIAL_VARNO(column->varno) ||
			column->varno == checked)
			continue;
		checked = column->varno;
		entry = planner_rt_fetch(checked, root);
		if (entry->rtekind == RTE_RELATION &&
			clr_binding_of_relation(entry->relid) != DatumGetInt32(id->constvalue))
			clr_seal_refuse_table(entry->relid);
	}
}

static Node *
simplify_policy(PlannerInfo *root, FuncExpr *call)
{
	ClrFrame *frame;
	ClrBinding *binding;
	ClrVerb verb;
	Node *test;
	Expr *account;
	bool is_by_key;

	binding = asked_about(call, &frame, &verb);
	if (binding == NULL)
		return NULL;
	is_by_key = names_key(root, binding, call);
	if (is_by_key && !clr_account_prunes(root, binding, columns_of(call)))
		return NULL;
	test = is_by_key ? NULL : test_whole(root, call, frame, binding, verb);
	if (test != NULL)
		return test;
	account = clr_account_test(root, binding, columns_of(call), false);
	test = is_by_key ? NULL : replace(root, call, frame, binding, verb, account != NULL);
	if (account == NULL)
		return test;
	if (test == NULL)
		test = (Node *) permitted_call(linitial(call->args), verb, columns_of(call));
	return (Node *) makeBoolExpr(AND_EXPR, list_make2(account, test), -1);
}

/* The columns that a policy passes. */
static List *
columns_of(const FuncExpr *call)
{
	return list_copy_tail(call->args, 1);
}

/* What a call asks about, and of which rows: NULL if it is not as policies make them. */
static ClrBinding *
asked_about(const FuncExpr *call, ClrFrame **frame, ClrVerb *verb)
{
	Const *id = linitial(call->args);
	ClrBinding *binding;

	if (!IsA(id, Const) || id->constisnull || call->funcvariadic || !verb_of(call->funcid, verb))
		return NULL;
	*frame = clr_frame_current();
	binding = clr_judge_binding(clr_frame_judge(*frame), DatumGetInt32(id->constvalue));
	return are_its_columns(binding, call) ? binding : NULL;
}

/* Whether the query names the key of the row. */
static bool
names_key(PlannerInfo *root, const ClrBinding *binding, const FuncExpr *call)
{
	return binding->key_slot != CLR_NO_SLOT &&
		   is_lookup(root, list_nth(call->args, 1 + binding->key_slot));
}

/* Where every row of the account is open: that alone is tested, or nothing. Else NULL. */
static Node *
test_whole(PlannerInfo *root, FuncExpr *call, ClrFrame *frame, ClrBinding *binding, ClrVerb verb)
{
	ClrJudge *judge = clr_frame_judge(frame);
	List *columns = columns_of(call);
	Expr *account = NULL;

	if (verb != CLR_VIEW ||
		!(clr_binding_is_of_account(binding) || is_by_sets(root, binding, columns)) ||
		!clr_whole_is_likely(judge, binding) || !is_only_read(root, binding, call, frame))
		return NULL;
	if (binding->account_slot != CLR_NO_SLOT)
	{
		account = clr_account_test(root, binding, columns, true);
		if (account == NULL)
			return NULL;
	}
	if (!clr_class_mark(judge, binding, verb, CLR_CLASS_WHOLE))
		return NULL;
	return account != NULL ? (Node *) account : makeBoolConst(true, false);
}

/* The same, of rows of the account if that is tested beside. */
static Node *
replace(PlannerInfo *root, FuncExpr *call, ClrFrame *frame, ClrBinding *binding, ClrVerb verb,
		bool by_account)
{
	Const *id = linitial(call->args);
	List *columns = columns_of(call);
	ClrJudge *judge = clr_frame_judge(frame);
	ClrClass class;
	List *tests = NIL;
	bool below;

	if (!is_by_sets(root, binding, columns))
		return NULL;
	class = by_account || !clr_binding_has_account(binding) ?
				clr_shape_only_class(clr_shape_of(judge, binding, verb)) :
				CLR_CLASS_OTHER;
	below = class == CLR_CLASS_ALL && is_only_read(root, binding, call, frame) &&
			clr_whole_is_below_likely(judge, binding) &&
			clr_class_mark(judge, binding, verb, CLR_CLASS_BELOW);
	if (class == CLR_CLASS_OTHER || !say_class(binding, verb, columns, class, below, &tests) ||
		!clr_class_mark(judge, binding, verb, class))
	{
		class = CLR_CLASS_OTHER;
		(void) clr_class_mark(judge, binding, verb, class);
		tests = list_make1(permitted_call(id, verb, columns));
		if (binding->project_slot == CLR_NO_SLOT)
			tests = list_concat(clr_rowtest_ups(binding, verb, columns, class), tests);
	}
	else if (binding->project_optional)
		tests = lappend(tests, project_or(binding, columns, permitted_call(id, verb, columns)));
	if (binding->project_slot != CLR_NO_SLOT)
		tests = lcons(in_projects(binding, verb, columns, class), tests);
	return (Node *) make_ands_explicit(tests);
}

/* Whether a row is in an open project, or has none where it need not have one. */
static Expr *
in_projects(const ClrBinding *binding, ClrVerb verb, List *columns, ClrClass class)
{
	Expr *project = list_nth(columns, binding->project_slot);
	Expr *test = clr_set_test(project, binding, verb, CLR_SET_PROJECTS, class);

	return binding->project_optional ? clr_rowtest_or_null(project, test) : test;
}

/* Rows without a project are of no class: the rule judges each. */
static Expr *
project_or(const ClrBinding *binding, List *columns, Expr *test)
{
	Expr *project = clr_rowtest_null(list_nth(columns, binding->project_slot), IS_NOT_NULL);

	return makeBoolExpr(OR_EXPR, list_make2(project, test), -1);
}

/*
 * Whether rows are found by their project or, if they have none, by what they
 * belong to. Not where the query names that: one row needs no set.
 */
static bool
is_by_sets(PlannerInfo *root, const ClrBinding *binding, List *columns)
{
	ListCell *lc;

	if (binding->project_slot != CLR_NO_SLOT)
		return !is_domain(list_nth(columns, binding->project_slot));
	foreach(lc, binding->ups)
		if (is_lookup(root, list_nth(columns, ((ClrUp *) lfirst(lc))->slot)))
			return false;
	return binding->ups != NIL;
}

/*
 * What rows of a class must satisfy, beside their project, and what they belong to if
 * that says so (below); false if it cannot be said.
 */
static bool
say_class(const ClrBinding *binding, ClrVerb verb, List *columns, ClrClass class, bool below,
		  List **tests)
{
	Expr *test;

	*tests = below ? NIL : clr_rowtest_ups(binding, verb, columns, class);
	if (class == CLR_CLASS_ALL)
		return true;
	test = clr_rowtest(binding, verb, columns, class);
	if (test != NULL && binding->project_optional)
		test = clr_rowtest_or_null(list_nth(columns, binding->project_slot), test);
	*tests = lappend(*tests, test);
	return test != NULL;
}

/*
 * Whether the call is of the policy for reading, and rows are but read. Rows
 * that are written or locked may come in a newer version than the snapshot
 * sees (EvalPlanQual(), execMain.c), which may be in a project newer than all
 * that is known. And a query that writes the same call itself may ask about
 * rows of nulls, which joins and grouping sets make; one of ours does not.
 */
static bool
is_only_read(PlannerInfo *root, const ClrBinding *binding, FuncExpr *call, const ClrFrame *frame)
{
	Index relation = relation_of(call);
	RangeTblEntry *entry = planner_rt_fetch(relation, root);
	ListCell *lc;

	if (!is_of_table(root, binding, relation) || relation == (Index) root->parse->resultRelation ||
		root->parse->groupingSets != NIL ||
		is_nullable((Node *) root->parse->jointree, relation, false) ||
		(!contains((Node *) entry->securityQuals, call) &&
		 clr_actor_is_nobody(&frame->identity.about)))
		return false;
	foreach(lc, root->parse->rowMarks)
		if (lfirst_node(RowMarkClause, lc)->rti == relation)
			return false;
	return clr_calls_of((Node *) call) == CLR_CALL_VISIBLE;
}

/* The one whose columns a call has: are_its_columns() found that it has some, and nulls. */
static Index
relation_of(const FuncExpr *call)
{
	ListCell *lc;

	foreach(lc, call->args)
		if (IsA(lfirst(lc), Var))
			return lfirst_node(Var, lc)->varno;
	elog(ERROR, "a policy has no columns");
}

/* Whether it is a table that the binding is of. */
static bool
is_of_table(PlannerInfo *root, const ClrBinding *binding, Index relation)
{
	const RangeTblEntry *entry = planner_rt_fetch(relation, root);

	return entry->rtekind == RTE_RELATION && clr_binding_of_relation(entry->relid) == binding->id;
}

static bool
contains(Node *node, void *part)
{
	return node != NULL && (equal(node, part) || expression_tree_walker(node, contains, part));
}

/* Whether an outer join may put nulls in place of a relation's rows. */
static bool
is_nullable(Node *node, Index relation, bool below_outer)
{
	ListCell *lc;

	if (IsA(node, RangeTblRef))
		return below_outer && (Index) ((RangeTblRef *) node)->rtindex == relation;
	if (IsA(node, JoinExpr))
	{
		JoinExpr *join = (JoinExpr *) node;
		bool left = join->jointype == JOIN_RIGHT || join->jointype == JOIN_FULL;
		bool right = join->jointype == JOIN_LEFT || join->jointype == JOIN_FULL;

		return is_nullable(join->larg, relation, below_outer || left) ||
			   is_nullable(join->rarg, relation, below_outer || right);
	}
	foreach(lc, castNode(FromExpr, node)->fromlist)
		if (is_nullable(lfirst(lc), relation, below_outer))
			return true;
	return false;
}

static Expr *
permitted_call(Const *id, ClrVerb verb, List *columns)
{
	static const Oid argtypes[] = { INT4OID, INT4OID, ANYOID };
	Oid function = LookupFuncName(list_make2(makeString("clearance"), makeString("permitted")), 3,
								  argtypes, false);
	Const *which =
		makeConst(INT4OID, -1, InvalidOid, sizeof(int32), Int32GetDatum(verb), false, true);

	return (Expr *) makeFuncExpr(function, BOOLOID, list_concat(list_make2(id, which), columns),
								 InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
}

/*
 * Whether these are columns of one row as the binding has them; anybody may write a
 * call. What the rule does not go by may be a null, as what_can() writes it.
 */
static bool
are_its_columns(const ClrBinding *binding, const FuncExpr *call)
{
	ListCell *lc;

	if (list_length(call->args) != 1 + binding->ncolumns)
		return false;
	for_each_from(lc, call->args, 1)
	{
		Var *column = lfirst(lc);
		int slot = foreach_current_index(lc) - 1;

		if (IsA(column, Const) && ((Const *) column)->constisnull &&
			!clr_binding_decides(binding, slot))
			continue;
		if (!IsA(column, Var) || column->varlevelsup != 0 ||
			!clr_binding_has_type(binding, slot, exprType((Node *) column)))
			return false;
	}
	return true;
}

/* Keys of domains are compared as their base type's, which an index condition would not do. */
static bool
is_domain(const Var *column)
{
	return getBaseType(column->vartype) != column->vartype;
}

static bool
verb_of(Oid function, ClrVerb *verb)
{
	switch (clr_calls_function(function))
	{
		case CLR_CALL_VISIBLE:
			*verb = CLR_VIEW;
			return true;
		case CLR_CALL_EDITABLE:
			*verb = CLR_EDIT;
			return true;
		case CLR_CALL_DELETABLE:
			*verb = CLR_DELETE;
			return true;
		default:
			return false;
	}
}

/*
 * Whether the query gives a key: a quick call for one row, whose plan is good
 * for every actor. (The query's own conditions are preprocessed before
 * those of row security, see subquery_planner() in planner.c.)
 */
static bool
is_lookup(PlannerInfo *root, const Var *key)
{
	Node *quals = root->parse->jointree->quals;

	return quals != NULL && IsA(quals, List) && gives(castNode(List, quals), key);
}

static bool
gives(const List *quals, const Var *key)
{
	ListCell *lc;

	foreach(lc, quals)
	{
		OpExpr *clause = lfirst(lc);

		if (clr_set_given_value(clause, key) != NULL &&
			op_mergejoinable(clause->opno, exprType(linitial(clause->args))))
			return true;
	}
	return false;
}

/*
 * Whether a query that is yet to be planned is such a lookup in its only table. In
 * doubt it is not, and where partitions may be left out by the account (account.c).
 */
bool
clr_simplify_is_lookup(const Query *query)
{
	const RangeTblEntry *entry = query->rtable == NIL ? NULL : linitial(query->rtable);
	List *quals;
	ListCell *lc;

	if (list_length(query->rtable) != 1 || entry->securityQuals == NIL || query->hasSubLinks ||
		entry->relkind == RELKIND_PARTITIONED_TABLE || query->jointree->quals == NULL)
		return false;
	quals = make_ands_implicit((Expr *) query->jointree->quals);
	foreach(lc, entry->securityQuals)
	{
		const FuncExpr *call = lfirst(lc);
		const ClrBinding *binding;
		ClrVerb verb;

		if (!IsA(call, FuncExpr) || !verb_of(call->funcid, &verb) ||
			!IsA(linitial(call->args), Const))
			return false;
		binding = clr_judge_binding(clr_frame_judge(clr_frame_current()),
									DatumGetInt32(linitial_node(Const, call->args)->constvalue));
		if (binding->key_slot == CLR_NO_SLOT ||
			!gives(quals, list_nth(call->args, 1 + binding->key_slot)))
			return false;
	}
	return true;
}
