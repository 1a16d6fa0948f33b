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

#include "store/catalog.h"

static Datum ints_array(const List *list);

static int
compare_projects(const ListCell *a, const ListCell *b)
{
	int64 left = ((ClrProject *) lfirst(a))->id;
	int64 right = ((ClrProject *) lfirst(b))->id;

	return (left > right) - (left < right);
}

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
	static const Oid argtypes[] = { INT4ARRAYOID, INT8OID, INT8OID, INT8OID, INT8OID };
	List *projects = list_copy(scope->projects);
	MemoryContext caller = CurrentMemoryContext;
	Datum args[] = { ints_array(scope->level_ids), Int64GetDatum(scope->account),
					 Int64GetDatum(scope->partner), Int64GetDatum(scope->customer),
					 Int64GetDatum(scope->actor.member) };
	StringInfoData text;
	ClrCatalog state;
	ListCell *lc;

	initStringInfo(&text);
	appendStringInfo(&text, "%d " INT64_FORMAT " %s %d %s;", scope->audience, scope->account,
					 scope->account_key ? scope->account_key : "", scope->is_only_account,
					 scope->no_standing ? scope->no_standing : "");
	append_texts(&text, scope->member_keys);
	append_texts(&text, scope->switched_on);
	append_levels(&text, &scope->account_level->levels);
	list_sort(projects, compare_projects);
	foreach(lc, projects)
	{
		ClrProject *project = lfirst(lc);

		appendStringInfo(&text, "\n" INT64_FORMAT " %s %d %d %d %d %d;", project->id,
						 quote_literal_cstr(project->key), project->open_level, project->is_member,
						 project->is_owner, project->archived, project->client_upload);
		append_levels(&text, &project->levels);
		append_texts(&text, project->features_off);
	}
	clr_catalog_begin(&state);
	(void) clr_catalog_query("SELECT clearance_internal.levels_digest($1)"
							 " || clearance_internal.people_digest($1, $2, $3, $4, $5)",
							 lengthof(argtypes), argtypes, args, NULL);
	MemoryContextSwitchTo(caller);
	appendStringInfoString(&text, clr_column_text(0, 1));
	clr_catalog_end(&state);
	return text.data;
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
