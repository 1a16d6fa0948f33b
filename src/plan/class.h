/*
 * class.h
 *		Whether a plan is for what the actor is permitted.
 */
#ifndef CLR_PLAN_CLASS_H
#define CLR_PLAN_CLASS_H

#include "compat.h"

#include "executor/execdesc.h"

#include "frame/frame.h"
#include "rule/shape.h"

extern void clr_class_check(ClrJudge *judge, ClrBinding *binding, ClrVerb verb, ClrClass class);
extern void clr_class_check_plan(ClrFrame *frame, const QueryDesc *query);
extern void clr_class_refuse_plan(const char *relation) pg_attribute_noreturn();

#endif /* CLR_PLAN_CLASS_H */
