/*
 * worker.c
 *		What parallel workers are told of the query that they work for.
 *
 * A worker has the leader's settings, session user, transaction and snapshot
 * (access/transam/parallel.c), so it finds actor and scope as the leader did:
 * from the same settings, under the same snapshot. It does not know when the
 * leader's statement began, and it must not act for anybody else. So the leader
 * puts both, the time and its actor, into a setting of ours while the query
 * runs; what the worker finds must be that actor, or it fails (resolve() in
 * frame.c). If the setting is blank, the leader has no frame: then queries
 * within act by the settings of the moment, there and here.
 *
 * The setting is nobody's to set: PGC_SUSET, and what a superuser puts there
 * is replaced, or in a worker makes an error at worst.
 */
#include "frame/worker.h"

#include "access/parallel.h"
#include "utils/guc.h"

#define SETTING "clearance.leader"

static char *setting = NULL;

void
clr_worker_init(void)
{
	DefineCustomStringVariable(SETTING, "What parallel workers are told of the query.",
							   "Set by queries that start them.", &setting, "", PGC_SUSET,
							   GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL,
							   NULL, NULL);
}

/*
 * A query begins that may have workers; NULL: it has no frame. Returns what
 * to pass to clr_worker_told() at its end; an error needs no clean-up, as for
 * a function's SET clause (fmgr_security_definer(), fmgr.c).
 */
int
clr_worker_tell(const ClrLeader *leader)
{
	int level = NewGUCNestLevel();
	char value[128] = "";

	if (leader != NULL)
		snprintf(value, sizeof(value), INT64_FORMAT " %d " INT64_FORMAT " " INT64_FORMAT,
				 leader->started, leader->resolved, leader->actor.member, leader->actor.partner);
	(void) set_config_option(SETTING, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
	return level;
}

void
clr_worker_told(int level)
{
	AtEOXact_GUC(true, level);
}

/*
 * In a worker: what the leader told; false if it has no frame.
 */
bool
clr_worker_leader(ClrLeader *leader)
{
	int resolved;

	if (!IsParallelWorker())
		return false;
	if (*setting == '\0')
		return false;
	if (sscanf(setting, INT64_FORMAT " %d " INT64_FORMAT " " INT64_FORMAT, &leader->started,
			   &resolved, &leader->actor.member, &leader->actor.partner) != 4)
		elog(ERROR, "the parallel worker does not understand \"%s\"", setting);
	leader->resolved = resolved != 0;
	return true;
}
