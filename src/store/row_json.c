/*
 * row_json.c
 *		A row of the extension's own tables as JSON.
 *
 * The same whatever a session's settings are: times are in UTC, dates in ISO
 * style, relations have their schemas. to_json() follows the settings, and takes
 * three times as long.
 */
#include "store/row_json.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"

#include "store/catalog.h"

static void put_name(StringInfo json, const char *name);
static void put_value(StringInfo json, Oid type, Datum value);
static void put_other(StringInfo json, Oid type, Datum value);
static char *output_of(Oid type, Datum value);

/*
 * What is hidden has a word instead. The personal columns are an object of their own, in
 * person: "{}" if all of them are NULL.
 */
char *
clr_row_json(HeapTuple row, TupleDesc desc, const ClrRowHidden *hidden, char **person)
{
	StringInfoData json;
	StringInfoData apart;
	Datum *values = palloc(desc->natts * sizeof(Datum));
	bool *nulls = palloc(desc->natts * sizeof(bool));

	heap_deform_tuple(row, desc, values, nulls);
	initStringInfo(&json);
	initStringInfo(&apart);
	for (AttrNumber attnum = 1; attnum <= desc->natts; attnum++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, attnum - 1);

		if (attr->attisdropped)
			continue;
		put_name(&json, NameStr(attr->attname));
		if (nulls[attnum - 1])
			appendStringInfoString(&json, "null");
		else if (attnum == hidden->secret)
			escape_json(&json, hidden->instead);
		else if (bms_is_member(attnum, hidden->personal))
		{
			escape_json(&json, "erased");
			put_name(&apart, NameStr(attr->attname));
			put_value(&apart, attr->atttypid, values[attnum - 1]);
		}
		else
			put_value(&json, attr->atttypid, values[attnum - 1]);
	}
	appendStringInfoChar(&json, '}');
	appendStringInfoString(&apart, apart.len == 0 ? "{}" : "}");
	*person = apart.data;
	return json.data;
}

static void
put_name(StringInfo json, const char *name)
{
	appendStringInfoString(json, json->len == 0 ? "{" : ", ");
	escape_json(json, name);
	appendStringInfoString(json, ": ");
}

/* Most columns are of a few types, which need no look-up. */
static void
put_value(StringInfo json, Oid type, Datum value)
{
	static const int utc = 0;
	char printed[MAXDATELEN + 1];

	switch (type)
	{
		case BOOLOID:
			appendStringInfoString(json, DatumGetBool(value) ? "true" : "false");
			break;
		case DATEOID:
		case TIMESTAMPTZOID:
			(void) JsonEncodeDateTime(printed, value, type, &utc);
			escape_json(json, printed);
			break;
		case INT2OID:
			appendStringInfo(json, "%d", DatumGetInt16(value));
			break;
		case INT4OID:
			appendStringInfo(json, "%d", DatumGetInt32(value));
			break;
		case INT8OID:
			appendStringInfo(json, INT64_FORMAT, DatumGetInt64(value));
			break;
		case TEXTOID:
			escape_json(json, TextDatumGetCString(value));
			break;
		case JSONBOID:
			appendStringInfoString(json, output_of(type, value));
			break;
		default:
			put_other(json, type, value);
	}
}

/* A domain's value is one of the type below. */
static void
put_other(StringInfo json, Oid type, Datum value)
{
	Oid base = getBaseType(type);

	if (base != type)
		put_value(json, base, value);
	else if (OidIsValid(get_element_type(type)))
		appendStringInfoString(json,
							   TextDatumGetCString(DirectFunctionCall1(array_to_json, value)));
	else
		escape_json(json, output_of(type, value));
}

static char *
output_of(Oid type, Datum value)
{
	Oid output;
	bool is_varlena;

	if (type == REGCLASSOID && get_rel_name(DatumGetObjectId(value)) != NULL)
		return clr_catalog_table_name(DatumGetObjectId(value));
	getTypeOutputInfo(type, &output, &is_varlena);
	return OidOutputFunctionCall(output, value);
}
