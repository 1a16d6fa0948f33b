/*
 * set_estimate.h
 *		What tests of sets leave of a table's rows, and what they cost.
 */
#ifndef CLR_SET_ESTIMATE_H
#define CLR_SET_ESTIMATE_H

#include "compat.h"

#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"

extern void clr_set_estimate_init(void);
extern bool clr_set_is_given(PlannerInfo *root, const Var *column);
extern Node *clr_set_given_value(const OpExpr *clause, const Var *column);
extern bool clr_set_ups_cost(const FuncExpr *test, double *keys, Cost *cost);
extern void clr_set_expect(PlannerInfo *root, FuncExpr *test, double rows);
extern bool clr_set_estimate(SupportRequestSelectivity *request);
extern bool clr_set_is_of_account(PlannerInfo *root, const FuncExpr *test);
extern Selectivity clr_set_part(PlannerInfo *root, FuncExpr *test);
extern bool clr_set_cost(SupportRequestCost *request);

#endif /* CLR_SET_ESTIMATE_H */
