/*
 * class.h
 *		Whether a plan is for what the actor is permitted.
 */
#ifndef CLR_PLAN_CLASS_H
#define CLR_PLAN_CLASS_H

#include "compat.h"

#include "nodes/params.h"
#include "nodes/plannodes.h"

#include "rule/mask.h"
#include "rule/shape.h"

extern bool clr_class_mark(ClrJudge *judge, ClrBinding *binding, ClrVerb verb, ClrClass class);
extern bool clr_class_mark_column(ClrJudge *judge, ClrBinding *binding, const ClrMask *mask);
extern bool clr_class_mark_account(const ClrJudge *judge, const ClrBinding *binding);
extern bool clr_class_mark_given(FuncExpr *test);
extern bool
clr_class_fits(ClrJudge *judge, const PlannedStmt *plan, ParamListInfo params, bool best);
extern void clr_class_check(ClrJudge *judge, ClrBinding *binding, ClrVerb verb, ClrClass class);
pg_noreturn extern void clr_class_refuse_plan(const char *relation);

#endif /* CLR_PLAN_CLASS_H */
