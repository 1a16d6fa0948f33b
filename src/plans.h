/*
 * plans.h
 *		Cached plans that were made for an actor's class of rights.
 */
#ifndef CLR_PLANS_H
#define CLR_PLANS_H

#include "compat.h"

/* Arguments of in_set() and set_keys() beside the first. */
#define CLR_SET_ARGS 4

extern Oid clr_plans_function(const char *name, Oid first, int nargs);
extern void clr_plans_made(void);
extern void clr_plans_forget(void);
extern void clr_plans_forget_everywhere(void);

#endif /* CLR_PLANS_H */
