/*
 * early.h
 *		Policies that are simplified before a query is planned.
 */
#ifndef CLR_PLAN_EARLY_H
#define CLR_PLAN_EARLY_H

#include "compat.h"

#include "nodes/parsenodes.h"

extern void clr_early_rewrite(Query *query);

#endif /* CLR_PLAN_EARLY_H */
