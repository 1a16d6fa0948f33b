/*
 * write_check.c
 *		What a write needs beyond the action of its verb.
 *
 * A BEFORE trigger judges what the statement gives a new row, and what it
 * changes (update_check.c). It sorts before the application's own triggers, whose
 * changes are the application's logic and not the member's; the policies judge
 * the final row.
 *
 * Owner columns name the actor, unless it may change owners; assignee and
 * invitee columns ask for assign and invite, so that nobody grants itself a
 * relation. A new row cannot be born with what a guard would refuse later.
 * Statements that row security does not bind (superusers, foreign key actions)
 * are not judged here either.
 */
#include "enforce/write_check.h"

#include "executor/executor.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "enforce/owner.h"
#include "enforce/partition.h"
#include "enforce/refuse.h"
#include "frame/bound.h"
#include "guard/trigger.h"
#include "rule/created.h"
#include "rule/row.h"
#include "rule/rule.h"
#include "rule/write.h"
#include "store/counters.h"

PG_FUNCTION_INFO_V1(clearance_write_check);

static void judge_guarded_value(ClrFrame *frame, ClrBinding *binding, const ClrRow *row,
								const ClrGuard *guard, const char *value);
static ClrWriteCall *write_call(FunctionCallInfo fcinfo);
static HeapTuple check_insert(const ClrWriteCall *call);

/*
 * What a column of a new row gets where the statement gives nothing, in the
 * current context. False for a default that differs each time: to compute it once
 * more would tell nothing, and may use up a number of a sequence.
 */
bool
clr_write_default(Relation relation, const char *column, Datum *value, bool *isnull)
{
	int attnum = SPI_fnumber(RelationGetDescr(relation), column);
	Form_pg_attribute attr = TupleDescAttr(RelationGetDescr(relation), attnum - 1);
	Node *expression = build_column_default(relation, attnum);
	EState *estate;

	*value = (Datum) 0;
	*isnull = true;
	if (expression == NULL)
		return true;
	if (contain_volatile_functions(expression))
		return false;
	estate = CreateExecutorState();
	*value = ExecEvalExprSwitchContext(ExecPrepareExpr((Expr *) expression, estate),
									   GetPerTupleExprContext(estate), isnull);
	if (!*isnull)
		*value = datumCopy(*value, attr->attbyval, attr->attlen);
	FreeExecutorState(estate);
	return true;
}

/* Whether a value is that. */
static bool
is_default(Relation relation, const char *column, Datum value, bool isnull)
{
	int attnum = SPI_fnumber(RelationGetDescr(relation), column);
	Form_pg_attribute attr = TupleDescAttr(RelationGetDescr(relation), attnum - 1);
	bool default_null;
	Datum normal;

	return clr_write_default(relation, column, &normal, &default_null) &&
		   clr_write_same(attr, value, isnull, normal, default_null);
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
	ClrRow row = clr_binding_row(binding, desc, tuple);
	ListCell *lc;

	foreach(lc, binding->guards)
	{
		const ClrGuard *guard = lfirst(lc);
		int attnum = SPI_fnumber(desc, guard->column);
		bool isnull;
		Datum value;

		if (attnum <= 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), clr_count(CLR_ERROR_DECLARATION),
							errmsg("guarded column \"%s\" of %s does not exist", guard->column,
								   clr_binding_name(binding)),
							errhint("Use clearance.unprotect() and declare the table again.")));
		value = heap_getattr(tuple, attnum, desc, &isnull);
		if (is_default(named, guard->column, value, isnull))
			continue;
		judge_guarded_value(frame, binding, &row, guard,
							isnull ? NULL :
									 clr_value_text(getBaseType(
														TupleDescAttr(desc, attnum - 1)->atttypid),
													value));
	}
}

static void
judge_guarded_value(ClrFrame *frame, ClrBinding *binding, const ClrRow *row, const ClrGuard *guard,
					const char *value)
{
	ClrJudge *judge = clr_frame_judge(frame);
	ListCell *lc;

	foreach(lc, clr_write_needs_of_guards(binding, guard->column, false, value))
	{
		ClrNeed *need = lfirst(lc);
		ClrAction *asked = clr_write_asked_by(judge->scope, need);
		ClrAttempt attempt;
		ClrVerdict verdict = { 0 };

		if (clr_rule_permits_new(judge, binding, row, asked, &verdict))
			continue;
		clr_verdict_column(&verdict, need->column, asked);
		attempt = clr_refuse_attempt_new(binding, row);
		clr_refuse_write(frame, binding, CLR_NEW_ROW, &verdict, &attempt);
	}
}

/*
 * By what two values of a column are one: what equals by its type's default
 * equality (8.50 is 8.5), which the current user's statement computes like any
 * of its own; what looks the same where the type has none. Texts are compared
 * byte by byte, as the rule reads them: the collation is the type's, not the
 * column's, which may take different keys for one.
 */
TypeCacheEntry *
clr_write_equality(const FormData_pg_attribute *attr)
{
	return lookup_type_cache(getBaseType(attr->atttypid), TYPECACHE_EQ_OPR_FINFO);
}

/* Whether two values of a column are one by that. */
bool
clr_write_same(const FormData_pg_attribute *attr, Datum a, bool a_null, Datum b, bool b_null)
{
	return a_null == b_null && (a_null || datum_image_eq(a, b, attr->attbyval, attr->attlen) ||
								clr_write_equals(clr_write_equality(attr), a, b));
}

/* Whether two values that look different are. */
bool
clr_write_equals(const TypeCacheEntry *type, Datum a, Datum b)
{
	return OidIsValid(type->eq_opr_finfo.fn_oid) &&
		   DatumGetBool(
			   FunctionCall2Coll((FmgrInfo *) &type->eq_opr_finfo, type->typcollation, a, b));
}

/*
 * write_check(): BEFORE INSERT OR UPDATE FOR EACH ROW; its argument is the
 * binding's id.
 */
Datum
clearance_write_check(PG_FUNCTION_ARGS)
{
	ClrWriteCall *call = write_call(fcinfo);

	if (!TRIGGER_FIRED_BY_UPDATE(call->data->tg_event))
		return PointerGetDatum(check_insert(call));
	return PointerGetDatum(call->binds ? clr_update_check(call, fcinfo->flinfo->fn_mcxt) :
										 call->data->tg_newtuple);
}

/* What was looked up for the query's earlier rows, if it is of this one. */
static ClrWriteCall *
write_call(FunctionCallInfo fcinfo)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	ClrWriteCall *call = fcinfo->flinfo->fn_extra;
	ClrFrame *frame = clr_frame_current();

	if (call == NULL || !CALLED_AS_TRIGGER(fcinfo) || call->asked_by != data->tg_trigger ||
		call->frame_serial != frame->serial || call->user != GetUserId())
	{
		data = clr_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, false);
		call = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ClrWriteCall));
		call->frame_serial = frame->serial;
		call->asked_by = data->tg_trigger;
		call->user = GetUserId();
		call->frame = frame;
		call->binding = clr_judge_binding(clr_frame_judge(frame), clr_trigger_binding(data));
		call->binds = clr_bound(RelationGetRelid(data->tg_relation), InvalidOid) &&
					  !clr_frame_maintains(frame, call->binding->relid);
		fcinfo->flinfo->fn_extra = call;
	}
	call->data = data;
	return call;
}

static HeapTuple
check_insert(const ClrWriteCall *call)
{
	ClrFrame *frame = call->frame;
	ClrBinding *binding = call->binding;
	const TriggerData *trigger = call->data;
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
	if (binding->guards != NIL && call->binds)
		judge_guarded_values(frame, binding, trigger, tuple);
	return tuple;
}
