/*
 * simplify.h
 *		Plans of queries on protected tables.
 */
#ifndef CLR_SIMPLIFY_H
#define CLR_SIMPLIFY_H

#include "compat.h"

extern void clr_simplify_init(void);
extern bool clr_simplify_is_on(void);

#endif /* CLR_SIMPLIFY_H */
