/*
 * project.h
 *		What is true of projects for everybody.
 */
#ifndef CLR_PROJECT_H
#define CLR_PROJECT_H

#include "compat.h"

#include "nodes/pg_list.h"

#include "store/kept.h"
#include "store/key.h"

typedef struct ClrProjectFacts
{
	int64 id;
	int64 account;
	const char *key;
	int32 open_level; /* zero: it is not open */
	bool archived;
	bool portal;
	bool client_upload;
	bool by_phase;
	List *features_off; /* of char * */
	bool complete;		/* else they are still to be read */
} ClrProjectFacts;

/* Projects that were read so far. */
typedef struct ClrProjects
{
	ClrKept kept;
	ClrKeyTable *by_id; /* of ClrProjectFacts */
	int found_singly;
	List *accounts; /* of ClrAccountProjects */
} ClrProjects;

extern ClrProjects *clr_projects_acquire(const ClrVersion *version, Size max_bytes);
extern Size clr_projects_bytes(void);
extern const ClrProjectFacts *clr_projects_find(ClrProjects *projects, int64 id);
extern List *clr_projects_of_account(ClrProjects *projects, int64 account);
extern List *clr_projects_open_in(ClrProjects *projects, int64 account);

#endif /* CLR_PROJECT_H */
