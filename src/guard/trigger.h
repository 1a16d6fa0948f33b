/*
 * trigger.h
 *		Triggers: whether a function was called by one of the extension; whether foreign keys have theirs.
 */
#ifndef CLR_TRIGGER_H
#define CLR_TRIGGER_H

#include "compat.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/tuplestore.h"

extern int32 clr_trigger_binding(const TriggerData *data);
extern TriggerData *
clr_trigger_data(FunctionCallInfo fcinfo, TriggerEvent timing, bool has_new_table);
extern bool clr_triggers_of_keys_fire(Relation relation);
extern void clr_trigger_rewind(Tuplestorestate *rows);

#endif /* CLR_TRIGGER_H */
