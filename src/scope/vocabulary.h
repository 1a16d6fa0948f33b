/*
 * vocabulary.h
 *		Levels, and what they say about each action.
 */
#ifndef CLR_VOCABULARY_H
#define CLR_VOCABULARY_H

#include "compat.h"

#include "nodes/pg_list.h"

#include "store/kept.h"

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
	CLR_REL_COMPANY,
	CLR_REL_REPORTS,
} ClrRelationKind;

#define CLR_RELATION_KINDS 8
#define CLR_REL_BIT(kind) (1u << (kind))

/* Of whom a row must name one for a relation to hold. */
typedef enum ClrPeople
{
	CLR_ME,		 /* the actor */
	CLR_COMPANY, /* whoever is of its company */
	CLR_REPORTS, /* whom it supervises */
} ClrPeople;

#define CLR_PEOPLE_KINDS 3

typedef enum ClrReach
{
	CLR_REACH_OWNED,
	CLR_REACH_MEMBER, /* member of, or owns */
	CLR_REACH_ACCOUNT,
} ClrReach;

/* Holds every action in its account; a fixed id, see src/sql/levels.sql. */
#define CLR_ACCOUNT_ADMIN_LEVEL 1

typedef struct ClrLevel
{
	int32 id;
	ClrAudience audience;
	int64 account;		  /* whose own it is; zero: for all accounts */
	bool is_client;		  /* of all customers' contacts */
	bool reaches_account; /* a grant of it reaches beyond the projects that one is on */
} ClrLevel;

typedef struct ClrGrant
{
	int32 level;
	bool shared_only;
	ClrRelationKind relation;
	ClrReach reach;	  /* vendor only */
	bool reach_given; /* else as far as project.view, and the account for what has no project */
	List *kinds;	  /* of char *; NIL: all kinds */
} ClrGrant;

/* An action that has to be permitted, too. */
typedef struct ClrGate
{
	const char *feature;
	const char *name;
	bool for_audience[CLR_CUSTOMER + 1];
} ClrGate;

/* Another action of the feature, from which this one follows where nothing is said of it. */
typedef struct ClrSource
{
	ClrAudience audience; /* for levels and members of this one */
	const char *name;
	bool own_only; /* on own rows */
	bool any_only; /* if the source has no relation */
	bool weak;	   /* unless something is said of the sources that are not weak */
} ClrSource;

/* What is said of one feature.action, by all levels. */
typedef struct ClrDefinition
{
	const char *feature;
	const char *name;
	uint32 hash; /* of both */
	bool reads;	 /* changes nothing */
	bool comes_with_edit;
	bool is_complete;	 /* with the grants that follow from others */
	List *given;		 /* of ClrGrant *: to levels */
	List *grants;		 /* the same, and those that follow from others */
	List *not_available; /* of int: levels that rule it out */
	List *says;			 /* of int: levels that give or deny it, or rule it out */
	List *says_sources;	 /* of int: levels that do so for a source that is not weak */
	List *sources;		 /* of ClrSource * */
	List *gates;		 /* of ClrGate * */
} ClrDefinition;

typedef struct ClrVocabulary
{
	ClrKept kept;
	int64 account; /* whose own levels are in it, too; zero: nobody's */
	int nlevels;
	ClrLevel *levels;	/* in the order of their ids */
	int32 client_level; /* of all customers' contacts */
	List *definitions;	/* of ClrDefinition *, read by features when first asked for */
	bool all_read;
} ClrVocabulary;

extern ClrVocabulary *clr_vocabulary_acquire(const ClrVersion *version, int64 account);
extern void clr_vocabulary_read_all(ClrVocabulary *vocabulary);
extern const ClrLevel *clr_vocabulary_level(const ClrVocabulary *vocabulary, int32 id);
extern const ClrDefinition *
clr_vocabulary_action(ClrVocabulary *vocabulary, const char *feature, const char *name);
extern List *
clr_vocabulary_levels_beyond(ClrVocabulary *vocabulary, const char *feature, const char *action);

/* words.c; of a name that is none, an error */
extern const char *clr_audience_name(ClrAudience audience);
extern ClrAudience clr_audience_of(const char *name);
extern bool clr_words_same(const List *a, const List *b);
extern ClrRelationKind clr_relation_kind(const char *name);
extern const char *clr_relation_name(ClrRelationKind kind);
extern const char *clr_reach_name(ClrReach reach);
extern ClrReach clr_reach_of(const char *name);
extern const char *clr_relation_giver(ClrRelationKind kind);
extern bool clr_relation_implies(ClrRelationKind held, ClrRelationKind asked);
extern bool clr_relation_follows(ClrRelationKind declared, ClrRelationKind asked);
extern ClrPeople clr_relation_people(ClrRelationKind kind);

#endif /* CLR_VOCABULARY_H */
