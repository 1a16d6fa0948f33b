/*
 * past.h
 *		What a row of clearance.version says of the transactions before it.
 */
#ifndef CLR_PAST_H
#define CLR_PAST_H

#include "compat.h"

#include "access/htup.h"
#include "access/tupdesc.h"

#include "store/topic.h"
#include "store/version.h"

extern void clr_past_forget(void);
extern void clr_past_read(ClrNote of, HeapTuple row, TupleDesc desc);
extern bytea *clr_past_unknown(ClrNote before, HeapTuple row, TupleDesc desc);
extern bytea *clr_past_tell(const int32 *parts, int count, HeapTuple row, TupleDesc desc);
extern bool clr_past_is_of_others(const ClrVersion *from, const ClrVersion *to,
								  const ClrTopicNotes *of, ClrChange kind);

#endif /* CLR_PAST_H */
