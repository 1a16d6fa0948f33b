/*
 * counters.c
 *		The names of what is counted (store/counters.h), and SQL to read it.
 *
 * It is for whoever watches the server: what others were refused is not told to
 * partners and customers, whatever was granted to the role that they come with.
 */
#include "store/counters.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "frame/frame.h"
#include "rule/verdict.h"

PG_FUNCTION_INFO_V1(clearance_counter_values);
PG_FUNCTION_INFO_V1(clearance_reset_counters);

static const struct
{
	const char *name;
	const char *code;
	const char *meaning;
} counters[] = {
	[CLR_COUNT_PLANNED] = { "statements", "planned",
							"statements on protected tables were planned" },
	[CLR_COUNT_STARTED] = { "statements", "started",
							"statements on protected tables began to run, also within functions, "
							"and for foreign keys" },
	[CLR_COUNT_COPY] = { "statements", "copied", "COPY FROM began to fill a protected table" },
	[CLR_COUNT_PLANS_REPLACED] = { "plans", "replaced",
								   "a statement had a plan for other permissions than the "
								   "actor's, and another was made" },
	[CLR_COUNT_SCOPE_HIT] = { "scopes", "hit", "what an actor may do was kept and held" },
	[CLR_COUNT_SCOPE_MISS] = { "scopes", "miss", "it was not kept, and was read" },
	[CLR_COUNT_SCOPE_RELOAD] = { "scopes", "reload",
								 "it was kept, but permissions had changed, and was read anew" },
	[CLR_COUNT_SCOPE_EVICTION] = { "scopes", "eviction",
								   "it was let go, for clearance.scope_cache was full" },
	[CLR_COUNT_TOKEN_ACCEPTED] = { "tokens", "accepted", "a token was verified" },
	[CLR_COUNT_TOKEN_REMEMBERED] = { "tokens", "remembered",
									 "a token served that the session had verified before" },
	[CLR_TOKEN_MALFORMED] = { "tokens refused", "malformed", "the text is no token" },
	[CLR_TOKEN_UNKNOWN_KEY] = { "tokens refused", "unknown_key", "it names no key" },
	[CLR_TOKEN_KEY_NOT_IN_FORCE] = { "tokens refused", "key_not_in_force",
									 "its key is not in force yet, ended or was revoked" },
	[CLR_TOKEN_ALGORITHM] = { "tokens refused", "algorithm",
							  "it is signed by another algorithm than its key's" },
	[CLR_TOKEN_SIGNATURE] = { "tokens refused", "signature", "its signature is wrong" },
	[CLR_TOKEN_CLAIMS] = { "tokens refused", "claims", "it lacks a claim, or one is wrong" },
	[CLR_TOKEN_ISSUER] = { "tokens refused", "issuer", "its issuer is not its key's" },
	[CLR_TOKEN_AUDIENCE] = { "tokens refused", "audience", "it is for another audience" },
	[CLR_TOKEN_LIFETIME] = { "tokens refused", "lifetime", "it is good for too long" },
	[CLR_TOKEN_NOT_YET] = { "tokens refused", "not_yet", "it is not good yet" },
	[CLR_TOKEN_EXPIRED] = { "tokens refused", "expired", "it has expired" },
	[CLR_TOKEN_ROLE] = { "tokens refused", "role", "it is for another role than the session's" },
	[CLR_TOKEN_NO_MEMBER] = { "tokens refused", "no_member", "it names no member" },
	[CLR_TOKEN_AMBIGUOUS] = { "tokens refused", "ambiguous",
							  "it names members of several accounts" },
	[CLR_ERROR_STALE_PLAN] = { "errors", "stale_plan",
							   "a plan was for other permissions than the actor's" },
	[CLR_ERROR_REVOKED] = { "errors", "revoked",
							"permissions changed since the transaction's snapshot "
							"(clearance.strict_revoke)" },
	[CLR_ERROR_ACTOR_CHANGED] = { "errors", "actor_changed",
								  "somebody else was to act before a statement had ended" },
	[CLR_ERROR_TWO_ACTORS] = { "errors", "two_actors",
							   "clearance.actor and clearance.token name two members" },
	[CLR_ERROR_CLAIMS] = { "errors", "claims",
						   "the setting of a mapped role does not hold what its mapping says" },
	[CLR_ERROR_UNKNOWN_ACTOR] = { "errors", "unknown_actor",
								  "set_actor() named no member, or one of several accounts" },
	[CLR_ERROR_ACT_AS] = { "errors", "act_as", "somebody may not act as somebody else" },
	[CLR_ERROR_EXPLAIN] = { "errors", "explain", "a plan was not for the actor's eyes" },
	[CLR_ERROR_UNSEALED] = { "errors", "unsealed",
							 "a table's policies or its row security are not as they were declared" },
	[CLR_ERROR_DECLARATION] = { "errors", "declaration",
								"a declaration does not fit its table, or is missing" },
	[CLR_ERROR_OWNER] = { "errors", "owner", "the owner of a table may not read it" },
	[CLR_ERROR_RELEASE] = { "errors", "release", "library and extension are of two versions" },
	[CLR_ERROR_REPLICA] = { "errors", "replica",
							"permissions from another database were not whole, or too old" },
	[CLR_ERROR_INCOMPLETE] = { "errors", "incomplete",
							   "a table or schema of the extension is missing" },
	[CLR_ERROR_TORN_ROW] = { "errors", "torn_row",
							 "a row was to be in another project than its parents" },
	[CLR_ERROR_CREATED] = { "errors", "created",
							"a project that a statement created was somebody else's" },
	[CLR_ERROR_DDL] = { "errors", "ddl", "a command was to take protection off a table" },
};

StaticAssertDecl(lengthof(counters) == CLR_COUNT_REFUSED, "every counter has a name");

static bool is_counted(void);
static void refuse_outsiders(void);
static void put(ReturnSetInfo *result, const char *name, const char *code, const uint64 *count,
				const char *meaning, TimestampTz since);

/*
 * counter_values() returns setof (name text, code text, value bigint, since
 * timestamptz, meaning text): what happened on the whole server since then; NULL,
 * and a warning, where nothing is counted.
 */
Datum
clearance_counter_values(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	uint64 *counts = NULL;
	TimestampTz since = 0;

	refuse_outsiders();
	InitMaterializedSRF(fcinfo, 0);
	if (is_counted())
	{
		counts = palloc(CLR_COUNTERS * sizeof(uint64));
		since = clr_counters_read(counts);
	}
	for (int i = 0; i < CLR_COUNT_REFUSED; i++)
		put(result, counters[i].name, counters[i].code, counts ? &counts[i] : NULL,
			counters[i].meaning, since);
	for (ClrCode code = CLR_PERMITTED + 1; code < CLR_CODES; code++)
	{
		const ClrVerdict verdict = { .code = code };

		put(result, "refusals", clr_verdict_code(&verdict),
			counts ? &counts[CLR_COUNT_REFUSED + code] : NULL, clr_verdict_meaning(&verdict),
			since);
	}
	return (Datum) 0;
}

/*
 * reset_counters() returns timestamptz: count from zero, since then; NULL, and a
 * warning, where nothing is counted.
 */
Datum
clearance_reset_counters(PG_FUNCTION_ARGS)
{
	refuse_outsiders();
	if (!is_counted())
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(clr_counters_reset());
}

/* Whether there are counters; warns if not: zero would be a lie, and an error would stop whoever watches. */
static bool
is_counted(void)
{
	if (clr_counters_are_shared())
		return true;
	ereport(WARNING,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("nothing is counted for the whole server"),
			 errdetail("The counters are in shared memory, which the library gets as the server "
					   "starts."),
			 errhint("Add pg_clearance to shared_preload_libraries and restart the server.")));
	return false;
}

static void
refuse_outsiders(void)
{
	ClrFrame *frame = clr_frame_current();
	const ClrScope *scope;

	if (has_bypassrls_privilege(GetUserId()))
		return;
	scope = clr_frame_judge(frame)->scope;
	if (clr_actor_is_nobody(&scope->actor) ||
		(scope->no_standing == NULL && scope->audience == CLR_VENDOR))
		return;
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("the counters of the server are not for partners and customers"),
					errhint("Call clearance.reset_actor() first.")));
}

/* `count` is NULL where nothing is counted. */
static void
put(ReturnSetInfo *result, const char *name, const char *code, const uint64 *count,
	const char *meaning, TimestampTz since)
{
	Datum values[] = { CStringGetTextDatum(name), CStringGetTextDatum(code),
					   Int64GetDatum(count ? (int64) *count : 0), TimestampTzGetDatum(since),
					   CStringGetTextDatum(meaning) };
	bool nulls[lengthof(values)] = { false, false, count == NULL, count == NULL, false };

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}
