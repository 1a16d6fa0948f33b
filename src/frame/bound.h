/*
 * bound.h
 *		Whom row security binds.
 */
#ifndef CLR_BOUND_H
#define CLR_BOUND_H

#include "compat.h"

extern void clr_bound_init(void);
extern bool clr_bound(Oid relid, Oid user);
extern bool clr_bound_elsewhere(Oid relid, Oid user);

#endif /* CLR_BOUND_H */
