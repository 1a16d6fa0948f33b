/*
 * write_check.c
 *		What a write needs beyond the action of its verb.
 *
 * An UPDATE needs the actions of exactly the columns that it changes, on the
 * row before and after: a policy sees only one of the two, so a BEFORE trigger
 * judges what the statement changed. It sorts before the application's own
 * triggers, whose changes are the application's logic and not the member's;
 * the policies judge the final row.
 *
 * Owner columns name the actor, unless it may change owners; assignee and
 * invitee columns ask for assign and invite, so that nobody grants itself a
 * relation. A new row cannot be born with what a guard would refuse later.
 * Statements that row security does not bind (superusers, foreign key actions)
 * are not judged here either.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/typcache.h"

#include "enforce/owner.h"
#include "enforce/partition.h"
#include "enforce/refuse.h"
#include "guard/trigger.h"
#include "rule/created.h"
#include "rule/row.h"
#include "rule/rule.h"
#include "rule/state.h"
#include "rule/write.h"

PG_FUNCTION_INFO_V1(clearance_write_check);

static HeapTuple check_update(ClrFrame *frame, ClrBinding *binding, TriggerData *trigger);
static HeapTuple check_insert(ClrFrame *frame, ClrBinding *binding, TriggerData *trigger);
static bool is_same(Form_pg_attribute attr, Datum a, Datum b);

/*
 * Whether a value is what a column of a new row gets where the statement gives
 * none. A default that differs each time is no value: to compute it once more
 * would tell nothing, and may use up a number of a sequence.
 */
static bool
is_default(Relation relation, const char *column, Datum value, bool isnull)
{
	int attnum = SPI_fnumber(RelationGetDescr(relation), column);
	Form_pg_attribute attr = TupleDescAttr(RelationGetDescr(relation), attnum - 1);
	Node *expression = build_column_default(relation, attnum);
	EState *estate;
	bool default_null;
	Datum normal;
	bool same;

	if (expression == NULL)
		return isnull;
	if (contain_volatile_functions(expression))
		return false;
	estate = CreateExecutorState();
	normal = ExecEvalExprSwitchContext(ExecPrepareExpr((Expr *) expression, estate),
									   GetPerTupleExprContext(estate), &default_null);
	same = isnull == default_null && (isnull || is_same(attr, value, normal));
	FreeExecutorState(estate);
	return same;
}

/*
 * A new row that is born with a guarded value (approved, frozen), which may be
 * NULL, needs the action that would give it the value later, unless that is the
 * default.
 */
static void
judge_guarded_values(ClrFrame *frame, ClrBinding *binding, const TriggerData *trigger,
					 HeapTuple tuple)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	Relation named = clr_partition_named(frame, trigger);
	ClrJudge *judge = clr_frame_judge(frame);
	ClrRow row = clr_binding_row(binding, desc, tuple);
	ListCell *lg;
	ListCell *ln;

	foreach(lg, binding->guards)
	{
		const ClrGuard *guard = lfirst(lg);
		int attnum = SPI_fnumber(desc, guard->column);
		Form_pg_attribute attr;
		bool isnull;
		Datum value;

		if (attnum <= 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("guarded column \"%s\" of %s does not exist", guard->column,
								   binding->relation_name),
							errhint("Use clearance.unprotect() and declare the table again.")));
		value = heap_getattr(tuple, attnum, desc, &isnull);
		if (is_default(named, guard->column, value, isnull))
			continue;
		attr = TupleDescAttr(desc, attnum - 1);
		foreach(ln, clr_write_needs_of_guards(binding, guard->column, false,
											  isnull ? NULL :
													   clr_value_text(getBaseType(attr->atttypid),
																	  value)))
		{
			ClrNeed *need = lfirst(ln);
			ClrAction *asked = clr_write_asked_by(judge->scope, need);
			ClrVerdict verdict = { 0 };

			if (clr_rule_permits_new(judge, binding, &row, asked, &verdict))
				continue;
			clr_verdict_column(&verdict, need->column, asked);
			clr_refuse_write(frame, binding, CLR_NEW_ROW, &verdict);
		}
	}
}

/*
 * Whether two values of a column are one: what equals by its type's default
 * equality (8.50 is 8.5), which the current user's statement computes like any
 * of its own; what looks the same where the type has none. Texts are compared
 * byte by byte, as the rule reads them: the collation is the type's, not the
 * column's, which may take different keys for one.
 */
static bool
is_same(Form_pg_attribute attr, Datum a, Datum b)
{
	TypeCacheEntry *type;

	if (datum_image_eq(a, b, attr->attbyval, attr->attlen))
		return true;
	type = lookup_type_cache(getBaseType(attr->atttypid), TYPECACHE_EQ_OPR_FINFO);
	return OidIsValid(type->eq_opr_finfo.fn_oid) &&
		   DatumGetBool(FunctionCall2Coll(&type->eq_opr_finfo, type->typcollation, a, b));
}

static void
judge_change(ClrFrame *frame, ClrBinding *binding, const ClrRow *old, const ClrRow *new,
			 const ClrNeed *need)
{
	ClrJudge *judge = clr_frame_judge(frame);
	ClrAction *asked = clr_write_asked_by(judge->scope, need);
	ClrVerdict verdict = { 0 };
	bool was = clr_rule_permits(judge, binding, old, asked, &verdict);

	if (was && clr_rule_permits(judge, binding, new, asked, &verdict))
		return;
	if (need->column != NULL)
		clr_verdict_column(&verdict, need->column, asked);
	clr_refuse_write(frame, binding, was ? CLR_ROW_CHANGED : CLR_ROW_WAS, &verdict);
}

/* The state of the row as it was, or as it becomes, asks for this. */
static void
judge_state(ClrFrame *frame, ClrBinding *binding, const ClrRow *old, const ClrRow *new,
			const ClrRowGuard *guard)
{
	ClrJudge *judge = clr_frame_judge(frame);
	ClrVerdict verdict = { 0 };

	if (!clr_state_permits(judge, binding, old, guard, CLR_EDIT, &verdict))
		clr_refuse_write(frame, binding, CLR_ROW_WAS, &verdict);
	if (!clr_state_permits(judge, binding, new, guard, CLR_EDIT, &verdict))
		clr_refuse_write(frame, binding, CLR_ROW_CHANGED, &verdict);
}

/*
 * Members follow a row for themselves: the change adds or removes only the
 * actor.
 */
static void
judge_following(ClrFrame *frame, ClrBinding *binding, const char *name, const ClrRow *old,
				const ClrRow *new)
{
	ClrJudge *judge = clr_frame_judge(frame);
	ClrVerdict verdict = { 0 };

	if (!clr_rule_permits_following(judge, binding, old, &verdict))
		clr_refuse_write(frame, binding, CLR_ROW_WAS, &verdict);
	(void) clr_verdict_refuse(&verdict, CLR_FOLLOWS_OTHERS, name);
	for (int slot = 0; slot < binding->ncolumns; slot++)
		if (strcmp(binding->columns[slot].name, name) == 0 &&
			!clr_write_only_me_changes(judge->scope, &binding->columns[slot], old->nulls[slot],
									   old->values[slot], new->nulls[slot], new->values[slot]))
			clr_refuse_write(frame, binding, CLR_ROW_CHANGED, &verdict);
}

/*
 * Each column that the statement changes needs its actions, on the row as it
 * was and as it becomes.
 */
static void
judge_update(ClrFrame *frame, ClrBinding *binding, TupleDesc desc, HeapTuple old, HeapTuple new)
{
	ClrRow old_row = clr_binding_row(binding, desc, old);
	ClrRow new_row = clr_binding_row(binding, desc, new);
	List *was = clr_state_guards(binding, &old_row);
	List *becomes = clr_state_guards_of_new(binding, &new_row);
	List *needed = NIL;
	List *held = NIL;
	ListCell *lc;

	for (int attnum = 1; attnum <= desc->natts; attnum++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, attnum - 1);
		bool old_null;
		bool new_null;
		Datum old_value;
		Datum new_value;
		List *needs;

		/* generated columns are computed after BEFORE triggers */
		if (attr->attisdropped || attr->attgenerated != '\0')
			continue;
		old_value = heap_getattr(old, attnum, desc, &old_null);
		new_value = heap_getattr(new, attnum, desc, &new_null);
		if (old_null == new_null && (old_null || is_same(attr, old_value, new_value)))
			continue;

		needs = clr_write_needs_of_column(binding, NameStr(attr->attname), false,
										  new_null ? NULL :
													 clr_value_text(getBaseType(attr->atttypid),
																	new_value));
		held = clr_state_hold(held, binding, was, NameStr(attr->attname));
		held = clr_state_hold(held, binding, becomes, NameStr(attr->attname));
		if (needs == NIL)
			needs = list_make1(NULL);
		foreach(lc, needs)
		{
			ClrNeed *need = lfirst(lc);

			if (need == NULL)
				needed =
					clr_write_add_need(needed, binding->feature, binding->actions[CLR_EDIT], NULL);
			else if (need->feature == NULL)
				judge_following(frame, binding, NameStr(attr->attname), &old_row, &new_row);
			else
				needed = clr_write_add_need(needed, need->feature, need->action, need->column);
		}
	}
	foreach(lc, needed)
		judge_change(frame, binding, &old_row, &new_row, lfirst(lc));
	foreach(lc, held)
		judge_state(frame, binding, &old_row, &new_row, lfirst(lc));
}

/*
 * write_check(): BEFORE INSERT OR UPDATE FOR EACH ROW; its argument is the
 * binding's id.
 */
Datum
clearance_write_check(PG_FUNCTION_ARGS)
{
	TriggerData *trigger =
		clr_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, false);
	ClrFrame *frame = clr_frame_current();
	ClrBinding *binding = clr_judge_binding(&frame->judge, clr_trigger_binding(trigger));

	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		return PointerGetDatum(check_update(frame, binding, trigger));
	return PointerGetDatum(check_insert(frame, binding, trigger));
}

/* Whether row security binds the user. */
static bool
binds(Relation relation)
{
	return check_enable_rls(RelationGetRelid(relation), InvalidOid, true) == RLS_ENABLED;
}

static HeapTuple
check_update(ClrFrame *frame, ClrBinding *binding, TriggerData *trigger)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	HeapTuple tuple = trigger->tg_newtuple;

	if (binds(trigger->tg_relation))
	{
		tuple = clr_owner_keep(frame, binding, desc, trigger->tg_trigtuple, tuple);
		judge_update(frame, binding, desc, trigger->tg_trigtuple, tuple);
	}
	return tuple;
}

static HeapTuple
check_insert(ClrFrame *frame, ClrBinding *binding, TriggerData *trigger)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	HeapTuple tuple = trigger->tg_trigtuple;

	if (clr_frame_judge(frame)->scope->no_standing != NULL)
		return tuple; /* the policies refuse it, if they bind the user */
	if (clr_partition_is_move(frame, trigger))
		return tuple; /* it was judged as an update */
	tuple = clr_owner_fill(frame, binding, desc, tuple);
	if (strcmp(binding->feature, "project") == 0)
	{
		ClrRow row = clr_binding_row(binding, desc, tuple);

		clr_created_announce(clr_frame_judge(frame), binding, &row);
	}
	if (binding->guards != NIL && binds(trigger->tg_relation))
		judge_guarded_values(frame, binding, trigger, tuple);
	return tuple;
}
