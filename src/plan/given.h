/*
 * given.h
 *		Projects that a condition of the query names.
 */
#ifndef CLR_GIVEN_H
#define CLR_GIVEN_H

#include "compat.h"

#include "nodes/params.h"
#include "nodes/pathnodes.h"

#include "rule/judge.h"

extern void clr_given_leave_out(RelOptInfo *rel);
extern bool clr_given_holds(ClrJudge *judge, const Expr *test, ParamListInfo params);

#endif /* CLR_GIVEN_H */
