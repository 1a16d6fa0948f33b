/*
 * answer.c
 *		Questions about the rule, answered by the code that enforces it: can(),
 *		can_row(), verdict(), and into how many projects the actor has a way.
 *
 * Answers tell who asks no more than the refusal of a statement would. Keeps no
 * state.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "enforce/asked_row.h"
#include "frame/frame.h"
#include "guard/secrecy.h"
#include "rule/act.h"
#include "rule/binding.h"
#include "rule/mask.h"
#include "rule/rule.h"
#include "rule/write.h"
#include "scope/others.h"

PG_FUNCTION_INFO_V1(clearance_can);
PG_FUNCTION_INFO_V1(clearance_holds);
PG_FUNCTION_INFO_V1(clearance_can_row);
PG_FUNCTION_INFO_V1(clearance_verdict);
PG_FUNCTION_INFO_V1(clearance_column_masked);
PG_FUNCTION_INFO_V1(clearance_may_be_masked);
PG_FUNCTION_INFO_V1(clearance_ways_in);

static bool holds(FunctionCallInfo fcinfo, bool or_without_project);
static char *actions_text(const List *actions);
static bool can_row(FunctionCallInfo fcinfo, ClrVerdict *verdict);
static bool is_way_in(ClrScope *scope, ClrProject *project);
static void count_way_in(ClrScope *scope, ClrProject *project, int64 count, int64 *counts);

/*
 * can(action text, project app_key) returns boolean: an act without a row, for
 * the actor, in a project or (NULL) in the account, or where rows of the feature
 * have no project. 'feature.action'; errors if there is no such action.
 */
Datum
clearance_can(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(holds(fcinfo, true));
}

/*
 * holds(action text, project app_key) returns boolean: the same in a project or
 * the account as a whole. What administers asks this: rows without a project that
 * are the actor's own give it no rights in the account.
 */
Datum
clearance_holds(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(holds(fcinfo, false));
}

static bool
holds(FunctionCallInfo fcinfo, bool or_without_project)
{
	ClrFrame *frame = clr_frame_current();
	ClrScope *scope = clr_frame_judge(frame)->scope;
	ClrProject *project = scope->account_level;
	ClrAction *action;
	char *name;
	char *dot;

	clr_secrecy_check_asked(frame);
	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the action is null"),
						errhint("Name it as 'feature.action', for example 'task.create'.")));
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	dot = strchr(name, '.');
	if (dot == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("action \"%s\" has no feature", name),
						errhint("Name it as 'feature.action', for example 'task.create'.")));
	*dot = '\0';
	action = clr_scope_action(scope, name, dot + 1);

	if (scope->no_standing != NULL)
		return false;
	if (!PG_ARGISNULL(1))
	{
		ClrKey key;

		(void) clr_key_from_text(text_to_cstring(PG_GETARG_TEXT_PP(1)), CLR_KEY_TEXT, &key);
		project = clr_scope_project(scope, &key);
	}
	if (project != NULL && clr_act_permits(scope, project, action))
		return true;
	return or_without_project && PG_ARGISNULL(1) && clr_binding_may_lack_project(name) &&
		   clr_act_permits(scope, scope->without_project, action);
}

/*
 * can_row(action text, row record, relation regclass) returns boolean: may the
 * actor do the action, of the table's feature, to this row of a protected
 * table, or to one that has the same columns? NULL row: false. Errors: no row
 * of a protected table, unknown action.
 */
Datum
clearance_can_row(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(can_row(fcinfo, NULL));
}

/*
 * verdict(action text, row record, relation regclass) returns record: what
 * can_row() says, and what that was found on.
 */
Datum
clearance_verdict(PG_FUNCTION_ARGS)
{
	ClrJudge *judge = clr_frame_judge(clr_frame_current());
	ClrVerdict verdict = { 0 };
	bool permitted = can_row(fcinfo, &verdict);
	const ClrGrant *grant = verdict.grant;
	char *values[9] = { permitted ? "t" : "f" };
	TupleDesc desc;

	if (verdict.code != CLR_PERMITTED)
	{
		values[1] = (char *) clr_verdict_code(&verdict);
		values[2] = (char *) clr_verdict_step(&verdict);
		values[3] = clr_verdict_text(&verdict, judge);
	}
	values[4] = (char *) clr_verdict_ground(&verdict);
	values[5] = grant != NULL ? psprintf("%d", grant->level) : NULL;
	values[6] = verdict.action != NULL ? actions_text(list_make1((void *) verdict.action)) : NULL;
	values[7] = actions_text(verdict.needed_by);
	values[8] = (char *) verdict.column;
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(
		HeapTupleGetDatum(BuildTupleFromCStrings(TupleDescGetAttInMetadata(desc), values)));
}

/* Actions with commas between, or NULL for none. */
static char *
actions_text(const List *actions)
{
	StringInfoData text;
	ListCell *lc;

	if (actions == NIL)
		return NULL;
	initStringInfo(&text);
	foreach(lc, actions)
	{
		const ClrAction *action = lfirst(lc);

		appendStringInfo(&text, "%s%s.%s", text.len > 0 ? ", " : "", action->feature, action->name);
	}
	return text.data;
}

static bool
can_row(FunctionCallInfo fcinfo, ClrVerdict *verdict)
{
	ClrAskedRow *asked;
	ClrAction *action;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the action is null"),
						errhint("Name an action of the table's feature, for example 'edit'.")));
	if (PG_ARGISNULL(1))
		return false;
	asked = clr_asked_row(fcinfo, 1, 2);
	action = clr_rule_action(asked->judge, asked->binding, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (clr_write_permits_as(asked->judge, asked->binding, &asked->row, action,
							 clr_rule_as_named(asked->judge, asked->binding, action), verdict))
		return true;
	if (verdict != NULL)
		clr_verdict_complete(verdict, asked->judge);
	return false;
}

/*
 * column_masked(row record, column name, relation regclass) returns boolean: is
 * the column of this row of a protected table masked for the actor? A row that
 * it does not see has every masked column masked. NULL row: NULL.
 */
Datum
clearance_column_masked(PG_FUNCTION_ARGS)
{
	ClrAskedRow *asked;
	ClrBinding *binding;
	const ClrMask *mask;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	asked = clr_asked_row(fcinfo, 0, 2);
	binding = asked->binding;
	mask = clr_binding_mask(binding, NameStr(*PG_GETARG_NAME(1)));
	if (mask == NULL && get_attnum(binding->relid, NameStr(*PG_GETARG_NAME(1))) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table %s has no column \"%s\"", clr_binding_name(binding),
						NameStr(*PG_GETARG_NAME(1))),
				 errhint("clearance.columns('%s') lists its columns.", clr_binding_name(binding))));
	PG_RETURN_BOOL(
		mask != NULL &&
		!clr_mask_opens(clr_mask_answers(CurrentMemoryContext, asked->judge, binding, mask, false),
						&asked->row));
}

/*
 * may_be_masked(relation regclass, column name) returns boolean: may there be a
 * row that the actor sees without the column?
 */
Datum
clearance_may_be_masked(PG_FUNCTION_ARGS)
{
	ClrJudge *judge = clr_frame_judge(clr_frame_current());
	ClrBinding *binding = clr_judge_binding(judge, clr_asked_binding(PG_GETARG_OID(0)));
	const ClrMask *mask = clr_binding_mask(binding, NameStr(*PG_GETARG_NAME(1)));

	PG_RETURN_BOOL(mask != NULL && clr_mask_may_close(judge, binding, mask));
}

/* Vendor members' scopes hold projects that their levels do not reach, too. */
static bool
is_way_in(ClrScope *scope, ClrProject *project)
{
	ListCell *lc;

	if (scope->audience != CLR_VENDOR || project->is_member || project->open_levels != NIL ||
		project->levels.admin)
		return true;
	foreach(lc, clr_scope_action(scope, "project", "view")->grants)
		if (clr_scope_reaches(scope, project, lfirst(lc)))
			return true;
	return false;
}

/* One more project, which stands for so many. */
static void
count_way_in(ClrScope *scope, ClrProject *project, int64 count, int64 *counts)
{
	bool has_level = project->levels.count > 0 || project->open_levels != NIL;

	if (!is_way_in(scope, project))
		return;
	counts[0] += count;
	if (has_level)
		counts[1] += count;
	if (has_level && project->archived &&
		!clr_act_permits(scope, project, clr_scope_action(scope, "project", "view_archived")))
		counts[2] += count;
}

/*
 * ways_in(OUT projects bigint, OUT with_level bigint, OUT archived bigint, OUT
 * levels integer[]): into how many projects the actor may have a way, in how
 * many of them a level is in force, how many of those are archived and closed to
 * it; and all levels in force anywhere.
 */
Datum
clearance_ways_in(PG_FUNCTION_ARGS)
{
	ClrScope *scope = clr_frame_judge(clr_frame_current())->scope;
	int count = list_length(scope->level_ids);
	Datum *levels = palloc(sizeof(Datum) * Max(count, 1));
	int64 counts[3] = { 0 };
	ClrProject sample;
	bool nulls[4] = { false };
	Datum values[4];
	TupleDesc desc;
	ListCell *lc;

	foreach(lc, scope->projects)
		count_way_in(scope, lfirst(lc), 1, counts);
	clr_others_best(scope, &sample);
	if (is_way_in(scope, &sample))
		foreach(lc, clr_others_kinds(scope))
		{
			clr_others_sample(scope, lfirst(lc), &sample);
			count_way_in(scope, &sample, clr_others_count(scope, lfirst(lc)), counts);
		}
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	for (int i = 0; i < (int) lengthof(counts); i++)
		values[i] = Int64GetDatum(counts[i]);
	foreach(lc, scope->level_ids)
		levels[foreach_current_index(lc)] = Int32GetDatum(lfirst_int(lc));
	values[3] =
		PointerGetDatum(construct_array(levels, count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
