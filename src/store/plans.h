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
} ClrPlanFunction;

/* Their arguments beside the first, all of them integers. */
#define CLR_SET_ARGS 4

/* A class of rights that a plan is for. */
typedef struct ClrPlanMark
{
	int32 binding;
	int verb;
	int class;
} ClrPlanMark;

extern Oid clr_plans_call(ClrPlanFunction function);
extern bool clr_plans_mark(int32 binding, int verb, int class);
extern List *clr_plans_follow_actor(List *items);
extern int clr_plans_begin(void);
extern void clr_plans_end(int previous, PlannedStmt *plan);
extern bool clr_plans_read_mark(const PlanInvalItem *item, ClrPlanMark *mark);
extern void clr_plans_init(void);
extern void clr_plans_forget(void);
extern bool clr_plans_are_told(void);
extern void clr_plans_forget_at_end(void);
extern void clr_plans_forget_everywhere(void);

#endif /* CLR_PLANS_H */
