/*
 * touched.h
 *		Which topics a changed row of permissions is about.
 */
#ifndef CLR_TOUCHED_H
#define CLR_TOUCHED_H

#include "compat.h"

#include "commands/trigger.h"

#include "store/version.h"

extern void clr_touched_init(void);
extern void clr_touched_note(const TriggerData *trigger, ClrChange kind);
extern int clr_touched_parts(ClrChange kind, int32 *parts, int room);

#endif /* CLR_TOUCHED_H */
