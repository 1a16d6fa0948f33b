/*
 * progress.h
 *		How far an answer is that takes long.
 */
#ifndef CLR_PROGRESS_H
#define CLR_PROGRESS_H

#include "compat.h"

#include "datatype/timestamp.h"

typedef struct ClrProgress
{
	const char *what; /* the question, and what is gone through, for people */
	const char *units;
	int64 done;
	int64 all;
	TimestampTz told; /* when it was told last, or began */
} ClrProgress;

extern void clr_progress_init(void);
extern ClrProgress clr_progress_begin(const char *what, const char *units, int64 all);
extern void clr_progress_step(ClrProgress *progress);

#endif /* CLR_PROGRESS_H */
