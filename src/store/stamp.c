/*
 * stamp.c
 *		Under which versions something that is kept holds.
 *
 * What is kept was read under a snapshot, which saw a version, and depends on some
 * topics, whose notes that snapshot saw, too. It holds for another snapshot
 *
 *	 if that sees the same version of the kinds which these topics are of: then it
 *	 sees the same changes of all (version.c)
 *	 or else, if what was changed between them, of the other kinds, is known to be of
 *	 other topics (past.c), or if it sees the same notes of each topic of these kinds: then
 *	 it sees the same changes of what was read, and would have read the same
 *
 * From then on it is known to hold for that other version, too, which makes the
 * next question as cheap as ever. A version is the latest for which this was found:
 * each holds, so it does not matter which one stands there, nor whether a query
 * with an older snapshot uses the same.
 *
 * What is added to something kept later is read under a snapshot for which it holds,
 * and may come from what its topics cover only.
 *
 * Keeps no state.
 */
#include "store/stamp.h"

#include "store/past.h"

static void add_part(ClrStamp *stamp, ClrChange kind, int32 part);
static bool find_changed(const ClrStamp *stamp, const ClrVersion *version, bool *changed);
static bool are_of_others(const ClrStamp *stamp, const ClrVersion *version, const bool *changed);
static bool notes_are_same(const ClrStamp *stamp, const ClrVersion *version, const bool *changed);

/*
 * For what is read under the active snapshot, which sees `version`. Memory is of
 * the context, and goes with it.
 */
void
clr_stamp_begin(ClrStamp *stamp, const ClrVersion *version, MemoryContext context)
{
	stamp->context = context;
	clr_version_copy(&stamp->version, version, context);
	stamp->asked = stamp->notes = (ClrTopicNotes){ 0 };
}

/*
 * It depends on a topic; and on anything of its kind that could not be told more
 * closely. Until clr_stamp_read() it is taken to depend on everything.
 */
void
clr_stamp_add(ClrStamp *stamp, ClrTopic topic, int64 id)
{
	ClrChange kind = clr_topic_kind(topic);

	add_part(stamp, kind, clr_topic_part(clr_topic_everything(kind), 0));
	add_part(stamp, kind, clr_topic_part(topic, id));
}

/* Once: another topic may be in the same part. */
static void
add_part(ClrStamp *stamp, ClrChange kind, int32 part)
{
	const ClrTopicNotes *asked = &stamp->asked;

	for (int i = 0; i < asked->count; i++)
		if (asked->notes[i].kind == kind && asked->notes[i].part == part)
			return;
	clr_topic_add(&stamp->asked, stamp->context, (ClrTopicNote){ kind, part, 0 });
}

/* These topics are all, as the active snapshot sees them. */
void
clr_stamp_read(ClrStamp *stamp)
{
	MemoryContext caller = MemoryContextSwitchTo(stamp->context);

	if (stamp->version.count > 0) /* else it holds for no other snapshot */
		clr_topic_read(&stamp->notes, &stamp->asked, &stamp->version);
	pfree(stamp->asked.notes);
	stamp->asked = (ClrTopicNotes){ 0 };
	MemoryContextSwitchTo(caller);
}

/*
 * Whether it holds for the active snapshot, which sees `version`.
 */
bool
clr_stamp_holds(ClrStamp *stamp, const ClrVersion *version)
{
	bool changed[CLR_CHANGES] = { false };

	if (stamp->version.count == 0 || version->count == 0)
		return false;
	if (clr_version_identical(&stamp->version, version))
		return true;
	if (stamp->notes.count == 0)
		return clr_version_equal(&stamp->version, version);
	if (!find_changed(stamp, version, changed))
		return true;
	if (!are_of_others(stamp, version, changed) && !notes_are_same(stamp, version, changed))
		return false;
	clr_version_renew(&stamp->version, version, stamp->context);
	return true;
}

/* Of which of the kinds that it depends on there is another version; false: of none. */
static bool
find_changed(const ClrStamp *stamp, const ClrVersion *version, bool *changed)
{
	bool depends[CLR_CHANGES] = { false };
	bool any = false;

	for (int i = 0; i < stamp->notes.count; i++)
		depends[stamp->notes.notes[i].kind] = true;
	for (int kind = 0; kind < CLR_CHANGES; kind++)
	{
		changed[kind] = depends[kind] && !clr_version_same(&stamp->version, version, kind);
		any |= changed[kind];
	}
	return any;
}

/* What changed of these kinds is known to be of other topics. */
static bool
are_of_others(const ClrStamp *stamp, const ClrVersion *version, const bool *changed)
{
	for (int kind = 0; kind < CLR_CHANGES; kind++)
		if (changed[kind] && !clr_past_is_of_others(&stamp->version, version, &stamp->notes, kind))
			return false;
	return true;
}

/* The notes of these kinds are those that the active snapshot sees. */
static bool
notes_are_same(const ClrStamp *stamp, const ClrVersion *version, const bool *changed)
{
	ClrTopicNotes before = { 0 };
	ClrTopicNotes now = { 0 };
	bool same;

	for (int i = 0; i < stamp->notes.count; i++)
		if (changed[stamp->notes.notes[i].kind])
			clr_topic_add(&before, CurrentMemoryContext, stamp->notes.notes[i]);
	clr_topic_read(&now, &before, version);
	same = now.count == before.count;
	for (int i = 0; same && i < now.count; i++)
		same = now.notes[i].changed_by == before.notes[i].changed_by &&
			   now.notes[i].part == before.notes[i].part;
	pfree(before.notes);
	pfree(now.notes);
	return same;
}
