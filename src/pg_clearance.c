/*
 * pg_clearance.c
 *		Access levels and visibility, computed inside PostgreSQL.
 *
 * Entry point: inits in their order, and the warning where they come late. See
 * src/README.md for the life of a query and the rooms.
 */
#include "compat.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"

#include "actor/actor.h"
#include "actor/maintenance.h"
#include "enforce/condition.h"
#include "enforce/progress.h"
#include "frame/frame.h"
#include "guard/citus.h"
#include "guard/ddl.h"
#include "rule/binding.h"
#include "store/catalog.h"
#include "hooks.h"
#include "actor/token.h"
#include "frame/bound.h"
#include "frame/worker.h"
#include "guard/masked.h"
#include "guard/calls.h"
#include "guard/secrecy.h"
#include "plan/set_estimate.h"
#include "plan/known.h"
#include "plan/promote.h"
#include "plan/refused.h"
#include "plan/simplify.h"
#include "scope/scope_cache.h"
#include "store/kept.h"
#include "store/moment.h"
#include "store/plans.h"
#include "store/refusal.h"
#include "store/release.h"
#include "store/replica.h"
#include "store/places.h"
#include "store/touched.h"
#include "store/version.h"
#include "store/version_page.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

static void warn_that_late(void);

void
_PG_init(void)
{
	/* preloaded libraries, also those of session_preload_libraries, come before any query */
	bool late = !process_shared_preload_libraries_in_progress &&
				(AmBackgroundWorkerProcess() || debug_query_string != NULL);

	clr_release_init();
	clr_catalog_init();
	clr_refusal_init();
	clr_actor_init();
	clr_token_init();
	clr_maintenance_init();
	clr_frame_init(late);
	clr_bound_init();
	clr_kept_init();
	clr_places_init();
	clr_worker_init();
	clr_scope_cache_init();
	clr_secrecy_init();
	clr_moment_init();
	clr_replica_init();
	clr_set_estimate_init();
	clr_simplify_init();
	clr_known_init();
	clr_promote_init();
	clr_refused_init();
	clr_plans_init();
	clr_calls_init();
	clr_citus_init();
	clr_masked_init();
	clr_ddl_init();
	clr_progress_init();
	MarkGUCPrefixReserved("clearance");
	clr_version_init();
	clr_touched_init();
	clr_version_page_init();
	clr_binding_init();
	clr_condition_init();
	/* pg_upgrade makes tables as some version declared them; none but superusers connect (InitPostgres()) */
	if (!IsBinaryUpgrade)
		clr_hooks_init();
	if (late && !AmBackgroundWorkerProcess())
		warn_that_late();
}

/*
 * Loaded by a query that calls a function of the library.
 */
static void
warn_that_late(void)
{
	ereport(WARNING,
			(errmsg("pg_clearance is not preloaded"),
			 errdetail("Policies hold. But until a session has loaded the library, EXPLAIN is not "
					   "refused to partners and customers, and neither are tables whose restore is "
					   "not complete."),
			 errhint("Add it to shared_preload_libraries or session_preload_libraries.")));
}
