/*
 * ddl.c
 *		Event triggers that keep protection from being switched off, and
 *		declarations what they were when something is renamed.
 *
 * Row security and the extension's triggers stay on while a table is
 * protected; unprotect() is the way to take them off. The triggers of the
 * extension's own tables stay on always. The statement's parse tree tells what it
 * asks for, which the catalog afterwards does not: during a restore tables have
 * bindings before row security is enabled on them.
 *
 * State: the setting clearance.maintaining, on while the extension itself alters
 * a table.
 */
#include "compat.h"

#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

#include "guard/ddl.h"
#include "rule/binding.h"
#include "store/catalog.h"
#include "store/counters.h"

PG_FUNCTION_INFO_V1(clearance_refuse_ddl);
PG_FUNCTION_INFO_V1(clearance_protect_new_tables);
PG_FUNCTION_INFO_V1(clearance_follow_rename);
PG_FUNCTION_INFO_V1(clearance_is_maintaining);

static bool changes_tree(Node *statement, bool comes);
static void run(const char *sql, int nargs, const Oid *argtypes, const Datum *args);
static void release_from_tree(const AlterTableCmd *command);
static void refuse_if_protected(RangeVar *table, const char *what);
static void refuse_if_bound(RangeVar *table, const AlterTableCmd *command);
static bool is_bound(int32 id, const char *column);
static void refuse_if_masked(RangeVar *table);
static void refuse_if_mirrored(RangeVar *table, const char *what);
static void refuse_triggers_of_own(RangeVar *table, const char *what);
static void refuse_parts_of_own(RangeVar *table);
static Oid own_table(RangeVar *table);
static RangeVar *table_of_trigger(List *names);

/* Set by the functions of enforce.sql and protect.sql while they alter tables themselves. */
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

/*
 * A statement starts: whoever writes into pg_trigger by hand has all sessions told, as by
 * ALTER TABLE, of tables whose triggers may be others now. The server tells nobody.
 */
void
clr_ddl_note_catalog(const List *permissions)
{
	ListCell *lc;

	foreach(lc, permissions)
	{
		const RTEPermissionInfo *asked = lfirst(lc);

		if (asked->relid == TriggerRelationId &&
			(asked->requiredPerms & (ACL_INSERT | ACL_UPDATE | ACL_DELETE)) != 0)
			CacheInvalidateRelcacheAll();
	}
}

static bool
is_own_trigger(const char *name)
{
	return strncmp(name, CLR_TRIGGER_PREFIX, strlen(CLR_TRIGGER_PREFIX)) == 0;
}

/* Those that mirror_membership() and mirror() make (sql/mirror.sql, sql/mirror_views.sql). */
static bool
is_mirror_trigger(const char *name)
{
	return strcmp(name, "0_clearance_mirror") == 0 ||
		   strcmp(name, "0_clearance_mirror_change") == 0 ||
		   strcmp(name, "clearance_mirror") == 0 ||
		   strcmp(name, "clearance_mirror_truncate") == 0 ||
		   strncmp(name, "clearance_view_", strlen("clearance_view_")) == 0;
}

/* What the command would do to triggers of ours, or NULL. */
static const char *
disabled(const AlterTableCmd *command, bool (*is_ours)(const char *))
{
	switch (command->subtype)
	{
		case AT_DisableTrig:
		case AT_EnableReplicaTrig:
			return is_ours(command->name) ? "disable the triggers of" : NULL;
		case AT_DisableTrigAll:
		case AT_DisableTrigUser:
			return superuser() ? NULL : "disable the triggers of";
		default:
			return NULL;
	}
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
			return "take FORCE off row security of";
		default:
			return disabled(command, is_own_trigger);
	}
}

static void
refuse_change_of_own(RangeVar *table, const AlterTableCmd *command)
{
	switch (command->subtype)
	{
		case AT_DisableTrig:
		case AT_DisableTrigAll:
		case AT_DisableTrigUser:
		case AT_EnableTrig:
		case AT_EnableTrigAll:
		case AT_EnableTrigUser:
		case AT_EnableReplicaTrig:
			refuse_triggers_of_own(table, "alter");
			break;
		case AT_AttachPartition:
		case AT_DetachPartition:
			refuse_parts_of_own(table);
			break;
		default:
			break;
	}
}

/*
 * refuse_ddl(): event trigger on ddl_command_start for ALTER TABLE, and for ALTER,
 * CREATE and DROP TRIGGER.
 */
Datum
clearance_refuse_ddl(PG_FUNCTION_ARGS)
{
	EventTriggerData *trigger;
	ListCell *lc;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		elog(ERROR, "refuse_ddl is an event trigger");
	trigger = (EventTriggerData *) fcinfo->context;
	if (maintaining)
		PG_RETURN_NULL();

	if (IsA(trigger->parsetree, AlterTableStmt))
	{
		AlterTableStmt *statement = (AlterTableStmt *) trigger->parsetree;

		foreach(lc, statement->cmds)
		{
			AlterTableCmd *command = lfirst_node(AlterTableCmd, lc);

			refuse_if_protected(statement->relation, switched_off(command));
			refuse_if_bound(statement->relation, command);
			refuse_if_mirrored(statement->relation, disabled(command, is_mirror_trigger));
			refuse_change_of_own(statement->relation, command);
		}
	}
	else if (IsA(trigger->parsetree, RenameStmt))
	{
		RenameStmt *statement = (RenameStmt *) trigger->parsetree;

		if (statement->renameType == OBJECT_TRIGGER && is_own_trigger(statement->subname))
			refuse_if_protected(statement->relation, "rename the triggers of");
		if (statement->renameType == OBJECT_TRIGGER && is_mirror_trigger(statement->subname))
			refuse_if_mirrored(statement->relation, "rename the triggers of");
	}
	else if (IsA(trigger->parsetree, CreateTrigStmt))
	{
		CreateTrigStmt *statement = (CreateTrigStmt *) trigger->parsetree;

		if (statement->replace && is_mirror_trigger(statement->trigname))
			refuse_if_mirrored(statement->relation, "replace the triggers of");
		refuse_if_masked(statement->relation);
	}
	else if (IsA(trigger->parsetree, DropStmt))
	{
		DropStmt *statement = (DropStmt *) trigger->parsetree;

		foreach(lc, statement->objects)
			if (statement->removeType == OBJECT_TRIGGER)
				refuse_triggers_of_own(table_of_trigger(lfirst_node(List, lc)), "drop");
	}
	PG_RETURN_NULL();
}

static void
refuse_if_protected(RangeVar *table, const char *what)
{
	Oid relid;

	if (what == NULL || table == NULL)
		return;
	relid = RangeVarGetRelid(table, NoLock, true);
	if (OidIsValid(relid) && clr_binding_of_relation(relid) != 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE), clr_count(CLR_ERROR_DDL),
						errmsg("cannot %s \"%s\": it is protected", what, get_rel_name(relid)),
						errhint("Use clearance.unprotect() to end its protection.")));
}

/* The server refuses it as well, and says nothing of how to do it (ATPrepAlterColumnType(), tablecmds.c). */
static void
refuse_if_bound(RangeVar *table, const AlterTableCmd *command)
{
	Oid relid;
	int32 binding;

	if (command->subtype != AT_AlterColumnType)
		return;
	relid = RangeVarGetRelid(table, NoLock, true);
	binding = OidIsValid(relid) ? clr_binding_of_relation(relid) : 0;
	if (binding == 0 || !is_bound(binding, command->name))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE), clr_count(CLR_ERROR_DDL),
			 errmsg("cannot alter the type of column \"%s\" of \"%s\": its protection goes by it",
					command->name, get_rel_name(relid)),
			 errhint(
				 "In one transaction: keep what clearance.export() says, take the protection off "
				 "with clearance.unprotect(), of what names the table as parent too, alter the "
				 "column, and clearance.import() what was kept.")));
}

static bool
is_bound(int32 id, const char *column)
{
	ClrBinding *binding = clr_binding_acquire(CurrentMemoryContext, id);
	bool found = false;

	for (int i = 0; i < binding->ncolumns; i++)
		found |= strcmp(binding->columns[i].name, column) == 0;
	clr_binding_release(binding);
	return found;
}

/*
 * Triggers see what masked columns hold: TRIGGER on the table is not enough to
 * make one.
 */
static void
refuse_if_masked(RangeVar *table)
{
	Oid relid = RangeVarGetRelid(table, NoLock, true);
	int32 binding = OidIsValid(relid) ? clr_binding_of_relation(relid) : 0;

	if (binding != 0 && clr_binding_is_masked(binding) &&
		!object_ownercheck(RelationRelationId, relid, GetUserId()))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), clr_count(CLR_ERROR_DDL),
						errmsg("cannot create triggers on \"%s\": it has masked columns",
							   get_rel_name(relid)),
						errdetail("Triggers see what the columns hold."),
						errhint("Let the table's owner create them.")));
}

/* Without its triggers a mirror would keep what its table says no more. */
static void
refuse_if_mirrored(RangeVar *table, const char *what)
{
	static const Oid argtypes[] = { OIDOID };
	ClrCatalog state;
	bool is_mirrored;
	Datum args[1];

	if (what == NULL || table == NULL)
		return;
	args[0] = ObjectIdGetDatum(RangeVarGetRelid(table, NoLock, true));
	clr_catalog_begin_latest(&state);
	is_mirrored = clr_catalog_query("SELECT FROM clearance.mirror WHERE relation = $1"
									" UNION ALL SELECT FROM clearance.mirror_table"
									" WHERE relation = $1",
									1, argtypes, args, NULL) > 0;
	clr_catalog_end(&state);
	if (is_mirrored)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE), clr_count(CLR_ERROR_DDL),
						errmsg("cannot %s \"%s\": it is mirrored", what,
							   get_rel_name(DatumGetObjectId(args[0]))),
						errhint("Use clearance.unmirror_membership() or clearance.unmirror() to "
								"end that.")));
}

/*
 * The triggers of the extension's own tables tell sessions that permissions
 * changed. Without them, what was taken away would stay in use: nobody
 * switches them off, superusers (pg_restore --disable-triggers) neither.
 */
static void
refuse_triggers_of_own(RangeVar *table, const char *what)
{
	Oid relid = own_table(table);

	if (OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE), clr_count(CLR_ERROR_DDL),
				 errmsg("cannot %s the triggers of %s", what, clr_catalog_table_name(relid)),
				 errdetail("They tell sessions that permissions changed, and the audit log what."),
				 errhint("To load rows without foreign key checks, set session_replication_role "
						 "to replica: these triggers fire all the same.")));
}

static void
refuse_parts_of_own(RangeVar *table)
{
	Oid relid = own_table(table);

	if (OidIsValid(relid))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_IN_USE), clr_count(CLR_ERROR_DDL),
						errmsg("cannot alter the parts of %s", clr_catalog_table_name(relid)),
						errdetail("Lines of the audit log are written there."),
						errhint("clearance.forget_audit() drops old lines.")));
}

/* The table, if it is one of the extension's own; not while that is created or updated. */
static Oid
own_table(RangeVar *table)
{
	Oid relid;
	Oid namespace;

	if (creating_extension || !OidIsValid(get_extension_oid("pg_clearance", true)))
		return InvalidOid;
	relid = RangeVarGetRelid(table, NoLock, true);
	namespace = get_rel_namespace(relid);
	if (OidIsValid(namespace) && (namespace == get_namespace_oid("clearance", true) ||
								  namespace == get_namespace_oid("clearance_internal", true)))
		return relid;
	return InvalidOid;
}

/* The table of DROP TRIGGER. */
static RangeVar *
table_of_trigger(List *names)
{
	return makeRangeVarFromNameList(list_truncate(list_copy(names), list_length(names) - 1));
}

/*
 * protect_new_tables(): event trigger on ddl_command_end for what makes and
 * alters tables. A table that became a partition or child of a protected one is
 * protected with it, and one that is mirrored stays alone. Only then: a restore
 * makes the policies of each table itself, one by one. A table that is none any
 * more takes rows of projects with it, which are there all the same; it keeps its
 * policies, which close it, but not the triggers.
 */
Datum
clearance_protect_new_tables(PG_FUNCTION_ARGS)
{
	EventTriggerData *trigger;
	ListCell *lc;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		elog(ERROR, "protect_new_tables is an event trigger");
	trigger = (EventTriggerData *) fcinfo->context;
	if (maintaining)
		PG_RETURN_NULL();
	if (changes_tree(trigger->parsetree, true))
	{
		run("SELECT clearance_internal.refuse_mirrored_parents()", 0, NULL, NULL);
		run("SELECT clearance_internal.take_in(b.id) FROM clearance.binding b"
			" WHERE b.id IN (SELECT clearance_internal.binding_of(d.objid)"
			"  FROM pg_catalog.pg_event_trigger_ddl_commands() d"
			"  WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass)",
			0, NULL, NULL);
		run("SELECT clearance_internal.require_closed_parents(i.inhrelid) FROM pg_catalog.pg_inherits i"
			" JOIN pg_catalog.pg_event_trigger_ddl_commands() d"
			"  ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
			"  AND d.objid IN (i.inhrelid, i.inhparent)"
			" WHERE clearance_internal.binding_of(i.inhrelid) IS NOT NULL",
			0, NULL, NULL);
	}
	if (changes_tree(trigger->parsetree, false))
	{
		run("SELECT clearance_internal.keep_projects()", 0, NULL, NULL);
		foreach(lc, castNode(AlterTableStmt, trigger->parsetree)->cmds)
			release_from_tree(lfirst_node(AlterTableCmd, lc));
	}
	PG_RETURN_NULL();
}

/* Take our triggers off a table that the command took from a protected one. */
static void
release_from_tree(const AlterTableCmd *command)
{
	static const Oid argtypes[] = { OIDOID };
	RangeVar *table =
		command->subtype == AT_DetachPartition || command->subtype == AT_DetachPartitionFinalize ?
			((PartitionCmd *) command->def)->name :
		command->subtype == AT_DropInherit ? (RangeVar *) command->def :
											 NULL;
	Datum args[1];

	if (table == NULL)
		return;
	args[0] = ObjectIdGetDatum(RangeVarGetRelid(table, NoLock, true));
	if (clr_binding_of_relation(DatumGetObjectId(args[0])) == 0)
		run("SELECT clearance_internal.drop_triggers(t) FROM clearance_internal.table_tree($1) t",
			1, argtypes, args);
}

/* Whether a table comes to another as its partition or child, or leaves it. */
static bool
changes_tree(Node *statement, bool comes)
{
	ListCell *lc;

	if (IsA(statement, CreateSchemaStmt)) /* its elements are no commands to event triggers */
		foreach(lc, ((CreateSchemaStmt *) statement)->schemaElts)
			if (changes_tree(lfirst(lc), comes))
				return true;
	if (IsA(statement, CreateStmt) || IsA(statement, CreateForeignTableStmt))
		return comes && ((CreateStmt *) statement)->inhRelations != NIL;
	if (IsA(statement, AlterTableStmt))
		foreach(lc, ((AlterTableStmt *) statement)->cmds)
		{
			AlterTableType type = lfirst_node(AlterTableCmd, lc)->subtype;

			if (comes ? type == AT_AttachPartition || type == AT_AddInherit :
						type == AT_DetachPartition || type == AT_DetachPartitionFinalize ||
							type == AT_DropInherit)
				return true;
		}
	return false;
}

/*
 * follow_rename(): event trigger on ddl_command_end for whatever renames
 * columns of tables or labels of enums. By the parse tree, since the table
 * that is named may be another: the rename reaches its children, and tables of
 * a composite type. RENAME COLUMN takes tables also under the name of views
 * (RangeVarCallbackForRenameAttribute, tablecmds.c).
 */
Datum
clearance_follow_rename(PG_FUNCTION_ARGS)
{
	Node *statement;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		elog(ERROR, "follow_rename is an event trigger");
	statement = ((EventTriggerData *) fcinfo->context)->parsetree;
	if (IsA(statement, RenameStmt))
	{
		ObjectType renamed = ((RenameStmt *) statement)->renameType;

		if (renamed == OBJECT_COLUMN || renamed == OBJECT_ATTRIBUTE)
			run("SELECT clearance_internal.follow_renamed_columns()", 0, NULL, NULL);
	}
	else if (IsA(statement, AlterEnumStmt) && ((AlterEnumStmt *) statement)->oldVal != NULL)
	{
		static const Oid argtypes[] = { TEXTOID, TEXTOID };
		Datum args[] = { CStringGetTextDatum(((AlterEnumStmt *) statement)->oldVal),
						 CStringGetTextDatum(((AlterEnumStmt *) statement)->newVal) };

		run("SELECT clearance_internal.follow_renamed_label(d.objid, $1, $2)"
			" FROM pg_catalog.pg_event_trigger_ddl_commands() d",
			2, argtypes, args);
	}
	PG_RETURN_NULL();
}

static void
run(const char *sql, int nargs, const Oid *argtypes, const Datum *args)
{
	ClrCatalog state;

	clr_catalog_begin_latest(&state);
	(void) clr_catalog_query(sql, nargs, argtypes, args, NULL);
	clr_catalog_end(&state);
}

/*
 * is_maintaining() returns boolean: whether the extension is altering a
 * protected table itself. A function of the library, because before it is
 * loaded a setting of that name is anybody's.
 */
Datum
clearance_is_maintaining(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(maintaining);
}
