/*
 * simplify.h
 *		Plans of queries on protected tables.
 */
#ifndef CLR_SIMPLIFY_H
#define CLR_SIMPLIFY_H

#include "compat.h"

#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"

extern void clr_simplify_init(void);
extern bool clr_simplify_is_on(void);
extern bool clr_simplify_is_lookup(const Query *query);
extern Node *clr_simplify_policy(PlannerInfo *root, FuncExpr *call);

#endif /* CLR_SIMPLIFY_H */
