/*
 * scope.h
 *		What an actor can reach: standing, projects, levels, grants.
 */
#ifndef CLR_SCOPE_H
#define CLR_SCOPE_H

#include "compat.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "actor.h"
#include "key.h"

typedef enum ClrAudience
{
	CLR_VENDOR,
	CLR_PARTNER,
	CLR_CUSTOMER,
} ClrAudience;

typedef enum ClrRelationKind
{
	CLR_REL_ANY,
	CLR_REL_ASSIGNED,
	CLR_REL_FOLLOWED,
	CLR_REL_INVITED,
	CLR_REL_OWN,
	CLR_REL_ASSIGNED_TASK,
} ClrRelationKind;

#define CLR_RELATION_KINDS 6
#define CLR_REL_BIT(kind) (1u << (kind))

typedef enum ClrReach
{
	CLR_REACH_OWNED,
	CLR_REACH_MEMBER, /* member of, or owns */
	CLR_REACH_ACCOUNT,
} ClrReach;

/* The levels in force at one place; nothing else tells two places apart. */
typedef struct ClrLevels
{
	int count;
	int32 *ids;
	bool admin; /* account_admin is among them */
} ClrLevels;

/* Id of projects that the running statement creates. */
#define CLR_PROJECT_OF_STATEMENT (-1)

/* A project that the actor may have a way into, or the account as a whole. */
typedef struct ClrProject
{
	int64 id; /* zero: the account level, no project */
	ClrLevels levels;
	int32 open_level; /* vendor: level that the project opens with, or zero */
	bool is_member;	  /* vendor: member of the project */
	bool is_owner;	  /* vendor: owner of the project */
	bool archived;
	bool client_upload;
	List *features_off; /* of char * */
} ClrProject;

typedef struct ClrGrant
{
	int32 level;
	bool shared_only;
	ClrRelationKind relation;
	ClrReach reach;	  /* vendor only */
	bool reach_given; /* else as far as project.view, and the account for what has no project */
	List *kinds;	  /* of char *; NIL: all kinds */
} ClrGrant;

/* One feature.action with all that the actor's levels say about it. */
typedef struct ClrAction
{
	const char *feature;
	const char *name;
	bool reads;			 /* changes nothing */
	bool switched_on;	 /* for the member, beyond its levels */
	List *grants;		 /* of ClrGrant * */
	List *not_available; /* of int: levels that rule it out */
	List *gates;		 /* of ClrAction * */
} ClrAction;

typedef struct ClrScope
{
	MemoryContext context;
	int users;				/* see scope_cache.c */
	TimestampTz valid_from; /* memberships that begin or end: none within */
	TimestampTz valid_until;
	const char *no_standing; /* why the actor has none, or NULL */
	ClrAudience audience;
	ClrActor actor;
	int64 account;
	const char *account_key;
	List *member_keys; /* of char *: whom owner, assignee ... columns name */
	List *level_ids;   /* of int: every level in force anywhere */
	ClrProject *account_level;
	List *project_keys;					  /* of char *, one for each project */
	List *projects;						  /* of ClrProject * */
	ClrKeyTable *by_key[CLR_KEY_CLASSES]; /* projects, built when first probed */
	ClrKeyTable *me[CLR_KEY_CLASSES];	  /* member_keys, built when first probed */
	List *actions;						  /* of ClrAction *, loaded when first asked for */
	List *shapes;						  /* of ClrShape *, see shape.c */
} ClrScope;

extern ClrScope *clr_scope_load(MemoryContext context, ClrActor actor, TimestampTz at);
extern bool
clr_scope_reaches(const ClrScope *scope, const ClrProject *project, const ClrGrant *grant);
extern ClrProject *clr_scope_project(ClrScope *scope, const ClrKey *key);
extern bool clr_scope_is_me(ClrScope *scope, const ClrKey *key);
extern ClrKeyTable *clr_scope_me(ClrScope *scope, ClrKeyClass class);
extern Datum clr_scope_me_array(ClrScope *scope, Oid type);
extern Datum clr_scope_projects_array(ClrScope *scope, Oid type);
extern ClrAction *clr_scope_action(ClrScope *scope, const char *feature, const char *name);
extern ClrRelationKind clr_relation_kind(const char *name);
extern const char *clr_relation_giver(ClrRelationKind kind);
extern bool clr_relation_implies(ClrRelationKind held, ClrRelationKind asked);

#endif /* CLR_SCOPE_H */
