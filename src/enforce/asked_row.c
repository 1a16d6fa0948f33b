/*
 * asked_row.c
 *		The row of a protected table that a question is about.
 *
 * It is one of the table's type or, where the call names the table, has each of
 * its bound columns. What a call needs to know of its rows is found out once a
 * query. Lifetime: that of the function's memory; what it rests on is the frame's,
 * and is found anew for another one.
 */
#include "enforce/asked_row.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "frame/frame.h"
#include "guard/secrecy.h"

static ClrAskedRow *
find_out(FunctionCallInfo fcinfo, ClrFrame *frame, HeapTupleHeader record, Oid named);
static int32 binding_of_type(Oid type);
static void check_columns(const ClrBinding *binding, TupleDesc desc);

/*
 * By the numbers of the arguments that hold the row, which is not null, and the
 * table that it is of, or NULL. Valid for this call.
 */
ClrAskedRow *
clr_asked_row(FunctionCallInfo fcinfo, int record, int relation)
{
	HeapTupleHeader header = PG_GETARG_HEAPTUPLEHEADER(record);
	Oid type = HeapTupleHeaderGetTypeId(header);
	int32 typmod = HeapTupleHeaderGetTypMod(header);
	Oid named = PG_ARGISNULL(relation) ? InvalidOid : PG_GETARG_OID(relation);
	ClrAskedRow *asked = fcinfo->flinfo->fn_extra;
	ClrFrame *frame = clr_frame_current();
	HeapTupleData tuple = { .t_len = HeapTupleHeaderGetDatumLength(header), .t_data = header };
	TupleDesc desc;

	if (frame->estate == NULL)
		clr_secrecy_check_asked(frame);
	/* another one whenever the type's columns change (typcache.h) */
	if (asked == NULL || asked->serial != frame->serial || asked->named != named ||
		asked->identifier != assign_record_type_identifier(type, typmod))
		asked = find_out(fcinfo, frame, header, named);
	ItemPointerSetInvalid(&tuple.t_self);
	desc = lookup_rowtype_tupdesc(type, typmod);
	for (int slot = 0; slot < asked->binding->ncolumns; slot++)
		asked->row.values[slot] =
			heap_getattr(&tuple, asked->attnums[slot], desc, &asked->row.nulls[slot]);
	ReleaseTupleDesc(desc);
	return asked;
}

static ClrAskedRow *
find_out(FunctionCallInfo fcinfo, ClrFrame *frame, HeapTupleHeader record, Oid named)
{
	Oid type = HeapTupleHeaderGetTypeId(record);
	int32 typmod = HeapTupleHeaderGetTypMod(record);
	ClrAskedRow *asked = fcinfo->flinfo->fn_extra;
	MemoryContext context;
	MemoryContext caller;
	TupleDesc desc;
	int columns;

	if (asked == NULL)
	{
		asked = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ClrAskedRow));
		asked->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "clearance asked row",
											   ALLOCSET_SMALL_SIZES);
		fcinfo->flinfo->fn_extra = asked;
	}
	context = asked->context;
	MemoryContextReset(context);
	*asked = (ClrAskedRow){ .context = context, .named = named };
	asked->judge = clr_frame_judge(frame);
	asked->binding = clr_judge_binding(asked->judge, OidIsValid(named) ? clr_asked_binding(named) :
																		 binding_of_type(type));
	asked->relid = OidIsValid(named) ? named : get_typ_typrelid(type);
	columns = Max(asked->binding->ncolumns, 1);
	caller = MemoryContextSwitchTo(context);
	desc = lookup_rowtype_tupdesc_copy(type, typmod);
	if (OidIsValid(named))
		check_columns(asked->binding, desc);
	asked->attnums = palloc(sizeof(AttrNumber) * columns);
	asked->row = (ClrRow){ palloc(sizeof(Datum) * columns), palloc(sizeof(bool) * columns), NULL };
	for (int slot = 0; slot < asked->binding->ncolumns; slot++)
		asked->attnums[slot] = clr_binding_attnum(asked->binding, slot, desc);
	MemoryContextSwitchTo(caller);
	asked->identifier = assign_record_type_identifier(type, typmod);
	asked->serial = frame->serial; /* now it is complete */
	return asked;
}

/* The binding of the table that a row is of; an error if it is of none. */
static int32
binding_of_type(Oid type)
{
	Oid relid = get_typ_typrelid(type);
	int32 id = OidIsValid(relid) ? clr_binding_of_relation(relid) : 0;

	if (id == 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("the value is no row of a protected table"),
			 errhint(
				 "Pass the table's alias: SELECT t.*, clearance.can_row('edit', t) FROM app.task t;"
				 " for a row of a view or sub-select that has the table's columns, name the table as"
				 " well: clearance.can_row('edit', v, 'app.task').")));
	return id;
}

/*
 * The binding of a table; an error if it has none.
 */
int32
clr_asked_binding(Oid relid)
{
	int32 id = clr_binding_of_relation(relid);

	if (id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("%s is no protected table",
						DatumGetCString(DirectFunctionCall1(regclassout, ObjectIdGetDatum(relid)))),
				 errhint("Name the table that the row comes from.")));
	return id;
}

/*
 * A row of a view or sub-select has each bound column of the table once, of the
 * same type.
 */
static void
check_columns(const ClrBinding *binding, TupleDesc desc)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int slot = 0; slot < binding->ncolumns; slot++)
		appendStringInfo(&names, "%s%s", slot > 0 ? ", " : "",
						 quote_identifier(binding->columns[slot].name));
	for (int slot = 0; slot < binding->ncolumns; slot++)
	{
		int found = 0;

		for (int i = 0; i < desc->natts; i++)
		{
			Form_pg_attribute attr = TupleDescAttr(desc, i);

			if (!attr->attisdropped && namestrcmp(&attr->attname, binding->columns[slot].name) == 0)
				found += clr_binding_has_type(binding, slot, attr->atttypid) ? 1 : 2;
		}
		if (found != 1)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("the row does not tell the column \"%s\" of %s",
								   binding->columns[slot].name, clr_binding_name(binding)),
							errhint("It needs each of these once, as the table has them: %s.",
									names.data)));
	}
}
