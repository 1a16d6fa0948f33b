/*
 * utility.c
 *		Utility commands that write protected tables: COPY.
 */
#include "guard/utility.h"

#include "catalog/namespace.h"
#include "nodes/parsenodes.h"
#include "utils/rls.h"

#include "guard/citus.h"
#include "rule/binding.h"

/*
 * The frame that a utility command needs, or NULL. COPY FROM runs the triggers
 * of a table for each row, without the executor.
 */
ClrFrame *
clr_utility_frame(Node *statement)
{
	CopyStmt *copy = (CopyStmt *) statement;
	bool binds;
	Oid relid;

	if (!IsA(statement, CopyStmt) || copy->relation == NULL)
		return NULL;
	relid = RangeVarGetRelid(copy->relation, NoLock, true);
	binds = OidIsValid(relid) && check_enable_rls(relid, InvalidOid, true) == RLS_ENABLED;
	if (!OidIsValid(relid) || (!copy->is_from && !binds) || clr_binding_of_relation(relid) == 0)
		return NULL;
	if (binds)
		clr_citus_refuse(relid); /* which copies by ways of its own */
	return copy->is_from ? clr_frame_open_utility() : NULL;
}
