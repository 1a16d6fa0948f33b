/*
 * key.h
 *		Keys of the application (projects, members, rows) in comparable form.
 */
#ifndef CLR_KEY_H
#define CLR_KEY_H

#include "compat.h"

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
extern bool clr_key_equal(const ClrKey *a, const ClrKey *b);

extern ClrKeyTable *clr_keytab_new(MemoryContext context, uint32 size);
extern ClrKeyEntry *clr_keytab_find(ClrKeyTable *table, const ClrKey *key);
extern ClrKeyEntry *clr_keytab_add(ClrKeyTable *table, const ClrKey *key, bool *found);
extern void
clr_keytab_each(ClrKeyTable *table, void (*visit)(const ClrKeyEntry *entry, void *arg), void *arg);
extern uint32 clr_keytab_count(ClrKeyTable *table);
extern Datum clr_keytab_array(ClrKeyTable *table, Oid type);
extern bool clr_keytab_same(ClrKeyTable *a, ClrKeyTable *b);

#endif /* CLR_KEY_H */
