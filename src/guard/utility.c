/*
 * utility.c
 *		Utility commands that write protected tables: COPY.
 */
#include "guard/utility.h"

#include "catalog/namespace.h"
#include "nodes/parsenodes.h"

#include "rule/binding.h"

/*
 * The frame that a utility command needs, or NULL. COPY FROM runs the triggers
 * of a table for each row, without the executor.
 */
ClrFrame *
clr_utility_frame(Node *statement)
{
	Oid relid;

	if (!IsA(statement, CopyStmt) || !((CopyStmt *) statement)->is_from)
		return NULL;
	relid = RangeVarGetRelid(((CopyStmt *) statement)->relation, NoLock, true);
	if (!OidIsValid(relid) || clr_binding_of_relation(relid) == 0)
		return NULL;
	return clr_frame_open_utility();
}
