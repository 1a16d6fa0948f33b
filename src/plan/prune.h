/*
 * prune.h
 *		Partitions of other accounts, which need not be read.
 */
#ifndef CLR_PRUNE_H
#define CLR_PRUNE_H

#include "compat.h"

#include "nodes/pathnodes.h"

#include "rule/binding.h"

extern Expr *clr_prune_test(PlannerInfo *root, const ClrBinding *binding, const List *columns);

#endif /* CLR_PRUNE_H */
