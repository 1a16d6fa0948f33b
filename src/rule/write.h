/*
 * write.h
 *		What a write needs beyond the action of its verb.
 */
#ifndef CLR_WRITE_H
#define CLR_WRITE_H

#include "compat.h"

#include "access/tupdesc.h"
#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"

#include "rule/binding.h"
#include "rule/judge.h"
#include "rule/verdict.h"

/* What a changed or given value of a column needs. */
typedef struct ClrNeed
{
	const char *feature; /* NULL: following, for oneself only */
	const char *action;
	const char *column; /* the first that needs it; NULL: edit, which needs no column's name */
	bool beside;		/* another one, which is not enough alone */
} ClrNeed;

typedef bool (*ClrWritePermits)(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
								ClrVerdict *verdict);

extern bool clr_write_permits_verb(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
								   ClrVerb verb, ClrVerdict *verdict);
extern bool clr_write_permits_as(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
								 ClrAction *action, int as, ClrVerdict *verdict);
extern List *clr_write_guards_of_verb(const ClrBinding *binding, const ClrRow *row, ClrVerb verb);
extern bool clr_write_permits_insert(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
									 ClrVerdict *verdict);
extern bool clr_write_permits_update(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
									 ClrVerdict *verdict);
extern bool clr_write_permits_names(ClrJudge *judge, ClrBinding *binding, const ClrRow *old,
									const ClrRow *row, ClrVerdict *verdict);
extern bool clr_write_permits_naming(ClrJudge *judge, ClrBinding *binding, const ClrNaming *naming,
									 const ClrRow *row, ClrVerdict *verdict);
extern void clr_write_refuse_columns(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
									 const List *columns, ClrVerdict *verdict);
extern bool clr_write_permits_column(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
									 const char *column);
extern bool clr_write_is_plain_column(const ClrBinding *binding, const char *column);
extern bool clr_write_permits_change(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
									 ClrAction *action, ClrVerdict *verdict);
extern int clr_write_as_change(ClrJudge *judge, ClrBinding *binding, const ClrAction *action);
extern bool
clr_write_permits_following(ClrJudge *judge, ClrBinding *binding, const ClrRow *old,
							const ClrRow *new, int slot, bool *was, ClrVerdict *verdict);
extern List *clr_write_needs(const ClrBinding *binding);
extern List *clr_write_needs_of_guards(const ClrBinding *binding, const char *column,
									   bool any_value, const char *new_value);
extern List *clr_write_needs_of_column(const ClrBinding *binding, const char *column,
									   bool any_value, const char *new_value, bool says_nothing);
extern bool clr_write_says_nothing(const ClrBinding *binding, int slot, const ClrRow *row);
extern bool clr_write_needs_of_columns(const ClrBinding *binding, TupleDesc desc,
									   const Bitmapset *columns, List **needs);
extern bool clr_write_guards_value(const ClrBinding *binding, const char *column);
extern ClrAction *clr_write_asked_by(ClrScope *scope, const ClrNeed *need);
extern bool clr_write_only_me_changes(ClrJudge *judge, const ClrColumn *column, bool old_null,
									  Datum old, bool new_null, Datum new);

#endif /* CLR_WRITE_H */
