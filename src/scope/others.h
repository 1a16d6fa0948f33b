/*
 * others.h
 *		Projects of the account that an actor is not on, but may reach.
 */
#ifndef CLR_OTHERS_H
#define CLR_OTHERS_H

#include "compat.h"

#include "scope/scope.h"

extern ClrProject *clr_others_find(ClrScope *scope, const ClrKey *key);
extern void clr_others_best(const ClrScope *scope, ClrProject *sample);
extern List *clr_others_kinds(ClrScope *scope);
extern int clr_others_count(const ClrScope *scope, const ClrProjectKind *kind);
extern void
clr_others_sample(const ClrScope *scope, const ClrProjectKind *kind, ClrProject *sample);
extern List *clr_others_facts(ClrScope *scope);
extern List *clr_others_and_listed(ClrScope *scope);

#endif /* CLR_OTHERS_H */
