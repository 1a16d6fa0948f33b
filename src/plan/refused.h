/*
 * refused.h
 *		Rows that a statement meets and may not change.
 */
#ifndef CLR_REFUSED_H
#define CLR_REFUSED_H

#include "compat.h"

extern void clr_refused_init(void);
extern void clr_refused_rewrite(Query *query);

#endif /* CLR_REFUSED_H */
