/*
 * judge.c
 *		What a verdict rests on, beside the row.
 *
 * A judge is made for one actor, moment and snapshot, by whoever asks: the frame
 * of a query for who acts there. It has its own copies of bindings, in which
 * what is read of rows for this actor is kept.
 *
 * Lifetime: its maker's. What it holds lives in its context, and ends with
 * clr_judge_end(), which runs after errors too: from the context's callback.
 */
#include "rule/judge.h"

#include "utils/memutils.h"

ClrBinding *
clr_judge_binding(ClrJudge *judge, int32 id)
{
	MemoryContext caller;
	ClrBinding *binding;
	ListCell *lc;

	foreach(lc, judge->bindings)
	{
		binding = lfirst(lc);
		if (binding->id == id)
			return binding;
	}
	binding = clr_binding_acquire(judge->context, id);
	caller = MemoryContextSwitchTo(judge->context);
	judge->bindings = lappend(judge->bindings, binding);
	MemoryContextSwitchTo(caller);
	return binding;
}

/* Of the oldest of the declarations that the rule asked for so far. */
uint64
clr_judge_generation(const ClrJudge *judge)
{
	uint64 oldest = PG_UINT64_MAX;
	ListCell *lc;

	foreach(lc, judge->bindings)
		oldest = Min(oldest, ((ClrBinding *) lfirst(lc))->generation);
	return oldest;
}

/* Let go of the bindings, which others may use. */
void
clr_judge_end(ClrJudge *judge)
{
	ListCell *lc;

	foreach(lc, judge->bindings)
		clr_binding_release(lfirst(lc));
}
