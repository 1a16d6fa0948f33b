/*
 * act_as.h
 *		Acting as somebody else to look, not to write.
 */
#ifndef CLR_ACT_AS_H
#define CLR_ACT_AS_H

#include "compat.h"

#include "executor/execdesc.h"

extern void clr_act_as_check_start(const QueryDesc *query, int eflags);
extern void clr_act_as_check_utility(const Node *statement);

#endif /* CLR_ACT_AS_H */
