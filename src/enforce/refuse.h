/*
 * refuse.h
 *		Writes that are not permitted, as errors.
 */
#ifndef CLR_REFUSE_H
#define CLR_REFUSE_H

#include "compat.h"

#include "frame/frame.h"
#include "rule/binding.h"
#include "rule/verdict.h"

/* Which row of a write is judged. */
typedef enum ClrHalf
{
	CLR_NEW_ROW,
	CLR_ROW_WAS,
	CLR_ROW_CHANGED,
} ClrHalf;

extern void clr_refuse_write(ClrFrame *frame, const ClrBinding *binding, ClrHalf half,
							 ClrVerdict *verdict) pg_attribute_noreturn();

extern void clr_refuse_log(ClrFrame *frame, Oid relid, const ClrVerdict *verdict);

#endif /* CLR_REFUSE_H */
