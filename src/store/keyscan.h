/*
 * keyscan.h
 *		Keys in a column of a table of the application.
 */
#ifndef CLR_KEYSCAN_H
#define CLR_KEYSCAN_H

#include "compat.h"

#include "access/attnum.h"
#include "catalog/pg_constraint.h"

#include "store/key.h"

/* The keys in a column; each of them but once, if that is enough. */
typedef struct ClrKeyScan
{
	Oid table;
	AttrNumber column;
	const AttrNumber *with; /* others: keys are texts of all of them, null if one is */
	int nwith;
	bool distinct;
	bool latest;   /* rows of this moment, not of the query's snapshot */
	AttrNumber by; /* of rows that have a value in this column alone; zero: of all */
	Oid type;
	Datum value;
} ClrKeyScan;

/* Told of a key (NULL: the value is null), in the scan's memory; false ends the scan. */
typedef bool (*ClrKeyVisitor)(const ClrKey *key, void *arg);

extern bool clr_keys_are_unique(Oid table, const char *column);
extern bool clr_key_only_refuses(const FormData_pg_constraint *key);
extern bool clr_key_refuses_changes(const FormData_pg_constraint *key);
extern bool clr_keys_are_indexed(Oid table, const char *column);
extern bool clr_keyscan(const ClrKeyScan *scan, ClrKeyVisitor visit, void *arg);

#endif /* CLR_KEYSCAN_H */
