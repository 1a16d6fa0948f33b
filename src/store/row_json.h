/*
 * row_json.h
 *		A row of the extension's own tables as JSON.
 */
#ifndef CLR_ROW_JSON_H
#define CLR_ROW_JSON_H

#include "compat.h"

#include "access/htup.h"
#include "access/tupdesc.h"
#include "nodes/bitmapset.h"

/* Columns whose values are not in the row's JSON. */
typedef struct ClrRowHidden
{
	AttrNumber secret; /* it has a word instead; zero: none */
	const char *instead;
	Bitmapset *personal; /* these have "erased" instead, and are returned apart */
} ClrRowHidden;

extern char *clr_row_json(HeapTuple row, TupleDesc desc, const ClrRowHidden *hidden, char **person);

#endif /* CLR_ROW_JSON_H */
