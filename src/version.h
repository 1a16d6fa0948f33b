/*
 * version.h
 *		Whether permissions changed: what a cached scope is valid under.
 */
#ifndef CLR_VERSION_H
#define CLR_VERSION_H

#include "compat.h"

#include "utils/snapshot.h"

/* The transactions that last changed permissions, in ascending order. */
typedef struct ClrVersion
{
	int count; /* zero: unknown, nothing is valid under it */
	int capacity;
	uint64 *changes;
} ClrVersion;

extern void clr_version_init(void);
extern void clr_version_read(ClrVersion *version, Snapshot snapshot);
extern void clr_version_copy(ClrVersion *to, const ClrVersion *from, MemoryContext context);
extern bool clr_version_equal(const ClrVersion *a, const ClrVersion *b);
extern bool clr_version_changed_here(void);

#endif /* CLR_VERSION_H */
