/*
 * estimate.h
 *		How many rows of a table the actor of the moment sees.
 */
#ifndef CLR_ESTIMATE_H
#define CLR_ESTIMATE_H

#include "compat.h"

#include "nodes/supportnodes.h"

extern bool clr_estimate(SupportRequestSelectivity *request);

#endif /* CLR_ESTIMATE_H */
