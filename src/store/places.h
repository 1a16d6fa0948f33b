/*
 * places.h
 *		Where the extension's own tables, their columns and indexes are.
 */
#ifndef CLR_PLACES_H
#define CLR_PLACES_H

#include "compat.h"

#include "access/attnum.h"
#include "storage/block.h"

#include "store/rows.h"

#define CLR_PLACE_COLUMNS 20
#define CLR_PLACE_KEYS 2

/* What a path is, by names. */
typedef struct ClrPathNames
{
	const char *table;
	const char *index; /* NULL: it is always searched */
	const char *keys[CLR_PLACE_KEYS];
	const char *columns[CLR_PLACE_COLUMNS];
	BlockNumber few; /* a table of so many blocks is searched; zero: of one */
} ClrPathNames;

/* Where a path leads in this database. */
typedef struct ClrPathPlace
{
	bool table_known; /* else what follows of it may be old */
	bool index_known;
	Oid table;
	Oid index;
	AttrNumber keys[CLR_PLACE_KEYS];
	AttrNumber columns[CLR_PLACE_COLUMNS];
	bool by_keys;							/* the index has them first */
	bool covered;							/* the index has all columns */
	AttrNumber in_index[CLR_PLACE_COLUMNS]; /* their places there */
	bool words;								/* all of its values are, at most eight of them */
} ClrPathPlace;

extern const ClrPathNames clr_paths[];
extern ClrPathPlace clr_places[];

extern void clr_places_init(void);
extern Oid clr_places_find(const char *name);
extern Relation clr_places_open_table(ClrPath path);
extern Relation clr_places_open_index(ClrPath path);
extern bool clr_places_is_searched(Relation relation, ClrPath path);

#endif /* CLR_PLACES_H */
