/*
 * prune.c
 *		Partitions of other accounts, which need not be read.
 *
 * Where a table is partitioned by its account column, its plans also test
 * column = own_account(...). The rule asks for no less (account_fits(), rule.c),
 * so this hides nothing more; but the server sees by it, when a query starts,
 * which partitions can have rows. The function is STABLE: no account is in a
 * plan.
 */
#include "plan/prune.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/typcache.h"
#include "catalog/pg_type.h"

#include "frame/frame.h"
#include "guard/secrecy.h"
#include "plan/rowtest.h"

PG_FUNCTION_INFO_V1(clearance_own_account);

static bool is_partitioned_by(Oid relid, AttrNumber column);

/*
 * own_account(element anyelement) returns anyelement: the key of the actor's
 * account, as a value of the element's type; NULL for nobody, and if it cannot
 * be one.
 */
Datum
clearance_own_account(PG_FUNCTION_ARGS)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, 0);
	ClrFrame *of_query = clr_frame_of_call(fcinfo->flinfo);
	ClrFrame *frame = of_query != NULL ? of_query : clr_frame_current();
	ClrScope *scope = clr_frame_judge(frame)->scope;
	ClrKey key;
	Datum value;

	clr_secrecy_check_asked(frame);
	if (scope->account_key == NULL ||
		!clr_key_from_text(scope->account_key, clr_key_class(type), &key) ||
		!clr_key_to_datum(&key, type, &value))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(value);
}

/*
 * A test by which partitions of other accounts are left out; NULL where it
 * would leave out none.
 */
Expr *
clr_prune_test(PlannerInfo *root, const ClrBinding *binding, const List *columns)
{
	static const Oid argtypes[] = { ANYELEMENTOID };
	Var *column;
	Expr *value;
	Expr *account;
	RangeTblEntry *entry;
	Oid type;

	if (binding->account_slot == CLR_NO_SLOT)
		return NULL;
	column = list_nth(columns, binding->account_slot);
	entry = planner_rt_fetch(column->varno, root);
	if (clr_key_class(column->vartype) == CLR_KEY_NONE || entry->rtekind != RTE_RELATION ||
		!is_partitioned_by(entry->relid, column->varattno))
		return NULL;
	value = (Expr *) copyObject(column);
	account =
		(Expr *) makeFuncExpr(LookupFuncName(list_make2(makeString("clearance"),
														makeString("own_account")),
											 1, argtypes, false),
							  column->vartype,
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
	return binding->project_optional ? clr_rowtest_or_null((Expr *) column, account) : account;
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
