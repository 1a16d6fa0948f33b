/*
 * moment.c
 *		When a date or time of the application is.
 *
 * Dates and timestamps without time zone are read in the zone of the setting
 * clearance.time_zone, for everybody: the session's own zone is the reader's to
 * choose. What a timestamp cannot hold is infinitely far away.
 *
 * State: the zone, written by the setting's assign hook alone. Parallel workers
 * are given the setting like any other.
 */
#include "store/moment.h"

#include "catalog/pg_type.h"
#include "pgtime.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

static char *zone_name = NULL;
static pg_tz *zone = NULL;

static bool check_zone(char **value, void **extra, GucSource source);
static void assign_zone(const char *value, void *extra);
static TimestampTz moment_of_local(Timestamp local);

void
clr_moment_init(void)
{
	DefineCustomStringVariable("clearance.time_zone",
							   "Time zone of dates and timestamps that are without one.",
							   "It says when a row is published and a mirrored membership counts, "
							   "whatever the session's TimeZone.",
							   &zone_name, "UTC", PGC_SUSET, 0, check_zone, assign_zone, NULL);
}

/* A zone that the server knows and calculates with, as check_timezone() asks (variable.c). */
static bool
check_zone(char **value, void **extra, GucSource source)
{
	pg_tz *found = pg_tzset(*value);

	if (found == NULL)
	{
		GUC_check_errdetail("There is no time zone \"%s\"; pg_timezone_names lists those known.",
							*value);
		return false;
	}
	if (!pg_tz_acceptable(found))
	{
		GUC_check_errdetail("Time zone \"%s\" has leap seconds, which the server does not know.",
							*value);
		return false;
	}
	*extra = guc_malloc(LOG, sizeof(pg_tz *)); /* the server frees it */
	if (*extra == NULL)
		return false;
	*((pg_tz **) *extra) = found;
	return true;
}

static void
assign_zone(const char *value, void *extra)
{
	zone = *((pg_tz **) extra);
}

/*
 * The moment of a value; a date begins then. Beyond what a timestamp can hold:
 * infinity, or minus infinity.
 */
TimestampTz
clr_moment(Datum value, Oid type)
{
	int overflow;

	switch (type)
	{
		case TIMESTAMPTZOID:
			return DatumGetTimestampTz(value);
		case TIMESTAMPOID:
			return moment_of_local(DatumGetTimestamp(value));
		case DATEOID:
			return moment_of_local(date2timestamp_opt_overflow(DatumGetDateADT(value), &overflow));
		default:
			elog(ERROR, "type %u is no time", type);
	}
}

static TimestampTz
moment_of_local(Timestamp local)
{
	struct pg_tm tm;
	fsec_t fraction;
	TimestampTz moment;

	if (TIMESTAMP_NOT_FINITE(local))
		return local;
	if (timestamp2tm(local, NULL, &tm, &fraction, NULL, NULL) != 0)
		elog(ERROR, "timestamp out of range");
	moment = local + (int64) DetermineTimeZoneOffset(&tm, zone) * USECS_PER_SEC;
	if (IS_VALID_TIMESTAMP(moment))
		return moment;
	return moment < MIN_TIMESTAMP ? DT_NOBEGIN : DT_NOEND;
}
