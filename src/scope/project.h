/*
 * project.h
 *		What is true of projects for everybody.
 */
#ifndef CLR_PROJECT_H
#define CLR_PROJECT_H

#include "compat.h"

#include "lib/ilist.h"
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

/* Projects of an account that were read so far. */
typedef struct ClrProjects
{
	ClrKept kept;
	int64 account;
	Size bytes;			/* as counted; zero: of one that the session does not keep */
	dlist_node node;	/* of those that it keeps */
	ClrKeyTable *by_id; /* of ClrProjectFacts */
	int found_singly;
	bool complete; /* all of its projects were read */
	List *all;	   /* of ClrProjectFacts * */
	bool open_known;
	List *open; /* of ClrProjectFacts *: those with an open level */
} ClrProjects;

extern ClrProjects *clr_projects_acquire(const ClrVersion *version, int64 account, Size max_bytes);
extern Size clr_projects_bytes(void);
extern const ClrProjectFacts *clr_projects_find(ClrProjects *projects, int64 id);
extern List *clr_projects_all(ClrProjects *projects);
extern List *clr_projects_open(ClrProjects *projects);

#endif /* CLR_PROJECT_H */
