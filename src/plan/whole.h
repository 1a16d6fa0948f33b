/*
 * whole.h
 *		Actors to whom every row of a table is open.
 */
#ifndef CLR_WHOLE_H
#define CLR_WHOLE_H

#include "compat.h"

#include "rule/judge.h"
#include "rule/binding.h"

extern bool clr_whole_is_likely(ClrJudge *judge, ClrBinding *binding);
extern bool clr_whole_sees_account(ClrScope *scope);
extern bool clr_whole_holds(ClrJudge *judge, ClrBinding *binding);
extern bool clr_whole_is_below_likely(ClrJudge *judge, ClrBinding *binding);
extern bool clr_whole_is_below(ClrJudge *judge, ClrBinding *binding);

#endif /* CLR_WHOLE_H */
