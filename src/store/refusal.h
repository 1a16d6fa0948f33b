/*
 * refusal.h
 *		Refusals in the server's log.
 */
#ifndef CLR_REFUSAL_H
#define CLR_REFUSAL_H

#include "compat.h"

#include "store/who.h"

/* What was refused, and to whom; zero and NULL: nothing to say. */
typedef struct ClrRefused
{
	const char *what; /* write, act_as, administration or token */
	const char *table;
	const char *code; /* of a verdict */
	const char *reason;
	ClrActor actor;
	int64 real_actor; /* who acts as the actor */
} ClrRefused;

extern void clr_refusal_init(void);
extern void clr_refusal_log(const ClrRefused *refusal);

#endif /* CLR_REFUSAL_H */
