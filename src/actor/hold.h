/*
 * hold.h
 *		Whether who acts must stay as it is.
 */
#ifndef CLR_HOLD_H
#define CLR_HOLD_H

#include "compat.h"

extern void clr_hold_actor(bool hold);
extern bool clr_hold_is_on(void);
extern bool clr_hold_allows(const char *newval, const char *setting);

#endif /* CLR_HOLD_H */
