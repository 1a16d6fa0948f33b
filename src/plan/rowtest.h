/*
 * rowtest.h
 *		What decides about a row, as the planner knows it.
 */
#ifndef CLR_ROWTEST_H
#define CLR_ROWTEST_H

#include "compat.h"

#include "nodes/primnodes.h"

#include "rule/binding.h"
#include "rule/shape.h"

extern Expr *clr_rowtest(const ClrBinding *binding, ClrVerb verb, List *columns, ClrClass class);
extern List *clr_rowtest_ups(const ClrBinding *binding, ClrVerb verb, List *columns, int class);
extern Expr *clr_rowtest_or_null(Expr *column, Expr *test);
extern Expr *clr_rowtest_null(Expr *column, NullTestType type);
extern Expr *clr_rowtest_label(Node *column, List *labels);
extern Expr *clr_rowtest_related(const ClrBinding *binding, ClrVerb verb, List *columns,
								 ClrRelationKind kind, int class);

#endif /* CLR_ROWTEST_H */
