/*
 * remedy.h
 *		What would change an answer.
 */
#ifndef CLR_REMEDY_H
#define CLR_REMEDY_H

#include "compat.h"

#include "rule/trace.h"
#include "store/who.h"

/* Whom a question is about. */
typedef struct ClrWhom
{
	ClrActor actor;
	const char *label;
	Oid login;		  /* the role that it logs in with, if the question is about that, */
	const char *role; /* and its name; or NULL */
	const char *note; /* on that role */
	bool is_bound;	  /* row security binds that role, and any other way */
	char **lacks;	  /* privileges that the role lacks on the table */
	int lacking;
	bool by_operator;			 /* who may know everything asks */
	const ClrProjectIds *within; /* the question has to do with no other projects; NULL: it may */

	/* what if: */
	bool with_standing;
	List *with_projects; /* of ClrSupposed *: it were on these */
} ClrWhom;

typedef struct ClrSupposed
{
	int64 project;
	int32 level; /* that it would have there, or zero */
} ClrSupposed;

extern ClrJudge *clr_whom_judge(const ClrWhom *whom, const ClrJudge *like);
extern void clr_remedy_list(ClrTrace *trace, const ClrWhom *whom);

#endif /* CLR_REMEDY_H */
