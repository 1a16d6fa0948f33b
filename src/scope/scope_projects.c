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
	ClrCompany *company; /* NULL: it is of none */
	TimestampTz at;
	const ClrProjectIds *within; /* other projects are left out; NULL: none is */
	bool partner_admin;
	MemoryContext scratch;
	struct Own *own; /* memberships, in the order of projects once they are joined */
	int owns;
	int own_room;
	int next_own; /* all before are of earlier projects than the last one that was asked for */
	struct Stay *stays;
	int stay_count;
} Reading;

/* Memberships of one project, of all sources together. */
typedef struct Own
{
	int64 project;
	bool is_owner;
	bool through_phase;
	List *levels; /* of int */
} Own;

/* A project that the company is on, as far as it matters to the actor. */
typedef struct Stay
{
	int64 project;
	int32 level; /* zero: it names none */
	const Own *own;
} Stay;

static void load_own(Reading *reading);
static void add_own(Reading *reading, int64 member);
static void read_memberships(Reading *reading, int64 member);
static void add_membership(Reading *reading, ClrRows *rows);
static void join_memberships(Reading *reading);
static bool
is_in_order(const void *first, int count, Size size, int (*compare)(const void *a, const void *b));
static int compare_own(const void *a, const void *b);
static void *grow(void *array, int *room, Size size);
static bool in_force(Reading *reading, TimestampTz begin, TimestampTz end);
static void load_vendor(Reading *reading);
static bool reaches_account(const ClrScope *scope);
static void load_company(Reading *reading);
static void add_stays(Reading *reading, const ClrStay *stays, int count);
static void read_some_stays(Reading *reading);
static const ClrProjectFacts **
find_facts(Reading *reading, const void *first, Size size, int count, Size offset);
static void add_of_partner(Reading *reading, const Stay *stay, const ClrProjectFacts *facts);
static void add_of_customer(Reading *reading, const Stay *stay, const ClrProjectFacts *facts);
static void load_open(Reading *reading);
static List *opens_with(const ClrScope *scope, const ClrProjectFacts *facts);
static bool is_for(const ClrScope *scope, int32 level);
static List *within_of(const Reading *reading, bool open);
static const Own *own_of(Reading *reading, int64 project);
static void add_vendor_project(Reading *reading, const ClrProjectFacts *facts, const Own *own);
static ClrProject *new_project(ClrScope *scope);
static bool names_same(const ClrLevels *levels, const List *ids, ClrPlace place);
static void close_where_reached(ClrScope *scope, ClrProject *project);
static int compare_projects(const ListCell *a, const ListCell *b);

/*
 * Read the projects of an actor with standing, at a moment, into its scope; those of
 * `within`, if it is not NULL, and no others. An admin of a partner is on all
 * that the partner is on. The company is that of the actor.
 */
void
clr_scope_load_projects(ClrScope *scope, ClrCompany *company, TimestampTz at,
						const ClrProjectIds *within, bool partner_admin)
{
	Reading reading = { .scope = scope,
						.company = company,
						.at = at,
						.within = within,
						.partner_admin = partner_admin };
	ListCell *lc;

	reading.scratch = AllocSetContextCreate(CurrentMemoryContext, "clearance scope being read",
											ALLOCSET_SMALL_SIZES);
	load_own(&reading);
	join_memberships(&reading);
	if (scope->audience == CLR_VENDOR)
		load_vendor(&reading);
	else
	{
		load_company(&reading);
		load_open(&reading);
	}
	MemoryContextDelete(reading.scratch);
	clr_scope_order_projects(scope);
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

	read_memberships(reading, member);
	MemoryContextSwitchTo(caller);
}

/* All in one scan, or those of each project that matters. */
static void
read_memberships(Reading *reading, int64 member)
{
	int scans = reading->within == NULL ? 1 : reading->within->count;
	ClrRows rows;

	for (int i = 0; i < scans; i++)
	{
		if (reading->within == NULL)
			clr_rows_begin(&rows, CLR_PROJECTS_OF_MEMBER, &member);
		else
			clr_rows_begin_pair(&rows, CLR_MEMBER_ON_PROJECT, reading->within->ids[i], member);
		while (clr_rows_next(&rows))
			add_membership(reading, &rows);
		clr_rows_end(&rows);
	}
}

static void
add_membership(Reading *reading, ClrRows *rows)
{
	bool as_whole = reading->scope->actor.member == 0;
	bool through_phase = clr_rows_bool(rows, ON_PROJECT_THROUGH_PHASE);
	Own *own;

	if ((as_whole && !through_phase) ||
		!in_force(reading, clr_rows_timestamptz(rows, ON_PROJECT_STARTS),
				  clr_rows_timestamptz(rows, ON_PROJECT_ENDS)))
		return;
	if (reading->owns == reading->own_room)
		reading->own = grow(reading->own, &reading->own_room, sizeof(Own));
	own = &reading->own[reading->owns++];
	*own = (Own){ .project = clr_rows_int64(rows, ON_PROJECT), .through_phase = through_phase };
	if (as_whole)
		return;
	own->is_owner = clr_rows_bool(rows, ON_PROJECT_OWNER);
	own->levels = clr_scope_add_level(reading->scope, NIL, clr_rows_int32(rows, ON_PROJECT_LEVEL));
}

/* One for each project. */
static void
join_memberships(Reading *reading)
{
	MemoryContext caller = MemoryContextSwitchTo(reading->scratch);
	int joined = 0;

	if (!is_in_order(reading->own, reading->owns, sizeof(Own), compare_own))
		qsort(reading->own, reading->owns, sizeof(Own), compare_own);
	for (int i = 0; i < reading->owns; i++)
	{
		const Own *own = &reading->own[i];
		Own *first = joined > 0 ? &reading->own[joined - 1] : NULL;

		if (first == NULL || first->project != own->project)
		{
			reading->own[joined++] = *own;
			continue;
		}
		first->is_owner |= own->is_owner;
		first->through_phase |= own->through_phase;
		first->levels = list_concat_unique_int(first->levels, own->levels);
	}
	reading->owns = joined;
	MemoryContextSwitchTo(caller);
}

/* Mostly they come so from the index. */
static bool
is_in_order(const void *first, int count, Size size, int (*compare)(const void *a, const void *b))
{
	const char *at = first;

	for (int i = 1; i < count; i++, at += size)
		if (compare(at, at + size) > 0)
			return false;
	return true;
}

static int
compare_own(const void *a, const void *b)
{
	int64 one = ((const Own *) a)->project;
	int64 other = ((const Own *) b)->project;

	return (one > other) - (one < other);
}

/* Twice as much of something, in the current context. */
static void *
grow(void *array, int *room, Size size)
{
	*room = Max(*room * 2, 64);
	return array == NULL ? palloc(*room * size) : repalloc_huge(array, *room * size);
}

/* Whether what lasts between these moments is in force; the scope is valid until one begins or ends. */
static bool
in_force(Reading *reading, TimestampTz begin, TimestampTz end)
{
	const TimestampTz moments[] = { begin, end };
	ClrScope *scope = reading->scope;

	if (TIMESTAMP_IS_NOBEGIN(begin) && TIMESTAMP_IS_NOEND(end))
		return true;
	for (int i = 0; i < (int) lengthof(moments); i++)
	{
		if (moments[i] <= reading->at)
			scope->valid_from = Max(scope->valid_from, moments[i]);
		else
			scope->valid_until = Min(scope->valid_until, moments[i]);
	}
	return begin <= reading->at && reading->at < end;
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

		if (facts != NULL && (!open || facts->open_levels != NIL))
			within = lappend(within, (void *) facts);
	}
	return within;
}

/* Mostly of projects in their order: then it is the next one, or there is none before that. */
static const Own *
own_of(Reading *reading, int64 project)
{
	const Own key = { .project = project };
	int next = reading->next_own;
	const Own *own;

	while (next < reading->owns && reading->own[next].project < project)
		next++;
	if (next > 0 && reading->own[next - 1].project >= project)
	{
		own = bsearch(&key, reading->own, next, sizeof(Own), compare_own);
		return own;
	}
	reading->next_own = next;
	return next < reading->owns && reading->own[next].project == project ? &reading->own[next] :
																		   NULL;
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
	const ClrProjectFacts **found;
	ListCell *lc;

	scope->reaches_others = all && reading->within == NULL;
	found = find_facts(reading, reading->own, sizeof(Own), reading->owns, offsetof(Own, project));
	for (int i = 0; i < reading->owns; i++)
		if (found[i] != NULL)
			add_vendor_project(reading, found[i], &reading->own[i]);
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
	const ClrProject *before = scope->projects == NIL ? NULL : llast(scope->projects);
	List *open_levels = opens_with(scope, facts);
	ClrProject *project =
		clr_scope_add_project(scope, facts, own != NULL ? own->levels : NIL, CLR_PLACE_MEMBERSHIP);

	project->is_member = own != NULL;
	project->is_owner = own != NULL && own->is_owner;
	project->way = project->is_owner  ? CLR_WAY_OWNER :
				   project->is_member ? CLR_WAY_MEMBER :
										CLR_WAY_REACH;
	project->open_levels = open_levels;
	if (open_levels == NIL)
		return;
	if (open_levels != facts->open_levels && before != NULL &&
		equal(open_levels, before->open_levels))
	{
		project->open_levels = before->open_levels;
		list_free(open_levels);
	}
	scope->level_ids = list_concat_unique_int(scope->level_ids, project->open_levels);
}

/*
 * What is true of the projects in an array, each at the offset in its element; so many
 * are going to be added.
 */
static const ClrProjectFacts **
find_facts(Reading *reading, const void *first, Size size, int count, Size offset)
{
	ClrScope *scope = reading->scope;
	int64 *ids = MemoryContextAllocHuge(reading->scratch, Max(count, 1) * sizeof(int64));
	const ClrProjectFacts **found =
		MemoryContextAllocHuge(reading->scratch, Max(count, 1) * sizeof(ClrProjectFacts *));

	for (int i = 0; i < count; i++)
		ids[i] = *(const int64 *) ((const char *) first + i * size + offset);
	clr_projects_find_all(scope->facts, ids, count, found);
	scope->spares = count;
	if (count > 0)
		scope->spare_projects =
			MemoryContextAllocHuge(scope->kept.context, count * sizeof(ClrProject));
	return found;
}

/*
 * Projects that the partner is on: all of them to its admins, to others those
 * that they are on themselves, through a phase where the project asks for it.
 * Those of the customer that have a portal.
 */
static void
load_company(Reading *reading)
{
	ClrScope *scope = reading->scope;
	bool is_partner = scope->audience == CLR_PARTNER;
	const ClrProjectFacts **found;

	if (reading->within != NULL)
		read_some_stays(reading);
	else
	{
		clr_company_read_stays(scope->facts, reading->company);
		add_stays(reading, reading->company->stays, reading->company->stay_count);
	}
	found = find_facts(reading, reading->stays, sizeof(Stay), reading->stay_count,
					   offsetof(Stay, project));
	for (int i = 0; i < reading->stay_count; i++)
		if (found[i] != NULL && is_partner)
			add_of_partner(reading, &reading->stays[i], found[i]);
		else if (found[i] != NULL)
			add_of_customer(reading, &reading->stays[i], found[i]);
}

/* Those of projects that are asked for. */
static void
read_some_stays(Reading *reading)
{
	ClrAudience audience = reading->scope->audience;
	MemoryContext caller = MemoryContextSwitchTo(reading->scratch);
	ClrStay *stays = palloc(Max(reading->within->count, 1) * sizeof(ClrStay));
	int count = 0;
	ClrRows rows;

	for (int i = 0; i < reading->within->count; i++)
	{
		clr_rows_begin_pair(&rows,
							audience == CLR_PARTNER ? CLR_PARTNER_ON_PROJECT :
													  CLR_CUSTOMER_ON_PROJECT,
							reading->within->ids[i], reading->company->id);
		if (clr_rows_next(&rows))
			stays[count++] = clr_company_stay(&rows, audience);
		clr_rows_end(&rows);
	}
	MemoryContextSwitchTo(caller);
	add_stays(reading, stays, count);
}

static void
add_stays(Reading *reading, const ClrStay *stays, int count)
{
	bool needs_own = reading->scope->audience == CLR_PARTNER && !reading->partner_admin;

	reading->stays = MemoryContextAllocHuge(reading->scratch, Max(count, 1) * sizeof(Stay));
	for (int i = 0; i < count; i++)
	{
		const ClrStay *stay = &stays[i];
		const Own *own = own_of(reading, stay->project);

		if ((!needs_own || own != NULL) &&
			(stay->moments == NULL || in_force(reading, stay->moments[0], stay->moments[1])))
			reading->stays[reading->stay_count++] = (Stay){ stay->project, stay->level, own };
	}
}

static void
add_of_partner(Reading *reading, const Stay *stay, const ClrProjectFacts *facts)
{
	ClrScope *scope = reading->scope;
	const Own *own = stay->own;
	List *level;
	ClrProject *project;

	if (facts->by_phase && (own == NULL || !own->through_phase))
		return;
	if (own != NULL && own->levels != NIL)
		project = clr_scope_add_project(scope, facts, own->levels, CLR_PLACE_MEMBERSHIP);
	else
	{
		level = stay->level != 0 ? list_make1_int(stay->level) : NIL;
		project = clr_scope_add_project(scope, facts, level, CLR_PLACE_PARTICIPATION);
		list_free(level);
	}
	project->is_member = true;
	project->way = own != NULL && scope->actor.member != 0 ? CLR_WAY_MEMBER : CLR_WAY_PARTNER;
}

static void
add_of_customer(Reading *reading, const Stay *stay, const ClrProjectFacts *facts)
{
	const Own *own = stay->own;
	ClrProject *project;

	if (!facts->portal)
		return;
	project = clr_scope_add_project(reading->scope, facts, own != NULL ? own->levels : NIL,
									CLR_PLACE_MEMBERSHIP);
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
	List *within = within_of(reading, true);
	List *open = NIL;
	ListCell *lc;

	if (within == NIL)
		return;
	clr_scope_order_projects(scope);
	foreach(lc, within)
	{
		const ClrProjectFacts *facts = lfirst(lc);

		if ((scope->audience != CLR_CUSTOMER || facts->portal) &&
			clr_scope_listed(scope, facts->id) == NULL)
			open = lappend(open, (void *) facts);
	}
	foreach(lc, open)
	{
		const ClrProjectFacts *facts = lfirst(lc);
		List *levels = opens_with(scope, facts);
		ClrProject *project;

		if (levels == NIL)
			continue;
		project = clr_scope_add_project(scope, facts, levels, CLR_PLACE_OPEN);
		project->is_member = true;
		project->way = CLR_WAY_OPEN;
		if (levels != facts->open_levels)
			list_free(levels);
	}
	list_free(open);
}

/*
 * The levels that a project opens with for those of the actor's audience, in their order:
 * what is known of it, if these are all.
 */
static List *
opens_with(const ClrScope *scope, const ClrProjectFacts *facts)
{
	List *levels = NIL;
	int count = 0;
	ListCell *lc;

	foreach(lc, facts->open_levels)
		count += is_for(scope, lfirst_int(lc));
	if (count == list_length(facts->open_levels))
		return facts->open_levels;
	foreach(lc, count > 0 ? facts->open_levels : NIL)
		if (is_for(scope, lfirst_int(lc)))
			levels = lappend_int(levels, lfirst_int(lc));
	return levels;
}

/* A level that the account does not know is for nobody. */
static bool
is_for(const ClrScope *scope, int32 level)
{
	const ClrLevel *known = clr_vocabulary_level(scope->vocabulary, level);

	return known != NULL && known->audience == scope->audience;
}

/*
 * One more project; levels: those that it names for the actor, if any, and where.
 */
ClrProject *
clr_scope_add_project(ClrScope *scope, const ClrProjectFacts *facts, const List *levels,
					  ClrPlace place)
{
	const ClrLevels *base = &scope->account_level->levels;
	const ClrProject *before = scope->projects == NIL ? NULL : llast(scope->projects);
	ClrProject *project = new_project(scope);

	*project = (ClrProject){ .id = facts->id,
							 .key = facts->key,
							 .archived = facts->archived,
							 .read_only = facts->read_only,
							 .client_upload = facts->client_upload,
							 .features_off = facts->features_off };
	if (levels == NIL || base->admin)
		project->levels = *base; /* nothing can demote an account_admin */
	else if (before != NULL && names_same(&before->levels, levels, place))
		project->levels = before->levels;
	else
		clr_scope_set_levels(scope, &project->levels, levels, place);
	scope->projects = lappend(scope->projects, project);
	return project;
}

static ClrProject *
new_project(ClrScope *scope)
{
	if (scope->spares == 0)
		return palloc(sizeof(ClrProject));
	scope->spares--;
	return scope->spare_projects++;
}

/* Whether these are the levels that are named there: neither has one twice. */
static bool
names_same(const ClrLevels *levels, const List *ids, ClrPlace place)
{
	if (levels->place != place || levels->count != list_length(ids))
		return false;
	for (int i = 0; i < levels->count; i++)
		if (!list_member_int(ids, levels->ids[i]))
			return false;
	return true;
}

/* By their ids, as they are looked for. */
void
clr_scope_order_projects(ClrScope *scope)
{
	for (int i = 1; i < list_length(scope->projects); i++)
		if (compare_projects(list_nth_cell(scope->projects, i - 1),
							 list_nth_cell(scope->projects, i)) > 0)
		{
			list_sort(scope->projects, compare_projects);
			return;
		}
}

static int
compare_projects(const ListCell *a, const ListCell *b)
{
	int64 one = ((const ClrProject *) lfirst(a))->id;
	int64 other = ((const ClrProject *) lfirst(b))->id;

	return (one > other) - (one < other);
}

/* A listed project; NULL: it is not among them. */
ClrProject *
clr_scope_listed(const ClrScope *scope, int64 id)
{
	int low = 0;
	int high = list_length(scope->projects);

	while (low < high)
	{
		int middle = (low + high) / 2;
		ClrProject *project = list_nth(scope->projects, middle);

		if (project->id == id)
			return project;
		if (project->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/*
 * A project opens with levels to vendor members who have no other way into
 * it: those whose project.view does not reach it. To others it is not open.
 */
static void
close_where_reached(ClrScope *scope, ClrProject *project)
{
	const List *open_levels = project->open_levels;
	ListCell *lc;

	if (open_levels == NIL)
		return;
	project->open_levels = NIL;
	if (project->levels.admin)
		return;
	foreach(lc, clr_scope_action(scope, "project", "view")->grants)
		if (clr_scope_reaches(scope, project, lfirst(lc)))
			return;
	project->open_levels = open_levels;
	if (!project->is_member)
		project->way = CLR_WAY_OPEN;
}
