/*
 * parent.h
 *		Rows of a protected table that other rows refer to.
 */
#ifndef CLR_PARENT_H
#define CLR_PARENT_H

#include "compat.h"

#include "rule/judge.h"
#include "rule/binding.h"

typedef struct ClrParentRows ClrParentRows;

extern ClrParentRows *clr_parent_rows(ClrJudge *judge, ClrBinding *binding, ClrAction *action);
extern ClrProject *clr_parent_project(ClrParentRows *rows, const ClrKey *key);
extern void clr_parent_read_all(ClrParentRows *rows);
extern ClrKeyTable *clr_parent_keys(ClrParentRows *rows);
extern const ClrKeyBits *clr_parent_bits(ClrParentRows *rows);
extern bool clr_parent_is_about(ClrJudge *judge, ClrBinding *binding, const char *feature);

#endif /* CLR_PARENT_H */
