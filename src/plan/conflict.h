/*
 * conflict.h
 *		What ON CONFLICT DO UPDATE asks of rows that policies hide.
 */
#ifndef CLR_CONFLICT_H
#define CLR_CONFLICT_H

#include "compat.h"

extern void clr_conflict_rewrite(Query *query);

#endif /* CLR_CONFLICT_H */
