/*
 * parent.h
 *		Rows of a protected table that other rows refer to.
 */
#ifndef CLR_PARENT_H
#define CLR_PARENT_H

#include "compat.h"

#include "binding.h"
#include "frame.h"

/* Verdict on one row for one action. */
typedef struct ClrParentRow
{
	bool judging; /* being judged now: met again, it is a cycle */
	bool permitted;
	ClrProject *project;
} ClrParentRow;

extern const ClrParentRow *
clr_parent_find(ClrFrame *frame, ClrBinding *binding, const ClrKey *key, ClrAction *action);
extern bool
clr_parent_permits(ClrFrame *frame, ClrBinding *binding, const ClrKey *key, ClrAction *action);
extern ClrKeyTable *clr_parent_all(ClrFrame *frame, ClrBinding *binding);
extern bool clr_parent_is_about(ClrFrame *frame, ClrBinding *binding, const char *feature);

#endif /* CLR_PARENT_H */
