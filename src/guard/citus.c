/*
 * citus.c
 *		Tables that Citus distributes, on which the rule is not enforced.
 *
 * Citus copies row security to shards, which are tables of their own: without
 * declarations, on nodes without our rows, read over connections on which
 * nobody acts. COPY and INSERT ... SELECT into local shards ask no policy at
 * all. So a table is either protected or distributed. That is said where one
 * of them is to become the other, when the transaction that did it commits, and
 * where somebody whom row security binds reads or writes such a table.
 *
 * What is distributed stands in pg_catalog.pg_dist_partition, on each node that
 * plans queries; shards are tables of the same name with the number of one in
 * pg_dist_shard behind it. Nobody but superusers can make tables in pg_catalog.
 *
 * State: whether Citus is in this database, until a message says that some name
 * in it is another relation's.
 */
#include "guard/citus.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "rule/binding.h"
#include "store/counters.h"

PG_FUNCTION_INFO_V1(clearance_is_distributed);

/* Functions of Citus that take a table and distribute it. */
static const char *const distributing[] = {
	"create_distributed_table",		   "create_distributed_table_concurrently",
	"create_reference_table",		   "citus_add_local_table_to_metadata",
	"master_create_distributed_table",
};

static enum
{
	UNKNOWN,
	ABSENT,
	PRESENT
} citus = UNKNOWN;

static void forget(Datum arg, int cache, uint32 hash);
static bool is_here(void);
static bool is_distributed(Oid relid);
static bool
find_row(const char *table, const char *column, RegProcedure equal, Datum value, Oid *logical);
pg_noreturn static void refuse(Oid relid);
static bool refuse_call(Node *node, void *context);
static void at_commit(XactEvent event, void *arg);

void
clr_citus_init(void)
{
	CacheRegisterSyscacheCallback(RELNAMENSP, forget, (Datum) 0);
	RegisterXactCallback(at_commit, NULL);
}

static void
forget(Datum arg, int cache, uint32 hash)
{
	citus = UNKNOWN;
}

static bool
is_here(void)
{
	if (citus == UNKNOWN)
	{
		citus = PRESENT; /* UNKNOWN again, if a message comes meanwhile */
		if (!OidIsValid(get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE)) &&
			citus == PRESENT)
			citus = ABSENT;
	}
	return citus != ABSENT;
}

static bool
is_distributed(Oid relid)
{
	Oid logical;

	return is_here() && find_row("pg_dist_partition", "logicalrelid", F_OIDEQ,
								 ObjectIdGetDatum(relid), &logical);
}

/* Whether a table is a shard of another; here one may be that is not protected. */
bool
clr_citus_is_shard(Oid relid)
{
	const char *name = is_here() ? get_rel_name(relid) : NULL;
	const char *number = name != NULL ? strrchr(name, '_') : NULL;
	Oid logical = InvalidOid;

	return number != NULL && strspn(number + 1, "0123456789") == strlen(number + 1) &&
		   strlen(number + 1) > 0 && strlen(number + 1) < 19 &&
		   find_row("pg_dist_shard", "shardid", F_INT8EQ, Int64GetDatum(pg_strtoint64(number + 1)),
					&logical) &&
		   get_rel_namespace(logical) == get_rel_namespace(relid);
}

/* Whether a table of Citus's has a row with this value, as of now, and of which table it is. */
static bool
find_row(const char *table, const char *column, RegProcedure equal, Datum value, Oid *logical)
{
	Oid relid = get_relname_relid(table, PG_CATALOG_NAMESPACE);
	Relation relation = OidIsValid(relid) ? try_table_open(relid, AccessShareLock) : NULL;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple tuple;
	bool isnull;

	if (relation == NULL)
		return false;
	ScanKeyInit(&key, get_attnum(relid, column), BTEqualStrategyNumber, equal, value);
	scan = systable_beginscan(relation, InvalidOid, false, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		*logical = DatumGetObjectId(heap_getattr(tuple, get_attnum(relid, "logicalrelid"),
												 RelationGetDescr(relation), &isnull));
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return HeapTupleIsValid(tuple);
}

static void
refuse(Oid relid)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), clr_count(CLR_ERROR_UNSEALED),
			 errmsg("protected table %s cannot be distributed by Citus", get_rel_name(relid)),
			 errdetail("On the shards nobody acts, and no declaration says who may do what."),
			 errhint("Keep it an ordinary table of the coordinator: undistribute_table() makes it "
					 "one again. Or end its protection with clearance.unprotect().")));
}

/* Somebody whom row security binds reads or writes a protected table. */
void
clr_citus_refuse(Oid relid)
{
	if (is_distributed(relid))
		refuse(relid);
}

/* A statement calls a function that distributes a protected table. */
void
clr_citus_check_query(Query *query)
{
	if (query->commandType != CMD_UTILITY && is_here())
		(void) query_tree_walker(query, refuse_call, NULL, 0);
}

static bool
refuse_call(Node *node, void *context)
{
	FuncExpr *call = (FuncExpr *) node;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, refuse_call, context, 0);
	if (IsA(node, FuncExpr) && call->funcid >= FirstNormalObjectId && call->args != NIL &&
		IsA(linitial(call->args), Const) && !linitial_node(Const, call->args)->constisnull &&
		get_func_namespace(call->funcid) == PG_CATALOG_NAMESPACE)
		for (int i = 0; i < (int) lengthof(distributing); i++)
		{
			Const *table = linitial(call->args);

			if (strcmp(get_func_name(call->funcid), distributing[i]) == 0 &&
				table->consttype == REGCLASSOID &&
				clr_binding_of_relation(DatumGetObjectId(table->constvalue)) != 0)
				refuse(DatumGetObjectId(table->constvalue));
		}
	return expression_tree_walker(node, refuse_call, context);
}

/*
 * A transaction commits: an error if it distributed a protected table. By
 * whatever way, it put a row into pg_dist_partition.
 */
static void
at_commit(XactEvent event, void *arg)
{
	Oid relid;
	Relation relation;
	SysScanDesc scan;
	HeapTuple tuple;

	if ((event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE) ||
		!TransactionIdIsValid(GetTopTransactionIdIfAny()) || !is_here())
		return;
	relid = get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE);
	relation = OidIsValid(relid) ? try_table_open(relid, AccessShareLock) : NULL;
	if (relation == NULL)
		return;
	scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool isnull;
		Oid table = DatumGetObjectId(heap_getattr(tuple, get_attnum(relid, "logicalrelid"),
												  RelationGetDescr(relation), &isnull));

		if (TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data)) &&
			clr_binding_of_relation(table) != 0)
			refuse(table);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
}

/* is_distributed(relation oid) returns boolean: whether a table, or the one it is a shard of, is Citus's. */
Datum
clearance_is_distributed(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);

	PG_RETURN_BOOL(is_distributed(relid) || clr_citus_is_shard(relid));
}
