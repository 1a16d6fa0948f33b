/*
 * scope_load.c
 *		Reads the scope of an actor.
 *
 * The first step of the rule: whether the actor has standing, and the levels that
 * are in force wherever no project names any. Its projects are the next two
 * (scope_projects.c). Everything is read under the snapshot of the executing query.
 */
#include "scope/scope.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "scope/member.h"
#include "store/catalog.h"
#include "store/rows.h"

/* Who the actor is, while its standing is found. */
typedef struct Who
{
	ClrScope *scope;
	Size projects_limit;
	bool partner_admin;
	ClrCompany *company; /* NULL: it has none */
	const ClrAccountFacts *account;
	const char *status; /* of the member */
} Who;

PG_FUNCTION_INFO_V1(clearance_scope_actor);

static ClrScope *load(ClrActor actor, const ClrVersion *version, TimestampTz at,
					  Size projects_limit, const ClrProjectIds *within, bool supposed);
static ClrScope *new_scope(const ClrVersion *version, ClrActor actor);
static void release_parts(void *scope);
static bool load_standing(Who *who);
static bool load_member(Who *who);
static bool load_partner(Who *who);
static void load_account(Who *who);
static int32 load_company(Who *who, int64 id);
static const char *why_no_standing(const Who *who);
static List *levels_of_roles(const Who *who);
static void add_role(ClrProjectIds *roles, int64 id);
static void load_switches(ClrScope *scope);

/*
 * Load the scope of an actor at a moment, with one user. The snapshot to read
 * under sees `version`.
 */
ClrScope *
clr_scope_load(ClrActor actor, const ClrVersion *version, TimestampTz at, Size projects_limit)
{
	return load(actor, version, at, projects_limit, NULL, false);
}

/*
 * The same, as far as some projects go: what it says of each of these, and of rows
 * without a project, is what the whole scope says. Projects are read one by one,
 * and none bears on another: the whole one is a union of such scopes, but for
 * `level_ids`, which only names more levels of other projects, and the moments
 * between which it holds.
 */
ClrScope *
clr_scope_load_within(ClrActor actor, const ClrVersion *version, TimestampTz at,
					  const ClrProjectIds *within)
{
	return load(actor, version, at, SIZE_MAX, within, false);
}

/* `supposed`: with standing, if there is such an actor. */
static ClrScope *
load(ClrActor actor, const ClrVersion *version, TimestampTz at, Size projects_limit,
	 const ClrProjectIds *within, bool supposed)
{
	bool pushed = clr_catalog_push_snapshot();
	ClrScope *scope = new_scope(version, actor);
	MemoryContext caller = MemoryContextSwitchTo(scope->kept.context);
	Who who = { .scope = scope, .projects_limit = projects_limit };

	if (load_standing(&who) || (supposed && scope->is_known))
	{
		scope->without_project->levels = scope->account_level->levels;
		scope->no_standing = NULL;
		load_switches(scope);
		clr_scope_load_projects(scope, who.company, at, within, who.partner_admin);
	}
	if (who.company != NULL)
		clr_company_let_go(who.company);
	MemoryContextSwitchTo(caller);
	if (pushed)
		PopActiveSnapshot();
	clr_kept_settle(&scope->kept);
	return scope;
}

static ClrScope *
new_scope(const ClrVersion *version, ClrActor actor)
{
	ClrScope *scope = clr_kept_new("clearance scope", sizeof(ClrScope), version);
	MemoryContextCallback *callback =
		MemoryContextAlloc(scope->kept.context, sizeof(MemoryContextCallback));

	callback->func = release_parts;
	callback->arg = scope;
	MemoryContextRegisterResetCallback(scope->kept.context, callback);
	scope->actor = actor;
	scope->valid_from = DT_NOBEGIN;
	scope->valid_until = DT_NOEND;
	scope->account_level = MemoryContextAllocZero(scope->kept.context, sizeof(ClrProject));
	scope->without_project = MemoryContextAllocZero(scope->kept.context, sizeof(ClrProject));
	scope->without_project->id = CLR_PROJECT_NONE;
	return scope;
}

static void
release_parts(void *arg)
{
	ClrScope *scope = arg;

	if (scope->vocabulary != NULL)
		clr_kept_release(&scope->vocabulary->kept);
	if (scope->facts != NULL)
		clr_kept_release(&scope->facts->kept);
}

/* ---------- standing ---------- */

/*
 * Standing, account, keys and base levels, which are in force wherever no
 * project names any. False, with the reason in the scope, if the actor has no
 * standing.
 */
static bool
load_standing(Who *who)
{
	ClrScope *scope = who->scope;

	if (scope->actor.member == 0 && scope->actor.partner == 0)
		scope->no_standing = "no actor is set";
	else if (scope->actor.member != 0 ? load_member(who) : load_partner(who))
		scope->no_standing = why_no_standing(who);
	else
		scope->no_standing = "the actor is no known member";
	if (scope->vocabulary == NULL)
		scope->vocabulary = clr_vocabulary_acquire(&scope->kept.stamp.version, 0);
	return scope->no_standing == NULL;
}

/* False if there is no such member. */
static bool
load_member(Who *who)
{
	ClrScope *scope = who->scope;
	List *base = NIL;
	ClrPlace place = CLR_PLACE_ROLE;
	int32 level = 0;
	const ClrMember *member = clr_member_find(scope->actor.member, &scope->kept.stamp.version);

	if (member == NULL)
		return false;
	scope->account = member->account;
	scope->partner = member->partner;
	scope->customer = member->customer;
	who->partner_admin = member->partner_admin;
	who->status = pstrdup(member->status);
	scope->is_known = true;
	scope->audience = scope->partner != 0  ? CLR_PARTNER :
					  scope->customer != 0 ? CLR_CUSTOMER :
											 CLR_VENDOR;
	if (member->key != NULL)
		scope->member_keys = list_make1(pstrdup(member->key));
	load_account(who);
	if (scope->audience == CLR_PARTNER)
		level = load_company(who, scope->partner);
	else if (scope->audience == CLR_CUSTOMER)
	{
		(void) load_company(who, scope->customer);
		level = scope->vocabulary->client_level;
	}
	if (level != 0)
	{
		base = list_make1_int(level);
		place = scope->audience == CLR_CUSTOMER ? CLR_PLACE_CUSTOMER : CLR_PLACE_PARTNER;
	}
	else
		base = levels_of_roles(who);
	if (base == NIL && scope->audience == CLR_PARTNER && who->account->external_level != 0)
	{
		base = list_make1_int(who->account->external_level);
		place = CLR_PLACE_ACCOUNT;
	}
	clr_scope_set_levels(scope, &scope->account_level->levels, base, place);
	return true;
}

/*
 * A partner as a whole: an admin of it without a role. False if there is no
 * such partner.
 */
static bool
load_partner(Who *who)
{
	ClrScope *scope = who->scope;
	ClrPlace place = CLR_PLACE_ACCOUNT;
	int32 level;
	ClrRows rows;

	if (!clr_rows_one(&rows, CLR_PARTNER_BY_ID, scope->actor.partner))
		return false;
	scope->account = clr_rows_int64(&rows, COMPANY_ACCOUNT);
	clr_rows_end(&rows);
	scope->is_known = true;
	scope->audience = CLR_PARTNER;
	scope->partner = scope->actor.partner;
	who->partner_admin = true;
	who->status = "active";
	load_account(who);
	level = load_company(who, scope->partner);
	if (level != 0)
		place = CLR_PLACE_PARTNER;
	else
		level = who->account->external_level;
	clr_scope_set_levels(scope, &scope->account_level->levels,
						 level != 0 ? list_make1_int(level) : NIL, place);

	clr_rows_begin(&rows, CLR_MEMBERS_OF_PARTNER, &who->scope->partner);
	while (clr_rows_next(&rows))
	{
		char *key = clr_rows_text(&rows, MEMBER_KEY);

		if (key != NULL && strcmp(clr_rows_text(&rows, MEMBER_STATUS), "active") == 0)
			scope->member_keys = lappend(scope->member_keys, key);
	}
	clr_rows_end(&rows);
	return true;
}

static void
load_account(Who *who)
{
	ClrScope *scope = who->scope;

	scope->facts =
		clr_projects_acquire(&scope->kept.stamp.version, scope->account, who->projects_limit);
	scope->vocabulary = clr_vocabulary_acquire(&scope->kept.stamp.version, scope->account);
	who->account = &scope->facts->account;
	scope->account_key = who->account->key;
	scope->is_only_account = who->account->is_only_one;
}

/* A partner or customer. Returns the partner's level, zero if it has none. */
static int32
load_company(Who *who, int64 id)
{
	ClrScope *scope = who->scope;

	who->company = clr_company_find(scope->facts, &scope->kept.stamp.version, scope->audience, id);
	return who->company->level;
}

static const char *
why_no_standing(const Who *who)
{
	if (!who->account->active)
		return "the account is not active";
	if (strcmp(who->status, "active") != 0)
		return psprintf("the member is %s", who->status);
	if (who->company != NULL && !who->company->active)
		return who->scope->audience == CLR_PARTNER ? "the partner is disabled" :
													 "the customer is disabled";
	if (who->scope->audience == CLR_CUSTOMER && !who->account->portal)
		return "the client portal of the account is off";
	return NULL;
}

static List *
levels_of_roles(const Who *who)
{
	int64 member = who->scope->actor.member;
	List *levels = NIL;
	ClrRows roles, role;

	clr_rows_begin(&roles, CLR_ROLES_OF_MEMBER, &member);
	while (clr_rows_next(&roles))
	{
		int64 id = clr_rows_int64(&roles, MEMBER_ROLE_ROLE);

		add_role(&who->scope->roles, id);
		if (!clr_rows_one(&role, CLR_ROLE_BY_ID, id))
			continue;
		levels = clr_scope_add_level(who->scope, levels, clr_rows_int32(&role, ROLE_LEVEL));
		clr_rows_end(&role);
	}
	clr_rows_end(&roles);
	return levels;
}

static void
add_role(ClrProjectIds *roles, int64 id)
{
	roles->ids = roles->ids == NULL ? palloc(sizeof(int64)) :
									  repalloc(roles->ids, sizeof(int64) * (roles->count + 1));
	roles->ids[roles->count++] = id;
}

/*
 * Add a level (zero: none), unless it is for another audience. One that the
 * account does not know grants nothing, but is named: no other place counts.
 */
List *
clr_scope_add_level(const ClrScope *scope, List *levels, int32 id)
{
	const ClrLevel *level = id == 0 ? NULL : clr_vocabulary_level(scope->vocabulary, id);

	if (id == 0 || (level != NULL && level->audience != scope->audience))
		return levels;
	return list_append_unique_int(levels, id);
}

/* Actions that are switched on for the member, beyond its levels. */
static void
load_switches(ClrScope *scope)
{
	ClrRows rows;

	if (scope->actor.member == 0)
		return;
	clr_rows_begin(&rows, CLR_SWITCHES_OF_MEMBER, &scope->actor.member);
	while (clr_rows_next(&rows))
	{
		scope->switched_on = lappend(scope->switched_on, clr_rows_text(&rows, SWITCH_FEATURE));
		scope->switched_on = lappend(scope->switched_on, clr_rows_text(&rows, SWITCH_ACTION));
	}
	clr_rows_end(&rows);
}

/*
 * The levels in force at a place.
 */
void
clr_scope_set_levels(ClrScope *scope, ClrLevels *levels, const List *ids, ClrPlace place)
{
	List *sorted = list_copy(ids);
	ListCell *lc;

	list_sort(sorted, list_int_cmp);
	levels->place = ids == NIL ? CLR_PLACE_NONE : place;
	levels->ids = palloc(sizeof(int32) * Max(list_length(ids), 1));
	foreach(lc, sorted)
	{
		int32 id = lfirst_int(lc);

		levels->ids[levels->count++] = id;
		levels->admin |= id == CLR_ACCOUNT_ADMIN_LEVEL;
		scope->level_ids = list_append_unique_int(scope->level_ids, id);
	}
}

/* ---------- what if ---------- */

/*
 * As clr_scope_load(): what if the actor had standing?
 */
ClrScope *
clr_scope_suppose_standing(ClrActor actor, const ClrVersion *version, TimestampTz at)
{
	return load(actor, version, at, 0, NULL, true);
}

/* ---------- SQL ---------- */

/*
 * scope_actor(member bigint, partner bigint, OUT audience, account_id,
 * no_standing, base_levels): standing, account and base levels of
 * a member or of a partner as a whole, under the statement's snapshot. An actor
 * that is not known has no standing, and the rest is NULL.
 */
Datum
clearance_scope_actor(PG_FUNCTION_ARGS)
{
	ClrActor actor = { PG_ARGISNULL(0) ? 0 : PG_GETARG_INT64(0),
					   PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1) };
	Snapshot around = clr_catalog_read_under(NULL);
	static ClrVersion version;
	const ClrLevels *base;
	ClrScope *scope;
	TupleDesc desc;
	Datum values[4];
	bool nulls[4] = { false };
	Datum *levels;

	clr_version_read_current(&version);
	scope = new_scope(&version, actor);
	base = &scope->account_level->levels;
	(void) load_standing(&(Who){ .scope = scope, .projects_limit = SIZE_MAX });
	(void) clr_catalog_read_under(around);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	nulls[0] = nulls[1] = nulls[3] = !scope->is_known;
	nulls[2] = scope->no_standing == NULL;
	levels = palloc(sizeof(Datum) * Max(base->count, 1));
	for (int i = 0; i < base->count; i++)
		levels[i] = Int32GetDatum(base->ids[i]);
	values[0] = CStringGetTextDatum(clr_audience_name(scope->audience));
	values[1] = Int64GetDatum(scope->account);
	values[2] = scope->no_standing ? CStringGetTextDatum(scope->no_standing) : (Datum) 0;
	values[3] = PointerGetDatum(
		construct_array(levels, base->count, INT4OID, sizeof(int32), true, TYPALIGN_INT));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
