/*
 * reader.h
 *		A protected table, and a scan by one of its indexes, without a query.
 */
#ifndef CLR_READER_H
#define CLR_READER_H

#include "compat.h"

#include "access/genam.h"
#include "executor/tuptable.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#include "rule/binding.h"
#include "store/key.h"

typedef struct ClrReader
{
	Relation relation;
	Relation index; /* NULL: none serves */
	int column;		/* of the binding: the one that the index is on */
	MemoryContext
		context; /* of the scan: access methods allocate as they go (btgettuple(), nbtree.c) */
	IndexScanDesc scan;
	TupleTableSlot *slot;
	AttrNumber *attributes; /* of the binding's columns */
	AttrNumber last;		/* the greatest of them */
} ClrReader;

extern bool clr_reader_is_plain(Oid relid);
extern void clr_reader_open(ClrReader *reader, const ClrBinding *binding, int column, bool unique);
extern Relation
clr_reader_index_on(Relation relation, const ClrColumn *column, AttrNumber attribute, bool unique);
extern void clr_reader_begin(ClrReader *reader, Snapshot snapshot);
extern bool clr_reader_seek(ClrReader *reader, const ClrBinding *binding, const ClrKey *key);
extern void clr_reader_seek_null(ClrReader *reader);
extern bool clr_reader_next(ClrReader *reader);
extern void clr_reader_close(ClrReader *reader);
extern ClrRow clr_reader_new_row(int columns);
extern void clr_reader_read_row(const ClrReader *reader, const ClrBinding *binding, ClrRow *row);
extern void clr_reader_copy_row(const ClrReader *reader, const ClrBinding *binding, ClrRow *row);

#endif /* CLR_READER_H */
