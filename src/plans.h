/*
 * plans.h
 *		Cached plans that were made for an actor's class of rights.
 */
#ifndef CLR_PLANS_H
#define CLR_PLANS_H

#include "compat.h"

extern void clr_plans_call(Oid function);
extern void clr_plans_forget(void);

#endif /* CLR_PLANS_H */
