/*
 * key.h
 *		Keys of the application (projects, members, rows) in comparable form.
 */
#ifndef CLR_KEY_H
#define CLR_KEY_H

#include "compat.h"

#include "catalog/pg_type.h"

/* Types whose values are comparable with each other. */
typedef enum ClrKeyClass
{
	CLR_KEY_NONE, /* not a key type */
	CLR_KEY_INT,  /* smallint, integer, bigint */
	CLR_KEY_UUID,
	CLR_KEY_TEXT /* text, varchar */
} ClrKeyClass;

#define CLR_KEY_CLASSES 4

/* A key; text and uuid point to bytes that somebody else owns. */
typedef struct ClrKey
{
	ClrKeyClass class;
	int64 integer;
	const char *data;
	int len;
} ClrKey;

typedef struct ClrKeyEntry
{
	ClrKey key;
	void *value;
	uint32 hash;
	char status;
} ClrKeyEntry;

typedef struct clr_keytab_hash ClrKeyTable;

extern ClrKeyClass clr_key_class(Oid type);
extern const char *clr_key_class_name(ClrKeyClass class);
extern void clr_key_from_datum(Datum value, ClrKeyClass class, Oid type, ClrKey *key);
extern bool clr_key_from_text(const char *text, ClrKeyClass class, ClrKey *key);
extern bool clr_key_to_datum(const ClrKey *key, Oid type, Datum *value);
extern char *clr_key_text(const ClrKey *key);
extern bool clr_key_equal(const ClrKey *a, const ClrKey *b);

/* A value of an integer type. */
static inline int64
clr_key_integer(Datum value, Oid type)
{
	return type == INT8OID ? DatumGetInt64(value) :
		   type == INT4OID ? DatumGetInt32(value) :
							 DatumGetInt16(value);
}

extern ClrKeyTable *clr_keytab_new(MemoryContext context, uint32 size);
extern ClrKeyEntry *clr_keytab_find(ClrKeyTable *table, const ClrKey *key);
extern ClrKeyEntry *clr_keytab_add(ClrKeyTable *table, const ClrKey *key, bool *found);
extern void
clr_keytab_each(ClrKeyTable *table, void (*visit)(const ClrKeyEntry *entry, void *arg), void *arg);
extern void clr_keytab_remove(ClrKeyTable *table, ClrKeyEntry *entry);
extern uint32 clr_keytab_count(ClrKeyTable *table);
extern Datum clr_keytab_array(ClrKeyTable *table, Oid type);
extern bool clr_keytab_same(ClrKeyTable *a, ClrKeyTable *b);

/* Of pointers by ids: half the size of the same with keys. */
typedef struct ClrIdEntry
{
	int64 id;
	void *value;
	char status;
} ClrIdEntry;

typedef struct clr_idtab_hash ClrIdTable;

extern ClrIdTable *clr_idtab_new(MemoryContext context, uint32 size);
extern void *clr_idtab_find(ClrIdTable *table, int64 id);
extern void clr_idtab_put(ClrIdTable *table, int64 id, void *value);

/* Integers as a bitmap: a test in a few instructions. */
typedef struct ClrKeyBits
{
	int64 least;
	uint64 range; /* of those from least that have a bit */
	uint64 words[FLEXIBLE_ARRAY_MEMBER];
} ClrKeyBits;

extern ClrKeyBits *clr_keybits_new(MemoryContext context, ClrKeyTable *table);
extern ClrKeyBits *
clr_keybits_empty(MemoryContext context, uint64 count, int64 least, int64 greatest);

/* Keys, however they are probed. */
typedef struct ClrKeySet
{
	ClrKeyTable *keys;
	ClrKeyBits *bits; /* the same, or NULL */
} ClrKeySet;

static inline void
clr_keybits_add(ClrKeyBits *bits, int64 integer)
{
	uint64 at = (uint64) integer - (uint64) bits->least;

	bits->words[at / 64] |= (uint64) 1 << at % 64;
}

static inline bool
clr_keybits_has(const ClrKeyBits *bits, int64 integer)
{
	uint64 at = (uint64) integer - (uint64) bits->least;

	return at < bits->range && (bits->words[at / 64] >> at % 64 & 1) != 0;
}

#endif /* CLR_KEY_H */
