/*
 * hooks.h
 *		The server's hooks: installed and dispatched here, decided elsewhere.
 */
#ifndef CLR_HOOKS_H
#define CLR_HOOKS_H

#include "compat.h"

extern void clr_hooks_init(void);

#endif /* CLR_HOOKS_H */
