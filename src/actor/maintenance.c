/*
 * maintenance.c
 *		The role that maintains its tables, for the length of a transaction.
 *
 * The setting clearance.maintainer holds its OID. clearance.maintenance() alone puts one
 * there (enforce/maintain.c), until the transaction ends: no SET, function's SET clause,
 * ALTER ROLE or file does, of superusers neither. Being a setting, it obeys savepoints and
 * rollback, and parallel workers have it.
 *
 * It says only that somebody maintains. Whether a statement does is found when it starts
 * (clr_frame_maintains()).
 *
 * Plans made meanwhile test each row by itself (plan/simplify.c), and none made before
 * serves: all of the session are made anew when it begins and when it ends.
 *
 * State: `setting`, and `role`, what it says, written by the assign hook alone; `may_begin`,
 * while clr_maintenance_set() sets it.
 */
#include "actor/maintenance.h"

#include "access/parallel.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/plancache.h"

#include "actor/hold.h"

static char *setting = NULL;
static Oid role = InvalidOid;
static bool may_begin = false;

static bool check_maintainer(char **newval, void **extra, GucSource source);
static void assign_maintainer(const char *newval, void *extra);

void
clr_maintenance_init(void)
{
	DefineCustomStringVariable("clearance.maintainer",
							   "The role that maintains its tables in this transaction.",
							   "Set by clearance.maintenance().", &setting, "", PGC_SUSET,
							   GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
							   check_maintainer, assign_maintainer, NULL);
}

static bool
check_maintainer(char **newval, void **extra, GucSource source)
{
	if (!clr_hold_allows(*newval, setting))
		return false;
	/* workers get it while they begin (RestoreGUCState(), guc.c) */
	if (**newval == '\0' || may_begin || InitializingParallelWorker)
		return true;
	GUC_check_errhint("Call clearance.maintenance().");
	return false;
}

static void
assign_maintainer(const char *newval, void *extra)
{
	Oid now = *newval != '\0' ? (Oid) strtoul(newval, NULL, 10) : InvalidOid;

	if (now != role)
		ResetPlanCache();
	role = now;
}

/* Who maintains by the setting of this moment; invalid: nobody. */
Oid
clr_maintenance_role(void)
{
	return role;
}

/* Whether what the current user starts now is maintenance, of tables that it owns. */
bool
clr_maintenance_is_on(void)
{
	return OidIsValid(role) && role == GetUserId();
}

/* Until the transaction ends; invalid: from here on nobody does. */
void
clr_maintenance_set(Oid maintainer)
{
	char value[16] = "";

	if (OidIsValid(maintainer))
		snprintf(value, sizeof(value), "%u", maintainer);
	may_begin = true;
	PG_TRY();
	{
		(void) set_config_option("clearance.maintainer", value, PGC_SUSET, PGC_S_SESSION,
								 GUC_ACTION_LOCAL, true, 0, false);
	}
	PG_FINALLY();
	{
		may_begin = false;
	}
	PG_END_TRY();
}
