/*
 * mask_walk.c
 *		Looks for references to masked columns, in its own way.
 *
 * After the rewrite there is none but in the shape that the rewrite gives it,
 * where it is told whether the row is open, in what only judges rows, and where a
 * mark has the plan's start ask for the column (mask_raw.c).
 * Everything is looked at that the server's own walker knows of a query, so that
 * a place that the rewrite does not know is an error.
 */
#include "plan/mask.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "frame/frame.h"
#include "guard/seal.h"

/* Where the walk is: a query within those around it. */
typedef struct Place
{
	struct Place *up;
	Query *query;
	ClrMaskedTable **tables; /* see clr_masked_tables() */
	bool only_finds;		 /* true for the first reference, instead of an error */
} Place;

static bool walk_query(Query *query, ClrMaskedTable **tables, Place *up);
static bool walk_entry(const RangeTblEntry *entry, const ClrMaskedTable *table, Place *place);
static bool walk_policy(Node *qual, Place *place);
static bool walk_row_checks(Query *query, Place *place);
static bool walk_assignments(List *targets, Place *place);
static bool walk(Node *node, void *place);
static bool walk_var(const Var *var, Place *place);
static bool is_raw(const Var *var, const RangeTblEntry *entry, const Query *query);
static bool walk_chosen(const CaseExpr *chosen, const Var *column, Place *place);
static bool names_another(Node *node, void *column);
static bool is_reference(const Node *node, const Var *column);
static bool asks_whether_open(const CaseExpr *chosen, Place *place, int refuses, Var *column);
static bool is_integer(const Node *node, int32 value);
static bool passes_row(const List *args, const Var *first, ClrMaskedTable *table);
static const Place *place_of(const Var *var, const Place *place);
static bool found(const ClrMaskedTable *table, AttrNumber attnum, const Place *place);

/* Errors if there is a reference that is not masked. tables: see clr_masked_tables(). */
void
clr_mask_walk(Query *query, ClrMaskedTable **tables)
{
	(void) walk_query(query, tables, NULL);
}

/* Whether a query names masked columns. */
bool
clr_mask_names_masked(Query *query, ClrMaskedTable **tables)
{
	return walk_query(query, tables, &(Place){ .only_finds = true });
}

static bool
walk_query(Query *query, ClrMaskedTable **tables, Place *up)
{
	Place place = { up, query, tables, up != NULL && up->only_finds };
	OnConflictExpr *conflict = query->onConflict;
	List *checks = query->withCheckOptions;
	List *listed = conflict != NULL ? conflict->exclRelTlist : NIL;
	bool any = false;
	ListCell *lc;

	check_stack_depth();
	if (tables == NULL)
		place.tables = clr_masked_tables(clr_frame_current()->judge.context, query);
	foreach(lc, query->rtable)
		any |= walk_entry(lfirst_node(RangeTblEntry, lc), place.tables[foreach_current_index(lc)],
						  &place);
	any |= walk_row_checks(query, &place);
	if (query->commandType == CMD_UPDATE)
		any |= walk_assignments(query->targetList, &place);
	if (conflict != NULL)
		any |= walk_assignments(conflict->onConflictSet, &place);
	foreach(lc, query->mergeActionList)
		if (lfirst_node(MergeAction, lc)->commandType == CMD_UPDATE)
			any |= walk_assignments(lfirst_node(MergeAction, lc)->targetList, &place);

	/* what only judges, and what the executor finds EXCLUDED's columns by */
	query->withCheckOptions = NIL;
	if (conflict != NULL)
		conflict->exclRelTlist = NIL;
	any |= query_tree_walker(query, walk, &place, QTW_IGNORE_RANGE_TABLE);
	query->withCheckOptions = checks;
	if (conflict != NULL)
		conflict->exclRelTlist = listed;
	return any;
}

/* An entry: what is in it, what it asks for, and what judges its rows. */
static bool
walk_entry(const RangeTblEntry *entry, const ClrMaskedTable *table, Place *place)
{
	RangeTblEntry copy = *entry;
	const RTEPermissionInfo *asked =
		clr_permissions_of(entry, clr_permissions_of_query(place->query));
	bool any;
	ListCell *lc;

	copy.securityQuals = NIL;
	if (place->only_finds && entry->rtekind == RTE_JOIN)
		copy.joinaliasvars = list_truncate(list_copy(entry->joinaliasvars), entry->joinmergedcols);
	any = range_table_walker(list_make1(&copy), walk, place, 0);
	foreach(lc, entry->securityQuals)
		any |= walk_policy(lfirst(lc), place);
	if (table != NULL && asked != NULL && !clr_masked_is_mark(asked) &&
		!bms_is_empty(clr_masked_bits(table, asked->selectedCols)))
		any |= found(table, InvalidAttrNumber, place);
	return any;
}

/* Ours read columns as they are. The server joins what permissive policies say by OR (rowsecurity.c). */
static bool
walk_policy(Node *qual, Place *place)
{
	bool any = false;
	ListCell *lc;

	if (clr_seal_is_policy(qual))
		return false;
	if (!IsA(qual, BoolExpr))
		return walk(qual, place);
	foreach(lc, ((BoolExpr *) qual)->args)
		any |= walk_policy(lfirst(lc), place);
	return any;
}

/* Checks of policies judge what is written; those of views are the user's conditions. */
static bool
walk_row_checks(Query *query, Place *place)
{
	bool any = false;
	ListCell *lc;

	foreach(lc, query->withCheckOptions)
	{
		WithCheckOption *check = lfirst_node(WithCheckOption, lc);

		if (check->kind == WCO_VIEW_CHECK)
			any |= walk(check->qual, place);
	}
	return any;
}

/* Each masked column is assigned in the shape that asks whether it is open, and fails if it is not. */
static bool
walk_assignments(List *targets, Place *place)
{
	const ClrMaskedTable *table = place->tables[place->query->resultRelation - 1];
	ListCell *lc;

	foreach(lc, table != NULL ? targets : NIL)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, lc);
		Var column;

		if (clr_masked_column(table, entry->resno) == NULL)
			continue;
		if (!IsA(entry->expr, CaseExpr) ||
			!asks_whether_open((CaseExpr *) entry->expr, place, CLR_MASK_REFUSES_WRITE, &column) ||
			(int) column.varno != place->query->resultRelation || column.varlevelsup != 0 ||
			column.varattno != entry->resno)
			return found(table, entry->resno, place);
	}
	return false;
}

static bool
walk(Node *node, void *context)
{
	Place *place = context;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return walk_query((Query *) node, NULL, place);
	if (IsA(node, Var))
		return walk_var((Var *) node, place);
	if (IsA(node, CaseExpr) && !place->only_finds)
	{
		CaseExpr *chosen = (CaseExpr *) node;
		Var column;

		if (asks_whether_open(chosen, place, 0, &column))
			return walk_chosen(chosen, &column, place);
	}
	return expression_tree_walker(node, walk, context);
}

static bool
walk_var(const Var *var, Place *place)
{
	const Place *of = place_of(var, place);
	const RangeTblEntry *entry;
	const ClrMaskedTable *table;

	if (of == NULL)
		return false; /* of a query around the part that is looked at */
	entry = rt_fetch(var->varno, of->query->rtable);
	table = of->tables[var->varno - 1];
	/* what a join lists, but merged columns, is named by whole rows of it alone */
	if (entry->rtekind == RTE_JOIN && place->only_finds)
		return var->varattno < 1 || var->varattno > entry->joinmergedcols;
	if (table == NULL ||
		(var->varattno != InvalidAttrNumber && clr_masked_column(table, var->varattno) == NULL))
		return false;
	return is_raw(var, entry, of->query) ? false : found(table, var->varattno, place);
}

/* Whether a column, of rows that are but read, is marked as read as it is. */
static bool
is_raw(const Var *var, const RangeTblEntry *entry, const Query *query)
{
	List *permissions = clr_permissions_of_query(query);
	const RTEPermissionInfo *asked = clr_permissions_of(entry, permissions);
	ListCell *lc;

	if (query->commandType != CMD_SELECT || query->rowMarks != NIL || asked == NULL)
		return false;
	foreach(lc, permissions)
	{
		const RTEPermissionInfo *mark = lfirst(lc);

		if (mark->relid == asked->relid && mark->checkAsUser == asked->checkAsUser &&
			clr_masked_reads_raw(mark, var->varattno))
			return true;
	}
	return false;
}

/* What is chosen where a column is open, which may be the column itself, and where it is not. */
static bool
walk_chosen(const CaseExpr *chosen, const Var *column, Place *place)
{
	Node *open = (Node *) linitial_node(CaseWhen, chosen->args)->result;

	if (!is_reference(open, column))
		return walk(open, place) || walk((Node *) chosen->defresult, place);
	return names_another((Node *) chosen->defresult, (void *) column) &&
		   walk((Node *) chosen->defresult, place);
}

/* A mask may name its own column, and nothing else of the query. */
static bool
names_another(Node *node, void *column)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
		return !is_reference(node, column);
	return IsA(node, Query) || expression_tree_walker(node, names_another, column);
}

static bool
is_reference(const Node *node, const Var *column)
{
	const Var *var = (const Var *) node;

	return IsA(node, Var) && clr_is_same_row(var, column) && var->varattno == column->varattno;
}

/*
 * Whether an expression asks first whether a masked column of a row is open, of
 * the row that the column is in, in the way that the rewrite does; and whether
 * a no is an error, if it must be. Sets the column.
 */
static bool
asks_whether_open(const CaseExpr *chosen, Place *place, int refuses, Var *column)
{
	const CaseWhen *open = linitial_node(CaseWhen, chosen->args);
	const FuncExpr *call = (const FuncExpr *) open->expr;
	ClrMaskedTable *table;
	const Var *first;
	ListCell *lm;
	ListCell *la;

	if (chosen->arg != NULL || list_length(chosen->args) != 1 || !IsA(call, FuncExpr) ||
		call->funcid != clr_masked_function() || list_length(call->args) < 4 ||
		!IsA(lfourth(call->args), Var))
		return false;
	first = lfourth(call->args);
	table = place_of(first, place)->tables[first->varno - 1];
	if (table == NULL || !is_integer(linitial(call->args), table->binding) ||
		!passes_row(list_copy_tail(call->args, 3), first, table) ||
		!IsA(lthird(call->args), Const) ||
		(DatumGetInt32(lthird_node(Const, call->args)->constvalue) & refuses) != refuses)
		return false;
	*column = *first;
	forboth(lm, table->declared->masks, la, table->attnums)
		if (is_integer(lsecond(call->args), ((ClrMask *) lfirst(lm))->id))
		{
			column->varattno = lfirst_int(la);
			return true;
		}
	return false;
}

static bool
is_integer(const Node *node, int32 value)
{
	const Const *constant = (const Const *) node;

	return IsA(node, Const) && constant->consttype == INT4OID && !constant->constisnull &&
		   DatumGetInt32(constant->constvalue) == value;
}

/* Whether arguments are the bound columns of a table, all of the row that the first is of, but for masked ones. */
static bool
passes_row(const List *args, const Var *first, ClrMaskedTable *table)
{
	List *bound = clr_masked_bound(table);
	ListCell *lc;
	ListCell *lb;

	if (list_length(args) != list_length(bound))
		return false;
	forboth(lc, args, lb, bound)
	{
		Var expected = *first;

		expected.varattno = lfirst_node(Var, lb)->varattno;
		if (clr_masked_column(table, expected.varattno) != NULL ?
				!IsA(lfirst(lc), Const) :
				!is_reference(lfirst(lc), &expected))
			return false;
	}
	return true;
}

/* The query that a reference is to a table of; NULL if that is around all that is looked at. */
static const Place *
place_of(const Var *var, const Place *place)
{
	for (Index up = var->varlevelsup; up > 0 && place != NULL; up--)
		place = place->up;
	return place != NULL && place->query != NULL ? place : NULL;
}

/* A reference was found: the answer, or an error. */
static bool
found(const ClrMaskedTable *table, AttrNumber attnum, const Place *place)
{
	if (!place->only_finds)
		clr_masked_refuse(table, attnum);
	return true;
}
