/*
 * keyscan.c
 *		Keys in a column of a table of the application.
 *
 * Read as the table's owner (catalog.c), a part at a time. Keeps no state.
 */
#include "keyscan.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "catalog.h"

#define ROWS_A_FETCH 1000

/* Whether the visitor wanted to know of all keys. */
bool
clr_keyscan(const ClrKeyScan *scan, ClrKeyVisitor visit, void *arg)
{
	Oid type = getBaseType(get_atttype(scan->table, scan->column));
	ClrTableQuery query = { .rest = "" };
	ClrCatalog state;
	Portal portal;
	bool goes_on = true;
	uint64 rows;

	query.columns = psprintf("%s t.%s", scan->distinct ? "DISTINCT" : "",
							 quote_identifier(get_attname(scan->table, scan->column, false)));
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
			bool isnull;
			Datum value = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);
			ClrKey key;

			if (!isnull)
				clr_key_from_datum(value, clr_key_class(type), type, &key);
			goes_on = visit(isnull ? NULL : &key, arg);
		}
		SPI_freetuptable(SPI_tuptable);
	} while (goes_on && rows > 0);
	SPI_cursor_close(portal);
	clr_catalog_end(&state);
	return goes_on;
}
