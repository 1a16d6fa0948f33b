/*
 * set.h
 *		Sets of keys that belong to the actor, as plans test them.
 */
#ifndef CLR_SET_H
#define CLR_SET_H

#include "compat.h"

#include "nodes/plannodes.h"
#include "nodes/primnodes.h"
#include "nodes/supportnodes.h"

#include "binding.h"
#include "frame.h"

/*
 * What a set holds: keys of projects that are open, of the actor, of what the
 * relation of an index links to it, of visible rows that the parent of an index
 * names.
 */
typedef enum ClrSetKind
{
	CLR_SET_PROJECTS,
	CLR_SET_ME,
	CLR_SET_LINKED = 1000,
	CLR_SET_PARENTS = 2000,
} ClrSetKind;

extern void clr_set_init(void);
extern Node *clr_set_given_value(const OpExpr *clause, const Var *column);
extern Expr *
clr_set_test(Expr *value, const ClrBinding *binding, ClrVerb verb, int kind, int class);
extern bool clr_set_is_test(const Node *node);
extern Expr *clr_set_keys_now(const FuncExpr *call);
extern bool clr_set_is_big(const FuncExpr *test);
extern FuncExpr *clr_set_keys_call(const FuncExpr *test, Oid type, Oid collation);
extern bool clr_set_estimate(SupportRequestSelectivity *request);
extern void clr_set_check_plan(ClrFrame *frame, const QueryDesc *query);

#endif /* CLR_SET_H */
