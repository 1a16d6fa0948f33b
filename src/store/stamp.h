/*
 * stamp.h
 *		Under which versions something that is kept holds.
 */
#ifndef CLR_STAMP_H
#define CLR_STAMP_H

#include "compat.h"

#include "store/topic.h"
#include "store/version.h"

typedef struct ClrStamp
{
	MemoryContext context;
	ClrVersion version;	 /* one under which it holds */
	ClrTopicNotes asked; /* of the parts that it depends on, until they are read */
	ClrTopicNotes notes; /* as they were; none: it depends on everything */
} ClrStamp;

extern void clr_stamp_begin(ClrStamp *stamp, const ClrVersion *version, MemoryContext context);
extern void clr_stamp_add(ClrStamp *stamp, ClrTopic topic, int64 id);
extern void clr_stamp_read(ClrStamp *stamp);
extern bool clr_stamp_holds(ClrStamp *stamp, const ClrVersion *version);

#endif /* CLR_STAMP_H */
