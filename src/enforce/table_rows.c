/*
 * table_rows.c
 *		Rows of the application's tables, for the extension's functions in SQL.
 *
 * Those run as the owner of the extension, so they read no such table by a
 * query of their own: table_rows() reads as the table's owner, and values_of()
 * takes a row apart without a query. Both give the values as texts, times as
 * ISO 8601, and nothing but what the types' own output functions make of them.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

#include "rule/binding.h"
#include "store/catalog.h"
#include "store/key.h"
#include "store/moment.h"
#include "store/writing.h"

PG_FUNCTION_INFO_V1(clearance_table_rows);
PG_FUNCTION_INFO_V1(clearance_values_of);

#define ROWS_A_FETCH 1000

/* The names of the wanted columns, NULL for one that is not there. */
typedef struct Columns
{
	int n;
	Datum *names;
	bool *nulls;
} Columns;

static void put_rows(ReturnSetInfo *result, SPITupleTable *rows, int n);
static char *column_list(const Columns *columns);
static Datum wanted_keys(Oid table, const char *column, ArrayType *texts, Oid *type);

static Columns
columns_of(ArrayType *names)
{
	Columns columns;

	deconstruct_array(names, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &columns.names,
					  &columns.nulls, &columns.n);
	return columns;
}

/* A value as declarations write it; a date or time as the moment that it is. */
static char *
text_of(Datum value, Oid type)
{
	type = getBaseType(type);
	if (type == DATEOID || type == TIMESTAMPOID)
	{
		value = TimestampTzGetDatum(clr_moment(value, type));
		type = TIMESTAMPTZOID;
	}
	return clr_value_text(type, value);
}

/* NULLs stay. */
static Datum
texts_of(const Datum *values, bool *nulls, const Oid *types, int n)
{
	Datum *texts = palloc0(sizeof(Datum) * Max(n, 1));
	int dims[] = { n };
	int lower[] = { 1 };

	for (int i = 0; i < n; i++)
		if (!nulls[i])
			texts[i] = CStringGetTextDatum(text_of(values[i], types[i]));
	return PointerGetDatum(construct_md_array(texts, nulls, n > 0 ? 1 : 0, dims, lower, TEXTOID, -1,
											  false, TYPALIGN_INT));
}

/*
 * values_of(row anyelement, columns name[]) returns text[]: the values of a row
 * of a table.
 */
Datum
clearance_values_of(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
	Columns columns = columns_of(PG_GETARG_ARRAYTYPE_P(1));
	TupleDesc desc =
		lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
	HeapTupleData tuple = { .t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row };
	Datum *values = palloc(sizeof(Datum) * Max(columns.n, 1));
	bool *nulls = palloc(sizeof(bool) * Max(columns.n, 1));
	Oid *types = palloc(sizeof(Oid) * Max(columns.n, 1));
	int level = clr_writing_begin();
	Datum texts;

	for (int i = 0; i < columns.n; i++)
	{
		int attnum;

		nulls[i] = columns.nulls[i];
		if (nulls[i])
			continue;
		attnum = SPI_fnumber(desc, NameStr(*DatumGetName(columns.names[i])));
		if (attnum <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("the row has no column \"%s\"",
							NameStr(*DatumGetName(columns.names[i]))),
					 errhint("A declaration names it: end that, and declare the table anew.")));
		types[i] = SPI_gettypeid(desc, attnum);
		values[i] = heap_getattr(&tuple, attnum, desc, &nulls[i]);
	}
	texts = texts_of(values, nulls, types, columns.n);
	clr_writing_end(level);
	ReleaseTupleDesc(desc);
	PG_RETURN_DATUM(texts);
}

/*
 * table_rows(relation regclass, columns name[], "column" name, keys text[])
 * returns setof text[]: the values of the rows whose column has one of the
 * keys; of all rows if it is NULL. As they are now, whatever the snapshot: who
 * looks may have waited for who changed them.
 */
Datum
clearance_table_rows(PG_FUNCTION_ARGS)
{
	Oid table = PG_GETARG_OID(0);
	Columns columns = columns_of(PG_GETARG_ARRAYTYPE_P(1));
	ClrTableQuery query = { .columns = column_list(&columns), .rest = "" };
	Oid type;
	Datum keys;
	ClrCatalog state;
	Portal portal;
	int level;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (!PG_ARGISNULL(2))
	{
		const char *column = NameStr(*PG_GETARG_NAME(2));

		keys = wanted_keys(table, column, PG_GETARG_ARRAYTYPE_P(3), &type);
		query.rest =
			psprintf("WHERE t.%s OPERATOR(pg_catalog.=) ANY ($1)", quote_identifier(column));
		query.nargs = 1;
		query.argtypes = &type;
		query.args = &keys;
	}
	clr_catalog_begin_owner(&state, table);
	CommandCounterIncrement(); /* what this statement wrote is there now */
	PushActiveSnapshot(GetLatestSnapshot());
	level = clr_writing_begin();
	portal = clr_catalog_open_table(&state, &query);
	do
	{
		SPI_cursor_fetch(portal, true, ROWS_A_FETCH);
		put_rows((ReturnSetInfo *) fcinfo->resultinfo, SPI_tuptable, columns.n);
		SPI_freetuptable(SPI_tuptable);
	} while (SPI_processed > 0);
	SPI_cursor_close(portal);
	clr_writing_end(level);
	PopActiveSnapshot();
	clr_catalog_end(&state);
	return (Datum) 0;
}

static void
put_rows(ReturnSetInfo *result, SPITupleTable *rows, int n)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "clearance rows", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Datum *values = palloc(sizeof(Datum) * Max(n, 1));
	bool *nulls = palloc(sizeof(bool) * Max(n, 1));
	Oid *types = palloc(sizeof(Oid) * Max(n, 1));

	for (int i = 0; i < n; i++)
		types[i] = SPI_gettypeid(rows->tupdesc, i + 1);
	for (uint64 i = 0; i < rows->numvals; i++)
	{
		bool isnull = false;
		Datum texts;

		heap_deform_tuple(rows->vals[i], rows->tupdesc, values, nulls);
		texts = texts_of(values, nulls, types, n);
		tuplestore_putvalues(result->setResult, result->setDesc, &texts, &isnull);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

static char *
column_list(const Columns *columns)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < columns->n; i++)
	{
		if (i > 0)
			appendStringInfoString(&list, ", ");
		if (columns->nulls[i])
			appendStringInfoString(&list, "NULL");
		else
			appendStringInfo(&list, "t.%s",
							 quote_identifier(NameStr(*DatumGetName(columns->names[i]))));
	}
	return list.data;
}

/* Those of the keys that the column can hold, as an array of its type. */
static Datum
wanted_keys(Oid table, const char *column, ArrayType *texts, Oid *type)
{
	Oid element = getBaseType(get_atttype(table, get_attnum(table, column)));
	ClrKeyTable *keys = clr_keytab_new(CurrentMemoryContext, 8);
	Datum *elems;
	bool *nulls;
	int n;

	deconstruct_array(texts, TEXTOID, -1, false, TYPALIGN_INT, &elems, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		ClrKey key;
		bool found;

		if (!nulls[i] &&
			clr_key_from_text(TextDatumGetCString(elems[i]), clr_key_class(element), &key))
			(void) clr_keytab_add(keys, &key, &found);
	}
	*type = get_array_type(element);
	return clr_keytab_array(keys, element);
}
