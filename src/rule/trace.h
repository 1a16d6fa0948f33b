/*
 * trace.h
 *		Every step of a judgement, with what was found there.
 */
#ifndef CLR_TRACE_H
#define CLR_TRACE_H

#include "compat.h"

#include "nodes/pg_list.h"

#include "rule/trial.h"

typedef enum ClrAnswer
{
	CLR_ANSWER_NO,
	CLR_ANSWER_YES,
	CLR_ANSWER_NONE, /* nothing was asked */
} ClrAnswer;

/* One line of an explanation. */
typedef struct ClrFinding
{
	int depth;
	const char *step;
	const char *subject; /* what of the step, or NULL */
	ClrAnswer answer;
	const char *found;
	const char *code; /* of what is refused, or NULL */
} ClrFinding;

/* A reason that has to go, for the answer to be another one. */
typedef struct ClrRefusal
{
	ClrVerdict verdict;
	const ClrBinding *binding;
	const ClrRow *row;
	const ClrAction *asked; /* of the row */
	int as;					/* what */
	bool viewing;
	bool of_new; /* no row that there is could be mended */
} ClrRefusal;

/* Rows whose steps are listed within each other. */
typedef struct ClrTraced
{
	const ClrBinding *binding;
	const ClrRow *row;
	ClrAction *action;
	int as; /* what that is asked about */
	const char *key;
	int first;				 /* of its findings */
	struct ClrTraced *below; /* the one that this one is above of, or NULL */
} ClrTraced;

/* In the context that was current when it was begun. */
typedef struct ClrTrace
{
	ClrJudge *judge;
	bool of_new;	   /* the row is one that a statement would make */
	bool discreet;	   /* of rows that the actor does not see, nothing is told */
	List *findings;	   /* of ClrFinding * */
	List *refusals;	   /* of ClrRefusal * */
	List *seen;		   /* of char *: rows and actions that are in it */
	ClrTraced root;	   /* the row that was asked about */
	Oid table;		   /* where it is, */
	const char *place; /* and its ctid there, if it has no key; else NULL */
	ClrTraced *at;	   /* the row whose steps come now */
	int depth;
	bool refused; /* a step of it was, which was judged last */
} ClrTrace;

extern ClrFinding *clr_trace_find(ClrTrace *trace, const char *step, const char *subject,
								  ClrAnswer answer, const char *found);
extern bool
clr_trace_row(ClrTrace *trace, ClrBinding *binding, const ClrRow *row, ClrAction *action, int as);
extern bool clr_trace_root(ClrTrace *trace);
extern void
clr_trace_naming(ClrTrace *trace, ClrBinding *binding, const ClrNaming *naming, const ClrRow *row);
extern char *clr_trace_key(const ClrBinding *binding, const ClrRow *row);
extern char *clr_trace_value(const ClrBinding *binding, const ClrRow *row, int slot);
extern char *clr_trace_level_name(int32 level);

#endif /* CLR_TRACE_H */
