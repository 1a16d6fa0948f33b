/*
 * act.h
 *		What levels and switches say of an action in a project, whatever the row.
 */
#ifndef CLR_ACT_H
#define CLR_ACT_H

#include "compat.h"

#include "rule/verdict.h"
#include "scope/scope.h"

/* How far a switch of the member's own goes. */
typedef enum ClrSwitch
{
	CLR_SWITCH_OFF,
	CLR_SWITCH_OWN, /* on own rows */
	CLR_SWITCH_ON,
} ClrSwitch;

extern bool clr_act_permits(ClrScope *scope, ClrProject *project, ClrAction *action);
extern bool clr_act_holds(ClrScope *scope, ClrProject *project, ClrAction *action);
extern bool clr_act_is_off(ClrScope *scope, ClrProject *project, const char *feature);
extern ClrCode clr_act_why_closed(ClrScope *scope, ClrProject *project, const char *feature,
								  ClrAction *action, bool writing);
extern ClrSwitch clr_act_switch(ClrScope *scope, ClrProject *project, ClrAction *action);

/* Why a project is closed to an action on a feature, if it is. */
static inline ClrCode
clr_act_closed(ClrScope *scope, ClrProject *project, const char *feature, ClrAction *action,
			   bool writing)
{
	if (!project->archived && !project->read_only && project->features_off == NIL)
		return CLR_PERMITTED;
	return clr_act_why_closed(scope, project, feature, action, writing);
}

/* Gates about pages of a project say nothing where there is none. */
static inline bool
clr_act_is_gated(const ClrProject *project, const ClrAction *gate)
{
	return project->id != CLR_PROJECT_NONE || strcmp(gate->feature, "project") != 0;
}

/* Uploads by customers go by the project's switch alone. */
static inline bool
clr_act_is_customer_upload(const ClrScope *scope, const ClrAction *action)
{
	return scope->audience == CLR_CUSTOMER && strcmp(action->feature, "file") == 0 &&
		   strcmp(action->name, "create") == 0;
}

#endif /* CLR_ACT_H */
