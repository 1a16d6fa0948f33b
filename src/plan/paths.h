/*
 * paths.h
 *		Index scans that look for the keys of a set: their costs, and others beside them.
 */
#ifndef CLR_PATHS_H
#define CLR_PATHS_H

#include "compat.h"

#include "nodes/pathnodes.h"

extern void clr_paths_add(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *entry);

#endif /* CLR_PATHS_H */
