/*
 * explain.h
 *		Questions why somebody may or may not do something to a row.
 */
#ifndef CLR_EXPLAIN_H
#define CLR_EXPLAIN_H

#include "compat.h"

#include "enforce/remedy.h"
#include "rule/trace.h"

/* A column that a statement would give another value. */
typedef struct ClrChanged
{
	const char *column;
	int slot; /* of the binding, or CLR_NO_SLOT */
	Datum value;
	bool isnull;
	const char *text; /* of the value; NULL if it is */
} ClrChanged;

typedef struct ClrQuestion
{
	Oid relation;
	const char *key;
	const char *action_name; /* NULL: sight */
	ClrWhom whom;
	ClrJudge *judge;
	ClrBinding *binding;
	ClrAction *action;
	ClrVerb verb;
	bool is_verb;	 /* the action is that of a verb, which a statement has */
	List *changed;	 /* of ClrChanged *: by it */
	ClrRow defaults; /* of a new row */
} ClrQuestion;

extern int32 clr_question_binding(Oid relation);
extern void clr_question_judge(ClrQuestion *question, const ClrJudge *like);
extern bool clr_question_may_read(const ClrBinding *binding);
extern void clr_question_check_may_read(const ClrBinding *binding);
extern int64 clr_question_account(void);
extern uint64 clr_question_rows(const ClrQuestion *question, ClrRow **rows);
extern bool
clr_question_permits(const ClrQuestion *question, const ClrRow *row, ClrVerdict *verdict);
extern bool clr_question_is_creating(const ClrQuestion *question);
extern ClrFinding *clr_explain_begin(const ClrQuestion *question, ClrTrace *trace, bool permitted);
extern void clr_explain_column(const ClrQuestion *question, ClrTrace *trace, const char *column,
							   const ClrAction *action, bool holds, ClrVerdict *verdict);
extern void clr_change_read(ClrQuestion *question, Datum changes);
extern bool clr_change_answer(ClrQuestion *question, ClrTrace *trace, const ClrRow *old);

#endif /* CLR_EXPLAIN_H */
