/*
 * named.h
 *		Whether a key is that of somebody whom a relation is about.
 */
#ifndef CLR_NAMED_H
#define CLR_NAMED_H

#include "compat.h"

#include "rule/judge.h"

extern bool clr_named(ClrJudge *judge, ClrPeople people, const ClrKey *key);
extern ClrKeyTable *clr_named_keys(ClrJudge *judge, ClrPeople people, ClrKeyClass class);
extern bool clr_named_asks(ClrJudge *judge, ClrPeople people, const ClrFound *found);
extern bool clr_named_ask(ClrJudge *judge, ClrFound *found, const ClrKey *key,
						  bool (*ask)(const ClrKey *key, void *arg), void *arg);

#endif /* CLR_NAMED_H */
