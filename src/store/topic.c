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
 * State: parts that were read last.
 */
#include "store/topic.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "store/rows.h"

/* Parts that ids share, after one for each topic. */
#define FIRST_SHARED 64
#define SHARED_PARTS 65536

/* Parts read under the version that was asked for last, which have one transaction, or none. */
#define RECENT_PARTS 128

static struct
{
	ClrVersion version; /* none: nothing is remembered */
	ClrTopicNote notes[RECENT_PARTS];
} recent;

static bool is_of_part(const ClrTopicNote *a, const ClrTopicNote *b);
static void read_part(ClrTopicNotes *notes, ClrRows *rows, ClrTopicNote note);
static void begin_recent(const ClrVersion *version);
static bool recall(ClrTopicNote *note);
static void remember(const ClrTopicNote *note);

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

/* One more, in the order of transactions within its part; memory is of the context. */
void
clr_topic_add(ClrTopicNotes *notes, MemoryContext context, ClrTopicNote note)
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
	for (; at > 0 && is_of_part(&notes->notes[at - 1], &note) &&
		   notes->notes[at - 1].changed_by > note.changed_by;
		 at--)
		notes->notes[at] = notes->notes[at - 1];
	notes->notes[at] = note;
	notes->count++;
}

static bool
is_of_part(const ClrTopicNote *a, const ClrTopicNote *b)
{
	return a->part == b->part && a->kind == b->kind;
}

/*
 * What the active snapshot, which sees `version`, sees of the parts that other notes are
 * of, in their order; of a part that has none, a note that says nobody. In the current
 * context.
 */
void
clr_topic_read(ClrTopicNotes *notes, const ClrTopicNotes *of, const ClrVersion *version)
{
	ClrRows rows = { 0 };

	begin_recent(version);
	for (int i = 0; i < of->count; i++)
	{
		ClrTopicNote note = of->notes[i];

		if (i > 0 && is_of_part(&of->notes[i - 1], &note))
			continue;
		if (!recall(&note))
			read_part(notes, &rows, note);
		else
			clr_topic_add(notes, CurrentMemoryContext, note);
	}
	if (rows.relation != NULL)
		clr_rows_end(&rows);
}

static void
read_part(ClrTopicNotes *notes, ClrRows *rows, ClrTopicNote note)
{
	const int64 part = note.part;
	int before = notes->count;

	if (rows->relation == NULL)
		clr_rows_begin(rows, CLR_VERSION_OF_PART, &part);
	else
		clr_rows_again(rows, part);
	while (clr_rows_next(rows))
	{
		note.changed_by = (uint64) clr_rows_int64(rows, VERSION_CHANGED_BY);
		clr_topic_add(notes, CurrentMemoryContext, note);
	}
	note.changed_by = 0;
	if (notes->count == before)
		clr_topic_add(notes, CurrentMemoryContext, note);
	if (notes->count == before + 1)
		remember(&notes->notes[before]);
}

/* ---------- parts read before ---------- */

/*
 * Whoever notes a part notes its kind: while no kind has another version, no part has.
 * A transaction that changes something says so once of a kind, and then of further
 * parts: it reads them each time.
 */
static void
begin_recent(const ClrVersion *version)
{
	if (clr_version_changed_any())
		recent.version.count = 0;
	else if (!clr_version_equal(&recent.version, version))
	{
		recent.version.count = 0;
		memset(recent.notes, 0, sizeof(recent.notes));
		clr_version_renew(&recent.version, version, TopMemoryContext);
	}
}

/* False: it must be read. */
static bool
recall(ClrTopicNote *note)
{
	const ClrTopicNote *known = &recent.notes[note->part % RECENT_PARTS];

	if (recent.version.count == 0 || known->part != note->part)
		return false;
	note->changed_by = known->changed_by;
	return true;
}

static void
remember(const ClrTopicNote *note)
{
	if (recent.version.count > 0)
		recent.notes[note->part % RECENT_PARTS] = *note;
}
