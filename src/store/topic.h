/*
 * topic.h
 *		What a change of permissions is about, more closely than its kind.
 */
#ifndef CLR_TOPIC_H
#define CLR_TOPIC_H

#include "compat.h"

#include "store/version.h"

/* Each is of one id, but for those of everything or of all. */
typedef enum ClrTopic
{
	CLR_ABOUT_NOTHING, /* but what the kind's own version tells */

	CLR_ABOUT_PEOPLE,	/* anything of the kind: whoever keeps something of it depends on this */
	CLR_ABOUT_MEMBER,	/* a member: itself, its roles, switches, memberships, whom it supervises */
	CLR_ABOUT_PARTNER,	/* a partner: itself, its projects, who is of it */
	CLR_ABOUT_CUSTOMER, /* a customer, in the same way */
	CLR_ABOUT_TEAM,		/* an account: who is of the vendor's team */
	CLR_ABOUT_ANYBODY,	/* an account: anybody's standing or memberships */
	CLR_ABOUT_KEYS,		/* an account: a member that was there has another key */
	CLR_ABOUT_ROLE,		/* a role's level */
	CLR_ABOUT_NAMES,	/* an account, or zero, all: by what members are found */
	CLR_ABOUT_LOGINS,	/* what login roles are mapped to */
	CLR_ABOUT_TOKEN_KEYS,

	CLR_ABOUT_ALL_PROJECTS,	 /* anything of the kind */
	CLR_ABOUT_ACCOUNT,		 /* an account's settings */
	CLR_ABOUT_NEW_ACCOUNTS,	 /* one came */
	CLR_ABOUT_GONE_ACCOUNTS, /* one went */
	CLR_ABOUT_PROJECTS,		 /* an account's projects */

	CLR_ABOUT_ALL_LEVELS, /* anything of the kind; levels that all accounts have */
	CLR_ABOUT_LEVELS,	  /* an account's own */
} ClrTopic;

/* A transaction that changed something of a topic. */
typedef struct ClrTopicNote
{
	ClrChange kind;
	int32 part;		   /* of the table, in which the topic is */
	uint64 changed_by; /* zero: nobody did */
} ClrTopicNote;

/* Notes of topics, one after the other, each in ascending order of transactions. */
typedef struct ClrTopicNotes
{
	int count;
	int capacity;
	ClrTopicNote *notes;
} ClrTopicNotes;

extern ClrTopic clr_topic_everything(ClrChange kind);
extern int32 clr_topic_part(ClrTopic topic, int64 id);
extern ClrChange clr_topic_kind(ClrTopic topic);
extern void clr_topic_add(ClrTopicNotes *notes, MemoryContext context, ClrTopicNote note);
extern void
clr_topic_read(ClrTopicNotes *notes, const ClrTopicNotes *of, const ClrVersion *version);

#endif /* CLR_TOPIC_H */
