/*
 * stamp.c
 *		Under which versions something that is kept holds.
 *
 * What is kept was read under a snapshot, which saw a version, and depends on some
 * topics, whose notes that snapshot saw, too. It holds for another snapshot
 *
 *	 if that sees the same version of the kinds which these topics are of: then it
 *	 sees the same changes of all (version.c)
 *	 or else, if it sees the same notes of each topic of the other kinds: then it
 *	 sees the same changes of what was read, and would have read the same
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

static void add_part(ClrStamp *stamp, ClrChange kind, int32 part);
static bool find_changed(const ClrStamp *stamp, const ClrVersion *version, bool *changed);
static bool notes_are_same(const ClrStamp *stamp, const bool *changed);
static int end_of_part(const ClrTopicNotes *notes, int from);

/*
 * For what is read under the active snapshot, which sees `version`. Memory is of
 * the context, and goes with it.
 */
void
clr_stamp_begin(ClrStamp *stamp, const ClrVersion *version, MemoryContext context)
{
	stamp->context = context;
	clr_version_copy(&stamp->version, version, context);
	stamp->notes = (ClrTopicNotes){ 0 };
}

/*
 * It depends on a topic, as the active snapshot sees it; and on anything of its kind
 * that could not be told more closely.
 */
void
clr_stamp_add(ClrStamp *stamp, ClrTopic topic, int64 id)
{
	ClrChange kind = clr_topic_kind(topic);

	if (stamp->version.count == 0) /* it holds for no other snapshot */
		return;
	add_part(stamp, kind, clr_topic_part(clr_topic_everything(kind), 0));
	add_part(stamp, kind, clr_topic_part(topic, id));
}

/* Once: another topic may be in the same part. */
static void
add_part(ClrStamp *stamp, ClrChange kind, int32 part)
{
	const ClrTopicNote *notes = stamp->notes.notes;

	for (int i = 0; i < stamp->notes.count; i++)
		if (notes[i].kind == kind && notes[i].part == part)
			return;
	clr_topic_read(&stamp->notes, stamp->context, kind, part);
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
	if (stamp->notes.count == 0)
		return clr_version_equal(&stamp->version, version);
	if (!find_changed(stamp, version, changed))
		return true;
	if (!notes_are_same(stamp, changed))
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

/* The notes of these kinds are those that the active snapshot sees. */
static bool
notes_are_same(const ClrStamp *stamp, const bool *changed)
{
	const ClrTopicNotes *notes = &stamp->notes;
	ClrTopicNotes now = { 0 };
	bool same = true;
	int next;

	for (int i = 0; same && i < notes->count; i = next)
	{
		next = end_of_part(notes, i);
		if (!changed[notes->notes[i].kind])
			continue;
		now.count = 0;
		clr_topic_read(&now, CurrentMemoryContext, notes->notes[i].kind, notes->notes[i].part);
		same = now.count == next - i;
		for (int j = 0; same && j < now.count; j++)
			same = now.notes[j].changed_by == notes->notes[i + j].changed_by;
	}
	if (now.notes != NULL)
		pfree(now.notes);
	return same;
}

static int
end_of_part(const ClrTopicNotes *notes, int from)
{
	int to = from + 1;

	while (to < notes->count && notes->notes[to].part == notes->notes[from].part &&
		   notes->notes[to].kind == notes->notes[from].kind)
		to++;
	return to;
}
