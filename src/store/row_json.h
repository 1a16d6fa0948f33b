/*
 * row_json.h
 *		A row of the extension's own tables as JSON.
 */
#ifndef CLR_ROW_JSON_H
#define CLR_ROW_JSON_H

#include "compat.h"

#include "access/htup.h"
#include "access/tupdesc.h"

extern char *clr_row_json(HeapTuple row, TupleDesc desc, AttrNumber secret, const char *instead);

#endif /* CLR_ROW_JSON_H */
