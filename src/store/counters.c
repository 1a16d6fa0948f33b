/*
 * counters.c
 *		Counts of what happened since the server started.
 *
 * Each backend counts in a row of its own in shared memory, to which nobody else
 * writes: to count is to add to a number in a cache line that no other processor
 * wants, however many sessions there are. Whoever reads adds up the rows. A
 * backend that ends leaves its row to the next one with its number, which goes
 * on counting there, so nothing is lost; only a start of the server begins
 * anew, also one after a crash.
 *
 * A reset does not write to the rows, it notes what they add up to.
 *
 * Where the library is not in shared_preload_libraries there is no shared memory
 * to have: the session counts for itself, which nobody reads.
 *
 * Locking: `lock` is for what a reset writes. The rows need none: each number is
 * read and written whole, and only grows.
 */
#include "store/counters.h"

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"

#define TRANCHE "pg_clearance counters"

/* Rows begin in cache lines of their own. */
typedef union Row
{
	pg_atomic_uint64 counts[CLR_COUNTERS];
	char padding[TYPEALIGN(PG_CACHE_LINE_SIZE, CLR_COUNTERS * sizeof(pg_atomic_uint64))];
} Row;

typedef struct Shared
{
	LWLock *lock;
	TimestampTz since;
	uint64 before[CLR_COUNTERS]; /* what the rows added up to at that time */
	Row *rows;					 /* of the backends, by number from zero */
} Shared;

static Shared *shared = NULL;
static Row *own = NULL;

static Row *own_row(void);
static Size rows_size(void);
static uint64 sum(int counter);

/*
 * Count something. Returns nothing of meaning: it may stand among the parts of an
 * ereport().
 */
int
clr_count(int counter)
{
	pg_atomic_uint64 *count;

	Assert(counter >= 0 && counter < CLR_COUNTERS);
	if (unlikely(own == NULL))
		own = own_row();
	count = &own->counts[counter];
	pg_atomic_write_u64(count, pg_atomic_read_u64(count) + 1);
	return 0;
}

static Row *
own_row(void)
{
	static Row unread;

	if (shared != NULL && CLR_BACKEND >= 1 && CLR_BACKEND <= MaxBackends)
		return &shared->rows[CLR_BACKEND - 1];
	for (int i = 0; i < CLR_COUNTERS; i++)
		pg_atomic_init_u64(&unread.counts[i], 0);
	return &unread;
}

/* Whether there is something to read. */
bool
clr_counters_are_shared(void)
{
	return shared != NULL;
}

/*
 * All counts (CLR_COUNTERS of them) since the time that is returned.
 */
TimestampTz
clr_counters_read(uint64 *counts)
{
	TimestampTz since;

	LWLockAcquire(shared->lock, LW_SHARED);
	since = shared->since;
	for (int i = 0; i < CLR_COUNTERS; i++)
		counts[i] = sum(i) - shared->before[i];
	LWLockRelease(shared->lock);
	return since;
}

/* Count from zero, since the time that is returned. */
TimestampTz
clr_counters_reset(void)
{
	TimestampTz since;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < CLR_COUNTERS; i++)
		shared->before[i] = sum(i);
	since = shared->since = GetCurrentTimestamp();
	LWLockRelease(shared->lock);
	return since;
}

static uint64
sum(int counter)
{
	uint64 total = 0;

	for (int i = 0; i < MaxBackends; i++)
		total += pg_atomic_read_u64(&shared->rows[i].counts[counter]);
	return total;
}

/* ---------- the server's start ---------- */

/* The server asks how much shared memory is wanted; it knows MaxBackends by now (postmaster.c). */
void
clr_counters_request(void)
{
	RequestAddinShmemSpace(add_size(sizeof(Shared), rows_size()));
	RequestNamedLWLockTranche(TRANCHE, 1);
}

static Size
rows_size(void)
{
	return add_size(mul_size(MaxBackends, sizeof(Row)), PG_CACHE_LINE_SIZE);
}

/* Shared memory is there, new at each start and after a crash. */
void
clr_counters_startup(void)
{
	bool found;
	Shared *area;

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	area = ShmemInitStruct(TRANCHE, sizeof(Shared), &found);
	if (!found)
	{
		memset(area, 0, sizeof(Shared));
		area->lock = &GetNamedLWLockTranche(TRANCHE)->lock;
		area->since = GetCurrentTimestamp();
		area->rows = (Row *) CACHELINEALIGN(ShmemAlloc(rows_size()));
		for (int i = 0; i < MaxBackends; i++)
			for (int j = 0; j < CLR_COUNTERS; j++)
				pg_atomic_init_u64(&area->rows[i].counts[j], 0);
	}
	LWLockRelease(AddinShmemInitLock);
	shared = area;
}
