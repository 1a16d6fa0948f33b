/*
 * beside.h
 *		Bitmaps of the account beside bitmaps of sets.
 */
#ifndef CLR_BESIDE_H
#define CLR_BESIDE_H

#include "compat.h"

#include "nodes/pathnodes.h"

extern void clr_beside_add_paths(PlannerInfo *root, RelOptInfo *rel);

#endif /* CLR_BESIDE_H */
