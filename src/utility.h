/*
 * utility.h
 *		Utility commands that read or write protected tables: EXPLAIN, COPY.
 */
#ifndef CLR_UTILITY_H
#define CLR_UTILITY_H

#include "compat.h"

#include "nodes/plannodes.h"

#include "frame.h"

extern void clr_utility_init(void);
extern bool clr_utility_set_explaining(bool explaining);
extern void clr_utility_check_explain(ClrFrame *frame);
extern void clr_utility_check_plan(const PlannedStmt *plan);
extern ClrFrame *clr_utility_frame(Node *statement);

#endif /* CLR_UTILITY_H */
