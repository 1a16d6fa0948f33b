/*
 * catalog.h
 *		Queries that the extension runs on its own behalf: of its own tables as
 *		itself, of the application's tables as their owners.
 */
#ifndef CLR_CATALOG_H
#define CLR_CATALOG_H

#include "compat.h"

#include "datatype/timestamp.h"
#include "executor/spi.h"

#define CLR_MAX_ARGS 5

/* What clr_catalog_begin() changed and clr_catalog_end() restores. */
typedef struct ClrCatalog
{
	Oid table; /* of the application, which is read as its owner; invalid: our own */
	Oid owner;
	Oid user;
	int sec_context;
	int settings; /* nest level of those made here */
	bool pushed_snapshot;
} ClrCatalog;

/* Which columns of which rows of a table of the application, with "t" for the table. */
typedef struct ClrTableQuery
{
	const char *columns;
	const char *rest; /* what follows the table: WHERE ... */
	int nargs;
	const Oid *argtypes;
	const Datum *args;
	bool once;	/* it is planned for who acts now, and the plan not kept */
	bool fresh; /* rows as a statement of its own sees or locks them, not those of the snapshot */
} ClrTableQuery;

/*
 * The snapshot under which to read, while a query that has a frame runs; NULL:
 * the active one. Returns the one that was.
 */
extern Snapshot clr_catalog_read_under(Snapshot snapshot);

extern bool clr_catalog_push_snapshot(void);
extern void clr_catalog_push_latest(void);
extern bool clr_catalog_is_reading(void);
extern bool clr_catalog_owner_reads(void);
extern void clr_catalog_begin(ClrCatalog *state);
extern void clr_catalog_begin_latest(ClrCatalog *state);
extern void clr_catalog_begin_owner(ClrCatalog *state, Oid table);
extern void clr_catalog_begin_owner_latest(ClrCatalog *state, Oid table);
extern void clr_catalog_end(ClrCatalog *state);
extern uint64 clr_catalog_query(const char *sql, int nargs, const Oid *argtypes, const Datum *args,
								const char *nulls);
extern uint64 clr_catalog_query_table(const ClrCatalog *state, const ClrTableQuery *query);
extern Portal clr_catalog_open_table(const ClrCatalog *state, const ClrTableQuery *query);
extern char *clr_catalog_table_name(Oid table);
extern Oid clr_catalog_internal_schema(void);
extern void clr_catalog_init(void);

/*
 * Columns of a row of the last query's result, in the current context (after
 * clr_catalog_begin() that is SPI's, gone at clr_catalog_end()).
 */
extern char *clr_column_text(uint64 row, int column);
extern int64 clr_column_int64(uint64 row, int column);
extern bool clr_column_bool(uint64 row, int column);
extern TimestampTz clr_column_timestamptz(uint64 row, int column);
extern bytea *clr_column_bytea(uint64 row, int column);
extern char **clr_column_texts(uint64 row, int column, int *count);
extern int32 *clr_column_ints(uint64 row, int column, int *count);

#endif /* CLR_CATALOG_H */
