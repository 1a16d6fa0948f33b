/*
 * whole.h
 *		Actors to whom every row of a table is open.
 */
#ifndef CLR_WHOLE_H
#define CLR_WHOLE_H

#include "compat.h"

#include "binding.h"
#include "frame.h"

extern bool clr_whole_is_likely(ClrFrame *frame, ClrBinding *binding);
extern bool clr_whole_holds(ClrFrame *frame, ClrBinding *binding);

#endif /* CLR_WHOLE_H */
