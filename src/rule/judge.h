/*
 * judge.h
 *		What a verdict rests on, beside the row.
 */
#ifndef CLR_JUDGE_H
#define CLR_JUDGE_H

#include "compat.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/resowner.h"
#include "utils/snapshot.h"

#include "rule/binding.h"
#include "scope/scope.h"

/* Rows that no command of this transaction has written yet: there is no statement. */
#define CLR_NO_COMMAND InvalidCommandId

/*
 * Whose rights, when, and what there is to see; and what was read for that so
 * far. The rule knows nothing of sessions: who acts in this one, and whether
 * anybody does, is the frame's affair.
 */
typedef struct ClrJudge
{
	ClrScope *scope;
	TimestampTz at;
	Snapshot snapshot;	   /* what the catalog reads under; NULL: the active one */
	CommandId command;	   /* of the statement that is judged, or CLR_NO_COMMAND */
	ResourceOwner owner;   /* of what stays open until clr_lookup_end(); NULL: nothing does */
	MemoryContext context; /* everything below lives here */
	List *bindings;		   /* of ClrBinding, loaded when first asked for */
	List *shapes;		   /* of ClrShape, see shape.c */
	ClrFound people[CLR_PEOPLE_KINDS][CLR_KEY_CLASSES]; /* where a scope does not keep them */
	ClrKeyTable *created[CLR_KEY_CLASSES]; /* projects that the statement creates, see created.c */
} ClrJudge;

extern ClrBinding *clr_judge_binding(ClrJudge *judge, int32 id);
extern uint64 clr_judge_generation(const ClrJudge *judge);
extern void clr_judge_end(ClrJudge *judge);

#endif /* CLR_JUDGE_H */
