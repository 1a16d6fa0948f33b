/*
 * utility.h
 *		Utility commands that write protected tables: COPY.
 */
#ifndef CLR_UTILITY_H
#define CLR_UTILITY_H

#include "compat.h"

#include "nodes/nodes.h"

#include "frame/frame.h"

extern ClrFrame *clr_utility_frame(Node *statement);

#endif /* CLR_UTILITY_H */
