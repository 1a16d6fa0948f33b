/*
 * scope.c
 *		What an actor can reach: standing, projects, levels, grants.
 *
 * The first three steps of the rule. SQL (src/sql/scope.sql) finds the
 * projects and the levels in force in each; the grants of an action are read
 * when the action is first asked for. Everything is read under the snapshot of
 * the executing query.
 *
 * Lifetime: a scope lives in the context it is given. What it says does not
 * change; lists and tables in it grow by first use, and an error while they do
 * leaves them as they were, since the scope may be used again. No actor, or an
 * actor that does not exist, gives a scope without standing.
 */
#include "scope.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/memutils.h"

#include "catalog.h"

#define ACCOUNT_ADMIN_LEVEL 1 /* fixed id, see src/sql/levels.sql */

static ClrKeyTable *project_table(ClrScope *scope, ClrKeyClass class);
static void load_standing(ClrScope *scope, TimestampTz at);
static void load_projects(ClrScope *scope, TimestampTz at);
static void set_levels(ClrScope *scope, ClrLevels *levels, const int32 *ids, int count);
static void close_where_reached(ClrScope *scope, ClrProject *project);
static ClrAction *find_action(ClrScope *scope, const char *feature, const char *name);
static ClrAction *add_action(ClrScope *scope, const char *feature, const char *name);
static void load_action(ClrScope *scope, ClrAction *action, List **gates);
static void load_grants(ClrScope *scope, ClrAction *action);
static ClrReach level_reach(ClrScope *scope, ClrAction *action, int32 level);
static ClrAudience parse_audience(const char *name);
static ClrReach parse_reach(const char *name);
static List *copy_texts(char **texts, int count);

/*
 * Load the scope of an actor at a moment into a context.
 */
ClrScope *
clr_scope_load(MemoryContext context, ClrActor actor, TimestampTz at)
{
	MemoryContext caller = MemoryContextSwitchTo(context);
	ClrScope *scope = palloc0(sizeof(ClrScope));
	ListCell *lc;

	scope->context = context;
	scope->actor = actor;
	scope->valid_from = DT_NOBEGIN;
	scope->valid_until = DT_NOEND;
	scope->account_level = palloc0(sizeof(ClrProject));
	if (actor.member == 0 && actor.partner == 0)
		scope->no_standing = "no actor is set";
	else
		load_standing(scope, at);
	if (scope->no_standing == NULL)
	{
		load_projects(scope, at);
		foreach(lc, scope->projects)
			close_where_reached(scope, lfirst(lc));
	}
	MemoryContextSwitchTo(caller);
	return scope;
}

static void
actor_args(const ClrActor *actor, TimestampTz at, Datum *args, char *nulls)
{
	args[0] = Int64GetDatum(actor->member);
	args[1] = Int64GetDatum(actor->partner);
	args[2] = TimestampTzGetDatum(at);
	nulls[0] = actor->member == 0 ? 'n' : ' ';
	nulls[1] = actor->partner == 0 ? 'n' : ' ';
	nulls[2] = ' ';
}

static void
load_standing(ClrScope *scope, TimestampTz at)
{
	static const Oid argtypes[] = { INT8OID, INT8OID, TIMESTAMPTZOID };
	Datum args[3];
	char nulls[3];
	ClrCatalog state;

	actor_args(&scope->actor, at, args, nulls);
	clr_catalog_begin(&state);
	if (clr_catalog_query(
			"SELECT audience, account_id, account_key, no_standing, member_keys, base_levels,"
			" valid_from, valid_until FROM clearance.scope_actor($1, $2, $3)",
			3, argtypes, args, nulls) != 1)
		scope->no_standing = "the actor is no known member";
	else
	{
		char *account_key = clr_column_text(0, 3);
		char *no_standing = clr_column_text(0, 4);
		int nkeys;
		char **keys = clr_column_texts(0, 5, &nkeys);
		int nlevels;
		int32 *levels = clr_column_ints(0, 6, &nlevels);
		MemoryContext spi = MemoryContextSwitchTo(scope->context);

		scope->audience = parse_audience(clr_column_text(0, 1));
		scope->account = clr_column_int64(0, 2);
		scope->valid_from = clr_column_timestamptz(0, 7);
		scope->valid_until = clr_column_timestamptz(0, 8);
		scope->account_key = account_key ? pstrdup(account_key) : NULL;
		scope->no_standing = no_standing ? pstrdup(no_standing) : NULL;
		scope->member_keys = copy_texts(keys, nkeys);
		set_levels(scope, &scope->account_level->levels, levels, nlevels);
		MemoryContextSwitchTo(spi);
	}
	clr_catalog_end(&state);
}

static void
load_projects(ClrScope *scope, TimestampTz at)
{
	static const Oid argtypes[] = { INT8OID, INT8OID, TIMESTAMPTZOID };
	const ClrLevels *base = &scope->account_level->levels;
	Datum args[3];
	char nulls[3];
	ClrCatalog state;
	uint64 rows;

	actor_args(&scope->actor, at, args, nulls);
	clr_catalog_begin(&state);
	rows = clr_catalog_query(
		"SELECT project_id, key, levels, open_level, is_member, is_owner, archived,"
		" client_upload, features_off FROM clearance.scope_projects($1, $2, $3)",
		3, argtypes, args, nulls);
	for (uint64 i = 0; i < rows; i++)
	{
		int nlevels;
		int32 *levels = clr_column_ints(i, 3, &nlevels);
		int noff;
		char **off = clr_column_texts(i, 9, &noff);
		char *key = clr_column_text(i, 2);
		MemoryContext spi = MemoryContextSwitchTo(scope->context);
		ClrProject *project = palloc0(sizeof(ClrProject));

		project->id = clr_column_int64(i, 1);
		project->open_level = clr_column_int64(i, 4);
		project->is_member = clr_column_bool(i, 5);
		project->is_owner = clr_column_bool(i, 6);
		project->archived = clr_column_bool(i, 7);
		project->client_upload = clr_column_bool(i, 8);
		project->features_off = copy_texts(off, noff);
		if (nlevels > 0 && !base->admin)
			set_levels(scope, &project->levels, levels, nlevels);
		else
			project->levels = *base; /* nothing can demote an account_admin */
		if (project->open_level != 0)
			scope->level_ids = list_append_unique_int(scope->level_ids, project->open_level);
		scope->projects = lappend(scope->projects, project);
		scope->project_keys = lappend(scope->project_keys, pstrdup(key));
		MemoryContextSwitchTo(spi);
	}
	clr_catalog_end(&state);
}

static void
set_levels(ClrScope *scope, ClrLevels *levels, const int32 *ids, int count)
{
	levels->ids = palloc(sizeof(int32) * Max(count, 1));
	levels->count = count;
	for (int i = 0; i < count; i++)
	{
		levels->ids[i] = ids[i];
		levels->admin |= ids[i] == ACCOUNT_ADMIN_LEVEL;
		scope->level_ids = list_append_unique_int(scope->level_ids, ids[i]);
	}
}

/*
 * A project opens with a level to vendor members who have no other way into
 * it: those whose project.view does not reach it. To others it is not open.
 */
static void
close_where_reached(ClrScope *scope, ClrProject *project)
{
	ListCell *lc;

	if (project->open_level == 0)
		return;
	foreach(lc, clr_scope_action(scope, "project", "view")->grants)
	{
		ClrGrant *grant = lfirst(lc);

		if (grant->level != project->open_level && clr_scope_reaches(scope, project, grant))
			break;
	}
	if (lc != NULL || project->levels.admin)
		project->open_level = 0;
}

/*
 * Whether a grant is in force in a project and reaches it. Partner members
 * and contacts have only projects that they reach, and no say in the account.
 */
bool
clr_scope_reaches(const ClrScope *scope, const ClrProject *project, const ClrGrant *grant)
{
	bool in_force = false;

	if (grant->level == project->open_level)
		return true;
	for (int i = 0; i < project->levels.count && !in_force; i++)
		in_force = project->levels.ids[i] == grant->level;
	if (project->id == 0)
		return in_force && scope->audience == CLR_VENDOR &&
			   (!grant->reach_given || grant->reach == CLR_REACH_ACCOUNT);
	if (!in_force || scope->audience != CLR_VENDOR)
		return in_force;

	switch (grant->reach)
	{
		case CLR_REACH_ACCOUNT:
			return true;
		case CLR_REACH_MEMBER:
			return project->is_member || project->is_owner;
		case CLR_REACH_OWNED:
			return project->is_owner;
	}
	elog(ERROR, "unknown reach %d", grant->reach);
}

/*
 * The project of a key, or NULL if the actor has no way into it.
 */
ClrProject *
clr_scope_project(ClrScope *scope, const ClrKey *key)
{
	ClrKeyEntry *entry = clr_keytab_find(project_table(scope, key->class), key);

	return entry ? entry->value : NULL;
}

static ClrKeyTable *
project_table(ClrScope *scope, ClrKeyClass class)
{
	if (scope->by_key[class] == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(scope->context);
		ClrKeyTable *table = clr_keytab_new(scope->context, list_length(scope->projects));
		ListCell *lk, *lp;

		forboth(lk, scope->project_keys, lp, scope->projects)
		{
			ClrKey project_key;
			bool found;

			if (clr_key_from_text(lfirst(lk), class, &project_key))
				clr_keytab_add(table, &project_key, &found)->value = lfirst(lp);
		}
		scope->by_key[class] = table;
		MemoryContextSwitchTo(caller);
	}
	return scope->by_key[class];
}

/*
 * The actor's member keys: of a partner as a whole, those of its active
 * members.
 */
ClrKeyTable *
clr_scope_me(ClrScope *scope, ClrKeyClass class)
{
	if (scope->me[class] == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(scope->context);
		ClrKeyTable *table = clr_keytab_new(scope->context, list_length(scope->member_keys));
		ListCell *lc;

		foreach(lc, scope->member_keys)
		{
			ClrKey mine;
			bool found;

			if (clr_key_from_text(lfirst(lc), class, &mine))
				(void) clr_keytab_add(table, &mine, &found);
		}
		scope->me[class] = table;
		MemoryContextSwitchTo(caller);
	}
	return scope->me[class];
}

/* Whether a member key is the actor's. */
bool
clr_scope_is_me(ClrScope *scope, const ClrKey *key)
{
	return clr_keytab_find(clr_scope_me(scope, key->class), key) != NULL;
}

/* The actor's member keys. */
Datum
clr_scope_me_array(ClrScope *scope, Oid type)
{
	return clr_keytab_array(clr_scope_me(scope, clr_key_class(type)), type);
}

/* Keys of the projects that the actor may have a way into. */
Datum
clr_scope_projects_array(ClrScope *scope, Oid type)
{
	return clr_keytab_array(project_table(scope, clr_key_class(type)), type);
}

/*
 * An action with its grants and gates; an unknown one is an error, since
 * bindings and callers name only known ones.
 */
ClrAction *
clr_scope_action(ClrScope *scope, const char *feature, const char *name)
{
	ClrAction *action = find_action(scope, feature, name);
	volatile int known = list_length(scope->actions);

	if (action != NULL)
		return action;
	PG_TRY();
	{
		action = add_action(scope, feature, name);
	}
	PG_CATCH();
	{
		/* gates refer to each other: none of them stays half loaded */
		scope->actions = list_truncate(scope->actions, known);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return action;
}

static ClrAction *
find_action(ClrScope *scope, const char *feature, const char *name)
{
	ListCell *lc;

	foreach(lc, scope->actions)
	{
		ClrAction *action = lfirst(lc);

		if (strcmp(action->name, name) == 0 && strcmp(action->feature, feature) == 0)
			return action;
	}
	return NULL;
}

static ClrAction *
add_action(ClrScope *scope, const char *feature, const char *name)
{
	MemoryContext caller = MemoryContextSwitchTo(scope->context);
	ClrAction *action = palloc0(sizeof(ClrAction));
	List *gates = NIL;

	action->feature = pstrdup(feature);
	action->name = pstrdup(name);
	load_action(scope, action, &gates);
	scope->actions = lappend(scope->actions, action);
	load_grants(scope, action);
	for (int i = 0; i + 1 < list_length(gates); i += 2)
		action->gates = lappend(action->gates, clr_scope_action(scope, list_nth(gates, i),
																list_nth(gates, i + 1)));
	MemoryContextSwitchTo(caller);
	return action;
}

static void
load_action(ClrScope *scope, ClrAction *action, List **gates)
{
	static const Oid argtypes[] = { TEXTOID, TEXTOID, TEXTOID, INT8OID };
	static const char *const audiences[] = { "vendor", "partner", "customer" };
	Datum args[] = { CStringGetTextDatum(action->feature), CStringGetTextDatum(action->name),
					 CStringGetTextDatum(audiences[scope->audience]),
					 Int64GetDatum(scope->actor.member) };
	ClrCatalog state;
	MemoryContext spi;
	char **names;
	int nnames;
	int32 *levels;
	int nlevels;

	clr_catalog_begin(&state);
	if (clr_catalog_query(
			"SELECT a.reads,"
			" EXISTS (SELECT FROM clearance.member_switch s"
			"  WHERE s.member_id = $4 AND s.feature = a.feature AND s.action = a.name),"
			" ARRAY(SELECT n.level_id FROM clearance.not_available n"
			"  WHERE n.feature = a.feature AND n.action = a.name),"
			" ARRAY(SELECT unnest(ARRAY[g.gate_feature, g.gate_action]) FROM clearance.gate g"
			"  WHERE g.feature = a.feature AND g.action = a.name AND $3 = ANY (g.audiences))"
			" FROM clearance.action a WHERE a.feature = $1 AND a.name = $2",
			4, argtypes, args, NULL) != 1)
		ereport(
			ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("no action \"%s.%s\"", action->feature, action->name),
			 errhint(
				 "clearance.matrix lists the actions of each feature; clearance.create_action() adds one.")));
	levels = clr_column_ints(0, 3, &nlevels);
	names = clr_column_texts(0, 4, &nnames);
	spi = MemoryContextSwitchTo(scope->context);
	action->reads = clr_column_bool(0, 1);
	action->switched_on = clr_column_bool(0, 2);
	for (int i = 0; i < nlevels; i++)
		action->not_available = lappend_int(action->not_available, levels[i]);
	*gates = copy_texts(names, nnames);
	MemoryContextSwitchTo(spi);
	clr_catalog_end(&state);
}

/*
 * Grants of the action by any level in force for the actor anywhere.
 */
static void
load_grants(ClrScope *scope, ClrAction *action)
{
	static const Oid argtypes[] = { TEXTOID, TEXTOID, INT4ARRAYOID };
	Datum *ids = palloc(sizeof(Datum) * Max(list_length(scope->level_ids), 1));
	Datum args[] = { CStringGetTextDatum(action->feature), CStringGetTextDatum(action->name), 0 };
	List *default_reach = NIL;
	ClrCatalog state;
	ListCell *lc;
	uint64 rows;

	foreach(lc, scope->level_ids)
		ids[foreach_current_index(lc)] = Int32GetDatum(lfirst_int(lc));
	args[2] = PointerGetDatum(construct_array(ids, list_length(scope->level_ids), INT4OID,
											  sizeof(int32), true, TYPALIGN_INT));

	clr_catalog_begin(&state);
	rows = clr_catalog_query("SELECT level_id, visibility = 'shared', relation, reach, kinds"
							 " FROM clearance.effective_grants()"
							 " WHERE feature = $1 AND action = $2 AND level_id = ANY ($3)",
							 3, argtypes, args, NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		char *reach = clr_column_text(i, 4);
		int nkinds;
		char **kinds = clr_column_texts(i, 5, &nkinds);
		MemoryContext spi = MemoryContextSwitchTo(scope->context);
		ClrGrant *grant = palloc0(sizeof(ClrGrant));

		grant->level = clr_column_int64(i, 1);
		grant->shared_only = clr_column_bool(i, 2);
		grant->relation = clr_relation_kind(clr_column_text(i, 3));
		grant->kinds = copy_texts(kinds, nkinds);
		grant->reach_given = reach != NULL;
		if (reach != NULL)
			grant->reach = parse_reach(reach);
		else
			default_reach = lappend(default_reach, grant);
		action->grants = lappend(action->grants, grant);
		MemoryContextSwitchTo(spi);
	}
	clr_catalog_end(&state);

	foreach(lc, default_reach)
	{
		ClrGrant *grant = lfirst(lc);

		grant->reach = level_reach(scope, action, grant->level);
	}
}

/*
 * How far a level reaches where a grant does not say: as far as its
 * project.view does.
 */
static ClrReach
level_reach(ClrScope *scope, ClrAction *action, int32 level)
{
	ClrReach reach = CLR_REACH_OWNED;
	bool found = false;
	ListCell *lc;

	if (strcmp(action->feature, "project") == 0 && strcmp(action->name, "view") == 0)
		return CLR_REACH_MEMBER;
	foreach(lc, clr_scope_action(scope, "project", "view")->grants)
	{
		ClrGrant *grant = lfirst(lc);

		if (grant->level == level)
		{
			reach = Max(reach, grant->reach);
			found = true;
		}
	}
	return found ? reach : CLR_REACH_MEMBER;
}

/* ---------- names ---------- */

static const char *const relation_names[] = {
	[CLR_REL_ANY] = "any",			 [CLR_REL_ASSIGNED] = "assigned",
	[CLR_REL_FOLLOWED] = "followed", [CLR_REL_INVITED] = "invited",
	[CLR_REL_OWN] = "own",			 [CLR_REL_ASSIGNED_TASK] = "assigned_task",
};

ClrRelationKind
clr_relation_kind(const char *name)
{
	for (int i = 0; i < (int) lengthof(relation_names); i++)
		if (strcmp(name, relation_names[i]) == 0)
			return i;
	elog(ERROR, "unknown relation \"%s\"", name);
}

/*
 * The action that gives somebody this relation to a row; NULL: following,
 * which everybody does for oneself.
 */
const char *
clr_relation_giver(ClrRelationKind kind)
{
	switch (kind)
	{
		case CLR_REL_ASSIGNED:
		case CLR_REL_ASSIGNED_TASK:
			return "assign";
		case CLR_REL_INVITED:
			return "invite";
		case CLR_REL_OWN:
			return "change_owner";
		case CLR_REL_FOLLOWED:
			return NULL;
		case CLR_REL_ANY:
			break;
	}
	elog(ERROR, "relation %d is not given", kind);
}

/* Whoever holds the one relation to a row holds the other: owners count as invited. */
bool
clr_relation_implies(ClrRelationKind held, ClrRelationKind asked)
{
	return held == asked || (held == CLR_REL_OWN && asked == CLR_REL_INVITED);
}

static ClrAudience
parse_audience(const char *name)
{
	if (strcmp(name, "vendor") == 0)
		return CLR_VENDOR;
	if (strcmp(name, "partner") == 0)
		return CLR_PARTNER;
	if (strcmp(name, "customer") == 0)
		return CLR_CUSTOMER;
	elog(ERROR, "unknown audience \"%s\"", name);
}

static ClrReach
parse_reach(const char *name)
{
	if (strcmp(name, "account") == 0)
		return CLR_REACH_ACCOUNT;
	if (strcmp(name, "member") == 0)
		return CLR_REACH_MEMBER;
	if (strcmp(name, "owned") == 0)
		return CLR_REACH_OWNED;
	elog(ERROR, "unknown reach \"%s\"", name);
}

static List *
copy_texts(char **texts, int count)
{
	List *list = NIL;

	for (int i = 0; i < count; i++)
		list = lappend(list, pstrdup(texts[i]));
	return list;
}
