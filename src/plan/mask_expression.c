/*
 * mask_expression.c
 *		What is read in place of a masked column.
 *
 * Masks are kept as texts, which survive a dump, and name no column but their
 * own; mask_names.c has them follow what is renamed. They are evaluated as the
 * user who reads; they call nothing but immutable functions and operators of the
 * server's own, which nobody can have made. That is asked each time, since a cast may have been
 * made meanwhile. Domains are not checked: a mask is read, not stored, and their
 * conditions are somebody's code. Nor are there values of types that hold domains,
 * whose input does check them, already when a text is parsed.
 */
#include "plan/mask.h"

#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "store/writing.h"

PG_FUNCTION_INFO_V1(clearance_mask_text);

static Node *about(Node *node, void *var);
/* What makes an expression a statement, for the parser. */
#define SELECT_WORD "SELECT "

static void place_of_error(void *text);
static Node *parse_alone(const char *text);
static bool refuse_containers(Node *node, void *context);
static void refuse_container(Oid type);
static bool holds_domains(Oid type);
static void refuse_foreign(Node *expression, Form_pg_attribute column);
static bool is_foreign(Node *node, void *attnum);
static bool is_foreign_operator(const Node *node);
static bool is_foreign_function(Oid function, void *context);

/*
 * The mask in place of a reference: of its type, about the same row. Its names are looked
 * up as the table's owner, since who reads may have no access to their schemas.
 */
Node *
clr_mask_expression(const ClrMaskedTable *table, const ClrMask *mask, const Var *var)
{
	Relation relation;
	Node *expression;
	Oid user;
	int context;
	int path;

	if (mask->text == NULL)
		return (Node *) makeNullConst(var->vartype, var->vartypmod, var->varcollid);
	GetUserIdAndSecContext(&user,
						   &context); /* an error gives it back: AbortTransaction(), xact.c */
	relation = table_open(table->relid, AccessShareLock);
	SetUserIdAndSecContext(relation->rd_rel->relowner, context | SECURITY_LOCAL_USERID_CHANGE);
	table_close(relation, NoLock);
	path = clr_path_begin();
	expression = clr_mask_parse(table->relid, mask->text, var->varattno, NULL);
	clr_path_end(path);
	SetUserIdAndSecContext(user, context);
	return about(expression, (void *) var);
}

/* The expression with this reference in place of its own, and domains as the planner has those without conditions. */
static Node *
about(Node *node, void *var)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, CoerceToDomain))
	{
		const CoerceToDomain *domain = (CoerceToDomain *) node;

		return (Node *) makeRelabelType((Expr *) about((Node *) domain->arg, var),
										domain->resulttype, domain->resulttypmod,
										domain->resultcollid, domain->coercionformat);
	}
	return IsA(node, Var) ? copyObject(var) : expression_tree_mutator(node, about, var);
}

/*
 * mask_text(relation regclass, column name, mask text, written_as name) returns
 * text: see masks.sql.
 */
Datum
clearance_mask_text(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);
	Name column = PG_GETARG_NAME(1);
	AttrNumber attnum = get_attnum(relid, NameStr(*column));

	if (PG_ARGISNULL(2))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(
		clr_mask_deparse(relid,
						 clr_mask_parse(relid, text_to_cstring(PG_GETARG_TEXT_PP(2)), attnum,
										PG_ARGISNULL(3) ? NULL : NameStr(*PG_GETARG_NAME(3))))));
}

char *
clr_mask_deparse(Oid relid, Node *expression)
{
	int level = clr_writing_begin();
	char *written = deparse_expression(expression, deparse_context_for(get_rel_name(relid), relid),
									   false, false);

	clr_writing_end(level);
	return written;
}

/*
 * A text as an expression over a table, as entry 1, that can stand for the
 * column and runs nobody's code. `written_as`: what the text calls the column; NULL:
 * its name.
 */
Node *
clr_mask_parse(Oid relid, const char *text, AttrNumber attnum, const char *written_as)
{
	Relation relation = table_open(relid, AccessShareLock);
	TupleDesc desc = RelationGetDescr(relation);
	Form_pg_attribute column = TupleDescAttr(desc, attnum - 1);
	ParseState *state = make_parsestate(NULL);
	Alias *alias = makeAlias(RelationGetRelationName(relation), NIL);
	ParseNamespaceItem *item;
	ErrorContextCallback callback;
	Node *raw;
	Node *expression;
	Oid type;

	refuse_container(column->atttypid);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);

		/* dropped columns take no name (buildRelationAliases(), parse_relation.c) */
		if (!attr->attisdropped)
			alias->colnames =
				lappend(alias->colnames,
						makeString(pstrdup(attr->attnum == attnum && written_as != NULL ?
											   written_as :
											   NameStr(attr->attname))));
	}
	callback.callback = place_of_error;
	callback.arg = (void *) text;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	item = addRangeTableEntryForRelation(state, relation, AccessShareLock, alias, false, true);
	addNSItemToQuery(state, item, true, true, true);
	raw = parse_alone(text);
	(void) refuse_containers(raw, NULL);
	expression = transformExpr(state, raw, EXPR_KIND_CHECK_CONSTRAINT);
	type = exprType(expression);
	expression = coerce_to_target_type(state, expression, type, column->atttypid, column->atttypmod,
									   COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (expression == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the mask of column \"%s\" is of type %s", NameStr(column->attname),
							   format_type_be(type)),
						errdetail("The column is of type %s.", format_type_be(column->atttypid)),
						errhint("Add a cast.")));
	assign_expr_collations(state, expression);
	refuse_foreign(expression, column);
	error_context_stack = callback.previous;
	free_parsestate(state);
	table_close(relation, NoLock);
	return expression;
}

/* Errors point into the mask, not into the statement that is parsed or planned. */
static void
place_of_error(void *text)
{
	int position = geterrposition();

	errcontext("mask %s", (const char *) text);
	if (position <= 0)
		return;
	errposition(0);
	internalerrposition(position - (int) strlen(SELECT_WORD));
	internalerrquery(text);
}

/* A text that is one expression and nothing else. */
static Node *
parse_alone(const char *text)
{
	List *statements = raw_parser(psprintf(SELECT_WORD "%s", text), RAW_PARSE_DEFAULT);
	SelectStmt *given;
	SelectStmt *alone = makeNode(SelectStmt);

	if (list_length(statements) == 1 && IsA(linitial_node(RawStmt, statements)->stmt, SelectStmt))
	{
		given = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
		alone->targetList = given->targetList;
		alone->limitOption = given->limitOption;
		if (equal(given, alone) && list_length(given->targetList) == 1 &&
			linitial_node(ResTarget, given->targetList)->name == NULL)
			return linitial_node(ResTarget, given->targetList)->val;
	}
	ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("the mask is not one expression"),
					errhint("For example: mask => 'left(title, 3) || ''…'''.")));
}

/* Casts as they are written; a function's name may be a type's, too (func_get_detail(), parse_func.c). */
static bool
refuse_containers(Node *node, void *context)
{
	TypeName *name = NULL;
	Type type;

	if (node == NULL)
		return false;
	if (IsA(node, TypeCast))
		name = ((TypeCast *) node)->typeName;
	else if (IsA(node, FuncCall))
		name = makeTypeNameFromNameList(((FuncCall *) node)->funcname);
	type = name == NULL ? NULL : LookupTypeName(NULL, name, NULL, true);
	if (type != NULL)
	{
		refuse_container(typeTypeId(type));
		ReleaseSysCache(type);
	}
	return raw_expression_tree_walker(node, refuse_containers, context);
}

static void
refuse_container(Oid type)
{
	if (holds_domains(type))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a mask has no values of type %s", format_type_be(type)),
				 errdetail(
					 "It may hold values of domains, which code of their owners would check."),
				 errhint("Leave the mask out: the column reads as NULL.")));
}

/* Whether values within its values are of domains, or may be: composite types change. */
static bool
holds_domains(Oid type)
{
	Oid within;

	type = getBaseType(type);
	if (type_is_rowtype(type))
		return true;
	within = get_element_type(type);
	if (!OidIsValid(within))
		within = get_multirange_range(type);
	if (!OidIsValid(within))
		within = get_range_subtype(type);
	return OidIsValid(within) && (getBaseType(within) != within || holds_domains(within));
}

static void
refuse_foreign(Node *expression, Form_pg_attribute column)
{
	if (contain_mutable_functions(expression) || is_foreign(expression, &column->attnum))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the mask of column \"%s\" is not of constants, the column and immutable "
						"functions and operators of the server",
						NameStr(column->attname)),
				 errhint("For example: mask => 'left(title, 3) || ''…'''.")));
}

/*
 * Whether there is another column than this one, or a function that is not the server's own. Nor may
 * an operator be somebody's, whatever its function: the text knows it by name.
 */
static bool
is_foreign(Node *node, void *attnum)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) && ((Var *) node)->varattno != *(AttrNumber *) attnum)
		return true;
	return is_foreign_operator(node) || check_functions_in_node(node, is_foreign_function, NULL) ||
		   expression_tree_walker(node, is_foreign, attnum);
}

static bool
is_foreign_operator(const Node *node)
{
	ListCell *lc;

	switch (nodeTag(node))
	{
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr: /* of one structure (primnodes.h) */
			return ((const OpExpr *) node)->opno >= FirstNormalObjectId;
		case T_ScalarArrayOpExpr:
			return ((const ScalarArrayOpExpr *) node)->opno >= FirstNormalObjectId;
		case T_RowCompareExpr:
			foreach(lc, ((const RowCompareExpr *) node)->opnos)
				if (lfirst_oid(lc) >= FirstNormalObjectId)
					return true;
			return false;
		default:
			return false;
	}
}

static bool
is_foreign_function(Oid function, void *context)
{
	return function >= FirstNormalObjectId;
}
