/*
 * version.h
 *		Whether permissions changed: what a cached scope is valid under.
 */
#ifndef CLR_VERSION_H
#define CLR_VERSION_H

#include "compat.h"

#include "utils/snapshot.h"

/* What a change is about; each kind has versions of its own. */
typedef enum ClrChange
{
	CLR_CHANGED_PEOPLE,	  /* who is who, and on which project */
	CLR_CHANGED_PROJECTS, /* what is true of projects for everybody; accounts */
	CLR_CHANGED_LEVELS,	  /* what levels grant */
} ClrChange;

#define CLR_CHANGES 3

/* A transaction that changed something. */
typedef struct ClrNote
{
	ClrChange what;
	uint64 changed_by;
} ClrNote;

/* The transactions that last changed permissions, in ascending order. */
typedef struct ClrVersion
{
	int count; /* zero: unknown, nothing is valid under it */
	int capacity;
	ClrNote *notes;
} ClrVersion;

extern void clr_version_init(void);
extern void clr_version_read(ClrVersion *version, Snapshot snapshot);
extern void clr_version_read_current(ClrVersion *version);
extern void clr_version_copy(ClrVersion *to, const ClrVersion *from, MemoryContext context);
extern void clr_version_renew(ClrVersion *to, const ClrVersion *from, MemoryContext context);
extern bool clr_version_identical(const ClrVersion *a, const ClrVersion *b);
extern bool clr_version_equal(const ClrVersion *a, const ClrVersion *b);
extern bool clr_version_same(const ClrVersion *a, const ClrVersion *b, ClrChange what);
extern bool clr_version_changed_here(ClrChange what);
extern bool clr_version_changed_any(void);

#endif /* CLR_VERSION_H */
