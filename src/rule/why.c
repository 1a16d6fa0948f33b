/*
 * why.c
 *		Why something was refused, in words for the actor.
 *
 * The rule finds the reason (rule.c), here are the words. They tell of the row
 * that the actor writes, of its levels and memberships, and nothing of rows or
 * projects that it does not see: those read like ones that do not exist. Of
 * several grants that a row does not satisfy, those count that it comes nearest
 * to.
 */
#include "rule/why.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "store/catalog.h"

static char *rows_of_grant(const ClrGrant *grant);
static char *lacks_text(uint32 lacks);
static void append_piece(StringInfo text, const char *between, const char *piece);

/*
 * Note a reason, and the column that it is about or NULL.
 */
void
clr_why_say(ClrWhy *why, const char *column, const char *format, ...)
{
	StringInfoData text;
	int needed;

	if (why == NULL || why->reason != NULL)
		return;
	initStringInfo(&text);
	do
	{
		va_list args;

		va_start(args, format);
		needed = appendStringInfoVA(&text, format, args);
		va_end(args);
		if (needed > 0)
			enlargeStringInfo(&text, needed);
	} while (needed > 0);
	why->reason = text.data;
	why->column = column;
}

/*
 * Say more about the reason that was noted.
 */
void
clr_why_add(ClrWhy *why, const char *format, ...)
{
	va_list args;
	char more[2 * NAMEDATALEN + 64];

	if (why == NULL || why->reason == NULL)
		return;
	va_start(args, format);
	(void) vsnprintf(more, sizeof(more), format, args);
	va_end(args);
	why->reason = psprintf("%s%s", why->reason, more);
}

/*
 * What was refused is an action that a column asks for.
 */
void
clr_why_needs(ClrWhy *why, const char *column, const char *feature, const char *action)
{
	why->column = column;
	why->needed = psprintf("%s.%s", feature, action);
}

/*
 * Grants that are in force, and what the row lacks for each (of int).
 */
void
clr_why_lacks(ClrWhy *why, const ClrAction *action, List *grants, List *lacks)
{
	List *pieces = NIL; /* of String: the same grant may come from several levels */
	int least = 32;
	StringInfoData text;
	ListCell *lg;
	ListCell *ll;

	if (why == NULL || why->reason != NULL)
		return;
	foreach(ll, lacks)
		least = Min(least, pg_popcount32((uint32) lfirst_int(ll)));
	initStringInfo(&text);
	forboth(lg, grants, ll, lacks)
	{
		uint32 lacking = (uint32) lfirst_int(ll);
		char *piece;

		if (pg_popcount32(lacking) > least)
			continue;
		piece = psprintf("%s (this one %s)", rows_of_grant(lfirst(lg)), lacks_text(lacking));
		if (list_member(pieces, makeString(piece)))
			continue;
		pieces = lappend(pieces, makeString(piece));
		append_piece(&text, " or ", piece);
	}
	clr_why_say(why, NULL, "%s.%s is granted for %s", action->feature, action->name, text.data);
}

/* The rows that a grant is for, for example "shared rows assigned to the actor". */
static char *
rows_of_grant(const ClrGrant *grant)
{
	static const char *const related[] = {
		[CLR_REL_ANY] = "",
		[CLR_REL_ASSIGNED] = " assigned to the actor",
		[CLR_REL_FOLLOWED] = " followed by the actor",
		[CLR_REL_INVITED] = " that the actor is invited to",
		[CLR_REL_OWN] = " of the actor's own",
		[CLR_REL_ASSIGNED_TASK] = " of a task assigned to the actor",
	};
	StringInfoData text;
	StringInfoData kinds;
	ListCell *lc;

	StaticAssertStmt(lengthof(related) == CLR_RELATION_KINDS, "every relation has words");
	initStringInfo(&text);
	initStringInfo(&kinds);
	foreach(lc, grant->kinds)
		append_piece(&kinds, " or ", psprintf("\"%s\"", (char *) lfirst(lc)));
	appendStringInfo(&text, "%srows", grant->shared_only ? "shared " : "");
	if (grant->kinds != NIL)
		appendStringInfo(&text, " of kind %s", kinds.data);
	appendStringInfoString(&text, related[grant->relation]);
	return text.data;
}

/* "is private and is not": a grant names the relation already. */
static char *
lacks_text(uint32 lacks)
{
	StringInfoData text;

	initStringInfo(&text);
	if (lacks & CLR_LACKS_VISIBILITY)
		append_piece(&text, " and ", "is private");
	if (lacks & CLR_LACKS_KIND)
		append_piece(&text, " and ", "is of another kind");
	if (lacks & CLR_LACKS_RELATION)
		append_piece(&text, " and ", "is not");
	if (lacks & CLR_LACKS_CLIENT_VISIBILITY)
		append_piece(&text, " and ", "is not open to customers for that");
	return text.data;
}

static void
append_piece(StringInfo text, const char *between, const char *piece)
{
	appendStringInfo(text, "%s%s", text->len > 0 ? between : "", piece);
}

/*
 * No grant of the action is in force at a place: a project, or the account.
 */
void
clr_why_no_grant(ClrWhy *why, const ClrScope *scope, const ClrProject *project,
				 const ClrAction *action)
{
	const char *place = project->id == 0 ? "" : " in this project";
	ListCell *lc;

	if (why == NULL || why->reason != NULL)
		return;
	if (project->levels.count == 0 && project->open_level == 0)
		clr_why_say(why, NULL, "no level of the actor is in force%s", place);
	foreach(lc, action->grants)
	{
		const ClrGrant *grant = lfirst(lc);

		for (int i = 0; i < project->levels.count; i++)
			if (project->levels.ids[i] == grant->level && project->id != 0)
				clr_why_say(why, NULL, "%s.%s is granted in projects that the actor %s",
							action->feature, action->name,
							grant->reach == CLR_REACH_OWNED ?
								"owns, and this is none of them" :
								"is a member of, and this is none of them");
	}
	if (action->switched_on)
		clr_why_say(why, NULL, "%s.%s is switched on for the actor, but does not count%s",
					action->feature, action->name, place);
	clr_why_say(why, NULL, "no level of the actor grants %s.%s%s", action->feature, action->name,
				place);
}

/*
 * The actor has no way into the project of a key. Why, it is told where it has
 * or had one of its own; else the project might as well not exist.
 */
void
clr_why_no_project(ClrWhy *why, ClrJudge *judge, const char *column, const char *key)
{
	static const Oid argtypes[] = { INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID };
	ClrActor actor = judge->scope->actor;
	Datum args[] = { Int64GetDatum(actor.member), Int64GetDatum(actor.partner),
					 CStringGetTextDatum(key), TimestampTzGetDatum(judge->at) };
	char nulls[] = { actor.member == 0 ? 'n' : ' ', actor.partner == 0 ? 'n' : ' ', ' ', ' ' };
	MemoryContext caller = CurrentMemoryContext;
	ClrCatalog state;
	char *reason;

	if (why == NULL || why->reason != NULL)
		return;

	clr_catalog_begin(&state);
	(void) clr_catalog_query("SELECT clearance_internal.why_no_project($1, $2, $3, $4)", 4,
							 argtypes, args, nulls);
	reason = clr_column_text(0, 1);
	if (reason != NULL)
		reason = MemoryContextStrdup(caller, reason);
	clr_catalog_end(&state);
	clr_why_say(why, column, "%s",
				reason != NULL ? reason : "the row's project is not open to the actor");
}
