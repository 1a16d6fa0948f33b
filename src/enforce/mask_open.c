/*
 * mask_open.c
 *		Masked columns while a query runs.
 *
 * Plans read a masked column as CASE WHEN mask_open(...) THEN the column ELSE
 * its mask END (plan/mask.c). Whoever calls the function by hand learns what the
 * actor may see, which it may know.
 */
#include "compat.h"

#include "enforce/policy.h"
#include "guard/masked.h"
#include "rule/mask.h"
#include "rule/verdict.h"
#include "store/counters.h"

PG_FUNCTION_INFO_V1(clearance_mask_open);

/* Of its arguments, the first that is a column. */
#define FIRST_COLUMN 3

static bool opens(FunctionCallInfo fcinfo);
static void look_up_mask(FunctionCallInfo fcinfo, ClrPolicyCall *call);
pg_noreturn static void refuse(FunctionCallInfo fcinfo, const ClrPolicyCall *call);

/*
 * mask_open(binding, mask, how, columns…): may the actor read the column in this
 * row? `how` says about which rows, and what comes of a no: see guard/masked.h.
 */
Datum
clearance_mask_open(PG_FUNCTION_ARGS)
{
	if (opens(fcinfo))
		PG_RETURN_BOOL(true);
	if (PG_GETARG_INT32(2) & (CLR_MASK_REFUSES_FILTER | CLR_MASK_REFUSES_WRITE))
		refuse(fcinfo, fcinfo->flinfo->fn_extra);
	PG_RETURN_BOOL(false);
}

/* Where all rows of a project are alike, no more of the row is looked at. */
static bool
opens(FunctionCallInfo fcinfo)
{
	static const NullableDatum nothing = { 0, true };
	ClrPolicyCall *call = fcinfo->flinfo->fn_extra;
	ClrClass class;
	int slot;

	if (call == NULL || !call->is_of_query || call->answers == NULL)
	{
		call = clr_policy_call(fcinfo, FIRST_COLUMN);
		if (call->is_maintained)
			return true;
		if (call->answers == NULL)
			look_up_mask(fcinfo, call);
		return clr_mask_opens(call->answers, &call->row);
	}
	slot = call->binding->project_slot;
	class = clr_mask_class(call->answers,
						   slot == CLR_NO_SLOT ? &nothing : &fcinfo->args[FIRST_COLUMN + slot]);
	if (class == CLR_CLASS_NONE || class == CLR_CLASS_ALL)
		return class == CLR_CLASS_ALL;
	return clr_mask_opens_row(call->answers, &clr_policy_call(fcinfo, FIRST_COLUMN)->row, class);
}

static void
look_up_mask(FunctionCallInfo fcinfo, ClrPolicyCall *call)
{
	ListCell *lc;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("this function belongs to plans of protected tables")));
	foreach(lc, call->binding->masks)
	{
		call->mask = lfirst(lc);
		if (call->mask->id == PG_GETARG_INT32(1))
			break;
	}
	if (lc == NULL)
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE), clr_count(CLR_ERROR_STALE_PLAN),
						errmsg("a column of %s is not masked any more as it was planned",
							   clr_binding_name(call->binding)),
						errhint("Retry the statement.")));
	call->answers = clr_mask_answers(fcinfo->flinfo->fn_mcxt, call->judge, call->binding,
									 call->mask, (PG_GETARG_INT32(2) & CLR_MASK_SEEN) != 0);
}

static void
refuse(FunctionCallInfo fcinfo, const ClrPolicyCall *call)
{
	const ClrMask *mask = call->mask;
	bool writes = (PG_GETARG_INT32(2) & CLR_MASK_REFUSES_WRITE) != 0;

	ereport(
		ERROR,
		(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
		 errmsg("column \"%s\" of %s is masked for the actor: %s cannot use it", mask->column,
				clr_binding_name(call->binding), writes ? "an assignment" : "a condition"),
		 errdetail("Reading it needs %s.%s, which the actor does not hold on every row that the "
				   "statement looks at.",
				   mask->feature, mask->action),
		 errhint("Leave the column out of %s.", writes ? "what is assigned" : "conditions"),
		 clr_verdict_fields(call->binding->relid, CLR_MASKED, mask->column)));
}
