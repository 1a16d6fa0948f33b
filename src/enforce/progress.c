/*
 * progress.c
 *		How far an answer is that takes long.
 *
 * Answers about everybody, or every table, tell their client with notices, now and
 * then, and end when they are cancelled.
 *
 * State: the setting clearance.progress.
 */
#include "enforce/progress.h"

#include <limits.h>

#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

static int interval = 5000;

void
clr_progress_init(void)
{
	DefineCustomIntVariable("clearance.progress",
							"How often an answer that takes long tells how far it is.",
							"0 after each step, -1 never.", &interval, 5000, -1, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
}

ClrProgress
clr_progress_begin(const char *what, const char *units, int64 all)
{
	return (ClrProgress){ .what = what, .units = units, .all = all, .told = GetCurrentTimestamp() };
}

/* One more is done. */
void
clr_progress_step(ClrProgress *progress)
{
	TimestampTz now = GetCurrentTimestamp();

	CHECK_FOR_INTERRUPTS();
	progress->done++;
	if (interval < 0 || !TimestampDifferenceExceeds(progress->told, now, interval))
		return;
	progress->told = now;
	ereport(NOTICE, (errmsg("%s: " INT64_FORMAT " of " INT64_FORMAT " %s", progress->what,
							progress->done, progress->all, progress->units)));
}
