/*
 * trial.c
 *		One row on trial, and why it is refused.
 */
#include "rule/trial.h"

/*
 * Note why, if somebody asks, and about which column, unless CLR_NO_SLOT. More
 * may be said in what is returned, unless that is NULL: there was a reason already.
 */
ClrVerdict *
clr_trial_note(const ClrTrial *trial, ClrCode code, int slot)
{
	const char *column = slot == CLR_NO_SLOT ? NULL : trial->binding->columns[slot].name;

	if (!clr_verdict_refuse(trial->verdict, code, column))
		return NULL;
	trial->verdict->project = trial->project;
	return trial->verdict;
}

/*
 * Refuse for an action that is not granted for another row that this one refers
 * to.
 */
bool
clr_trial_refuse_act(const ClrTrial *trial, ClrCode code, int slot, const ClrAction *action)
{
	ClrVerdict *verdict = clr_trial_note(trial, code, slot);

	if (verdict != NULL)
		verdict->action = action;
	return false;
}

/*
 * Refuse as there is no way into the project that the row names or, with the key
 * of one, into that.
 */
bool
clr_trial_refuse_way_in(const ClrTrial *trial, const char *key)
{
	ClrVerdict *verdict = NULL;

	if (trial->verdict != NULL)
		verdict = clr_trial_note(trial, CLR_NO_WAY_IN, trial->binding->project_slot);
	if (verdict != NULL)
	{
		verdict->binding = trial->binding;
		verdict->row = trial->row;
		verdict->project_key = key;
		verdict->project = NULL;
	}
	return false;
}
