/*
 * counters.h
 *		Counts of what happened since the server started.
 */
#ifndef CLR_COUNTERS_H
#define CLR_COUNTERS_H

#include "compat.h"

#include "utils/timestamp.h"

/* What is counted; enforce/counters.c has the names. */
typedef enum ClrCounter
{
	CLR_COUNT_PLANNED,
	CLR_COUNT_STARTED,
	CLR_COUNT_COPY,

	CLR_COUNT_PLANS_REPLACED,

	CLR_COUNT_SCOPE_HIT,
	CLR_COUNT_SCOPE_MISS,
	CLR_COUNT_SCOPE_RELOAD,
	CLR_COUNT_SCOPE_EVICTION,

	CLR_COUNT_TOKEN_ACCEPTED,
	CLR_COUNT_TOKEN_REMEMBERED,

	/* tokens refused, by what is wrong with them */
	CLR_TOKEN_MALFORMED,
	CLR_TOKEN_UNKNOWN_KEY,
	CLR_TOKEN_KEY_NOT_IN_FORCE,
	CLR_TOKEN_ALGORITHM,
	CLR_TOKEN_SIGNATURE,
	CLR_TOKEN_CLAIMS,
	CLR_TOKEN_ISSUER,
	CLR_TOKEN_AUDIENCE,
	CLR_TOKEN_LIFETIME,
	CLR_TOKEN_NOT_YET,
	CLR_TOKEN_EXPIRED,
	CLR_TOKEN_ROLE,
	CLR_TOKEN_NO_MEMBER,
	CLR_TOKEN_AMBIGUOUS,

	/* errors that refuse neither a token nor something by a verdict */
	CLR_ERROR_STALE_PLAN,
	CLR_ERROR_REVOKED,
	CLR_ERROR_ACTOR_CHANGED,
	CLR_ERROR_TWO_ACTORS,
	CLR_ERROR_CLAIMS,
	CLR_ERROR_UNKNOWN_ACTOR,
	CLR_ERROR_ACT_AS,
	CLR_ERROR_EXPLAIN,
	CLR_ERROR_UNSEALED,
	CLR_ERROR_DECLARATION,
	CLR_ERROR_OWNER,
	CLR_ERROR_RELEASE,
	CLR_ERROR_REPLICA,
	CLR_ERROR_INCOMPLETE,
	CLR_ERROR_TORN_ROW,
	CLR_ERROR_CREATED,
	CLR_ERROR_DDL,

	CLR_COUNT_REFUSED, /* the first of one for each code of a verdict (rule/verdict.h) */
} ClrCounter;

/* Codes of verdicts that have a place. */
#define CLR_MAX_CODES 64

#define CLR_COUNTERS (CLR_COUNT_REFUSED + CLR_MAX_CODES)

extern int clr_count(int counter);
extern bool clr_counters_are_shared(void);
extern TimestampTz clr_counters_read(uint64 *counts);
extern TimestampTz clr_counters_reset(void);
extern void clr_counters_request(void);
extern void clr_counters_startup(void);

#endif /* CLR_COUNTERS_H */
