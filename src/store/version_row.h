/*
 * version_row.h
 *		How transactions say in a table that they changed something.
 */
#ifndef CLR_VERSION_ROW_H
#define CLR_VERSION_ROW_H

#include "compat.h"

#include "access/htup_details.h"
#include "utils/relcache.h"

#include "store/version.h"

extern ClrNote clr_version_row_note(HeapTuple row);
extern void clr_version_row_put(Relation relation, Oid index, int32 about);
extern void clr_version_row_tell(Relation relation, ClrChange what, const int32 *parts, int count);

#endif /* CLR_VERSION_ROW_H */
