/*
 * created.c
 *		Projects that a running statement creates.
 *
 * A project is registered when its statement ends, but RETURNING and other
 * parts of a WITH query need it before. So a BEFORE trigger announces its key,
 * which says nothing yet: the row may be skipped (ON CONFLICT, a later
 * trigger), or somebody else may be faster. It counts
 *
 *	- at once for the new row itself;
 *	- for rows of other tables when the new row is in the table;
 *	- and if it counted for them, the statement fails unless in the end this
 *	  transaction has registered the project, in the actor's account.
 *
 * Lifetime: in the judge of the statement, and gone with it.
 */
#include "rule/created.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "scope/scope.h"
#include "store/catalog.h"
#include "store/counters.h"

typedef struct Creation
{
	ClrProject project;
	ClrBinding *table; /* that the row goes to */
	Datum value;	   /* of its key */
	const char *text;  /* the same */
	bool counted;	   /* for rows of other tables */
} Creation;

static bool is_known(const Creation *creation, bool latest);
static uint64 rows_of(const ClrCatalog *state, const Creation *creation, const char *columns);
static bool row_is_there(const ClrJudge *judge, const Creation *creation);
static bool made_here(uint64 rows);
static void confirm(const ClrKeyEntry *entry, void *judge);

/*
 * A new row of the project table is about to be inserted. Not if anybody knows
 * the key already, or knew it under the statement's snapshot: what it sees of
 * that project is not the actor's.
 */
void
clr_created_announce(ClrJudge *judge, ClrBinding *table, const ClrRow *row)
{
	const ClrColumn *column = &table->columns[table->project_slot];
	MemoryContext caller;
	Creation *creation;
	ClrKey key;
	bool found;

	if (row->nulls[table->project_slot])
		return;
	caller = MemoryContextSwitchTo(judge->context);
	creation = palloc0(sizeof(Creation));
	creation->table = table;
	creation->value = datumCopy(row->values[table->project_slot], get_typbyval(column->type),
								get_typlen(column->type));
	creation->text = clr_binding_value_text(table, row, table->project_slot);
	MemoryContextSwitchTo(caller);

	if (is_known(creation, false) || is_known(creation, true))
		return;

	creation->project.id = CLR_PROJECT_OF_STATEMENT;
	creation->project.levels = judge->scope->account_level->levels;
	creation->project.is_member = true;
	creation->project.is_owner = true;
	clr_key_from_datum(creation->value, column->key_class, column->type, &key);
	if (judge->created[key.class] == NULL)
		judge->created[key.class] = clr_keytab_new(judge->context, 8);
	clr_keytab_add(judge->created[key.class], &key, &found)->value = creation;
}

static bool
is_known(const Creation *creation, bool latest)
{
	Oid text_type[] = { TEXTOID };
	Datum text[] = { CStringGetTextDatum(creation->text) };
	ClrCatalog state;
	bool known;

	if (latest)
		clr_catalog_begin_latest(&state);
	else
		clr_catalog_begin(&state);
	known = clr_catalog_query("SELECT FROM clearance.project WHERE key = $1", 1, text_type, text,
							  NULL) > 0;
	clr_catalog_end(&state);
	if (known)
		return true;

	if (latest)
		clr_catalog_begin_owner_latest(&state, creation->table->relid);
	else
		clr_catalog_begin_owner(&state, creation->table->relid);
	known = rows_of(&state, creation, "1") > 0;
	clr_catalog_end(&state);
	return known;
}

/* Rows of the project table that have the key. */
static uint64
rows_of(const ClrCatalog *state, const Creation *creation, const char *columns)
{
	const ClrColumn *column = &creation->table->columns[creation->table->project_slot];
	ClrTableQuery query = { .columns = columns,
							.rest = psprintf("WHERE t.%s OPERATOR(pg_catalog.=) $1",
											 quote_identifier(column->name)),
							.nargs = 1,
							.argtypes = &column->type,
							.args = &creation->value };

	return clr_catalog_query_table(state, &query);
}

/*
 * The project, where the statement creates it and it counts for rows of this
 * table; else NULL. Its creator owns it. Nothing in it is changed or removed
 * before the statement ends, so that ON CONFLICT cannot turn a creation into
 * an edit.
 */
ClrProject *
clr_created_find(ClrJudge *judge, const ClrBinding *binding, const ClrKey *key)
{
	ClrKeyEntry *entry =
		judge->created[key->class] ? clr_keytab_find(judge->created[key->class], key) : NULL;
	Creation *creation;

	if (entry == NULL)
		return NULL;
	creation = entry->value;
	if (binding == creation->table || creation->counted)
		return &creation->project;
	if (!row_is_there(judge, creation))
		return NULL;
	creation->counted = true;
	return &creation->project;
}

/*
 * Whether this transaction has inserted the row. A command does not see its
 * own rows (HeapTupleSatisfiesMVCC(), heapam_visibility.c); the next one would.
 */
static bool
row_is_there(const ClrJudge *judge, const Creation *creation)
{
	ClrCatalog state;
	bool there;

	if (judge->command == CLR_NO_COMMAND)
		return false;
	clr_catalog_begin_owner(&state, creation->table->relid);
	PushCopiedSnapshot(GetActiveSnapshot());
	GetActiveSnapshot()->curcid = judge->command + 1;
	there = made_here(rows_of(&state, creation, "t.xmin"));
	PopActiveSnapshot();
	clr_catalog_end(&state);
	return there;
}

/* Whether a row of the last query's result, an xmin, is this transaction's. */
static bool
made_here(uint64 rows)
{
	for (uint64 i = 0; i < rows; i++)
	{
		bool isnull;
		Datum xmin = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);

		if (!isnull && TransactionIdIsCurrentTransactionId(DatumGetTransactionId(xmin)))
			return true;
	}
	return false;
}

/*
 * The statement has ended, its triggers too: what counted as created must be.
 */
void
clr_created_confirm(ClrJudge *judge)
{
	for (int i = 0; i < CLR_KEY_CLASSES; i++)
		if (judge->created[i] != NULL)
			clr_keytab_each(judge->created[i], confirm, judge);
}

static void
confirm(const ClrKeyEntry *entry, void *judge)
{
	static const Oid argtypes[] = { TEXTOID, INT8OID };
	const Creation *creation = entry->value;
	Datum args[] = { CStringGetTextDatum(creation->text),
					 Int64GetDatum(((ClrJudge *) judge)->scope->account) };
	ClrCatalog state;
	bool registered;

	if (!creation->counted)
		return;
	clr_catalog_begin_latest(&state);
	registered = made_here(
		clr_catalog_query("SELECT xmin FROM clearance.project WHERE key = $1 AND account_id = $2",
						  2, argtypes, args, NULL));
	clr_catalog_end(&state);
	if (!registered)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE), clr_count(CLR_ERROR_CREATED),
				 errmsg("the project that the statement created is not its own"),
				 errdetail("A project with this key was registered meanwhile, or not at all."),
				 errhint("Retry the transaction.")));
}
