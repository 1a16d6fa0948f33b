/*
 * binding.c
 *		A protected table: which of its columns mean what.
 *
 * Declarations are metadata like the policies that go with them, so they are
 * read under the latest snapshot and kept, like the server's own metadata,
 * until an invalidation message says that a protected table or a declaration
 * changed (what they say: binding_load.c).
 *
 * Lifetime: a kept binding has a context of its own and counts its users, as
 * scopes do. A query gets a copy, since it remembers rows of the table in it.
 *
 * State: which tables are bound, and the bindings kept.
 */
#include "rule/binding.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "catalog/namespace.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "store/catalog.h"
#include "store/noted.h"
#include "store/rows.h"

PG_FUNCTION_INFO_V1(clearance_binding_of);
PG_FUNCTION_INFO_V1(clearance_canonical_text);
PG_FUNCTION_INFO_V1(clearance_note_declaration);

/*
 * Binding ids of tables by OID. That a table is not protected is forgotten by
 * itself, when its relcache entry goes; whatever happens to a protected one
 * makes all of this stale, for bindings name each other's tables.
 */
static ClrKeyTable *known = NULL;
static MemoryContext known_context = NULL;
static bool known_is_stale = false;

/* Instead of ids, which are positive. */
#define NOT_PROTECTED 0
#define BEING_LOOKED_UP (-1)

/* Dropped all together; each time makes a new generation. */
static List *kept = NIL; /* of ClrBinding, in bindings_context */
static MemoryContext bindings_context = NULL;
static uint64 generation = 1;

/* Tables whose change means that declarations changed. */
static const char *const declaration_tables[] = { "binding",		   "binding_relation",
												  "binding_parent",	   "binding_guard",
												  "binding_row_guard", "binding_mask" };
static Oid declaration_oids[lengthof(declaration_tables)];
#define MASKS 5

/* Whether there are masks, and which that refuse conditions, and in which generation that was read. */
static bool any_masked = false;
static bool any_refuses_filters = false;
static uint64 masks_read_in = 0;

/* Features of tables whose rows may have no project, in known_context; and in which generation they were read. */
static List *lacking_project = NIL;
static uint64 lacking_read_in = 0;

static void read_masks(void);
static void read_lacking_project(void);
static ClrBinding *find_kept(int32 id);
static ClrBinding *keep(int32 id);
static void let_go(ClrBinding *binding);
static void drop_stale(void);
static void give_back(void *copy);
static int32 id_of(const ClrKeyEntry *entry);
static void set_id(ClrKeyEntry *entry, int32 id);
static bool may_be_bound(Oid relid);
static int32 look_up_binding(Oid relid);
static int32 bound_nearby(List *tables);
static List *parents_of(Oid relid);
static void forget_relation(Datum arg, Oid relid);

/*
 * Its table, as the server names tables to the user: by the search_path of this moment, not of the
 * one in which the declaration was read.
 */
char *
clr_binding_name(const ClrBinding *binding)
{
	return DatumGetCString(DirectFunctionCall1(regclassout, ObjectIdGetDatum(binding->relid)));
}

/* The mask of a column, or NULL. */
ClrMask *
clr_binding_mask(const ClrBinding *binding, const char *column)
{
	ListCell *lc;

	foreach(lc, binding->masks)
		if (strcmp(((ClrMask *) lfirst(lc))->column, column) == 0)
			return lfirst(lc);
	return NULL;
}

/* The first parent that is in the row's project, or NULL. */
const ClrParent *
clr_binding_near_parent(const ClrBinding *binding)
{
	ListCell *lc;

	foreach(lc, binding->parents)
		if (!((ClrParent *) lfirst(lc))->elsewhere)
			return lfirst(lc);
	return NULL;
}

/* ---------- bindings kept across statements ---------- */

/*
 * A query's own copy of a binding, in its context. Release it after use.
 */
ClrBinding *
clr_binding_acquire(MemoryContext context, int32 id)
{
	MemoryContext caller;
	ClrBinding *binding = find_kept(id);
	ClrBinding *copy;
	ListCell *lc;

	if (binding == NULL)
		binding = keep(id);
	caller = MemoryContextSwitchTo(context);
	copy = palloc(sizeof(ClrBinding));
	*copy = *binding;
	copy->kept = binding;
	copy->relations = NIL;
	foreach(lc, binding->relations)
	{
		ClrRelation *relation = palloc(sizeof(ClrRelation));

		*relation = *(ClrRelation *) lfirst(lc);
		copy->relations = lappend(copy->relations, relation);
	}
	MemoryContextSwitchTo(caller);
	binding->users++;
	return copy;
}

void
clr_binding_release(ClrBinding *copy)
{
	let_go(copy->kept);
}

/* The same, released with the context. */
const ClrBinding *
clr_binding_borrow(MemoryContext context, int32 id)
{
	MemoryContextCallback *callback = MemoryContextAlloc(context, sizeof(MemoryContextCallback));
	ClrBinding *copy = clr_binding_acquire(context, id);

	callback->func = give_back;
	callback->arg = copy;
	MemoryContextRegisterResetCallback(context, callback);
	return copy;
}

static void
give_back(void *copy)
{
	clr_binding_release(copy);
}

/* Whether columns of the table are masked. */
bool
clr_binding_is_masked(int32 id)
{
	const ClrBinding *binding = find_kept(id);
	ClrBinding *copy;
	bool masked;

	if (binding != NULL)
		return binding->masks != NIL;
	copy = clr_binding_acquire(CurrentMemoryContext, id);
	masked = copy->masks != NIL;
	clr_binding_release(copy);
	return masked;
}

/*
 * Whether there are masks at all, and such that refuse conditions: most
 * databases, and most of their statements, have none.
 */
bool
clr_binding_any_masked(bool *refuses_filters)
{
	drop_stale();
	*refuses_filters = false;
	if (creating_extension || !OidIsValid(declaration_oids[MASKS]))
		return false;
	if (masks_read_in != generation)
		read_masks();
	*refuses_filters = any_refuses_filters;
	return any_masked;
}

static void
read_masks(void)
{
	uint64 read_in = generation;
	bool any = false;
	bool refuses = false;
	ClrRows rows;

	clr_catalog_push_latest();
	clr_rows_begin(&rows, CLR_MASKS_OF_BINDING, NULL);
	while (clr_rows_next(&rows))
	{
		any = true;
		refuses |= clr_rows_is_text(&rows, MASK_FILTERS, "error");
	}
	clr_rows_end(&rows);
	PopActiveSnapshot();
	any_masked = any;
	any_refuses_filters = refuses;
	masks_read_in = read_in;
}

/* Whether rows of a feature may have no project. */
bool
clr_binding_may_lack_project(const char *feature)
{
	ListCell *lc;

	drop_stale();
	if (lacking_read_in != generation)
		read_lacking_project();
	foreach(lc, lacking_project)
		if (strcmp(lfirst(lc), feature) == 0)
			return true;
	return false;
}

/* Again, if a message came meanwhile: what was read may be older. */
static void
read_lacking_project(void)
{
	uint64 read_in;

	do
	{
		List *found = NIL;
		MemoryContext caller;
		ClrRows rows;

		drop_stale();
		read_in = generation;
		clr_catalog_push_latest();
		clr_rows_begin(&rows, CLR_BINDING_BY_ID, NULL);
		caller = MemoryContextSwitchTo(known_context);
		while (clr_rows_next(&rows))
			if (clr_rows_bool(&rows, BINDING_PROJECT_OPTIONAL))
				found = lappend(found, clr_rows_text(&rows, BINDING_FEATURE));
		MemoryContextSwitchTo(caller);
		clr_rows_end(&rows);
		PopActiveSnapshot();
		lacking_project = found;
		lacking_read_in = read_in;
	} while (known_is_stale || read_in != generation);
}

static ClrBinding *
find_kept(int32 id)
{
	ListCell *lc;

	drop_stale();
	foreach(lc, kept)
	{
		ClrBinding *binding = lfirst(lc);

		if (binding->id == id)
			return binding;
	}
	return NULL;
}

static ClrBinding *
keep(int32 id)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "clearance binding", ALLOCSET_SMALL_SIZES);
	uint64 read_in = generation;
	ClrBinding *binding = clr_binding_load(context, id);
	MemoryContext caller;

	MemoryContextSetParent(context, bindings_context);
	binding->context = context;
	binding->generation = read_in;
	drop_stale();
	if (generation != read_in)
		return binding; /* a message came meanwhile: it may be older */
	caller = MemoryContextSwitchTo(bindings_context);
	kept = lappend(kept, binding);
	MemoryContextSwitchTo(caller);
	binding->users = 1;
	return binding;
}

static void
let_go(ClrBinding *binding)
{
	if (--binding->users == 0)
		MemoryContextDelete(binding->context);
}

/* Forget what may have changed: another generation begins. */
static void
drop_stale(void)
{
	Oid namespace;
	ListCell *lc;

	if (!known_is_stale && known != NULL)
		return;
	known_is_stale = false;
	generation++;
	MemoryContextReset(known_context);
	known = clr_keytab_new(known_context, 64);
	foreach(lc, kept)
		let_go(lfirst(lc));
	list_free(kept);
	kept = NIL;

	namespace = get_namespace_oid("clearance", true);
	for (int i = 0; i < (int) lengthof(declaration_tables); i++)
		declaration_oids[i] = OidIsValid(namespace) ?
								  get_relname_relid(declaration_tables[i], namespace) :
								  InvalidOid;
}

/* The present one, as far as messages were accepted. */
uint64
clr_binding_generation(void)
{
	drop_stale();
	return generation;
}

/*
 * note_declaration(): AFTER trigger on the tables that hold declarations. All
 * sessions hear of it at the commit.
 */
Datum
clearance_note_declaration(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("note_declaration is a trigger of the extension's tables")));
	CacheInvalidateRelcache(trigger->tg_relation);
	clr_noted_declaration(trigger);
	return PointerGetDatum(NULL);
}

/* ---------- which tables are bound ---------- */

/*
 * The binding of a table, of a partition or child of one, or zero. Remembered
 * until the table's relcache entry is invalidated: protect() and unprotect()
 * alter the table and all below it.
 *
 */
int32
clr_binding_of_relation(Oid relid)
{
	ClrKey key = { .class = CLR_KEY_INT, .integer = relid };
	ClrKeyEntry *entry;
	bool found;
	int32 id;

	if (relid < FirstNormalObjectId || creating_extension)
		return 0;
	drop_stale();
	entry = clr_keytab_add(known, &key, &found);
	if (found && id_of(entry) >= 0)
		return id_of(entry);

	set_id(entry, BEING_LOOKED_UP);
	id = may_be_bound(relid) ? look_up_binding(relid) : NOT_PROTECTED;
	/* gone, if a message came meanwhile */
	entry = known_is_stale ? NULL : clr_keytab_find(known, &key);
	if (entry != NULL && id_of(entry) == BEING_LOOKED_UP)
		set_id(entry, id);
	return id;
}

/*
 * A database without the extension has no bindings; whoever made a schema of its name there has no
 * say. Sequences and the extension's own tables have none: dumps read them, also before the
 * extension is updated (release.c).
 */
static bool
may_be_bound(Oid relid)
{
	Oid extension = get_extension_oid("pg_clearance", true);

	return OidIsValid(extension) && get_rel_relkind(relid) != RELKIND_SEQUENCE &&
		   getExtensionOfObject(RelationRelationId, relid) != extension;
}

static int32
id_of(const ClrKeyEntry *entry)
{
	return DatumGetInt32(PointerGetDatum(entry->value));
}

static void
set_id(ClrKeyEntry *entry, int32 id)
{
	entry->value = DatumGetPointer(Int32GetDatum(id));
}

static int32
look_up_binding(Oid relid)
{
	int32 id;

	clr_catalog_push_latest();
	id = bound_nearby(list_make1_oid(relid));
	PopActiveSnapshot();
	return id;
}

/* The binding of one of these tables, or of the nearest one that they are partitions or children of. */
static int32
bound_nearby(List *tables)
{
	List *seen = NIL;
	ListCell *lc;

	while (tables != NIL)
	{
		List *parents = NIL;

		foreach(lc, tables)
		{
			int32 id = clr_binding_of_table(lfirst_oid(lc));

			if (id != 0)
				return id;
		}
		seen = list_concat_unique_oid(seen, tables);
		foreach(lc, tables)
			parents = list_concat_unique_oid(parents, parents_of(lfirst_oid(lc)));
		tables = list_difference_oid(parents, seen);
	}
	return 0;
}

/* A list of Oid, as the active snapshot has them. */
static List *
parents_of(Oid relid)
{
	Relation inherits = table_open(InheritsRelationId, AccessShareLock);
	List *parents = NIL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple row;

	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan =
		systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, GetActiveSnapshot(), 1, &key);
	while (HeapTupleIsValid(row = systable_getnext(scan)))
		parents = lappend_oid(parents, ((Form_pg_inherits) GETSTRUCT(row))->inhparent);
	systable_endscan(scan);
	table_close(inherits, AccessShareLock);
	return parents;
}

/* The binding that a table has itself, as the active snapshot sees it; zero: it has none. */
int32
clr_binding_of_table(Oid relid)
{
	int32 id = 0;
	ClrRows rows;

	if (clr_rows_one(&rows, CLR_BINDING_OF_TABLE, relid))
	{
		id = clr_rows_int32(&rows, BINDING_ID);
		clr_rows_end(&rows);
	}
	return id;
}

/*
 * binding_of(relation oid) returns integer: under the statement's snapshot, which also
 * sees what its transaction declares.
 */
Datum
clearance_binding_of(PG_FUNCTION_ARGS)
{
	int32 id = bound_nearby(list_make1_oid(PG_GETARG_OID(0)));

	if (id == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(id);
}

/* Only marks or forgets: callbacks may come at any moment. */
static void
forget_relation(Datum arg, Oid relid)
{
	ClrKey key = { .class = CLR_KEY_INT, .integer = relid };
	ClrKeyEntry *entry;

	if (known == NULL)
		return;
	entry = clr_keytab_find(known, &key);
	if (!OidIsValid(relid) || (entry != NULL && id_of(entry) != NOT_PROTECTED))
		known_is_stale = true;
	else if (entry != NULL)
		clr_keytab_remove(known, entry);
	for (int i = 0; i < (int) lengthof(declaration_oids); i++)
		if (declaration_oids[i] == relid)
			known_is_stale = true;
}

void
clr_binding_init(void)
{
	known_context = AllocSetContextCreate(TopMemoryContext, "clearance bindings of tables",
										  ALLOCSET_SMALL_SIZES);
	bindings_context =
		AllocSetContextCreate(TopMemoryContext, "clearance bindings", ALLOCSET_DEFAULT_SIZES);
	CacheRegisterRelcacheCallback(forget_relation, (Datum) 0);
}

/*
 * The bound values of a tuple of the table (or of a partition of it), in the
 * current context.
 */
ClrRow
clr_binding_row(const ClrBinding *binding, TupleDesc desc, HeapTuple tuple)
{
	ClrRow row = { palloc(sizeof(Datum) * Max(binding->ncolumns, 1)),
				   palloc(sizeof(bool) * Max(binding->ncolumns, 1)), NULL };

	for (int i = 0; i < binding->ncolumns; i++)
		row.values[i] =
			heap_getattr(tuple, clr_binding_attnum(binding, i, desc), desc, &row.nulls[i]);
	return row;
}

/*
 * Which of a row's columns a bound one is: mostly the one that it was before, but rows of
 * partitions differ.
 */
int
clr_binding_attnum(const ClrBinding *binding, int slot, TupleDesc desc)
{
	ClrColumn *column = &binding->columns[slot];
	int attnum = column->at;

	if (attnum > 0 && attnum <= desc->natts && !TupleDescAttr(desc, attnum - 1)->attisdropped &&
		namestrcmp(&TupleDescAttr(desc, attnum - 1)->attname, column->name) == 0)
		return attnum;
	attnum = SPI_fnumber(desc, column->name);
	if (attnum <= 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("the row has no column \"%s\"", binding->columns[slot].name),
						errhint("Pass a whole row of %s.", clr_binding_name(binding))));
	column->at = attnum;
	return attnum;
}

/*
 * Whether each row that is open names its account: where it may be without a
 * project, NULL is one in the only account (account_fits(), rule.c).
 */
bool
clr_binding_has_account(const ClrBinding *binding)
{
	return binding->project_slot == CLR_NO_SLOT ?
			   clr_binding_is_of_account(binding) :
			   binding->account_slot != CLR_NO_SLOT && !binding->project_optional;
}

/* Whether rows are the account's, and in no project. */
bool
clr_binding_is_of_account(const ClrBinding *binding)
{
	return binding->account_slot != CLR_NO_SLOT && binding->project_slot == CLR_NO_SLOT &&
		   binding->parents == NIL && binding->link_roles == NIL;
}

/*
 * Whether the rule goes by a column: it is bound for more than a guard or a
 * mask.
 */
bool
clr_binding_decides(const ClrBinding *binding, int slot)
{
	ListCell *lc;

	if (slot == binding->key_slot || slot == binding->project_slot ||
		slot == binding->visibility_slot || slot == binding->client_slot ||
		slot == binding->account_slot || slot == binding->owner_slot ||
		slot == binding->kind_slot || slot == binding->published_slot)
		return true;
	foreach(lc, binding->relations)
		if (((ClrRelation *) lfirst(lc))->slot == slot)
			return true;
	foreach(lc, binding->parents)
	{
		const ClrParent *parent = lfirst(lc);

		if (parent->slot == slot || parent->type_slot == slot)
			return true;
	}
	foreach(lc, binding->link_roles)
	{
		const ClrLinkRole *role = lfirst(lc);

		if (role->slot == slot || role->member_slot == slot)
			return true;
	}
	foreach(lc, binding->namings)
		if (((ClrNaming *) lfirst(lc))->slot == slot)
			return true;
	return false;
}

/* The statement that does what a verb means. */
const char *
clr_verb_statement(ClrVerb verb)
{
	static const char *const statements[] = { [CLR_VIEW] = "SELECT",
											  [CLR_CREATE] = "INSERT",
											  [CLR_EDIT] = "UPDATE",
											  [CLR_DELETE] = "DELETE" };

	return statements[verb];
}

/*
 * What explain() is asked about, of what a verb does: its action or, where that is another verb's
 * as well, the statement.
 */
const char *
clr_binding_asked(const ClrBinding *binding, ClrVerb verb)
{
	for (ClrVerb other = CLR_VIEW; other < CLR_VERBS; other++)
		if (other != verb && strcmp(binding->actions[other], binding->actions[verb]) == 0)
			return clr_verb_statement(verb);
	return binding->actions[verb];
}

/* Whether a column of the table has a type, be it by a domain. */
bool
clr_binding_has_type(const ClrBinding *binding, int slot, Oid type)
{
	ClrColumn *column = &binding->columns[slot];
	Oid base;

	if (type == column->fits && OidIsValid(type))
		return true;
	base = getBaseType(type);
	if (column->is_array)
		base = getBaseType(get_base_element_type(base));
	if (base != column->type)
		return false;
	column->fits = type;
	return true;
}

/* A row's value as text; NULL if it is NULL. */
char *
clr_binding_value_text(const ClrBinding *binding, const ClrRow *row, int slot)
{
	const ClrColumn *column = &binding->columns[slot];

	if (row->nulls[slot])
		return NULL;
	return clr_value_text(column->is_array ? get_array_type(column->type) : column->type,
						  row->values[slot]);
}

/*
 * A value as the text that declarations compare with: what a cast to text
 * gives.
 */
char *
clr_value_text(Oid type, Datum value)
{
	Oid output;
	bool varlena;

	if (type == BOOLOID)
		return DatumGetBool(value) ? "true" : "false";
	getTypeOutputInfo(type, &output, &varlena);
	return OidOutputFunctionCall(output, value);
}

/*
 * canonical_text(value text, type regtype) returns text: a declared value in
 * the form that clr_value_text() gives. By the type's own input and output
 * functions: casts may be anybody's code.
 */
Datum
clearance_canonical_text(PG_FUNCTION_ARGS)
{
	Oid type = getBaseType(PG_GETARG_OID(1));
	Oid input;
	Oid ioparam;

	getTypeInputInfo(type, &input, &ioparam);
	PG_RETURN_TEXT_P(cstring_to_text(
		clr_value_text(type, OidInputFunctionCall(input, text_to_cstring(PG_GETARG_TEXT_PP(0)),
												  ioparam, -1))));
}

/*
 * The bound columns in their order, for a query on the table as t. Masked ones
 * are bound so that their names are followed; the rule does not go by them.
 */
char *
clr_binding_columns_sql(const ClrBinding *binding)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < binding->ncolumns; i++)
		appendStringInfo(&list, "%s%s%s", i > 0 ? ", " : "",
						 clr_binding_mask(binding, binding->columns[i].name) ? "NULL AS " : "t.",
						 quote_identifier(binding->columns[i].name));
	return list.data;
}
