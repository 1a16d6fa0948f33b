/*
 * why.h
 *		Why something was refused, in words for the actor.
 */
#ifndef CLR_WHY_H
#define CLR_WHY_H

#include "compat.h"

#include "nodes/pg_list.h"

#include "rule/judge.h"
#include "rule/binding.h"
#include "scope/scope.h"

/* The first reason that was found; zeroed: none yet. */
typedef struct ClrWhy
{
	char *reason;
	const char *column; /* of the table, that the reason is about; NULL: none */
	const char *needed; /* feature.action that the column asks for; NULL: none of its own */
} ClrWhy;

/* What a row lacks for a grant. */
#define CLR_LACKS_VISIBILITY 1
#define CLR_LACKS_KIND 2
#define CLR_LACKS_RELATION 4
#define CLR_LACKS_CLIENT_VISIBILITY 8

/* All of these take no note where there is a reason already, or `why` is NULL. */
extern void
clr_why_say(ClrWhy *why, const char *column, const char *format, ...) pg_attribute_printf(3, 4);
extern void clr_why_add(ClrWhy *why, const char *format, ...) pg_attribute_printf(2, 3);
extern void clr_why_needs(ClrWhy *why, const char *column, const char *feature, const char *action);
extern void clr_why_lacks(ClrWhy *why, const ClrAction *action, List *grants, List *lacks);
extern void clr_why_no_grant(ClrWhy *why, const ClrScope *scope, const ClrProject *project,
							 const ClrAction *action);
extern void clr_why_no_project(ClrWhy *why, ClrJudge *judge, const char *column, const char *key);

#endif /* CLR_WHY_H */
