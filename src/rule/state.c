/*
 * state.c
 *		Rows whose state asks for more than what is done to them.
 *
 * While a column of a row holds one of certain values, an action more is needed
 * to change the row, or some of its columns, and to delete it. A change is held
 * by the state as it was and by the one that comes of it, the latter unless the
 * state column has a guard for what it becomes: then that says who may.
 *
 * What cannot be told counts as held: a label that is lost, a row of which only
 * facts are given. Keeps no state.
 */
#include "rule/state.h"

#include "rule/rule.h"
#include "rule/write.h"

static bool has_guard_of_value(const ClrBinding *binding, const ClrRow *row, int slot);
static bool is_about(const ClrBinding *binding, const List *guards, const ClrRowGuard *guard,
					 const char *column);
static bool names(const ClrRowGuard *guard, const char *column);

/* The guards in whose state a row is. */
List *
clr_state_guards(const ClrBinding *binding, const ClrRow *row)
{
	List *guards = NIL;
	ListCell *lc;

	foreach(lc, binding->row_guards)
		if (clr_state_holds(binding, row, lfirst(lc)))
			guards = lappend(guards, lfirst(lc));
	return guards;
}

/*
 * Those that hold a row as a write leaves it: not where a guard of the column
 * says who may write what it holds.
 */
List *
clr_state_guards_of_new(const ClrBinding *binding, const ClrRow *row)
{
	List *guards = clr_state_guards(binding, row);
	ListCell *lc;

	foreach(lc, guards)
		if (has_guard_of_value(binding, row, ((ClrRowGuard *) lfirst(lc))->slot))
			guards = foreach_delete_current(guards, lc);
	return guards;
}

/*
 * Whether a row is in the state that a guard is about.
 */
bool
clr_state_holds(const ClrBinding *binding, const ClrRow *row, const ClrRowGuard *guard)
{
	const char *value;
	ListCell *lc;

	if (guard->is_lost)
		return true;
	if (row->facts != NULL)
		return !row->facts->rest;
	value = clr_binding_value_text(binding, row, guard->slot);
	if (value == NULL)
		return guard->holds_null;
	foreach(lc, guard->values)
		if (strcmp(lfirst(lc), value) == 0)
			return true;
	return false;
}

static bool
has_guard_of_value(const ClrBinding *binding, const ClrRow *row, int slot)
{
	return clr_write_needs_of_guards(binding, binding->columns[slot].name, false,
									 clr_binding_value_text(binding, row, slot)) != NIL;
}

/*
 * Add to a list those of the guards in whose state a row is that are about a
 * change of a column.
 */
List *
clr_state_hold(List *held, const ClrBinding *binding, const List *guards, const char *column)
{
	ListCell *lc;

	foreach(lc, guards)
		if (is_about(binding, guards, lfirst(lc), column))
			held = list_append_unique_ptr(held, lfirst(lc));
	return held;
}

/*
 * A guard is about the columns that it names; one that names none, about those
 * that no other of the same state names. The state column itself is always
 * somebody's: a lock that is opened by who it locks out is none.
 */
static bool
is_about(const ClrBinding *binding, const List *guards, const ClrRowGuard *guard,
		 const char *column)
{
	ListCell *lc;

	if (names(guard, column))
		return true;
	if (guard->columns != NIL && strcmp(column, binding->columns[guard->slot].name) != 0)
		return false;
	foreach(lc, guards)
	{
		const ClrRowGuard *other = lfirst(lc);

		if (other->slot == guard->slot && other != guard &&
			(names(other, column) || (guard->columns != NIL && other->columns == NIL)))
			return false;
	}
	return true;
}

static bool
names(const ClrRowGuard *guard, const char *column)
{
	ListCell *lc;

	foreach(lc, guard->columns)
		if (strcmp(lfirst(lc), column) == 0)
			return true;
	return false;
}

/*
 * Whether some state is told by a column, or a guard of one names it.
 */
bool
clr_state_mentions(const ClrBinding *binding, const char *column)
{
	ListCell *lc;

	foreach(lc, binding->row_guards)
	{
		const ClrRowGuard *guard = lfirst(lc);

		if (guard->is_lost || strcmp(binding->columns[guard->slot].name, column) == 0 ||
			names(guard, column))
			return true;
	}
	return false;
}

/*
 * Whether the actor may do what a guard is about: create, edit or delete a row
 * in that state.
 */
bool
clr_state_permits(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, const ClrRowGuard *guard,
				  ClrVerb verb, ClrVerdict *verdict)
{
	ClrAction *action =
		clr_scope_action(judge->scope, guard->feature,
						 verb == CLR_DELETE ? guard->delete_action : guard->edit_action);

	if (verb == CLR_CREATE ? clr_rule_permits_new(judge, binding, row, action, NULL) :
							 clr_rule_permits(judge, binding, row, action, NULL))
		return true;
	if (clr_verdict_refuse(verdict, CLR_LOCKED, binding->columns[guard->slot].name))
		verdict->action = action;
	return false;
}

/* The same of several. */
bool
clr_state_permits_all(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, const List *guards,
					  ClrVerb verb, ClrVerdict *verdict)
{
	ListCell *lc;

	foreach(lc, guards)
		if (!clr_state_permits(judge, binding, row, lfirst(lc), verb, verdict))
			return false;
	return true;
}
