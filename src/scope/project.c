/*
 * project.c
 *		What is true of an account and its projects for everybody.
 *
 * A session reads a project when an actor has a way into it, and keeps it for
 * all actors of its account while projects of that stay as they are. One that has
 * read many of them reads the others of the account in one go: that takes less than
 * a fifth of the time for each. So it does where the keys of all of them are needed;
 * whoever asks for one by its key has that one read. Projects of other accounts it
 * does not find: nobody has a way into one of those. That a key is none of this
 * account's is as true of the account as what its projects are, and kept as long.
 *
 * They are made of the account's row (CLR_ABOUT_ACCOUNT), of whether there are others
 * (CLR_ABOUT_NEW_ACCOUNTS, if it is the only one; CLR_ABOUT_GONE_ACCOUNTS, if it is not),
 * of its rows in clearance.project, and of what is off in these, or opens them further
 * (CLR_ABOUT_PROJECTS).
 *
 * Lifetime: each scope uses the projects that it was read with; the session
 * keeps those of the accounts that it used last, as long as they take no more memory
 * than they may. A project is added complete.
 */
#include "scope/project.h"

#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "scope/vocabulary.h"
#include "store/rows.h"

/* Read all projects of an account after one of so many. */
#define SINGLE_PART 16

/* Memory of a project, about; for the decision to read them all. */
#define BYTES_OF_PROJECT 200

/* Keys of no project are remembered up to this number and length. */
#define MAX_ABSENT 1000
#define MAX_ABSENT_LENGTH 64

/* More kinds than these are not searched for one that there is. */
#define MAX_KINDS 64

typedef struct KeptProjects
{
	int64 account; /* hash key */
	ClrProjects *projects;
} KeptProjects;

static HTAB *kept = NULL;
static dlist_head by_use = DLIST_STATIC_INIT(by_use); /* the last used first */
static Size total_bytes = 0;

static ClrProjects *find_kept(int64 account);
static ClrProjects *new_projects(const ClrVersion *version, int64 account);
static void read_account(ClrProjects *projects, int64 id);
static void keep(ClrProjects *projects);
static void forget(ClrProjects *projects);
static ClrProjectFacts *known(ClrProjects *projects, int64 id);
static ClrProjectFacts *add(ClrProjects *projects, ClrRows *rows);
static void read_these(ClrProjects *projects, List *ids);
static void complete(ClrProjects *projects, List *added);
static void read_parts(ClrProjects *projects, ClrPath path, const List *of);
static void take_parts(ClrProjects *projects, ClrRows *rows);
static void finish(ClrProjects *projects, ClrProjectFacts *facts);
static bool is_of_account(const ClrProjects *projects, const ClrRows *rows);
static ClrProjectFacts *read_one(ClrProjects *projects, ClrRows *rows);
static bool has_read_many(int singly, Relation relation);
static ClrProjectFacts *look_up(ClrProjects *projects, const ClrKey *key, bool *many);
static void remember(ClrProjects *projects, const ClrKey *key, ClrProjectFacts *facts);
static void find_all_by_key(ClrProjects *projects, ClrKeyClass class);
static void tell_kinds(ClrProjects *projects);
static ClrProjectKind *kind_of(ClrProjects *projects, const ClrProjectFacts *facts);
static bool is_of_kind(const ClrProjectKind *kind, const ClrProjectFacts *facts);

/* How much memory the session's projects may take. */
static Size limit = 0;

/*
 * The projects of an account for the active snapshot, which sees `version`. Release
 * them (clr_kept_release) after use. max_bytes: what the session may keep of all
 * accounts; zero: it keeps what it has.
 */
ClrProjects *
clr_projects_acquire(const ClrVersion *version, int64 account, Size max_bytes)
{
	bool may_keep = clr_kept_is_of_use(CLR_CHANGED_PROJECTS);
	ClrProjects *projects = may_keep ? find_kept(account) : NULL;
	bool holds = projects != NULL && clr_kept_holds(&projects->kept, version);

	if (!may_keep || (max_bytes == 0 && !holds))
		return new_projects(version, account);
	if (max_bytes > 0)
		limit = max_bytes;
	if (projects != NULL &&
		(!holds || (max_bytes > 0 && projects->bytes > limit && !clr_kept_is_still())))
	{
		forget(projects);
		projects = NULL;
	}
	if (projects == NULL)
	{
		projects = new_projects(version, account);
		keep(projects);
	}
	dlist_move_head(&by_use, &projects->node);
	clr_kept_use(&projects->kept);
	while (total_bytes > limit && !clr_kept_is_still() &&
		   dlist_tail_node(&by_use) != &projects->node)
		forget(dlist_tail_element(ClrProjects, node, &by_use));
	return projects;
}

/* Memory of those that are kept. */
Size
clr_projects_bytes(void)
{
	return total_bytes;
}

static ClrProjects *
find_kept(int64 account)
{
	HASHCTL ctl = { .keysize = sizeof(int64), .entrysize = sizeof(KeptProjects) };
	KeptProjects *entry;

	if (kept == NULL)
		kept = hash_create("clearance projects by account", 16, &ctl, HASH_ELEM | HASH_BLOBS);
	entry = hash_search(kept, &account, HASH_FIND, NULL);
	return entry == NULL ? NULL : entry->projects;
}

static ClrProjects *
new_projects(const ClrVersion *version, int64 account)
{
	ClrProjects *projects = clr_kept_new("clearance projects", sizeof(ClrProjects), version);

	read_account(projects, account);
	projects->by_id = clr_idtab_new(projects->kept.context, 64);
	clr_stamp_add(&projects->kept.stamp, CLR_ABOUT_ACCOUNT, account);
	clr_stamp_add(&projects->kept.stamp,
				  projects->account.is_only_one ? CLR_ABOUT_NEW_ACCOUNTS : CLR_ABOUT_GONE_ACCOUNTS,
				  0);
	clr_stamp_add(&projects->kept.stamp, CLR_ABOUT_PROJECTS, account);
	clr_stamp_read(&projects->kept.stamp);
	clr_kept_settle(&projects->kept);
	return projects;
}

static void
read_account(ClrProjects *projects, int64 id)
{
	ClrAccountFacts *account = &projects->account;
	MemoryContext caller = MemoryContextSwitchTo(projects->kept.context);
	int accounts = 0;
	ClrRows rows;

	if (!clr_rows_one(&rows, CLR_ACCOUNT_BY_ID, id))
		elog(ERROR, "account " INT64_FORMAT " does not exist", id);
	account->id = id;
	account->key = clr_rows_text(&rows, ACCOUNT_KEY);
	if (account->key == NULL)
		account->key = psprintf(INT64_FORMAT, id);
	account->active = clr_rows_bool(&rows, ACCOUNT_ACTIVE);
	account->portal = clr_rows_bool(&rows, ACCOUNT_PORTAL);
	account->external_level = clr_rows_int32(&rows, ACCOUNT_EXTERNAL_LEVEL);
	clr_rows_end(&rows);
	clr_rows_begin(&rows, CLR_ACCOUNT_BY_ID, NULL);
	while (accounts < 2 && clr_rows_next(&rows))
		accounts++;
	clr_rows_end(&rows);
	account->is_only_one = accounts == 1;
	MemoryContextSwitchTo(caller);
}

/* The session is one of its users. */
static void
keep(ClrProjects *projects)
{
	KeptProjects *entry = hash_search(kept, &projects->account.id, HASH_ENTER, NULL);

	entry->projects = projects;
	dlist_push_head(&by_use, &projects->node);
	projects->bytes = clr_kept_bytes(&projects->kept);
	total_bytes += projects->bytes;
}

static void
forget(ClrProjects *projects)
{
	total_bytes -= projects->bytes;
	projects->bytes = 0;
	dlist_delete(&projects->node);
	(void) hash_search(kept, &projects->account.id, HASH_REMOVE, NULL);
	clr_kept_retire(&projects->kept);
}

/* It has grown. */
void
clr_projects_weigh(ClrProjects *projects)
{
	Size bytes = clr_kept_bytes(&projects->kept);

	if (projects->bytes == 0)
		return;
	total_bytes += bytes - projects->bytes;
	projects->bytes = bytes;
}

/* Whether they take more than half of the memory that those of all accounts may take. */
bool
clr_projects_are_large(const ClrProjects *projects)
{
	return projects->bytes > limit / 2;
}

/*
 * A project of the account by its id, or NULL.
 */
const ClrProjectFacts *
clr_projects_find(ClrProjects *projects, int64 id)
{
	ClrProjectFacts *facts = known(projects, id);
	ClrRows rows;

	if (facts != NULL || !clr_rows_one(&rows, CLR_PROJECT_BY_ID, id))
		return facts;
	if (is_of_account(projects, &rows))
		return read_one(projects, &rows);
	clr_rows_end(&rows);
	return NULL;
}

/*
 * Projects of the account by their ids, none of them twice, or NULL: what clr_projects_find()
 * says of each. Those that are not known are read together, or all of the account, if these
 * are many.
 */
void
clr_projects_find_all(ClrProjects *projects, const int64 *ids, int count,
					  const ClrProjectFacts **found)
{
	List *unknown = NIL; /* of const int64 *, then of ClrProjectFacts */

	for (int i = 0; i < count; i++)
	{
		found[i] = known(projects, ids[i]);
		if (found[i] == NULL)
			unknown = lappend(unknown, (void *) &ids[i]);
	}
	if (unknown == NIL)
		return;
	read_these(projects, unknown);
	for (int i = 0; i < count; i++)
		if (found[i] == NULL)
			found[i] = known(projects, ids[i]);
	list_free(unknown);
}

static void
read_these(ClrProjects *projects, List *ids)
{
	ListCell *lc;
	bool many;
	ClrRows rows;

	clr_rows_begin(&rows, CLR_PROJECT_BY_ID, linitial(ids));
	many = has_read_many(projects->found_singly + list_length(ids), rows.relation);
	foreach(lc, many ? NIL : ids)
	{
		if (foreach_current_index(lc) > 0)
			clr_rows_again(&rows, *(int64 *) lfirst(lc));
		lfirst(lc) =
			clr_rows_next(&rows) && is_of_account(projects, &rows) ? add(projects, &rows) : NULL;
	}
	clr_rows_end(&rows);
	if (many)
		(void) clr_projects_all(projects);
	else
		complete(projects, ids);
}

/* Projects that were added, and NULL, get the rest of what is read of them. */
static void
complete(ClrProjects *projects, List *added)
{
	ListCell *lc;

	read_parts(projects, CLR_FEATURES_OFF, added);
	read_parts(projects, CLR_FURTHER_OPEN_LEVELS, added);
	foreach(lc, added)
	{
		if (lfirst(lc) == NULL)
			continue;
		finish(projects, lfirst(lc));
		projects->found_singly++;
	}
	clr_projects_weigh(projects);
}

/* Further levels are those of projects that open with one. */
static void
read_parts(ClrProjects *projects, ClrPath path, const List *of)
{
	ListCell *lc;
	ClrRows rows = { 0 };

	foreach(lc, of)
	{
		const ClrProjectFacts *facts = lfirst(lc);

		if (facts == NULL || (path == CLR_FURTHER_OPEN_LEVELS && facts->open_levels == NIL))
			continue;
		if (rows.relation == NULL)
			clr_rows_begin(&rows, path, &facts->id);
		else
			clr_rows_again(&rows, facts->id);
		take_parts(projects, &rows);
	}
	if (rows.relation != NULL)
		clr_rows_end(&rows);
}

static bool
is_of_account(const ClrProjects *projects, const ClrRows *rows)
{
	return clr_rows_int64(rows, PROJECT_ACCOUNT) == projects->account.id;
}

/* The project that was found; ends the search. */
static ClrProjectFacts *
read_one(ClrProjects *projects, ClrRows *rows)
{
	ClrProjectFacts *facts = add(projects, rows);
	bool read_all = has_read_many(projects->found_singly + 1, rows->relation);
	List *added = list_make1(facts);

	clr_rows_end(rows);
	complete(projects, added);
	list_free(added);
	if (read_all)
		(void) clr_projects_all(projects);
	return facts;
}

static bool
has_read_many(int singly, Relation relation)
{
	float4 all = relation->rd_rel->reltuples; /* -1: unknown */

	return all > 0 && singly > all / SINGLE_PART && all * BYTES_OF_PROJECT < limit;
}

/*
 * A project of the account by the key that rows have of it, or NULL.
 */
const ClrProjectFacts *
clr_projects_by_key(ClrProjects *projects, const ClrKey *key)
{
	ClrKeyTable *table = projects->by_key[key->class];
	ClrKeyEntry *found = table == NULL ? NULL : clr_keytab_find(table, key);
	ClrProjectFacts *facts;
	bool many;

	if (found != NULL)
		return found->value;
	if (projects->all_by_key[key->class])
		return NULL;
	facts = look_up(projects, key, &many);
	if (many)
		find_all_by_key(projects, key->class);
	else
		remember(projects, key, facts);
	return facts;
}

/* Keys are unique in all accounts. `many`: all of them are found in less time. */
static ClrProjectFacts *
look_up(ClrProjects *projects, const ClrKey *key, bool *many)
{
	ClrProjectFacts *facts = NULL;
	bool exists;
	ClrRows rows;

	clr_rows_begin_text(&rows, CLR_PROJECT_BY_KEY, clr_key_text(key));
	projects->looked_up++;
	*many = projects->complete ? projects->looked_up > list_length(projects->all) / SINGLE_PART :
								 has_read_many(projects->looked_up, rows.relation);
	exists = clr_rows_next(&rows) && is_of_account(projects, &rows);
	if (exists)
		facts = known(projects, clr_rows_int64(&rows, PROJECT_ID));
	if (exists && facts == NULL)
		return read_one(projects, &rows);
	clr_rows_end(&rows);
	return facts;
}

static void
remember(ClrProjects *projects, const ClrKey *key, ClrProjectFacts *facts)
{
	bool found;

	if (facts == NULL && (projects->absent == MAX_ABSENT || key->len > MAX_ABSENT_LENGTH))
		return;
	if (projects->by_key[key->class] == NULL)
		projects->by_key[key->class] = clr_keytab_new(projects->kept.context, 8);
	clr_keytab_add(projects->by_key[key->class], key, &found)->value = facts;
	projects->absent += facts == NULL;
	clr_projects_weigh(projects);
}

/* Of those that have a key of the class. */
static void
find_all_by_key(ClrProjects *projects, ClrKeyClass class)
{
	List *all = clr_projects_all(projects);
	ClrKeyTable *table = clr_keytab_new(projects->kept.context, list_length(all));
	ListCell *lc;

	foreach(lc, all)
	{
		ClrProjectFacts *facts = lfirst(lc);
		ClrKey key;
		bool found;

		if (clr_key_from_text(facts->key, class, &key))
			clr_keytab_add(table, &key, &found)->value = facts;
	}
	projects->by_key[class] = table;
	projects->all_by_key[class] = true;
	clr_projects_weigh(projects);
}

/*
 * All projects of the account: ClrProjectFacts.
 */
List *
clr_projects_all(ClrProjects *projects)
{
	MemoryContext caller;
	List *all = NIL;
	bool some_open = false;
	ListCell *lc;
	ClrRows rows;

	if (projects->complete)
		return projects->all;
	clr_rows_begin(&rows, CLR_PROJECTS_OF_ACCOUNT, &projects->account.id);
	while (clr_rows_next(&rows))
	{
		ClrProjectFacts *facts = known(projects, clr_rows_int64(&rows, PROJECT_ID));

		if (facts == NULL)
			facts = add(projects, &rows);
		some_open |= facts->open_levels != NIL;
		all = lappend(all, facts);
	}
	clr_rows_end(&rows);
	clr_rows_begin(&rows, CLR_FEATURES_OFF, NULL);
	take_parts(projects, &rows);
	clr_rows_end(&rows);
	if (some_open)
	{
		clr_rows_begin(&rows, CLR_FURTHER_OPEN_LEVELS, NULL);
		take_parts(projects, &rows);
		clr_rows_end(&rows);
	}
	foreach(lc, all)
		finish(projects, lfirst(lc));
	caller = MemoryContextSwitchTo(projects->kept.context);
	projects->all = list_copy(all);
	tell_kinds(projects);
	projects->complete = true;
	MemoryContextSwitchTo(caller);
	list_free(all);
	clr_projects_weigh(projects);
	return projects->all;
}

/*
 * The kinds of projects that the account has: ClrProjectKind, by number.
 */
List *
clr_projects_kinds(ClrProjects *projects)
{
	(void) clr_projects_all(projects);
	return projects->kinds;
}

static void
tell_kinds(ClrProjects *projects)
{
	ClrProjectKind *kind = NULL;
	ListCell *lc;

	projects->kinds = NIL; /* an error may have left some */
	foreach(lc, projects->all)
	{
		ClrProjectFacts *facts = lfirst(lc);

		/* neighbours are mostly of the same */
		if (kind == NULL || !is_of_kind(kind, facts))
			kind = kind_of(projects, facts);
		kind->count++;
		facts->kind = kind;
	}
}

/* One that there is, or a new one. */
static ClrProjectKind *
kind_of(ClrProjects *projects, const ClrProjectFacts *facts)
{
	ClrProjectKind *kind;
	ListCell *lc;

	foreach(lc, projects->kinds)
		if (foreach_current_index(lc) < MAX_KINDS && is_of_kind(lfirst(lc), facts))
			return lfirst(lc);
	kind = palloc0(sizeof(ClrProjectKind));
	kind->number = list_length(projects->kinds);
	kind->first = facts;
	projects->kinds = lappend(projects->kinds, kind);
	return kind;
}

static bool
is_of_kind(const ClrProjectKind *kind, const ClrProjectFacts *facts)
{
	return equal(kind->first->open_levels, facts->open_levels) &&
		   kind->first->archived == facts->archived && kind->first->read_only == facts->read_only &&
		   kind->first->client_upload == facts->client_upload &&
		   clr_words_same(kind->first->features_off, facts->features_off);
}

/*
 * The projects of the account that open with levels: ClrProjectFacts.
 */
List *
clr_projects_open(ClrProjects *projects)
{
	MemoryContext caller;
	List *open = NIL;
	ClrRows rows;

	if (projects->open_known)
		return projects->open;
	clr_rows_begin(&rows, CLR_OPEN_PROJECTS_OF_ACCOUNT, &projects->account.id);
	while (clr_rows_next(&rows))
	{
		const ClrProjectFacts *facts =
			clr_rows_int32(&rows, OPEN_PROJECT_LEVEL) == 0 ?
				NULL : /* without its index, the path leads to all of the account */
				clr_projects_find(projects, clr_rows_int64(&rows, PROJECT_ID));

		if (facts != NULL && facts->open_levels != NIL)
			open = lappend(open, (void *) facts);
	}
	clr_rows_end(&rows);
	caller = MemoryContextSwitchTo(projects->kept.context);
	projects->open = list_copy(open);
	projects->open_known = true;
	MemoryContextSwitchTo(caller);
	list_free(open);
	clr_projects_weigh(projects);
	return projects->open;
}

/* ---------- reading ---------- */

/* An error may have left one without the rest. */
static ClrProjectFacts *
known(ClrProjects *projects, int64 id)
{
	ClrProjectFacts *facts = clr_idtab_find(projects->by_id, id);

	return facts != NULL && facts->complete ? facts : NULL;
}

/* The rest of it is still to be read. */
static ClrProjectFacts *
add(ClrProjects *projects, ClrRows *rows)
{
	MemoryContext caller = MemoryContextSwitchTo(projects->kept.context);
	ClrProjectFacts *facts = palloc0(sizeof(ClrProjectFacts));
	int32 open_level = clr_rows_int32(rows, PROJECT_OPEN_LEVEL);

	facts->id = clr_rows_int64(rows, PROJECT_ID);
	facts->account = clr_rows_int64(rows, PROJECT_ACCOUNT);
	facts->key = clr_rows_text(rows, PROJECT_KEY);
	facts->open_levels = open_level == 0 ? NIL : list_make1_int(open_level);
	facts->archived = clr_rows_bool(rows, PROJECT_ARCHIVED);
	facts->read_only = clr_rows_bool(rows, PROJECT_READ_ONLY);
	facts->portal = clr_rows_bool(rows, PROJECT_PORTAL);
	facts->client_upload = clr_rows_bool(rows, PROJECT_CLIENT_UPLOAD);
	facts->by_phase = clr_rows_bool(rows, PROJECT_BY_PHASE);
	clr_idtab_put(projects->by_id, facts->id, facts);
	MemoryContextSwitchTo(caller);
	return facts;
}

/*
 * Features that are switched off, or further levels, for projects that were added. What is
 * not open with a level is not open with further ones.
 */
static void
take_parts(ClrProjects *projects, ClrRows *rows)
{
	bool are_levels = rows->path == CLR_FURTHER_OPEN_LEVELS;

	while (clr_rows_next(rows))
	{
		int64 id = clr_rows_int64(rows, are_levels ? FURTHER_LEVEL_PROJECT : FEATURE_OFF_PROJECT);
		ClrProjectFacts *facts = clr_idtab_find(projects->by_id, id);
		MemoryContext caller = MemoryContextSwitchTo(projects->kept.context);

		if (facts == NULL || facts->complete)
			;
		else if (!are_levels)
			facts->features_off =
				lappend(facts->features_off, clr_rows_text(rows, FEATURE_OFF_FEATURE));
		else if (facts->open_levels != NIL)
			facts->open_levels =
				list_append_unique_int(facts->open_levels, clr_rows_int32(rows, FURTHER_LEVEL));
		MemoryContextSwitchTo(caller);
	}
}

/* All of it was read. Neighbours mostly open with the same levels, and have them once. */
static void
finish(ClrProjects *projects, ClrProjectFacts *facts)
{
	if (facts->complete)
		return;
	list_sort(facts->open_levels, list_int_cmp);
	if (facts->open_levels != NIL && equal(facts->open_levels, projects->last_open))
	{
		list_free(facts->open_levels);
		facts->open_levels = projects->last_open;
	}
	else if (facts->open_levels != NIL)
		projects->last_open = facts->open_levels;
	facts->complete = true;
}
