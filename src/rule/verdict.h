/*
 * verdict.h
 *		What the rule says of a question: a small value, not words.
 *
 * A caller that wants to know why passes a zeroed one; NULL: nobody asks. What
 * it points to lives as long as the judge and the row that were asked about.
 */
#ifndef CLR_VERDICT_H
#define CLR_VERDICT_H

#include "compat.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "rule/binding.h"
#include "rule/judge.h"
#include "scope/scope.h"

/*
 * Why an action is refused, in the order of the rule's steps. Clients read
 * their names (verdict_text.c), which stay: doc/reference.md lists them.
 */
typedef enum ClrCode
{
	CLR_PERMITTED,
	CLR_NO_ACTOR,
	CLR_NO_STANDING,
	CLR_PARTNER_LOGIN,
	CLR_ACTING_AS, /* of statements, as the last two */
	CLR_NO_PROJECT,
	CLR_NO_WAY_IN,
	CLR_ENDED,
	CLR_NOT_BEGUN,
	CLR_COMPANY_ENDED,
	CLR_COMPANY_NOT_BEGUN,
	CLR_PORTAL_OFF,
	CLR_BY_PHASE,
	CLR_PARENTS_APART,
	CLR_LINKS_APART,
	CLR_OTHER_ACCOUNT,
	CLR_ARCHIVED,
	CLR_READ_ONLY,
	CLR_FEATURE_OFF,
	CLR_CREATED_NOW,
	CLR_NO_LEVEL,
	CLR_NO_GRANT,
	CLR_OUT_OF_REACH,
	CLR_SWITCH_IDLE,
	CLR_NO_UPLOAD,
	CLR_NOT_SHARED,
	CLR_OTHER_KIND,
	CLR_NOT_RELATED,
	CLR_NOT_OWNED,
	CLR_CLIENT_HIDDEN,
	CLR_PARENT_GATE,
	CLR_DRAFT,
	CLR_NO_PARENT,
	CLR_PARENT_HIDDEN,
	CLR_NO_LINK,
	CLR_LINK_HIDDEN,
	CLR_LINK_GATE,
	CLR_LOCKED,
	CLR_FOLLOWS_OTHERS,
	CLR_MASKED,		 /* of statements, not rows: what raises these two */
	CLR_CANNOT_MASK, /* has its own words */
} ClrCode;

#define CLR_CODES (CLR_CANNOT_MASK + 1)

/* What a row lacks for a grant. */
#define CLR_LACKS_VISIBILITY 1
#define CLR_LACKS_KIND 2
#define CLR_LACKS_RELATION 4
#define CLR_LACKS_OWNERSHIP 8
#define CLR_LACKS_CLIENT_VISIBILITY 16

typedef struct ClrLack
{
	const ClrGrant *grant;
	uint32 lacks;
} ClrLack;

/* What gives an action for a row. */
typedef enum ClrGround
{
	CLR_BY_NOTHING, /* or, of a link row, the row that it links to */
	CLR_BY_ADMIN,	/* the level account_admin */
	CLR_BY_GRANT,	/* of another level */
	CLR_BY_UPLOAD,	/* the project's switch for uploads by customers */
	CLR_BY_SWITCH,	/* one of the member's own */
	CLR_BY_OWNING,	/* the row: its owner invites to it */
} ClrGround;

/* Fields that a code says nothing about are zero. */
typedef struct ClrVerdict
{
	ClrCode code;			   /* the first reason that was found */
	ClrGround ground;		   /* of what is permitted */
	const ClrGrant *grant;	   /* that permits, or that the row comes nearest to */
	const ClrAction *action;   /* that is not granted: the one asked for, or what it needs */
	List *needed_by;		   /* of ClrAction *: what needs it, the nearest first */
	List *near;				   /* of ClrLack *: every grant that the row is as near to */
	const ClrProject *project; /* of the row, unless it is to seem that there is none */
	const char *column;		   /* of the table, that the reason is about */
	const char *other_column;
	const ClrAction *column_needs; /* what a value of that column needs */

	/* of no way in: to find why, and what was found, see clr_verdict_complete() */
	const ClrBinding *binding;
	const ClrRow *row;
	const char *project_key; /* NULL: it is in the row */
	TimestampTz ended;		 /* DT_NOBEGIN: nothing did */
	TimestampTz begins;
} ClrVerdict;

/* These note nothing in a verdict that has a reason already, or if nobody asks. */
extern bool clr_verdict_refuse(ClrVerdict *verdict, ClrCode code, const char *column);
extern void clr_verdict_no_grant(ClrVerdict *verdict, const ClrScope *scope,
								 const ClrProject *project, const ClrAction *action);
extern void clr_verdict_lacks(ClrVerdict *verdict, const ClrProject *project,
							  const ClrAction *action, List *lacks);

extern void clr_verdict_needed_by(ClrVerdict *verdict, const ClrAction *action);
extern void clr_verdict_column(ClrVerdict *verdict, const char *column, const ClrAction *needs);
extern void clr_verdict_complete(ClrVerdict *verdict, ClrJudge *judge);

extern const char *clr_verdict_code(const ClrVerdict *verdict);
extern const char *clr_verdict_meaning(const ClrVerdict *verdict);
extern int clr_verdict_fields(Oid relid, ClrCode code, const char *column);
extern int clr_table_fields(Oid relid);
extern const char *clr_verdict_step(const ClrVerdict *verdict);
extern const char *clr_verdict_ground(const ClrVerdict *verdict);
extern ClrCode clr_verdict_code_of(const char *name);
extern char *clr_verdict_text(const ClrVerdict *verdict, const ClrJudge *judge);
extern char *clr_grant_text(const ClrGrant *grant);

#endif /* CLR_VERDICT_H */
