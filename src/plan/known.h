/*
 * known.h
 *		Operators and indexes of which it is known what their functions do.
 */
#ifndef CLR_PLAN_KNOWN_H
#define CLR_PLAN_KNOWN_H

#include "compat.h"

extern void clr_known_init(void);
extern bool clr_known_family(Oid family);
extern bool clr_known_function(Oid function);
extern bool clr_known_type(Oid type);

#endif /* CLR_PLAN_KNOWN_H */
