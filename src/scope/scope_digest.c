/*
 * scope_digest.c
 *		Whether two scopes permit the same.
 *
 * For clearance.strict_revoke: what an actor may do is compared under the
 * snapshot of a transaction and under the latest one. Keeps no state.
 */
#include "scope/scope.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "scope/others.h"
#include "store/catalog.h"

static char *query_text(const char *sql, int nargs, const Oid *argtypes, const Datum *args);
static Datum ints_array(const List *list);

static int
compare_texts(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

static void
append_texts(StringInfo text, const List *list)
{
	List *sorted = list_copy(list);
	ListCell *lc;

	list_sort(sorted, compare_texts);
	foreach(lc, sorted)
		appendStringInfo(text, " %s", quote_literal_cstr(lfirst(lc)));
	appendStringInfoChar(text, ';');
}

static void
append_levels(StringInfo text, const ClrLevels *levels)
{
	for (int i = 0; i < levels->count; i++)
		appendStringInfo(text, " %d", levels->ids[i]);
	appendStringInfoChar(text, ';');
}

/*
 * A text that is the same for two scopes of an actor if they permit the same.
 * In the current context.
 */
char *
clr_scope_digest(ClrScope *scope)
{
	static const Oid argtypes[] = { INT4ARRAYOID };
	Datum args[] = { ints_array(scope->level_ids) };
	List *projects = NIL;
	StringInfoData text;
	ListCell *lc;

	foreach(lc, clr_others_and_listed(scope))
		projects = lappend(projects, clr_scope_project_text(lfirst(lc)));
	initStringInfo(&text);
	appendStringInfoString(&text, clr_scope_text(scope));
	append_texts(&text, projects);
	appendStringInfoString(&text, query_text("SELECT clearance_internal.levels_digest($1)",
											 lengthof(argtypes), argtypes, args));
	return text.data;
}

/*
 * The same, but for projects, and what levels grant.
 */
char *
clr_scope_text(const ClrScope *scope)
{
	static const Oid argtypes[] = { INT4ARRAYOID, INT8OID, INT8OID, INT8OID, INT8OID };
	Datum args[] = { ints_array(scope->level_ids), Int64GetDatum(scope->account),
					 Int64GetDatum(scope->partner), Int64GetDatum(scope->customer),
					 Int64GetDatum(scope->actor.member) };
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "%d " INT64_FORMAT " %s %d %s;", scope->audience, scope->account,
					 scope->account_key ? scope->account_key : "", scope->is_only_account,
					 scope->no_standing ? scope->no_standing : "");
	append_texts(&text, scope->member_keys);
	append_texts(&text, scope->switched_on);
	append_levels(&text, &scope->account_level->levels);
	appendStringInfoString(&text,
						   query_text("SELECT clearance_internal.people_digest($1, $2, $3, $4, $5)",
									  lengthof(argtypes), argtypes, args));
	return text.data;
}

/*
 * A text that is the same for a project in two scopes if they permit the same there.
 */
char *
clr_scope_project_text(const ClrProject *project)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	appendStringInfo(&text, INT64_FORMAT " %s %d %d %d %d %d;", project->id,
					 quote_literal_cstr(project->key), project->is_member, project->is_owner,
					 project->archived, project->read_only, project->client_upload);
	append_levels(&text, &project->levels);
	foreach(lc, project->open_levels)
		appendStringInfo(&text, " %d", lfirst_int(lc));
	appendStringInfoChar(&text, ';');
	append_texts(&text, project->features_off);
	return text.data;
}

static char *
query_text(const char *sql, int nargs, const Oid *argtypes, const Datum *args)
{
	MemoryContext caller = CurrentMemoryContext;
	ClrCatalog state;
	char *text;

	clr_catalog_begin(&state);
	(void) clr_catalog_query(sql, nargs, argtypes, args, NULL);
	MemoryContextSwitchTo(caller);
	text = clr_column_text(0, 1);
	clr_catalog_end(&state);
	return text;
}

static Datum
ints_array(const List *list)
{
	Datum *ids = palloc(sizeof(Datum) * Max(list_length(list), 1));
	ListCell *lc;

	foreach(lc, list)
		ids[foreach_current_index(lc)] = Int32GetDatum(lfirst_int(lc));
	return PointerGetDatum(
		construct_array(ids, list_length(list), INT4OID, sizeof(int32), true, TYPALIGN_INT));
}
