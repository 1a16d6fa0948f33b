/*
 * watch.h
 *		Settings of others that say who acts: hearing when they change.
 */
#ifndef CLR_WATCH_H
#define CLR_WATCH_H

#include "compat.h"

extern bool clr_watch_setting(const char *name);

#endif /* CLR_WATCH_H */
