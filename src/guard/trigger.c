/*
 * trigger.c
 *		Triggers: whether a function was called by one of the extension; whether foreign keys have theirs.
 *
 * Whoever may execute a trigger function and was granted TRIGGER on a table can
 * have it called there, with arguments and for events of their own. The
 * functions are executable by nobody but the extension's owner; and each asks
 * here, or in enforce.sql, whether it was called as sync() asks for it.
 */
#include "guard/trigger.h"

#include "executor/executor.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "guard/ddl.h"
#include "rule/binding.h"
#include "store/counters.h"

#define TIMING_AND_LEVEL (TRIGGER_EVENT_TIMINGMASK | TRIGGER_EVENT_ROW)

/*
 * What a trigger of a protected table says, if it is one of the extension's:
 * by its name, its timing and level, its transition table, and the binding in
 * its argument. Else an error.
 */
TriggerData *
clr_trigger_data(FunctionCallInfo fcinfo, TriggerEvent timing, bool has_new_table)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Trigger *trigger;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("a trigger function of the extension was not called by a trigger")));
	trigger = data->tg_trigger;
	if (strncmp(trigger->tgname, CLR_TRIGGER_PREFIX, strlen(CLR_TRIGGER_PREFIX)) != 0 ||
		(data->tg_event & TIMING_AND_LEVEL) != timing ||
		(data->tg_newtable != NULL) != has_new_table || trigger->tgnargs != 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), clr_count(CLR_ERROR_UNSEALED),
				 errmsg("trigger %s of %s is none of the extension's", trigger->tgname,
						RelationGetRelationName(data->tg_relation)),
				 errhint("clearance.protect() makes the triggers; drop this one.")));
	if (clr_trigger_binding(data) != clr_binding_of_relation(RelationGetRelid(data->tg_relation)))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), clr_count(CLR_ERROR_UNSEALED),
				 errmsg("table %s is not protected as trigger %s says",
						RelationGetRelationName(data->tg_relation), trigger->tgname),
				 errhint("Drop the trigger, or run clearance.repair() on the table.")));
	return data;
}

int32
clr_trigger_binding(const TriggerData *data)
{
	return pg_strtoint32(data->tg_trigger->tgargs[0]);
}

/* To the first row of a transition table, for whoever reads it beside others. */
void
clr_trigger_rewind(Tuplestorestate *rows)
{
	tuplestore_select_read_pointer(rows, tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND));
	tuplestore_rescan(rows);
}

/* Whether the triggers of foreign keys from and to a table fire, but where session_replication_role is replica. */
bool
clr_triggers_of_keys_fire(Relation relation)
{
	for (int i = 0; relation->trigdesc != NULL && i < relation->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &relation->trigdesc->triggers[i];

		if (trigger->tgisinternal && trigger->tgenabled != TRIGGER_FIRES_ON_ORIGIN &&
			trigger->tgenabled != TRIGGER_FIRES_ALWAYS)
			return false;
	}
	return true;
}
