/*
 * kept.h
 *		What was read of permissions, and is kept while it holds.
 */
#ifndef CLR_KEPT_H
#define CLR_KEPT_H

#include "compat.h"

#include "store/stamp.h"

/* Head of something that lives in a context of its own. */
typedef struct ClrKept
{
	MemoryContext context;
	int users;					/* the last one to let go frees it */
	ClrStamp stamp;				/* with what it depends on */
	LocalTransactionId read_in; /* under SERIALIZABLE, where there is no version */
	uint64 still; /* while nothing changes, see clr_kept_begin_still(); zero: not then */
	bool retired; /* the session uses it no more */
} ClrKept;

extern void clr_kept_init(void);
extern void *clr_kept_new(const char *name, Size size, const ClrVersion *version);
extern void clr_kept_settle(ClrKept *kept);
extern bool clr_kept_holds(ClrKept *kept, const ClrVersion *version);
extern Size clr_kept_bytes(const ClrKept *kept);
extern void clr_kept_use(ClrKept *kept);
extern void clr_kept_release(ClrKept *kept);
extern void clr_kept_retire(ClrKept *kept);
extern uint64 clr_kept_retirements(void);
extern void clr_kept_begin_still(void);
extern void clr_kept_end_still(void);
extern bool clr_kept_is_still(void);
extern bool clr_kept_is_of_use(ClrChange what);

#endif /* CLR_KEPT_H */
