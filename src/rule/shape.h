/*
 * shape.h
 *		How far an actor reaches into a table, project by project.
 */
#ifndef CLR_SHAPE_H
#define CLR_SHAPE_H

#include "compat.h"

#include "nodes/bitmapset.h"

#include "rule/judge.h"
#include "rule/binding.h"

/*
 * What decides, in a project, which rows of a table are open for a verb. The
 * classes by relation begin at two bases, to which the relation is added.
 */
typedef enum ClrClass
{
	CLR_CLASS_NONE,
	CLR_CLASS_ALL,	  /* every row is open */
	CLR_CLASS_SHARED, /* the shared ones */
	CLR_CLASS_OTHER,  /* something else: each row is judged */
	CLR_CLASS_WHOLE,  /* of plans: every row of the table is open, see whole.c */
	CLR_CLASS_RAW,	  /* and masked columns: read as it is, see mask_raw.c; or not */
	CLR_CLASS_MASKED,
	CLR_CLASS_ACCOUNT, /* and the account: named by the plan, see account.c */
	CLR_CLASS_BELOW,   /* and what rows of an open project belong to is open, see whole.c */
	CLR_CLASS_RELATED,
	CLR_CLASS_RELATED_SHARED = CLR_CLASS_RELATED + CLR_RELATION_KINDS,
	CLR_CLASS_GIVEN = CLR_CLASS_RELATED_SHARED +
					  CLR_RELATION_KINDS, /* of plans: a project is open, see given.c */
} ClrClass;

#define CLR_CLASS_BIT(class) (1u << (class))

/*
 * For one binding and verb: the classes that occur, and the projects that are not
 * closed. What rows belong to is taken for visible where plans test that, and rows
 * for those of the account.
 */
typedef struct ClrShape
{
	int32 binding;
	ClrVerb verb;
	uint64 generation; /* of the oldest declaration that it was made of */
	MemoryContext context;
	int users;		  /* the scope, while it is kept there, and queries */
	uint32 classes;	  /* a bit for each but NONE */
	bool some_closed; /* there are other projects */
	bool is_partial; /* of the account's rows, some in these, or without a project, may be closed */
	/* not its own, see key_sets.c: */
	ClrKeyTable *open; /* project keys; ids where rows have no project column */
	ClrKeyBits *bits;  /* the same, or NULL */
	Bitmapset *closed; /* of VIEW: masks, by number, that may close the column of a visible row */
	Bitmapset *opened; /* and those that may leave one open */
	List *estimates;   /* see set.c */
	struct ClrBasis
		*whole; /* that the table is open as a whole rests on it, see whole.c; or NULL */
	struct ClrBasis *below; /* the same, that what rows belong to is */
	/* of these, by what most likely decides, for estimates */
	uint32 likely_whole;
	uint32 likely_shared;
	uint32 likely_related;
} ClrShape;

extern ClrShape *clr_shape_of(ClrJudge *judge, ClrBinding *binding, ClrVerb verb);
extern ClrClass
clr_shape_class(ClrJudge *judge, ClrBinding *binding, ClrVerb verb, ClrProject *project);
extern ClrClass
clr_shape_class_seen(ClrJudge *judge, ClrBinding *binding, ClrAction *action, ClrProject *project);
extern bool clr_shape_same_rights(const ClrProject *a, const ClrProject *b);
extern ClrClass clr_shape_only_class(const ClrShape *shape);
extern bool
clr_shape_row_is_open(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrClass class);
extern bool clr_shape_opens(const ClrShape *shape, const ClrProject *project);
extern bool clr_shape_opens_key(const ClrShape *shape, const ClrKey *project);
extern double clr_shape_part_open(ClrJudge *judge, ClrBinding *binding);
extern double clr_shape_part_seen(ClrJudge *judge, ClrBinding *binding);

#endif /* CLR_SHAPE_H */
