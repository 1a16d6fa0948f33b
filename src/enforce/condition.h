/*
 * condition.h
 *		WHEN conditions of triggers, for a query that starts.
 */
#ifndef CLR_CONDITION_H
#define CLR_CONDITION_H

#include "compat.h"

#include "executor/execdesc.h"

extern void clr_condition_init(void);
extern void clr_condition_prepare(const QueryDesc *query);

#endif /* CLR_CONDITION_H */
