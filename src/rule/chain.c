/*
 * chain.c
 *		Rows whose keys are integers, and those of their own table above them.
 *
 * Who asks adds each row that is open if the one above it is, in any order, and
 * then has them settled. A row whose chain ends in one that has none above it is
 * open; one whose chain ends in a row that was not added is not, nor is a chain
 * that goes in a circle. Each row is looked at once, and none needs stack, however
 * long the chains are.
 *
 * Rows lie side by side in the order of their keys: that takes half of what a
 * hash table does, and a third of the time.
 *
 * Lifetime: in the context that is given.
 */
#include "rule/chain.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#define FIRST_ROOM 64

/* A search guesses as if keys lay evenly, so often, and then halves. */
#define GUESSES 3

#define NOT_THERE (-1)

typedef enum State
{
	AS_ABOVE, /* as the row above it is */
	ON_PATH,  /* the same, and looked at now */
	OPEN,
	CLOSED,
} State;

typedef struct Row
{
	int64 key;
	int64 above; /* its key, and once all came its place */
	void *value;
	State state;
} Row;

struct ClrChains
{
	Row *rows;
	int64 count;
	int64 room;
};

static int by_key(const void *a, const void *b);
static int64 place_of(const ClrChains *chains, int64 key);
static void settle(Row *rows, Row *row);

ClrChains *
clr_chains_new(MemoryContext context)
{
	ClrChains *chains = MemoryContextAlloc(context, sizeof(ClrChains));

	chains->rows = MemoryContextAlloc(context, sizeof(Row) * FIRST_ROOM);
	chains->count = 0;
	chains->room = FIRST_ROOM;
	return chains;
}

/*
 * A row that is open if that with its parent's key is (NULL: it is). The same may
 * come twice.
 */
void
clr_chains_add(ClrChains *chains, int64 key, const int64 *parent, void *value)
{
	if (chains->count == chains->room)
	{
		chains->room *= 2;
		chains->rows = repalloc_huge(chains->rows, sizeof(Row) * chains->room);
	}
	chains->rows[chains->count++] =
		(Row){ key, parent == NULL ? 0 : *parent, value, parent == NULL ? OPEN : AS_ABOVE };
}

/* What the rows take. */
Size
clr_chains_bytes(const ClrChains *chains)
{
	return sizeof(Row) * chains->count;
}

/*
 * All rows came.
 */
void
clr_chains_settle(ClrChains *chains)
{
	Row *end = chains->rows + chains->count;

	qsort(chains->rows, chains->count, sizeof(Row), by_key);
	for (Row *row = chains->rows; row < end; row++)
	{
		CHECK_FOR_INTERRUPTS();
		if (row->state != AS_ABOVE)
			continue;
		row->above = place_of(chains, row->above);
		if (row->above == NOT_THERE)
			row->state = CLOSED;
	}
	for (Row *row = chains->rows; row < end; row++)
		settle(chains->rows, row);
}

static int
by_key(const void *a, const void *b)
{
	int64 one = ((const Row *) a)->key;
	int64 other = ((const Row *) b)->key;

	return one < other ? -1 : one > other;
}

/* Go up until something is known, or the path meets itself: then all of it is the same. */
static void
settle(Row *rows, Row *row)
{
	Row *at;
	State state;

	for (at = row; at->state == AS_ABOVE; at = &rows[at->above])
	{
		CHECK_FOR_INTERRUPTS();
		at->state = ON_PATH;
	}
	state = at->state == OPEN ? OPEN : CLOSED;
	for (at = row; at->state == ON_PATH; at = &rows[at->above])
		at->state = state;
}

/* Where the row with a key is: the first, if it came twice. */
static int64
place_of(const ClrChains *chains, int64 key)
{
	const Row *rows = chains->rows;
	int64 low = 0;
	int64 high = chains->count - 1;

	for (int i = 0; low < high && key > rows[low].key && key <= rows[high].key; i++)
	{
		uint64 before = (uint64) key - (uint64) rows[low].key;
		uint64 all = (uint64) rows[high].key - (uint64) rows[low].key;
		double part = i < GUESSES ? (double) before / (double) all : 0.5;
		int64 at = Min(low + (int64) (part * (high - low)), high - 1);

		if (rows[at].key < key)
			low = at + 1;
		else
			high = at;
	}
	return chains->count > 0 && rows[low].key == key ? low : NOT_THERE;
}

/*
 * Whether all rows that were added are open, and each has a key of its own.
 */
bool
clr_chains_are_open(const ClrChains *chains)
{
	for (int64 i = 0; i < chains->count; i++)
		if (chains->rows[i].state != OPEN ||
			(i > 0 && chains->rows[i].key == chains->rows[i - 1].key))
			return false;
	return true;
}

/*
 * The value of an open row, or NULL.
 */
void *
clr_chains_value(const ClrChains *chains, int64 key)
{
	int64 place = place_of(chains, key);

	return place == NOT_THERE || chains->rows[place].state != OPEN ? NULL :
																	 chains->rows[place].value;
}

/*
 * Add the keys of the open rows.
 */
void
clr_chains_keys(const ClrChains *chains, ClrKeyTable *keys)
{
	for (int64 i = 0; i < chains->count; i++)
	{
		ClrKey key = { .class = CLR_KEY_INT, .integer = chains->rows[i].key };
		bool found;

		if (chains->rows[i].state == OPEN)
			(void) clr_keytab_add(keys, &key, &found);
	}
}

/*
 * The same as bits, or NULL if they lie too far apart, or there are no rows.
 */
ClrKeyBits *
clr_chains_bits(MemoryContext context, const ClrChains *chains)
{
	const Row *rows = chains->rows;
	ClrKeyBits *bits;

	if (chains->count == 0)
		return NULL;
	bits = clr_keybits_empty(context, chains->count, rows[0].key, rows[chains->count - 1].key);
	for (int64 i = 0; bits != NULL && i < chains->count; i++)
		if (rows[i].state == OPEN)
			clr_keybits_add(bits, rows[i].key);
	return bits;
}
