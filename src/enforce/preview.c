/*
 * preview.c
 *		What a change of permissions would give and take.
 *
 * The statements run in a subtransaction, as whoever asks would run them: with
 * its rights, its settings, its actor. Then what they touched is looked at in the
 * state that they made, the subtransaction is rolled back, and the same is looked
 * at as it is: sets of rows, by the code that enforces. Both are seen under one
 * snapshot, so what others do meanwhile is no part of the difference.
 *
 * After the statements nothing of theirs is trusted: what is read is read as the
 * extension always does, as the owner of each table and under a search_path of
 * its own (catalog.c); who asks, and what it may be told, was found before.
 *
 * State: `previewing`, while statements run or are looked at; reset after errors too.
 */
#include "enforce/preview.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parsetree.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "enforce/progress.h"
#include "frame/frame.h"
#include "guard/seal.h"
#include "guard/secrecy.h"
#include "scope/others.h"
#include "store/catalog.h"

PG_FUNCTION_INFO_V1(clearance_preview);

static bool previewing = false;

static void check_may_run(FunctionCallInfo fcinfo);
static void read_limits(FunctionCallInfo fcinfo, ClrPreview *preview);
static int64 account_asked_about(void);
static TimestampTz end_of(TimestampTz started, const Interval *limit);
static void change_and_look(ClrPreview *preview, const char *change, Snapshot before);
static void run(const char *change);
static void run_all(const char *statements);
static void look_after(ClrPreview *preview, Snapshot before);
static void look(ClrPreview *preview);
static void find_tables(ClrPreview *preview);
static ClrPreviewTable *table_of(ClrPreview *preview, Oid relid);
static void settle_tables(ClrPreview *preview);
static void find_actors(ClrPreview *preview, Snapshot before);
static void list_actors(ClrPreview *preview, bool everybody);
static ClrPreviewActor *actor_of(ClrPreview *preview, ClrActor who);
static void find_rights(ClrPreview *preview, ClrPreviewState state);
static ClrKeyTable *projects_of(ClrScope *scope);
static void compare_rights(ClrPreviewActor *actor);
static void add_if_changed(const ClrKeyEntry *entry, void *actor);

/*
 * preview(change text, by_name, sample integer, actors_limit integer, rows_limit
 * bigint, time_limit interval) returns setof (line, class, member, name, company,
 * relation, action text, gained, lost bigint, gained_keys, lost_keys text[], note
 * text).
 */
Datum
clearance_preview(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	ClrPreview *preview;
	MemoryContext context;
	TimestampTz end;
	Snapshot before;

	check_may_run(fcinfo);
	InitMaterializedSRF(fcinfo, 0);
	context = AllocSetContextCreate(caller, "clearance preview", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	preview = palloc0(sizeof(ClrPreview));
	preview->context = context;
	preview->at = GetCurrentStatementStartTimestamp();
	preview->listed = clr_keytab_new(context, 64);
	read_limits(fcinfo, preview);
	end = end_of(GetCurrentTimestamp(), PG_GETARG_INTERVAL_P(5));
	preview->account = account_asked_about();
	MemoryContextSwitchTo(context);

	PushCopiedSnapshot(GetTransactionSnapshot());
	before = RegisterSnapshot(GetActiveSnapshot());
	find_tables(preview);
	preview->state = CLR_AFTER;
	preview->deadline = end;
	change_and_look(preview, text_to_cstring(PG_GETARG_TEXT_PP(0)), before);
	preview->state = CLR_BEFORE;
	preview->deadline = end;
	PG_TRY();
	{
		look(preview);
	}
	PG_FINALLY();
	{
		clr_kept_end_still();
	}
	PG_END_TRY();
	PopActiveSnapshot();
	UnregisterSnapshot(before);
	clr_preview_report(preview, (ReturnSetInfo *) fcinfo->resultinfo);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return (Datum) 0;
}

static void
check_may_run(FunctionCallInfo fcinfo)
{
	for (int i = 0; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i) && i != 1)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s is null", i == 0 ? "the change" : "a limit of the preview"),
					 errhint("For example: SELECT * FROM clearance.preview($$SELECT "
							 "clearance.update_partner(7, access_level => 'moderate')$$);")));
	if (previewing)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("a preview does not run a preview")));
	if (clr_frame_runs())
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("a preview does not run within a query of a protected table"),
						errhint("Ask by itself: SELECT * FROM clearance.preview(…);")));
	if (InSecurityRestrictedOperation())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("a preview does not run within a security-restricted operation")));
	/* what waits for the commit runs, whoever queued it */
	if (InLocalUserIdChange())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("a preview does not run within a SECURITY DEFINER function"),
						errdetail("Triggers that wait for the commit would run with its rights."),
						errhint("Ask by itself: SELECT * FROM clearance.preview(…);")));
}

static void
read_limits(FunctionCallInfo fcinfo, ClrPreview *preview)
{
	preview->sample = PG_GETARG_INT32(2);
	preview->actors_limit = PG_GETARG_INT32(3);
	preview->rows_limit = PG_GETARG_INT64(4);
	if (preview->sample < 0 || preview->actors_limit < 0 || preview->rows_limit < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("a limit of the preview is negative")));
}

static TimestampTz
end_of(TimestampTz started, const Interval *limit)
{
	TimestampTz end = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
															  TimestampTzGetDatum(started),
															  IntervalPGetDatum(limit)));

	if (end <= started)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the time limit of a preview must be positive")));
	return end;
}

/* Of which account may who asks know? Found before anything runs; zero: of all. */
static int64
account_asked_about(void)
{
	ClrCatalog state;
	int64 account;

	clr_secrecy_check_asked(clr_frame_current());
	clr_catalog_begin(&state);
	(void) clr_catalog_query("SELECT clearance_internal.account_asked_about()", 0, NULL, NULL,
							 NULL);
	account = clr_column_int64(0, 1);
	clr_catalog_end(&state);
	return account;
}

/* ---------- the change ---------- */

/*
 * Run the change, look at what it makes of things, and roll it back; also after
 * an error, which whoever catches it would else find in this subtransaction.
 */
static void
change_and_look(ClrPreview *preview, const char *change, Snapshot before)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	preview->noted = clr_noted_begin(preview->context);
	previewing = true;
	PG_TRY();
	{
		run(change);
		clr_noted_end();
		MemoryContextSwitchTo(caller);
		look_after(preview, before);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	clr_noted_end();
	clr_kept_end_still();
	previewing = false;
	RollbackAndReleaseCurrentSubTransaction();
	ResetPlanCache(); /* a plan made meanwhile may lack a child that is there again */
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	if (error != NULL)
		ReThrowError(error);
}

/* Nothing but the statements, and what waits for a commit, as whoever would commit. */
static void
run(const char *change)
{
	Oid user;
	Oid user_after;
	int context;
	int context_after;

	GetUserIdAndSecContext(&user, &context);
	run_all(change);
	run_all("SET CONSTRAINTS ALL IMMEDIATE");
	GetUserIdAndSecContext(&user_after, &context_after);
	if (user != user_after || context != context_after)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("a change must not end as another role than it began")));
	CommandCounterIncrement();
}

static void
run_all(const char *statements)
{
	int result;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	result = SPI_execute(statements, false, 0);
	if (result == SPI_ERROR_TRANSACTION || result == SPI_ERROR_COPY)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a preview does not run %s",
						result == SPI_ERROR_COPY ? "COPY" : "commands that control transactions")));
	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
}

/* A query of the statements starts: it writes these tables. */
void
clr_preview_note_query(const QueryDesc *query)
{
	ListCell *lc;

	if (clr_noted_is_asked())
		foreach(lc, query->plannedstmt->resultRelations)
			clr_noted_table(rt_fetch(lfirst_int(lc), query->plannedstmt->rtable)->relid);
}

/*
 * A command starts. Those that are undone by rolling back, and whose rows are noted,
 * are listed; others (COPY to a program, PREPARE, TRUNCATE …) are not, or are not
 * known to be.
 */
void
clr_preview_check_utility(const Node *statement)
{
	if (!clr_noted_is_asked())
		return;
	switch (nodeTag(statement))
	{
		case T_CallStmt:
		case T_DoStmt:
		case T_ConstraintsSetStmt:
		case T_VariableSetStmt:
		case T_LockStmt:
		case T_NotifyStmt:
		case T_CreateStmt:
		case T_CreateSeqStmt:
		case T_AlterSeqStmt:
		case T_IndexStmt:
		case T_AlterTableStmt:
		case T_AlterEventTrigStmt:
		case T_CreatePolicyStmt:
		case T_AlterPolicyStmt:
		case T_CreateTrigStmt:
		case T_CommentStmt:
		case T_RenameStmt:
		case T_DropStmt:
		case T_GrantStmt:
			return;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("a preview does not run %s",
							GetCommandTagName(CreateCommandTag(unconstify(Node *, statement)))),
					 errhint("It runs SELECT, INSERT, UPDATE, DELETE, MERGE, CALL, DO, and what "
							 "creates, alters, drops and protects tables.")));
	}
}

/* ---------- looking ---------- */

/* Under the same snapshot, and with what the statements did. */
static void
look_after(ClrPreview *preview, Snapshot before)
{
	TimestampTz now = GetCurrentTimestamp();

	preview->deadline = now + Max(preview->deadline - now, 0) / 2;
	PushCopiedSnapshot(before);
	UpdateActiveSnapshotCommandId();
	find_tables(preview);
	settle_tables(preview);
	clr_preview_find_rows(preview);
	find_actors(preview, before);
	look(preview);
	PopActiveSnapshot();
}

static void
look(ClrPreview *preview)
{
	static const char *const what[] = {
		[CLR_BEFORE] = "before the change", [CLR_AFTER] = "after the change"
	};
	ClrProgress progress =
		clr_progress_begin(what[preview->state], "actors", list_length(preview->actors));
	ListCell *lc;

	preview->visited = 0;
	clr_kept_begin_still();
	foreach(lc, preview->actors)
	{
		ClrPreviewActor *actor = lfirst(lc);

		actor->sets[preview->state] = clr_preview_look(preview, actor);
		clr_progress_step(&progress);
	}
}

/* ---------- tables ---------- */

/*
 * The tables that are protected in the state that is looked at, but for link tables
 * without a key: links are seen with what they link.
 */
static void
find_tables(ClrPreview *preview)
{
	MemoryContext of_query;
	ClrCatalog state;
	uint64 n;

	clr_catalog_begin(&state);
	n = clr_catalog_query(
		"WITH RECURSIVE far AS ("
		"SELECT p.binding_id AS id FROM clearance.binding_parent p WHERE NOT p.same_project UNION"
		" SELECT p.binding_id FROM far f JOIN clearance.binding_parent p ON p.parent_id = f.id)"
		" SELECT b.id, b.relation::oid::bigint, b.relation::text, b.key_column IS NOT NULL, ARRAY("
		"SELECT m.column_name::text FROM clearance.binding_mask m WHERE m.binding_id = b.id"
		" ORDER BY m.id), b.id IN (SELECT f.id FROM far f),"
		" clearance_internal.previewed_files(b.id, b.relation) FROM clearance.binding b WHERE b.key_column IS NOT NULL OR NOT b.link_only"
		" ORDER BY b.declared",
		0, NULL, NULL, NULL);
	of_query = MemoryContextSwitchTo(preview->context);
	for (uint64 i = 0; i < n; i++)
	{
		ClrPreviewTable *table = table_of(preview, (Oid) clr_column_int64(i, 2));
		char **columns;
		int count;

		table->bindings[preview->state] = (int32) clr_column_int64(i, 1);
		if (table->name == NULL)
			table->name = clr_column_text(i, 3);
		if (!clr_column_bool(i, 4))
			table->left_out = "its rows have no key";
		columns = clr_column_texts(i, 5, &count);
		table->far |= clr_column_bool(i, 6);
		table->files[preview->state] = clr_column_text(i, 7);
		for (int column = 0; column < count; column++)
			if (!list_member(table->columns, makeString(columns[column])))
				table->columns = lappend(table->columns, makeString(columns[column]));
	}
	MemoryContextSwitchTo(of_query);
	clr_catalog_end(&state);
	MemoryContextSwitchTo(preview->context);
}

static ClrPreviewTable *
table_of(ClrPreview *preview, Oid relid)
{
	ClrPreviewTable *table;
	ListCell *lc;

	foreach(lc, preview->tables)
		if (((ClrPreviewTable *) lfirst(lc))->relid == relid)
			return lfirst(lc);
	table = palloc0(sizeof(ClrPreviewTable));
	table->relid = relid;
	table->rows.numbers = clr_keytab_new(preview->context, 64);
	table->projects.numbers = clr_keytab_new(preview->context, 8);
	preview->tables = lappend(preview->tables, table);
	return table;
}

/* Both states are known: number the acts, and leave out what cannot be compared. */
static void
settle_tables(ClrPreview *preview)
{
	ListCell *lc;

	foreach(lc, preview->tables)
	{
		ClrPreviewTable *table = lfirst(lc);

		table->first = preview->acts;
		preview->acts += CLR_VERBS + list_length(table->columns);
		if (table->bindings[CLR_BEFORE] == 0 || table->bindings[CLR_AFTER] == 0)
			table->left_out = psprintf("it is protected only %s the change: without, privileges "
									   "alone decide",
									   table->bindings[CLR_AFTER] == 0 ? "before" : "after");
		else if (preview->account != 0 &&
				 pg_class_aclcheck(table->relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
			table->left_out = "the role may not read it";
		else if (preview->account != 0 && clr_seal_is_narrowed(table->relid))
			table->left_out = "policies of others hide rows of it, too";
		/* what changed is looked for where rows are, and some may be nowhere any more */
		table->whole = table->files[CLR_BEFORE] != NULL && table->files[CLR_AFTER] != NULL &&
					   strcmp(table->files[CLR_BEFORE], table->files[CLR_AFTER]) != 0;
	}
}

/* ---------- actors ---------- */

/*
 * Whom to compare: those whose permissions differ, and everybody where rows or
 * declarations do.
 */
static void
find_actors(ClrPreview *preview, Snapshot before)
{
	bool everybody = false;
	ListCell *lc;

	foreach(lc, preview->tables)
	{
		const ClrPreviewTable *table = lfirst(lc);

		everybody |= table->left_out == NULL && (table->whole || table->changed != NULL);
	}
	list_actors(preview, everybody);
	PushActiveSnapshot(before);
	list_actors(preview, everybody);
	find_rights(preview, CLR_BEFORE);
	PopActiveSnapshot();
	find_rights(preview, CLR_AFTER);
	foreach(lc, preview->actors)
	{
		ClrPreviewActor *actor = lfirst(lc);

		compare_rights(actor);
		if (!actor->touched && !everybody)
			preview->actors = foreach_delete_current(preview->actors, lc);
	}
	if (list_length(preview->actors) > preview->actors_limit)
	{
		preview->actors_left_out = list_length(preview->actors) - preview->actors_limit;
		preview->actors = list_truncate(preview->actors, (int) preview->actors_limit);
	}
}

/* Those that the active snapshot sees. */
static void
list_actors(ClrPreview *preview, bool everybody)
{
	static const Oid argtypes[] = { TEXTARRAYOID, BOOLOID, INT8OID };
	Datum args[] = { clr_keytab_array(preview->noted->rows, TEXTOID), BoolGetDatum(everybody),
					 Int64GetDatum(preview->account) };
	MemoryContext of_query;
	ClrCatalog state;
	uint64 n;

	clr_catalog_begin(&state);
	n = clr_catalog_query("SELECT member, partner, label, name, company, touched"
						  " FROM clearance_internal.previewed_actors($1, $2, $3)",
						  lengthof(argtypes), argtypes, args, NULL);
	of_query = MemoryContextSwitchTo(preview->context);
	for (uint64 i = 0; i < n; i++)
	{
		ClrActor who = { clr_column_int64(i, 1), clr_column_int64(i, 2) };
		ClrPreviewActor *actor = actor_of(preview, who);

		actor->key = clr_column_text(i, 3);
		actor->name = clr_column_text(i, 4);
		actor->company = clr_column_text(i, 5);
		actor->touched |= clr_column_bool(i, 6);
	}
	MemoryContextSwitchTo(of_query);
	clr_catalog_end(&state);
	MemoryContextSwitchTo(preview->context);
}

static ClrPreviewActor *
actor_of(ClrPreview *preview, ClrActor who)
{
	ClrKey key = { .class = CLR_KEY_INT, .integer = who.member - who.partner };
	bool found;
	ClrKeyEntry *entry = clr_keytab_add(preview->listed, &key, &found);
	ClrPreviewActor *actor = entry->value;

	if (found)
		return actor;
	actor = palloc0(sizeof(ClrPreviewActor));
	actor->actor = who;
	entry->value = actor;
	preview->actors = lappend(preview->actors, actor);
	return actor;
}

/*
 * What those who may be touched may do, as the active snapshot sees it.
 */
static void
find_rights(ClrPreview *preview, ClrPreviewState state)
{
	static ClrVersion version;
	const ClrNoted *noted = preview->noted;
	ClrProgress progress =
		clr_progress_begin("whose rights change", "actors", list_length(preview->actors));
	ListCell *lc;

	clr_kept_begin_still();
	foreach(lc, preview->actors)
	{
		ClrPreviewActor *actor = lfirst(lc);
		ClrScope *scope;

		clr_progress_step(&progress);
		if (!actor->touched || GetCurrentTimestamp() > preview->deadline)
			continue;
		clr_version_read_current(&version);
		scope = clr_scope_load(actor->actor, &version, preview->at, 0);
		actor->rights[state] = clr_scope_text(scope);
		actor->projects[state] = projects_of(scope);
		actor->everywhere |=
			noted->all_levels || list_intersection_int(noted->levels, scope->level_ids) != NIL;
		clr_kept_release(&scope->kept);
	}
}

/* By id, with a text that says what is permitted there. */
static ClrKeyTable *
projects_of(ClrScope *scope)
{
	List *all = clr_others_and_listed(scope);
	ClrKeyTable *projects = clr_keytab_new(CurrentMemoryContext, list_length(all));
	ListCell *lc;

	foreach(lc, all)
	{
		ClrProject *project = lfirst(lc);
		ClrKey id = { .class = CLR_KEY_INT, .integer = project->id };
		bool found;

		clr_keytab_add(projects, &id, &found)->value = clr_scope_project_text(project);
	}
	return projects;
}

/* Whether an actor's rights changed, and where. Without time to find that out, all is compared. */
static void
compare_rights(ClrPreviewActor *actor)
{
	if (!actor->touched || actor->rights[CLR_AFTER] == NULL || actor->everywhere ||
		strcmp(actor->rights[CLR_BEFORE], actor->rights[CLR_AFTER]) != 0)
		return;
	actor->within = clr_keytab_new(CurrentMemoryContext, 8);
	for (int state = CLR_BEFORE; state <= CLR_AFTER; state++)
		clr_keytab_each(actor->projects[state], add_if_changed, actor);
	actor->touched = clr_keytab_count(actor->within) > 0;
}

static void
add_if_changed(const ClrKeyEntry *entry, void *arg)
{
	ClrPreviewActor *actor = arg;
	bool found;

	for (int state = CLR_BEFORE; state <= CLR_AFTER; state++)
	{
		const ClrKeyEntry *there = clr_keytab_find(actor->projects[state], &entry->key);

		if (there == NULL || strcmp(there->value, entry->value) != 0)
			(void) clr_keytab_add(actor->within, &entry->key, &found);
	}
}
