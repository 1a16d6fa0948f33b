/*
 * grant.h
 *		Whether what is in force in a project gives an action for a row.
 */
#ifndef CLR_GRANT_H
#define CLR_GRANT_H

#include "compat.h"

#include "rule/trial.h"

extern bool clr_grant_given(ClrTrial *trial, ClrAction *action);
extern ClrGround clr_grant_ground(ClrTrial *trial, ClrAction *action, const ClrGrant **grant);
extern uint32 clr_grant_lacks(ClrTrial *trial, const ClrGrant *grant);
extern void clr_grant_conceal(ClrTrial *trial);

#endif /* CLR_GRANT_H */
