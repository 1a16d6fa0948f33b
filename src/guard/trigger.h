/*
 * trigger.h
 *		Whether a trigger function was called by a trigger of the extension.
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
extern void clr_trigger_rewind(Tuplestorestate *rows);

#endif /* CLR_TRIGGER_H */
