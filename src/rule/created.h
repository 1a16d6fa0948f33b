/*
 * created.h
 *		Projects that a running statement creates.
 */
#ifndef CLR_CREATED_H
#define CLR_CREATED_H

#include "compat.h"

#include "rule/judge.h"
#include "rule/binding.h"

extern void clr_created_announce(ClrJudge *judge, ClrBinding *table, const ClrRow *row);
extern ClrProject *clr_created_find(ClrJudge *judge, const ClrBinding *binding, const ClrKey *key);
extern void clr_created_confirm(ClrJudge *judge);

#endif /* CLR_CREATED_H */
