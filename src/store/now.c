/*
 * now.c
 *		What queries of our own tables find now.
 *
 * A transaction under REPEATABLE READ keeps its snapshot, also after it has waited
 * for others. SQL functions that look again then, compare what they see with this
 * (require_same_now() in sql/bound_tables.sql). Keeps no state.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "store/catalog.h"

PG_FUNCTION_INFO_V1(clearance_found_now);

/*
 * found_now(query text, args text[]) returns text[]: the one value of the query's one
 * row, under the latest snapshot. Its text is one of the extension's own: plans are kept.
 */
Datum
clearance_found_now(PG_FUNCTION_ARGS)
{
	static const Oid argtypes[] = { TEXTARRAYOID };
	Datum args[] = { PG_GETARG_DATUM(1) };
	ClrCatalog state;
	Datum found;
	bool isnull;

	clr_catalog_begin_latest(&state);
	if (clr_catalog_query(text_to_cstring(PG_GETARG_TEXT_PP(0)), 1, argtypes, args, NULL) != 1)
		elog(ERROR, "the query has no single row");
	found = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (isnull)
		elog(ERROR, "the query has no value");
	found = SPI_datumTransfer(found, false, -1); /* beyond the end of SPI */
	clr_catalog_end(&state);
	PG_RETURN_DATUM(found);
}
