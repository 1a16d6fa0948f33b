/*
 * who.h
 *		On whose behalf a statement runs, once that is known.
 */
#ifndef CLR_WHO_H
#define CLR_WHO_H

#include "compat.h"

/* A member, a partner as a whole (BI login), or nobody: both zero. */
typedef struct ClrActor
{
	int64 member;
	int64 partner;
} ClrActor;

static inline bool
clr_actor_is_nobody(const ClrActor *actor)
{
	return actor->member == 0 && actor->partner == 0;
}

static inline bool
clr_actor_equal(const ClrActor *a, const ClrActor *b)
{
	return a->member == b->member && a->partner == b->partner;
}

#endif /* CLR_WHO_H */
