/*
 * people.c
 *		Whom rows must name for a relation to the actor to hold.
 *
 * The actor itself; everybody of its company, or whom it supervises, whatever
 * their status: history stays readable. These are read when a grant first asks
 * for them, under a snapshot that sees the scope's version.
 *
 * A company may be large, and each of its members' scopes would hold it. So of
 * more than CLR_FEW_PEOPLE only the number is kept; who judges rows looks them
 * up by key (rule/named.c).
 *
 * Lifetime: the scope's.
 */
#include "scope/people.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "store/catalog.h"
#include "store/rows.h"

static void read_few(ClrScope *scope, ClrPeople people);
static List *read_keys(const ClrScope *scope, ClrPeople people, int limit, bool *more);
static void begin(ClrRows *rows, const ClrScope *scope, ClrPeople people);
static char *key_of_colleague(const ClrScope *scope, const ClrRows *rows);
static char *key_of_report(const ClrRows *rows);
static ClrKeyTable *table_of(const List *texts, ClrKeyClass class, MemoryContext context);

/*
 * Whether the scope keeps their keys. The actor's own it always does.
 */
bool
clr_people_are_few(ClrScope *scope, ClrPeople people)
{
	if (people == CLR_ME)
		return true;
	if (!scope->people[people].is_read)
		read_few(scope, people);
	return !scope->people[people].too_many;
}

/* Their keys, or NULL if the scope does not keep them. */
ClrKeyTable *
clr_people_few(ClrScope *scope, ClrPeople people, ClrKeyClass class)
{
	ClrPeopleKeys *keys = &scope->people[people];

	if (keys->tables[class] == NULL && clr_people_are_few(scope, people))
		keys->tables[class] = table_of(people == CLR_ME ? scope->member_keys : keys->texts, class,
									   scope->kept.context);
	return keys->tables[class];
}

/* Their keys, however many, in a context of the caller's. */
ClrKeyTable *
clr_people_all(ClrScope *scope, ClrPeople people, ClrKeyClass class, MemoryContext context)
{
	bool more;
	List *texts = read_keys(scope, people, PG_INT32_MAX, &more);
	ClrKeyTable *table = table_of(texts, class, context);

	list_free_deep(texts);
	return table;
}

/* Whether a key is one of theirs: looked up. */
bool
clr_people_has(const ClrScope *scope, ClrPeople people, const ClrKey *key)
{
	static const char *const queries[] = {
		[CLR_COMPANY] = "SELECT FROM clearance.member WHERE key = $1 AND account_id = $2"
						" AND coalesce(partner_id, 0) = $3 AND coalesce(customer_id, 0) = $4",
		[CLR_REPORTS] = "SELECT FROM clearance.member m"
						" JOIN clearance.resource r ON r.member_id = m.id"
						" WHERE m.key = $1 AND m.account_id = $2 AND r.supervisor_id = $5",
	};
	static const Oid argtypes[] = { TEXTOID, INT8OID, INT8OID, INT8OID, INT8OID };
	Datum args[] = { CStringGetTextDatum(clr_key_text(key)), Int64GetDatum(scope->account),
					 Int64GetDatum(scope->partner), Int64GetDatum(scope->customer),
					 Int64GetDatum(scope->actor.member) };
	ClrCatalog state;
	bool has;

	clr_catalog_begin(&state);
	has = clr_catalog_query(queries[people], lengthof(argtypes), argtypes, args, NULL) > 0;
	clr_catalog_end(&state);
	return has;
}

/* What is read before an error is not kept. */
static void
read_few(ClrScope *scope, ClrPeople people)
{
	bool pushed = clr_catalog_push_snapshot();
	MemoryContext caller = MemoryContextSwitchTo(scope->kept.context);
	ClrPeopleKeys *keys = &scope->people[people];

	keys->texts = read_keys(scope, people, CLR_FEW_PEOPLE, &keys->too_many);
	if (keys->too_many)
	{
		list_free_deep(keys->texts);
		keys->texts = NIL;
	}
	keys->is_read = true;
	MemoryContextSwitchTo(caller);
	if (pushed)
		PopActiveSnapshot();
}

/* The keys of up to `limit` of them, and whether there are more; in the current context. */
static List *
read_keys(const ClrScope *scope, ClrPeople people, int limit, bool *more)
{
	List *texts = NIL;
	ClrRows rows;

	*more = false;
	if (scope->no_standing != NULL || (people == CLR_REPORTS && scope->actor.member == 0))
		return NIL;
	begin(&rows, scope, people);
	while (!*more && clr_rows_next(&rows))
	{
		char *key = people == CLR_REPORTS ? key_of_report(&rows) : key_of_colleague(scope, &rows);

		CHECK_FOR_INTERRUPTS();
		*more = key != NULL && list_length(texts) == limit;
		if (key != NULL && !*more)
			texts = lappend(texts, key);
	}
	clr_rows_end(&rows);
	return texts;
}

static void
begin(ClrRows *rows, const ClrScope *scope, ClrPeople people)
{
	if (people == CLR_REPORTS)
		clr_rows_begin(rows, CLR_RESOURCES_OF_SUPERVISOR, &scope->actor.member);
	else if (scope->audience == CLR_PARTNER)
		clr_rows_begin(rows, CLR_MEMBERS_OF_PARTNER, &scope->partner);
	else if (scope->audience == CLR_CUSTOMER)
		clr_rows_begin(rows, CLR_MEMBERS_OF_CUSTOMER, &scope->customer);
	else
		clr_rows_begin(rows, CLR_MEMBERS_OF_TEAM, &scope->account);
}

/* NULL if it has none. Without its index, the team's path leads to everybody of the account. */
static char *
key_of_colleague(const ClrScope *scope, const ClrRows *rows)
{
	if (clr_rows_int64(rows, MEMBER_PARTNER) != scope->partner ||
		clr_rows_int64(rows, MEMBER_CUSTOMER) != scope->customer)
		return NULL;
	return clr_rows_text(rows, MEMBER_KEY);
}

static char *
key_of_report(const ClrRows *rows)
{
	ClrRows member;
	char *key;

	if (!clr_rows_one(&member, CLR_MEMBER_BY_ID, clr_rows_int64(rows, RESOURCE_MEMBER)))
		return NULL;
	key = clr_rows_text(&member, MEMBER_KEY);
	clr_rows_end(&member);
	return key;
}

static ClrKeyTable *
table_of(const List *texts, ClrKeyClass class, MemoryContext context)
{
	ClrKeyTable *table = clr_keytab_new(context, list_length(texts));
	ListCell *lc;

	foreach(lc, texts)
	{
		ClrKey key;
		bool found;

		if (clr_key_from_text(lfirst(lc), class, &key))
			(void) clr_keytab_add(table, &key, &found);
	}
	return table;
}
