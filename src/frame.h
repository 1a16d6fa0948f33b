/*
 * frame.h
 *		One executing query: its actor, scope and what was loaded for it.
 */
#ifndef CLR_FRAME_H
#define CLR_FRAME_H

#include "compat.h"

#include "executor/execdesc.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/resowner.h"

#include "actor.h"
#include "binding.h"
#include "scope.h"

typedef struct ClrFrame
{
	uint64 serial;		   /* no two frames of a backend have the same */
	EState *estate;		   /* the query; NULL for a frame outside of one */
	PlanState *plan;	   /* its top node */
	MemoryContext context; /* everything below lives here */
	Snapshot snapshot;	   /* the query's; NULL: the active one */
	ResourceOwner owner;   /* of what the query opens; NULL outside of one */
	TimestampTz started;   /* when its statement began */
	bool writes;		   /* the query adds, changes, removes or locks rows */
	ClrIdentity identity;  /* frozen when the query started */
	bool resolved;		   /* actor and scope are known */
	ClrActor actor;
	ClrScope *scope;
	ClrKeyTable *created[CLR_KEY_CLASSES]; /* projects that the query creates, see created.c */
	List *bindings;						   /* of ClrBinding, loaded when first asked for */
	int32 filled; /* binding whose last new row got its owner from owner.c */
	List *shapes; /* of ClrShape, see shape.c */
	struct ClrFrame *next;
} ClrFrame;

/* What was current, to be restored. */
typedef struct ClrCurrent
{
	ClrFrame *frame;
	Snapshot snapshot;
	MemoryContext planning; /* of the frame to be left, if it was for planning */
} ClrCurrent;

extern void clr_frame_init(bool late);
extern ClrFrame *clr_frame_open(QueryDesc *query);
extern ClrFrame *clr_frame_open_utility(void);
extern ClrFrame *clr_frame_of(QueryDesc *query);
extern ClrCurrent clr_frame_enter(ClrFrame *frame);
extern ClrCurrent clr_frame_enter_planning(void);
extern void clr_frame_leave(ClrCurrent previous);
extern bool clr_frame_tell_workers(QueryDesc *query, int *told);
extern bool clr_frame_is_running(void);
extern ClrFrame *clr_frame_current(void);
extern ClrFrame *clr_frame_of_call(const FmgrInfo *function);
extern ClrActor clr_frame_actor(ClrFrame *frame);
extern ClrScope *clr_frame_scope(ClrFrame *frame);
extern ClrBinding *clr_frame_binding(ClrFrame *frame, int32 id);

#endif /* CLR_FRAME_H */
