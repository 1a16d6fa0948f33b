/*
 * once.h
 *		Policies that say of a row what another one of the query says already.
 */
#ifndef CLR_ONCE_H
#define CLR_ONCE_H

#include "compat.h"

#include "nodes/parsenodes.h"

extern void clr_once_rewrite(Query *query);
extern void clr_once_modifying(Query *query, void (*rewrite)(Query *part));

#endif /* CLR_ONCE_H */
