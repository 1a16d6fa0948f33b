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

static List *accounts_of(const ClrVersion *version, Datum levels);
static void
put_account(ReturnSetInfo *result, const ClrVersion *version, int64 account, const List *levels);
static void put(ReturnSetInfo *result, const ClrDefinition *definition, const ClrGrant *grant);
static List *ints_of(Datum array);
static Datum kinds_array(const List *kinds);

/*
 * effective_grants(levels integer[]) returns table (level_id, feature, action,
 * visibility, relation, reach, kinds): of these levels, or, for NULL, of all.
 */
Datum
clearance_effective_grants(PG_FUNCTION_ARGS)
{
	static ClrVersion version;
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum levels = PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0);
	bool pushed;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	pushed = clr_catalog_push_snapshot();
	clr_version_read_current(&version);
	foreach(lc, accounts_of(&version, levels))
		put_account(result, &version, *(int64 *) lfirst(lc), ints_of(levels));
	if (pushed)
		PopActiveSnapshot();
	return (Datum) 0;
}

/* The accounts whose own the levels are, zero for those of none: of int64 *. */
static List *
accounts_of(const ClrVersion *version, Datum levels)
{
	static const Oid argtypes[] = { INT4ARRAYOID };
	MemoryContext caller = CurrentMemoryContext;
	List *accounts = NIL;
	ClrCatalog state;
	uint64 rows;

	clr_catalog_begin(&state);
	rows = clr_catalog_query("SELECT DISTINCT coalesce(account_id, 0) FROM clearance.level"
							 " WHERE $1 IS NULL OR id = ANY ($1)",
							 1, argtypes, &levels, levels == (Datum) 0 ? "n" : NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		int64 *account = MemoryContextAlloc(caller, sizeof(int64));
		MemoryContext spi = MemoryContextSwitchTo(caller);

		*account = clr_column_int64(i, 1);
		accounts = lappend(accounts, account);
		MemoryContextSwitchTo(spi);
	}
	clr_catalog_end(&state);
	return accounts;
}

/* What an account's own levels hold; of those named, if any are. */
static void
put_account(ReturnSetInfo *result, const ClrVersion *version, int64 account, const List *levels)
{
	ClrVocabulary *vocabulary = clr_vocabulary_acquire(version, account);
	List *definitions;
	ListCell *lc;

	PG_TRY();
	{
		clr_vocabulary_read_all(vocabulary);
		definitions = list_copy(vocabulary->definitions);
		foreach(lc, definitions)
		{
			const ClrDefinition *definition = lfirst(lc);
			ListCell *grant;

			CHECK_FOR_INTERRUPTS();
			definition = clr_vocabulary_action(vocabulary, definition->feature, definition->name);
			foreach(grant, definition->grants)
			{
				int32 level = ((ClrGrant *) lfirst(grant))->level;

				if (clr_vocabulary_level(vocabulary, level)->account == account &&
					(levels == NIL || list_member_int(levels, level)))
					put(result, definition, lfirst(grant));
			}
		}
	}
	PG_FINALLY();
	{
		clr_kept_release(&vocabulary->kept);
	}
	PG_END_TRY();
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

/* NIL for NULL. */
static List *
ints_of(Datum array)
{
	List *list = NIL;
	Datum *elements;
	bool *nulls;
	int count;

	if (array == (Datum) 0)
		return NIL;
	deconstruct_array(DatumGetArrayTypeP(array), INT4OID, sizeof(int32), true, TYPALIGN_INT,
					  &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			list = lappend_int(list, DatumGetInt32(elements[i]));
	return list;
}
