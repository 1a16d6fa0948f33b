/*
 * everywhere.h
 *		Changes that are permitted on every row that an actor may touch.
 */
#ifndef CLR_EVERYWHERE_H
#define CLR_EVERYWHERE_H

#include "compat.h"

#include "access/tupdesc.h"
#include "nodes/bitmapset.h"

#include "rule/judge.h"

extern bool clr_everywhere_permits(ClrJudge *judge, ClrBinding *binding, TupleDesc desc,
								   const Bitmapset *columns);

#endif /* CLR_EVERYWHERE_H */
