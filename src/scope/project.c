/*
 * project.c
 *		What is true of projects for everybody.
 *
 * A session reads a project when an actor has a way into it, and keeps it for
 * all actors while projects stay as they are. One that has read many of them
 * reads the others of the account in one go: that takes less than a fifth of
 * the time for each.
 *
 * Lifetime: each scope uses the projects that it was read with; the session
 * keeps the last ones, as long as they take no more memory than they may. A
 * project is added complete.
 */
#include "scope/project.h"

#include "utils/memutils.h"

#include "store/rows.h"

/* Read all projects of an account after one of so many. */
#define SINGLE_PART 16

/* Memory of a project, about; for the decision to read them all. */
#define BYTES_OF_PROJECT 200

typedef struct ClrAccountProjects
{
	int64 account;
	bool complete; /* all of its projects were read */
	List *all;	   /* of ClrProjectFacts * */
	bool open_known;
	List *open; /* of ClrProjectFacts *: those with an open level */
} ClrAccountProjects;

static ClrProjects *last = NULL;

static ClrProjects *new_projects(const ClrVersion *version);
static ClrProjectFacts *known(ClrProjects *projects, int64 id);
static ClrProjectFacts *add(ClrProjects *projects, ClrRows *rows);
static void read_features_off(ClrProjects *projects, const int64 *id);
static ClrAccountProjects *account_of(ClrProjects *projects, int64 account);
static bool has_read_many(const ClrProjects *projects, Relation relation);

/* How much memory the session's projects may take. */
static Size limit = 0;

/*
 * The projects of the active snapshot, which sees `version`. Release them
 * (clr_kept_release) after use.
 */
ClrProjects *
clr_projects_acquire(const ClrVersion *version, Size max_bytes)
{
	ClrProjects *projects;

	limit = max_bytes;
	if (!clr_kept_is_of_use(CLR_CHANGED_PROJECTS))
		return new_projects(version);
	if (last != NULL && (!clr_kept_holds(&last->kept, version, CLR_CHANGED_PROJECTS) ||
						 (clr_kept_bytes(&last->kept) > limit && !clr_kept_is_still())))
	{
		clr_kept_release(&last->kept);
		last = NULL;
	}
	if (last == NULL)
		last = new_projects(version);
	projects = last;
	clr_kept_use(&projects->kept);
	return projects;
}

/* Memory of those that are kept. */
Size
clr_projects_bytes(void)
{
	return last == NULL ? 0 : clr_kept_bytes(&last->kept);
}

static ClrProjects *
new_projects(const ClrVersion *version)
{
	ClrProjects *projects = clr_kept_new("clearance projects", sizeof(ClrProjects), version);

	projects->by_id = clr_keytab_new(projects->kept.context, 64);
	clr_kept_settle(&projects->kept);
	return projects;
}

/*
 * A project by its id, or NULL.
 */
const ClrProjectFacts *
clr_projects_find(ClrProjects *projects, int64 id)
{
	ClrProjectFacts *facts = known(projects, id);
	bool read_all;
	ClrRows rows;

	if (facts != NULL || !clr_rows_one(&rows, CLR_PROJECT_BY_ID, id))
		return facts;
	facts = add(projects, &rows);
	projects->found_singly++;
	read_all = has_read_many(projects, rows.relation);
	clr_rows_end(&rows);
	read_features_off(projects, &id);
	facts->complete = true;
	if (read_all)
		(void) clr_projects_of_account(projects, facts->account);
	return facts;
}

static bool
has_read_many(const ClrProjects *projects, Relation relation)
{
	float4 all = relation->rd_rel->reltuples; /* -1: unknown */

	return all > 0 && projects->found_singly > all / SINGLE_PART && all * BYTES_OF_PROJECT < limit;
}

/*
 * All projects of an account: ClrProjectFacts.
 */
List *
clr_projects_of_account(ClrProjects *projects, int64 account)
{
	ClrAccountProjects *entry = account_of(projects, account);
	MemoryContext caller;
	List *all = NIL;
	ListCell *lc;
	ClrRows rows;

	if (entry->complete)
		return entry->all;
	clr_rows_begin(&rows, CLR_PROJECTS_OF_ACCOUNT, &account);
	while (clr_rows_next(&rows))
	{
		ClrProjectFacts *facts = known(projects, clr_rows_int64(&rows, PROJECT_ID));

		if (facts == NULL)
			facts = add(projects, &rows);
		all = lappend(all, facts);
	}
	clr_rows_end(&rows);
	read_features_off(projects, NULL);
	foreach(lc, all)
		((ClrProjectFacts *) lfirst(lc))->complete = true;
	caller = MemoryContextSwitchTo(projects->kept.context);
	entry->all = list_copy(all);
	entry->complete = true;
	MemoryContextSwitchTo(caller);
	list_free(all);
	return entry->all;
}

/*
 * The projects of an account that open with a level: ClrProjectFacts.
 */
List *
clr_projects_open_in(ClrProjects *projects, int64 account)
{
	ClrAccountProjects *entry = account_of(projects, account);
	MemoryContext caller;
	List *open = NIL;
	ClrRows rows;

	if (entry->open_known)
		return entry->open;
	clr_rows_begin(&rows, CLR_OPEN_PROJECTS_OF_ACCOUNT, &account);
	while (clr_rows_next(&rows))
	{
		const ClrProjectFacts *facts =
			clr_projects_find(projects, clr_rows_int64(&rows, PROJECT_ID));

		if (facts != NULL && facts->open_level != 0)
			open = lappend(open, (void *) facts);
	}
	clr_rows_end(&rows);
	caller = MemoryContextSwitchTo(projects->kept.context);
	entry->open = list_copy(open);
	entry->open_known = true;
	MemoryContextSwitchTo(caller);
	list_free(open);
	return entry->open;
}

static ClrAccountProjects *
account_of(ClrProjects *projects, int64 account)
{
	MemoryContext caller;
	ClrAccountProjects *entry;
	ListCell *lc;

	foreach(lc, projects->accounts)
	{
		entry = lfirst(lc);
		if (entry->account == account)
			return entry;
	}
	caller = MemoryContextSwitchTo(projects->kept.context);
	entry = palloc0(sizeof(ClrAccountProjects));
	entry->account = account;
	projects->accounts = lappend(projects->accounts, entry);
	MemoryContextSwitchTo(caller);
	return entry;
}

/* ---------- reading ---------- */

static ClrProjectFacts *
entry_of(ClrProjects *projects, int64 id)
{
	ClrKey key = { .class = CLR_KEY_INT, .integer = id };
	ClrKeyEntry *entry = clr_keytab_find(projects->by_id, &key);

	return entry == NULL ? NULL : entry->value;
}

/* An error may have left one without its features. */
static ClrProjectFacts *
known(ClrProjects *projects, int64 id)
{
	ClrProjectFacts *facts = entry_of(projects, id);

	return facts != NULL && facts->complete ? facts : NULL;
}

/* Its features that are switched off are still to be read. */
static ClrProjectFacts *
add(ClrProjects *projects, ClrRows *rows)
{
	MemoryContext caller = MemoryContextSwitchTo(projects->kept.context);
	ClrKey key = { .class = CLR_KEY_INT, .integer = clr_rows_int64(rows, PROJECT_ID) };
	ClrProjectFacts *facts = palloc0(sizeof(ClrProjectFacts));
	bool found;

	facts->id = key.integer;
	facts->account = clr_rows_int64(rows, PROJECT_ACCOUNT);
	facts->key = clr_rows_text(rows, PROJECT_KEY);
	facts->open_level = clr_rows_int32(rows, PROJECT_OPEN_LEVEL);
	facts->archived = clr_rows_bool(rows, PROJECT_ARCHIVED);
	facts->portal = clr_rows_bool(rows, PROJECT_PORTAL);
	facts->client_upload = clr_rows_bool(rows, PROJECT_CLIENT_UPLOAD);
	facts->by_phase = clr_rows_bool(rows, PROJECT_BY_PHASE);
	clr_keytab_add(projects->by_id, &key, &found)->value = facts;
	MemoryContextSwitchTo(caller);
	return facts;
}

/*
 * Features that are switched off, for the added project with this id or (NULL)
 * for all that were added.
 */
static void
read_features_off(ClrProjects *projects, const int64 *id)
{
	ClrRows rows;

	clr_rows_begin(&rows, CLR_FEATURES_OFF, id);
	while (clr_rows_next(&rows))
	{
		ClrProjectFacts *facts = entry_of(projects, clr_rows_int64(&rows, FEATURE_OFF_PROJECT));
		MemoryContext caller = MemoryContextSwitchTo(projects->kept.context);

		if (facts != NULL && !facts->complete)
			facts->features_off =
				lappend(facts->features_off, clr_rows_text(&rows, FEATURE_OFF_FEATURE));
		MemoryContextSwitchTo(caller);
	}
	clr_rows_end(&rows);
}
