/*
 * scope_cache.c
 *		Scopes kept across statements, while permissions stay as they are.
 *
 * A scope is used again if the version that the query's snapshot sees is the
 * one that it was loaded under, and if no membership of the actor began or
 * ended in between. What a scope loads later, it loads under a snapshot that
 * sees the same version. A transaction that changed permissions itself gets
 * scopes of its own, which nobody else uses. A SERIALIZABLE one uses what it
 * read itself: the server must know that it depends on those rows.
 *
 * Lifetime: each scope has a memory context below scopes_context and counts
 * who uses it: the queries that run with it and, while it is kept, the cache.
 * The last one to let go frees it. Scopes beyond clearance.scope_cache are
 * let go, those first whose last use was longest ago.
 */
#include "scope_cache.h"

#include "access/xact.h"
#include "funcapi.h"
#include "lib/ilist.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

typedef struct CachedScope
{
	ClrActor actor; /* hash key */
	ClrScope *scope;
	ClrVersion version; /* in the scope's context; none if loaded under SERIALIZABLE */
	LocalTransactionId loaded_in;
	Size bytes;
	dlist_node node; /* in by_use, the last used first */
} CachedScope;

static int limit_kb = 16 * 1024;
static HTAB *cached = NULL;
static dlist_head by_use = DLIST_STATIC_INIT(by_use);
static MemoryContext scopes_context = NULL;
static Size total_bytes = 0;

static struct
{
	int64 hits;
	int64 misses;
	int64 reloads;
	int64 evictions;
} counts;

PG_FUNCTION_INFO_V1(clearance_cache_stats);

static CachedScope *find(ClrActor actor);
static bool is_valid(const CachedScope *entry, const ClrVersion *version);
static ClrScope *load(ClrActor actor, TimestampTz at);
static void keep(ClrScope *scope, const ClrVersion *version);
static void forget(CachedScope *entry);
static void let_go(ClrScope *scope);
static void weigh(CachedScope *entry);

void
clr_scope_cache_init(void)
{
	HASHCTL ctl = { .keysize = sizeof(ClrActor), .entrysize = sizeof(CachedScope) };

	DefineCustomIntVariable("clearance.scope_cache",
							"Memory of a session for what actors may do, kept across statements.",
							"Actors beyond it are read again when they act.", &limit_kb, 16 * 1024,
							0, MAX_KILOBYTES, PGC_SUSET, GUC_UNIT_KB, NULL, NULL, NULL);
	scopes_context =
		AllocSetContextCreate(TopMemoryContext, "clearance scopes", ALLOCSET_DEFAULT_SIZES);
	ctl.hcxt = scopes_context;
	cached =
		hash_create("clearance scopes by actor", 16, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * The scope of an actor, of the active snapshot, which sees `version`, and of
 * a moment. Release it after use.
 */
ClrScope *
clr_scope_acquire(ClrActor actor, const ClrVersion *version, TimestampTz at)
{
	CachedScope *entry;
	ClrScope *scope;
	bool keepable = (actor.member != 0 || actor.partner != 0) && !clr_version_changed_here();

	entry = keepable ? find(actor) : NULL;
	if (entry != NULL)
	{
		if (is_valid(entry, version) && entry->scope->valid_from <= at &&
			at < entry->scope->valid_until)
		{
			counts.hits++;
			dlist_move_head(&by_use, &entry->node);
			entry->scope->users++;
			return entry->scope;
		}
		counts.reloads++;
		forget(entry);
	}
	else
		counts.misses++;

	scope = load(actor, at);
	if (keepable)
		keep(scope, version);
	return scope;
}

void
clr_scope_release(ClrScope *scope)
{
	CachedScope *entry = find(scope->actor);

	/* it may have grown while it was used */
	if (entry != NULL && entry->scope == scope)
		weigh(entry);
	let_go(scope);
}

/* ---------- entries ---------- */

static CachedScope *
find(ClrActor actor)
{
	return hash_search(cached, &actor, HASH_FIND, NULL);
}

static bool
is_valid(const CachedScope *entry, const ClrVersion *version)
{
	if (IsolationIsSerializable())
		return entry->loaded_in == MyProc->lxid;
	return clr_version_equal(&entry->version, version);
}

/* Load a scope, with one user: the caller. An error leaves nothing behind. */
static ClrScope *
load(ClrActor actor, TimestampTz at)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "clearance scope", ALLOCSET_SMALL_SIZES);
	ClrScope *scope = clr_scope_load(context, actor, at);

	MemoryContextSetParent(context, scopes_context);
	scope->users = 1;
	return scope;
}

static void
keep(ClrScope *scope, const ClrVersion *version)
{
	CachedScope *entry;
	ClrVersion copy;

	clr_version_copy(&copy, version, scope->context);
	entry = hash_search(cached, &scope->actor, HASH_ENTER, NULL);
	entry->scope = scope;
	entry->version = copy;
	entry->loaded_in = MyProc->lxid;
	entry->bytes = 0;
	dlist_push_head(&by_use, &entry->node);
	scope->users++;
	weigh(entry);
}

static void
forget(CachedScope *entry)
{
	ClrScope *scope = entry->scope;

	total_bytes -= entry->bytes;
	dlist_delete(&entry->node);
	(void) hash_search(cached, &entry->actor, HASH_REMOVE, NULL);
	let_go(scope);
}

static void
let_go(ClrScope *scope)
{
	if (--scope->users == 0)
		MemoryContextDelete(scope->context);
}

/* Take stock of an entry, and make room. */
static void
weigh(CachedScope *entry)
{
	Size bytes = MemoryContextMemAllocated(entry->scope->context, true);

	total_bytes += bytes - entry->bytes;
	entry->bytes = bytes;
	while (total_bytes > (Size) limit_kb * 1024 && !dlist_is_empty(&by_use))
	{
		counts.evictions++;
		forget(dlist_tail_element(CachedScope, node, &by_use));
	}
}

/*
 * cache_stats(OUT hits, misses, reloads, evictions, actors, bytes, limit):
 * scopes of this session since it began; those kept now, and their memory.
 */
Datum
clearance_cache_stats(PG_FUNCTION_ARGS)
{
	TupleDesc desc;
	bool nulls[7] = { false };
	Datum values[7] = { Int64GetDatum(counts.hits),
						Int64GetDatum(counts.misses),
						Int64GetDatum(counts.reloads),
						Int64GetDatum(counts.evictions),
						Int64GetDatum(hash_get_num_entries(cached)),
						Int64GetDatum((int64) total_bytes),
						Int64GetDatum((int64) limit_kb * 1024) };

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
