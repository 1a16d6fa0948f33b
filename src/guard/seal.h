/*
 * seal.h
 *		Keeps other policies from widening what the rule allows.
 */
#ifndef CLR_SEAL_H
#define CLR_SEAL_H

#include "compat.h"

#include "nodes/nodes.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

extern List *clr_seal_policies(CmdType command, Relation relation);
extern bool clr_seal_is_policy(const Node *qual);
extern void clr_seal_check_tables(List *range_table);
extern bool clr_seal_is_narrowed(Oid relid);
extern void clr_seal_refuse_table(Oid relid) pg_attribute_noreturn();

#endif /* CLR_SEAL_H */
