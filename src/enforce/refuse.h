/*
 * refuse.h
 *		Writes that are not permitted, as errors.
 */
#ifndef CLR_REFUSE_H
#define CLR_REFUSE_H

#include "compat.h"

#include "lib/stringinfo.h"

#include "frame/frame.h"
#include "rule/binding.h"
#include "rule/verdict.h"

/* Which row of a write is judged. */
typedef enum ClrHalf
{
	CLR_NEW_ROW,
	CLR_ROW_WAS,
	CLR_ROW_CHANGED,
	CLR_ROW_DELETED,
} ClrHalf;

/* What explain() is to be asked about a write; NULL where it cannot be. */
typedef struct ClrAttempt
{
	Oid relation;
	const char *key;	 /* NULL: of a new row */
	const char *changes; /* the inside of a JSON object; NULL: what is not known, or none */
} ClrAttempt;

extern void clr_refuse_add(StringInfo changes, const char *column, const char *value);
extern ClrAttempt clr_refuse_attempt_new(const ClrBinding *binding, const ClrRow *row);
pg_noreturn extern void clr_refuse_write(ClrFrame *frame, const ClrBinding *binding, ClrHalf half,
										 ClrVerdict *verdict, const ClrAttempt *attempt);

extern void clr_refuse_log(ClrFrame *frame, Oid relid, const ClrVerdict *verdict);

#endif /* CLR_REFUSE_H */
