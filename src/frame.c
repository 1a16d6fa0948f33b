/*
 * frame.c
 *		One executing query: its actor, scope and what was loaded for it.
 *
 * A frame is opened when the executor starts a query and freezes who acts. It
 * is current only while that query runs, so that a cursor, and a query inside
 * a function of another query, each see their own. What a frame loads, it
 * loads under the query's snapshot and keeps until the query ends: nothing is
 * carried over to the next statement.
 *
 * Lifetime: a frame lives in its query's memory context; a reset callback
 * takes it off the list, so an error needs no clean-up here. `current` is set
 * and restored by the hooks around ExecutorRun and ExecutorFinish.
 */
#include "frame.h"

#include "utils/memutils.h"

static ClrFrame *frames = NULL;
static ClrFrame *current = NULL;
static uint64 last_serial = 0;

static ClrFrame *new_frame(EState *estate, MemoryContext parent);
static void forget_frame(void *frame);

/*
 * A query starts: freeze who acts.
 */
void
clr_frame_open(QueryDesc *query)
{
	(void) new_frame(query->estate, query->estate->es_query_cxt);
}

/*
 * The query runs: make its frame current. Returns the one that was. A query
 * that started before the library was loaded has no frame yet.
 */
ClrFrame *
clr_frame_enter(QueryDesc *query)
{
	ClrFrame *previous = current;
	ClrFrame *frame = frames;

	while (frame != NULL && frame->estate != query->estate)
		frame = frame->next;
	if (frame == NULL)
		frame = new_frame(query->estate, query->estate->es_query_cxt);
	current = frame;
	return previous;
}

void
clr_frame_leave(ClrFrame *previous)
{
	current = previous;
}

/*
 * The frame of the running query. Outside of one (the planner estimating a
 * stable function) a frame of its own, as short-lived as the caller's memory.
 */
ClrFrame *
clr_frame_current(void)
{
	return current != NULL ? current : new_frame(NULL, CurrentMemoryContext);
}

static ClrFrame *
new_frame(EState *estate, MemoryContext parent)
{
	ClrFrame *frame = MemoryContextAllocZero(parent, sizeof(ClrFrame));

	frame->serial = ++last_serial;
	frame->estate = estate;
	frame->context = parent;
	frame->identity = clr_actor_identity();
	if (estate != NULL)
	{
		MemoryContextCallback *callback = MemoryContextAlloc(parent, sizeof(MemoryContextCallback));

		callback->func = forget_frame;
		callback->arg = frame;
		MemoryContextRegisterResetCallback(parent, callback);
		frame->next = frames;
		frames = frame;
	}
	return frame;
}

static void
forget_frame(void *arg)
{
	ClrFrame **link = &frames;

	while (*link != NULL && *link != arg)
		link = &(*link)->next;
	if (*link != NULL)
		*link = (*link)->next;
	if (current == arg)
		current = NULL;
}

ClrActor
clr_frame_actor(ClrFrame *frame)
{
	if (!frame->actor_known)
	{
		frame->actor = clr_actor_resolve(&frame->identity);
		frame->actor_known = true;
	}
	return frame->actor;
}

ClrScope *
clr_frame_scope(ClrFrame *frame)
{
	if (frame->scope == NULL)
		frame->scope = clr_scope_load(frame->context, clr_frame_actor(frame));
	return frame->scope;
}

ClrBinding *
clr_frame_binding(ClrFrame *frame, int32 id)
{
	MemoryContext caller;
	ClrBinding *binding;
	ListCell *lc;

	foreach(lc, frame->bindings)
	{
		binding = lfirst(lc);
		if (binding->id == id)
			return binding;
	}
	binding = clr_binding_load(frame->context, id);
	caller = MemoryContextSwitchTo(frame->context);
	frame->bindings = lappend(frame->bindings, binding);
	MemoryContextSwitchTo(caller);
	return binding;
}
