/*
 * people.h
 *		Whom rows must name for a relation to the actor to hold.
 */
#ifndef CLR_PEOPLE_H
#define CLR_PEOPLE_H

#include "compat.h"

#include "scope/scope.h"

/* So many are kept with a scope, and asked for one by one before all are read. */
#define CLR_FEW_PEOPLE 1000

extern bool clr_people_are_few(ClrScope *scope, ClrPeople people);
extern ClrKeyTable *clr_people_few(ClrScope *scope, ClrPeople people, ClrKeyClass class);
extern ClrKeyTable *
clr_people_all(ClrScope *scope, ClrPeople people, ClrKeyClass class, MemoryContext context);
extern bool clr_people_has(const ClrScope *scope, ClrPeople people, const ClrKey *key);

#endif /* CLR_PEOPLE_H */
