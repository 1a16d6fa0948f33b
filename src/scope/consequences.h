/*
 * consequences.h
 *		Which rights follow from which.
 */
#ifndef CLR_CONSEQUENCES_H
#define CLR_CONSEQUENCES_H

#include "scope/vocabulary.h"

/* An action of a feature, and another one from which it follows where nothing is said of it. */
typedef struct ClrConsequence
{
	ClrAudience audience; /* for levels and members of this one */
	const char *source;
	const char *action;
	bool own_only; /* on own rows */
	bool any_only; /* if the source has no relation */
	bool weak;	   /* unless something is said of the sources that are not weak */
} ClrConsequence;

extern bool clr_is_never_held(ClrAudience audience, const char *action);
extern List *clr_consequences_of(const char *name, bool comes_with_edit);

#endif /* CLR_CONSEQUENCES_H */
