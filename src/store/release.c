/*
 * release.c
 *		Whether the library goes with the extension's objects in a database.
 *
 * A new library comes with the files, new functions and tables with ALTER
 * EXTENSION UPDATE, database by database. In between, and in sessions that
 * loaded the library before, the one would decide by what it takes the other
 * to be. So it is an error to ask anything that needs both, until they are of
 * one version.
 *
 * State: whether they were in this session. Scripts of the extension replace
 * its functions, of which the server tells all sessions.
 */
#include "store/release.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "store/counters.h"

/* the Makefile has it from the control file */
#ifndef CLR_RELEASE
#error "CLR_RELEASE is not defined"
#endif

PG_FUNCTION_INFO_V1(clearance_library_version);
PG_FUNCTION_INFO_V1(clearance_moment);
PG_FUNCTION_INFO_V1(clearance_note_change);

static bool fits = false;

static void forget(Datum arg, int cache, uint32 hash);
static const char *remedy(const char *here);
static int compare_versions(const char *a, const char *b);
static char *version_here(void);
pg_noreturn static void refuse_retired(void);

void
clr_release_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, forget, (Datum) 0);
}

static void
forget(Datum arg, int cache, uint32 hash)
{
	fits = false;
}

/*
 * An error if the objects are of another version. Where there are none it is
 * for others to say so; while a script of the extension runs they are neither
 * the one nor the other.
 */
void
clr_release_check(void)
{
	char *version;

	if (fits ||
		(creating_extension && CurrentExtensionObject == get_extension_oid("pg_clearance", true)))
		return;
	fits = true; /* false again, if a message comes while the catalog is read */
	version = version_here();
	if (version == NULL)
		return;
	if (strcmp(version, CLR_RELEASE) != 0)
	{
		fits = false;
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), clr_count(CLR_ERROR_RELEASE),
			 errmsg(
				 "extension pg_clearance is of version %s in this database, its library of version %s",
				 version, CLR_RELEASE),
			 errhint("%s", remedy(version))));
	}
	pfree(version);
}

static const char *
remedy(const char *here)
{
	if (compare_versions(here, CLR_RELEASE) < 0)
		return "Run ALTER EXTENSION pg_clearance UPDATE in this database. If that was done, "
			   "connect again; a server that preloads the library must be restarted.";
	return "Connect again; a server that preloads the library must be restarted. If that was done, "
		   "install the files of the extension's version on this server first.";
}

/* Which of two versions is later, by the numbers in them: below, above or zero. */
static int
compare_versions(const char *a, const char *b)
{
	while (*a != '\0' || *b != '\0')
	{
		char *end_a;
		char *end_b;
		long number_a = strtol(a, &end_a, 10);
		long number_b = strtol(b, &end_b, 10);

		if (number_a != number_b)
			return number_a < number_b ? -1 : 1;
		a = end_a + (*end_a != '\0');
		b = end_b + (*end_b != '\0');
	}
	return 0;
}

/* The version of the extension in this database, or NULL. */
static char *
version_here(void)
{
	char *version = NULL;
	Relation relation = table_open(ExtensionRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("pg_clearance"));
	scan = systable_beginscan(relation, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (tuple != NULL)
	{
		bool isnull;
		Datum value =
			heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(relation), &isnull);

		Assert(!isnull); /* pg_extension.h */
		version = TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return version;
}

/* library_version() returns text: the version of the library that the session has loaded. */
Datum
clearance_library_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(CLR_RELEASE));
}

/*
 * What functions of earlier versions called, and those of this one do not any
 * more. pg_upgrade makes functions as they are in the old cluster, of which the
 * server wants to find the symbols (fmgr_c_validator(), pg_proc.c); ALTER
 * EXTENSION UPDATE drops them then.
 */
Datum
clearance_moment(PG_FUNCTION_ARGS)
{
	refuse_retired();
}

Datum
clearance_note_change(PG_FUNCTION_ARGS)
{
	refuse_retired();
}

static void
refuse_retired(void)
{
	clr_release_check();
	elog(ERROR, "function of an earlier version of pg_clearance");
}
