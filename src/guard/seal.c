/*
 * seal.c
 *		Keeps other policies from widening what the rule allows.
 *
 * Permissive policies of one table are OR-ed, so one that somebody else adds
 * would open rows. Where there is one, sync() adds the rule again as
 * restrictive policies, which are AND-ed, and the event trigger sees to it
 * that it is asked. Where that did not happen, the hook adds them here. And
 * where a policy of the extension is missing or was altered, the query is an
 * error: what is left might be less than the rule.
 *
 * The server asks only for tables whose row security binds the user
 * (get_row_security_policies, rowsecurity.c).
 *
 * State: tables whose policies were found to be as they should, while nothing of it
 * changed.
 */
#include "guard/seal.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/policy.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/primnodes.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "guard/calls.h"
#include "guard/citus.h"
#include "rule/binding.h"
#include "store/catalog.h"
#include "store/counters.h"
#include "store/plans.h"
#include "store/unforced.h"

PG_FUNCTION_INFO_V1(clearance_policy_columns);
PG_FUNCTION_INFO_V1(clearance_is_own_policy);
PG_FUNCTION_INFO_V1(clearance_calls_rule);

typedef struct Expected
{
	char command; /* pg_policy.polcmd */
	const char *policy;
	const char *seal; /* the same as a restrictive policy, where others are permissive */
	ClrCall using;	  /* of the USING expression, or none */
	ClrCall check;	  /* of WITH CHECK, or none */
} Expected;

static const Expected expected[] = {
	{ 'r', "clearance_select", "clearance_seal_select", CLR_CALL_VISIBLE, CLR_CALL_NONE },
	{ 'a', "clearance_insert", "clearance_seal_insert", CLR_CALL_NONE, CLR_CALL_CREATABLE },
	{ 'w', "clearance_update", "clearance_seal_update", CLR_CALL_EDITABLE, CLR_CALL_EDITED },
	{ 'd', "clearance_delete", "clearance_seal_delete", CLR_CALL_DELETABLE, CLR_CALL_NONE },
};

/*
 * A table whose policies for a command need nothing added. A message about its
 * policies, or about what is declared of it, makes another generation.
 */
typedef struct Sealed
{
	Oid relid;
	CmdType command;
	uint64 generation;
	uint64 functions; /* their generation */
} Sealed;

/* Each has one place; what comes there later takes it. */
static Sealed known_sealed[64];

/* What the policies of a table should pass. */
typedef struct Passed
{
	Oid relid;
	int32 binding;
	List *columns; /* names, of char * */
} Passed;

static List *missing_policies(CmdType command, Relation relation, int32 binding);
static Passed passed_by(Relation relation, int32 binding);
static const Expected *expected_for(CmdType command);
static RowSecurityPolicy *
find_own(Relation relation, const Passed *passed, const Expected *expect, bool seal);
static bool
is_whole(const RowSecurityPolicy *policy, const Passed *passed, const Expected *expect, bool seal);
static bool is_call(Expr *expression, ClrCall function, const Passed *passed);
static void refuse_foreign_numbers(Relation relation, int32 binding);
pg_noreturn static void refuse_altered(Relation relation, const char *policy);
static bool is_of_another(Node *node, void *binding);
static bool never_binds(const RTEPermissionInfo *asked);
static void refuse_view(Oid relid, Oid owner);
static bool is_for_everybody(const RowSecurityPolicy *policy);
static RowSecurityPolicy *find_policy(Relation relation, const char *name);
static List *column_names(Expr *expression, Oid relid);
static Relation with_policies(Oid relid);

/*
 * Restrictive policies to add for a command on a table.
 */
List *
clr_seal_policies(CmdType command, Relation relation)
{
	Oid relid = RelationGetRelid(relation);
	Sealed now = { relid, command, clr_binding_generation(), clr_calls_generation() };
	Sealed *place = &known_sealed[(relid * 4 + command) % lengthof(known_sealed)];
	int32 binding;
	List *policies;

	if (command == CMD_MERGE)
		return NIL; /* the server asks again for each command that it may run */
	if (place->relid == relid && place->command == command && place->generation == now.generation &&
		place->functions == now.functions)
		return NIL;
	binding = clr_binding_of_relation(relid);
	refuse_foreign_numbers(relation, binding);
	if (binding == 0)
		return NIL;
	policies = missing_policies(command, relation, binding);
	if (policies == NIL && now.generation == clr_binding_generation() &&
		now.functions == clr_calls_generation())
		*place = now;
	return policies;
}

static List *
missing_policies(CmdType command, Relation relation, int32 binding)
{
	const Expected *expect = expected_for(command);
	Passed passed = passed_by(relation, binding);
	RowSecurityPolicy *own = find_own(relation, &passed, expect, false);
	RowSecurityPolicy *seal;
	ListCell *lc;

	if (own == NULL)
		refuse_altered(relation, expect->policy);
	if (find_own(relation, &passed, expect, true) != NULL)
		return NIL; /* sealed in the catalog */
	foreach(lc, relation->rd_rsdesc->policies)
	{
		RowSecurityPolicy *policy = lfirst(lc);

		if (policy != own && policy->permissive &&
			(policy->polcmd == expect->command || policy->polcmd == '*'))
			break;
	}
	if (lc == NULL)
		return NIL;

	seal = palloc0(sizeof(RowSecurityPolicy));
	seal->policy_name = pstrdup("clearance_seal");
	seal->polcmd = expect->command;
	seal->roles = own->roles;
	seal->permissive = false;
	seal->qual = copyObject(own->qual);
	seal->with_check_qual = copyObject(own->with_check_qual);
	seal->hassublinks = own->hassublinks;
	return list_make1(seal);
}

static Passed
passed_by(Relation relation, int32 binding)
{
	Passed passed = { RelationGetRelid(relation), binding, NIL };
	ClrBinding *declared = clr_binding_acquire(CurrentMemoryContext, binding);

	for (int i = 0; i < declared->ncolumns; i++)
		passed.columns = lappend(passed.columns, pstrdup(declared->columns[i].name));
	clr_binding_release(declared);
	return passed;
}

static const Expected *
expected_for(CmdType command)
{
	char wanted = command == CMD_SELECT ? 'r' :
				  command == CMD_INSERT ? 'a' :
				  command == CMD_UPDATE ? 'w' :
				  command == CMD_DELETE ? 'd' :
										  '\0';

	for (int i = 0; i < (int) lengthof(expected); i++)
		if (expected[i].command == wanted)
			return &expected[i];
	elog(ERROR, "unexpected command %d on a protected table", command);
}

/* A policy of the extension, or its seal, if it is there and is what sync() made. */
static RowSecurityPolicy *
find_own(Relation relation, const Passed *passed, const Expected *expect, bool seal)
{
	RowSecurityPolicy *policy = find_policy(relation, seal ? expect->seal : expect->policy);

	return policy != NULL && is_whole(policy, passed, expect, seal) ? policy : NULL;
}

/* Whether a policy is, in all it says, the one that is expected under its name. */
static bool
is_whole(const RowSecurityPolicy *policy, const Passed *passed, const Expected *expect, bool seal)
{
	return policy->permissive == !seal && policy->polcmd == expect->command &&
		   is_for_everybody(policy) && is_call(policy->qual, expect->using, passed) &&
		   is_call(policy->with_check_qual, expect->check, passed);
}

/* Whether an expression is the call of the function, with what the table passes. */
static bool
is_call(Expr *expression, ClrCall function, const Passed *passed)
{
	FuncExpr *call = (FuncExpr *) expression;
	Const *number;
	List *names;
	ListCell *name;
	ListCell *declared;

	if (expression == NULL || function == CLR_CALL_NONE)
		return expression == NULL && function == CLR_CALL_NONE;
	if (clr_calls_of((Node *) call) != function || call->args == NIL || call->funcvariadic)
		return false;
	number = linitial(call->args);
	names = column_names(expression, passed->relid);
	if (!IsA(number, Const) || number->constisnull ||
		DatumGetInt32(number->constvalue) != passed->binding ||
		list_length(names) != list_length(passed->columns))
		return false;
	forboth(name, names, declared, passed->columns)
		if (strcmp(lfirst(name), lfirst(declared)) != 0)
			return false;
	return true;
}

/*
 * Policies may come without their declaration: in a dump of the schema or of
 * one table, on a partition that was detached, by hand. No declaration but the
 * table's own judges its rows.
 */
static void
refuse_foreign_numbers(Relation relation, int32 binding)
{
	ListCell *lc;

	foreach(lc, relation->rd_rsdesc->policies)
	{
		RowSecurityPolicy *policy = lfirst(lc);

		if (!is_of_another((Node *) policy->qual, &binding) &&
			!is_of_another((Node *) policy->with_check_qual, &binding))
			continue;
		if (binding != 0)
			refuse_altered(relation, policy->policy_name);
		clr_seal_refuse_table(RelationGetRelid(relation));
	}
}

static void
refuse_altered(Relation relation, const char *policy)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), clr_count(CLR_ERROR_UNSEALED),
			 errmsg("policy %s of protected table %s is missing or was altered", policy,
					RelationGetRelationName(relation)),
			 errhint("Run clearance.repair('%s').",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
												RelationGetRelationName(relation)))));
}

/*
 * Whether something in an expression asks the rule about rows of another
 * declaration than this one (an int32 *); NULL: of any.
 */
static bool
is_of_another(Node *node, void *binding)
{
	ClrCall call;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, is_of_another, binding, 0);
	call = clr_calls_of(node);
	if (call != CLR_CALL_NONE)
	{
		bool of_plans = call == CLR_CALL_IN_SET || call == CLR_CALL_SET_KEYS;
		Const *number = list_nth(((FuncExpr *) node)->args, of_plans ? 1 : 0);

		if (binding == NULL || !IsA(number, Const) || number->constisnull ||
			DatumGetInt32(number->constvalue) != *(int32 *) binding)
			return true;
	}
	return expression_tree_walker(node, is_of_another, binding);
}

/* Whether a condition is a call that policies of ours make, of a function that only judges rows. */
bool
clr_seal_is_policy(const Node *qual)
{
	ClrCall call = clr_calls_of(qual);

	return call >= CLR_CALL_VISIBLE && call <= CLR_CALL_DELETABLE;
}

/* The error for a table whose rows are asked about by a number that is not its own. */
void
clr_seal_refuse_table(Oid relid)
{
	if (clr_citus_is_shard(relid))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), clr_count(CLR_ERROR_UNSEALED),
				 errmsg("table %s is a shard of a protected table", get_rel_name(relid)),
				 errdetail("Protected tables cannot be distributed by Citus: on the shards nobody "
						   "acts, and no declaration says who may do what."),
				 errhint("Take the table back with undistribute_table() on the coordinator.")));
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), clr_count(CLR_ERROR_UNSEALED),
			 errmsg("table %s is not the one that its policies were made for", get_rel_name(relid)),
			 errdetail("They came from a protected table: in a copy, in a dump without the "
					   "extension's own tables, or with a partition or child that was taken off."),
			 errhint(
				 "Protect it with clearance.protect(), attach it again, restore it together with "
				 "its declaration, or take the policies off with clearance.unprotect().")));
}

/*
 * Whether policies of somebody else may hide rows of a table that the rule shows: what
 * the rule says of those rows is then not for everybody to whom it would show them.
 */
bool
clr_seal_is_narrowed(Oid relid)
{
	Relation relation = relation_open(relid, AccessShareLock);
	bool narrowed = false;
	ListCell *lc;

	foreach(lc, relation->rd_rsdesc != NULL ? relation->rd_rsdesc->policies : NIL)
	{
		const RowSecurityPolicy *policy = lfirst(lc);

		narrowed |= !policy->permissive && (policy->polcmd == 'r' || policy->polcmd == '*') &&
					strcmp(policy->policy_name, expected_for(CMD_SELECT)->seal) != 0;
	}
	relation_close(relation, NoLock);
	return narrowed;
}

/*
 * Tables that are bound but have no row security (a restore that is halfway)
 * are closed to everybody whom row security would bind.
 */
void
clr_seal_check_tables(List *permissions)
{
	ListCell *lc;

	foreach(lc, permissions)
	{
		const RTEPermissionInfo *asked = lfirst(lc);
		HeapTuple tuple;
		bool secured;

		if (!OidIsValid(asked->relid) || asked->requiredPerms == 0 || never_binds(asked) ||
			clr_binding_of_relation(asked->relid) == 0)
			continue;
		clr_citus_refuse(asked->relid);
		tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(asked->relid));
		if (!HeapTupleIsValid(tuple))
			continue;
		secured = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
		ReleaseSysCache(tuple);
		if (!secured)
			ereport(
				ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), clr_count(CLR_ERROR_UNSEALED),
				 errmsg("protected table %s has no row security", get_rel_name(asked->relid)),
				 errhint(
					 "Finish the restore that is under way, or run clearance.repair() on it.")));
	}
}

/*
 * Whether row security hides nothing of protected tables from a query for which this is
 * asked.
 */
bool
clr_seal_shows_all(List *permissions)
{
	ListCell *lc;

	foreach(lc, permissions)
	{
		const RTEPermissionInfo *asked = lfirst(lc);

		if (OidIsValid(asked->relid) && clr_binding_of_relation(asked->relid) != 0 &&
			check_enable_rls(asked->relid, asked->checkAsUser, true) == RLS_ENABLED)
			return false;
	}
	return true;
}

/*
 * Whether row security would bind nowhere the user as whom a table is asked for, or here
 * for no query like this one: as check_enable_rls() decides (rls.c), our own queries
 * included.
 */
static bool
never_binds(const RTEPermissionInfo *asked)
{
	Oid user = OidIsValid(asked->checkAsUser) ? asked->checkAsUser : GetUserId();

	if (has_bypassrls_privilege(user))
		return true;
	if (!clr_unforced() || !object_ownercheck(RelationRelationId, asked->relid, user))
		return false;
	if (user != GetUserId() && !clr_catalog_owner_reads())
		refuse_view(asked->relid, user);
	return true;
}

/*
 * What a foreign key does, it does as the owner of its table. Where a rule of that table
 * adds to it, views of others are read without policies as well, whoever reads.
 */
static void
refuse_view(Oid relid, Oid owner)
{
	if (clr_binding_of_relation(relid) == 0 || check_enable_rls(relid, owner, true) != RLS_ENABLED)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), clr_count(CLR_ERROR_UNSEALED),
			 errmsg("a rule uses protected table %s in the action of a foreign key",
					get_rel_name(relid)),
			 errdetail(
				 "It does so with the rights of the table's owner, from whom the server lifts "
				 "row security there."),
			 errhint("Let a trigger do what the rule does, or make its view security_invoker.")));
}

static bool
is_for_everybody(const RowSecurityPolicy *policy)
{
	Datum *roles;
	int n;

	deconstruct_array(policy->roles, OIDOID, sizeof(Oid), true, TYPALIGN_INT, &roles, NULL, &n);
	return n == 1 && DatumGetObjectId(roles[0]) == ACL_ID_PUBLIC;
}

static RowSecurityPolicy *
find_policy(Relation relation, const char *name)
{
	ListCell *lc;

	foreach(lc, relation->rd_rsdesc->policies)
		if (strcmp(((RowSecurityPolicy *) lfirst(lc))->policy_name, name) == 0)
			return lfirst(lc);
	return NULL;
}

/*
 * A relation with its policies, which the server reads only where row security
 * is on (RelationBuildDesc(), relcache.c): a restore enables it after it made
 * them.
 */
static Relation
with_policies(Oid relid)
{
	Relation relation = RelationIdGetRelation(relid);

	if (RelationIsValid(relation) && relation->rd_rsdesc == NULL)
		RelationBuildRowSecurity(relation);
	return relation;
}

/* Present names of the columns that a call passes, after the number; NIL if it passes others. */
static List *
column_names(Expr *expression, Oid relid)
{
	List *names = NIL;
	ListCell *lc;

	if (expression == NULL || !IsA(expression, FuncExpr))
		return NIL;
	for_each_from(lc, ((FuncExpr *) expression)->args, 1)
	{
		Var *column = lfirst(lc);

		/* varchar columns are passed as they are: "any" coerces nothing */
		if (!IsA(column, Var) || column->varno != 1 || column->varlevelsup != 0)
			return NIL;
		names = lappend(names, get_attname(relid, column->varattno, false));
	}
	return names;
}

/*
 * policy_columns(relation regclass, binding integer) returns text[]: the
 * columns that the extension's policies pass, under their present names; NULL
 * unless all four are there and pass the same.
 */
Datum
clearance_policy_columns(PG_FUNCTION_ARGS)
{
	Relation relation = with_policies(PG_GETARG_OID(0));
	Passed passed = { PG_GETARG_OID(0), PG_GETARG_INT32(1), NIL };
	RowSecurityPolicy *reading;
	bool all = true;
	Datum *texts;
	ListCell *lc;

	if (!RelationIsValid(relation))
		PG_RETURN_NULL();
	reading = find_policy(relation, expected[0].policy);
	if (reading != NULL)
		passed.columns = column_names(reading->qual, passed.relid);
	for (int i = 0; i < (int) lengthof(expected); i++)
		all = all && find_own(relation, &passed, &expected[i], false) != NULL;
	RelationClose(relation);
	if (!all)
		PG_RETURN_NULL();

	texts = palloc(sizeof(Datum) * Max(list_length(passed.columns), 1));
	foreach(lc, passed.columns)
		texts[foreach_current_index(lc)] = CStringGetTextDatum(lfirst(lc));
	PG_RETURN_ARRAYTYPE_P(
		construct_array(texts, list_length(passed.columns), TEXTOID, -1, false, TYPALIGN_INT));
}

/*
 * is_own_policy(relation regclass, policy name, binding integer, columns
 * text[]) returns boolean: whether a policy is one of the extension's, in all
 * that it says.
 */
Datum
clearance_is_own_policy(PG_FUNCTION_ARGS)
{
	Relation relation = with_policies(PG_GETARG_OID(0));
	Passed passed = { PG_GETARG_OID(0), PG_GETARG_INT32(2), NIL };
	const char *name = NameStr(*PG_GETARG_NAME(1));
	bool own = false;
	Datum *texts;
	int n;

	if (!RelationIsValid(relation))
		PG_RETURN_BOOL(false);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), TEXTOID, -1, false, TYPALIGN_INT, &texts, NULL, &n);
	for (int i = 0; i < n; i++)
		passed.columns = lappend(passed.columns, TextDatumGetCString(texts[i]));
	for (int i = 0; i < (int) lengthof(expected); i++)
	{
		bool seal = strcmp(name, expected[i].seal) == 0;

		if (seal || strcmp(name, expected[i].policy) == 0)
			own = find_own(relation, &passed, &expected[i], seal) != NULL;
	}
	RelationClose(relation);
	PG_RETURN_BOOL(own);
}

/*
 * calls_rule(relation regclass, policy name) returns boolean: whether a policy
 * asks the rule, about whatever table.
 */
Datum
clearance_calls_rule(PG_FUNCTION_ARGS)
{
	Relation relation = with_policies(PG_GETARG_OID(0));
	RowSecurityPolicy *policy;
	bool calls;

	if (!RelationIsValid(relation))
		PG_RETURN_BOOL(false);
	policy = find_policy(relation, NameStr(*PG_GETARG_NAME(1)));
	calls = policy != NULL && (is_of_another((Node *) policy->qual, NULL) ||
							   is_of_another((Node *) policy->with_check_qual, NULL));
	RelationClose(relation);
	PG_RETURN_BOOL(calls);
}
