/*
 * ddl.c
 *		Event trigger that keeps protection from being switched off.
 *
 * Row security and the extension's triggers stay on while a table is
 * protected; unprotect() is the way to take them off. The statement's parse
 * tree tells what it asks for, which the catalog afterwards does not: during a
 * restore tables have bindings before row security is enabled on them.
 */
#include "compat.h"

#include "catalog/namespace.h"
#include "commands/event_trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "binding.h"
#include "ddl.h"
#include "hooks.h"

PG_FUNCTION_INFO_V1(clearance_refuse_ddl);
PG_FUNCTION_INFO_V1(clearance_is_preloaded);

/* Set by the functions of protect.sql while they alter tables themselves. */
static bool maintaining = false;

void
clr_ddl_init(void)
{
	DefineCustomBoolVariable("clearance.maintaining",
							 "The extension is altering a protected table itself.", NULL,
							 &maintaining, false, PGC_SUSET,
							 GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, NULL, NULL,
							 NULL);
}

/* What the command would switch off, or NULL. */
static const char *
switched_off(const AlterTableCmd *command)
{
	switch (command->subtype)
	{
		case AT_DisableRowSecurity:
			return "disable row security of";
		case AT_NoForceRowSecurity:
			return "no longer force row security of";
		case AT_DisableTrig:
		case AT_EnableReplicaTrig:
			if (strncmp(command->name, CLR_TRIGGER_PREFIX, strlen(CLR_TRIGGER_PREFIX)) == 0)
				return "disable the triggers of";
			return NULL;
		case AT_DisableTrigAll:
		case AT_DisableTrigUser:
			return superuser() ? NULL : "disable the triggers of";
		default:
			return NULL;
	}
}

/*
 * refuse_ddl(): event trigger on ddl_command_start for ALTER TABLE.
 */
Datum
clearance_refuse_ddl(PG_FUNCTION_ARGS)
{
	EventTriggerData *trigger;
	AlterTableStmt *statement;
	ListCell *lc;
	Oid relid = InvalidOid;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		elog(ERROR, "refuse_ddl is an event trigger");
	trigger = (EventTriggerData *) fcinfo->context;
	statement = (AlterTableStmt *) trigger->parsetree;
	if (maintaining || !IsA(statement, AlterTableStmt) || statement->relation == NULL)
		PG_RETURN_NULL();

	foreach(lc, statement->cmds)
	{
		const char *what = switched_off(lfirst_node(AlterTableCmd, lc));

		if (what == NULL)
			continue;
		if (!OidIsValid(relid))
			relid = RangeVarGetRelid(statement->relation, NoLock, true);
		if (OidIsValid(relid) && clr_binding_of_relation(relid) != 0)
			ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE),
							errmsg("cannot %s \"%s\": it is protected", what, get_rel_name(relid)),
							errhint("Use clearance.unprotect() to end its protection.")));
	}
	PG_RETURN_NULL();
}

/*
 * is_preloaded() returns boolean: whether the library was loaded before this
 * session's first statement, so that the seal was in place for all of them.
 */
Datum
clearance_is_preloaded(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(clr_hooks_preloaded());
}
