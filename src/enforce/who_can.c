/*
 * who_can.c
 *		Who may do something to a row, and how each of them comes in.
 *
 * Members who can have a way in are found from the projects that the row, and all
 * that it belongs to, is in: who is on them and, of the vendor's team, who has a
 * level by which the action reaches the account (reaching_levels()). The rule is
 * then asked about each, as statements and explain() ask it. It asks a scope about
 * these projects and no others, so each is read as far as they go
 * (clr_scope_load_within()). Where a row has no project, anybody of the account may
 * be related to it, and is asked about.
 *
 * All is read under the snapshot of the asking statement. Keeps no state.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "enforce/explain.h"
#include "enforce/progress.h"
#include "frame/frame.h"
#include "guard/secrecy.h"
#include "rule/lookup.h"
#include "rule/row.h"
#include "rule/rule.h"
#include "scope/vocabulary.h"
#include "store/catalog.h"
#include "store/rows.h"

PG_FUNCTION_INFO_V1(clearance_who_can);

/* What a row, and what it belongs to, is in. */
typedef struct Around
{
	ClrJudge *judge; /* nobody's: it reads rows */
	ClrProjectIds projects;
	bool without_project; /* some of these rows have none */
	List *levels;		  /* by which one of them may be reached by who is not on its project */
	const char *feature;  /* a switch of which may do that, too */
	List *seen;			  /* of char *: tables and keys */
} Around;

/* Somebody who may, in columns, as a query takes them. */
typedef struct Found
{
	ClrActor actor;
	int64 project;
	const char *way;
	const char *levels; /* ids, as an array is written */
	const char *place;
	const char *ground;
	const char *relation;
} Found;

static uint64 find_row(ClrQuestion *question, ClrFrame *frame, ClrRow **rows);
static void look_around(Around *around, ClrBinding *binding, const ClrRow *row);
static void look_up(Around *around, int32 binding_id, const ClrKey *key);
static void add_project(Around *around, const char *key);
static void add_reaching_levels(Around *around, const ClrQuestion *question);
static void add_levels_of(Around *around, int64 account, const char *action);
static List *find_candidates(const Around *around, int64 account);
static void judge_candidate(const ClrQuestion *asked, const ClrJudge *like, const ClrRow *row,
							MemoryContext scratch, List **found);
static Found *new_found(const ClrActor *actor, const ClrVerdict *verdict);
static char *level_ids(const ClrProject *project);
static void put(ReturnSetInfo *result, const List *found, TimestampTz at, int64 account);

/*
 * who_can(relation regclass, key app_key, action text) returns setof (member, key,
 * name, kind, account, company, way, levels, place, gives, relation, ends_at).
 */
Datum
clearance_who_can(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ClrFrame *frame = clr_frame_current();
	ClrQuestion question = { 0 };
	List *found = NIL;
	MemoryContext context, scratch, caller;
	ClrRow *rows;
	uint64 n;
	int64 account;

	InitMaterializedSRF(fcinfo, 0);
	clr_secrecy_check_asked(frame);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the %s is null", PG_ARGISNULL(0) ? "table" : "key"),
				 errhint("For example: SELECT * FROM clearance.who_can('app.document', 7);")));
	context =
		AllocSetContextCreate(CurrentMemoryContext, "clearance who can", ALLOCSET_DEFAULT_SIZES);
	scratch = AllocSetContextCreate(context, "clearance candidate", ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	question.relation = PG_GETARG_OID(0);
	question.key = text_to_cstring(PG_GETARG_TEXT_PP(1));
	question.action_name = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	account = clr_question_account();
	question.whom.by_operator = account == 0;
	n = find_row(&question, frame, &rows);
	for (uint64 i = 0; i < n; i++)
	{
		Around around = { .judge = question.judge };
		ClrProgress progress;
		List *candidates;
		ListCell *lc;

		look_around(&around, question.binding, &rows[i]);
		add_reaching_levels(&around, &question);
		if (question.as == CLR_CREATE && strcmp(question.binding->feature, "project") == 0)
			around.without_project = true;
		question.whom.within = &around.projects;
		candidates = find_candidates(&around, account);
		progress = clr_progress_begin("who_can", "candidates", list_length(candidates));
		foreach(lc, candidates)
		{
			question.whom.actor = *(ClrActor *) lfirst(lc);
			judge_candidate(&question, &frame->judge, &rows[i], scratch, &found);
			clr_progress_step(&progress);
		}
	}
	put(result, found, frame->judge.at, account);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return (Datum) 0;
}

/*
 * The rows with the key, read by nobody's judge. Of those that the asker does not
 * see, none; an error if there are none left.
 */
static uint64
find_row(ClrQuestion *question, ClrFrame *frame, ClrRow **rows)
{
	uint64 n;

	clr_question_judge(question, &frame->judge);
	if (!question->whom.by_operator)
		clr_question_check_may_read(question->binding);
	clr_change_read(question, (Datum) 0);
	n = clr_question_rows(question, rows);
	if (!question->whom.by_operator)
	{
		ClrJudge *asker = clr_frame_judge(frame);
		ClrBinding *binding = clr_judge_binding(asker, question->binding->id);

		for (uint64 i = 0; i < n; i++)
			if (!clr_rule_permits_verb(asker, binding, &(*rows)[i], CLR_VIEW, NULL))
				(*rows)[i--] = (*rows)[--n];
	}
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("%s has no row with the key \"%s\"",
						clr_catalog_table_name(question->relation), question->key),
				 question->binding->key_slot == CLR_NO_SLOT ?
					 errhint("The table was declared without a key: name a row by its ctid.") :
					 errhint("Name a row by the column that the table was declared with: %s.",
							 question->binding->columns[question->binding->key_slot].name)));
	return n;
}

/* ---------- projects ---------- */

/* The rule asks about the project of the row, and of what it belongs to or links. */
static void
look_around(Around *around, ClrBinding *binding, const ClrRow *row)
{
	ListCell *lc;
	ClrKey key;

	check_stack_depth();
	if (binding->project_slot != CLR_NO_SLOT && !row->nulls[binding->project_slot])
		add_project(around, clr_binding_value_text(binding, row, binding->project_slot));
	else if (binding->project_slot != CLR_NO_SLOT ||
			 (binding->parents == NIL && binding->link_roles == NIL))
		around->without_project = true;
	foreach(lc, binding->parents)
		if (clr_row_parent_key(binding, row, lfirst(lc), &key))
			look_up(around, ((ClrParent *) lfirst(lc))->binding, &key);
	foreach(lc, binding->link_roles)
		if (clr_row_target_key(binding, row, lfirst(lc), &key))
			look_up(around, ((ClrLinkRole *) lfirst(lc))->target, &key);
}

/* Rows that are met again, as in a cycle, are looked at once. */
static void
look_up(Around *around, int32 binding_id, const ClrKey *key)
{
	char *name = psprintf("%d %s", binding_id, clr_key_text(key));
	ClrBinding *binding = clr_judge_binding(around->judge, binding_id);
	ClrRow *rows;
	uint64 n;
	ListCell *lc;

	foreach(lc, around->seen)
		if (strcmp(lfirst(lc), name) == 0)
			return;
	around->seen = lappend(around->seen, name);
	n = clr_lookup_find(around->judge, binding, key, &rows);
	for (uint64 i = 0; i < n; i++)
		look_around(around, binding, &rows[i]);
}

static void
add_project(Around *around, const char *key)
{
	static const Oid argtypes[] = { TEXTOID };
	ClrProjectIds *projects = &around->projects;
	Datum arg = CStringGetTextDatum(key);
	ClrCatalog state;
	int64 id = 0;

	clr_catalog_begin(&state);
	if (clr_catalog_query("SELECT id FROM clearance.project WHERE key = $1", 1, argtypes, &arg,
						  NULL) > 0)
		id = clr_column_int64(0, 1);
	clr_catalog_end(&state);
	for (int i = 0; i < projects->count; i++)
		if (projects->ids[i] == id)
			return;
	if (id == 0)
		return;
	projects->ids = projects->ids == NULL ?
						palloc(sizeof(int64)) :
						repalloc(projects->ids, sizeof(int64) * (projects->count + 1));
	projects->ids[projects->count++] = id;
}

/*
 * Levels of the vendor's team by which somebody who is not on the projects may reach
 * the row. Whatever else the rule asks, the action itself has to be given, for the
 * row or for what it belongs to (of a link row: sight of what it links).
 */
static void
add_reaching_levels(Around *around, const ClrQuestion *question)
{
	ClrBinding *binding = question->binding;
	const char *action = question->action->name;
	bool pushed = clr_catalog_push_snapshot();

	around->feature = question->action->feature;
	if (binding->link_only)
	{
		const ClrLinkRole *role = linitial(binding->link_roles);

		binding = clr_judge_binding(around->judge, role->target);
		around->feature = binding->feature;
		action = binding->actions[CLR_VIEW];
	}
	for (int i = 0; i < around->projects.count; i++)
	{
		ClrRows rows;
		int64 account;

		if (!clr_rows_one(&rows, CLR_PROJECT_BY_ID, around->projects.ids[i]))
			continue;
		account = clr_rows_int64(&rows, PROJECT_ACCOUNT);
		clr_rows_end(&rows);
		add_levels_of(around, account, action);
	}
	if (pushed)
		PopActiveSnapshot();
}

static void
add_levels_of(Around *around, int64 account, const char *action)
{
	static ClrVersion version;
	ClrVocabulary *vocabulary;

	clr_version_read_current(&version);
	vocabulary = clr_vocabulary_acquire(&version, account);
	PG_TRY();
	{
		around->levels =
			list_concat_unique_int(around->levels,
								   clr_vocabulary_levels_beyond(vocabulary, around->feature,
																action));
	}
	PG_FINALLY();
	{
		clr_kept_release(&vocabulary->kept);
	}
	PG_END_TRY();
}

/* ---------- candidates ---------- */

/* Whoever can have a way in: ClrActor. Of one account, or (zero) of all. */
static List *
find_candidates(const Around *around, int64 account)
{
	static const Oid argtypes[] = { INT8ARRAYOID, INT4ARRAYOID, TEXTOID, BOOLOID, INT8OID };
	MemoryContext caller = CurrentMemoryContext;
	Datum *ids = palloc(sizeof(Datum) * Max(around->projects.count, 1));
	Datum *levels = palloc(sizeof(Datum) * Max(list_length(around->levels), 1));
	Datum args[5];
	char nulls[] = { ' ', ' ', ' ', ' ', account == 0 ? 'n' : ' ' };
	List *candidates = NIL;
	ListCell *lc;
	ClrCatalog state;
	uint64 rows;

	for (int i = 0; i < around->projects.count; i++)
		ids[i] = Int64GetDatum(around->projects.ids[i]);
	foreach(lc, around->levels)
		levels[foreach_current_index(lc)] = Int32GetDatum(lfirst_int(lc));
	args[0] = PointerGetDatum(construct_array(ids, around->projects.count, INT8OID, sizeof(int64),
											  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	args[1] = PointerGetDatum(construct_array(levels, list_length(around->levels), INT4OID,
											  sizeof(int32), true, TYPALIGN_INT));
	args[2] = CStringGetTextDatum(around->feature);
	args[3] = BoolGetDatum(around->without_project);
	args[4] = Int64GetDatum(account);
	clr_catalog_begin(&state);
	rows = clr_catalog_query("SELECT member, partner"
							 " FROM clearance_internal.candidates($1, $2, $3, $4, $5)",
							 lengthof(argtypes), argtypes, args, nulls);
	for (uint64 i = 0; i < rows; i++)
	{
		ClrActor *actor = MemoryContextAlloc(caller, sizeof(ClrActor));
		MemoryContext of_query = MemoryContextSwitchTo(caller);

		*actor = (ClrActor){ clr_column_int64(i, 1), clr_column_int64(i, 2) };
		candidates = lappend(candidates, actor);
		MemoryContextSwitchTo(of_query);
	}
	clr_catalog_end(&state);
	return candidates;
}

/* The same question about a candidate, in memory that is gone before the next one. */
static void
judge_candidate(const ClrQuestion *asked, const ClrJudge *like, const ClrRow *row,
				MemoryContext scratch, List **found)
{
	MemoryContext caller = MemoryContextSwitchTo(scratch);
	ClrQuestion question = *asked;
	ClrVerdict verdict = { 0 };

	clr_question_judge(&question, like);
	if (clr_question_permits(&question, row, &verdict))
	{
		MemoryContextSwitchTo(caller);
		*found = lappend(*found, new_found(&question.whom.actor, &verdict));
	}
	MemoryContextSwitchTo(caller);
	MemoryContextReset(scratch);
}

static Found *
new_found(const ClrActor *actor, const ClrVerdict *verdict)
{
	const ClrProject *project = verdict->project;
	const char *ground = clr_verdict_ground(verdict);
	Found *found = palloc0(sizeof(Found));

	found->actor = *actor;
	found->ground = ground != NULL ? ground : "link";
	if (verdict->ground == CLR_BY_GRANT && verdict->grant->relation != CLR_REL_ANY)
		found->relation = pstrdup(clr_relation_name(verdict->grant->relation));
	if (project == NULL)
		return found;
	if (project->id > 0)
	{
		found->project = project->id;
		found->way = clr_way_name(project->way);
	}
	found->levels = level_ids(project);
	found->place = clr_place_name(project->open_levels != NIL && project->levels.count == 0 ?
									  CLR_PLACE_OPEN :
									  project->levels.place);
	return found;
}

static char *
level_ids(const ClrProject *project)
{
	StringInfoData ids;
	ListCell *lc;

	initStringInfo(&ids);
	appendStringInfoChar(&ids, '{');
	for (int i = 0; i < project->levels.count; i++)
		appendStringInfo(&ids, "%s%d", ids.len > 1 ? "," : "", project->levels.ids[i]);
	foreach(lc, project->open_levels)
		appendStringInfo(&ids, "%s%d", ids.len > 1 ? "," : "", lfirst_int(lc));
	appendStringInfoChar(&ids, '}');
	return ids.data;
}

/* ---------- rows of the result ---------- */

static Datum
int64s_of(const List *found, size_t offset)
{
	Datum *values = palloc(sizeof(Datum) * Max(list_length(found), 1));
	ListCell *lc;

	foreach(lc, found)
		values[foreach_current_index(lc)] =
			Int64GetDatum(*(int64 *) ((char *) lfirst(lc) + offset));
	return PointerGetDatum(construct_array(values, list_length(found), INT8OID, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static Datum
texts_of(const List *found, size_t offset)
{
	int n = list_length(found);
	Datum *values = palloc0(sizeof(Datum) * Max(n, 1));
	bool *nulls = palloc(sizeof(bool) * Max(n, 1));
	ListCell *lc;

	foreach(lc, found)
	{
		const char *text = *(const char **) ((char *) lfirst(lc) + offset);
		int i = foreach_current_index(lc);

		nulls[i] = text == NULL;
		values[i] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
	}
	return PointerGetDatum(construct_md_array(values, nulls, n > 0 ? 1 : 0, (int[]){ n },
											  (int[]){ 1 }, TEXTOID, -1, false, TYPALIGN_INT));
}

/* With their names, which SQL knows, in its order. */
static void
put(ReturnSetInfo *result, const List *found, TimestampTz at, int64 account)
{
	static const Oid argtypes[] = { INT8ARRAYOID,	INT8ARRAYOID, INT8ARRAYOID, TEXTARRAYOID,
									TEXTARRAYOID,	TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
									TIMESTAMPTZOID, INT8OID };
	Datum args[] = { int64s_of(found, offsetof(Found, actor.member)),
					 int64s_of(found, offsetof(Found, actor.partner)),
					 int64s_of(found, offsetof(Found, project)),
					 texts_of(found, offsetof(Found, way)),
					 texts_of(found, offsetof(Found, levels)),
					 texts_of(found, offsetof(Found, place)),
					 texts_of(found, offsetof(Found, ground)),
					 texts_of(found, offsetof(Found, relation)),
					 TimestampTzGetDatum(at),
					 Int64GetDatum(account) };
	char nulls[] = { ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', account == 0 ? 'n' : ' ' };
	ClrCatalog state;
	uint64 rows;

	clr_catalog_begin(&state);
	rows = clr_catalog_query("SELECT * FROM clearance_internal.named_candidates($1, $2, $3, $4,"
							 " $5, $6, $7, $8, $9, $10)",
							 lengthof(argtypes), argtypes, args, nulls);
	for (uint64 i = 0; i < rows; i++)
		tuplestore_puttuple(result->setResult, SPI_tuptable->vals[i]);
	clr_catalog_end(&state);
}
