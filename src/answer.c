/*
 * answer.c
 *		Questions about the rule, answered by the code that enforces it.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "binding.h"
#include "frame.h"
#include "rule.h"
#include "secrecy.h"

PG_FUNCTION_INFO_V1(clearance_can);
PG_FUNCTION_INFO_V1(clearance_can_row);

static ClrBinding *binding_of_record(ClrFrame *frame, HeapTupleHeader record, ClrRow *row);

/*
 * can(action text, project app_key) returns boolean: an act without a row, for
 * the actor, in a project or (NULL) in the account. 'feature.action'; errors
 * if there is no such action.
 */
Datum
clearance_can(PG_FUNCTION_ARGS)
{
	ClrScope *scope = clr_frame_scope(clr_frame_current());
	ClrProject *project = scope->account_level;
	ClrAction *action;
	char *name;
	char *dot;

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
		PG_RETURN_BOOL(false);
	if (!PG_ARGISNULL(1))
	{
		ClrKey key;

		(void) clr_key_from_text(text_to_cstring(PG_GETARG_TEXT_PP(1)), CLR_KEY_TEXT, &key);
		project = clr_scope_project(scope, &key);
	}
	PG_RETURN_BOOL(project != NULL && clr_rule_permits_act(scope, project, action));
}

/*
 * can_row(action text, row record) returns boolean: may the actor do the
 * action, of the table's feature, to this row of a protected table? NULL row:
 * false. Errors: no row of a protected table, unknown action.
 */
Datum
clearance_can_row(PG_FUNCTION_ARGS)
{
	ClrFrame *frame = clr_frame_current();
	ClrBinding *binding;
	ClrRow row;

	if (PG_ARGISNULL(0))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the action is null"),
						errhint("Name an action of the table's feature, for example 'edit'.")));
	if (PG_ARGISNULL(1))
		PG_RETURN_BOOL(false);
	if (frame->estate == NULL)
		clr_secrecy_check_row(frame);
	binding = binding_of_record(frame, PG_GETARG_HEAPTUPLEHEADER(1), &row);
	PG_RETURN_BOOL(
		clr_rule_permits(frame, binding, &row,
						 clr_rule_action(frame, binding, text_to_cstring(PG_GETARG_TEXT_PP(0))),
						 NULL));
}

static ClrBinding *
binding_of_record(ClrFrame *frame, HeapTupleHeader record, ClrRow *row)
{
	Oid type = HeapTupleHeaderGetTypeId(record);
	TupleDesc desc = lookup_rowtype_tupdesc_copy(type, HeapTupleHeaderGetTypMod(record));
	Oid relid = get_typ_typrelid(type);
	int32 id = OidIsValid(relid) ? clr_binding_of_relation(relid) : 0;
	HeapTupleData tuple;
	ClrBinding *binding;

	if (id == 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("the value is no row of a protected table"),
			 errhint(
				 "Pass the table's alias: SELECT t.*, clearance.can_row('edit', t) FROM app.task t;")));
	tuple.t_len = HeapTupleHeaderGetDatumLength(record);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = record;
	binding = clr_frame_binding(frame, id);
	*row = clr_binding_row(binding, desc, &tuple);
	return binding;
}
