/*
 * catalog.c
 *		Read-only queries that the extension runs on its own behalf.
 *
 * The rule is computed from tables that members cannot read, so these queries
 * run as the bootstrap superuser, to whom row security does not apply. Nothing
 * that a member wrote is ever part of their text: names come from the binding
 * tables, quoted; values are parameters; search_path is pinned while a query
 * is planned, and stays with the plan.
 *
 * They see the snapshot of the query on whose behalf they run, also where a
 * function that it calls has a later one active (read-only SPI uses the active
 * snapshot, see _SPI_execute_plan in spi.c).
 *
 * Lifetime: plans are kept in plan_context for the backend's life, one per
 * query text. Texts derive from bindings alone, so their number is bounded by
 * the configuration, not by the number of statements.
 */
#include "catalog.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "key.h"

/* Kept plans by query text. Owned by this file, never reset. */
static ClrKeyTable *plans = NULL;

/* Set by the frame of the running query. */
static Snapshot query_snapshot = NULL;

static void become_extension(ClrCatalog *state);
static SPIPlanPtr prepare(const char *sql, int nargs, const Oid *argtypes);

Snapshot
clr_catalog_read_under(Snapshot snapshot)
{
	Snapshot previous = query_snapshot;

	query_snapshot = snapshot;
	return previous;
}

/*
 * Whether what runs is a query of ours (or another restricted operation of the
 * bootstrap superuser's, which may do as it likes).
 */
bool
clr_catalog_is_reading(void)
{
	Oid user;
	int sec_context;

	GetUserIdAndSecContext(&user, &sec_context);
	return user == BOOTSTRAP_SUPERUSERID && (sec_context & SECURITY_RESTRICTED_OPERATION) != 0;
}

/*
 * Become the extension: superuser rights, an active snapshot, SPI connected.
 * On error, transaction abort restores the user (AbortTransaction, xact.c).
 */
void
clr_catalog_begin(ClrCatalog *state)
{
	state->pushed_snapshot = clr_catalog_push_snapshot();
	become_extension(state);
}

/*
 * Make the snapshot to read under the active one. Returns whether it must be
 * popped.
 */
bool
clr_catalog_push_snapshot(void)
{
	if (query_snapshot == NULL && ActiveSnapshotSet())
		return false;
	PushActiveSnapshot(query_snapshot != NULL ? query_snapshot : GetTransactionSnapshot());
	return true;
}

/*
 * As clr_catalog_begin(), under a snapshot of this moment, as the server's own catalog is
 * read, for declarations and checks that must not miss what others committed.
 * (GetLatestSnapshot() is refused in parallel mode, snapmgr.c.)
 */
void
clr_catalog_begin_latest(ClrCatalog *state)
{
	PushActiveSnapshot(GetCatalogSnapshot(InvalidOid));
	state->pushed_snapshot = true;
	become_extension(state);
}

static void
become_extension(ClrCatalog *state)
{
	GetUserIdAndSecContext(&state->user, &state->sec_context);
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, state->sec_context |
													  SECURITY_LOCAL_USERID_CHANGE |
													  SECURITY_RESTRICTED_OPERATION);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

void
clr_catalog_end(ClrCatalog *state)
{
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
	if (state->pushed_snapshot)
		PopActiveSnapshot();
	SetUserIdAndSecContext(state->user, state->sec_context);
}

/*
 * Run a query between clr_catalog_begin() and _end(); the result is in
 * SPI_tuptable until the end. Returns the number of rows. The current memory
 * context stays as it is.
 */
uint64
clr_catalog_query(const char *sql, int nargs, const Oid *argtypes, const Datum *args,
				  const char *nulls)
{
	MemoryContext caller = CurrentMemoryContext;
	SPIPlanPtr plan = clr_catalog_plan(sql, nargs, argtypes);
	int result = SPI_execute_plan(plan, unconstify(Datum *, args), nulls, true, 0);

	MemoryContextSwitchTo(caller); /* SPI leaves its own as current */
	if (result != SPI_OK_SELECT)
		elog(ERROR, "query of the extension failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

/*
 * The kept plan of a query text with these argument types: the types are part
 * of what was planned.
 */
SPIPlanPtr
clr_catalog_plan(const char *sql, int nargs, const Oid *argtypes)
{
	StringInfoData name;
	ClrKey key;
	ClrKeyEntry *entry;
	bool found;

	initStringInfo(&name);
	for (int i = 0; i < nargs; i++)
		appendStringInfo(&name, "%u ", argtypes[i]);
	appendStringInfoString(&name, sql);
	clr_key_from_text(name.data, CLR_KEY_TEXT, &key);
	if (plans == NULL)
		plans = clr_keytab_new(TopMemoryContext, 64);
	entry = clr_keytab_find(plans, &key);
	if (entry == NULL)
	{
		SPIPlanPtr plan = prepare(sql, nargs, argtypes);

		entry = clr_keytab_add(plans, &key, &found);
		entry->value = plan;
	}
	pfree(name.data);
	return entry->value;
}

/*
 * Plan under a pinned search_path: the plan cache keeps the path and uses it
 * again when it replans (CompleteCachedPlan, plancache.c). Generic plans only:
 * planning anew for each actor costs more than any better plan would save.
 */
static SPIPlanPtr
prepare(const char *sql, int nargs, const Oid *argtypes)
{
	int nestlevel = NewGUCNestLevel();
	SPIPlanPtr plan;

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	plan = SPI_prepare_cursor(sql, nargs, unconstify(Oid *, argtypes), CURSOR_OPT_GENERIC_PLAN);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "SPI_keepplan failed");
	AtEOXact_GUC(true, nestlevel);
	return plan;
}

/* ---------- reading the result ---------- */

static Datum
column_value(uint64 row, int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);
}

/* NULL if the value is NULL. */
char *
clr_column_text(uint64 row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

/* Zero if the value is NULL. */
int64
clr_column_int64(uint64 row, int column)
{
	bool isnull;
	Datum value = column_value(row, column, &isnull);

	if (isnull)
		return 0;
	return SPI_gettypeid(SPI_tuptable->tupdesc, column) == INT8OID ? DatumGetInt64(value) :
																	 DatumGetInt32(value);
}

/* False if the value is NULL. */
bool
clr_column_bool(uint64 row, int column)
{
	bool isnull;
	Datum value = column_value(row, column, &isnull);

	return !isnull && DatumGetBool(value);
}

static Datum
required_value(uint64 row, int column)
{
	bool isnull;
	Datum value = column_value(row, column, &isnull);

	if (isnull)
		elog(ERROR, "column %d of a query of the extension is null", column);
	return value;
}

/* The value must not be NULL. */
TimestampTz
clr_column_timestamptz(uint64 row, int column)
{
	return DatumGetTimestampTz(required_value(row, column));
}

/* The value must not be NULL. A copy. */
bytea *
clr_column_bytea(uint64 row, int column)
{
	return DatumGetByteaPCopy(required_value(row, column));
}

/* text[] (or name[]) without its NULLs; an empty list if the value is NULL. */
char **
clr_column_texts(uint64 row, int column, int *count)
{
	bool isnull;
	Datum value = column_value(row, column, &isnull);
	Datum *elems;
	bool *nulls;
	int n;
	char **texts;

	*count = 0;
	if (isnull)
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &elems, &nulls,
					  &n);
	texts = palloc(sizeof(char *) * Max(n, 1));
	for (int i = 0; i < n; i++)
		if (!nulls[i])
			texts[(*count)++] = TextDatumGetCString(elems[i]);
	return texts;
}

/* integer[] without its NULLs; an empty list if the value is NULL. */
int32 *
clr_column_ints(uint64 row, int column, int *count)
{
	bool isnull;
	Datum value = column_value(row, column, &isnull);
	Datum *elems;
	bool *nulls;
	int n;
	int32 *ints;

	*count = 0;
	if (isnull)
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(value), INT4OID, sizeof(int32), true, TYPALIGN_INT, &elems,
					  &nulls, &n);
	ints = palloc(sizeof(int32) * Max(n, 1));
	for (int i = 0; i < n; i++)
		if (!nulls[i])
			ints[(*count)++] = DatumGetInt32(elems[i]);
	return ints;
}
