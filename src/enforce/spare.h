/*
 * spare.h
 *		Statements for whose rows the trigger that judges writes has nothing to say.
 */
#ifndef CLR_SPARE_H
#define CLR_SPARE_H

#include "compat.h"

#include "frame/frame.h"

extern void clr_spare_rows(const QueryDesc *query, ClrFrame *frame);

#endif /* CLR_SPARE_H */
