/*
 * created.h
 *		Projects that a running statement creates.
 */
#ifndef CLR_CREATED_H
#define CLR_CREATED_H

#include "compat.h"

#include "binding.h"
#include "frame.h"

extern void clr_created_announce(ClrFrame *frame, ClrBinding *table, const ClrRow *row);
extern ClrProject *clr_created_find(ClrFrame *frame, const ClrBinding *binding, const ClrKey *key);
extern void clr_created_confirm(ClrFrame *frame);

#endif /* CLR_CREATED_H */
