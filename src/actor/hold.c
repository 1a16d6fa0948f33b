/*
 * hold.c
 *		Whether who acts must stay as it is.
 *
 * While a query that touches a protected table runs, the settings that say who
 * acts do not change. The frame says when one runs; this room asks nobody.
 *
 * State: `held`, from clr_frame_enter() to clr_frame_leave().
 */
#include "actor/hold.h"

#include "utils/guc.h"

#include "store/counters.h"

static bool held = false;

void
clr_hold_actor(bool hold)
{
	held = hold;
}

bool
clr_hold_is_on(void)
{
	return held;
}

/*
 * For check hooks of settings that say who acts: may one change now? False with
 * the words of the error.
 */
bool
clr_hold_allows(const char *newval, const char *setting)
{
	if (!held || strcmp(newval, setting) == 0)
		return true;
	clr_count(CLR_ERROR_ACTOR_CHANGED);
	GUC_check_errcode(ERRCODE_OBJECT_IN_USE);
	GUC_check_errmsg("the actor cannot change while a query on a protected table runs");
	GUC_check_errhint("Set the actor in a statement of its own, before the query.");
	return false;
}
