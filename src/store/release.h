/*
 * release.h
 *		Whether the library goes with the extension's objects in a database.
 */
#ifndef CLR_RELEASE_H
#define CLR_RELEASE_H

#include "compat.h"

extern void clr_release_init(void);
extern void clr_release_check(void);

#endif /* CLR_RELEASE_H */
