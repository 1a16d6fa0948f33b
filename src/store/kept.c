/*
 * kept.c
 *		What was read of permissions, and is kept while it holds.
 *
 * It holds for every snapshot that sees nothing else of what it depends on (stamp.c),
 * and what is read into it later is read under such a snapshot. A SERIALIZABLE
 * transaction has no version and uses what it read itself: the server must
 * know that it depends on those rows. A transaction that changed something sees
 * states without a version, and uses nothing that is kept, but while it says that
 * nothing changes any more and all is read under one snapshot.
 *
 * Lifetime: each has a memory context and counts its users. It begins in the
 * current context, so that an error while it is read leaves nothing behind,
 * and with one user.
 *
 * State: `still`, from clr_kept_begin_still() to clr_kept_end_still(), which the
 * caller must reach after errors too.
 */
#include "store/kept.h"

#include "storage/proc.h"
#include "utils/memutils.h"

/* A session may keep thousands: small blocks, so that little of the last one is left over. */
#define KEPT_SIZES 0, 1024, 2048

static MemoryContext kept_context = NULL;

/* Which time in which nothing changes this is; zero: it is none. */
static uint64 still = 0;
static uint64 last_still = 0;

static uint64 retirements = 0;

void
clr_kept_init(void)
{
	kept_context =
		AllocSetContextCreate(TopMemoryContext, "clearance permissions", ALLOCSET_DEFAULT_SIZES);
}

/*
 * Something of this size, which begins with a ClrKept. `name` is for whoever
 * looks at memory contexts, a constant.
 */
void *
clr_kept_new(const char *name, Size size, const ClrVersion *version)
{
	MemoryContext context = AllocSetContextCreateInternal(CurrentMemoryContext, name, KEPT_SIZES);
	ClrKept *kept = MemoryContextAllocZero(context, size);

	kept->context = context;
	kept->users = 1;
	kept->read_in = CLR_LOCAL_XID;
	kept->still = still;
	clr_stamp_begin(&kept->stamp, version, context);
	return kept;
}

/* It was read: it outlives the current context. */
void
clr_kept_settle(ClrKept *kept)
{
	MemoryContextSetParent(kept->context, kept_context);
}

/*
 * Whether all that this depends on is for the active snapshot, which sees `version`,
 * as it was when this was read.
 */
bool
clr_kept_holds(ClrKept *kept, const ClrVersion *version)
{
	if (still != 0 || kept->still != 0)
		return kept->still == still;
	if (version->count == 0)
		return kept->stamp.version.count == 0 && kept->read_in == CLR_LOCAL_XID;
	return clr_stamp_holds(&kept->stamp, version);
}

Size
clr_kept_bytes(const ClrKept *kept)
{
	return MemoryContextMemAllocated(kept->context, true);
}

void
clr_kept_use(ClrKept *kept)
{
	kept->users++;
}

void
clr_kept_release(ClrKept *kept)
{
	if (--kept->users == 0)
		MemoryContextDelete(kept->context);
}

/*
 * The session lets go of it, and takes another one in its place. What was made of it
 * and is kept as well would keep it, too: that is let go with it.
 */
void
clr_kept_retire(ClrKept *kept)
{
	kept->retired = true;
	retirements++;
	clr_kept_release(kept);
}

/* How often that happened. */
uint64
clr_kept_retirements(void)
{
	return retirements;
}

/*
 * From here on, until the next call or clr_kept_end_still(), nothing changes, and
 * all is read under one snapshot: what was read since is used again, and nothing else.
 */
void
clr_kept_begin_still(void)
{
	still = ++last_still;
}

void
clr_kept_end_still(void)
{
	still = 0;
}

bool
clr_kept_is_still(void)
{
	return still != 0;
}

/* Whether what is kept of a kind may be used again, if it holds. */
bool
clr_kept_is_of_use(ClrChange what)
{
	return still != 0 || !clr_version_changed_here(what);
}
