/*
 * reader.c
 *		A protected table, and a scan by one of its indexes, without a query.
 *
 * It is read as the executor reads it, under a snapshot that is given. Nothing
 * is planned, and no expression of an index evaluated: no code of the table's
 * owner runs.
 *
 * Lifetime: from clr_reader_open() to clr_reader_close(), in the context that was
 * current at the first.
 */
#include "rule/reader.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "store/counters.h"
#include "store/rows.h"

static void find_attributes(ClrReader *reader, const ClrBinding *binding);
static bool serves(Relation index, const ClrColumn *column, AttrNumber attribute, bool unique);
static void seek(ClrReader *reader, ScanKey key);

/* Whether all rows are in the table itself. */
bool
clr_reader_is_plain(Oid relid)
{
	return get_rel_relkind(relid) == RELKIND_RELATION && !has_subclass(relid);
}

/* With an index on a column, if there is one. */
void
clr_reader_open(ClrReader *reader, const ClrBinding *binding, int column, bool unique)
{
	reader->relation = table_open(binding->relid, AccessShareLock);
	reader->column = column;
	find_attributes(reader, binding);
	reader->index = column == CLR_NO_SLOT || !clr_reader_is_plain(binding->relid) ?
						NULL :
						clr_reader_index_on(reader->relation, &binding->columns[column],
											reader->attributes[column], unique);
}

/* Where the bound columns are. The table is locked only now: they may have changed. */
static void
find_attributes(ClrReader *reader, const ClrBinding *binding)
{
	TupleDesc desc = RelationGetDescr(reader->relation);

	reader->attributes = palloc(sizeof(AttrNumber) * Max(binding->ncolumns, 1));
	reader->last = 0;
	for (int i = 0; i < binding->ncolumns; i++)
	{
		AttrNumber attribute = get_attnum(binding->relid, binding->columns[i].name);

		if (attribute <= 0 ||
			!clr_binding_has_type(binding, i, TupleDescAttr(desc, attribute - 1)->atttypid))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 clr_count(CLR_ERROR_DECLARATION),
					 errmsg("table %s changed while a query began", clr_binding_name(binding)),
					 errhint("Retry the query.")));
		reader->attributes[i] = attribute;
		reader->last = Max(reader->last, attribute);
	}
}

/* The index on a column, opened, or NULL. */
Relation
clr_reader_index_on(Relation relation, const ClrColumn *column, AttrNumber attribute, bool unique)
{
	List *indexes = RelationGetIndexList(relation);
	Relation found = NULL;
	ListCell *lc;

	foreach(lc, indexes)
	{
		Relation index = index_open(lfirst_oid(lc), AccessShareLock);

		if (serves(index, column, attribute, unique))
		{
			found = index;
			break;
		}
		index_close(index, AccessShareLock);
	}
	list_free(indexes);
	return found;
}

/*
 * Whether an index finds all rows with a value of the column, as the rule
 * compares values: by the type's own operators, and texts by their bytes.
 */
static bool
serves(Relation index, const ClrColumn *column, AttrNumber attribute, bool unique)
{
	Form_pg_index form = index->rd_index;
	Oid type = index->rd_opcintype[0];

	return index->rd_rel->relam == BTREE_AM_OID && form->indkey.values[0] == attribute &&
		   (!unique || (form->indisunique && form->indimmediate && form->indnkeyatts == 1)) &&
		   heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL) &&
		   clr_rows_index_is_usable(index) &&
		   (type == column->type || (type == TEXTOID && column->type == VARCHAROID)) &&
		   index->rd_opfamily[0] == lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY)->btree_opf &&
		   (!OidIsValid(index->rd_indcollation[0]) ||
			get_collation_isdeterministic(index->rd_indcollation[0]));
}

/* Begin a scan by the reader's index. */
void
clr_reader_begin(ClrReader *reader, Snapshot snapshot)
{
	reader->context = CurrentMemoryContext;
	reader->slot = table_slot_create(reader->relation, NULL);
	reader->scan = clr_index_beginscan(reader->relation, reader->index, snapshot, 1);
}

/* To the rows with a key; false if the column can hold none. */
bool
clr_reader_seek(ClrReader *reader, const ClrBinding *binding, const ClrKey *key)
{
	Relation index = reader->index;
	ScanKeyData scan_key;
	Datum value;
	Oid equal;

	if (!clr_key_to_datum(key, binding->columns[reader->column].type, &value))
		return false;
	equal = get_opfamily_member(index->rd_opfamily[0], index->rd_opcintype[0],
								index->rd_opcintype[0], BTEqualStrategyNumber);
	ScanKeyEntryInitialize(&scan_key, 0, 1, BTEqualStrategyNumber, InvalidOid,
						   index->rd_indcollation[0], get_opcode(equal), value);
	seek(reader, &scan_key);
	return true;
}

/* To the rows without one; as the planner has it (ExecIndexBuildScanKeys(), nodeIndexscan.c). */
void
clr_reader_seek_null(ClrReader *reader)
{
	ScanKeyData scan_key;

	ScanKeyEntryInitialize(&scan_key, SK_ISNULL | SK_SEARCHNULL, 1, InvalidStrategy, InvalidOid,
						   InvalidOid, InvalidOid, (Datum) 0);
	seek(reader, &scan_key);
}

static void
seek(ClrReader *reader, ScanKey key)
{
	MemoryContext caller = MemoryContextSwitchTo(reader->context);

	index_rescan(reader->scan, key, 1, NULL, 0);
	MemoryContextSwitchTo(caller);
}

/* The next row, into the slot. */
bool
clr_reader_next(ClrReader *reader)
{
	MemoryContext caller = MemoryContextSwitchTo(reader->context);
	bool found = index_getnext_slot(reader->scan, ForwardScanDirection, reader->slot);

	MemoryContextSwitchTo(caller);
	return found;
}

/* Locks stay until the transaction ends, as a query's do. */
void
clr_reader_close(ClrReader *reader)
{
	if (reader->scan != NULL)
		index_endscan(reader->scan);
	if (reader->slot != NULL)
		ExecDropSingleTupleTableSlot(reader->slot);
	if (reader->index != NULL)
		index_close(reader->index, NoLock);
	table_close(reader->relation, NoLock);
	pfree(reader->attributes);
	*reader = (ClrReader){ 0 };
}

/* The bound values of the row in the slot, in the current context. */
void
clr_reader_copy_row(const ClrReader *reader, const ClrBinding *binding, ClrRow *row)
{
	TupleDesc desc = reader->slot->tts_tupleDescriptor;
	int count = binding->ncolumns;

	*row = clr_reader_new_row(count);
	clr_reader_read_row(reader, binding, row);
	for (int i = 0; i < count; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, reader->attributes[i] - 1);

		if (!row->nulls[i])
			row->values[i] = datumCopy(row->values[i], attribute->attbyval, attribute->attlen);
	}
}

/* Room for the bound values of a row. */
ClrRow
clr_reader_new_row(int columns)
{
	Datum *values = palloc(columns * (sizeof(Datum) + sizeof(bool)));

	return (ClrRow){ values, (bool *) (values + columns), NULL };
}

/* The bound values of the row in the slot, as long as it is there. */
void
clr_reader_read_row(const ClrReader *reader, const ClrBinding *binding, ClrRow *row)
{
	TupleTableSlot *slot = reader->slot;

	slot_getsomeattrs(slot, reader->last);
	for (int i = 0; i < binding->ncolumns; i++)
	{
		int at = reader->attributes[i] - 1;

		row->nulls[i] = slot->tts_isnull[at];
		row->values[i] = slot->tts_values[at];
	}
}
