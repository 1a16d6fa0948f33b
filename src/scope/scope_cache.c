/*
 * scope_cache.c
 *		Scopes kept across statements, while permissions stay as they are.
 *
 * A scope is used again where it holds (kept.h) and no membership of the actor
 * began or ended in between. A transaction that changed permissions itself gets
 * scopes of its own, which nobody else uses.
 *
 * Lifetime: a scope's users are the queries that run with it and, while it is
 * kept, the cache. Scopes beyond clearance.scope_cache are let go, those first
 * whose last use was longest ago.
 *
 * State: the scopes kept, and counts for clearance.cache_stats.
 */
#include "scope/scope_cache.h"

#include "funcapi.h"
#include "lib/ilist.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "store/counters.h"

typedef struct CachedScope
{
	ClrActor actor; /* hash key */
	ClrScope *scope;
	Size bytes;
	dlist_node node; /* in by_use, the last used first */
} CachedScope;

static int limit_kb = 16 * 1024;
static HTAB *cached = NULL;
static dlist_head by_use = DLIST_STATIC_INIT(by_use);
static Size total_bytes = 0;

/* Of this session; by counter, from the first of those of scopes. */
static int64 counts[CLR_COUNT_SCOPE_EVICTION - CLR_COUNT_SCOPE_HIT + 1];

PG_FUNCTION_INFO_V1(clearance_session_cache);
PG_FUNCTION_INFO_V1(clearance_session_actors);

static void note(ClrCounter what);
static CachedScope *find(ClrActor actor);
static bool holds(ClrScope *scope, const ClrVersion *version, TimestampTz at);
static void stamp(ClrScope *scope);
static void stamp_company(ClrScope *scope);
static Size limit(void);
static void keep(ClrScope *scope);
static void forget_retired(void);
static void forget(CachedScope *entry);
static void weigh(CachedScope *entry);

void
clr_scope_cache_init(void)
{
	HASHCTL ctl = { .keysize = sizeof(ClrActor), .entrysize = sizeof(CachedScope) };

	DefineCustomIntVariable("clearance.scope_cache",
							"Memory of a session for what actors may do, kept across statements.",
							"Actors beyond it are read again when they act.", &limit_kb, 16 * 1024,
							0, MAX_KILOBYTES, PGC_SUSET, GUC_UNIT_KB, NULL, NULL, NULL);
	cached = hash_create("clearance scopes by actor", 16, &ctl, HASH_ELEM | HASH_BLOBS);
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
	bool anybody = actor.member != 0 || actor.partner != 0;
	bool keepable = anybody && !clr_version_changed_any();

	entry = keepable ? find(actor) : NULL;
	if (entry != NULL)
	{
		scope = entry->scope;
		if (holds(scope, version, at))
		{
			note(CLR_COUNT_SCOPE_HIT);
			dlist_move_head(&by_use, &entry->node);
			clr_kept_use(&scope->kept);
			return scope;
		}
		note(CLR_COUNT_SCOPE_RELOAD);
		forget(entry);
	}
	else if (anybody)
		note(CLR_COUNT_SCOPE_MISS);

	scope = clr_scope_load(actor, version, at, limit() / 2);
	if (keepable)
	{
		stamp(scope);
		clr_stamp_read(&scope->kept.stamp);
		if (scope->is_known && scope->audience != CLR_VENDOR)
			clr_company_stamp(scope->facts, version, scope->audience,
							  scope->audience == CLR_PARTNER ? scope->partner : scope->customer);
		keep(scope);
	}
	return scope;
}

void
clr_scope_release(ClrScope *scope)
{
	CachedScope *entry = find(scope->actor);

	/* it may have grown while it was used */
	if (entry != NULL && entry->scope == scope)
		weigh(entry);
	clr_kept_release(&scope->kept);
}

/* For the session, and for the server. */
static void
note(ClrCounter what)
{
	counts[what - CLR_COUNT_SCOPE_HIT]++;
	clr_count(what);
}

/* ---------- entries ---------- */

static CachedScope *
find(ClrActor actor)
{
	return hash_search(cached, &actor, HASH_FIND, NULL);
}

static bool
holds(ClrScope *scope, const ClrVersion *version, TimestampTz at)
{
	return clr_kept_holds(&scope->kept, version) && scope->valid_from <= at &&
		   at < scope->valid_until;
}

/*
 * What a scope depends on, with what is read into it later: all that scope_load.c,
 * company.c, scope_projects.c and people.c look for, and by what. Not known is an actor
 * whom they would have found by its own id.
 *
 *	 the member: itself, its roles and switches, memberships, and whom it supervises
 *	 those roles, for their levels
 *	 its company, or the vendor's team: its level and standing, its projects, and the keys
 *	 of whoever is of it; a partner that acts as a whole also is where its members are
 *	 the account: settings, whether it is the only one, keys of those supervised
 *	 its projects, and the levels that it knows, as the scope has them from project.c and
 *	 vocabulary.c
 */
static void
stamp(ClrScope *scope)
{
	ClrStamp *stamp = &scope->kept.stamp;
	ClrActor actor = scope->actor;

	if (actor.member != 0)
		clr_stamp_add(stamp, CLR_ABOUT_MEMBER, actor.member);
	else
		clr_stamp_add(stamp, CLR_ABOUT_PARTNER, actor.partner);
	clr_stamp_add(stamp, CLR_ABOUT_ALL_PROJECTS, 0);
	clr_stamp_add(stamp, CLR_ABOUT_ALL_LEVELS, 0);
	if (!scope->is_known)
		return;
	for (int i = 0; i < scope->roles.count; i++)
		clr_stamp_add(stamp, CLR_ABOUT_ROLE, scope->roles.ids[i]);
	stamp_company(scope);
	clr_stamp_add(stamp, CLR_ABOUT_KEYS, scope->account);
	clr_stamp_add(stamp, CLR_ABOUT_ACCOUNT, scope->account);
	/* the only one until another comes; one of several until others go */
	clr_stamp_add(stamp, scope->is_only_account ? CLR_ABOUT_NEW_ACCOUNTS : CLR_ABOUT_GONE_ACCOUNTS,
				  0);
	clr_stamp_add(stamp, CLR_ABOUT_PROJECTS, scope->account);
	clr_stamp_add(stamp, CLR_ABOUT_LEVELS, scope->account);
}

static void
stamp_company(ClrScope *scope)
{
	ClrStamp *stamp = &scope->kept.stamp;

	switch (scope->audience)
	{
		case CLR_VENDOR:
			clr_stamp_add(stamp, CLR_ABOUT_TEAM, scope->account);
			break;
		case CLR_PARTNER:
			clr_stamp_add(stamp, CLR_ABOUT_PARTNER, scope->partner);
			if (scope->actor.member == 0)
				clr_stamp_add(stamp, CLR_ABOUT_ANYBODY, scope->account);
			break;
		case CLR_CUSTOMER:
			clr_stamp_add(stamp, CLR_ABOUT_CUSTOMER, scope->customer);
			break;
	}
}

static Size
limit(void)
{
	return (Size) limit_kb * 1024;
}

static void
keep(ClrScope *scope)
{
	CachedScope *entry = hash_search(cached, &scope->actor, HASH_ENTER, NULL);

	entry->scope = scope;
	entry->bytes = 0;
	dlist_push_head(&by_use, &entry->node);
	clr_kept_use(&scope->kept);
	weigh(entry);
	forget_retired();
}

/* Scopes that nobody asked for since would keep what the session has other ones of. */
static void
forget_retired(void)
{
	static uint64 seen = 0;
	dlist_mutable_iter iter;

	if (seen == clr_kept_retirements())
		return;
	seen = clr_kept_retirements();
	dlist_foreach_modify(iter, &by_use)
	{
		CachedScope *entry = dlist_container(CachedScope, node, iter.cur);
		const ClrScope *scope = entry->scope;

		if ((scope->vocabulary != NULL && scope->vocabulary->kept.retired) ||
			(scope->facts != NULL && scope->facts->kept.retired))
			forget(entry);
	}
}

static void
forget(CachedScope *entry)
{
	ClrScope *scope = entry->scope;

	total_bytes -= entry->bytes;
	dlist_delete(&entry->node);
	(void) hash_search(cached, &entry->actor, HASH_REMOVE, NULL);
	clr_kept_release(&scope->kept);
}

/* Take stock of an entry, and make room. */
static void
weigh(CachedScope *entry)
{
	Size bytes = clr_kept_bytes(&entry->scope->kept);

	total_bytes += bytes - entry->bytes;
	entry->bytes = bytes;
	while (total_bytes + clr_projects_bytes() > limit() && !dlist_is_empty(&by_use))
	{
		note(CLR_COUNT_SCOPE_EVICTION);
		forget(dlist_tail_element(CachedScope, node, &by_use));
	}
}

/* ---------- SQL ---------- */

/*
 * session_cache(OUT hits, misses, reloads, evictions, actors, bytes,
 * projects_bytes, limit): scopes of this session since it began; those kept
 * now, and their memory.
 */
Datum
clearance_session_cache(PG_FUNCTION_ARGS)
{
	TupleDesc desc;
	bool nulls[8] = { false };
	Datum values[8] = { Int64GetDatum(counts[CLR_COUNT_SCOPE_HIT - CLR_COUNT_SCOPE_HIT]),
						Int64GetDatum(counts[CLR_COUNT_SCOPE_MISS - CLR_COUNT_SCOPE_HIT]),
						Int64GetDatum(counts[CLR_COUNT_SCOPE_RELOAD - CLR_COUNT_SCOPE_HIT]),
						Int64GetDatum(counts[CLR_COUNT_SCOPE_EVICTION - CLR_COUNT_SCOPE_HIT]),
						Int64GetDatum(hash_get_num_entries(cached)),
						Int64GetDatum((int64) total_bytes),
						Int64GetDatum((int64) clr_projects_bytes()),
						Int64GetDatum((int64) limit()) };

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/*
 * session_actors() returns setof (member, partner, projects, bytes): actors
 * whose scopes are kept, the last used first.
 */
Datum
clearance_session_actors(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	dlist_iter iter;

	InitMaterializedSRF(fcinfo, 0);
	dlist_foreach(iter, &by_use)
	{
		CachedScope *entry = dlist_container(CachedScope, node, iter.cur);
		Datum values[] = { Int64GetDatum(entry->actor.member), Int64GetDatum(entry->actor.partner),
						   Int64GetDatum(list_length(entry->scope->projects)),
						   Int64GetDatum((int64) entry->bytes) };
		bool nulls[] = { entry->actor.member == 0, entry->actor.partner == 0, false, false };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
