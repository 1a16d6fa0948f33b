/*
 * rule.h
 *		The decision rule.
 */
#ifndef CLR_RULE_H
#define CLR_RULE_H

#include "compat.h"

#include "binding.h"
#include "frame.h"
#include "scope.h"
#include "why.h"

/*
 * All of these answer for the frame's actor. `why`, unless NULL, gets the
 * first reason of a refusal, in words for the actor: it tells nothing of rows
 * that the actor cannot see.
 */
extern bool clr_rule_permits(ClrFrame *frame, ClrBinding *binding, const ClrRow *row,
							 ClrAction *action, ClrWhy *why);
extern bool clr_rule_permits_verb(ClrFrame *frame, ClrBinding *binding, const ClrRow *row,
								  ClrVerb verb, ClrWhy *why);
extern bool clr_rule_permits_new(ClrFrame *frame, ClrBinding *binding, const ClrRow *row,
								 ClrAction *action, ClrWhy *why);
extern bool
clr_rule_permits_following(ClrFrame *frame, ClrBinding *binding, const ClrRow *row, ClrWhy *why);
extern bool clr_rule_permits_act(ClrScope *scope, ClrProject *project, ClrAction *action);
extern bool clr_rule_permits_in(ClrFrame *frame, ClrBinding *binding, const ClrRow *row,
								ClrAction *action, ClrProject **project, ClrWhy *why);

extern ClrAction *clr_rule_action(ClrFrame *frame, const ClrBinding *binding, const char *name);

#endif /* CLR_RULE_H */
