/*
 * watch.c
 *		Settings of others that say who acts: hearing when they change.
 *
 * A login may be mapped to a setting that its application makes up, as REST
 * servers do (request.jwt.claims). Plans for a class of rights must go when it
 * changes, by SET, set_config(), a function's SET clause, or the end of a
 * transaction or savepoint. For settings of our own the server calls assign
 * hooks, at each of these moments. A setting that nobody defined has room for
 * one, and so has one that its owner does without; there ours is put. The
 * server has no function for that, but shows its settings (get_guc_variables(),
 * guc_tables.h; sorted by name, see find_option() in guc.c).
 *
 * Should a library define the setting later, it gets another entry, and the
 * hook is put there when somebody acts by it again. What is not heard in between
 * costs an error: a plan for other rights refuses to run.
 *
 * State: in the server's entry for the setting.
 */
#include "actor/watch.h"

#include "utils/guc.h"
#include "utils/guc_tables.h"

#include "store/plans.h"

static int compare_name(const void *name, const void *entry);
static void note_change(const char *newval, void *extra);

/* Whether plans are told to go from now on when a setting changes. */
bool
clr_watch_setting(const char *name)
{
	struct config_generic **entry =
		bsearch(name, get_guc_variables(), GetNumConfigOptions(), sizeof(*entry), compare_name);
	struct config_string *setting = entry == NULL ? NULL : (struct config_string *) *entry;

	if (setting == NULL || setting->gen.vartype != PGC_STRING)
		return false;
	if (setting->assign_hook == NULL)
		setting->assign_hook = note_change;
	return setting->assign_hook == note_change;
}

static int
compare_name(const void *name, const void *entry)
{
	return pg_strcasecmp(name, (*(struct config_generic *const *) entry)->name);
}

/* Assign hook: must not fail. */
static void
note_change(const char *newval, void *extra)
{
	clr_plans_forget();
}
