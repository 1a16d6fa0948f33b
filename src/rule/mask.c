/*
 * mask.c
 *		Whether a masked column is open.
 *
 * A column is open in a row for whoever holds the mask's action there: the rule
 * says so. What decides about the rows of a project that the actor sees is asked
 * once (shape.h): nothing, who the row belongs to, or the like. Where it is
 * something else, or the row may be one that the actor does not see, each row is
 * judged.
 *
 * Lifetime: that of the caller's memory, for one judge.
 */
#include "rule/mask.h"

#include "rule/rule.h"

struct ClrMaskAnswers
{
	ClrJudge *judge;
	ClrBinding *binding;
	ClrAction *action;
	bool seen;			   /* rows are ones that the actor sees */
	bool closed;		   /* in all of them */
	ClrKeyTable *projects; /* classes by project key; NULL: each row is judged */
	bool has_last;
	Datum last_project; /* of a type that is passed by value */
	ClrClass last_class;
	const ClrProject *asked; /* the last one of which the rule was asked */
	ClrClass asked_class;
};

static bool is_never_open(ClrJudge *judge, ClrBinding *binding, const ClrMask *mask);
static int number_of(const ClrBinding *binding, const ClrMask *mask);
static ClrClass class_for(ClrMaskAnswers *answers, const ClrKey *key);

/*
 * To ask about rows of a table; `seen`: about those that the actor sees.
 */
ClrMaskAnswers *
clr_mask_answers(MemoryContext context, ClrJudge *judge, ClrBinding *binding, const ClrMask *mask,
				 bool seen)
{
	ClrMaskAnswers *answers = MemoryContextAllocZero(context, sizeof(ClrMaskAnswers));

	answers->judge = judge;
	answers->binding = binding;
	answers->action = clr_scope_action(judge->scope, mask->feature, mask->action);
	answers->seen = seen;
	answers->closed = seen && is_never_open(judge, binding, mask);
	if (seen && binding->project_slot != CLR_NO_SLOT)
		answers->projects = clr_keytab_new(context, 8);
	return answers;
}

bool
clr_mask_opens(ClrMaskAnswers *answers, const ClrRow *row)
{
	int slot = answers->binding->project_slot;
	NullableDatum project = { 0, true };

	if (slot != CLR_NO_SLOT)
		project = (NullableDatum){ row->values[slot], row->nulls[slot] };
	return clr_mask_opens_row(answers, row, clr_mask_class(answers, &project));
}

/*
 * What decides about the rows of a project, by the value of the project's column.
 */
ClrClass
clr_mask_class(ClrMaskAnswers *answers, const NullableDatum *project)
{
	const ClrColumn *column;
	ClrKey key;

	if (answers->closed)
		return CLR_CLASS_NONE;
	if (answers->projects == NULL || project->isnull)
		return CLR_CLASS_OTHER;
	if (answers->has_last && answers->last_project == project->value)
		return answers->last_class;
	column = &answers->binding->columns[answers->binding->project_slot];
	clr_key_from_datum(project->value, column->key_class, column->type, &key);
	answers->last_class = class_for(answers, &key);
	answers->has_last = column->key_class == CLR_KEY_INT;
	answers->last_project = project->value;
	return answers->last_class;
}

/* A project that only the running statement knows has no class. */
static ClrClass
class_for(ClrMaskAnswers *answers, const ClrKey *key)
{
	bool found;
	ClrKeyEntry *entry = clr_keytab_add(answers->projects, key, &found);
	ClrProject *project;

	if (found)
		return (ClrClass) PointerGetDatum(entry->value);
	entry->value = DatumGetPointer((Datum) CLR_CLASS_OTHER);
	project = clr_scope_project(answers->judge->scope, key);
	if (project == NULL)
		return CLR_CLASS_OTHER;
	if (answers->asked == NULL || !clr_shape_same_rights(answers->asked, project))
		answers->asked_class =
			clr_shape_class_seen(answers->judge, answers->binding, answers->action, project);
	answers->asked = project;
	entry->value = DatumGetPointer((Datum) answers->asked_class);
	return answers->asked_class;
}

/* The answer for a row in a project of a class. */
bool
clr_mask_opens_row(ClrMaskAnswers *answers, const ClrRow *row, ClrClass class)
{
	switch ((int) class)
	{
		case CLR_CLASS_NONE:
			return false;
		case CLR_CLASS_ALL:
			return true;
		case CLR_CLASS_OTHER:
			return (answers->seen ||
					clr_rule_permits_verb(answers->judge, answers->binding, row, CLR_VIEW, NULL)) &&
				   clr_rule_permits_seen(answers->judge, answers->binding, row, answers->action);
		default:
			return clr_shape_row_is_open(answers->judge, answers->binding, row, class);
	}
}

/*
 * Whether there may be a visible row in which the column is masked.
 */
bool
clr_mask_may_close(ClrJudge *judge, ClrBinding *binding, const ClrMask *mask)
{
	return judge->scope->no_standing != NULL ||
		   bms_is_member(number_of(binding, mask), clr_shape_of(judge, binding, CLR_VIEW)->closed);
}

/* Whether no visible row leaves the column open. */
static bool
is_never_open(ClrJudge *judge, ClrBinding *binding, const ClrMask *mask)
{
	return judge->scope->no_standing == NULL &&
		   !bms_is_member(number_of(binding, mask), clr_shape_of(judge, binding, CLR_VIEW)->opened);
}

/* By which shapes know a mask. */
static int
number_of(const ClrBinding *binding, const ClrMask *mask)
{
	ListCell *lc;

	foreach(lc, binding->masks)
		if (((ClrMask *) lfirst(lc))->id == mask->id)
			return foreach_current_index(lc);
	elog(ERROR, "%s has no mask %d", clr_binding_name(binding), mask->id);
}
