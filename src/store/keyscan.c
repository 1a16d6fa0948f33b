/*
 * keyscan.c
 *		Keys in a column of a table of the application; whether they are unique,
 *		and whether an index finds them.
 *
 * Read as the table's owner (catalog.c), a part at a time. Keeps no state.
 */
#include "store/keyscan.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "store/catalog.h"

#define ROWS_A_FETCH 1000

static bool refuses(char action);
static char *columns_of(const ClrKeyScan *scan);
static bool read_key(const ClrKeyScan *scan, uint64 row, ClrKey *key);

static bool
is_unique(Oid relid, AttrNumber column)
{
	Relation index = index_open(relid, AccessShareLock);
	Form_pg_index form = index->rd_index;
	bool unique = form->indisunique && form->indimmediate && form->indisvalid &&
				  form->indnkeyatts == 1 && form->indkey.values[0] == column &&
				  heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL);

	index_close(index, AccessShareLock);
	return unique;
}

/*
 * Whether a value of a column is that of one row at most. The unique index of a
 * partitioned table may be on more columns, children have none or one of their
 * own, and a deferrable one lets several in until the transaction ends.
 */
bool
clr_keys_are_unique(Oid table, const char *column)
{
	Relation relation = table_open(table, AccessShareLock);
	AttrNumber attnum = get_attnum(table, column);
	bool unique = false;
	ListCell *lc;

	if (relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE || !has_subclass(table))
		foreach(lc, RelationGetIndexList(relation))
			unique = unique || is_unique(lfirst_oid(lc), attnum);
	table_close(relation, NoLock);
	return unique;
}

/* Whether a foreign key neither deletes nor changes rows. */
bool
clr_key_only_refuses(const FormData_pg_constraint *key)
{
	return refuses(key->confdeltype) && clr_key_refuses_changes(key);
}

/* Whether it refuses that what rows refer to changes. */
bool
clr_key_refuses_changes(const FormData_pg_constraint *key)
{
	return refuses(key->confupdtype);
}

/* Whether an action of a foreign key is none. */
static bool
refuses(char action)
{
	return action == FKCONSTR_ACTION_NOACTION || action == FKCONSTR_ACTION_RESTRICT;
}

/* Whether rows with one value of a column are found without reading the table. */
bool
clr_keys_are_indexed(Oid table, const char *column)
{
	Relation relation = table_open(table, AccessShareLock);
	AttrNumber attnum = get_attnum(table, column);
	bool indexed = false;
	ListCell *lc;

	foreach(lc, RelationGetIndexList(relation))
	{
		Relation index = index_open(lfirst_oid(lc), AccessShareLock);

		indexed = indexed ||
				  (index->rd_index->indisvalid && index->rd_index->indkey.values[0] == attnum &&
				   heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL));
		index_close(index, AccessShareLock);
	}
	table_close(relation, NoLock);
	return indexed;
}

/* Whether the visitor wanted to know of all keys. */
bool
clr_keyscan(const ClrKeyScan *scan, ClrKeyVisitor visit, void *arg)
{
	ClrTableQuery query = { .columns = columns_of(scan), .rest = "" };
	ClrCatalog state;
	Portal portal;
	bool goes_on = true;
	uint64 rows;

	if (scan->by != InvalidAttrNumber)
	{
		query.rest = psprintf("WHERE t.%s OPERATOR(pg_catalog.=) $1",
							  quote_identifier(get_attname(scan->table, scan->by, false)));
		query.nargs = 1;
		query.argtypes = &scan->type;
		query.args = &scan->value;
	}
	if (scan->latest)
		clr_catalog_begin_owner_latest(&state, scan->table);
	else
		clr_catalog_begin_owner(&state, scan->table);
	portal = clr_catalog_open_table(&state, &query);
	do
	{
		SPI_cursor_fetch(portal, true, ROWS_A_FETCH);
		rows = SPI_processed;
		for (uint64 i = 0; goes_on && i < rows; i++)
		{
			ClrKey key;

			goes_on = visit(read_key(scan, i, &key) ? &key : NULL, arg);
		}
		SPI_freetuptable(SPI_tuptable);
	} while (goes_on && rows > 0);
	SPI_cursor_close(portal);
	clr_catalog_end(&state);
	return goes_on;
}

static char *
columns_of(const ClrKeyScan *scan)
{
	StringInfoData columns;

	initStringInfo(&columns);
	appendStringInfo(&columns, "%s t.%s", scan->distinct ? "DISTINCT" : "",
					 quote_identifier(get_attname(scan->table, scan->column, false)));
	for (int i = 0; i < scan->nwith; i++)
		appendStringInfo(&columns, ", t.%s",
						 quote_identifier(get_attname(scan->table, scan->with[i], false)));
	return columns.data;
}

/* The key of a row that was fetched; false if it is null. */
static bool
read_key(const ClrKeyScan *scan, uint64 row, ClrKey *key)
{
	TupleDesc desc = SPI_tuptable->tupdesc;
	StringInfoData all;

	initStringInfo(&all);
	for (int i = 1; i <= 1 + scan->nwith; i++)
	{
		Oid type = getBaseType(SPI_gettypeid(desc, i));
		bool isnull;
		Datum value = SPI_getbinval(SPI_tuptable->vals[row], desc, i, &isnull);
		char *text;

		if (isnull)
			return false;
		if (scan->nwith == 0)
		{
			clr_key_from_datum(value, clr_key_class(type), type, key);
			return true;
		}
		text = SPI_getvalue(SPI_tuptable->vals[row], desc, i);
		appendStringInfo(&all, "%zu %s", strlen(text), text);
	}
	*key = (ClrKey){ .class = CLR_KEY_TEXT, .data = all.data, .len = all.len };
	return true;
}
