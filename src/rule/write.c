/*
 * write.c
 *		What a write needs beyond the action of its verb.
 *
 * Owner columns name the actor, unless it may change owners; assignee and
 * invitee columns ask for assign and invite, and a row that relates those to whom
 * it is assigned to others names only such as the actor sees, so that nobody grants
 * itself a relation. An UPDATE needs the actions of exactly the columns that it
 * changes, on the row before and after; of the two, a policy sees only one. A row
 * whose state is guarded needs the action of that as well.
 */
#include "rule/write.h"

#include "access/sysattr.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#include "rule/lookup.h"
#include "rule/named.h"
#include "rule/parent.h"
#include "rule/row.h"
#include "rule/rule.h"
#include "rule/state.h"

static ClrKeyTable *
other_followers(ClrJudge *judge, const ClrColumn *column, bool isnull, Datum value);
static bool permits_relation(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
							 const ClrRelation *relation, ClrVerdict *verdict);
static bool permits_new(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, int slot,
						const char *action, ClrVerdict *verdict);
static bool
permits_need(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, const ClrNeed *need);
static bool permits_value(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
						  const char *column, const char *new_value);
static List *
add_need(List *needs, const char *feature, const char *action, const char *column, bool beside);
static List *add_givers(List *needs, const ClrBinding *binding, int slot, bool says_nothing);
static bool is_same(const ClrBinding *binding, int slot, const ClrRow *old, const ClrRow *new);
static bool are_seen(ClrJudge *judge, const ClrNaming *naming, const ClrKey *key);
static List *guards_of_rest(const ClrBinding *binding, const ClrRow *row);
static bool moves_below_gate(const ClrBinding *binding, const char *column);
static bool decides(const ClrBinding *binding, const char *column);

/*
 * May a statement with this verb see, add, change or remove the row? Of a change
 * more is asked, where it is known what changes.
 */
bool
clr_write_permits_verb(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrVerb verb,
					   ClrVerdict *verdict)
{
	switch (verb)
	{
		case CLR_VIEW:
			return clr_rule_permits_verb(judge, binding, row, verb, verdict);
		case CLR_CREATE:
			return clr_write_permits_insert(judge, binding, row, verdict);
		case CLR_EDIT:
			return clr_write_permits_update(judge, binding, row, verdict);
		case CLR_DELETE:
			return clr_rule_permits_verb(judge, binding, row, verb, verdict) &&
				   clr_state_permits_all(judge, binding, row,
										 clr_write_guards_of_verb(binding, row, verb), verb,
										 verdict);
	}
	elog(ERROR, "unknown verb %d", (int) verb);
}

/*
 * May the actor do `action` to a row that is there, as a statement for which
 * the action is asked would be judged: an UPDATE of columns that have no guard of
 * their own, a DELETE? As what a verb does; by name, all that have the action.
 */
bool
clr_write_permits_as(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrAction *action,
					 int as, ClrVerdict *verdict)
{
	if (!clr_rule_permits_as(judge, binding, row, action, as, verdict))
		return false;
	for (ClrVerb verb = CLR_EDIT; verb <= CLR_DELETE; verb++)
		if (clr_rule_is_about(judge, binding, action, as, verb) &&
			!clr_state_permits_all(judge, binding, row,
								   clr_write_guards_of_verb(binding, row, verb), verb, verdict))
			return false;
	return true;
}

/* The guards in whose state a row is that are about what a verb does. */
List *
clr_write_guards_of_verb(const ClrBinding *binding, const ClrRow *row, ClrVerb verb)
{
	return verb == CLR_DELETE ? clr_state_guards(binding, row) : guards_of_rest(binding, row);
}

/* Of the state of a row, those about columns that no guard names. */
static List *
guards_of_rest(const ClrBinding *binding, const ClrRow *row)
{
	List *guards = clr_state_guards(binding, row);
	ListCell *lc;

	foreach(lc, guards)
		if (((ClrRowGuard *) lfirst(lc))->columns != NIL)
			guards = foreach_delete_current(guards, lc);
	return guards;
}

/*
 * INSERT: the create action; owners are the actor, the published moment needs
 * its action, assignees and invitees need theirs, followers are the actor; so
 * does a state that is guarded.
 */
bool
clr_write_permits_insert(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
						 ClrVerdict *verdict)
{
	ListCell *lc;

	if (!clr_rule_permits_verb(judge, binding, row, CLR_CREATE, verdict))
		return false;
	if (binding->owner_slot != CLR_NO_SLOT &&
		(row->nulls[binding->owner_slot] ||
		 !clr_row_value_is_me(judge, &binding->columns[binding->owner_slot],
							  row->values[binding->owner_slot])) &&
		!permits_new(judge, binding, row, binding->owner_slot, "change_owner", verdict))
		return false;
	if (binding->published_slot != CLR_NO_SLOT &&
		!clr_write_says_nothing(binding, binding->published_slot, row) &&
		!permits_new(judge, binding, row, binding->published_slot, binding->publish_action,
					 verdict))
		return false;
	foreach(lc, binding->relations)
	{
		const ClrRelation *relation = lfirst(lc);

		if (relation->gives && !clr_write_says_nothing(binding, relation->slot, row) &&
			!permits_relation(judge, binding, row, relation, verdict))
			return false;
	}
	return clr_write_permits_names(judge, binding, NULL, row, verdict) &&
		   clr_state_permits_all(judge, binding, row, clr_state_guards_of_new(binding, row),
								 CLR_CREATE, verdict);
}

/* That a new row is related to those whom a column says. */
static bool
permits_relation(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
				 const ClrRelation *relation, ClrVerdict *verdict)
{
	const ClrColumn *column = &binding->columns[relation->slot];
	const char *giver = clr_relation_giver(relation->kind);

	if (relation->links == NIL && (giver == NULL || relation->kind == CLR_REL_OWN) &&
		clr_write_only_me_changes(judge, column, true, 0, false, row->values[relation->slot]))
		return true;
	if (giver != NULL)
		return permits_new(judge, binding, row, relation->slot, giver, verdict);
	(void) clr_verdict_refuse(verdict, CLR_FOLLOWS_OTHERS, column->name);
	return false;
}

/*
 * Whether a column that names members, or tells when a row is published, names nobody,
 * and never: it asks for nothing.
 */
bool
clr_write_says_nothing(const ClrBinding *binding, int slot, const ClrRow *row)
{
	const ClrColumn *column = &binding->columns[slot];

	if (row->nulls[slot])
		return true;
	if (slot == binding->published_slot)
		return !clr_row_is_published(binding, row, DT_NOEND - 1);
	return clr_row_names_nobody(column, row->values[slot]);
}

/*
 * Whether a row names only such rows of other tables as the actor sees, where whoever it
 * is assigned to is related to them by that. What it named before (NULL: it is new) it
 * may go on naming. A row that is not there reads the same as one that is hidden.
 */
bool
clr_write_permits_names(ClrJudge *judge, ClrBinding *binding, const ClrRow *old, const ClrRow *row,
						ClrVerdict *verdict)
{
	ListCell *lc;

	foreach(lc, binding->namings)
	{
		const ClrNaming *naming = lfirst(lc);

		if ((old == NULL || !is_same(binding, naming->slot, old, row)) &&
			!clr_write_permits_naming(judge, binding, naming, row, verdict))
			return false;
	}
	return true;
}

static bool
is_same(const ClrBinding *binding, int slot, const ClrRow *old, const ClrRow *new)
{
	const ClrColumn *column = &binding->columns[slot];
	ClrKey was, becomes;

	if (old->nulls[slot] || new->nulls[slot])
		return old->nulls[slot] == new->nulls[slot];
	clr_key_from_datum(old->values[slot], column->key_class, column->type, &was);
	clr_key_from_datum(new->values[slot], column->key_class, column->type, &becomes);
	return clr_key_equal(&was, &becomes);
}

/* The same of one column. */
bool
clr_write_permits_naming(ClrJudge *judge, ClrBinding *binding, const ClrNaming *naming,
						 const ClrRow *row, ClrVerdict *verdict)
{
	const ClrColumn *column = &binding->columns[naming->slot];
	ClrKey key;

	if (row->nulls[naming->slot])
		return true;
	clr_key_from_datum(row->values[naming->slot], column->key_class, column->type, &key);
	if (are_seen(judge, naming, &key))
		return true;
	(void) clr_verdict_refuse(verdict, CLR_LINK_HIDDEN, column->name);
	return false;
}

/* By another column than their key, it names however many there are. */
static bool
are_seen(ClrJudge *judge, const ClrNaming *naming, const ClrKey *key)
{
	ClrBinding *target = clr_judge_binding(judge, naming->target);
	ClrRow *rows;
	uint64 n;

	if (naming->column == NULL)
		return clr_parent_project(clr_parent_rows(judge, target, NULL), key) != NULL;
	n = clr_lookup_where(target, clr_binding_slot(target, naming->column), key, &rows);
	for (uint64 i = 0; i < n; i++)
		if (!clr_rule_permits_verb(judge, target, &rows[i], CLR_VIEW, NULL))
			return false;
	return true;
}

/* One more action of the table's own feature on a new row, for the value of a column. */
static bool
permits_new(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, int slot, const char *name,
			ClrVerdict *verdict)
{
	ClrAction *action = clr_rule_action(judge, binding, name);

	if (clr_rule_permits_new(judge, binding, row, action, verdict))
		return true;
	clr_verdict_column(verdict, binding->columns[slot].name, action);
	return false;
}

/*
 * UPDATE: any of the actions that a change of some column needs. Which of
 * them the statement needs, the trigger finds.
 */
bool
clr_write_permits_update(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
						 ClrVerdict *verdict)
{
	ListCell *lc;

	if (clr_rule_permits_verb(judge, binding, row, CLR_EDIT, verdict))
		return true;
	foreach(lc, clr_write_needs(binding))
	{
		const ClrNeed *need = lfirst(lc);

		if (!need->beside && permits_need(judge, binding, row, need))
			return true;
	}
	return false;
}

static bool
permits_need(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, const ClrNeed *need)
{
	if (need->feature == NULL)
		return clr_rule_permits_following(judge, binding, row, NULL);
	return clr_write_permits_change(judge, binding, row, clr_write_asked_by(judge->scope, need),
									NULL);
}

/*
 * Why an UPDATE of some columns may not touch a row of which the actor may change none:
 * what the first of them asks for, where each asks for something of its own, else edit.
 */
void
clr_write_refuse_columns(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
						 const List *columns, ClrVerdict *verdict)
{
	ClrAction *edit = clr_rule_verb_action(judge, binding, CLR_EDIT);
	ClrAction *asked = NULL;
	const char *first = NULL;
	ListCell *lc;

	foreach(lc, columns)
	{
		List *needs = clr_write_needs_of_column(binding, lfirst(lc), false, NULL, false);
		const ClrNeed *need = needs != NIL ? linitial(needs) : NULL;

		/* whoever sees a row may follow it, but where nothing may be changed at all */
		if (need == NULL || need->feature == NULL)
			asked = edit;
		else if (asked == NULL)
		{
			asked = clr_write_asked_by(judge->scope, need);
			first = need->column;
		}
		if (asked == edit)
			break;
	}
	(void) clr_write_permits_change(judge, binding, row, asked != NULL ? asked : edit, verdict);
	if (asked != NULL && asked != edit)
		clr_verdict_column(verdict, first, asked);
}

/*
 * May the actor change a column of a row, as the row is? What it becomes is judged
 * when it is written; where that depends on the value, there is one that the actor
 * may write.
 */
bool
clr_write_permits_column(ClrJudge *judge, ClrBinding *binding, const ClrRow *row,
						 const char *column)
{
	List *held = clr_state_hold(NIL, binding, clr_state_guards(binding, row), column);
	ListCell *lc;

	if (!clr_state_permits_all(judge, binding, row, held, CLR_EDIT, NULL))
		return false;
	if (permits_value(judge, binding, row, column, NULL))
		return true;
	foreach(lc, binding->guards)
	{
		const ClrGuard *guard = lfirst(lc);

		if (guard->new_value != NULL && strcmp(guard->column, column) == 0 &&
			permits_value(judge, binding, row, column, guard->new_value))
			return true;
	}
	return false;
}

/*
 * Whether a column means nothing to the rule, and no guard names it: a change of any
 * such column of a row needs the same.
 */
bool
clr_write_is_plain_column(const ClrBinding *binding, const char *column)
{
	return !clr_state_mentions(binding, column) &&
		   clr_write_needs_of_column(binding, column, true, NULL, false) == NIL;
}

/* All that a change of a column to a value needs, NULL: to one that no guard names. */
static bool
permits_value(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, const char *column,
			  const char *new_value)
{
	List *needs = clr_write_needs_of_column(binding, column, false, new_value, false);
	ListCell *lc;

	if (needs == NIL)
		return clr_rule_permits_verb(judge, binding, row, CLR_EDIT, NULL);
	foreach(lc, needs)
		if (!permits_need(judge, binding, row, lfirst(lc)))
			return false;
	return true;
}

/*
 * One action that a change needs, on the row before or after. Edit is judged as
 * the policies do, also where other verbs need the same action.
 */
bool
clr_write_permits_change(ClrJudge *judge, ClrBinding *binding, const ClrRow *row, ClrAction *action,
						 ClrVerdict *verdict)
{
	int as = clr_write_as_change(judge, binding, action);

	if (as == CLR_EDIT)
		return clr_rule_permits_verb(judge, binding, row, CLR_EDIT, verdict);
	return clr_rule_permits_as(judge, binding, row, action, as, verdict);
}

/* As what an action is asked about that a change needs. */
int
clr_write_as_change(ClrJudge *judge, ClrBinding *binding, const ClrAction *action)
{
	return action == clr_rule_verb_action(judge, binding, CLR_EDIT) ? CLR_EDIT : CLR_FOR_CHANGE;
}

/*
 * Members follow a row for themselves: a change of a follower column adds or removes only
 * the actor, who sees the row before and after. Of a refusal, whether the row as it was is not
 * what refuses.
 */
bool
clr_write_permits_following(ClrJudge *judge, ClrBinding *binding, const ClrRow *old,
							const ClrRow *new, int slot, bool *was, ClrVerdict *verdict)
{
	const ClrColumn *column = &binding->columns[slot];

	*was = clr_rule_permits_following(judge, binding, old, verdict);
	if (!*was)
		return false;
	if (!clr_write_only_me_changes(judge, column, old->nulls[slot], old->values[slot],
								   new->nulls[slot], new->values[slot]))
	{
		(void) clr_verdict_refuse(verdict, CLR_FOLLOWS_OTHERS, column->name);
		return false;
	}
	return clr_rule_permits_following(judge, binding, new, verdict);
}

/* One more need, unless the action is among them. */
static List *
add_need(List *needs, const char *feature, const char *action, const char *column, bool beside)
{
	ClrNeed *need;
	ListCell *lc;

	foreach(lc, needs)
	{
		need = lfirst(lc);
		if ((need->feature == NULL) == (feature == NULL) &&
			(feature == NULL ||
			 (strcmp(need->feature, feature) == 0 && strcmp(need->action, action) == 0)))
		{
			need->beside &= beside;
			return needs;
		}
	}
	need = palloc(sizeof(ClrNeed));
	*need = (ClrNeed){ feature, action, column, beside };
	return lappend(needs, need);
}

/*
 * The guards of a column: for `new_value` (as text), or with any_value for
 * whatever it may become. A guard of one value goes before one of all.
 */
List *
clr_write_needs_of_guards(const ClrBinding *binding, const char *column, bool any_value,
						  const char *new_value)
{
	List *needs = NIL;
	const ClrGuard *general = NULL;
	ListCell *lc;

	foreach(lc, binding->guards)
	{
		const ClrGuard *guard = lfirst(lc);

		if (strcmp(guard->column, column) != 0)
			continue;
		if (guard->new_value == NULL)
			general = guard;
		if (any_value || guard->is_lost ||
			(guard->new_value != NULL && new_value != NULL &&
			 strcmp(guard->new_value, new_value) == 0))
			needs = add_need(needs, guard->feature, guard->action, guard->column, false);
	}
	if (needs == NIL && general != NULL)
		needs = add_need(needs, general->feature, general->action, column, false);
	return needs;
}

/*
 * What a change of a column needs beside or instead of edit: its guards, and
 * what owner, assignee, invitee and follower columns and the published moment
 * ask for, unless they say nothing before and after.
 */
List *
clr_write_needs_of_column(const ClrBinding *binding, const char *column, bool any_value,
						  const char *new_value, bool says_nothing)
{
	List *needs = clr_write_needs_of_guards(binding, column, any_value, new_value);

	for (int slot = 0; slot < binding->ncolumns; slot++)
	{
		if (strcmp(binding->columns[slot].name, column) != 0)
			continue;
		if (slot == binding->owner_slot)
			needs = add_need(needs, binding->feature, "change_owner", column, false);
		if (slot == binding->published_slot && !says_nothing)
			needs = add_need(needs, binding->feature, binding->publish_action, column, false);
		needs = add_givers(needs, binding, slot, says_nothing);
	}
	/* edit goes by the parents before and after */
	if (needs != NIL && moves_below_gate(binding, column))
		needs = add_need(needs, binding->feature, binding->actions[CLR_EDIT], column, false);
	return needs;
}

/*
 * What gives the relations of which a column says who has them. What leads to members
 * through a link table may mean more, and what is asked for that comes first.
 */
static List *
add_givers(List *needs, const ClrBinding *binding, int slot, bool says_nothing)
{
	const char *column = binding->columns[slot].name;
	List *links = NIL;
	ListCell *lc;

	foreach(lc, binding->relations)
	{
		const ClrRelation *relation = lfirst(lc);
		const char *giver = clr_relation_giver(relation->kind);

		if (relation->slot != slot || !relation->gives)
			continue;
		if (relation->links != NIL)
			links = lappend(links, lfirst(lc));
		else if (giver == NULL || !says_nothing)
			needs = add_need(needs, giver ? binding->feature : NULL, giver, column, false);
	}
	if (links != NIL && needs == NIL)
		needs = add_need(needs, binding->feature, binding->actions[CLR_EDIT], column, false);
	foreach(lc, links)
		needs = add_need(needs, binding->feature,
						 clr_relation_giver(((ClrRelation *) lfirst(lc))->kind), column, true);
	return needs;
}

/* Whether a change of a column may take a row to another parent, which asks for more than sight. */
static bool
moves_below_gate(const ClrBinding *binding, const char *column)
{
	ListCell *lc;

	foreach(lc, binding->parents)
	{
		const ClrParent *parent = lfirst(lc);

		if (parent->gates[CLR_EDIT].action != NULL &&
			(strcmp(binding->columns[parent->slot].name, column) == 0 ||
			 (parent->type_slot != CLR_NO_SLOT &&
			  strcmp(binding->columns[parent->type_slot].name, column) == 0)))
			return true;
	}
	return false;
}

/*
 * What changes of any columns of the table may need.
 */
List *
clr_write_needs(const ClrBinding *binding)
{
	List *needs = NIL;
	ListCell *lc;

	for (int slot = 0; slot < binding->ncolumns; slot++)
		foreach(lc,
				clr_write_needs_of_column(binding, binding->columns[slot].name, true, NULL, false))
		{
			ClrNeed *need = lfirst(lc);

			needs = add_need(needs, need->feature, need->action, need->column, need->beside);
		}
	foreach(lc, binding->guards)
	{
		ClrGuard *guard = lfirst(lc);

		needs = add_need(needs, guard->feature, guard->action, guard->column, false);
	}
	return needs;
}

/*
 * What an UPDATE that assigns to columns (a set as the server's own are) may need at
 * most, whatever a row was and becomes. False if that cannot be told: the rule goes by
 * one of them, or a guard by its value.
 */
bool
clr_write_needs_of_columns(const ClrBinding *binding, TupleDesc desc, const Bitmapset *columns,
						   List **needs)
{
	int at = -1;
	ListCell *lc;

	*needs = NIL;
	while ((at = bms_next_member(columns, at)) >= 0)
	{
		int attnum = at + FirstLowInvalidHeapAttributeNumber;
		const char *column = attnum > 0 ? NameStr(TupleDescAttr(desc, attnum - 1)->attname) : NULL;
		List *guards;

		if (column == NULL || decides(binding, column) || clr_write_guards_value(binding, column))
			return false;
		guards = clr_write_needs_of_guards(binding, column, false, NULL);
		foreach(lc, guards)
		{
			const ClrNeed *need = lfirst(lc);

			*needs = add_need(*needs, need->feature, need->action, column, false);
		}
		if (guards == NIL)
			*needs = add_need(*needs, binding->feature, binding->actions[CLR_EDIT], NULL, false);
	}
	foreach(lc, binding->row_guards)
	{
		const ClrRowGuard *guard = lfirst(lc);

		*needs = add_need(*needs, guard->feature, guard->edit_action, NULL, false);
	}
	return true;
}

/* Whether the rule goes by a column. */
static bool
decides(const ClrBinding *binding, const char *column)
{
	for (int slot = 0; slot < binding->ncolumns; slot++)
		if (strcmp(binding->columns[slot].name, column) == 0)
			return clr_binding_decides(binding, slot);
	return false;
}

/* Whether a guard of a column is about one new value. */
bool
clr_write_guards_value(const ClrBinding *binding, const char *column)
{
	ListCell *lc;

	foreach(lc, binding->guards)
	{
		const ClrGuard *guard = lfirst(lc);

		if (guard->new_value != NULL && strcmp(guard->column, column) == 0)
			return true;
	}
	return false;
}

/* The action that a need asks for. */
ClrAction *
clr_write_asked_by(ClrScope *scope, const ClrNeed *need)
{
	return clr_scope_action(scope, need->feature, need->action);
}

/*
 * The members other than the actor that a follower column names.
 */
static ClrKeyTable *
other_followers(ClrJudge *judge, const ClrColumn *column, bool isnull, Datum value)
{
	ClrKeyTable *others = clr_keytab_new(CurrentMemoryContext, 8);
	Datum *elems = &value;
	bool *nulls = &isnull;
	int n = 1;

	if (column->is_array && !isnull)
	{
		int16 typlen;
		bool typbyval;
		char typalign;

		get_typlenbyvalalign(column->type, &typlen, &typbyval, &typalign);
		deconstruct_array(DatumGetArrayTypeP(value), column->type, typlen, typbyval, typalign,
						  &elems, &nulls, &n);
	}
	for (int i = 0; i < n; i++)
	{
		ClrKey key;
		bool found;

		if (nulls[i])
			continue;
		clr_key_from_datum(elems[i], column->key_class, column->type, &key);
		if (!clr_named(judge, CLR_ME, &key))
			(void) clr_keytab_add(others, &key, &found);
	}
	return others;
}

/*
 * Whether a change of a follower column adds or removes nobody but the actor.
 */
bool
clr_write_only_me_changes(ClrJudge *judge, const ClrColumn *column, bool old_null, Datum old,
						  bool new_null, Datum new)
{
	return clr_keytab_same(other_followers(judge, column, old_null, old),
						   other_followers(judge, column, new_null, new));
}
