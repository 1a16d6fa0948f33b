/*
 * state.h
 *		Rows whose state asks for more than what is done to them.
 */
#ifndef CLR_STATE_H
#define CLR_STATE_H

#include "compat.h"

#include "nodes/pg_list.h"

#include "rule/binding.h"
#include "rule/judge.h"
#include "rule/verdict.h"

extern List *clr_state_guards(const ClrBinding *binding, const ClrRow *row);
extern List *clr_state_guards_of_new(const ClrBinding *binding, const ClrRow *row);
extern bool clr_state_holds(const ClrBinding *binding, const ClrRow *row, const ClrRowGuard *guard);
extern List *
clr_state_hold(List *held, const ClrBinding *binding, const List *guards, const char *column);
extern bool clr_state_mentions(const ClrBinding *binding, const char *column);
extern bool clr_state_permits(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
							  const ClrRowGuard *guard, ClrVerb verb, ClrVerdict *verdict);
extern bool clr_state_permits_all(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
								  const List *guards, ClrVerb verb, ClrVerdict *verdict);

#endif /* CLR_STATE_H */
