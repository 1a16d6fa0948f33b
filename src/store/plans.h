/*
 * plans.h
 *		Cached plans that were made for an actor's class of rights.
 */
#ifndef CLR_PLANS_H
#define CLR_PLANS_H

#include "compat.h"

#include "nodes/plannodes.h"

/* Functions of ours that such plans call. */
typedef enum ClrPlanFunction
{
	CLR_IN_SET,
	CLR_SET_KEYS,
	CLR_OWN_ACCOUNT,
} ClrPlanFunction;

/* Arguments of those of sets beside the first, all of them integers. */
#define CLR_SET_ARGS 4

/* What a plan is for: see class.c. */
typedef struct ClrPlanMark
{
	int32 binding;
	int verb; /* or a mask */
	int class;
	uint32 reach;
} ClrPlanMark;

extern Oid clr_plans_function(ClrPlanFunction function);
extern Oid clr_plans_call(ClrPlanFunction function);
extern bool clr_plans_mark(const ClrPlanMark *mark);
extern bool clr_plans_mark_account(const ClrPlanMark *mark, const char *account);
extern const char *clr_plans_account(const PlannedStmt *plan);
extern bool clr_plans_mark_test(const ClrPlanMark *mark, Expr *test);
extern const Expr *clr_plans_test(const PlannedStmt *plan, uint32 number);
extern bool clr_plans_for_anybody(bool anybody);
extern int clr_plans_begin(void);
extern void clr_plans_unmarked(void);
extern void clr_plans_end(int previous, PlannedStmt *plan, Query *query, int options);
extern bool clr_plans_is_marked(const PlannedStmt *plan);
extern Query *clr_plans_query(const PlannedStmt *plan, int *options);
extern bool clr_plans_read_mark(const PlanInvalItem *item, ClrPlanMark *mark);
extern void clr_plans_init(void);
extern void clr_plans_forget(void);
extern bool clr_plans_are_told(void);
extern void clr_plans_forget_everywhere(void);

#endif /* CLR_PLANS_H */
