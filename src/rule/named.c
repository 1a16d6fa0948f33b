/*
 * named.c
 *		Whether a key is that of somebody whom a relation is about.
 *
 * Few people are kept with the scope. Of more, those that rows name are looked
 * up, each once a query; when it has asked for as many as are few, it reads
 * them all, which is no more than twice the work.
 *
 * Lifetime: what was found is the judge's.
 */
#include "rule/named.h"

#include "scope/people.h"

/* A question about a key. */
typedef struct Question
{
	const ClrScope *scope;
	ClrPeople people;
} Question;

static bool ask_one(const ClrKey *key, void *arg);

bool
clr_named(ClrJudge *judge, ClrPeople people, const ClrKey *key)
{
	ClrFound *found = &judge->people[people][key->class];
	Question question = { judge->scope, people };

	if (clr_named_asks(judge, people, found))
		return clr_named_ask(judge, found, key, ask_one, &question);
	return clr_keytab_find(clr_named_keys(judge, people, key->class), key) != NULL;
}

static bool
ask_one(const ClrKey *key, void *arg)
{
	const Question *question = arg;

	return clr_people_has(question->scope, question->people, key);
}

/* All of them. */
ClrKeyTable *
clr_named_keys(ClrJudge *judge, ClrPeople people, ClrKeyClass class)
{
	ClrKeyTable *few = clr_people_few(judge->scope, people, class);
	ClrFound *found = &judge->people[people][class];

	if (few != NULL)
		return few;
	if (found->all == NULL)
		found->all = clr_people_all(judge->scope, people, class, judge->context);
	return found->all;
}

/* Whether to ask for a key that has to do with these people, rather than to read all such keys. */
bool
clr_named_asks(ClrJudge *judge, ClrPeople people, const ClrFound *found)
{
	return found->all == NULL && !clr_people_are_few(judge->scope, people) &&
		   (found->asked == NULL || clr_keytab_count(found->asked) < CLR_FEW_PEOPLE);
}

/* What is asked of a key is asked once. */
bool
clr_named_ask(ClrJudge *judge, ClrFound *found, const ClrKey *key,
			  bool (*ask)(const ClrKey *key, void *arg), void *arg)
{
	ClrKeyEntry *entry;
	bool is_new;
	bool answer;

	if (found->asked == NULL)
		found->asked = clr_keytab_new(judge->context, 64);
	entry = clr_keytab_find(found->asked, key);
	if (entry != NULL)
		return entry->value != NULL;
	answer = ask(key, arg);
	clr_keytab_add(found->asked, key, &is_new)->value = answer ? found : NULL;
	return answer;
}
