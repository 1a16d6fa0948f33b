/*
 * topic.c
 *		What a change of permissions is about, more closely than its kind.
 *
 * The table clearance.version_part says of parts of permissions what
 * clearance.version says of a kind: which transactions last changed something of
 * it (version.c has the protocol, and the claim; both are the same for a part).
 * What is kept depends on some topics, each in one part, and looks there when
 * its kind has another version (stamp.c). Topics that are about ids share a number
 * of parts, so that the table does not grow with members: two in one part make
 * something be read again that need not be, and never the other way round.
 *
 * Keeps no state.
 */
#include "store/topic.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "store/rows.h"

/* Parts that ids share, after one for each topic. */
#define FIRST_SHARED 64
#define SHARED_PARTS 65536

static void add(ClrTopicNotes *notes, MemoryContext context, const ClrTopicNote *note, int from);

/* The topic of what cannot be told more closely. */
ClrTopic
clr_topic_everything(ClrChange kind)
{
	static const ClrTopic topics[] = { [CLR_CHANGED_PEOPLE] = CLR_ABOUT_PEOPLE,
									   [CLR_CHANGED_PROJECTS] = CLR_ABOUT_ALL_PROJECTS,
									   [CLR_CHANGED_LEVELS] = CLR_ABOUT_ALL_LEVELS };

	return topics[kind];
}

ClrChange
clr_topic_kind(ClrTopic topic)
{
	if (topic >= CLR_ABOUT_ALL_LEVELS)
		return CLR_CHANGED_LEVELS;
	return topic >= CLR_ABOUT_ALL_PROJECTS ? CLR_CHANGED_PROJECTS : CLR_CHANGED_PEOPLE;
}

/* Where a topic is in the table. It stays there from one release to the next, as rows do. */
int32
clr_topic_part(ClrTopic topic, int64 id)
{
	uint64 both = (uint64) id * 64 + topic;

	StaticAssertStmt(CLR_ABOUT_LEVELS < FIRST_SHARED, "topics have parts of their own");
	if (id == 0)
		return topic;
	return FIRST_SHARED +
		   murmurhash32(hash_bytes((unsigned char *) &both, sizeof(both))) % SHARED_PARTS;
}

/*
 * Add what the active snapshot sees of a part; one note that says nobody, if
 * there is none. Memory is of the context.
 */
void
clr_topic_read(ClrTopicNotes *notes, MemoryContext context, ClrChange kind, int32 part)
{
	ClrTopicNote note = { kind, part, 0 };
	int64 key = part;
	int from = notes->count;
	ClrRows rows;

	clr_rows_begin(&rows, CLR_VERSION_OF_PART, &key);
	while (clr_rows_next(&rows))
	{
		note.changed_by = (uint64) clr_rows_int64(&rows, VERSION_CHANGED_BY);
		add(notes, context, &note, from);
	}
	clr_rows_end(&rows);
	if (notes->count == from)
		add(notes, context, &note, from);
}

static void
add(ClrTopicNotes *notes, MemoryContext context, const ClrTopicNote *note, int from)
{
	int at = notes->count;

	if (at == notes->capacity)
	{
		int capacity = Max(notes->capacity * 2, 16);

		notes->notes = notes->notes == NULL ?
						   MemoryContextAlloc(context, capacity * sizeof(ClrTopicNote)) :
						   repalloc(notes->notes, capacity * sizeof(ClrTopicNote));
		notes->capacity = capacity;
	}
	for (; at > from && notes->notes[at - 1].changed_by > note->changed_by; at--)
		notes->notes[at] = notes->notes[at - 1];
	notes->notes[at] = *note;
	notes->count++;
}
