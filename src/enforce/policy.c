/*
 * policy.c
 *		The functions that the policies of protected tables call.
 *
 * Each takes the binding and the bound columns, in the order of
 * clearance.binding.columns. They are complete on their own: a policy needs
 * nothing but them to be right. visible, editable and deletable answer;
 * creatable and edited, which judge new rows, raise an error that says why, and so
 * does refused, of rows that are there.
 *
 * What a call looks up is kept in fn_extra for the frame that it ran in; an
 * expression that outlives its frame (PL/pgSQL keeps some) looks it up again.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/primnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "enforce/policy.h"
#include "enforce/refuse.h"
#include "rule/write.h"
#include "frame/frame.h"
#include "guard/secrecy.h"
#include "rule/binding.h"
#include "rule/parent.h"
#include "rule/rule.h"
#include "store/counters.h"

static bool judge_new(ClrPolicyCall *call, ClrWritePermits permits, ClrHalf half);
static bool permits_present(ClrPolicyCall *call, int verb, List *assigned, ClrVerdict *verdict);
static List *names_of(ArrayType *array);
static const char *key_before(ClrPolicyCall *call);
static void check_columns(FunctionCallInfo fcinfo, int first, const ClrBinding *binding);

PG_FUNCTION_INFO_V1(clearance_visible);
PG_FUNCTION_INFO_V1(clearance_creatable);
PG_FUNCTION_INFO_V1(clearance_editable);
PG_FUNCTION_INFO_V1(clearance_edited);
PG_FUNCTION_INFO_V1(clearance_deletable);
PG_FUNCTION_INFO_V1(clearance_permitted);
PG_FUNCTION_INFO_V1(clearance_refused);

/* visible(binding, columns…): SELECT may see the row. */
Datum
clearance_visible(PG_FUNCTION_ARGS)
{
	ClrPolicyCall *call = clr_policy_call(fcinfo, 1);

	PG_RETURN_BOOL(call->is_maintained ||
				   clr_rule_permits_verb(call->judge, call->binding, &call->row, CLR_VIEW, NULL));
}

/* creatable(binding, columns…): INSERT may add the row, or an error. */
Datum
clearance_creatable(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(judge_new(clr_policy_call(fcinfo, 1), clr_write_permits_insert, CLR_NEW_ROW));
}

/* editable(binding, columns…): UPDATE may touch the row as it was. */
Datum
clearance_editable(PG_FUNCTION_ARGS)
{
	ClrPolicyCall *call = clr_policy_call(fcinfo, 1);

	PG_RETURN_BOOL(call->is_maintained ||
				   clr_write_permits_update(call->judge, call->binding, &call->row, NULL));
}

/* edited(binding, columns…): UPDATE may leave the row like this, or an error. */
Datum
clearance_edited(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(
		judge_new(clr_policy_call(fcinfo, 1), clr_write_permits_update, CLR_ROW_CHANGED));
}

/* deletable(binding, columns…): DELETE may remove the row. */
Datum
clearance_deletable(PG_FUNCTION_ARGS)
{
	ClrPolicyCall *call = clr_policy_call(fcinfo, 1);

	PG_RETURN_BOOL(call->is_maintained || clr_write_permits_verb(call->judge, call->binding,
																 &call->row, CLR_DELETE, NULL));
}

/*
 * permitted(binding, verb, columns…): what visible, editable and deletable say,
 * where a plan has split them (simplify.c).
 */
Datum
clearance_permitted(PG_FUNCTION_ARGS)
{
	ClrPolicyCall *call = clr_policy_call(fcinfo, 2);
	int verb = PG_ARGISNULL(1) ? -1 : PG_GETARG_INT32(1);

	if (verb != CLR_VIEW && verb != CLR_EDIT && verb != CLR_DELETE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("this function belongs to plans of protected tables")));
	PG_RETURN_BOOL(call->is_maintained ||
				   clr_write_permits_verb(call->judge, call->binding, &call->row, verb, NULL));
}

/*
 * refused(binding, verb, assigned, columns…): the error for a row that the actor sees, and
 * that a statement may not change, or delete. It never returns (plan/refused.c): about
 * other rows it says nothing.
 */
Datum
clearance_refused(PG_FUNCTION_ARGS)
{
	ClrPolicyCall *call = clr_policy_call(fcinfo, 3);
	int verb = PG_ARGISNULL(1) ? -1 : PG_GETARG_INT32(1);
	List *assigned = PG_ARGISNULL(2) ? NIL : names_of(PG_GETARG_ARRAYTYPE_P(2));
	ClrVerdict verdict = { 0 };
	ClrAttempt attempt = { .relation = call->binding->relid };

	if ((verb != CLR_EDIT && verb != CLR_DELETE) ||
		!clr_rule_permits_verb(call->judge, call->binding, &call->row, CLR_VIEW, NULL) ||
		permits_present(call, verb, assigned, &verdict))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("this function belongs to plans of protected tables")));
	if (call->binding->key_slot != CLR_NO_SLOT)
		attempt.key = clr_binding_value_text(call->binding, &call->row, call->binding->key_slot);
	clr_refuse_write(call->frame, call->binding, verb == CLR_EDIT ? CLR_ROW_WAS : CLR_ROW_DELETED,
					 &verdict, attempt.key != NULL ? &attempt : NULL);
}

static bool
permits_present(ClrPolicyCall *call, int verb, List *assigned, ClrVerdict *verdict)
{
	if (clr_write_permits_verb(call->judge, call->binding, &call->row, verb, NULL))
		return true;
	if (verb == CLR_EDIT)
		clr_write_refuse_columns(call->judge, call->binding, &call->row, assigned, verdict);
	else
		(void) clr_write_permits_verb(call->judge, call->binding, &call->row, verb, verdict);
	return false;
}

static List *
names_of(ArrayType *array)
{
	List *names = NIL;
	Datum *elems;
	bool *nulls;
	int n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elems, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (!nulls[i])
			names = lappend(names, TextDatumGetCString(elems[i]));
	return names;
}

/* True, or an error that says why not. */
static bool
judge_new(ClrPolicyCall *call, ClrWritePermits permits, ClrHalf half)
{
	ClrVerdict verdict = { 0 };
	ClrAttempt attempt;

	if (call->is_maintained || permits(call->judge, call->binding, &call->row, &verdict))
		return true;
	attempt = clr_refuse_attempt_new(call->binding, &call->row);
	if (half == CLR_ROW_CHANGED)
		attempt.key = key_before(call);
	clr_refuse_write(call->frame, call->binding, half, &verdict,
					 half == CLR_NEW_ROW || attempt.key != NULL ? &attempt : NULL);
}

/*
 * The key of the row that an UPDATE changes, to ask about that; NULL: one cannot. Which columns
 * it changes is not known here. Where each is as good as any other, one may ask as if it were all,
 * unless the key is another one, by which no row is found.
 */
static const char *
key_before(ClrPolicyCall *call)
{
	ClrBinding *binding = call->binding;
	const ClrColumn *column;
	ClrKey key;

	if (binding->key_slot == CLR_NO_SLOT || call->row.nulls[binding->key_slot] ||
		clr_write_needs(binding) != NIL || binding->namings != NIL || binding->row_guards != NIL ||
		binding->masks != NIL)
		return NULL;
	column = &binding->columns[binding->key_slot];
	clr_key_from_datum(call->row.values[binding->key_slot], column->key_class, column->type, &key);
	if (clr_parent_project(clr_parent_rows(call->judge, binding, NULL), &key) == NULL)
		return NULL;
	return clr_binding_value_text(binding, &call->row, binding->key_slot);
}

/* The columns are the arguments from `first` on. */
ClrPolicyCall *
clr_policy_call(FunctionCallInfo fcinfo, int first)
{
	ClrPolicyCall *call = fcinfo->flinfo->fn_extra;

	if (call == NULL || !(call->is_of_query || call->frame_serial == clr_frame_current()->serial))
	{
		ClrFrame *of_query = clr_frame_of_call(fcinfo->flinfo);
		ClrFrame *frame = of_query != NULL ? of_query : clr_frame_current();
		ClrBinding *binding;

		if (PG_ARGISNULL(0))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the binding is null")));
		if (frame->estate == NULL)
			clr_secrecy_check_asked(frame);
		binding = clr_judge_binding(clr_frame_judge(frame), PG_GETARG_INT32(0));
		check_columns(fcinfo, first, binding);
		call = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt,
									  sizeof(ClrPolicyCall) +
										  binding->ncolumns * (sizeof(Datum) + sizeof(bool)));
		call->row.values = (Datum *) (call + 1);
		call->row.nulls = (bool *) (call->row.values + binding->ncolumns);
		call->is_of_query = of_query != NULL;
		call->frame_serial = frame->serial;
		call->frame = frame;
		call->judge = clr_frame_judge(frame);
		call->binding = binding;
		call->is_maintained = clr_frame_maintains(frame, binding->relid);
		fcinfo->flinfo->fn_extra = call;
	}
	for (int i = 0; i < call->binding->ncolumns; i++)
	{
		call->row.values[i] = PG_GETARG_DATUM(first + i);
		call->row.nulls[i] = PG_ARGISNULL(first + i);
	}
	return call;
}

/*
 * The arguments are what the binding says its policies pass.
 */
static void
check_columns(FunctionCallInfo fcinfo, int first, const ClrBinding *binding)
{
	const FuncExpr *call = (const FuncExpr *) fcinfo->flinfo->fn_expr;
	bool fits = call != NULL && IsA(call, FuncExpr) && !call->funcvariadic &&
				list_length(call->args) == binding->ncolumns + first;

	for (int i = 0; fits && i < binding->ncolumns; i++)
		fits = clr_binding_has_type(binding, i, exprType(list_nth(call->args, first + i)));
	if (!fits)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), clr_count(CLR_ERROR_UNSEALED),
				 errmsg("policies of table %s do not fit its declaration",
						clr_binding_name(binding)),
				 errhint("Run clearance.repair('%s').", clr_binding_name(binding))));
}
