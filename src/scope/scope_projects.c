/*
 * scope_projects.c
 *		Reads the projects of an actor.
 *
 * The second and third step of the rule: which projects the actor may have a way
 * into, and the levels in force in each: the most specific place that names any,
 * several at one place adding up. Everything is read under the active snapshot.
 */
#include "scope/scope.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "store/rows.h"

typedef struct Reading
{
	ClrScope *scope;
	TimestampTz at;
	const ClrProjectIds *within; /* other projects are left out; NULL: none is */
	bool partner_admin;
	MemoryContext scratch;
	struct Own *own; /* memberships */
	int owns;
	int room;
	ClrKeyTable *own_by_project;
} Reading;

/* Memberships of one project, of all sources together. */
typedef struct Own
{
	int64 project;
	bool is_owner;
	bool through_phase;
	bool is_again; /* of a project that an earlier one is of: counted there */
	List *levels;  /* of int */
} Own;

static void load_own(Reading *reading);
static void add_own(Reading *reading, int64 member);
static void add_membership(Reading *reading, ClrRows *rows);
static void join_memberships(Reading *reading);
static void read_projects(Reading *reading, ClrPath all, ClrPath one, int64 id,
						  void (*add)(Reading *reading, ClrRows *rows));
static bool in_force(Reading *reading, ClrRows *rows);
static void load_vendor(Reading *reading);
static bool reaches_account(const ClrScope *scope);
static void load_partners(Reading *reading);
static void add_of_partner(Reading *reading, ClrRows *rows);
static void load_customers(Reading *reading);
static void add_of_customer(Reading *reading, ClrRows *rows);
static void load_open(Reading *reading);
static List *within_of(const Reading *reading, bool open);
static Own *own_of(const Reading *reading, int64 project);
static void add_vendor_project(Reading *reading, const ClrProjectFacts *facts, const Own *own);
static void close_where_reached(ClrScope *scope, ClrProject *project);

/*
 * Read the projects of an actor with standing, at a moment, into its scope; those of
 * `within`, if it is not NULL, and no others. An admin of a partner is on all
 * that the partner is on.
 */
void
clr_scope_load_projects(ClrScope *scope, TimestampTz at, const ClrProjectIds *within,
						bool partner_admin)
{
	Reading reading = {
		.scope = scope, .at = at, .within = within, .partner_admin = partner_admin
	};
	ListCell *lc;

	reading.scratch = AllocSetContextCreate(CurrentMemoryContext, "clearance scope being read",
											ALLOCSET_SMALL_SIZES);
	load_own(&reading);
	join_memberships(&reading);
	switch (scope->audience)
	{
		case CLR_VENDOR:
			load_vendor(&reading);
			break;
		case CLR_PARTNER:
			load_partners(&reading);
			load_open(&reading);
			break;
		case CLR_CUSTOMER:
			load_customers(&reading);
			load_open(&reading);
			break;
	}
	MemoryContextDelete(reading.scratch);
	foreach(lc, scope->projects)
		close_where_reached(scope, lfirst(lc));
}

/*
 * Memberships in force: the member's, or of a partner as a whole the phases of
 * its active members.
 */
static void
load_own(Reading *reading)
{
	ClrRows rows;

	if (reading->scope->actor.member != 0)
	{
		add_own(reading, reading->scope->actor.member);
		return;
	}
	clr_rows_begin(&rows, CLR_MEMBERS_OF_PARTNER, &reading->scope->partner);
	while (clr_rows_next(&rows))
		if (strcmp(clr_rows_text(&rows, MEMBER_STATUS), "active") == 0)
			add_own(reading, clr_rows_int64(&rows, MEMBER_ID));
	clr_rows_end(&rows);
}

static void
add_own(Reading *reading, int64 member)
{
	MemoryContext caller = MemoryContextSwitchTo(reading->scratch);

	read_projects(reading, CLR_PROJECTS_OF_MEMBER, CLR_MEMBER_ON_PROJECT, member, add_membership);
	MemoryContextSwitchTo(caller);
}

static void
add_membership(Reading *reading, ClrRows *rows)
{
	bool as_whole = reading->scope->actor.member == 0;
	bool through_phase = clr_rows_bool(rows, ON_PROJECT_THROUGH_PHASE);
	Own *own;

	if ((as_whole && !through_phase) || !in_force(reading, rows))
		return;
	if (reading->owns == reading->room)
	{
		reading->room = Max(reading->room * 2, 64);
		reading->own = reading->own == NULL ? palloc(reading->room * sizeof(Own)) :
											  repalloc(reading->own, reading->room * sizeof(Own));
	}
	own = &reading->own[reading->owns++];
	*own = (Own){ .project = clr_rows_int64(rows, ON_PROJECT), .through_phase = through_phase };
	if (as_whole)
		return;
	own->is_owner = clr_rows_bool(rows, ON_PROJECT_OWNER);
	own->levels = clr_scope_add_level(reading->scope, NIL, clr_rows_int32(rows, ON_PROJECT_LEVEL));
}

/* One for each project; they stay where they are from here on. */
static void
join_memberships(Reading *reading)
{
	MemoryContext caller = MemoryContextSwitchTo(reading->scratch);

	reading->own_by_project = clr_keytab_new(reading->scratch, reading->owns);
	for (int i = 0; i < reading->owns; i++)
	{
		Own *own = &reading->own[i];
		ClrKey key = { .class = CLR_KEY_INT, .integer = own->project };
		ClrKeyEntry *entry = clr_keytab_add(reading->own_by_project, &key, &own->is_again);
		Own *first = own->is_again ? entry->value : own;

		entry->value = first;
		if (!own->is_again)
			continue;
		first->is_owner |= own->is_owner;
		first->through_phase |= own->through_phase;
		first->levels = list_concat_unique_int(first->levels, own->levels);
	}
	MemoryContextSwitchTo(caller);
}

/* The projects that somebody is on: all in one scan, or one for each that matters. */
static void
read_projects(Reading *reading, ClrPath all, ClrPath one, int64 id,
			  void (*add)(Reading *reading, ClrRows *rows))
{
	int scans = reading->within == NULL ? 1 : reading->within->count;
	ClrRows rows;

	for (int i = 0; i < scans; i++)
	{
		if (reading->within == NULL)
			clr_rows_begin(&rows, all, &id);
		else
			clr_rows_begin_pair(&rows, one, reading->within->ids[i], id);
		while (clr_rows_next(&rows))
			add(reading, &rows);
		clr_rows_end(&rows);
	}
}

/* Whether a membership is in force; the scope is valid until one begins or ends. */
static bool
in_force(Reading *reading, ClrRows *rows)
{
	TimestampTz moments[] = { clr_rows_timestamptz(rows, ON_PROJECT_STARTS),
							  clr_rows_timestamptz(rows, ON_PROJECT_ENDS) };
	ClrScope *scope = reading->scope;

	for (int i = 0; i < (int) lengthof(moments); i++)
	{
		if (moments[i] <= reading->at)
			scope->valid_from = Max(scope->valid_from, moments[i]);
		else
			scope->valid_until = Min(scope->valid_until, moments[i]);
	}
	return moments[0] <= reading->at && reading->at < moments[1];
}

/* Open projects of the account, or all of those that are asked for: ClrProjectFacts. */
static List *
within_of(const Reading *reading, bool open)
{
	ClrProjects *projects = reading->scope->facts;
	List *within = NIL;

	if (reading->within == NULL)
		return clr_projects_open(projects);
	for (int i = 0; i < reading->within->count; i++)
	{
		const ClrProjectFacts *facts = clr_projects_find(projects, reading->within->ids[i]);

		if (facts != NULL && (!open || facts->open_level != 0))
			within = lappend(within, (void *) facts);
	}
	return within;
}

static Own *
own_of(const Reading *reading, int64 project)
{
	ClrKey key = { .class = CLR_KEY_INT, .integer = project };
	ClrKeyEntry *entry = clr_keytab_find(reading->own_by_project, &key);

	return entry == NULL ? NULL : entry->value;
}

/*
 * Vendor members: those that they are on and those that are open; if a level of
 * theirs may reach so far, all others of the account, which are not listed, unless
 * they are asked for.
 */
static void
load_vendor(Reading *reading)
{
	ClrScope *scope = reading->scope;
	bool all = reaches_account(scope);
	ListCell *lc;

	scope->reaches_others = all && reading->within == NULL;
	clr_projects_announce(scope->facts, reading->owns);
	for (int i = 0; i < reading->owns; i++)
	{
		const Own *own = &reading->own[i];
		const ClrProjectFacts *facts =
			own->is_again ? NULL : clr_projects_find(scope->facts, own->project);

		if (facts != NULL)
			add_vendor_project(reading, facts, own);
	}
	foreach(lc, within_of(reading, !all || scope->reaches_others))
	{
		const ClrProjectFacts *facts = lfirst(lc);

		if (own_of(reading, facts->id) == NULL)
			add_vendor_project(reading, facts, NULL);
	}
}

static bool
reaches_account(const ClrScope *scope)
{
	const ClrLevels *base = &scope->account_level->levels;

	for (int i = 0; i < base->count; i++)
	{
		const ClrLevel *level = clr_vocabulary_level(scope->vocabulary, base->ids[i]);

		if (level != NULL && level->reaches_account)
			return true;
	}
	return false;
}

static void
add_vendor_project(Reading *reading, const ClrProjectFacts *facts, const Own *own)
{
	ClrScope *scope = reading->scope;
	ClrProject *project =
		clr_scope_add_project(scope, facts, own != NULL ? own->levels : NIL, CLR_PLACE_MEMBERSHIP);
	const ClrLevel *open =
		facts->open_level == 0 ? NULL : clr_vocabulary_level(scope->vocabulary, facts->open_level);

	project->is_member = own != NULL;
	project->is_owner = own != NULL && own->is_owner;
	project->way = project->is_owner  ? CLR_WAY_OWNER :
				   project->is_member ? CLR_WAY_MEMBER :
										CLR_WAY_REACH;
	if (open != NULL && open->audience == CLR_VENDOR)
	{
		project->open_level = open->id;
		scope->level_ids = list_append_unique_int(scope->level_ids, open->id);
	}
}

/*
 * Projects that the partner is on: all of them to its admins, to others those
 * that they are on themselves, through a phase where the project asks for it.
 */
static void
load_partners(Reading *reading)
{
	read_projects(reading, CLR_PROJECTS_OF_PARTNER, CLR_PARTNER_ON_PROJECT, reading->scope->partner,
				  add_of_partner);
}

static void
add_of_partner(Reading *reading, ClrRows *rows)
{
	ClrScope *scope = reading->scope;
	int64 id = clr_rows_int64(rows, ON_PROJECT);
	int32 level = clr_rows_int32(rows, ON_PROJECT_LEVEL);
	Own *own = own_of(reading, id);
	const ClrProjectFacts *facts;
	List *levels = own != NULL ? own->levels : NIL;
	ClrProject *project;

	if ((own == NULL && !reading->partner_admin) || !in_force(reading, rows))
		return;
	facts = clr_projects_find(scope->facts, id);
	if (facts == NULL || (facts->by_phase && (own == NULL || !own->through_phase)))
		return;
	if (levels != NIL)
		project = clr_scope_add_project(scope, facts, levels, CLR_PLACE_MEMBERSHIP);
	else
		project = clr_scope_add_project(scope, facts, level != 0 ? list_make1_int(level) : NIL,
										CLR_PLACE_PARTICIPATION);
	project->is_member = true;
	project->way = own != NULL && scope->actor.member != 0 ? CLR_WAY_MEMBER : CLR_WAY_PARTNER;
}

/* Projects of the customer that have a portal. */
static void
load_customers(Reading *reading)
{
	read_projects(reading, CLR_PROJECTS_OF_CUSTOMER, CLR_CUSTOMER_ON_PROJECT,
				  reading->scope->customer, add_of_customer);
}

static void
add_of_customer(Reading *reading, ClrRows *rows)
{
	ClrScope *scope = reading->scope;
	int64 id = clr_rows_int64(rows, ON_PROJECT);
	Own *own = own_of(reading, id);
	const ClrProjectFacts *facts;
	ClrProject *project;

	if (!in_force(reading, rows))
		return;
	facts = clr_projects_find(scope->facts, id);
	if (facts == NULL || !facts->portal)
		return;
	project =
		clr_scope_add_project(scope, facts, own != NULL ? own->levels : NIL, CLR_PLACE_MEMBERSHIP);
	project->is_member = true;
	project->way = own != NULL ? CLR_WAY_MEMBER : CLR_WAY_CUSTOMER;
}

/*
 * Open projects, for partner members and contacts who have no other way in.
 */
static void
load_open(Reading *reading)
{
	ClrScope *scope = reading->scope;
	List *open = within_of(reading, true);
	ClrKeyTable *others;
	ListCell *lc;

	if (open == NIL)
		return;
	others = clr_keytab_new(reading->scratch, list_length(scope->projects));
	foreach(lc, scope->projects)
	{
		ClrKey key = { .class = CLR_KEY_INT, .integer = ((ClrProject *) lfirst(lc))->id };
		bool found;

		(void) clr_keytab_add(others, &key, &found);
	}
	foreach(lc, open)
	{
		const ClrProjectFacts *facts = lfirst(lc);
		ClrKey key = { .class = CLR_KEY_INT, .integer = facts->id };
		const ClrLevel *level = clr_vocabulary_level(scope->vocabulary, facts->open_level);
		ClrProject *project;

		if (level == NULL || level->audience != scope->audience ||
			(scope->audience == CLR_CUSTOMER && !facts->portal) ||
			clr_keytab_find(others, &key) != NULL)
			continue;
		project = clr_scope_add_project(scope, facts, list_make1_int(level->id), CLR_PLACE_OPEN);
		project->is_member = true;
		project->way = CLR_WAY_OPEN;
	}
}

/*
 * One more project; levels: those that it names for the actor, if any, and where.
 */
ClrProject *
clr_scope_add_project(ClrScope *scope, const ClrProjectFacts *facts, const List *levels,
					  ClrPlace place)
{
	const ClrLevels *base = &scope->account_level->levels;
	ClrProject *project = palloc0(sizeof(ClrProject));

	project->id = facts->id;
	project->key = facts->key;
	project->archived = facts->archived;
	project->client_upload = facts->client_upload;
	project->features_off = facts->features_off;
	if (levels != NIL && !base->admin)
		clr_scope_set_levels(scope, &project->levels, levels, place);
	else
		project->levels = *base; /* nothing can demote an account_admin */
	scope->projects = lappend(scope->projects, project);
	return project;
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
	else if (!project->is_member)
		project->way = CLR_WAY_OPEN;
}
