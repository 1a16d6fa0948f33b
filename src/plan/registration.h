/*
 * registration.h
 *		Whether every row of a table of projects is registered, and where.
 */
#ifndef CLR_REGISTRATION_H
#define CLR_REGISTRATION_H

#include "compat.h"

#include "plan/basis.h"
#include "rule/binding.h"
#include "scope/scope.h"

/* What a table of projects, clearance.project and clearance.binding say together. */
typedef struct ClrRegistration
{
	Oid table;
	AttrNumber column; /* of its keys */
	int64 asked;	   /* the account that rows name, if only these were asked about; or zero */
	ClrNoteTrigger triggers[CLR_NOTE_TRIGGERS];
	ClrVersion version; /* under which it was found, of projects and accounts */
	int64 account;		/* in which all these rows are registered; zero: in none, or several */
	uint32 projects;	/* that the account has */
	List *sound;		/* of int: bindings none of whose rows has outlived its project */
} ClrRegistration;

extern const ClrRegistration *
clr_registration_of(ClrBasis *basis, ClrBinding *projects, const ClrScope *scope, bool by_account,
					Snapshot snapshot);
extern const ClrVersion *clr_registration_version(Oid projects);

#endif /* CLR_REGISTRATION_H */
