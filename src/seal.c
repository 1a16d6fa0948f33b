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
 * Keeps no state.
 */
#include "seal.h"

#include "catalog/namespace.h"
#include "access/htup_details.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/primnodes.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "binding.h"

PG_FUNCTION_INFO_V1(clearance_policy_columns);

typedef struct Expected
{
	char command; /* pg_policy.polcmd */
	const char *policy;
	const char *seal;  /* the same as a restrictive policy, where others are permissive */
	const char *using; /* function of the USING expression, or NULL */
	const char *check; /* function of WITH CHECK, or NULL */
} Expected;

static const Expected expected[] = {
	{ 'r', "clearance_select", "clearance_seal_select", "visible", NULL },
	{ 'a', "clearance_insert", "clearance_seal_insert", NULL, "creatable" },
	{ 'w', "clearance_update", "clearance_seal_update", "editable", "edited" },
	{ 'd', "clearance_delete", "clearance_seal_delete", "deletable", NULL },
};

static RowSecurityPolicy *find_policy(Relation relation, int32 binding, const Expected *expect,
									  const char *name, bool permissive);
static bool calls_us(Expr *expression, const char *function, int32 binding, Oid relid);
static void refuse_left_behind(Relation relation, CmdType command);
static bool never_binds(Oid relid, Oid user);
static bool is_for_everybody(const RowSecurityPolicy *policy);
static List *policy_columns(Expr *expression, const char *function, int32 binding, Oid relid);

/*
 * Restrictive policies to add for a command on a table.
 */
List *
clr_seal_policies(CmdType command, Relation relation)
{
	const Expected *expect = NULL;
	RowSecurityPolicy *own;
	RowSecurityPolicy *seal;
	char wanted = command == CMD_SELECT ? 'r' :
				  command == CMD_INSERT ? 'a' :
				  command == CMD_UPDATE ? 'w' :
				  command == CMD_DELETE ? 'd' :
										  '\0';
	int32 binding = clr_binding_of_relation(RelationGetRelid(relation));
	ListCell *lc;

	if (command == CMD_MERGE)
		return NIL; /* the server asks again for each command that it may run */
	if (binding == 0)
	{
		refuse_left_behind(relation, command);
		return NIL;
	}
	for (int i = 0; i < (int) lengthof(expected); i++)
		if (expected[i].command == wanted)
			expect = &expected[i];
	if (expect == NULL)
		elog(ERROR, "unexpected command %d on a protected table", command);

	own = find_policy(relation, binding, expect, expect->policy, true);
	if (own == NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("policy %s of protected table %s is missing or was altered",
							   expect->policy, RelationGetRelationName(relation)),
						errhint("Run clearance.repair('%s').",
								quote_qualified_identifier(get_namespace_name(
															   RelationGetNamespace(relation)),
														   RelationGetRelationName(relation)))));
	if (find_policy(relation, binding, expect, expect->seal, false) != NULL)
		return NIL; /* sealed in the catalog */
	foreach(lc, relation->rd_rsdesc->policies)
	{
		RowSecurityPolicy *policy = lfirst(lc);

		if (policy != own && policy->permissive &&
			(policy->polcmd == wanted || policy->polcmd == '*'))
			break;
	}
	if (lc == NULL)
		return NIL;

	seal = palloc0(sizeof(RowSecurityPolicy));
	seal->policy_name = pstrdup("clearance_seal");
	seal->polcmd = wanted;
	seal->roles = own->roles;
	seal->permissive = false;
	seal->qual = copyObject(own->qual);
	seal->with_check_qual = copyObject(own->with_check_qual);
	seal->hassublinks = own->hassublinks;
	return list_make1(seal);
}

/*
 * A policy of the extension, if it is there and is what sync() made.
 */
static RowSecurityPolicy *
find_policy(Relation relation, int32 binding, const Expected *expect, const char *name,
			bool permissive)
{
	Oid relid = RelationGetRelid(relation);
	ListCell *lc;

	foreach(lc, relation->rd_rsdesc->policies)
	{
		RowSecurityPolicy *policy = lfirst(lc);

		if (strcmp(policy->policy_name, name) == 0 && policy->permissive == permissive &&
			policy->polcmd == expect->command && is_for_everybody(policy) &&
			calls_us(policy->qual, expect->using, binding, relid) &&
			calls_us(policy->with_check_qual, expect->check, binding, relid))
			return policy;
	}
	return NULL;
}

static bool
calls_us(Expr *expression, const char *function, int32 binding, Oid relid)
{
	if (expression == NULL || function == NULL)
		return expression == NULL && function == NULL;
	return policy_columns(expression, function, binding, relid) != NIL;
}

/*
 * A partition that was detached keeps its policies, which still judge who sees
 * its rows, but lost the triggers that judge writes.
 */
static void
refuse_left_behind(Relation relation, CmdType command)
{
	ListCell *lc;

	if (command == CMD_SELECT)
		return;
	foreach(lc, relation->rd_rsdesc->policies)
		if (strcmp(((RowSecurityPolicy *) lfirst(lc))->policy_name, expected[0].policy) == 0)
			ereport(
				ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table %s is no longer protected, but has the policies of a protected one",
						RelationGetRelationName(relation)),
				 errdetail("It was a partition or child of a protected table."),
				 errhint("Attach it again, or take its policies off with clearance.unprotect().")));
}

/*
 * Tables that are bound but have no row security (a restore that is halfway)
 * are closed to everybody whom row security would bind.
 */
void
clr_seal_check_tables(List *range_table)
{
	ListCell *lc;

	foreach(lc, range_table)
	{
		RangeTblEntry *rte = lfirst(lc);
		HeapTuple tuple;
		bool secured;

		if (rte->rtekind != RTE_RELATION || rte->requiredPerms == 0 ||
			never_binds(rte->relid,
						OidIsValid(rte->checkAsUser) ? rte->checkAsUser : GetUserId()) ||
			clr_binding_of_relation(rte->relid) == 0)
			continue;
		tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(rte->relid));
		if (!HeapTupleIsValid(tuple))
			continue;
		secured = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
		ReleaseSysCache(tuple);
		if (!secured)
			ereport(
				ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("protected table %s has no row security", get_rel_name(rte->relid)),
				 errhint(
					 "Finish the restore that is under way, or run clearance.repair() on it.")));
	}
}

/*
 * Whether row security would bind a user nowhere, or here for no query like
 * this one: as check_enable_rls() decides (rls.c), our own queries included.
 */
static bool
never_binds(Oid relid, Oid user)
{
	return has_bypassrls_privilege(user) ||
		   (InNoForceRLSOperation() && pg_class_ownercheck(relid, user));
}

static bool
is_for_everybody(const RowSecurityPolicy *policy)
{
	Datum *roles;
	int n;

	deconstruct_array(policy->roles, OIDOID, sizeof(Oid), true, TYPALIGN_INT, &roles, NULL, &n);
	return n == 1 && DatumGetObjectId(roles[0]) == ACL_ID_PUBLIC;
}

/*
 * The names of the columns that an expression of ours passes, after the
 * binding; NIL if it is none of ours.
 */
static List *
policy_columns(Expr *expression, const char *function, int32 binding, Oid relid)
{
	FuncExpr *call = (FuncExpr *) expression;
	Const *first;
	List *names = list_make1(pstrdup(function));
	ListCell *lc;

	if (!IsA(call, FuncExpr) || call->args == NIL ||
		get_func_namespace(call->funcid) != get_namespace_oid("clearance", false) ||
		strcmp(get_func_name(call->funcid), function) != 0)
		return NIL;
	first = linitial(call->args);
	if (!IsA(first, Const) || first->constisnull || DatumGetInt32(first->constvalue) != binding)
		return NIL;
	for_each_from(lc, call->args, 1)
	{
		Node *arg = lfirst(lc);

		/* varchar columns are passed as they are: "any" coerces nothing */
		if (!IsA(arg, Var) || ((Var *) arg)->varno != 1)
			return NIL;
		names = lappend(names, get_attname(relid, ((Var *) arg)->varattno, false));
	}
	return names;
}

/*
 * policy_columns(relation regclass, binding integer) returns text[]: the
 * columns that the SELECT policy passes, under their present names; NULL if
 * the policy is none of ours.
 */
Datum
clearance_policy_columns(PG_FUNCTION_ARGS)
{
	Relation relation = RelationIdGetRelation(PG_GETARG_OID(0));
	List *names = NIL;
	Datum *texts;
	ListCell *lc;

	if (!RelationIsValid(relation))
		PG_RETURN_NULL();
	if (relation->rd_rsdesc != NULL)
		foreach(lc, relation->rd_rsdesc->policies)
		{
			RowSecurityPolicy *policy = lfirst(lc);

			if (strcmp(policy->policy_name, "clearance_select") == 0 && policy->qual != NULL)
				names = policy_columns(policy->qual, "visible", PG_GETARG_INT32(1),
									   RelationGetRelid(relation));
		}
	RelationClose(relation);
	if (names == NIL)
		PG_RETURN_NULL();

	texts = palloc(sizeof(Datum) * list_length(names));
	for_each_from(lc, names, 1)
		texts[foreach_current_index(lc) - 1] = CStringGetTextDatum(lfirst(lc));
	PG_RETURN_ARRAYTYPE_P(
		construct_array(texts, list_length(names) - 1, TEXTOID, -1, false, TYPALIGN_INT));
}
