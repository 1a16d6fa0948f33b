/*
 * acting.h
 *		A member who acts as somebody else.
 */
#ifndef CLR_ACTING_H
#define CLR_ACTING_H

#include "compat.h"

#include "datatype/timestamp.h"

#include "store/version.h"
#include "store/who.h"

typedef struct ClrActing
{
	int64 asker;  /* the member who really acts, if there is a target */
	int64 target; /* as whom it acts; zero: as itself */
	bool writes;  /* it may write as that one */
} ClrActing;

extern void clr_acting_init(void);
extern const ClrActing *clr_acting_setting(void);
extern void clr_acting_set(const ClrActing *acting);
extern ClrActor clr_acting_resolve(const ClrActing *acting, ClrActor asker,
								   const ClrVersion *version, TimestampTz at);

static inline bool
clr_acting_equal(const ClrActing *a, const ClrActing *b)
{
	return a->asker == b->asker && a->target == b->target && a->writes == b->writes;
}

#endif /* CLR_ACTING_H */
