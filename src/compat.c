/*
 * compat.c
 *		What of PostgreSQL majors takes more than a name, see compat.h.
 */
#include "compat.h"

#include "access/generic_xlog.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "parser/parse_relation.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* ---------- queries ---------- */

/* What a query groups by, which its other expressions refer to as columns of this entry; or NULL. */
List **
clr_group_expressions(RangeTblEntry *entry)
{
#if PG_VERSION_NUM >= 180000
	return entry->rtekind == RTE_GROUP ? &entry->groupexprs : NULL;
#else
	return NULL;
#endif
}

/* What MERGE joins by, apart from its FROM; or NULL. */
Node **
clr_merge_condition(Query *query)
{
#if PG_VERSION_NUM >= 170000
	return &query->mergeJoinCondition;
#else
	return NULL;
#endif
}

/* Another column of the row that a reference is to: also of OLD or NEW, and as an outer join leaves it. */
Var *
clr_var_beside(const Var *var, const Var *column)
{
	Var *beside = makeVar(var->varno, column->varattno, column->vartype, column->vartypmod,
						  column->varcollid, var->varlevelsup);

#if PG_VERSION_NUM >= 160000
	beside->varnullingrels = bms_copy(var->varnullingrels);
#endif
#if PG_VERSION_NUM >= 180000
	beside->varreturningtype = var->varreturningtype;
#endif
	return beside;
}

/* Whether two references are to the same row. */
bool
clr_is_same_row(const Var *var, const Var *other)
{
#if PG_VERSION_NUM >= 160000
	if (!bms_equal(var->varnullingrels, other->varnullingrels))
		return false;
#endif
#if PG_VERSION_NUM >= 180000
	if (var->varreturningtype != other->varreturningtype)
		return false;
#endif
	return var->varno == other->varno && var->varlevelsup == other->varlevelsup;
}

/* Whether a reference is to OLD or NEW, which there need not be. */
bool
clr_may_lack_row(const Var *var)
{
#if PG_VERSION_NUM >= 180000
	return var->varreturningtype != VAR_RETURNING_DEFAULT;
#else
	return false;
#endif
}

/* ---------- constraints ---------- */

/*
 * A copy of the row of a catalog that says that no value of a column is null, or NULL.
 * Where the server keeps a constraint for it, pg_attribute also says so while that is
 * not valid yet.
 */
HeapTuple
clr_not_null(Oid relid, AttrNumber column)
{
#if PG_VERSION_NUM >= 180000
	HeapTuple tuple = findNotNullConstraintAttnum(relid, column);

	if (HeapTupleIsValid(tuple) && !((Form_pg_constraint) GETSTRUCT(tuple))->convalidated)
		return NULL;
	return tuple;
#else
	HeapTuple tuple = SearchSysCacheCopy2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(column));

	return HeapTupleIsValid(tuple) && ((Form_pg_attribute) GETSTRUCT(tuple))->attnotnull ? tuple :
																						   NULL;
#endif
}

/* Whether a foreign key has each row looked for, by all its values. */
bool
clr_foreign_key_is_checked(const FormData_pg_constraint *key)
{
#if PG_VERSION_NUM >= 180000
	return key->conenforced && !key->conperiod;
#else
	return true;
#endif
}

/* ---------- what statements ask of tables ---------- */

/* All that a query asks: of RTEPermissionInfo, some of which may ask for nothing. */
List *
clr_permissions_of_query(const Query *query)
{
#if PG_VERSION_NUM >= 160000
	return query->rteperminfos;
#else
	return query->rtable;
#endif
}

List *
clr_permissions_of_plan(const PlannedStmt *plan)
{
#if PG_VERSION_NUM >= 160000
	return plan->permInfos;
#else
	return plan->rtable;
#endif
}

/* What an entry asks; NULL: nothing. */
RTEPermissionInfo *
clr_permissions_of(const RangeTblEntry *entry, List *permissions)
{
#if PG_VERSION_NUM >= 160000
	return entry->perminfoindex == 0 ?
			   NULL :
			   getRTEPermissionInfo(permissions, unconstify(RangeTblEntry *, entry));
#else
	return unconstify(RangeTblEntry *, entry);
#endif
}

/* An entry, which is added to a query, is to ask for something. */
RTEPermissionInfo *
clr_permissions_add(Query *query, RangeTblEntry *entry)
{
	query->rtable = lappend(query->rtable, entry);
#if PG_VERSION_NUM >= 160000
	return addRTEPermissionInfo(&query->rteperminfos, entry);
#else
	return entry;
#endif
}

/*
 * The user as whom a table of a plan is read, or invalid: the current one. Partitions
 * and children have what the table has in whose place they stand
 * (expand_single_inheritance_child(), inherit.c).
 */
Oid
clr_checked_as(const PlannedStmt *plan, Index number)
{
	const RangeTblEntry *entry = list_nth_node(RangeTblEntry, plan->rtable, number - 1);
#if PG_VERSION_NUM >= 160000
	ListCell *lc;

	if (entry->perminfoindex != 0)
		return clr_permissions_of(entry, plan->permInfos)->checkAsUser;
	foreach(lc, plan->appendRelations)
		if (lfirst_node(AppendRelInfo, lc)->child_relid == number)
			return clr_checked_as(plan, lfirst_node(AppendRelInfo, lc)->parent_relid);
	return InvalidOid;
#else
	return entry->checkAsUser;
#endif
}

/* ---------- heaps ---------- */

/*
 * Write a row, which nobody else sees, over the one that is in its place and as long.
 */
void
clr_heap_overwrite(Relation relation, HeapTuple tuple)
{
#if PG_VERSION_NUM >= 180000
	Buffer buffer = ReadBuffer(relation, ItemPointerGetBlockNumber(&tuple->t_self));
	GenericXLogState *change;
	Page page;
	ItemId item;
	HeapTupleHeader old;

	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	change = GenericXLogStart(relation);
	page = GenericXLogRegisterBuffer(change, buffer, 0);
	item = PageGetItemId(page, ItemPointerGetOffsetNumber(&tuple->t_self));
	old = (HeapTupleHeader) PageGetItem(page, item);
	if (ItemIdGetLength(item) != tuple->t_len || old->t_hoff != tuple->t_data->t_hoff)
		elog(ERROR, "row of relation %u is not as long as the one in its place",
			 RelationGetRelid(relation));
	memcpy((char *) old + old->t_hoff, (char *) tuple->t_data + old->t_hoff,
		   tuple->t_len - old->t_hoff);
	GenericXLogFinish(change);
	UnlockReleaseBuffer(buffer);
#else
	heap_inplace_update(relation, tuple);
#endif
}

/* The next version of a row of a table without indexes. */
void
clr_heap_update(Relation relation, ItemPointer place, HeapTuple tuple)
{
#if PG_VERSION_NUM >= 160000
	TU_UpdateIndexes indexes;

	simple_heap_update(relation, place, tuple, &indexes);
#else
	simple_heap_update(relation, place, tuple);
#endif
}

/* ---------- the search_path of a moment ---------- */

/*
 * From here on, names are those of the server's own objects. Returns what ends it; an
 * error ends it, too.
 */
int
clr_path_begin(void)
{
#if PG_VERSION_NUM >= 170000
	int begun = NewGUCNestLevel();

	RestrictSearchPath();
	return begun;
#else
	OverrideSearchPath path = { .addCatalog = true };

	PushOverrideSearchPath(&path);
	return 0;
#endif
}

void
clr_path_end(int begun)
{
#if PG_VERSION_NUM >= 170000
	AtEOXact_GUC(false, begun);
#else
	PopOverrideSearchPath();
#endif
}
