/*
 * company.c
 *		What is true of a partner or a customer for everybody who is of it.
 *
 * Whether it is active, its level, and the projects that it is on: who of it is new to a
 * session finds there what another one has read. It is made of its own row and those
 * that say where it is, and depends on nothing else (CLR_ABOUT_PARTNER,
 * CLR_ABOUT_CUSTOMER). Scopes copy what they need while they are loaded.
 *
 * Lifetime: the session keeps some of an account with what is true of its projects, and
 * their memory counts as that of these; one lasts until another takes its place, or it
 * holds no more, or they become too large. What a transaction reads after it has changed
 * who is who serves one scope.
 */
#include "scope/company.h"

#include "utils/memutils.h"

/* So many of an account, each in the place that its id has. */
#define COMPANIES 64

static ClrCompany **place_of(ClrProjects *projects, ClrAudience audience, int64 id);
static bool
is_there(ClrCompany *const *place, const ClrVersion *version, ClrAudience audience, int64 id);
static ClrCompany *
read_company(const ClrVersion *version, ClrAudience audience, int64 id, bool is_lasting);
static void forget(ClrCompany **place);
static void forget_all(ClrProjects *projects, const ClrCompany *but);

/*
 * A company of the account whose projects these are, for the active snapshot, which sees
 * `version`; an error if there is none. It stays while a scope is loaded: let go of it
 * then.
 */
ClrCompany *
clr_company_find(ClrProjects *projects, const ClrVersion *version, ClrAudience audience, int64 id)
{
	ClrCompany **place = place_of(projects, audience, id);
	ClrCompany *company;

	if (clr_projects_are_large(projects))
		forget_all(projects, NULL);
	if (!clr_kept_is_of_use(CLR_CHANGED_PEOPLE) || clr_projects_are_large(projects))
		return read_company(version, audience, id, false);
	if (is_there(place, version, audience, id))
		return *place;
	company = read_company(version, audience, id, true);
	if (*place != NULL)
		forget(place);
	MemoryContextSetParent(company->kept.context, projects->kept.context);
	*place = company;
	return company;
}

static ClrCompany **
place_of(ClrProjects *projects, ClrAudience audience, int64 id)
{
	if (projects->companies == NULL)
		projects->companies =
			MemoryContextAllocZero(projects->kept.context, COMPANIES * sizeof(ClrCompany *));
	return &projects->companies[((uint64) id * 2 + audience) % COMPANIES];
}

static bool
is_there(ClrCompany *const *place, const ClrVersion *version, ClrAudience audience, int64 id)
{
	return *place != NULL && (*place)->audience == audience && (*place)->id == id &&
		   clr_kept_holds(&(*place)->kept, version);
}

/*
 * A scope of somebody of it was loaded, and its stamp read: the company's needs the same parts,
 * and is taken to depend on everything until it has them.
 */
void
clr_company_stamp(ClrProjects *projects, const ClrVersion *version, ClrAudience audience, int64 id)
{
	ClrCompany **place = place_of(projects, audience, id);

	if (is_there(place, version, audience, id) && (*place)->kept.stamp.asked.count > 0)
		clr_stamp_read(&(*place)->kept.stamp);
}

static ClrCompany *
read_company(const ClrVersion *version, ClrAudience audience, int64 id, bool is_lasting)
{
	bool is_partner = audience == CLR_PARTNER;
	ClrCompany *company = clr_kept_new("clearance company", sizeof(ClrCompany), version);
	ClrRows rows;

	company->is_lasting = is_lasting;
	company->audience = audience;
	company->id = id;
	if (!clr_rows_one(&rows, is_partner ? CLR_PARTNER_BY_ID : CLR_CUSTOMER_BY_ID, id))
		elog(ERROR, "company " INT64_FORMAT " does not exist", id);
	company->active = clr_rows_bool(&rows, COMPANY_ACTIVE);
	if (is_partner)
		company->level = clr_rows_int32(&rows, COMPANY_LEVEL);
	clr_rows_end(&rows);
	clr_stamp_add(&company->kept.stamp, is_partner ? CLR_ABOUT_PARTNER : CLR_ABOUT_CUSTOMER, id);
	return company;
}

static void
forget(ClrCompany **place)
{
	ClrCompany *company = *place;

	*place = NULL;
	clr_kept_release(&company->kept);
}

/*
 * The projects that it is on, in force or not.
 */
void
clr_company_read_stays(ClrProjects *projects, ClrCompany *company)
{
	int room = 0;
	ClrRows rows;

	if (company->stays_known)
		return;
	company->stay_count = 0; /* an error may have left some */
	clr_rows_begin(&rows,
				   company->audience == CLR_PARTNER ? CLR_PROJECTS_OF_PARTNER :
													  CLR_PROJECTS_OF_CUSTOMER,
				   &company->id);
	while (clr_rows_next(&rows))
	{
		MemoryContext caller = MemoryContextSwitchTo(company->kept.context);

		if (company->stay_count == room)
		{
			room = Max(room * 2, 16);
			company->stays = room == 16 ? palloc(room * sizeof(ClrStay)) :
										  repalloc_huge(company->stays, room * sizeof(ClrStay));
		}
		company->stays[company->stay_count++] = clr_company_stay(&rows, company->audience);
		MemoryContextSwitchTo(caller);
	}
	clr_rows_end(&rows);
	if (company->stay_count > 0)
		company->stays = repalloc_huge(company->stays, company->stay_count * sizeof(ClrStay));
	company->stays_known = true;
	clr_projects_weigh(projects);
	if (company->is_lasting && clr_projects_are_large(projects))
		forget_all(projects, company);
}

/* One of them, as the present row says; in the current context. */
ClrStay
clr_company_stay(const ClrRows *rows, ClrAudience audience)
{
	ClrStay stay = { .project = clr_rows_int64(rows, ON_PROJECT) };
	TimestampTz begin = clr_rows_timestamptz(rows, ON_PROJECT_STARTS);
	TimestampTz end = clr_rows_timestamptz(rows, ON_PROJECT_ENDS);

	if (audience == CLR_PARTNER)
		stay.level = clr_rows_int32(rows, ON_PROJECT_LEVEL);
	if (!TIMESTAMP_IS_NOBEGIN(begin) || !TIMESTAMP_IS_NOEND(end))
	{
		TimestampTz *moments = palloc(2 * sizeof(TimestampTz));

		moments[0] = begin;
		moments[1] = end;
		stay.moments = moments;
	}
	return stay;
}

/* All but one, or (NULL) all. */
static void
forget_all(ClrProjects *projects, const ClrCompany *but)
{
	for (int i = 0; i < COMPANIES; i++)
		if (projects->companies[i] != NULL && projects->companies[i] != but)
			forget(&projects->companies[i]);
	clr_projects_weigh(projects);
}

/* A scope was loaded. */
void
clr_company_let_go(ClrCompany *company)
{
	if (!company->is_lasting)
		clr_kept_release(&company->kept);
}
