/*
 * partition.c
 *		Rows that an UPDATE moves to another partition.
 *
 * The server moves a row by DELETE and INSERT, after the triggers of the
 * UPDATE. What it inserts has been judged as an update, and is no new row. To
 * the BEFORE INSERT triggers of the other partition it looks like one, and
 * values prove nothing: another part of the statement may insert the same. So
 * the executor's own state is asked which command inserts.
 */
#include "enforce/partition.h"

#include "nodes/execnodes.h"

static const ResultRelInfo *target_of(const EState *estate, const Trigger *trigger);
static const ResultRelInfo *find_target(const List *targets, const Trigger *trigger);
static bool updates_now(const PlanState *node, const ResultRelInfo *target);

/*
 * Whether the row of a BEFORE INSERT trigger is one that an UPDATE, also of a
 * MERGE, moves here. False where no query inserts it (COPY).
 */
bool
clr_partition_is_move(const ClrFrame *frame, const TriggerData *trigger)
{
	const ResultRelInfo *target;
	ListCell *lc;

	if (!trigger->tg_relation->rd_rel->relispartition || frame->estate == NULL)
		return false;
	target = target_of(frame->estate, trigger->tg_trigger);
	if (target == NULL)
		return false;
	if (updates_now(frame->plan, target))
		return true;
	foreach(lc, frame->estate->es_auxmodifytables)
		if (updates_now(lfirst(lc), target))
			return true;
	return false;
}

/*
 * The table that the command names which inserts the row of a BEFORE INSERT
 * trigger: its own defaults are those of new rows, whatever the partition has.
 */
Relation
clr_partition_named(const ClrFrame *frame, const TriggerData *trigger)
{
	const ResultRelInfo *target =
		frame->estate == NULL ? NULL : target_of(frame->estate, trigger->tg_trigger);

	return target == NULL ? trigger->tg_relation : target->ri_RelationDesc;
}

/*
 * The table that the command names whose partition has fired the trigger. Each
 * command has its own copy of a partition's triggers (InitResultRelInfo(),
 * execMain.c), which the trigger is called with (ExecBRInsertTriggers(),
 * trigger.c).
 */
static const ResultRelInfo *
target_of(const EState *estate, const Trigger *trigger)
{
	const ResultRelInfo *partition = find_target(estate->es_opened_result_relations, trigger);

	if (partition == NULL)
		partition = find_target(estate->es_tuple_routing_result_relations, trigger);
	return partition == NULL || partition->ri_RootResultRelInfo == NULL ?
			   partition :
			   partition->ri_RootResultRelInfo;
}

static const ResultRelInfo *
find_target(const List *targets, const Trigger *trigger)
{
	ListCell *lc;

	foreach(lc, targets)
	{
		const ResultRelInfo *target = lfirst(lc);
		const TriggerDesc *own = target->ri_TrigDesc;

		if (own != NULL && trigger >= own->triggers && trigger < own->triggers + own->numtriggers)
			return target;
	}
	return NULL;
}

/*
 * Whether this part of the plan writes to the target and what it does at the
 * moment is an UPDATE. A MERGE shows its actions the old row, if they have one
 * (ExecMergeMatched() and ExecMergeNotMatched(), nodeModifyTable.c).
 */
static bool
updates_now(const PlanState *node, const ResultRelInfo *target)
{
	const ModifyTableState *command;

	if (!IsA(node, ModifyTableState))
		return false;
	command = (const ModifyTableState *) node;
	if (command->rootResultRelInfo != target)
		return false;
	return command->operation == CMD_UPDATE ||
		   (command->operation == CMD_MERGE && node->ps_ExprContext->ecxt_scantuple != NULL);
}
