/*
 * promote.h
 *		Conditions of the query that find rows by an index before these are judged.
 */
#ifndef CLR_PROMOTE_H
#define CLR_PROMOTE_H

#include "compat.h"

#include "nodes/pathnodes.h"

extern void clr_promote_init(void);
extern void clr_promote_add_paths(PlannerInfo *root, RelOptInfo *rel);

#endif /* CLR_PROMOTE_H */
