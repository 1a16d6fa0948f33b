/*
 * write_check.h
 *		What a write needs beyond the action of its verb.
 */
#ifndef CLR_WRITE_CHECK_H
#define CLR_WRITE_CHECK_H

#include "compat.h"

#include "binding.h"
#include "frame.h"
#include "why.h"

extern bool
clr_write_permits_insert(ClrFrame *frame, ClrBinding *binding, const ClrRow *row, ClrWhy *why);
extern bool
clr_write_permits_update(ClrFrame *frame, ClrBinding *binding, const ClrRow *row, ClrWhy *why);
extern void clr_write_refuse(const ClrBinding *binding, const char *statement, const char *half,
							 const ClrWhy *why) pg_attribute_noreturn();

#endif /* CLR_WRITE_CHECK_H */
