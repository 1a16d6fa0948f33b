/*
 * registration.c
 *		Whether every row of a table of projects is registered, and where.
 *
 * The triggers that note new keys of projects in clearance.version say when that
 * changes. So what was found holds while the version and those triggers are the
 * same.
 *
 * State: what is known of the last table of projects.
 */
#include "plan/registration.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "store/catalog.h"
#include "store/keyscan.h"
#include "store/version.h"

/* The first key of a scan. */
typedef struct First
{
	Oid type;
	MemoryContext context; /* of the text */
	char *text;			   /* NULL: there is none */
} First;

static ClrRegistration *known = NULL;
static MemoryContext known_context = NULL;

static void read_registration(ClrBinding *projects, const ClrScope *scope, ClrRegistration *found);
static void read_all_rows(ClrBinding *projects, ClrRegistration *found);
static void
read_rows_of_account(ClrBinding *projects, const ClrScope *scope, ClrRegistration *found);
static bool take_first(const ClrKey *key, void *taken);
static void read_account(const char *query, Oid type, Datum arg, ClrKeyClass class,
						 ClrKeyTable *keys, ClrRegistration *found);
static bool is_in(const ClrKey *key, void *keys);
static List *read_sound(void);

/*
 * What is known, or else found out, of a table of projects. NULL if nobody
 * would note new keys in it.
 */
const ClrRegistration *
clr_registration_of(ClrBasis *basis, ClrBinding *projects, const ClrScope *scope, bool by_account,
					Snapshot snapshot)
{
	static ClrVersion version;
	/* others note nothing of what this transaction does, see version.c and kept.c */
	bool keepable = !clr_version_changed_here(CLR_CHANGED_PROJECTS) && !IsolationIsSerializable();
	ClrRegistration *found = palloc0(sizeof(ClrRegistration));
	MemoryContext caller;

	found->table = projects->relid;
	found->column = get_attnum(projects->relid, projects->columns[projects->project_slot].name);
	found->asked = by_account ? scope->account : 0;
	if (!clr_basis_add_triggers(basis, projects->relid, snapshot, found->triggers, by_account))
		return NULL;
	if (!keepable)
	{
		read_registration(projects, scope, found);
		return found;
	}
	clr_version_read(&version, snapshot);
	if (known != NULL && known->table == found->table && known->column == found->column &&
		known->asked == found->asked &&
		clr_version_same(&known->version, &version, CLR_CHANGED_PROJECTS) &&
		memcmp(known->triggers, found->triggers, sizeof(known->triggers)) == 0)
		return known;

	read_registration(projects, scope, found);
	known = NULL;
	if (known_context == NULL)
		known_context =
			AllocSetContextCreate(TopMemoryContext, "clearance registration", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(known_context);
	caller = MemoryContextSwitchTo(known_context);
	found->sound = list_copy(found->sound);
	clr_version_copy(&found->version, &version, known_context);
	known = memcpy(palloc(sizeof(ClrRegistration)), found, sizeof(ClrRegistration));
	MemoryContextSwitchTo(caller);
	return known;
}

/* The version under which a table of projects was last asked about, or NULL if another one was. */
const ClrVersion *
clr_registration_version(Oid projects)
{
	return known != NULL && known->table == projects ? &known->version : NULL;
}

static void
read_registration(ClrBinding *projects, const ClrScope *scope, ClrRegistration *found)
{
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "clearance registration scratch",
							  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(scratch);

	found->account = 0;
	if (found->asked != 0)
		read_rows_of_account(projects, scope, found);
	else
		read_all_rows(projects, found);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	found->sound = found->account == 0 ? NIL : read_sound();
}

/*
 * Starts with the first row that comes, so that of a table which several
 * accounts share not much is read.
 */
static void
read_all_rows(ClrBinding *projects, ClrRegistration *found)
{
	const ClrColumn *column = &projects->columns[projects->project_slot];
	ClrKeyScan scan = { .table = found->table, .column = found->column };
	First first = { column->type, CurrentMemoryContext, NULL };
	ClrKeyTable *keys = clr_keytab_new(CurrentMemoryContext, 64);

	(void) clr_keyscan(&scan, take_first, &first);
	if (first.text != NULL)
		read_account("SELECT p.key, p.account_id FROM clearance.project o"
					 " JOIN clearance.project p ON p.account_id = o.account_id"
					 " WHERE o.key = $1",
					 TEXTOID, CStringGetTextDatum(first.text), column->key_class, keys, found);
	if (!clr_keyscan(&scan, is_in, keys))
		found->account = 0;
	found->projects = clr_keytab_count(keys);
}

/*
 * Of rows that name an account, if an index finds them: whether they are all
 * registered in it.
 */
static void
read_rows_of_account(ClrBinding *projects, const ClrScope *scope, ClrRegistration *found)
{
	const ClrColumn *column = &projects->columns[projects->account_slot];
	ClrKeyScan scan = { .table = found->table,
						.column = found->column,
						.by = get_attnum(found->table, column->name),
						.type = column->type };
	ClrKeyTable *keys = clr_keytab_new(CurrentMemoryContext, 64);
	ClrKey account;

	if (!clr_key_from_text(scope->account_key, column->key_class, &account) ||
		!clr_key_to_datum(&account, column->type, &scan.value) ||
		!clr_keys_are_indexed(found->table, column->name))
		return;
	read_account("SELECT p.key, p.account_id FROM clearance.project p WHERE p.account_id = $1",
				 INT8OID, Int64GetDatum(found->asked),
				 projects->columns[projects->project_slot].key_class, keys, found);
	if (!clr_keyscan(&scan, is_in, keys))
		found->account = 0;
	found->projects = clr_keytab_count(keys);
}

static bool
take_first(const ClrKey *key, void *arg)
{
	First *first = arg;
	Datum value;

	if (key != NULL && clr_key_to_datum(key, first->type, &value))
		first->text = MemoryContextStrdup(first->context, clr_value_text(first->type, value));
	return false;
}

/* The account that a query finds, and the keys of all its projects. */
static void
read_account(const char *query, Oid type, Datum arg, ClrKeyClass class, ClrKeyTable *keys,
			 ClrRegistration *found)
{
	ClrCatalog state;
	uint64 rows;

	clr_catalog_begin(&state);
	rows = clr_catalog_query(query, 1, &type, &arg, NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		ClrKey registered;
		bool is_known;

		if (clr_key_from_text(clr_column_text(i, 1), class, &registered))
			(void) clr_keytab_add(keys, &registered, &is_known);
		found->account = clr_column_int64(i, 2);
	}
	clr_catalog_end(&state);
}

static bool
is_in(const ClrKey *key, void *keys)
{
	return key != NULL && clr_keytab_find(keys, key) != NULL;
}

/* The bindings of tables whose foreign keys hold what they say, see outlived.c. */
static List *
read_sound(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List *sound = NIL;
	ClrCatalog state;
	uint64 rows;

	clr_catalog_begin(&state);
	rows = clr_catalog_query("SELECT id FROM clearance.binding WHERE NOT rows_outlived", 0, NULL,
							 NULL, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < rows; i++)
		sound = lappend_int(sound, clr_column_int64(i, 1));
	clr_catalog_end(&state);
	return sound;
}
