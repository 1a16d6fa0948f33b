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
