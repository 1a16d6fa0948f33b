/*
 * rule.h
 *		The decision rule.
 */
#ifndef CLR_RULE_H
#define CLR_RULE_H

#include "compat.h"

#include "rule/binding.h"
#include "rule/judge.h"
#include "rule/verdict.h"
#include "scope/scope.h"

struct ClrTrace;

/*
 * All of these answer for the judge's actor. `verdict`, unless NULL, gets the
 * first reason of a refusal, and from clr_rule_permits() and _as() what permits: it
 * tells nothing of rows that the actor cannot see. `as` is a verb, CLR_BY_NAME or
 * CLR_FOR_CHANGE.
 */
extern bool clr_rule_permits(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
							 ClrAction *action, ClrVerdict *verdict);
extern bool clr_rule_permits_as(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
								ClrAction *action, int as, ClrVerdict *verdict);
extern bool clr_rule_permits_verb(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
								  ClrVerb verb, ClrVerdict *verdict);
extern bool clr_rule_permits_new(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
								 ClrAction *action, ClrVerdict *verdict);
extern bool
clr_rule_permits_seen(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrAction *action);
extern bool clr_rule_permits_following(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
									   ClrVerdict *verdict);
extern bool clr_rule_permits_in(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
								ClrAction *action, ClrProject **project);
extern void clr_rule_trace(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
						   ClrAction *action, int as, struct ClrTrace *trace);
extern int clr_rule_as_named(ClrJudge *judge, ClrBinding *binding, const ClrAction *action);
extern bool clr_rule_is_about(ClrJudge *judge, ClrBinding *binding, const ClrAction *action, int as,
							  ClrVerb verb);

extern ClrAction *clr_rule_verb_action(ClrJudge *judge, ClrBinding *binding, ClrVerb verb);
extern ClrAction *clr_rule_action(ClrJudge *judge, const ClrBinding *binding, const char *name);

#endif /* CLR_RULE_H */
