/*
 * noted.c
 *		What a change touched, for whoever compares before and after.
 *
 * The triggers that note changes of permissions and of declarations are handed
 * each row, old and new. Of a row its table is kept, and the ids in it: SQL says
 * whom they can be about (sql/preview.sql).
 *
 * State: `noted`, while somebody asks; set by clr_noted_begin(), reset by
 * clr_noted_end(), which the caller must reach after errors too.
 */
#include "store/noted.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/rel.h"

/* Of more rows than that, each counts as one that is about everybody. */
#define MANY_ROWS 10000

static ClrNoted *noted = NULL;

static void note_level(const TriggerData *trigger);
static List *note_int(List *list, TupleDesc desc, HeapTuple tuple, int column);
static void note_ids(Relation relation, HeapTuple tuple);
static void append_ids(StringInfo text, TupleDesc desc, HeapTuple tuple);
static bool is_id(Form_pg_attribute attribute);
static void note(const char *ids);

/* In a context that outlives what is noted. */
ClrNoted *
clr_noted_begin(MemoryContext context)
{
	noted = MemoryContextAllocZero(context, sizeof(ClrNoted));
	noted->context = context;
	noted->rows = clr_keytab_new(context, 8);
	return noted;
}

void
clr_noted_end(void)
{
	noted = NULL;
}

bool
clr_noted_is_asked(void)
{
	return noted != NULL;
}

/* A row of a table that scopes are made of changes, or all of its rows go. */
void
clr_noted_row(const TriggerData *trigger, ClrChange what)
{
	Relation relation = trigger->tg_relation;

	if (noted == NULL)
		return;
	noted->changed[what] = true;
	if (what == CLR_CHANGED_LEVELS)
		note_level(trigger);
	if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		RelationGetNamespace(relation) != get_namespace_oid("clearance", true))
	{
		note("{}");
		return;
	}
	note_ids(relation, trigger->tg_trigtuple);
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		note_ids(relation, trigger->tg_newtuple);
}

/* Rows of level, or of what one grants. */
static void
note_level(const TriggerData *trigger)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	int column = SPI_fnumber(desc, "level_id");

	if (column <= 0)
		column = SPI_fnumber(desc, "id");
	if (column <= 0 || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
	{
		noted->all_levels = true;
		return;
	}
	noted->levels = note_int(noted->levels, desc, trigger->tg_trigtuple, column);
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		noted->levels = note_int(noted->levels, desc, trigger->tg_newtuple, column);
}

static List *
note_int(List *list, TupleDesc desc, HeapTuple tuple, int column)
{
	MemoryContext caller = MemoryContextSwitchTo(noted->context);
	bool isnull;
	Datum value = heap_getattr(tuple, column, desc, &isnull);

	if (!isnull)
		list = list_append_unique_int(list, DatumGetInt32(value));
	MemoryContextSwitchTo(caller);
	return list;
}

static void
note_ids(Relation relation, HeapTuple tuple)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "{\"table\": \"%s\"", RelationGetRelationName(relation));
	append_ids(&text, RelationGetDescr(relation), tuple);
	appendStringInfoChar(&text, '}');
	note(text.data);
	pfree(text.data);
}

static void
append_ids(StringInfo text, TupleDesc desc, HeapTuple tuple)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		bool isnull;
		Datum value;

		if (!is_id(attribute))
			continue;
		value = heap_getattr(tuple, i + 1, desc, &isnull);
		if (!isnull)
			appendStringInfo(text, ", \"%s\": " INT64_FORMAT, NameStr(attribute->attname),
							 DatumGetInt64(value));
	}
}

/* The extension's own ids are bigint, but for those of levels and declarations. */
static bool
is_id(Form_pg_attribute attribute)
{
	const char *name = NameStr(attribute->attname);
	size_t length = strlen(name);

	return !attribute->attisdropped && attribute->atttypid == INT8OID &&
		   (strcmp(name, "id") == 0 || (length > 3 && strcmp(name + length - 3, "_id") == 0));
}

static void
note(const char *ids)
{
	ClrKey key;
	bool found;

	if (clr_keytab_count(noted->rows) >= MANY_ROWS)
		ids = "{}";
	(void) clr_key_from_text(ids, CLR_KEY_TEXT, &key);
	(void) clr_keytab_add(noted->rows, &key, &found);
}

/* A row of a table that holds declarations changed. */
void
clr_noted_declaration(const TriggerData *trigger)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	int column;

	if (noted == NULL || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		return;
	column = SPI_fnumber(desc, "binding_id");
	if (column <= 0)
		column = SPI_fnumber(desc, "id"); /* of the binding itself */
	noted->bindings = note_int(noted->bindings, desc, trigger->tg_trigtuple, column);
}

/* A query writes a table. */
void
clr_noted_table(Oid relid)
{
	MemoryContext caller = MemoryContextSwitchTo(noted->context);

	noted->tables = list_append_unique_oid(noted->tables, relid);
	MemoryContextSwitchTo(caller);
}
