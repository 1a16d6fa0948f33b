/*
 * account.h
 *		The account of rows, as plans test it.
 */
#ifndef CLR_PLAN_ACCOUNT_H
#define CLR_PLAN_ACCOUNT_H

#include "compat.h"

#include "nodes/pathnodes.h"

#include "rule/binding.h"

extern Expr *
clr_account_test(PlannerInfo *root, const ClrBinding *binding, const List *columns, bool named);
extern RestrictInfo *clr_account_condition(const RelOptInfo *rel);
extern Selectivity clr_account_part(PlannerInfo *root, RestrictInfo *test);
extern void clr_account_scale(PlannerInfo *root, RelOptInfo *rel);
extern bool clr_account_leads(const IndexOptInfo *index);
extern bool clr_account_prunes(PlannerInfo *root, const ClrBinding *binding, const List *columns);

#endif /* CLR_PLAN_ACCOUNT_H */
