/*
 * rule.h
 *		The decision rule.
 */
#ifndef CLR_RULE_H
#define CLR_RULE_H

#include "compat.h"

#include "rule/judge.h"
#include "rule/binding.h"
#include "rule/why.h"
#include "scope/scope.h"

/*
 * All of these answer for the judge's actor. `why`, unless NULL, gets the
 * first reason of a refusal, in words for the actor: it tells nothing of rows
 * that the actor cannot see.
 */
extern bool clr_rule_permits(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
							 ClrAction *action, ClrWhy *why);
extern bool clr_rule_permits_verb(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
								  ClrVerb verb, ClrWhy *why);
extern bool clr_rule_permits_new(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
								 ClrAction *action, ClrWhy *why);
extern bool
clr_rule_permits_following(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrWhy *why);
extern bool clr_rule_permits_act(ClrScope *scope, ClrProject *project, ClrAction *action);
extern bool clr_rule_permits_in(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
								ClrAction *action, ClrProject **project, ClrWhy *why);

extern ClrAction *clr_rule_action(ClrJudge *judge, const ClrBinding *binding, const char *name);

#endif /* CLR_RULE_H */
