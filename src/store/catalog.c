/*
 * catalog.c
 *		Queries that the extension runs on its own behalf. No other file runs any.
 *
 * The rule is computed from tables that members cannot read. Our own are read
 * as the bootstrap superuser, to whom row security does not apply: nobody else
 * has put anything into them that a query would run. A table of the
 * application holds code of its owner's (predicates and expressions of
 * indexes, constraints, statistics), which is evaluated as soon as a query on
 * it is planned; so such a table is read as its owner, without row security
 * (SECURITY_NOFORCE_RLS, see check_enable_rls() in rls.c), as the server's own
 * foreign key checks do (ri_triggers.c). A query names one such table: tables
 * have different owners.
 *
 * Whoever runs the statement around chooses search_path, and operators are
 * looked up in it whenever a kept plan is made anew (RevalidateCachedQuery,
 * plancache.c). So a query runs under a search_path of its own, which also
 * holds for what an owner's code calls; other settings that such code makes
 * end with the query. Texts hold quoted names and parameters, nothing else of
 * anybody's.
 *
 * Tables of the application are meant by OID. Their names are looked up at
 * each use, with the table locked, and what was planned is compared with the
 * OID: a name may have become another table's.
 *
 * Queries see the snapshot of the query on whose behalf they run, also where a
 * function that it calls has a later one active (read-only SPI uses the active
 * snapshot, see _SPI_execute_plan in spi.c).
 *
 * Lifetime: plans are kept for the backend's life. Their number is bounded by
 * the configuration, not by the number of statements: one per query text, for
 * tables of the application one per table, owner and shape of query.
 */
#include "store/catalog.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "store/counters.h"
#include "store/key.h"
#include "store/release.h"
#include "store/unforced.h"

#define OWN_PATH "pg_catalog, pg_temp"

/* A kept plan of a query on a table of the application. */
typedef struct TablePlan
{
	SPIPlanPtr plan;
	char *name; /* of the table, when it was prepared */
} TablePlan;

/* Kept plans: of our own tables by query text, of others see find_table_plan(). Never reset. */
static ClrKeyTable *plans = NULL;
static ClrKeyTable *table_plans = NULL;

/* Plans of tables under former names, to be freed when no query can be running. */
static List *outdated = NIL;

/* The schema that is known to be the extension's. Never reset. */
static Oid internal_schema = InvalidOid;

/* Set by the frame of the running query. */
static Snapshot query_snapshot = NULL;

static void become(ClrCatalog *state, Oid user, int context);
static void become_owner(ClrCatalog *state, Oid table);
static SPIPlanPtr find_plan(const char *sql, int nargs, const Oid *argtypes);
static SPIPlanPtr find_table_plan(const ClrCatalog *state, const ClrTableQuery *query);
static char *table_query_text(const ClrCatalog *state, const ClrTableQuery *query);
static ClrKey plan_key(const char *text, int nargs, const Oid *argtypes);
static void let_go(TablePlan *kept);
static void check_reads(SPIPlanPtr plan, Oid table);
static void free_outdated(XactEvent event, void *arg);
static SPIPlanPtr prepare(const char *sql, int nargs, const Oid *argtypes);
static bool is_in(int context);
static SPIPlanPtr keep(SPIPlanPtr plan);

void
clr_catalog_init(void)
{
	StaticAssertStmt(((SECURITY_OWN_TABLES | SECURITY_OWNER_READS | SECURITY_UNFORCED) &
					  (SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION |
					   SECURITY_NOFORCE_RLS)) == 0,
					 "the server uses the bits");
	RegisterXactCallback(free_outdated, NULL);
}

Snapshot
clr_catalog_read_under(Snapshot snapshot)
{
	Snapshot previous = query_snapshot;

	query_snapshot = snapshot;
	return previous;
}

/* Whether what runs is a query of our own tables. */
bool
clr_catalog_is_reading(void)
{
	return is_in(SECURITY_OWN_TABLES);
}

/* Whether an owner's tables are read for us: no row of them is hidden from it, and no value. */
bool
clr_catalog_owner_reads(void)
{
	return is_in(SECURITY_OWNER_READS);
}

static bool
is_in(int context)
{
	Oid user;
	int sec_context;

	GetUserIdAndSecContext(&user, &sec_context);
	return (sec_context & context) != 0;
}

/*
 * To read our own tables: superuser rights, an active snapshot, SPI connected.
 * On error, transaction abort restores the user (AbortTransaction, xact.c).
 */
void
clr_catalog_begin(ClrCatalog *state)
{
	state->pushed_snapshot = clr_catalog_push_snapshot();
	become(state, BOOTSTRAP_SUPERUSERID, SECURITY_OWN_TABLES);
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
 * The same, of the present, as the server's own catalog is read; it must be popped.
 * (GetLatestSnapshot() is refused in parallel mode, snapmgr.c.)
 */
void
clr_catalog_push_latest(void)
{
	clr_release_check();
	(void) clr_catalog_internal_schema(); /* of half an extension, nothing is believed */
	PushActiveSnapshot(GetCatalogSnapshot(InvalidOid));
}

/*
 * As clr_catalog_begin(), for declarations and checks that must not miss what
 * others committed.
 */
void
clr_catalog_begin_latest(ClrCatalog *state)
{
	clr_catalog_push_latest();
	state->pushed_snapshot = true;
	become(state, BOOTSTRAP_SUPERUSERID, SECURITY_OWN_TABLES);
}

/*
 * To read a table of the application, as its owner. An error if the owner may
 * not: nobody else's rights are used instead.
 */
void
clr_catalog_begin_owner(ClrCatalog *state, Oid table)
{
	state->pushed_snapshot = clr_catalog_push_snapshot();
	become_owner(state, table);
}

void
clr_catalog_begin_owner_latest(ClrCatalog *state, Oid table)
{
	clr_catalog_push_latest();
	state->pushed_snapshot = true;
	become_owner(state, table);
}

static void
become_owner(ClrCatalog *state, Oid table)
{
	HeapTuple tuple;
	Oid schema;
	Oid owner;

	LockRelationOid(table, AccessShareLock); /* keeps its name, and tells of an earlier change */
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), clr_count(CLR_ERROR_DECLARATION),
						errmsg("a table that a declaration names does not exist any more")));
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	schema = ((Form_pg_class) GETSTRUCT(tuple))->relnamespace;
	ReleaseSysCache(tuple);
	if (object_aclcheck(NamespaceRelationId, schema, owner, ACL_USAGE) != ACLCHECK_OK)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), clr_count(CLR_ERROR_OWNER),
						errmsg("the owner of %s may not use its schema", get_rel_name(table)),
						errdetail("The extension reads tables with the rights of their owners."),
						errhint("Grant it: GRANT USAGE ON SCHEMA %s TO %s.",
								quote_identifier(get_namespace_name(schema)),
								quote_identifier(GetUserNameFromId(owner, false)))));
	if (pg_class_aclcheck(table, owner, ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(table, owner, ACL_SELECT, ACLMASK_ANY) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), clr_count(CLR_ERROR_OWNER),
				 errmsg("the owner of %s may not read it", get_rel_name(table)),
				 errdetail("The extension reads tables with the rights of their owners."),
				 errhint("Grant it: GRANT SELECT ON %s TO %s.", clr_catalog_table_name(table),
						 quote_identifier(GetUserNameFromId(owner, false)))));
	become(state, owner, SECURITY_NOFORCE_RLS | SECURITY_OWNER_READS);
	state->table = table;
	state->owner = owner;
}

/*
 * Another user, who can do nothing for longer than this: no settings, no
 * objects of the session. Names are looked up in the system's schema alone.
 */
static void
become(ClrCatalog *state, Oid user, int context)
{
	clr_release_check();
	GetUserIdAndSecContext(&state->user, &state->sec_context);
	SetUserIdAndSecContext(user,
						   (state->sec_context & ~(SECURITY_OWN_TABLES | SECURITY_OWNER_READS)) |
							   context | SECURITY_LOCAL_USERID_CHANGE |
							   SECURITY_RESTRICTED_OPERATION);
	state->table = InvalidOid;
	state->owner = InvalidOid;
	state->settings = NewGUCNestLevel();
	if (strcmp(namespace_search_path, OWN_PATH) != 0)
		(void) set_config_option("search_path", OWN_PATH, PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
#ifdef TRACE_SORT
	if (trace_sort) /* anybody may set it, and be told how much was sorted here */
		(void) set_config_option("trace_sort", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
#endif
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

void
clr_catalog_end(ClrCatalog *state)
{
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
	AtEOXact_GUC(false, state->settings);
	if (state->pushed_snapshot)
		PopActiveSnapshot();
	SetUserIdAndSecContext(state->user, state->sec_context);
}

/* ---------- our own tables ---------- */

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
	SPIPlanPtr plan;
	int result;

	Assert(clr_catalog_is_reading());
	(void) clr_catalog_internal_schema(); /* a kept plan may be made anew, too */
	plan = find_plan(sql, nargs, argtypes);
	result = SPI_execute_plan(plan, unconstify(Datum *, args), nulls, true, 0);
	MemoryContextSwitchTo(caller); /* SPI leaves its own as current */
	if (result != SPI_OK_SELECT)
		elog(ERROR, "query of the extension failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

/*
 * The schema of the functions that our queries call. Where the database has an
 * earlier version of the extension, one of this name is anybody's, and so is
 * what it holds. Once it is the extension's, it is as long as it has its OID.
 */
Oid
clr_catalog_internal_schema(void)
{
	Oid schema = get_namespace_oid("clearance_internal", true);

	if (OidIsValid(schema) && schema == internal_schema)
		return schema;
	if (!OidIsValid(schema) || getExtensionOfObject(NamespaceRelationId, schema) !=
								   get_extension_oid("pg_clearance", true))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), clr_count(CLR_ERROR_INCOMPLETE),
				 errmsg("the extension pg_clearance is not complete in this database"),
				 errdetail("Schema clearance_internal is missing, or is not the extension's."),
				 errhint("After an update of the library: ALTER EXTENSION pg_clearance UPDATE.")));
	internal_schema = schema;
	return schema;
}

static SPIPlanPtr
find_plan(const char *sql, int nargs, const Oid *argtypes)
{
	ClrKey key = plan_key(sql, nargs, argtypes);
	ClrKeyEntry *entry;
	bool found;

	if (plans == NULL)
		plans = clr_keytab_new(TopMemoryContext, 64);
	entry = clr_keytab_find(plans, &key);
	if (entry == NULL)
	{
		SPIPlanPtr plan = keep(prepare(sql, nargs, argtypes)); /* may add others */

		entry = clr_keytab_add(plans, &key, &found);
		entry->value = plan;
	}
	return entry->value;
}

/* By what a plan is found. Argument types are part of what was planned. */
static ClrKey
plan_key(const char *text, int nargs, const Oid *argtypes)
{
	StringInfoData name;
	ClrKey key;

	initStringInfo(&name);
	for (int i = 0; i < nargs; i++)
		appendStringInfo(&name, "%u ", argtypes[i]);
	appendStringInfoString(&name, text);
	clr_key_from_text(name.data, CLR_KEY_TEXT, &key);
	return key;
}

/* ---------- tables of the application ---------- */

/*
 * Read rows of the table that clr_catalog_begin_owner() was called for. The
 * result is as that of clr_catalog_query().
 */
uint64
clr_catalog_query_table(const ClrCatalog *state, const ClrTableQuery *query)
{
	MemoryContext caller = CurrentMemoryContext;
	SPIPlanPtr plan = query->once ?
						  prepare(table_query_text(state, query), query->nargs, query->argtypes) :
						  find_table_plan(state, query);
	int result = SPI_execute_plan(plan, unconstify(Datum *, query->args), NULL, !query->fresh, 0);

	MemoryContextSwitchTo(caller);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "query of the extension failed: %s", SPI_result_code_string(result));
	check_reads(plan, state->table);
	if (query->once)
		SPI_freeplan(plan);
	return SPI_processed;
}

/* The same, to be read in parts with SPI_cursor_fetch(). */
Portal
clr_catalog_open_table(const ClrCatalog *state, const ClrTableQuery *query)
{
	SPIPlanPtr plan = find_table_plan(state, query);
	Portal portal =
		SPI_cursor_open(NULL, plan, unconstify(Datum *, query->args), NULL, !query->fresh);

	check_reads(plan, state->table);
	return portal;
}

static char *
table_query_text(const ClrCatalog *state, const ClrTableQuery *query)
{
	return psprintf("SELECT %s FROM %s t %s", query->columns, clr_catalog_table_name(state->table),
					query->rest);
}

/*
 * The kept plan of a query on a table under its present name. A plan belongs
 * to the owner: it holds what became of the owner's expressions.
 */
static SPIPlanPtr
find_table_plan(const ClrCatalog *state, const ClrTableQuery *query)
{
	char *name = clr_catalog_table_name(state->table);
	ClrKey key = plan_key(psprintf("%u %u %s FROM %s", state->table, state->owner, query->columns,
								   query->rest),
						  query->nargs, query->argtypes);
	ClrKeyEntry *entry;
	TablePlan *kept;
	bool found;

	if (table_plans == NULL)
		table_plans = clr_keytab_new(TopMemoryContext, 64);
	entry = clr_keytab_add(table_plans, &key, &found);
	if (!found)
		entry->value = MemoryContextAllocZero(TopMemoryContext, sizeof(TablePlan));
	kept = entry->value;
	if (kept->plan != NULL && strcmp(kept->name, name) != 0)
		let_go(kept);
	if (kept->plan == NULL)
	{
		kept->plan = keep(prepare(table_query_text(state, query), query->nargs, query->argtypes));
		kept->name = MemoryContextStrdup(TopMemoryContext, name);
	}
	return kept->plan;
}

static void
let_go(TablePlan *kept)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

	outdated = lappend(outdated, kept->plan);
	MemoryContextSwitchTo(caller);
	kept->plan = NULL;
	pfree(kept->name);
}

/*
 * An error if a plan is about another table: schemas are renamed without a
 * lock on their tables.
 */
static void
check_reads(SPIPlanPtr plan, Oid table)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));

	if (!list_member_oid(source->relationOids, table))
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("table %s was renamed meanwhile", get_rel_name(table)),
						errhint("Retry the transaction.")));
}

/* Queries that run may still use their plans, so not before the transaction ends. */
static void
free_outdated(XactEvent event, void *arg)
{
	ListCell *lc;

	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	foreach(lc, outdated)
		SPI_freeplan(lfirst(lc));
	list_free(outdated);
	outdated = NIL;
}

/* The qualified name of a table, for query texts. */
char *
clr_catalog_table_name(Oid table)
{
	char *name = get_rel_name(table);

	if (name == NULL)
		elog(ERROR, "cache lookup failed for relation %u", table);
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)), name);
}

/*
 * Generic plans only: planning anew for each actor costs more than any better
 * plan would save.
 */
static SPIPlanPtr
prepare(const char *sql, int nargs, const Oid *argtypes)
{
	SPIPlanPtr plan =
		SPI_prepare_cursor(sql, nargs, unconstify(Oid *, argtypes), CURSOR_OPT_GENERIC_PLAN);

	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	return plan;
}

static SPIPlanPtr
keep(SPIPlanPtr plan)
{
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "SPI_keepplan failed");
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
