/*
 * scope.h
 *		What an actor can reach: standing, projects, levels, grants.
 */
#ifndef CLR_SCOPE_H
#define CLR_SCOPE_H

#include "compat.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "scope/company.h"
#include "scope/project.h"
#include "scope/vocabulary.h"
#include "store/key.h"
#include "store/who.h"

/* What names the levels that are in force somewhere, the most specific first. */
typedef enum ClrPlace
{
	CLR_PLACE_NONE,
	CLR_PLACE_MEMBERSHIP,	 /* of the project, the member's own */
	CLR_PLACE_PARTICIPATION, /* of its partner in the project */
	CLR_PLACE_PARTNER,
	CLR_PLACE_CUSTOMER, /* any: all contacts have the level client */
	CLR_PLACE_ROLE,
	CLR_PLACE_ACCOUNT, /* its default for partners */
	CLR_PLACE_OPEN,	   /* the project, which is open to outsiders with a level */
} ClrPlace;

/* The levels in force at one place; nothing else tells two places apart. */
typedef struct ClrLevels
{
	int32 *ids;
	int count;
	bool admin;			/* account_admin is among them */
	ClrPlace place : 8; /* for those who ask why; the rule does not */
} ClrLevels;

/* Id of projects that the running statement creates. */
#define CLR_PROJECT_OF_STATEMENT (-1)

/* Id of what stands for a project where rows may have none: they are of the account. */
#define CLR_PROJECT_NONE (-2)

/* How an actor comes into a project: for those who ask, as the place of levels; the rule does not. */
typedef enum ClrWay
{
	CLR_WAY_REACH,	  /* vendor: its levels reach the account, if they reach it */
	CLR_WAY_OWNER,	  /* vendor: it owns the project */
	CLR_WAY_MEMBER,	  /* it is on the project itself */
	CLR_WAY_PARTNER,  /* its partner is on it: an admin's, and a partner's as a whole */
	CLR_WAY_CUSTOMER, /* its customer is */
	CLR_WAY_OPEN,	  /* the project is open to its audience */
} ClrWay;

/* A project that the actor may have a way into, or the account as a whole. */
typedef struct ClrProject
{
	int64 id; /* zero: the account level, no project; or one of the two above */
	const char *key;
	ClrLevels levels;
	const List *open_levels; /* of int, vendor: those that the project opens with */
	ClrWay way;
	bool is_member; /* vendor: member of the project */
	bool is_owner;	/* vendor: owner of the project */
	bool archived;
	bool read_only;
	bool client_upload;
	List *features_off; /* of char * */
} ClrProject;

/* Some projects, or roles, by their ids. */
typedef struct ClrProjectIds
{
	int count;
	int64 *ids;
} ClrProjectIds;

/* One feature.action with all that the actor's levels say about it. */
typedef struct ClrAction
{
	const char *feature;
	const char *name;
	const ClrDefinition *definition;
	bool reads;		  /* changes nothing */
	bool switched_on; /* for the member, beyond its levels */
	List *grants;	  /* of ClrGrant * */
	List *gates;	  /* of ClrAction * */
} ClrAction;

/* Keys of people that are few, see people.c. */
typedef struct ClrPeopleKeys
{
	bool is_read;
	bool too_many;
	List *texts;						  /* of char * */
	ClrKeyTable *tables[CLR_KEY_CLASSES]; /* built when first probed */
} ClrPeopleKeys;

typedef struct ClrScope
{
	ClrKept kept;
	ClrVocabulary *vocabulary;
	ClrProjects *facts;		/* that its projects point to */
	TimestampTz valid_from; /* memberships that begin or end: none within */
	TimestampTz valid_until;
	bool is_known;			 /* the actor exists */
	const char *no_standing; /* why the actor has none, or NULL */
	ClrAudience audience;
	ClrActor actor;
	int64 account;
	const char *account_key;
	bool is_only_account;
	int64 partner; /* its company, as the next; of the vendor's team neither is one */
	int64 customer;
	ClrProjectIds roles; /* the member's */
	List *member_keys;	 /* of char *: whom owner, assignee ... columns name */
	List *switched_on;	 /* of char *: features and actions in turn */
	List *level_ids;	 /* of int: every level in force anywhere */
	ClrProject *account_level;
	ClrProject *without_project; /* where rows have none, see CLR_PROJECT_NONE */
	List *projects;				 /* of ClrProject *, in the order of their ids */
	ClrProject *spare_projects;	 /* room for so many more */
	int spares;
	bool reaches_others;				  /* and all others of the account, see others.c */
	ClrKeyTable *others;				  /* of ClrProject: some of these, by id */
	int *other_counts;					  /* of these, by the number of their kind */
	ClrKeyTable *by_key[CLR_KEY_CLASSES]; /* what is listed, and found since, when probed often */
	int probes;
	List *key_sets; /* see key_sets.c */
	ClrPeopleKeys people[CLR_PEOPLE_KINDS];
	List *actions;			/* of ClrAction *, added when first asked for */
	ClrAction *guesses[64]; /* some of them, see scope.c */
	List *shapes;			/* of ClrShape *, one for a binding and verb, see shape.c */
	List *answers;			/* see everywhere.c */
} ClrScope;

extern ClrScope *
clr_scope_load(ClrActor actor, const ClrVersion *version, TimestampTz at, Size projects_limit);
extern ClrScope *clr_scope_load_within(ClrActor actor, const ClrVersion *version, TimestampTz at,
									   const ClrProjectIds *within);
extern void clr_scope_load_projects(ClrScope *scope, ClrCompany *company, TimestampTz at,
									const ClrProjectIds *within, bool partner_admin);
extern List *clr_scope_add_level(const ClrScope *scope, List *levels, int32 id);
extern ClrProject *clr_scope_add_project(ClrScope *scope, const ClrProjectFacts *facts,
										 const List *levels, ClrPlace place);
extern void clr_scope_order_projects(ClrScope *scope);
extern ClrProject *clr_scope_listed(const ClrScope *scope, int64 id);
extern void
clr_scope_set_levels(ClrScope *scope, ClrLevels *levels, const List *ids, ClrPlace place);
extern ClrScope *
clr_scope_suppose_standing(ClrActor actor, const ClrVersion *version, TimestampTz at);
extern ClrProject *clr_scope_suppose_level(ClrScope *scope, int64 id, int32 level);
extern void clr_scope_suppose_only(ClrScope *scope, ClrKeyTable *projects);
extern void clr_scope_suppose_switch(ClrScope *scope, const char *feature, const char *action);
extern char *clr_scope_digest(ClrScope *scope);
extern char *clr_scope_text(const ClrScope *scope);
extern char *clr_scope_project_text(const ClrProject *project);
extern const char *clr_way_name(ClrWay way);
extern const char *clr_place_name(ClrPlace place);
extern bool clr_scope_is_in_force(const ClrProject *project, int32 level);
extern bool
clr_scope_reaches(const ClrScope *scope, const ClrProject *project, const ClrGrant *grant);
extern bool clr_scope_reaches_account(const ClrScope *scope, const ClrGrant *grant);
extern ClrProject *clr_scope_project(ClrScope *scope, const ClrKey *key);
extern ClrAction *clr_scope_action(ClrScope *scope, const char *feature, const char *name);

#endif /* CLR_SCOPE_H */
