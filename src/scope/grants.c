/*
 * grants.c
 *		What levels hold, as the engine knows it, for SQL.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "scope/vocabulary.h"
#include "store/catalog.h"
#include "store/version.h"

PG_FUNCTION_INFO_V1(clearance_effective_grants);

static void put_all(ReturnSetInfo *result, ClrVocabulary *vocabulary);
static void put(ReturnSetInfo *result, const ClrDefinition *definition, const ClrGrant *grant);
static Datum kinds_array(const List *kinds);

/*
 * effective_grants() returns table (level_id, feature, action, visibility,
 * relation, reach, kinds)
 */
Datum
clearance_effective_grants(PG_FUNCTION_ARGS)
{
	static ClrVersion version;
	ClrVocabulary *vocabulary;
	bool pushed;

	InitMaterializedSRF(fcinfo, 0);
	pushed = clr_catalog_push_snapshot();
	clr_version_read_current(&version);
	vocabulary = clr_vocabulary_acquire(&version);
	PG_TRY();
	{
		put_all((ReturnSetInfo *) fcinfo->resultinfo, vocabulary);
	}
	PG_FINALLY();
	{
		clr_kept_release(&vocabulary->kept);
	}
	PG_END_TRY();
	if (pushed)
		PopActiveSnapshot();
	return (Datum) 0;
}

static void
put_all(ReturnSetInfo *result, ClrVocabulary *vocabulary)
{
	List *names = NIL;
	ListCell *name;
	ListCell *lc;
	ClrCatalog state;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext spi;
	uint64 rows;

	clr_catalog_begin(&state);
	rows = clr_catalog_query("(SELECT feature, action FROM clearance_internal.given_grants()"
							 " UNION SELECT feature, action FROM clearance_internal.consequences())"
							 " INTERSECT SELECT feature, name FROM clearance.action ORDER BY 1, 2",
							 0, NULL, NULL, NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		spi = MemoryContextSwitchTo(caller);
		names = lappend(names, list_make2(clr_column_text(i, 1), clr_column_text(i, 2)));
		MemoryContextSwitchTo(spi);
	}
	clr_catalog_end(&state);
	foreach(name, names)
	{
		const ClrDefinition *definition =
			clr_vocabulary_action(vocabulary, linitial(lfirst(name)), lsecond(lfirst(name)));

		CHECK_FOR_INTERRUPTS();
		foreach(lc, definition->grants)
			put(result, definition, lfirst(lc));
	}
}

static void
put(ReturnSetInfo *result, const ClrDefinition *definition, const ClrGrant *grant)
{
	Datum values[] = {
		Int32GetDatum(grant->level),
		CStringGetTextDatum(definition->feature),
		CStringGetTextDatum(definition->name),
		CStringGetTextDatum(grant->shared_only ? "shared" : "any"),
		CStringGetTextDatum(clr_relation_name(grant->relation)),
		CStringGetTextDatum(clr_reach_name(grant->reach)),
		kinds_array(grant->kinds),
	};
	bool nulls[lengthof(values)] = { [5] = !grant->reach_given, [6] = grant->kinds == NIL };

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static Datum
kinds_array(const List *kinds)
{
	Datum *texts = palloc(sizeof(Datum) * Max(list_length(kinds), 1));
	ListCell *lc;

	foreach(lc, kinds)
		texts[foreach_current_index(lc)] = CStringGetTextDatum(lfirst(lc));
	return PointerGetDatum(
		construct_array(texts, list_length(kinds), TEXTOID, -1, false, TYPALIGN_INT));
}
