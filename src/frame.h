/*
 * frame.h
 *		One executing query: its actor, scope and what was loaded for it.
 */
#ifndef CLR_FRAME_H
#define CLR_FRAME_H

#include "compat.h"

#include "executor/execdesc.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "actor.h"
#include "binding.h"
#include "scope.h"

typedef struct ClrFrame
{
	uint64 serial;		   /* no two frames of a backend have the same */
	EState *estate;		   /* the query; NULL for a frame outside of one */
	MemoryContext context; /* everything below lives here */
	ClrIdentity identity;  /* frozen when the query started */
	bool actor_known;
	ClrActor actor;
	ClrScope *scope;	/* loaded when first asked for */
	List *bindings;		/* of ClrBinding, loaded when first asked for */
	StringInfo updated; /* bound values that the last UPDATE of a partition's row left */
	struct ClrFrame *next;
} ClrFrame;

extern void clr_frame_open(QueryDesc *query);
extern ClrFrame *clr_frame_enter(QueryDesc *query);
extern void clr_frame_leave(ClrFrame *previous);
extern ClrFrame *clr_frame_current(void);
extern ClrActor clr_frame_actor(ClrFrame *frame);
extern ClrScope *clr_frame_scope(ClrFrame *frame);
extern ClrBinding *clr_frame_binding(ClrFrame *frame, int32 id);

#endif /* CLR_FRAME_H */
