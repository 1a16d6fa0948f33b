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
extern void clr_seal_check_tables(List *permissions);
extern bool clr_seal_shows_all(List *permissions);
extern bool clr_seal_is_narrowed(Oid relid);
pg_noreturn extern void clr_seal_refuse_table(Oid relid);

#endif /* CLR_SEAL_H */
