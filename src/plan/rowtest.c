/*
 * rowtest.c
 *		What decides about a row, as the planner knows it.
 *
 * For a class of rights (shape.h), the conditions that a row must satisfy:
 * on its columns, and on sets of the actor's (set.h). Exactly what the rule
 * says (rule.c, row.c), or nothing.
 */
#include "plan/rowtest.h"

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "plan/set.h"

static bool label_of_text(const char *text, Oid type, Datum *value);
static Datum array_of(Datum *values, int count, Oid type);

/*
 * The test of a class other than ALL, or NULL if it cannot be said.
 */
Expr *
clr_rowtest(const ClrBinding *binding, ClrVerb verb, List *columns, ClrClass class)
{
	Expr *shared = NULL;
	Expr *related = NULL;

	if (class == CLR_CLASS_OTHER)
		return NULL;
	if (class == CLR_CLASS_SHARED || class >= CLR_CLASS_RELATED_SHARED)
	{
		if (binding->visibility_slot == CLR_NO_SLOT)
			return NULL;
		shared =
			clr_rowtest_label(list_nth(columns, binding->visibility_slot), binding->shared_values);
		if (shared == NULL)
			return NULL;
	}
	if (class == CLR_CLASS_SHARED)
		return shared;
	related =
		clr_rowtest_related(binding, verb, columns,
							class - (class >= CLR_CLASS_RELATED_SHARED ? CLR_CLASS_RELATED_SHARED :
																		 CLR_CLASS_RELATED),
							class);
	if (related == NULL || shared == NULL)
		return related;
	return makeBoolExpr(AND_EXPR, list_make2(shared, related), -1);
}

/*
 * Whether a column holds one of these values; NULL is none of them. NULL if it
 * cannot be said. The rule compares texts (clr_row_is_shared()), and so do
 * these types' own equalities: two values are the same if their texts are, and
 * two texts if their bytes are. Other columns are left to the rule.
 */
Expr *
clr_rowtest_label(Node *column, List *labels)
{
	Oid type = exprType(column);
	Oid collation = exprCollation(column);
	int count = list_length(labels);
	Datum *values = palloc(sizeof(Datum) * count);
	ScalarArrayOpExpr *test;
	ListCell *lc;

	if (type == BOOLOID && count == 1)
	{
		if (strcmp(linitial(labels), "true") == 0)
			return (Expr *) column;
		if (strcmp(linitial(labels), "false") == 0)
			return makeBoolExpr(NOT_EXPR, list_make1(column), -1);
	}
	if (OidIsValid(collation) && !get_collation_isdeterministic(collation))
		return NULL;
	foreach(lc, labels)
		if (!label_of_text(lfirst(lc), type, &values[foreach_current_index(lc)]))
			return NULL;
	if (type == VARCHAROID)
	{
		type = TEXTOID;
		column = applyRelabelType(column, TEXTOID, -1, collation, COERCE_IMPLICIT_CAST, -1, false);
	}
	test = makeNode(ScalarArrayOpExpr);
	test->opno = lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr;
	test->opfuncid = get_opcode(test->opno);
	test->useOr = true;
	test->inputcollid = collation;
	test->args = list_make2(column, makeConst(get_array_type(type), -1, collation, -1,
											  array_of(values, count, type), false, false));
	test->location = -1;
	return (Expr *) test;
}

/*
 * The value of a type whose text is this; false for other types, and if there
 * is none: labels of an enum may have been renamed.
 */
static bool
label_of_text(const char *text, Oid type, Datum *value)
{
	HeapTuple tuple;
	ClrKey key;

	if (type == TEXTOID || type == VARCHAROID || type == INT2OID || type == INT4OID ||
		type == INT8OID)
		return clr_key_from_text(text, clr_key_class(type), &key) &&
			   clr_key_to_datum(&key, type, value);
	if (!type_is_enum(type))
		return false;
	tuple = SearchSysCache2(ENUMTYPOIDNAME, ObjectIdGetDatum(type), CStringGetDatum(text));
	if (!HeapTupleIsValid(tuple))
		return false;
	*value = ObjectIdGetDatum(((Form_pg_enum) GETSTRUCT(tuple))->oid);
	ReleaseSysCache(tuple);
	return true;
}

static Datum
array_of(Datum *values, int count, Oid type)
{
	int16 length;
	bool by_value;
	char alignment;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	return PointerGetDatum(construct_array(values, count, type, length, by_value, alignment));
}

/*
 * Any of the ways to be related, as row.c knows them: by columns that name
 * members, and by link tables.
 */
Expr *
clr_rowtest_related(const ClrBinding *binding, ClrVerb verb, List *columns, ClrRelationKind kind,
					int class)
{
	ClrPeople people = clr_relation_people(kind);
	List *tests = NIL;
	ListCell *lc;

	if (binding->owner_slot != CLR_NO_SLOT && clr_relation_follows(CLR_REL_OWN, kind))
	{
		if (binding->columns[binding->owner_slot].is_array)
			return NULL;
		tests = lappend(tests, clr_set_test(list_nth(columns, binding->owner_slot), binding, verb,
											CLR_SET_ME + people, class));
	}
	foreach(lc, binding->relations)
	{
		ClrRelation *relation = lfirst(lc);
		int set = relation->links == NIL ?
					  CLR_SET_ME + people :
					  CLR_SET_LINKED * (1 + people) + foreach_current_index(lc);

		if (!clr_relation_follows(relation->kind, kind))
			continue;
		if (binding->columns[relation->slot].is_array)
			return NULL;
		tests = lappend(tests,
						clr_set_test(list_nth(columns, relation->slot), binding, verb, set, class));
	}
	if (list_length(tests) < 2)
		return tests == NIL ? NULL : linitial(tests);
	return makeBoolExpr(OR_EXPR, tests, -1);
}

/*
 * Whether all that a row belongs to is visible: a test for each. Where it may
 * belong to nothing, that comes first: clr_set_ups_test() counts on it.
 */
List *
clr_rowtest_ups(const ClrBinding *binding, ClrVerb verb, List *columns, int class)
{
	List *tests = NIL;
	ListCell *lc;

	foreach(lc, binding->ups)
	{
		const ClrUp *up = lfirst(lc);
		Expr *key = list_nth(columns, up->slot);
		Expr *test =
			clr_set_test(key, binding, verb, CLR_SET_UPS + foreach_current_index(lc), class);

		tests = lappend(tests, up->optional ? clr_rowtest_or_null(key, test) : test);
	}
	return tests;
}

/* A test, which counts where a column is not null. */
Expr *
clr_rowtest_or_null(Expr *column, Expr *test)
{
	return makeBoolExpr(OR_EXPR, list_make2(clr_rowtest_null(column, IS_NULL), test), -1);
}

Expr *
clr_rowtest_null(Expr *column, NullTestType type)
{
	NullTest *test = makeNode(NullTest);

	test->arg = copyObject(column);
	test->nulltesttype = type;
	test->location = -1;
	return (Expr *) test;
}
