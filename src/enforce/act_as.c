/*
 * act_as.c
 *		Acting as somebody else to look, not to write.
 *
 * Who acts as somebody else writes only where that was asked for and allowed.
 * Otherwise each statement that would write a protected table, or one of the
 * extension's, is refused as it starts: by whatever function it is run, and
 * also for roles that row security does not bind. Keeps no state.
 */
#include "enforce/act_as.h"

#include "access/xact.h"
#include "catalog/heap.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/parsenodes.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "enforce/audit.h"
#include "enforce/refuse.h"
#include "frame/bound.h"
#include "frame/frame.h"
#include "guard/secrecy.h"
#include "rule/binding.h"
#include "rule/verdict.h"

PG_FUNCTION_INFO_V1(clearance_act_as);
PG_FUNCTION_INFO_V1(clearance_asker);

static List *truncated_tables(const TruncateStmt *statement);
static bool is_kept(Oid relid);
static void refuse(Oid relid);

/*
 * A query starts. Rows are locked to be written, too; what locks them for
 * foreign keys is not bound by row security.
 */
void
clr_act_as_check_start(const QueryDesc *query, int eflags)
{
	const PlannedStmt *plan = query->plannedstmt;
	ListCell *lc;

	if (!clr_frame_only_looks() || (eflags & EXEC_FLAG_EXPLAIN_ONLY))
		return;
	foreach(lc, plan->resultRelations)
	{
		Oid relid = rt_fetch(lfirst_int(lc), plan->rtable)->relid;

		if (is_kept(relid))
			refuse(relid);
	}
	foreach(lc, plan->rowMarks)
	{
		PlanRowMark *mark = lfirst_node(PlanRowMark, lc);
		RangeTblEntry *entry = rt_fetch(mark->rti, plan->rtable);

		if (RowMarkRequiresRowShareLock(mark->markType) && entry->rtekind == RTE_RELATION &&
			is_kept(entry->relid) && clr_bound(entry->relid, clr_checked_as(plan, mark->rti)))
			refuse(entry->relid);
	}
}

/* A utility command starts: COPY and TRUNCATE write without the executor. */
void
clr_act_as_check_utility(const Node *statement)
{
	List *tables = NIL;
	ListCell *lc;

	if (!clr_frame_only_looks())
		return;
	if (IsA(statement, CopyStmt) && ((const CopyStmt *) statement)->is_from)
		tables = list_make1_oid(
			RangeVarGetRelid(((const CopyStmt *) statement)->relation, NoLock, true));
	else if (IsA(statement, TruncateStmt))
		tables = truncated_tables((const TruncateStmt *) statement);
	foreach(lc, tables)
		if (is_kept(lfirst_oid(lc)))
			refuse(lfirst_oid(lc));
}

/*
 * The tables that TRUNCATE names, their children and partitions and, with CASCADE, all that refer
 * to them, however far (ExecuteTruncateGuts(), tablecmds.c).
 */
static List *
truncated_tables(const TruncateStmt *statement)
{
	List *tables = NIL;
	List *more;
	ListCell *lc;

	foreach(lc, statement->relations)
	{
		const RangeVar *name = lfirst_node(RangeVar, lc);
		Oid relid = RangeVarGetRelid(name, NoLock, true);

		if (OidIsValid(relid))
			tables = list_concat(tables, name->inh ? find_all_inheritors(relid, NoLock, NULL) :
													 list_make1_oid(relid));
	}
	while (statement->behavior == DROP_CASCADE && (more = heap_truncate_find_FKs(tables)) != NIL)
		tables = list_concat(tables, more);
	return tables;
}

/* Whether a table is protected, or one of the extension's own. */
static bool
is_kept(Oid relid)
{
	Oid namespace = get_rel_namespace(relid);

	return clr_binding_of_relation(relid) != 0 ||
		   namespace == get_namespace_oid("clearance", true) ||
		   namespace == get_namespace_oid("clearance_internal", true);
}

static void
refuse(Oid relid)
{
	const ClrVerdict verdict = { .code = CLR_ACTING_AS };

	clr_refuse_log(clr_frame_current(), relid, &verdict);
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("writing %s is not permitted", get_rel_name(relid)),
					errdetail("Who acts as somebody else only looks."),
					errhint("clearance.act_as(NULL) ends that. To write as that one, call "
							"clearance.act_as(…, write => true), which the account must allow."),
					clr_verdict_fields(relid, CLR_ACTING_AS, NULL)));
}

/* ---------- SQL ---------- */

/*
 * act_as(member bigint, by_name, write boolean): act as a member of the same
 * account until the transaction ends; NULL: as oneself again. Errors: no member
 * acts, or it may not.
 */
Datum
clearance_act_as(PG_FUNCTION_ARGS)
{
	ClrActing acting = { 0 };

	if (!PG_ARGISNULL(0))
	{
		ClrFrame *frame = clr_frame_current();

		(void) clr_frame_judge(frame);
		acting.asker =
			frame->identity.acting.target != 0 ? frame->identity.acting.asker : frame->actor.member;
		acting.target = PG_GETARG_INT64(0);
		acting.writes = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
		if (acting.asker == 0)
			ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
							errmsg("no member acts, who could act as somebody else"),
							errhint("Call clearance.set_actor() first, or map this login role to a "
									"member with clearance.map_role().")));
		if (acting.target <= 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
							errmsg("no member with id " INT64_FORMAT, acting.target),
							errhint("One acts as members of one's own account.")));
		if (!IsTransactionBlock())
			ereport(WARNING, (errcode(ERRCODE_NO_ACTIVE_SQL_TRANSACTION),
							  errmsg("one acts as somebody else for this statement only"),
							  errhint("Begin a transaction first.")));
	}
	clr_acting_set(&acting);
	if (acting.target != 0)
	{
		(void) clr_frame_judge(clr_frame_current()); /* may it? */
		clr_audit_acting(&acting);
	}
	PG_RETURN_VOID();
}

/*
 * asker(OUT member bigint, OUT writes boolean): who acts as somebody else in the
 * running statement, and whether to write; both NULL if nobody does.
 */
Datum
clearance_asker(PG_FUNCTION_ARGS)
{
	ClrFrame *frame = clr_frame_current();
	const ClrActing *acting = &frame->identity.acting;
	TupleDesc tupdesc;
	Datum values[] = { Int64GetDatum(acting->asker), BoolGetDatum(acting->writes) };
	bool nulls[] = { acting->target == 0, acting->target == 0 };

	(void) clr_frame_judge(frame); /* it may */
	clr_secrecy_check_asked(frame);
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}
