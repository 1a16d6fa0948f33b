/*
 * mask.c
 *		Whether a masked column is open.
 *
 * A column is open in a row for whoever holds the mask's action there: the rule
 * says so. Where that is the same for all rows of a project that the actor sees,
 * it is asked once a project: about a row of which nothing holds but what makes
 * it visible, and about one of which everything holds; the rule is monotone,
 * more facts never close a row. Where the two answers differ, or the row may be
 * one that the actor does not see, each row is judged.
 *
 * Lifetime: that of the caller's memory, for one judge.
 */
#include "rule/mask.h"

#include "rule/rule.h"
#include "rule/shape.h"

struct ClrMaskAnswers
{
	MemoryContext context;
	ClrJudge *judge;
	ClrBinding *binding;
	ClrAction *action;
	bool seen;			   /* rows are ones that the actor sees */
	bool closed;		   /* in all of them */
	ClrKeyTable *projects; /* answers by project key; NULL: each row is judged */
	bool has_last;
	Datum last_project; /* of a type that is passed by value */
	ClrMaskAnswer last_answer;
};

static bool is_never_open(ClrJudge *judge, ClrBinding *binding, const ClrMask *mask);
static int number_of(const ClrBinding *binding, const ClrMask *mask);
static ClrMaskAnswer answer_for(ClrMaskAnswers *answers, const ClrKey *key);
static ClrMaskAnswer
ask(ClrJudge *judge, ClrBinding *binding, ClrAction *action, ClrProject *project);
static bool
holds_if(ClrJudge *judge, ClrBinding *binding, ClrAction *action, ClrProject *project, bool all);

/*
 * To ask about rows of a table; `seen`: about those that the actor sees.
 */
ClrMaskAnswers *
clr_mask_answers(MemoryContext context, ClrJudge *judge, ClrBinding *binding, const ClrMask *mask,
				 bool seen)
{
	ClrMaskAnswers *answers = MemoryContextAllocZero(context, sizeof(ClrMaskAnswers));

	answers->context = context;
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
	ClrMaskAnswer answer;

	if (slot != CLR_NO_SLOT)
		project = (NullableDatum){ row->values[slot], row->nulls[slot] };
	answer = clr_mask_in_project(answers, &project);
	return answer == CLR_MASK_BY_ROW ? clr_mask_opens_row(answers, row) : answer == CLR_MASK_OPEN;
}

/*
 * What is the same for all rows of a project, by the value of the project's column.
 */
ClrMaskAnswer
clr_mask_in_project(ClrMaskAnswers *answers, const NullableDatum *project)
{
	const ClrColumn *column;
	ClrKey key;

	if (answers->closed)
		return CLR_MASK_CLOSED;
	if (answers->projects == NULL || project->isnull)
		return CLR_MASK_BY_ROW;
	if (answers->has_last && answers->last_project == project->value)
		return answers->last_answer;
	column = &answers->binding->columns[answers->binding->project_slot];
	clr_key_from_datum(project->value, column->key_class, column->type, &key);
	answers->last_answer = answer_for(answers, &key);
	answers->has_last = column->key_class == CLR_KEY_INT;
	answers->last_project = project->value;
	return answers->last_answer;
}

/* The answer for a row where it is not the same for all of its project. */
bool
clr_mask_opens_row(ClrMaskAnswers *answers, const ClrRow *row)
{
	return answers->seen ?
			   clr_rule_permits_seen(answers->judge, answers->binding, row, answers->action) :
			   clr_rule_permits(answers->judge, answers->binding, row, answers->action, NULL);
}

static ClrMaskAnswer
answer_for(ClrMaskAnswers *answers, const ClrKey *key)
{
	bool found;
	ClrKeyEntry *entry = clr_keytab_add(answers->projects, key, &found);
	ClrProject *project;
	ClrMaskAnswer answer = CLR_MASK_BY_ROW;

	if (found)
		return (ClrMaskAnswer) PointerGetDatum(entry->value);
	project = clr_scope_project(answers->judge->scope, key);
	if (project != NULL)
		answer = ask(answers->judge, answers->binding, answers->action, project);
	entry->value = DatumGetPointer((Datum) answer);
	return answer;
}

static ClrMaskAnswer
ask(ClrJudge *judge, ClrBinding *binding, ClrAction *action, ClrProject *project)
{
	if (!holds_if(judge, binding, action, project, true))
		return CLR_MASK_CLOSED;
	return holds_if(judge, binding, action, project, false) ? CLR_MASK_OPEN : CLR_MASK_BY_ROW;
}

/* The answer about visible rows of which nothing else holds, or all that may. */
static bool
holds_if(ClrJudge *judge, ClrBinding *binding, ClrAction *action, ClrProject *project, bool all)
{
	ClrFacts facts = {
		.project = project, .shared = all, .relations = all ? ~0U : 0, .parents = true, .rest = all
	};
	ClrRow row = { NULL, NULL, &facts };

	return clr_rule_permits_seen(judge, binding, &row, action);
}

/*
 * The answer about visible rows of a project.
 */
ClrMaskAnswer
clr_mask_answer_in(ClrJudge *judge, ClrBinding *binding, const ClrMask *mask, ClrProject *project)
{
	return ask(judge, binding, clr_scope_action(judge->scope, mask->feature, mask->action),
			   project);
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
	elog(ERROR, "%s has no mask %d", binding->relation_name, mask->id);
}
