/*
 * mask_raw.c
 *		Masked columns that are read as they are.
 *
 * For an actor to whom a column is open in every row that it sees, a reference
 * stays what it was: nothing is asked for each row, and indexes serve. This is
 * done where the query sees no other rows: in statements that but read, which
 * neither lock rows nor may see newer ones, of tables whose policy stands in the
 * query. The plan is for whoever has such rights, as plans without a test are
 * (simplify.c), and is replaced when somebody else acts (replace.c). Which columns
 * it reads so is in its marks, too (guard/masked.c), which
 * workers have; each start asks again under its own snapshot.
 *
 * In doubt the reference is masked: that plan is good for everybody.
 */
#include "plan/mask.h"

#include "parser/parsetree.h"
#include "utils/lsyscache.h"

#include "guard/calls.h"
#include "plan/class.h"
#include "plan/simplify.h"
#include "rule/mask.h"

static bool judges_rows(const RangeTblEntry *entry, Index number, int32 binding);
static void check_mark(ClrFrame *frame, const RTEPermissionInfo *mark);
static bool may_start(ClrFrame *frame, const RTEPermissionInfo *mark);

/*
 * Whether the plan of a statement may be for a class of rights.
 */
bool
clr_mask_raw_is_for(const Query *statement)
{
	return statement->commandType == CMD_SELECT && !statement->hasModifyingCTE &&
		   clr_simplify_is_on();
}

/*
 * Choose what of a table, at a number in a query's range table, is read as it
 * is: only what the entry says that it reads.
 */
void
clr_mask_raw_choose(const Query *query, Index number, ClrMaskedTable *table)
{
	const RangeTblEntry *entry = rt_fetch(number, query->rtable);
	ClrJudge *judge;
	ClrBinding *binding;
	const RTEPermissionInfo *asked = clr_permissions_of(entry, clr_permissions_of_query(query));
	bool all;
	ListCell *lm;
	ListCell *la;

	if (query->commandType != CMD_SELECT || query->rowMarks != NIL || asked == NULL ||
		!judges_rows(entry, number, table->binding))
		return;
	judge = clr_frame_judge(clr_frame_current());
	binding = clr_judge_binding(judge, table->binding);
	all = clr_masked_reads(asked, InvalidAttrNumber);
	forboth(lm, table->declared->masks, la, table->attnums)
	{
		const ClrMask *mask = clr_binding_mask(binding, ((ClrMask *) lfirst(lm))->column);

		if (!clr_masked_reads(asked, lfirst_int(la)))
			continue;
		if (mask != NULL && clr_class_mark_column(judge, binding, mask))
			clr_masked_allow_raw(table, lfirst_int(la));
		else
			all = false;
	}
	if (all)
		clr_masked_allow_raw(table, InvalidAttrNumber);
}

/* Whether the policy for reading a table stands in the query, so that it gives but visible rows. */
static bool
judges_rows(const RangeTblEntry *entry, Index number, int32 binding)
{
	ListCell *lc;

	foreach(lc, entry->securityQuals)
	{
		const FuncExpr *call = lfirst(lc);
		const Const *id;
		const Var *column;

		if (clr_calls_of(lfirst(lc)) != CLR_CALL_VISIBLE)
			continue;
		id = linitial(call->args);
		column = lsecond(call->args);
		if (IsA(id, Const) && DatumGetInt32(id->constvalue) == binding && IsA(column, Var) &&
			column->varno == (int) number && column->varlevelsup == 0)
			return true;
	}
	return false;
}

/*
 * A query starts: may it read what its plan reads as it is?
 */
void
clr_mask_raw_check(ClrFrame *frame, const PlannedStmt *plan)
{
	ListCell *lc;

	foreach(lc, clr_permissions_of_plan(plan))
	{
		const RTEPermissionInfo *asked = lfirst(lc);

		if (asked->insertedCols != NULL && clr_masked_is_mark(asked))
			check_mark(frame, asked);
	}
}

static void
check_mark(ClrFrame *frame, const RTEPermissionInfo *mark)
{
	ClrCurrent previous = clr_frame_enter(frame);

	PG_TRY();
	{
		if (frame == NULL || !may_start(frame, mark))
			clr_class_refuse_plan(get_rel_name(mark->relid));
	}
	PG_FINALLY();
	{
		clr_frame_leave(previous);
	}
	PG_END_TRY();
}

static bool
may_start(ClrFrame *frame, const RTEPermissionInfo *mark)
{
	ClrJudge *judge = clr_frame_judge(frame);
	ClrBinding *binding = clr_judge_binding(judge, clr_binding_of_relation(mark->relid));
	ListCell *lc;

	foreach(lc, binding->masks)
	{
		const ClrMask *mask = lfirst(lc);

		if ((clr_masked_reads_raw(mark, InvalidAttrNumber) ||
			 clr_masked_reads_raw(mark, get_attnum(mark->relid, mask->column))) &&
			clr_mask_may_close(judge, binding, mask))
			return false;
	}
	return true;
}
