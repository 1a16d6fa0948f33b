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
	AttrNumber attnum;
	int slot; /* of the binding, or CLR_NO_SLOT */
	Datum value;
	bool isnull;
	const char *text; /* of the value; NULL if it is */
	bool is_default;  /* of a guarded column of a new row: what it has anyway */
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
	int as; /* what: a verb, or CLR_BY_NAME */
	bool has_changes;
	List *changed;	 /* of ClrChanged *: by a statement */
	ClrRow defaults; /* of a new row: where it has the table's */
	List *unknown;	 /* of int: slots of columns whose defaults differ each time */
	TupleDesc desc;	 /* of the table, if it is about a new row */
} ClrQuestion;

extern int32 clr_question_binding(Oid relation);
extern void clr_question_judge(ClrQuestion *question, const ClrJudge *like);
extern bool clr_question_may_read(const ClrBinding *binding);
extern void clr_question_check_may_read(const ClrBinding *binding);
extern int64 clr_question_account(void);
extern uint64 clr_question_rows(const ClrQuestion *question, ClrRow **rows);
extern bool
clr_question_permits(const ClrQuestion *question, const ClrRow *row, ClrVerdict *verdict);
extern void clr_explain_refuse(ClrFinding *first, const char *code, char *found);
extern void clr_explain_column(const ClrQuestion *question, ClrTrace *trace, const char *column,
							   const ClrAction *action, bool holds, ClrVerdict *verdict);
extern void clr_change_read(ClrQuestion *question, Datum changes);
extern const ClrRow *clr_change_new_row(const ClrQuestion *question, const ClrRow *like);
extern bool
clr_change_permits_new(const ClrQuestion *question, const ClrRow *row, ClrVerdict *verdict);
extern bool clr_change_answer_new(const ClrQuestion *question, ClrTrace *trace, const ClrRow *like,
								  ClrFinding *first);
extern bool clr_change_answer(const ClrQuestion *question, ClrTrace *trace, const ClrRow *old,
							  ClrFinding *first);

#endif /* CLR_EXPLAIN_H */
