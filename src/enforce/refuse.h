/*
 * refuse.h
 *		Writes that are not permitted, as errors.
 */
#ifndef CLR_REFUSE_H
#define CLR_REFUSE_H

#include "compat.h"

#include "frame/frame.h"
#include "rule/binding.h"
#include "rule/why.h"

extern void clr_refuse_write(ClrFrame *frame, const ClrBinding *binding, const char *statement,
							 const char *half, const ClrWhy *why) pg_attribute_noreturn();

#endif /* CLR_REFUSE_H */
