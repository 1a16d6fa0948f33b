/*
 * seal.c
 *		Keeps other policies from widening what the rule allows.
 *
 * Permissive policies of one table are OR-ed, so one that somebody else adds
 * would open rows. Where there is one, the rule is added again as a
 * restrictive policy, which is AND-ed. And where a policy of the extension is
 * missing or was altered, the query is an error: what is left might be less
 * than the rule.
 *
 * The server asks only for tables whose row security binds the user
 * (get_row_security_policies, rowsecurity.c).
 *
 * State: bindings of tables seen, forgotten at any relcache invalidation of
 * theirs; protect() and unprotect() always alter the table.
 */
#include "seal.h"

#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/primnodes.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "binding.h"
#include "frame.h"
#include "key.h"

PG_FUNCTION_INFO_V1(clearance_policy_columns);

typedef struct Expected
{
	char command; /* pg_policy.polcmd */
	const char *policy;
	const char *using; /* function of the USING expression, or NULL */
	const char *check; /* function of WITH CHECK, or NULL */
} Expected;

static const Expected expected[] = {
	{ 'r', "clearance_select", "visible", NULL },
	{ 'a', "clearance_insert", NULL, "creatable" },
	{ 'w', "clearance_update", "editable", "edited" },
	{ 'd', "clearance_delete", "deletable", NULL },
};

/* Binding ids of tables by OID; a NULL value: not protected. */
static ClrKeyTable *known = NULL;
static MemoryContext known_context = NULL;
static bool known_is_stale = false;

static int32 binding_of(Oid relid);
static void forget(Datum arg, Oid relid);
static RowSecurityPolicy *own_policy(Relation relation, int32 binding, const Expected *expect);
static bool is_for_everybody(const RowSecurityPolicy *policy);
static List *policy_columns(Expr *expression, const char *function, int32 binding, Oid relid);

void
clr_seal_init(void)
{
	known_context = AllocSetContextCreate(TopMemoryContext, "clearance bindings of tables",
										  ALLOCSET_SMALL_SIZES);
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
}

/* Only marks: callbacks may come at any moment. */
static void
forget(Datum arg, Oid relid)
{
	known_is_stale = true;
}

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
	int32 binding = binding_of(RelationGetRelid(relation));
	ListCell *lc;

	if (binding == 0)
		return NIL;
	for (int i = 0; i < (int) lengthof(expected); i++)
		if (expected[i].command == wanted)
			expect = &expected[i];
	if (expect == NULL)
		elog(ERROR, "unexpected command %d on a protected table", command);

	own = own_policy(relation, binding, expect);
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
 * The extension's own policy for a command; an error if it is missing or is
 * not what protect() made.
 */
static RowSecurityPolicy *
own_policy(Relation relation, int32 binding, const Expected *expect)
{
	ListCell *lc;

	foreach(lc, relation->rd_rsdesc->policies)
	{
		RowSecurityPolicy *policy = lfirst(lc);

		if (strcmp(policy->policy_name, expect->policy) != 0)
			continue;
		if (policy->permissive && policy->polcmd == expect->command && is_for_everybody(policy) &&
			(policy->qual != NULL) == (expect->using != NULL) &&
			(policy->with_check_qual != NULL) == (expect->check != NULL) &&
			(policy->qual == NULL || policy_columns(policy->qual, expect->using, binding,
													RelationGetRelid(relation)) != NIL) &&
			(policy->with_check_qual == NULL ||
			 policy_columns(policy->with_check_qual, expect->check, binding,
							RelationGetRelid(relation)) != NIL))
			return policy;
	}
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("policy %s of protected table %s is missing or was altered", expect->policy,
					RelationGetRelationName(relation)),
			 errhint("Run clearance.repair('%s').",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
												RelationGetRelationName(relation)))));
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

static int32
binding_of(Oid relid)
{
	ClrKey key = { .class = CLR_KEY_INT, .integer = relid };
	ClrKeyEntry *entry;
	bool found;

	if (known == NULL || known_is_stale)
	{
		MemoryContextReset(known_context);
		known = clr_keytab_new(known_context, 16);
		known_is_stale = false;
	}
	entry = clr_keytab_find(known, &key);
	if (entry == NULL)
	{
		int32 id = clr_binding_of_relation(relid);

		entry = clr_keytab_add(known, &key, &found);
		entry->value = DatumGetPointer(Int32GetDatum(id));
	}
	return DatumGetInt32(PointerGetDatum(entry->value));
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
