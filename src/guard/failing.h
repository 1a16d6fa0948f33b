/*
 * failing.h
 *		Errors of foreign keys' actions show no row.
 */
#ifndef CLR_FAILING_H
#define CLR_FAILING_H

#include "compat.h"

#include "executor/execdesc.h"

extern void clr_failing_begin(const QueryDesc *query, ErrorContextCallback *callback);
extern void clr_failing_begin_queued(ErrorContextCallback *callback);
extern void clr_failing_end(const ErrorContextCallback *callback);

#endif /* CLR_FAILING_H */
