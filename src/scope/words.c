/*
 * words.c
 *		The words that levels are written in, and what follows from relations.
 */
#include "scope/vocabulary.h"

static const char *const audience_names
	[] = { [CLR_VENDOR] = "vendor", [CLR_PARTNER] = "partner", [CLR_CUSTOMER] = "customer" };

static const char *const reach_names[] = { [CLR_REACH_OWNED] = "owned",
										   [CLR_REACH_MEMBER] = "member",
										   [CLR_REACH_ACCOUNT] = "account" };

static const char *const relation_names[] = {
	[CLR_REL_ANY] = "any",			 [CLR_REL_ASSIGNED] = "assigned",
	[CLR_REL_FOLLOWED] = "followed", [CLR_REL_INVITED] = "invited",
	[CLR_REL_OWN] = "own",			 [CLR_REL_ASSIGNED_TASK] = "assigned_task",
	[CLR_REL_COMPANY] = "company",	 [CLR_REL_REPORTS] = "reports",
};

static int
find_name(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	elog(ERROR, "unknown audience, reach or relation \"%s\"", name);
}

/* Whether two lists have the same words in the same order. */
bool
clr_words_same(const List *a, const List *b)
{
	ListCell *la, *lb;

	if (list_length(a) != list_length(b))
		return false;
	forboth(la, a, lb, b)
		if (strcmp(lfirst(la), lfirst(lb)) != 0)
			return false;
	return true;
}

const char *
clr_audience_name(ClrAudience audience)
{
	return audience_names[audience];
}

const char *
clr_relation_name(ClrRelationKind kind)
{
	return relation_names[kind];
}

const char *
clr_reach_name(ClrReach reach)
{
	return reach_names[reach];
}

ClrRelationKind
clr_relation_kind(const char *name)
{
	return find_name(relation_names, lengthof(relation_names), name);
}

ClrAudience
clr_audience_of(const char *name)
{
	return find_name(audience_names, lengthof(audience_names), name);
}

ClrReach
clr_reach_of(const char *name)
{
	return find_name(reach_names, lengthof(reach_names), name);
}

/*
 * The action that gives somebody this relation to a row; NULL: following,
 * which everybody does for oneself.
 */
const char *
clr_relation_giver(ClrRelationKind kind)
{
	switch (kind)
	{
		case CLR_REL_ASSIGNED:
		case CLR_REL_ASSIGNED_TASK:
			return "assign";
		case CLR_REL_INVITED:
			return "invite";
		case CLR_REL_OWN:
			return "change_owner";
		case CLR_REL_FOLLOWED:
			return NULL;
		case CLR_REL_ANY:
		case CLR_REL_COMPANY:
		case CLR_REL_REPORTS:
			break;
	}
	elog(ERROR, "relation %d is not given", kind);
}

/*
 * Whoever holds the one relation to a row holds the other: owners count as
 * invited, and everybody is of its own company. Nobody supervises itself.
 */
bool
clr_relation_implies(ClrRelationKind held, ClrRelationKind asked)
{
	return held == asked || (held == CLR_REL_OWN && asked == CLR_REL_INVITED) ||
		   ((held == CLR_REL_OWN || held == CLR_REL_ASSIGNED) && asked == CLR_REL_COMPANY);
}

/* Whether one relation is found by what is declared of another: whom that names. */
bool
clr_relation_follows(ClrRelationKind declared, ClrRelationKind asked)
{
	if (asked == CLR_REL_REPORTS)
		return declared == CLR_REL_OWN || declared == CLR_REL_ASSIGNED;
	return clr_relation_implies(declared, asked);
}

/* Of whom a row must name one. */
ClrPeople
clr_relation_people(ClrRelationKind kind)
{
	return kind == CLR_REL_COMPANY ? CLR_COMPANY : kind == CLR_REL_REPORTS ? CLR_REPORTS : CLR_ME;
}
