/*
 * actor.h
 *		On whose behalf a statement runs.
 */
#ifndef CLR_ACTOR_H
#define CLR_ACTOR_H

#include "compat.h"

/* A member, a partner as a whole (BI login), or nobody: both zero. */
typedef struct ClrActor
{
	int64 member;
	int64 partner;
} ClrActor;

/* What decides the actor; copied when a statement starts. */
typedef struct ClrIdentity
{
	int64 setting;	/* member named by clearance.actor, or zero */
	Oid login_role; /* session user, whose mapping counts otherwise */
} ClrIdentity;

extern void clr_actor_init(void);
extern ClrIdentity clr_actor_identity(void);
extern ClrActor clr_actor_resolve(const ClrIdentity *identity);

#endif /* CLR_ACTOR_H */
