/*
 * worker.h
 *		What parallel workers are told of the query that they work for.
 */
#ifndef CLR_WORKER_H
#define CLR_WORKER_H

#include "compat.h"

#include "datatype/timestamp.h"

#include "store/who.h"

/* The leader's frame, as far as a worker cannot find it out itself. */
typedef struct ClrLeader
{
	TimestampTz started; /* when its statement began */
	bool resolved;		 /* it knew its actor */
	ClrActor actor;
} ClrLeader;

extern void clr_worker_init(void);
extern int clr_worker_tell(const ClrLeader *leader);
extern void clr_worker_told(int level);
extern bool clr_worker_leader(ClrLeader *leader);

#endif /* CLR_WORKER_H */
