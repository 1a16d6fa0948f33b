/*
 * move.c
 *		Rows that move to another project take their children along.
 *
 * The deferred trigger of parents. The check must see children that others
 * committed after this transaction's snapshot, so it runs under the latest
 * one; the check itself is clearance.check_children(), in SQL.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "binding.h"
#include "catalog.h"

PG_FUNCTION_INFO_V1(clearance_check_children_project);

/*
 * check_children_project(): AFTER ROW trigger; its argument is the binding's
 * id. Errors if a child of the row is in another project.
 */
Datum
clearance_check_children_project(PG_FUNCTION_ARGS)
{
	static const Oid argtypes[] = { INT4OID, TEXTOID };
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	ClrBinding *binding;
	ClrCatalog state;
	HeapTuple tuple;
	ClrRow row;
	Datum args[2];
	int32 id;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || trigger->tg_trigger->tgnargs != 1)
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("check_children_project is a trigger of protected tables"),
						errhint("clearance.protect() creates it.")));
	id = pg_strtoint32(trigger->tg_trigger->tgargs[0]);
	if (clr_binding_of_relation(RelationGetRelid(trigger->tg_relation)) != id)
		return PointerGetDatum(NULL);
	tuple =
		TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;

	binding = clr_binding_load(CurrentMemoryContext, id);
	row = clr_binding_row(binding, RelationGetDescr(trigger->tg_relation), tuple);
	if (binding->key_slot == CLR_NO_SLOT || row.nulls[binding->key_slot])
		return PointerGetDatum(NULL);
	args[0] = Int32GetDatum(id);
	args[1] = CStringGetTextDatum(clr_binding_value_text(binding, &row, binding->key_slot));
	clr_catalog_begin_latest(&state);
	(void) clr_catalog_query("SELECT clearance.check_children($1, ARRAY[$2])", 2, argtypes, args,
							 NULL);
	clr_catalog_end(&state);
	return PointerGetDatum(NULL);
}
