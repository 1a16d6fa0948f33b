/*
 * past.c
 *		What a row of clearance.version says of the transactions before it.
 *
 * A row says which parts its transaction has noted (topic.h), then which
 * transaction had the row before it and what that one had noted, and so on, as far
 * as there is room. So whoever sees another version than the last time mostly
 * finds on the same page that what happened between is about others, without
 * looking for its own parts.
 *
 * Claim: let one snapshot see the row of x, and another one a row from which the
 * past leads to x. What only the other one sees of the changes that this row stands
 * for was made by the transactions before x in that list. For a row stands for its
 * transaction, and for what the rows stood for that it took the place of
 * (version.c). It says what was before it only if that was one row, and says nothing
 * until its transaction is about to commit, when it notes nothing any more. So the
 * list is whole up to x; and what x stands for, the first snapshot sees, too. If all
 * rows of the other one lead to such an x, or are the same, it sees no other changes;
 * and if no row of the first one is left over, that sees none that the other one does
 * not: as a row is replaced once, each x has one that leads to it.
 *
 * Parts are told by their last 16 bits: others may be taken for them, never the
 * other way round.
 *
 * State: the pasts of the rows that were read last. A row that others see does not
 * change, so a transaction has one past of a kind.
 */
#include "store/past.h"

#include "access/htup_details.h"

/* In units of 16 bits: how much a row may say; it is cut there. */
#define MAX_WORDS 96

/* In the place of the number of parts: they are not known, nor what was before. */
#define UNKNOWN PG_UINT16_MAX

#define WORDS_OF_ID ((int) (sizeof(uint64) / sizeof(uint16)))

#define COLUMN_PAST 3

typedef struct Past
{
	ClrNote of;
	int count;
	uint16 words[MAX_WORDS];
} Past;

/* Of more rows, more changed at a time than lists of this length hold. */
static Past pasts[8];
static int n_pasts = 0;

static int words_of(HeapTuple row, TupleDesc desc, uint16 *words);
static bytea *pack(const uint16 *words, int count);
static const Past *past_of(const ClrNote *note);
static bool has(const ClrVersion *version, ClrChange kind, uint64 changed_by);
static bool leads_to(const Past *past, const ClrVersion *from, const ClrTopicNotes *of);
static bool depends_on(const ClrTopicNotes *of, ClrChange kind, uint16 part);

/* Rows are read anew. */
void
clr_past_forget(void)
{
	n_pasts = 0;
}

/* A row was read, which this transaction has not written. */
void
clr_past_read(ClrNote of, HeapTuple row, TupleDesc desc)
{
	Past *past = &pasts[n_pasts];

	if (n_pasts == lengthof(pasts))
		return;
	past->of = of;
	past->count = words_of(row, desc, past->words);
	if (past->count > 0)
		n_pasts++;
}

/* None if the table has no such column, which an earlier release had not. */
static int
words_of(HeapTuple row, TupleDesc desc, uint16 *words)
{
	bool isnull = true;
	Datum value = (Datum) 0;
	struct varlena *past;
	Size size;

	if (desc->natts >= COLUMN_PAST)
		value = heap_getattr(row, COLUMN_PAST, desc, &isnull);
	if (isnull)
		return 0;
	past = (struct varlena *) DatumGetPointer(value);
	if (VARATT_IS_EXTERNAL(past) || VARATT_IS_COMPRESSED(past)) /* too long to be ours */
		return 0;
	size = Min(VARSIZE_ANY_EXHDR(past), MAX_WORDS * sizeof(uint16));
	memcpy(words, VARDATA_ANY(past), size);
	return (int) (size / sizeof(uint16));
}

static bytea *
pack(const uint16 *words, int count)
{
	Size size = count * sizeof(uint16);
	bytea *packed = palloc(VARHDRSZ + size);

	SET_VARSIZE(packed, VARHDRSZ + size);
	memcpy(VARDATA(packed), words, size);
	return packed;
}

/* ---------- what is written ---------- */

/*
 * The past of a row that takes the place of another one, while its own transaction
 * may note more.
 */
bytea *
clr_past_unknown(ClrNote before, HeapTuple row, TupleDesc desc)
{
	uint16 words[1 + WORDS_OF_ID + MAX_WORDS] = { UNKNOWN };
	int count = 1 + WORDS_OF_ID;

	memcpy(words + 1, &before.changed_by, sizeof(before.changed_by));
	count += words_of(row, desc, words + count);
	return pack(words, Min(count, MAX_WORDS));
}

/* The same row, when all parts are known that it has noted. */
bytea *
clr_past_tell(const int32 *parts, int count, HeapTuple row, TupleDesc desc)
{
	uint16 words[2 * MAX_WORDS] = { count };
	uint16 before[MAX_WORDS];
	int n_before = words_of(row, desc, before);

	if (n_before == 0 || count >= MAX_WORDS)
		return pack(words, 0);
	for (int i = 0; i < count; i++)
		words[1 + i] = (uint16) parts[i];
	memcpy(words + 1 + count, before + 1, (n_before - 1) * sizeof(uint16));
	return pack(words, Min(count + n_before, MAX_WORDS));
}

/* ---------- what is asked ---------- */

/*
 * Whether all changes of a kind that one of two versions has and the other has not are
 * known to be of other parts than those of the notes.
 */
bool
clr_past_is_of_others(const ClrVersion *from, const ClrVersion *to, const ClrTopicNotes *of,
					  ClrChange kind)
{
	int left = 0;

	for (int i = 0; i < from->count; i++)
		if (from->notes[i].what == kind && !has(to, kind, from->notes[i].changed_by))
			left++;
	for (int i = 0; i < to->count; i++)
	{
		const ClrNote *note = &to->notes[i];
		const Past *past;

		if (note->what != kind || has(from, kind, note->changed_by))
			continue;
		past = past_of(note);
		if (past == NULL || !leads_to(past, from, of))
			return false;
		left--;
	}
	return left == 0;
}

static const Past *
past_of(const ClrNote *note)
{
	for (int i = 0; i < n_pasts; i++)
		if (pasts[i].of.what == note->what && pasts[i].of.changed_by == note->changed_by)
			return &pasts[i];
	return NULL;
}

static bool
has(const ClrVersion *version, ClrChange kind, uint64 changed_by)
{
	for (int i = 0; i < version->count; i++)
		if (version->notes[i].what == kind && version->notes[i].changed_by == changed_by)
			return true;
	return false;
}

/* Whether the list goes as far as a transaction that `from` sees, and nothing in it matters. */
static bool
leads_to(const Past *past, const ClrVersion *from, const ClrTopicNotes *of)
{
	int at = 0;

	while (at < past->count && past->words[at] != UNKNOWN)
	{
		int end = at + 1 + past->words[at];
		uint64 before;

		if (end + WORDS_OF_ID > past->count)
			return false;
		while (++at < end)
			if (depends_on(of, past->of.what, past->words[at]))
				return false;
		memcpy(&before, past->words + at, sizeof(before));
		if (has(from, past->of.what, before))
			return true;
		at += WORDS_OF_ID;
	}
	return false;
}

static bool
depends_on(const ClrTopicNotes *of, ClrChange kind, uint16 part)
{
	for (int i = 0; i < of->count; i++)
		if (of->notes[i].kind == kind && (uint16) of->notes[i].part == part)
			return true;
	return false;
}
