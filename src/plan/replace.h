/*
 * replace.h
 *		Plans for other rights than the actor's give way to others.
 */
#ifndef CLR_PLAN_REPLACE_H
#define CLR_PLAN_REPLACE_H

#include "compat.h"

#include "executor/execdesc.h"

#include "frame/frame.h"

extern Query *clr_replace_copy(Query *query);
extern ClrFrame *clr_replace_plan(QueryDesc *query, int eflags);

#endif /* CLR_PLAN_REPLACE_H */
