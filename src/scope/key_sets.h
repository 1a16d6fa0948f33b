/*
 * key_sets.h
 *		Keys of some projects of a scope, as rows have them.
 */
#ifndef CLR_KEY_SETS_H
#define CLR_KEY_SETS_H

#include "compat.h"

#include "nodes/bitmapset.h"

#include "scope/scope.h"

/* Some projects of a scope. */
typedef struct ClrSomeProjects
{
	bool account;	   /* the account level */
	bool none;		   /* what stands for a project where rows have none */
	Bitmapset *listed; /* those that the scope lists, by place */
	Bitmapset *kinds;  /* others, by the number of their kind */
} ClrSomeProjects;

extern const ClrKeySet *
clr_key_set(ClrScope *scope, ClrKeyClass class, const ClrSomeProjects *some);

#endif /* CLR_KEY_SETS_H */
