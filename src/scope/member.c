/*
 * member.c
 *		A member's own row.
 *
 * set_actor() looks whether there is such a member, and the next statement reads what it
 * is: so the last one is remembered while nothing of who is who changes (version.c).
 * Nothing is of a transaction that has changed some of it, or of one without a version.
 *
 * State: the member that was read last, and a version under which that holds.
 */
#include "scope/member.h"

#include "utils/memutils.h"

#include "store/rows.h"

static ClrMember last; /* its id is zero: none */
static ClrVersion last_under;
static MemoryContext context = NULL;

static bool read_member(int64 id);

/*
 * The member with an id, as the active snapshot, which sees `version`, has it; or NULL. It
 * stays until the next one is asked for.
 */
const ClrMember *
clr_member_find(int64 id, const ClrVersion *version)
{
	bool may_remember = version->count > 0 && !clr_version_changed_here(CLR_CHANGED_PEOPLE);

	if (id == 0)
		return NULL;
	if (may_remember && last.id == id && clr_version_same(&last_under, version, CLR_CHANGED_PEOPLE))
		return &last;
	last_under.count = 0;
	if (!read_member(id))
		return NULL;
	if (may_remember)
		clr_version_renew(&last_under, version, TopMemoryContext);
	return &last;
}

static bool
read_member(int64 id)
{
	MemoryContext caller;
	ClrRows rows;

	last.id = 0;
	if (context == NULL)
		context = AllocSetContextCreate(TopMemoryContext, "clearance member", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(context);
	if (!clr_rows_one(&rows, CLR_MEMBER_BY_ID, id))
		return false;
	caller = MemoryContextSwitchTo(context);
	last.account = clr_rows_int64(&rows, MEMBER_ACCOUNT);
	last.partner = clr_rows_int64(&rows, MEMBER_PARTNER);
	last.customer = clr_rows_int64(&rows, MEMBER_CUSTOMER);
	last.partner_admin = clr_rows_bool(&rows, MEMBER_PARTNER_ADMIN);
	last.status = clr_rows_text(&rows, MEMBER_STATUS);
	last.key = clr_rows_text(&rows, MEMBER_KEY);
	last.id = id;
	MemoryContextSwitchTo(caller);
	clr_rows_end(&rows);
	return true;
}
