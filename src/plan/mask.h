/*
 * mask.h
 *		Masked columns, put in place of themselves before planning.
 */
#ifndef CLR_PLAN_MASK_H
#define CLR_PLAN_MASK_H

#include "compat.h"

#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"

#include "frame/frame.h"
#include "guard/masked.h"

/* What a plan depends on beside what the planner finds. */
typedef struct ClrMaskDepends
{
	List *items; /* of PlanInvalItem */
	bool on_role;
} ClrMaskDepends;

extern void clr_mask_rewrite(Query *query, ClrMaskDepends *depends);
extern void clr_mask_depend(PlannedStmt *plan, const ClrMaskDepends *depends);

/* A reference that a condition goes by, in the place for its location. */
#define CLR_MASK_FILTERED (-2)

/* mask_filters.c */
extern void clr_mask_note_filters(Query *query);

/* mask_raw.c */
extern bool clr_mask_raw_is_for(const Query *statement);
extern void clr_mask_raw_choose(const Query *query, Index number, ClrMaskedTable *table);
extern void clr_mask_raw_check(ClrFrame *frame, const PlannedStmt *plan);

/* mask_expression.c */
extern Node *clr_mask_expression(const ClrMaskedTable *table, const ClrMask *mask, const Var *var);
extern Node *clr_mask_parse(Oid relid, const char *text, AttrNumber attnum, const char *written_as);
extern char *clr_mask_deparse(Oid relid, Node *expression);

/* mask_walk.c */
extern void clr_mask_walk(Query *query, ClrMaskedTable **tables);
extern bool clr_mask_names_masked(Query *query, ClrMaskedTable **tables);

#endif /* CLR_PLAN_MASK_H */
