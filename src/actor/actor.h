/*
 * actor.h
 *		On whose behalf a statement runs.
 */
#ifndef CLR_ACTOR_H
#define CLR_ACTOR_H

#include "compat.h"

#include "actor/acting.h"
#include "store/version.h"
#include "store/who.h"

/* What decides the actor; copied when a query starts. */
typedef struct ClrIdentity
{
	int64 setting;		/* member named by clearance.actor, or zero */
	const char *token;	/* token in clearance.token, or blank */
	Oid login_role;		/* session user, whose mapping counts otherwise */
	Oid set_role;		/* what SET ROLE has made of it, whose mapping counts last; or invalid */
	const char *claims; /* value of the setting that the mapping names, once read */
	ClrActing acting;	/* that one acts as another */
	Oid maintainer;		/* the role that maintains its tables meanwhile; or invalid */
	ClrActor about;		/* whom an answer is about, who acts while it is found; nobody: none is */
} ClrIdentity;

extern void clr_actor_init(void);
extern ClrIdentity clr_actor_identity(MemoryContext context, const ClrIdentity *around);
extern ClrActor clr_actor_resolve(ClrIdentity *identity, const ClrVersion *version, TimestampTz at);
extern bool clr_actor_is_still(const ClrIdentity *identity);
extern const char *clr_actor_why_nobody(const ClrIdentity *identity);
extern const char *clr_actor_hint_nobody(const ClrIdentity *identity);

#endif /* CLR_ACTOR_H */
