/*
 * rows.c
 *		Rows of the extension's own tables, found by their indexes.
 *
 * Actors, levels and declarations are read from two dozen tables by simple keys.
 * Queries would spend twenty times as long on starting the executor as on the rows
 * (and the first ones of a connection, on being planned), so these go to the
 * tables as the server goes to its catalogs (genam.c), under the snapshot that is
 * active. Joins, and what is read rarely, are queries (catalog.c).
 *
 * A table of a few blocks is searched itself: that takes less than the way through
 * an index, and far less where the session has not opened that one yet. But
 * whoever searches a table has read all of it, as SERIALIZABLE sees it, so there an
 * index is asked.
 *
 * Where the tables and their columns are, says places.c.
 */
#include "store/rows.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/itup.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/visibilitymap.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/predicate.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "store/places.h"

/* What a key must be. */
typedef struct Wanted
{
	const char *text; /* or else */
	int64 integer;
	bool null; /* or rather nothing */
	bool any;  /* it does not matter */
} Wanted;

static void begin(ClrRows *rows, ClrPath path, int count, const Wanted *wanted);
static void make_key(ScanKey key, const ClrRows *rows, int number, const Wanted *wanted);
static void
make_integer_key(ScanKey key, ClrPath path, AttrNumber attribute, Oid type, int64 integer);
static bool next_in_index(ClrRows *rows);
static void find_words(ClrRows *rows, IndexTuple tuple);
static bool has_dead(Page page);
static inline Datum word(const ClrRows *rows, int column);
static inline Datum column_value(const ClrRows *rows, int column);
static Datum value_of(const ClrRows *rows, int column);
static Oid column_type(const ClrRows *rows, int column);

/*
 * Rows with this value in the path's key, or (NULL) all of the table.
 */
void
clr_rows_begin(ClrRows *rows, ClrPath path, const int64 *key)
{
	begin(rows, path, 1, &(Wanted){ .integer = key != NULL ? *key : 0, .any = key == NULL });
}

/*
 * Rows with these values in the path's two keys.
 */
void
clr_rows_begin_pair(ClrRows *rows, ClrPath path, int64 key, int64 second)
{
	begin(rows, path, 2, (Wanted[]){ { .integer = key }, { .integer = second } });
}

/* The same, the second one a text; zero and NULL: any. */
void
clr_rows_begin_named(ClrRows *rows, ClrPath path, int64 key, const char *second)
{
	begin(rows, path, 2,
		  (Wanted[]){ { .integer = key, .any = key == 0 },
					  { .text = second, .any = second == NULL } });
}

/*
 * Rows with a text in the path's key, which compares as its index does; or (NULL) all.
 */
void
clr_rows_begin_text(ClrRows *rows, ClrPath path, const char *key)
{
	begin(rows, path, 1, &(Wanted){ .text = key, .any = key == NULL });
}

/* Rows without a value in the path's key. */
void
clr_rows_begin_null(ClrRows *rows, ClrPath path)
{
	begin(rows, path, 1, &(Wanted){ .null = true });
}

/* From the start, with another value in the one key of a path. */
void
clr_rows_again(ClrRows *rows, int64 key)
{
	ScanKeyData scan_key;

	make_key(&scan_key, rows, 0, &(Wanted){ .integer = key });
	if (rows->index != NULL)
		index_rescan(rows->index_scan, &scan_key, 1, NULL, 0);
	else
		table_rescan(rows->scan, &scan_key);
}

static void
begin(ClrRows *rows, ClrPath path, int count, const Wanted *wanted)
{
	ScanKeyData keys[CLR_PLACE_KEYS];
	int scan_keys = 0;

	*rows = (ClrRows){ .path = path, .map = InvalidBuffer };
	rows->relation = clr_places_open_table(path);
	rows->slot = table_slot_create(rows->relation, NULL);
	if (!wanted->any && !clr_places_is_searched(rows->relation, path))
		rows->index = clr_places_open_index(path);
	rows->only_null = wanted->null && rows->index == NULL;
	for (int i = 0; i < count; i++)
		if (!wanted[i].any && !rows->only_null)
			make_key(&keys[scan_keys++], rows, i, &wanted[i]);
	if (rows->index == NULL)
	{
		rows->scan = table_beginscan_strat(rows->relation, GetActiveSnapshot(), scan_keys, keys,
										   true, false);
		return;
	}
	rows->index_scan =
		clr_index_beginscan(rows->relation, rows->index, GetActiveSnapshot(), scan_keys);
	rows->index_scan->xs_want_itup = clr_places[path].covered;
	if (clr_places[path].covered && !clr_places[path].words)
	{
		int natts = RelationGetNumberOfAttributes(rows->index);

		rows->values = palloc(natts * (sizeof(Datum) + sizeof(bool)));
		rows->nulls = (bool *) (rows->values + natts);
	}
	index_rescan(rows->index_scan, keys, scan_keys, NULL, 0);
}

static void
make_key(ScanKey key, const ClrRows *rows, int number, const Wanted *wanted)
{
	AttrNumber column = clr_places[rows->path].keys[number];
	AttrNumber attribute = rows->index != NULL ? number + 1 : column;
	Form_pg_attribute described;

	if (column <= 0)
		elog(ERROR, "column %s of clearance.%s is missing", clr_paths[rows->path].keys[number],
			 clr_paths[rows->path].table);
	described = TupleDescAttr(RelationGetDescr(rows->relation), column - 1);
	if (wanted->null)
		ScanKeyEntryInitialize(key, SK_ISNULL | SK_SEARCHNULL, attribute, InvalidStrategy,
							   InvalidOid, InvalidOid, InvalidOid, (Datum) 0);
	else if (wanted->text != NULL)
		ScanKeyEntryInitialize(key, 0, attribute, BTEqualStrategyNumber, InvalidOid,
							   rows->index != NULL ? rows->index->rd_indcollation[number] :
													 described->attcollation,
							   F_TEXTEQ, CStringGetTextDatum(wanted->text));
	else
		make_integer_key(key, rows->path, attribute, described->atttypid, wanted->integer);
}

static void
make_integer_key(ScanKey key, ClrPath path, AttrNumber attribute, Oid type, int64 integer)
{
	RegProcedure equal = F_INT8EQ;
	Datum value = Int64GetDatum(integer);

	switch (type)
	{
		case INT8OID:
			break;
		case INT4OID:
			equal = F_INT4EQ;
			value = Int32GetDatum((int32) integer);
			break;
		case REGROLEOID:
		case REGCLASSOID:
			equal = F_OIDEQ;
			value = ObjectIdGetDatum((Oid) integer);
			break;
		default:
			elog(ERROR, "clearance.%s is not found by keys of type %u", clr_paths[path].table,
				 type);
	}
	ScanKeyInit(key, attribute, BTEqualStrategyNumber, equal, value);
}

/* ---------- rows ---------- */

bool
clr_rows_next(ClrRows *rows)
{
	if (rows->index != NULL && rows->index_scan->xs_want_itup)
		return next_in_index(rows);
	do
	{
		CHECK_FOR_INTERRUPTS();
		if (rows->index != NULL ?
				!index_getnext_slot(rows->index_scan, ForwardScanDirection, rows->slot) :
				!table_scan_getnextslot(rows->scan, ForwardScanDirection, rows->slot))
			return false;
	} while (rows->only_null && !slot_attisnull(rows->slot, clr_places[rows->path].keys[0]));
	return true;
}

/* As IndexOnlyNext() in nodeIndexonlyscan.c, which says why the order of steps is right. */
static bool
next_in_index(ClrRows *rows)
{
	IndexScanDesc scan = rows->index_scan;
	ItemPointer tid;

	while ((tid = index_getnext_tid(scan, ForwardScanDirection)) != NULL)
	{
		BlockNumber block = ItemPointerGetBlockNumber(tid);

		CHECK_FOR_INTERRUPTS();
		if (VM_ALL_VISIBLE(rows->relation, block, &rows->map))
			PredicateLockPage(rows->relation, block, scan->xs_snapshot);
		else
		{
			if (!index_fetch_heap(scan, rows->slot))
				continue;
			ExecClearTuple(rows->slot);
			if (scan->xs_heap_continue)
				elog(ERROR, "non-MVCC snapshots are not supported in index-only scans");
		}
		if (rows->values == NULL)
			find_words(rows, scan->xs_itup);
		else
			index_deform_tuple(scan->xs_itup, scan->xs_itupdesc, rows->values, rows->nulls);
		return true;
	}
	return false;
}

/*
 * Where the values of a tuple of words are. As index_deform_tuple() has it (indextuple.c);
 * tuples that have values in the same columns, as neighbours mostly do, have them in the
 * same places.
 */
static void
find_words(ClrRows *rows, IndexTuple tuple)
{
	const ClrPathPlace *place = &clr_places[rows->path];
	bits8 present = PG_UINT8_MAX;
	ClrWord words[BITS_PER_BYTE] = { 0 };
	int at = 0;

	if (IndexTupleHasNulls(tuple))
		present = *((const bits8 *) tuple + sizeof(IndexTupleData));
	rows->words = (const char *) tuple + IndexInfoFindDataOffset(tuple->t_info);
	if (rows->present == present)
		return;
	rows->present = present;
	for (int i = 0; i < RelationGetNumberOfAttributes(rows->index); i++)
	{
		int length = TupleDescAttr(RelationGetDescr(rows->index), i)->attlen;

		if (att_isnull(i, &present))
			continue;
		words[i] = (ClrWord){ TYPEALIGN(length, at), length };
		at = words[i].at + length;
	}
	for (int i = 0; clr_paths[rows->path].columns[i] != NULL; i++)
		rows->columns[i] = words[place->in_index[i] - 1];
}

/*
 * The one row with this key; end it if it is there. The key zero has none.
 */
bool
clr_rows_one(ClrRows *rows, ClrPath path, int64 key)
{
	if (key == 0)
		return false;
	clr_rows_begin(rows, path, &key);
	if (clr_rows_next(rows))
		return true;
	clr_rows_end(rows);
	return false;
}

void
clr_rows_end(ClrRows *rows)
{
	if (BufferIsValid(rows->map))
		ReleaseBuffer(rows->map);
	if (rows->values != NULL)
		pfree(rows->values);
	ExecDropSingleTupleTableSlot(rows->slot);
	if (rows->index != NULL)
	{
		index_endscan(rows->index_scan);
		index_close(rows->index, AccessShareLock);
	}
	else
		table_endscan(rows->scan);
	table_close(rows->relation, AccessShareLock);
}

/* A table of ours. */
Relation
clr_rows_open_table(const char *table, LOCKMODE lockmode)
{
	return table_open(clr_places_find(table), lockmode);
}

/*
 * Let go of dead rows: scans under SnapshotSelf, unlike those of queries, leave them there.
 * Returns the room that the page has, in bytes; `dead`, if wanted: whether line pointers of
 * rows that are gone stay.
 */
Size
clr_rows_prune(Relation relation, BlockNumber block, bool *dead)
{
	Buffer buffer = ReadBuffer(relation, block);
	Page page = BufferGetPage(buffer);
	Size room;

	heap_page_prune_opt(relation, buffer);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	room = PageGetHeapFreeSpace(page);
	if (dead != NULL)
		*dead = has_dead(page);
	UnlockReleaseBuffer(buffer);
	return room;
}

static bool
has_dead(Page page)
{
	OffsetNumber last = PageGetMaxOffsetNumber(page);

	for (OffsetNumber at = FirstOffsetNumber; at <= last; at = OffsetNumberNext(at))
		if (ItemIdIsDead(PageGetItemId(page, at)))
			return true;
	return false;
}

/* ---------- columns ---------- */

/* NULL as zero, which no value of a key or pointer is. */
static inline Datum
column_value(const ClrRows *rows, int column)
{
	return rows->words != NULL ? word(rows, column) : value_of(rows, column);
}

static inline Datum
word(const ClrRows *rows, int column)
{
	const char *at = rows->words + rows->columns[column].at;

	switch (rows->columns[column].length)
	{
		case 0:
			return (Datum) 0;
		case sizeof(int64):
			return Int64GetDatum(*(const int64 *) at);
		default:
			return fetch_att(at, true, rows->columns[column].length);
	}
}

static Datum
value_of(const ClrRows *rows, int column)
{
	const ClrPathPlace *place = &clr_places[rows->path];
	AttrNumber attribute;
	Datum value;
	bool isnull;

	if (rows->values != NULL)
	{
		attribute = place->in_index[column];
		return rows->nulls[attribute - 1] ? (Datum) 0 : rows->values[attribute - 1];
	}
	attribute = place->columns[column];
	if (attribute <= 0)
		elog(ERROR, "column %s of clearance.%s is missing", clr_paths[rows->path].columns[column],
			 clr_paths[rows->path].table);
	value = slot_getattr(rows->slot, attribute, &isnull);
	return isnull ? (Datum) 0 : value;
}

/* Of a column that was read. */
static Oid
column_type(const ClrRows *rows, int column)
{
	AttrNumber attribute = clr_places[rows->path].columns[column];

	return TupleDescAttr(RelationGetDescr(rows->relation), attribute - 1)->atttypid;
}

int64
clr_rows_int64(const ClrRows *rows, int column)
{
	return DatumGetInt64(column_value(rows, column));
}

int32
clr_rows_int32(const ClrRows *rows, int column)
{
	return DatumGetInt32(column_value(rows, column));
}

bool
clr_rows_bool(const ClrRows *rows, int column)
{
	return DatumGetBool(column_value(rows, column));
}

TimestampTz
clr_rows_timestamptz(const ClrRows *rows, int column)
{
	return DatumGetTimestampTz(column_value(rows, column));
}

Oid
clr_rows_oid(const ClrRows *rows, int column)
{
	return DatumGetObjectId(column_value(rows, column));
}

/* A copy in the current context, of a text or a name. */
char *
clr_rows_text(const ClrRows *rows, int column)
{
	Datum value = column_value(rows, column);

	if (value == 0)
		return NULL;
	return column_type(rows, column) == NAMEOID ? pstrdup(NameStr(*DatumGetName(value))) :
												  TextDatumGetCString(value);
}

/* A name itself, which goes with the present row; or NULL. */
const char *
clr_rows_name(const ClrRows *rows, int column)
{
	Datum value = column_value(rows, column);

	Assert(column_type(rows, column) == NAMEOID);
	return value == 0 ? NULL : NameStr(*DatumGetName(value));
}

/* Whether it is this text. */
bool
clr_rows_is_text(const ClrRows *rows, int column, const char *text)
{
	Datum value = column_value(rows, column);
	Size length = strlen(text);
	struct varlena *found;

	Assert(column_type(rows, column) == TEXTOID);
	if (value == 0)
		return false;
	found = PG_DETOAST_DATUM_PACKED(value);
	return VARSIZE_ANY_EXHDR(found) == length && memcmp(VARDATA_ANY(found), text, length) == 0;
}

/* The texts (or names) of an array, but NULL, in the current context: of char *. */
List *
clr_rows_texts(const ClrRows *rows, int column, bool *has_null)
{
	Datum value = column_value(rows, column);
	bool are_names = value != 0 && column_type(rows, column) == NAMEARRAYOID;
	List *texts = NIL;
	Datum *elements;
	bool *nulls;
	int count;

	*has_null = false;
	if (value == 0)
		return NIL;
	deconstruct_array(DatumGetArrayTypeP(value), are_names ? NAMEOID : TEXTOID,
					  are_names ? NAMEDATALEN : -1, false, are_names ? TYPALIGN_CHAR : TYPALIGN_INT,
					  &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			*has_null = true;
		else
			texts = lappend(texts, are_names ? pstrdup(NameStr(*DatumGetName(elements[i]))) :
											   TextDatumGetCString(elements[i]));
	}
	return texts;
}
