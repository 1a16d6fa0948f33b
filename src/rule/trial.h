/*
 * trial.h
 *		One row on trial, and why it is refused.
 */
#ifndef CLR_TRIAL_H
#define CLR_TRIAL_H

#include "compat.h"

#include "rule/binding.h"
#include "rule/judge.h"
#include "rule/verdict.h"
#include "scope/scope.h"

/* The steps of the rule, as they are listed to who asks for all of them. */
typedef enum ClrStep
{
	CLR_STEP_STANDING,
	CLR_STEP_PROJECT,
	CLR_STEP_OPEN, /* the project, in its state */
	CLR_STEP_LINKS,
	CLR_STEP_GRANT, /* of the action, or of one that it needs */
	CLR_STEP_PARENT_GATE,
	CLR_STEP_DRAFT,
	CLR_STEP_PARENTS,
} ClrStep;

typedef struct ClrTrial
{
	ClrJudge *judge;
	ClrScope *scope;
	ClrBinding *binding;
	const ClrRow *row;
	bool viewing;		 /* looking at a row, which needs no more than that */
	bool creating;		 /* adding it: there is no row to see yet */
	bool writing;		 /* a statement would change the table */
	int as;				 /* what a statement does to it, CLR_BY_NAME or CLR_FOR_CHANGE */
	ClrVerdict *verdict; /* NULL: nobody asks why */
	ClrProject *project;
	struct ClrTrace *trace; /* NULL: judging ends with the first step that fails */
} ClrTrial;

extern bool clr_trace_step(ClrTrial *trial, ClrStep step, const ClrAction *action, bool holds);

extern ClrVerdict *clr_trial_note(const ClrTrial *trial, ClrCode code, int slot);
extern bool
clr_trial_refuse_act(const ClrTrial *trial, ClrCode code, int slot, const ClrAction *action);
extern bool clr_trial_refuse_way_in(const ClrTrial *trial, const char *key);

/* False; and why, if somebody asks, and about which column, unless CLR_NO_SLOT. */
static inline bool
clr_trial_refuse(const ClrTrial *trial, ClrCode code, int slot)
{
	if (trial->verdict != NULL)
		(void) clr_trial_note(trial, code, slot);
	return false;
}

/* Whether to go on after a step about an action, which holds or not. */
static inline bool
clr_trial_goes_on(ClrTrial *trial, ClrStep step, const ClrAction *action, bool holds)
{
	return trial->trace == NULL ? holds : clr_trace_step(trial, step, action, holds);
}

#endif /* CLR_TRIAL_H */
