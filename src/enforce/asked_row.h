/*
 * asked_row.h
 *		The row of a protected table that a question is about.
 */
#ifndef CLR_ASKED_ROW_H
#define CLR_ASKED_ROW_H

#include "compat.h"

#include "fmgr.h"

#include "rule/binding.h"
#include "rule/judge.h"

typedef struct ClrAskedRow
{
	uint64 serial;	   /* of the frame in which the rest was found */
	uint64 identifier; /* of the row's type, as it is now */
	Oid named;		   /* table that the call names, or InvalidOid */
	MemoryContext context;
	Oid relid; /* the table whose columns the row has */
	ClrJudge *judge;
	ClrBinding *binding;
	AttrNumber *attnums; /* of the bound columns, by slot */
	ClrRow row;			 /* the one of this call */
	void *found;		 /* what the function found out, in this context; NULL: nothing yet */
} ClrAskedRow;

extern ClrAskedRow *clr_asked_row(FunctionCallInfo fcinfo, int record, int relation);
extern int32 clr_asked_binding(Oid relid);

#endif /* CLR_ASKED_ROW_H */
