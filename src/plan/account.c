/*
 * account.c
 *		The account of rows, as plans test it.
 *
 * Where rows have an account column, plans test column = own_account(...). The
 * rule asks for no less (account_fits(), rule.c), so this hides nothing more, and
 * the classes of rows take it for granted (shape.c). Indexes that begin with the
 * account serve by it, and the server sees, when a query starts, which partitions
 * can have rows. The function is STABLE: no account is in a plan.
 *
 * Rows that need no project may have no account either, which the rule makes
 * something of: the test says so, and serves partitions alone; unless all that the
 * account has is open (whole.c).
 */
#include "plan/account.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "frame/frame.h"
#include "guard/secrecy.h"
#include "plan/class.h"
#include "plan/rowtest.h"
#include "store/plans.h"

/* The key of an account that the plan names, in the place for its location; the parser gives none such. */
#define KNOWN_ACCOUNT (-3)

/* No account has fewer of a table's rows. */
#define SMALLEST_PART 1e-9

/* What own_account() remembers for a query. */
typedef struct AccountCall
{
	bool is_null;
	Datum value;
} AccountCall;

PG_FUNCTION_INFO_V1(clearance_own_account);

static void read_account(FunctionCallInfo fcinfo, ClrFrame *frame, AccountCall *call);
static Expr *known_account(const ClrBinding *binding, const Var *column);
static bool key_of(const ClrScope *scope, Oid type, Datum *value);
static bool is_comparable(const Var *column);
static bool is_test(const Node *clause);
static Selectivity find_part(PlannerInfo *root, RestrictInfo *test);
static bool is_partitioned_by(Oid relid, AttrNumber column);

/*
 * own_account(element anyelement) returns anyelement: the key of the actor's
 * account, as a value of the element's type; NULL for nobody, and if it cannot
 * be one.
 */
Datum
clearance_own_account(PG_FUNCTION_ARGS)
{
	AccountCall *known = fcinfo->flinfo->fn_extra;
	AccountCall now;

	if (known == NULL)
	{
		ClrFrame *of_query = clr_frame_of_call(fcinfo->flinfo);
		MemoryContext caller = CurrentMemoryContext;

		if (of_query != NULL)
			MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		read_account(fcinfo, of_query != NULL ? of_query : clr_frame_current(), &now);
		known = &now;
		if (of_query != NULL)
			fcinfo->flinfo->fn_extra = memcpy(palloc(sizeof(AccountCall)), &now, sizeof(now));
		MemoryContextSwitchTo(caller);
	}
	if (known->is_null)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(known->value);
}

static void
read_account(FunctionCallInfo fcinfo, ClrFrame *frame, AccountCall *call)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 0);
	ClrScope *scope = clr_frame_judge(frame)->scope;

	clr_secrecy_check_asked(frame);
	call->is_null = !key_of(scope, type, &call->value);
}

/*
 * Whether a row is of the actor's account, as far as the planner can use it; NULL
 * where it cannot. Or (named) whether it names that account.
 */
Expr *
clr_account_test(PlannerInfo *root, const ClrBinding *binding, const List *columns, bool named)
{
	Var *column;
	Expr *value;
	Expr *account;
	Oid type;

	if (binding->account_slot == CLR_NO_SLOT)
		return NULL;
	named |= clr_binding_has_account(binding);
	column = list_nth(columns, binding->account_slot);
	if (!is_comparable(column) || (!named && !clr_account_prunes(root, binding, columns)))
		return NULL;
	value = (Expr *) copyObject(column);
	account = clr_account_prunes(root, binding, columns) ? known_account(binding, column) : NULL;
	if (account == NULL)
		account =
			(Expr *) makeFuncExpr(clr_plans_call(CLR_OWN_ACCOUNT), column->vartype,
								  list_make1(makeNullConst(column->vartype, -1, column->varcollid)),
								  column->varcollid, InvalidOid, COERCE_EXPLICIT_CALL);
	type = column->vartype;
	if (type == VARCHAROID)
	{
		type = TEXTOID;
		value = (Expr *) makeRelabelType(value, type, -1, column->varcollid, COERCE_IMPLICIT_CAST);
		account =
			(Expr *) makeRelabelType(account, type, -1, column->varcollid, COERCE_IMPLICIT_CAST);
	}
	account = make_opclause(lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr, BOOLOID, false,
							value, account, InvalidOid, column->varcollid);
	/* of rows without a project, the rule decides what a NULL means */
	return named ? account : clr_rowtest_or_null((Expr *) column, account);
}

/* The key of the actor's account, if the plan may name it; else NULL. */
static Expr *
known_account(const ClrBinding *binding, const Var *column)
{
	const ClrJudge *judge = clr_frame_judge(clr_frame_current());
	Oid type = column->vartype;
	int16 length;
	bool by_value;
	Datum value;
	Const *account;

	if (!key_of(judge->scope, type, &value) || !clr_class_mark_account(judge, binding))
		return NULL;
	get_typlenbyval(type, &length, &by_value);
	account = makeConst(type, -1, column->varcollid, length, datumCopy(value, by_value, length),
						false, by_value);
	account->location = KNOWN_ACCOUNT;
	return (Expr *) account;
}

static bool
key_of(const ClrScope *scope, Oid type, Datum *value)
{
	ClrKey key;

	return scope->account_key != NULL &&
		   clr_key_from_text(scope->account_key, clr_key_class(type), &key) &&
		   clr_key_to_datum(&key, type, value);
}

/*
 * Values are the same for the rule if they are for the type: not of domains,
 * whose indexes the condition would not fit, nor where a collation takes
 * different texts for equal.
 */
static bool
is_comparable(const Var *column)
{
	return IsA(column, Var) && clr_key_class(column->vartype) != CLR_KEY_NONE &&
		   getBaseType(column->vartype) == column->vartype &&
		   (!OidIsValid(column->varcollid) || get_collation_isdeterministic(column->varcollid));
}

/* Whether a condition is such a test. */
static bool
is_test(const Node *clause)
{
	const Node *account;

	if (!IsA(clause, OpExpr) || list_length(((const OpExpr *) clause)->args) != 2)
		return false;
	account = lsecond(((const OpExpr *) clause)->args);
	if (IsA(account, RelabelType))
		account = (const Node *) ((const RelabelType *) account)->arg;
	if (IsA(account, Const))
		return ((const Const *) account)->location == KNOWN_ACCOUNT;
	return IsA(account, FuncExpr) &&
		   ((const FuncExpr *) account)->funcid == clr_plans_function(CLR_OWN_ACCOUNT);
}

/* The condition of a relation that is such a test, or NULL. */
RestrictInfo *
clr_account_condition(const RelOptInfo *rel)
{
	ListCell *lc;

	foreach(lc, rel->baserestrictinfo)
		if (is_test((Node *) lfirst_node(RestrictInfo, lc)->clause))
			return lfirst(lc);
	return NULL;
}

/*
 * What part of a table's rows a test of the account leaves, found once for a query; not zero.
 */
Selectivity
clr_account_part(PlannerInfo *root, RestrictInfo *test)
{
	if (test->norm_selec < 0)
		test->norm_selec = find_part(root, test);
	return Max(test->norm_selec, SMALLEST_PART);
}

/* The planner would find the key by an executor of its own, whenever it asks. */
static Selectivity
find_part(PlannerInfo *root, RestrictInfo *test)
{
	OpExpr *known = copyObject((OpExpr *) test->clause);
	Oid type = exprType(lsecond(known->args));
	int16 length;
	bool by_value;
	Datum value;

	if (!key_of(clr_frame_judge(clr_frame_current())->scope, type, &value))
		return clause_selectivity(root, (Node *) test->clause, 0, JOIN_INNER, NULL);
	get_typlenbyval(type, &length, &by_value);
	lsecond(known->args) =
		makeConst(type, -1, exprCollation(lsecond(known->args)), length, value, false, by_value);
	return clause_selectivity(root, (Node *) known, 0, JOIN_INNER, NULL);
}

/*
 * All paths of a table are made, by what it holds. From here on the planner takes it for
 * what the account has of it: rows of two tables that belong together are of one account,
 * and it would take the tests of both for independent.
 */
void
clr_account_scale(PlannerInfo *root, RelOptInfo *rel)
{
	RestrictInfo *test = clr_account_condition(rel);

	if (test != NULL)
		rel->tuples = Max(rel->rows, rel->tuples * clr_account_part(root, test));
}

/* Whether an index finds the rows of an account. */
bool
clr_account_leads(const IndexOptInfo *index)
{
	RestrictInfo *condition = clr_account_condition(index->rel);
	Node *column = condition == NULL ? NULL : linitial(((OpExpr *) condition->clause)->args);

	if (column != NULL && IsA(column, RelabelType))
		column = (Node *) ((RelabelType *) column)->arg;
	return column != NULL && IsA(column, Var) && index->indexkeys[0] == ((Var *) column)->varattno;
}

/* Whether the table is partitioned by the account, so that the test leaves out partitions. */
bool
clr_account_prunes(PlannerInfo *root, const ClrBinding *binding, const List *columns)
{
	const Var *column;
	RangeTblEntry *entry;

	if (binding->account_slot == CLR_NO_SLOT)
		return false;
	column = list_nth(columns, binding->account_slot);
	if (!IsA(column, Var))
		return false;
	entry = planner_rt_fetch(column->varno, root);
	return entry->rtekind == RTE_RELATION && is_partitioned_by(entry->relid, column->varattno);
}

static bool
is_partitioned_by(Oid relid, AttrNumber column)
{
	Relation relation;
	bool is;

	if (get_rel_relkind(relid) != RELKIND_PARTITIONED_TABLE)
		return false;
	relation = table_open(relid, NoLock); /* the query has locked it */
	is = RelationGetPartitionKey(relation)->partattrs[0] == column;
	table_close(relation, NoLock);
	return is;
}
