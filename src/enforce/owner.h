/*
 * owner.h
 *		Owner columns that a statement leaves empty.
 */
#ifndef CLR_OWNER_H
#define CLR_OWNER_H

#include "compat.h"

#include "access/htup.h"
#include "access/tupdesc.h"

#include "frame/frame.h"
#include "rule/binding.h"

extern bool clr_owner_is_named(const ClrBinding *binding);
extern HeapTuple
clr_owner_fill(ClrFrame *frame, const ClrBinding *binding, TupleDesc desc, HeapTuple tuple);
extern HeapTuple clr_owner_keep(ClrFrame *frame, ClrBinding *binding, TupleDesc desc,
								const ClrRow *old_row, const ClrRow *new_row, HeapTuple new);

#endif /* CLR_OWNER_H */
