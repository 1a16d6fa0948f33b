/*
 * owner.c
 *		Owner columns that a statement leaves empty.
 *
 * A new row without an owner gets the actor. An UPDATE that empties an owner
 * column keeps what it held, unless the actor may change owners: ORMs write
 * back what they did not know. So does the UPDATE of an INSERT ... ON CONFLICT
 * that passes on the owner which was filled in for the row proposed.
 *
 * State: the frame's `filled`, the binding whose last row to be inserted got
 * its owner here.
 */
#include "enforce/owner.h"

#include "access/htup_details.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "nodes/plannodes.h"

#include "rule/row.h"
#include "rule/rule.h"

static bool may_change(ClrJudge *judge, ClrBinding *binding, const ClrRow *row);
static bool is_left_empty(ClrFrame *frame, const ClrBinding *binding, int slot, const ClrRow *old,
						  const ClrRow *new);
static bool was_filled(const ClrFrame *frame, const ClrBinding *binding);

/* Whether some column of the table itself names owners. */
bool
clr_owner_is_named(const ClrBinding *binding)
{
	for (int slot = 0; slot < binding->ncolumns; slot++)
		if (clr_owner_is(binding, slot))
			return true;
	return false;
}

/*
 * A new row, its owner filled in if it has none.
 */
HeapTuple
clr_owner_fill(ClrFrame *frame, const ClrBinding *binding, TupleDesc desc, HeapTuple tuple)
{
	ClrScope *scope = clr_frame_judge(frame)->scope;
	const ClrColumn *column;
	bool isnull = false;
	int attnum;
	Datum owner;

	frame->filled = 0;
	if (binding->owner_slot == CLR_NO_SLOT)
		return tuple;
	column = &binding->columns[binding->owner_slot];
	attnum = SPI_fnumber(desc, column->name);
	(void) heap_getattr(tuple, attnum, desc, &isnull);
	if (!isnull || scope->no_standing != NULL || !clr_owner_of_new(scope, column, &owner))
		return tuple;
	isnull = false;
	frame->filled = binding->id;
	return heap_modify_tuple_by_cols(tuple, desc, 1, &attnum, &owner, &isnull);
}

/* Who that is. False: nobody whom the column can name. */
bool
clr_owner_of_new(const ClrScope *scope, const ClrColumn *column, Datum *owner)
{
	ClrKey key;

	return scope->actor.member != 0 && scope->member_keys != NIL &&
		   clr_key_from_text(linitial(scope->member_keys), column->key_class, &key) &&
		   clr_key_to_datum(&key, column->type, owner);
}

/*
 * A row as an UPDATE makes it, of which `new_row` is what is bound, with the owners
 * that it had where they were left empty.
 */
HeapTuple
clr_owner_keep(ClrFrame *frame, ClrBinding *binding, TupleDesc desc, const ClrRow *old_row,
			   const ClrRow *new_row, HeapTuple new)
{
	bool may = false;
	bool asked = false;

	for (int slot = 0; slot < binding->ncolumns; slot++)
	{
		bool isnull = false;
		int attnum;

		if (!is_left_empty(frame, binding, slot, old_row, new_row))
			continue;
		if (!asked)
			may = clr_owner_may_empty(clr_frame_judge(frame), binding, old_row, new_row);
		asked = true;
		if (may)
			break;
		attnum = SPI_fnumber(desc, binding->columns[slot].name);
		new = heap_modify_tuple_by_cols(new, desc, 1, &attnum, &old_row->values[slot], &isnull);
	}
	frame->filled = 0;
	return new;
}

/* Whether the actor may take owners away from a row: change them, before and after. */
bool
clr_owner_may_empty(ClrJudge *judge, ClrBinding *binding, const ClrRow *old, const ClrRow *new)
{
	return may_change(judge, binding, old) && may_change(judge, binding, new);
}

static bool
may_change(ClrJudge *judge, ClrBinding *binding, const ClrRow *row)
{
	return clr_rule_permits(judge, binding, row, clr_rule_action(judge, binding, "change_owner"),
							NULL);
}

/*
 * Whether the statement takes an owner away without naming another: by NULL,
 * or by what stands for it in a row that was proposed for INSERT.
 */
static bool
is_left_empty(ClrFrame *frame, const ClrBinding *binding, int slot, const ClrRow *old,
			  const ClrRow *new)
{
	if (!clr_owner_is(binding, slot) || old->nulls[slot])
		return false;
	if (new->nulls[slot])
		return true;
	return slot == binding->owner_slot && was_filled(frame, binding) &&
		   clr_row_value_is_me(clr_frame_judge(frame), &binding->columns[slot],
							   new->values[slot]) &&
		   !clr_row_value_is_me(clr_frame_judge(frame), &binding->columns[slot], old->values[slot]);
}

/* Whether a column of the table itself names owners. */
bool
clr_owner_is(const ClrBinding *binding, int slot)
{
	ListCell *lc;

	if (slot == binding->owner_slot)
		return true;
	foreach(lc, binding->relations)
	{
		const ClrRelation *relation = lfirst(lc);

		if (relation->slot == slot && relation->kind == CLR_REL_OWN && relation->links == NIL)
			return true;
	}
	return false;
}

/*
 * Whether the row that was proposed last got its owner here, in a statement
 * that updates the row which it meets instead: the server does so before it
 * goes on to another one.
 */
static bool
was_filled(const ClrFrame *frame, const ClrBinding *binding)
{
	const PlannedStmt *query;
	ListCell *lc;

	if (frame->filled != binding->id || frame->estate == NULL)
		return false;
	query = frame->estate->es_plannedstmt;
	if (IsA(query->planTree, ModifyTable) &&
		((ModifyTable *) query->planTree)->onConflictAction == ONCONFLICT_UPDATE)
		return true;
	foreach(lc, query->subplans) /* those of WITH queries */
	{
		ModifyTable *plan = lfirst(lc);

		if (plan != NULL && IsA(plan, ModifyTable) && plan->onConflictAction == ONCONFLICT_UPDATE)
			return true;
	}
	return false;
}
