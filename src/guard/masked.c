/*
 * masked.c
 *		Masked columns in queries and plans: which they are, and which a rewrite
 *		has taken over.
 *
 * Whom row security binds, masks bind, and nobody else: but where the server
 * lifts row security for the owner of a table, to check foreign keys, masks
 * stay. Keys are never masked, and whatever runs within such a check need not be
 * the server's.
 *
 * Before a query runs, each masked column that it reads must have been taken
 * over by the rewrite (plan/mask.c), which moves the column's bit to a mark: an
 * entry of the range table that nothing scans, for which the server checks the
 * same privilege. Of sets of columns the server looks at those alone for which a
 * privilege is asked (ExecCheckOneRelPerms(), execMain.c). By the others a mark is
 * known: updatedCols holds zero, which no statement sets, and the columns whose
 * assignment the rewrite guards. insertedCols holds those that the plan reads as
 * they are; whether it may is asked whenever it starts (plan/mask_raw.c). So what the rewrite did not see, in a session
 * that had not loaded the library or by a road that it does not know, is an
 * error.
 *
 * State: `copying`, set and restored by the hook around utility statements;
 * `mask_open`, until functions or schemas change.
 */
#include "guard/masked.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "rule/mask.h"
#include "rule/verdict.h"
#include "store/catalog.h"
#include "store/counters.h"
#include "store/plans.h"

/* The server's offset of attribute numbers in sets of columns. */
#define BIT_OF(attnum) ((attnum) -FirstLowInvalidHeapAttributeNumber)
#define MARK BIT_OF(InvalidAttrNumber)

/* A table that COPY is about to read. */
static Oid copying = InvalidOid;

/* The function that plans ask; once found. */
static Oid mask_open = InvalidOid;

static void forget_function(Datum arg, int cache, uint32 hash);
static Form_pg_attribute
column_of(const ClrMaskedTable *table, Relation relation, const char *name);
static bool binds(Oid relid, Oid user);
static bool is_copied_as_query(const List *permissions);
static bool is_open(const ClrMaskedTable *table, const RTEPermissionInfo *asked,
					const List *permissions, AttrNumber *attnum);

void
clr_masked_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, forget_function, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, forget_function, (Datum) 0);
}

/*
 * The masks of a table that a query names, or NULL if there are none for the
 * user, by default the current one. Lives in the context.
 */
ClrMaskedTable *
clr_masked_table(MemoryContext context, Oid relid, Oid checked_as)
{
	Oid user = OidIsValid(checked_as) ? checked_as : GetUserId();
	MemoryContext caller;
	ClrMaskedTable *table;
	Relation relation;
	int32 binding;
	ListCell *lc;

	/* first, who it is: superusers, as whom our own tables are read, are not to meet bad declarations */
	if (!OidIsValid(relid) || has_bypassrls_privilege(user))
		return NULL;
	binding = clr_binding_of_relation(relid);
	if (binding == 0 || !clr_binding_is_masked(binding) || !binds(relid, user))
		return NULL;
	caller = MemoryContextSwitchTo(context);
	table = palloc0(sizeof(ClrMaskedTable));
	table->relid = relid;
	table->binding = binding;
	table->declared = clr_binding_borrow(context, binding);
	relation = table_open(relid, NoLock); /* the query has locked it */
	foreach(lc, table->declared->masks)
		table->attnums =
			lappend_int(table->attnums,
						column_of(table, relation, ((ClrMask *) lfirst(lc))->column)->attnum);
	table_close(relation, NoLock);
	MemoryContextSwitchTo(caller);
	return table;
}

/* A column of the table that a declaration names. */
static Form_pg_attribute
column_of(const ClrMaskedTable *table, Relation relation, const char *name)
{
	TupleDesc desc = RelationGetDescr(relation);

	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped &&
			strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0)
			return TupleDescAttr(desc, i);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), clr_count(CLR_ERROR_DECLARATION),
					errmsg("column \"%s\" of masked table %s does not exist", name,
						   clr_binding_name(table->declared)),
					errhint("Use clearance.unprotect() and declare the table again.")));
}

/* The bound columns of the table, as it has them: Vars to copy, once found. */
List *
clr_masked_bound(ClrMaskedTable *table)
{
	const ClrBinding *declared = table->declared;
	Relation relation;

	if (table->bound != NIL)
		return table->bound;
	relation = table_open(table->relid, NoLock);
	for (int i = 0; i < declared->ncolumns; i++)
	{
		Form_pg_attribute column = column_of(table, relation, declared->columns[i].name);

		table->bound = lappend(table->bound, makeVar(1, column->attnum, column->atttypid,
													 column->atttypmod, column->attcollation, 0));
	}
	table_close(relation, NoLock);
	return table->bound;
}

/*
 * The tables of a query by their place in its range table, from zero; NULL: nothing is
 * masked. With room for a mark of each.
 */
ClrMaskedTable **
clr_masked_tables(MemoryContext context, const Query *query)
{
	ClrMaskedTable **tables =
		MemoryContextAllocZero(context,
							   sizeof(ClrMaskedTable *) * (2 * list_length(query->rtable) + 1));
	ListCell *lc;

	foreach(lc, query->rtable)
	{
		const RangeTblEntry *entry = lfirst_node(RangeTblEntry, lc);
		const RTEPermissionInfo *asked = clr_permissions_of(entry, clr_permissions_of_query(query));

		if (entry->rtekind == RTE_RELATION)
			tables[foreach_current_index(lc)] =
				clr_masked_table(context, entry->relid,
								 asked != NULL ? asked->checkAsUser : InvalidOid);
	}
	return tables;
}

/*
 * Whether row security binds a user without BYPASSRLS outside of foreign key
 * checks and of what we read as a table's owner, see check_enable_rls() (rls.c).
 */
static bool
binds(Oid relid, Oid user)
{
	HeapTuple tuple;
	bool forced;

	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	if (!HeapTupleIsValid(tuple))
		return true;
	forced = ((Form_pg_class) GETSTRUCT(tuple))->relforcerowsecurity;
	ReleaseSysCache(tuple);
	return (forced && !clr_catalog_owner_reads()) ||
		   !object_ownercheck(RelationRelationId, relid, user);
}

/* The mask of an attribute of the table, or NULL. */
const ClrMask *
clr_masked_column(const ClrMaskedTable *table, AttrNumber attnum)
{
	ListCell *lm;
	ListCell *la;

	forboth(lm, table->declared->masks, la, table->attnums)
		if (lfirst_int(la) == attnum)
			return lfirst(lm);
	return NULL;
}

/* Of a set of columns, the masked ones, and the whole row. */
Bitmapset *
clr_masked_bits(const ClrMaskedTable *table, const Bitmapset *columns)
{
	Bitmapset *masked = bms_make_singleton(BIT_OF(InvalidAttrNumber));
	ListCell *lc;

	foreach(lc, table->attnums)
		masked = bms_add_member(masked, BIT_OF(lfirst_int(lc)));
	return bms_int_members(masked, columns);
}

/*
 * The rewrite has taken over what an entry of a query reads and writes of masked
 * columns: if there is any, a mark is added.
 */
void
clr_masked_take_over(const ClrMaskedTable *table, Query *query, Index number)
{
	const RangeTblEntry *entry = rt_fetch(number, query->rtable);
	RTEPermissionInfo *asked = clr_permissions_of(entry, clr_permissions_of_query(query));
	Bitmapset *read = asked != NULL ? clr_masked_bits(table, asked->selectedCols) : NULL;
	Bitmapset *written = asked != NULL ? clr_masked_bits(table, asked->updatedCols) : NULL;
	RangeTblEntry *mark;
	RTEPermissionInfo *marked;

	if (bms_is_empty(read) && bms_is_empty(written))
		return;
	asked->selectedCols = bms_difference(asked->selectedCols, read);
	mark = makeNode(RangeTblEntry);
	mark->rtekind = RTE_RELATION;
	mark->relid = entry->relid;
	mark->relkind = entry->relkind;
	mark->rellockmode = AccessShareLock;
	mark->eref = entry->eref; /* which is only read */
	marked = clr_permissions_add(query, mark);
	marked->checkAsUser = asked->checkAsUser;
	/* an empty set would ask for any column's privilege */
	marked->requiredPerms = bms_is_empty(read) ? 0 : asked->requiredPerms & ACL_SELECT;
	marked->selectedCols = read;
	marked->insertedCols = table->raw;
	marked->updatedCols = bms_add_member(written, MARK);
}

bool
clr_masked_is_mark(const RTEPermissionInfo *asked)
{
	return OidIsValid(asked->relid) && bms_is_member(MARK, asked->updatedCols) &&
		   (asked->requiredPerms & ~ACL_SELECT) == 0;
}

/* An attribute, or zero for the whole row, is read as it is. */
void
clr_masked_allow_raw(ClrMaskedTable *table, AttrNumber attnum)
{
	table->raw = bms_add_member(table->raw, BIT_OF(attnum));
}

bool
clr_masked_is_raw(const ClrMaskedTable *table, AttrNumber attnum)
{
	return bms_is_member(BIT_OF(attnum), table->raw);
}

/* Whether a mark says so. */
bool
clr_masked_reads_raw(const RTEPermissionInfo *mark, AttrNumber attnum)
{
	return mark->insertedCols != NULL && bms_is_member(BIT_OF(attnum), mark->insertedCols) &&
		   clr_masked_is_mark(mark);
}

/*
 * Refuse what reads or writes a masked column that was not taken over: by an
 * error, or by false.
 */
bool
clr_masked_check_tables(List *permissions, bool ereport_on_violation)
{
	bool refuses_filters;
	ListCell *lc;

	/* our own tables have none, and to look for some is a query of ours */
	if (clr_catalog_is_reading() || !clr_binding_any_masked(&refuses_filters) ||
		is_copied_as_query(permissions))
		return true;
	foreach(lc, permissions)
	{
		const RTEPermissionInfo *asked = lfirst(lc);
		ClrMaskedTable *table;
		AttrNumber attnum;

		if (asked->requiredPerms == 0 || clr_masked_is_mark(asked))
			continue;
		table = clr_masked_table(CurrentMemoryContext, asked->relid, asked->checkAsUser);
		if (table == NULL || !is_open(table, asked, permissions, &attnum))
			continue;
		if (!ereport_on_violation)
			return false;
		clr_masked_refuse(table, attnum);
	}
	return true;
}

/* Whether a masked column that is asked for, or the whole row, was not taken over; sets it. */
static bool
is_open(const ClrMaskedTable *table, const RTEPermissionInfo *asked, const List *permissions,
		AttrNumber *attnum)
{
	Bitmapset *open = clr_masked_bits(table, asked->selectedCols);
	Bitmapset *written = clr_masked_bits(table, asked->updatedCols);
	ListCell *lc;
	int bit;

	foreach(lc, permissions)
	{
		const RTEPermissionInfo *mark = lfirst(lc);

		if (bms_is_empty(written))
			break;
		if (clr_masked_is_mark(mark) && mark->relid == asked->relid &&
			mark->checkAsUser == asked->checkAsUser)
			written = bms_del_members(written, mark->updatedCols);
	}
	open = bms_add_members(open, written);
	bit = bms_next_member(open, -1);
	*attnum = bit + FirstLowInvalidHeapAttributeNumber;
	return bit >= 0;
}

void
clr_masked_refuse(const ClrMaskedTable *table, AttrNumber attnum)
{
	const ClrMask *mask = attnum == InvalidAttrNumber ? linitial(table->declared->masks) :
														clr_masked_column(table, attnum);

	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("column \"%s\" of %s is masked, and this statement cannot mask it",
					mask->column, clr_binding_name(table->declared)),
			 errdetail("It reads or writes the column, or the whole row, in a way that is not "
					   "masked."),
			 errhint("Leave the column out. If the library is not preloaded, add pg_clearance to "
					 "shared_preload_libraries or session_preload_libraries."),
			 clr_verdict_fields(table->declared->relid, CLR_CANNOT_MASK, mask->column)));
}

/*
 * How many values a column has, and how they spread, is in a plan's estimates.
 */
void
clr_masked_check_explained(List *permissions, ClrJudge *judge)
{
	ListCell *lc;
	ListCell *lm;

	foreach(lc, permissions)
	{
		const RTEPermissionInfo *mark = lfirst(lc);
		ClrBinding *binding;

		if (!clr_masked_is_mark(mark))
			continue;
		binding = clr_judge_binding(judge, clr_binding_of_relation(mark->relid));
		foreach(lm, binding->masks)
		{
			const ClrMask *mask = lfirst(lm);

			if (clr_masked_reads(mark, get_attnum(mark->relid, mask->column)) &&
				clr_mask_may_close(judge, binding, mask))
				ereport(ERROR,
						(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						 errmsg("EXPLAIN of column \"%s\" of %s, which may be masked, is not "
								"permitted to the actor",
								mask->column, clr_binding_name(binding)),
						 errdetail("Plans tell of values that the actor may not read."),
						 errhint("A superuser may allow it by clearance.external_explain."),
						 clr_verdict_fields(binding->relid, CLR_MASKED, mask->column)));
		}
	}
}

/* Whether a column is asked for, or for the whole row. */
bool
clr_masked_reads(const RTEPermissionInfo *asked, AttrNumber attnum)
{
	return bms_is_member(BIT_OF(attnum), asked->selectedCols) ||
		   bms_is_member(BIT_OF(InvalidAttrNumber), asked->selectedCols);
}

/* ---------- COPY ---------- */

/*
 * A utility statement (or NULL) begins: COPY of a table to somewhere? Returns
 * what to restore.
 */
Oid
clr_masked_copy(Node *statement)
{
	Oid previous = copying;

	copying = InvalidOid;
	if (statement != NULL && IsA(statement, CopyStmt) && !((CopyStmt *) statement)->is_from &&
		((CopyStmt *) statement)->relation != NULL)
		copying = RangeVarGetRelid(((CopyStmt *) statement)->relation, NoLock, true);
	return previous;
}

void
clr_masked_copied(Oid previous)
{
	copying = previous;
}

/*
 * COPY checks the table's own entry first, and where row security binds the
 * user goes on with a query, which is rewritten and checked (DoCopy(), copy.c).
 */
static bool
is_copied_as_query(const List *permissions)
{
	Oid table = copying;

	copying = InvalidOid;
	return OidIsValid(table) && list_length(permissions) == 1 &&
		   ((const RTEPermissionInfo *) linitial(permissions))->relid == table &&
		   check_enable_rls(table, InvalidOid, true) == RLS_ENABLED;
}

/* ---------- the function ---------- */

/* mask_open(), as plans call it; invalid in a database without the extension. */
Oid
clr_masked_function(void)
{
	static const Oid argtypes[] = { INT4OID, INT4OID, INT4OID, ANYOID };

	if (!OidIsValid(mask_open))
		mask_open = LookupFuncName(list_make2(makeString("clearance"), makeString("mask_open")), 4,
								   argtypes, true);
	return mask_open;
}

static void
forget_function(Datum arg, int cache, uint32 hash)
{
	if (!clr_plans_are_told())
		mask_open = InvalidOid;
}
