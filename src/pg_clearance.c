/*
 * pg_clearance.c
 *		Access levels and visibility, computed inside PostgreSQL.
 *
 * Entry point; see src/README.md for the life of a query and the layer map.
 */
#include "compat.h"

#include "fmgr.h"
#include "utils/guc.h"

#include "actor.h"
#include "binding.h"
#include "ddl.h"
#include "hooks.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	clr_actor_init();
	clr_ddl_init();
	MarkGUCPrefixReserved("clearance");
	clr_binding_init();
	clr_hooks_init();
}
