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

extern bool clr_owner_is(const ClrBinding *binding, int slot);
extern bool clr_owner_is_named(const ClrBinding *binding);
extern bool clr_owner_of_new(const ClrScope *scope, const ClrColumn *column, Datum *owner);
extern bool
clr_owner_may_empty(ClrJudge *judge, ClrBinding *binding, const ClrRow *old, const ClrRow *new);
extern HeapTuple
clr_owner_fill(ClrFrame *frame, const ClrBinding *binding, TupleDesc desc, HeapTuple tuple);
extern HeapTuple clr_owner_keep(ClrFrame *frame, ClrBinding *binding, TupleDesc desc,
								const ClrRow *old_row, const ClrRow *new_row, HeapTuple new);

#endif /* CLR_OWNER_H */
