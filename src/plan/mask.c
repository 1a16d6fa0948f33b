/*
 * mask.c
 *		Masked columns, put in place of themselves before planning.
 *
 * Each reference to a masked column, at any level of the query, becomes
 *
 *		CASE WHEN mask_open(row) THEN column ELSE mask END
 *
 * and each whole row a row of such columns. Who acts is asked while the plan
 * runs, so a plan is good for everybody, but for what mask_raw.c leaves as it is
 * for whom nothing is masked. References, not tables: row marks,
 * system columns, samples and what the planner knows of a table stay as they
 * are. The queries of views and functions are levels of the query like others.
 *
 * Three things stay as they are: the policies of the table, which judge rows;
 * their checks of new rows; and what ON CONFLICT compares with unique indexes.
 * Assignments go the other way: an expression that is assigned to a masked
 * column, or that computes with one, is an error in a row that masks it, for
 * NULL would be written instead.
 *
 * What is done here is checked by mask_walk.c, which finds references in its own
 * way, and by the marks (guard/masked.c). The query is the planner's own copy
 * and is changed in place.
 */
#include "plan/mask.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "frame/frame.h"
#include "store/catalog.h"

/* A query being rewritten, within those around it. */
typedef struct Level
{
	struct Level *up;
	Query *query;
	ClrMaskedTable **tables; /* by number in the range table; NULL: nothing masked */
	int ntables;
	bool assigns; /* what is rewritten is assigned */
} Level;

typedef struct Rewrite
{
	Level *level;
	MemoryContext context; /* of what is known of tables */
	Oid mask_open;
	bool raw; /* the plan may be for a class of rights */
	ClrMaskDepends *depends;
} Rewrite;

static bool is_without_masks(const Query *query, ClrMaskedTable **tables);
static void rewrite_query(Query *query, ClrMaskedTable **tables, Rewrite *rewrite);
static void choose_raw(const Level *level);
static void rewrite_entry(RangeTblEntry *entry, Rewrite *rewrite);
static void rewrite_clauses(Query *query, Rewrite *rewrite);
static void rewrite_conflict(OnConflictExpr *conflict, Rewrite *rewrite);
static void *rewrite_as(void *node, Rewrite *rewrite, bool assigns);
static Node *rewrite_node(Node *node, void *rewrite);
static Node *rewrite_var(Var *var, Rewrite *rewrite);
static Node *masked_column(Level *level, ClrMaskedTable *table, const Var *var, const ClrMask *mask,
						   Rewrite *rewrite);
static Node *masked_row(Level *level, ClrMaskedTable *table, Var *var, Rewrite *rewrite);
static FuncExpr *open_call(Level *level, ClrMaskedTable *table, const Var *var, const ClrMask *mask,
						   const Rewrite *rewrite);
static List *guard_assignments(List *targets, Level *level, Rewrite *rewrite);
static bool is_written(const Level *level, const Var *var);
static bool is_excluded(const Level *level, const Var *var);
static Node *if_present(const Var *var, Node *present);
static bool may_be_absent(const Level *level, const Var *var);
static bool has_outer_join(Node *node);
static void take_over(Level *level);
static bool inlines_masked(Node *node, void *depends);

/*
 * Mask what a query reads of masked columns.
 */
void
clr_mask_rewrite(Query *query, ClrMaskDepends *depends)
{
	Rewrite rewrite = { .context = clr_frame_current()->judge.context, .depends = depends };
	ClrMaskedTable **tables;
	bool refuses_filters;

	if (clr_catalog_is_reading() || !clr_binding_any_masked(&refuses_filters))
		return;
	tables = clr_masked_tables(rewrite.context, query);
	if (is_without_masks(query, tables))
		return;
	(void) inlines_masked((Node *) query, depends);
	if (!clr_mask_names_masked(query, tables))
		return;
	if (refuses_filters)
		clr_mask_note_filters(query);
	rewrite.mask_open = clr_masked_function();
	rewrite.raw = clr_mask_raw_is_for(query);
	rewrite_query(query, tables, &rewrite);
	clr_mask_walk(query, tables);
}

/*
 * Whether it is seen at a glance that a query names no masked column: it consists of
 * tables, and columns of none are masked.
 */
static bool
is_without_masks(const Query *query, ClrMaskedTable **tables)
{
	ListCell *lc;

	if (query->hasSubLinks || query->cteList != NIL)
		return false;
	foreach(lc, query->rtable)
	{
		const RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);

		if ((entry->rtekind != RTE_RELATION && entry->rtekind != RTE_JOIN &&
			 entry->rtekind != RTE_RESULT) ||
			tables[foreach_current_index(lc)] != NULL)
			return false;
	}
	return true;
}

/* The plan is made anew when what was put into the query changes. */
void
clr_mask_depend(PlannedStmt *plan, const ClrMaskDepends *depends)
{
	plan->invalItems = list_concat(plan->invalItems, depends->items);
	plan->dependsOnRole = plan->dependsOnRole || depends->on_role;
}

/* tables: see clr_masked_tables(), or NULL. */
static void
rewrite_query(Query *query, ClrMaskedTable **tables, Rewrite *rewrite)
{
	Level level = { .up = rewrite->level, .query = query, .tables = tables };
	ListCell *lc;

	check_stack_depth();
	level.ntables = list_length(query->rtable);
	if (tables == NULL)
		level.tables = clr_masked_tables(rewrite->context, query);
	rewrite->level = &level;
	if (rewrite->raw)
		choose_raw(&level);
	foreach(lc, query->rtable)
		rewrite_entry(lfirst_node(RangeTblEntry, lc), rewrite);
	foreach(lc, query->cteList)
	{
		CommonTableExpr *with = lfirst_node(CommonTableExpr, lc);

		rewrite_query(castNode(Query, with->ctequery), NULL, rewrite);
	}
	rewrite_clauses(query, rewrite);
	take_over(&level);
	rewrite->level = level.up;
}

static void
choose_raw(const Level *level)
{
	for (int i = 0; i < level->ntables; i++)
		if (level->tables[i] != NULL)
			clr_mask_raw_choose(level->query, i + 1, level->tables[i]);
}

/* What is in an entry of the range table, but for policies. */
static void
rewrite_entry(RangeTblEntry *entry, Rewrite *rewrite)
{
	List **grouped = clr_group_expressions(entry);

	if (grouped != NULL)
		*grouped = rewrite_as(*grouped, rewrite, false);
	switch (entry->rtekind)
	{
		case RTE_RELATION:
			entry->tablesample = rewrite_as(entry->tablesample, rewrite, false);
			break;
		case RTE_SUBQUERY:
			rewrite_query(entry->subquery, NULL, rewrite);
			break;
		case RTE_JOIN:
			entry->joinaliasvars = rewrite_as(entry->joinaliasvars, rewrite, false);
			break;
		case RTE_FUNCTION:
			entry->functions = rewrite_as(entry->functions, rewrite, false);
			break;
		case RTE_TABLEFUNC:
			entry->tablefunc = rewrite_as(entry->tablefunc, rewrite, false);
			break;
		case RTE_VALUES:
			entry->values_lists = rewrite_as(entry->values_lists, rewrite, false);
			break;
		case RTE_CTE:
		case RTE_NAMEDTUPLESTORE:
		case RTE_RESULT:
		default:
			break;
	}
}

static void
rewrite_clauses(Query *query, Rewrite *rewrite)
{
	bool updates = query->commandType == CMD_UPDATE;
	Node **merge = clr_merge_condition(query);
	ListCell *lc;

	query->targetList = rewrite_as(query->targetList, rewrite, updates);
	if (updates)
		query->targetList = guard_assignments(query->targetList, rewrite->level, rewrite);
	foreach(lc, query->withCheckOptions)
	{
		WithCheckOption *check = lfirst_node(WithCheckOption, lc);

		if (check->kind == WCO_VIEW_CHECK)
			check->qual = rewrite_as(check->qual, rewrite, false);
	}
	if (query->onConflict != NULL)
		rewrite_conflict(query->onConflict, rewrite);
	if (merge != NULL)
		*merge = rewrite_as(*merge, rewrite, false);
	foreach(lc, query->mergeActionList)
	{
		MergeAction *action = lfirst_node(MergeAction, lc);

		action->qual = rewrite_as(action->qual, rewrite, false);
		if (action->commandType != CMD_UPDATE)
			action->targetList = rewrite_as(action->targetList, rewrite, false);
		else
			action->targetList = guard_assignments(rewrite_as(action->targetList, rewrite, true),
												   rewrite->level, rewrite);
	}
	query->returningList = rewrite_as(query->returningList, rewrite, false);
	query->jointree = rewrite_as(query->jointree, rewrite, false);
	query->havingQual = rewrite_as(query->havingQual, rewrite, false);
	query->limitOffset = rewrite_as(query->limitOffset, rewrite, false);
	query->limitCount = rewrite_as(query->limitCount, rewrite, false);
	foreach(lc, query->windowClause)
	{
		WindowClause *window = lfirst_node(WindowClause, lc);

		window->startOffset = rewrite_as(window->startOffset, rewrite, false);
		window->endOffset = rewrite_as(window->endOffset, rewrite, false);
	}
}

/* What tells the arbiter stays, and the list of what EXCLUDED could give. */
static void
rewrite_conflict(OnConflictExpr *conflict, Rewrite *rewrite)
{
	conflict->onConflictSet = guard_assignments(rewrite_as(conflict->onConflictSet, rewrite, true),
												rewrite->level, rewrite);
	conflict->onConflictWhere = rewrite_as(conflict->onConflictWhere, rewrite, false);
}

/* Rewrite; what is assigned must be open. */
static void *
rewrite_as(void *node, Rewrite *rewrite, bool assigns)
{
	rewrite->level->assigns = assigns;
	return rewrite_node(node, rewrite);
}

static Node *
rewrite_node(Node *node, void *rewrite)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
		return rewrite_var((Var *) node, rewrite);
	if (IsA(node, Query))
	{
		rewrite_query((Query *) node, NULL, rewrite);
		return node;
	}
	return expression_tree_mutator(node, rewrite_node, rewrite);
}

static Node *
rewrite_var(Var *var, Rewrite *rewrite)
{
	Level *level = rewrite->level;
	ClrMaskedTable *table;
	const ClrMask *mask;

	for (Index up = var->varlevelsup; up > 0; up--)
		level = level->up;
	table = level->tables[var->varno - 1];
	if (table == NULL || clr_masked_is_raw(table, var->varattno))
		return (Node *) var;
	if (var->varattno == InvalidAttrNumber)
		return masked_row(level, table, var, rewrite);
	mask = clr_masked_column(table, var->varattno);
	return mask != NULL ? masked_column(level, table, var, mask, rewrite) : (Node *) var;
}

static Node *
masked_column(Level *level, ClrMaskedTable *table, const Var *var, const ClrMask *mask,
			  Rewrite *rewrite)
{
	CaseExpr *chosen = makeNode(CaseExpr);
	CaseWhen *open = makeNode(CaseWhen);

	open->expr = (Expr *) open_call(level, table, var, mask, rewrite);
	open->result = copyObject((Expr *) var);
	open->location = -1;
	chosen->casetype = var->vartype;
	chosen->casecollid = var->varcollid;
	chosen->args = list_make1(open);
	chosen->defresult = (Expr *) clr_mask_expression(table, mask, var);
	chosen->location = -1;
	return mask->text != NULL && may_be_absent(level, var) ? if_present(var, (Node *) chosen) :
															 (Node *) chosen;
}

/* A whole row, with a type of its own: masked column by column. */
static Node *
masked_row(Level *level, ClrMaskedTable *table, Var *var, Rewrite *rewrite)
{
	Relation relation = table_open(table->relid, NoLock); /* the query has locked it */
	TupleDesc desc = RelationGetDescr(relation);
	RowExpr *row = makeNode(RowExpr);
	bool has_dropped = false;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		Var *column;

		/* dropped columns as the server writes them in rows, see expandTupleDesc() (parse_relation.c) */
		if (attr->attisdropped)
		{
			row->args = lappend(row->args, makeNullConst(INT4OID, -1, InvalidOid));
			has_dropped = true;
		}
		else
		{
			Var bare = { .varattno = attr->attnum,
						 .vartype = attr->atttypid,
						 .vartypmod = attr->atttypmod,
						 .varcollid = attr->attcollation };

			column = clr_var_beside(var, &bare);
			column->location = var->location;
			row->args = lappend(row->args, rewrite_var(column, rewrite));
		}
		row->colnames =
			lappend(row->colnames,
					makeString(attr->attisdropped ? "" : pstrdup(NameStr(attr->attname))));
	}
	table_close(relation, NoLock);
	row->row_typeid = var->vartype;
	row->row_format = COERCE_IMPLICIT_CAST;
	row->location = -1;
	/* the planner takes a row apart for IS NOT NULL, and dropped columns for columns */
	return may_be_absent(level, var) || (has_dropped && !is_excluded(level, var)) ?
			   if_present(var, (Node *) row) :
			   (Node *) row;
}

static Const *
integer_const(int32 value)
{
	return makeConst(INT4OID, -1, InvalidOid, sizeof(int32), Int32GetDatum(value), false, true);
}

/*
 * mask_open() for a column of a row: with all bound columns of the table.
 */
static FuncExpr *
open_call(Level *level, ClrMaskedTable *table, const Var *var, const ClrMask *mask,
		  const Rewrite *rewrite)
{
	int how = is_written(level, var) || is_excluded(level, var) ? 0 : CLR_MASK_SEEN;
	List *args;
	ListCell *lc;

	if (level->assigns)
		how |= CLR_MASK_REFUSES_WRITE;
	if (mask->refuses_filters && var->location == CLR_MASK_FILTERED)
		how |= CLR_MASK_REFUSES_FILTER;
	args = list_make3(integer_const(table->binding), integer_const(mask->id), integer_const(how));
	foreach(lc, clr_masked_bound(table))
	{
		const Var *bound = lfirst_node(Var, lc);

		/* masked columns are bound for their names alone: no row is judged by them */
		args = lappend(args, clr_masked_column(table, bound->varattno) != NULL ?
								 (Node *) makeNullConst(bound->vartype, bound->vartypmod,
														bound->varcollid) :
								 (Node *) clr_var_beside(var, bound));
	}
	return makeFuncExpr(rewrite->mask_open, BOOLOID, args, InvalidOid, InvalidOid,
						COERCE_EXPLICIT_CALL);
}

/*
 * A masked column is assigned in rows only that show it. Entries that assign
 * nothing have numbers beyond the table's (transformUpdateTargetList(), analyze.c).
 */
static List *
guard_assignments(List *targets, Level *level, Rewrite *rewrite)
{
	int target = level->query->resultRelation;
	ClrMaskedTable *table = level->tables[target - 1];
	ListCell *lc;

	foreach(lc, table != NULL ? targets : NIL)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);
		const ClrMask *mask = clr_masked_column(table, entry->resno);
		CaseExpr *chosen;
		CaseWhen *open;
		Var *column;

		if (mask == NULL)
			continue;
		column = makeVar(target, entry->resno, exprType((Node *) entry->expr),
						 exprTypmod((Node *) entry->expr), exprCollation((Node *) entry->expr), 0);
		level->assigns = true;
		open = makeNode(CaseWhen);
		open->expr = (Expr *) open_call(level, table, column, mask, rewrite);
		open->result = entry->expr;
		open->location = -1;
		chosen = makeNode(CaseExpr);
		chosen->casetype = column->vartype;
		chosen->casecollid = column->varcollid;
		chosen->args = list_make1(open);
		chosen->defresult =
			(Expr *) makeNullConst(column->vartype, column->vartypmod, column->varcollid);
		chosen->location = -1;
		entry->expr = (Expr *) chosen;
	}
	return targets;
}

static bool
is_written(const Level *level, const Var *var)
{
	return (int) var->varno == level->query->resultRelation;
}

static bool
is_excluded(const Level *level, const Var *var)
{
	return level->query->onConflict != NULL &&
		   (int) var->varno == level->query->onConflict->exclRelIndex;
}

static Node *
if_present(const Var *var, Node *present)
{
	CaseExpr *chosen = makeNode(CaseExpr);
	CaseWhen *there = makeNode(CaseWhen);
	NullTest *test = makeNode(NullTest);
	Var oid = { .varattno = TableOidAttributeNumber, .vartype = OIDOID, .vartypmod = -1 };

	test->arg = (Expr *) clr_var_beside(var, &oid);
	test->nulltesttype = IS_NOT_NULL;
	test->location = -1;
	there->expr = (Expr *) test;
	there->result = (Expr *) present;
	there->location = -1;
	chosen->casetype = var->vartype;
	chosen->casecollid = var->varcollid;
	chosen->args = list_make1(there);
	chosen->defresult = (Expr *) makeNullConst(var->vartype, var->vartypmod, var->varcollid);
	chosen->location = -1;
	return (Node *) chosen;
}

/* Whether there may be nulls in place of a row, by an outer join: then there is nothing to mask. */
static bool
may_be_absent(const Level *level, const Var *var)
{
	return clr_may_lack_row(var) || has_outer_join((Node *) level->query->jointree);
}

static bool
has_outer_join(Node *node)
{
	ListCell *lc;

	if (node == NULL || IsA(node, RangeTblRef))
		return false;
	if (IsA(node, JoinExpr))
	{
		JoinExpr *join = (JoinExpr *) node;

		return join->jointype != JOIN_INNER || has_outer_join(join->larg) ||
			   has_outer_join(join->rarg);
	}
	foreach(lc, castNode(FromExpr, node)->fromlist)
		if (has_outer_join(lfirst(lc)))
			return true;
	return false;
}

/* What the entries of a query ask for is asked for by marks from here on. */
static void
take_over(Level *level)
{
	for (int i = 0; i < level->ntables; i++)
		if (level->tables[i] != NULL)
			clr_masked_take_over(level->tables[i], level->query, i + 1);
}

/* ---------- functions in FROM ---------- */

/*
 * The planner puts the query of a function in LANGUAGE sql in the place of its
 * call (preprocess_function_rtes(), prepjointree.c), after it asked its hook.
 * Where that names a masked column it is done before.
 */
static bool
inlines_masked(Node *node, void *depends)
{
	Query *query = (Query *) node;
	ListCell *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, inlines_masked, depends);
	check_stack_depth();
	foreach(lc, query->rtable)
	{
		RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);
		RangeTblEntry call = *entry;
		PlannerInfo *root;
		Query *body;

		if (entry->rtekind != RTE_FUNCTION)
			continue;
		root = makeNode(PlannerInfo);
		root->glob = makeNode(PlannerGlobal);
		root->parse = query;
		call.functions = (List *) eval_const_expressions(root, (Node *) entry->functions);
		body = inline_set_returning_function(root, &call);
		if (body == NULL)
			continue;
		(void) inlines_masked((Node *) body, depends);
		if (!clr_mask_names_masked(body, NULL))
			continue;
		/* the function stays, for makeWholeRowVar() (makefuncs.c); setrefs.c clears it */
		entry->rtekind = RTE_SUBQUERY;
		entry->subquery = body;
		((ClrMaskDepends *) depends)->items =
			list_concat(((ClrMaskDepends *) depends)->items, root->glob->invalItems);
		((ClrMaskDepends *) depends)->on_role |= root->glob->dependsOnRole;
	}
	return query_tree_walker(query, inlines_masked, depends, 0);
}
