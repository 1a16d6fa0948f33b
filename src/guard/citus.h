/*
 * citus.h
 *		Tables that Citus distributes, on which the rule is not enforced.
 */
#ifndef CLR_CITUS_H
#define CLR_CITUS_H

#include "compat.h"

#include "nodes/parsenodes.h"

extern void clr_citus_init(void);
extern void clr_citus_refuse(Oid relid);
extern void clr_citus_check_query(Query *query);
extern bool clr_citus_is_shard(Oid relid);

#endif /* CLR_CITUS_H */
