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

typedef struct ClrProjectKind ClrProjectKind;

typedef struct ClrProjectFacts
{
	int64 id;
	int64 account;
	const char *key;
	List *open_levels; /* of int, in order, of any audience; NIL: it is not open */
	bool archived;
	bool read_only;
	bool portal;
	bool client_upload;
	bool by_phase;
	bool complete;		  /* else the next, and further open levels, are still to be read */
	List *features_off;	  /* of char * */
	ClrProjectKind *kind; /* once all of the account were read */
} ClrProjectFacts;

/* Projects of an account of which the same is true, but for what they are called, and portals. */
struct ClrProjectKind
{
	int number; /* from zero */
	int count;
	const ClrProjectFacts *first;
};

/* An account. */
typedef struct ClrAccountFacts
{
	int64 id;
	const char *key; /* of the application, or else the id */
	bool active;
	bool portal;
	int32 external_level; /* of partners without one; zero: none */
	bool is_only_one;	  /* rows that name no account can be of no other */
} ClrAccountFacts;

/* An account, and its projects that were read so far. */
typedef struct ClrProjects
{
	ClrKept kept;
	ClrAccountFacts account;
	Size bytes;		   /* as counted; zero: of one that the session does not keep */
	dlist_node node;   /* of those that it keeps */
	ClrIdTable *by_id; /* of ClrProjectFacts */
	List *last_open;   /* levels that the last one opens with, for the next */
	int found_singly;
	bool complete; /* all of its projects were read */
	List *all;	   /* of ClrProjectFacts * */
	List *kinds;   /* of ClrProjectKind *: of these */
	bool open_known;
	List *open;							  /* of ClrProjectFacts *: those with an open level */
	ClrKeyTable *by_key[CLR_KEY_CLASSES]; /* of ClrProjectFacts; NULL: there is none */
	bool all_by_key[CLR_KEY_CLASSES];	  /* else those that were looked up */
	int looked_up;
	int absent;					   /* of these */
	List *key_sets;				   /* of everybody, see key_sets.c */
	struct ClrCompany **companies; /* see company.c; NULL: none */
} ClrProjects;

extern ClrProjects *clr_projects_acquire(const ClrVersion *version, int64 account, Size max_bytes);
extern Size clr_projects_bytes(void);
extern void clr_projects_weigh(ClrProjects *projects);
extern bool clr_projects_are_large(const ClrProjects *projects);
extern void clr_projects_find_all(ClrProjects *projects, const int64 *ids, int count,
								  const ClrProjectFacts **found);
extern const ClrProjectFacts *clr_projects_find(ClrProjects *projects, int64 id);
extern const ClrProjectFacts *clr_projects_by_key(ClrProjects *projects, const ClrKey *key);
extern List *clr_projects_kinds(ClrProjects *projects);
extern List *clr_projects_all(ClrProjects *projects);
extern List *clr_projects_open(ClrProjects *projects);

#endif /* CLR_PROJECT_H */
