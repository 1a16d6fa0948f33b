/*
 * secrecy.h
 *		What queries cost, and who is told.
 */
#ifndef CLR_SECRECY_H
#define CLR_SECRECY_H

#include "compat.h"

#include "executor/executor.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"

#include "frame/frame.h"

extern void clr_secrecy_init(void);
extern void clr_secrecy_note_hooks(ExecutorEnd_hook_type ours, ExecutorEnd_hook_type previous);
extern Oid clr_secrecy_explain(Node *statement);
extern void clr_secrecy_explained(Oid previous);
extern void clr_secrecy_check_query(Query *query);
extern void clr_secrecy_check_plan(const PlannedStmt *plan);
extern void clr_secrecy_check_start(const PlannedStmt *plan, ClrFrame *frame);
extern void clr_secrecy_check_finish(QueryDesc *query);
extern void clr_secrecy_check_asked(ClrFrame *frame);
extern void clr_secrecy_check_run(QueryDesc *query);

#endif /* CLR_SECRECY_H */
