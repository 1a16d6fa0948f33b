/*
 * key.c
 *		Keys of the application in comparable form.
 *
 * The application's ids may be smallint, integer, bigint, uuid or text, and
 * the same project may be an integer in one table and a bigint in another.
 * Values of one class compare by value; the domain tables hold the canonical
 * text of a key, which is parsed into the class of the column it meets. A text
 * that is no value of the class equals nothing.
 *
 * Text compares byte by byte: a nondeterministic collation never widens.
 * Pure module: no catalog access but type lookups, no state.
 */
#include "store/key.h"

#include "access/transam.h"
#include "common/hashfn.h"
#include "common/int.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

static ClrKeyClass class_of(Oid type);
static uint32 key_hash(const ClrKey *key);
static inline uint32 integer_hash(int64 integer);

#define SH_PREFIX clr_idtab
#define SH_ELEMENT_TYPE ClrIdEntry
#define SH_KEY_TYPE int64
#define SH_KEY id
#define SH_HASH_KEY(tb, k) integer_hash(k)
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define SH_PREFIX clr_keytab
#define SH_ELEMENT_TYPE ClrKeyEntry
#define SH_KEY_TYPE ClrKey
#define SH_KEY key
#define SH_HASH_KEY(tb, k) key_hash(&(k))
#define SH_EQUAL(tb, a, b) clr_key_equal(&(a), &(b))
#define SH_STORE_HASH
#define SH_GET_HASH(tb, a) (a)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Class of a column type; domains, none of which is pinned, count as their base type. */
ClrKeyClass
clr_key_class(Oid type)
{
	ClrKeyClass class = class_of(type);

	return class == CLR_KEY_NONE && type >= FirstUnpinnedObjectId ? class_of(getBaseType(type)) :
																	class;
}

static ClrKeyClass
class_of(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return CLR_KEY_INT;
		case UUIDOID:
			return CLR_KEY_UUID;
		case TEXTOID:
		case VARCHAROID:
			return CLR_KEY_TEXT;
		default:
			return CLR_KEY_NONE;
	}
}

const char *
clr_key_class_name(ClrKeyClass class)
{
	switch (class)
	{
		case CLR_KEY_INT:
			return "integer";
		case CLR_KEY_UUID:
			return "uuid";
		case CLR_KEY_TEXT:
			return "text";
		case CLR_KEY_NONE:
			break;
	}
	return "none";
}

/*
 * Read a column value as a key. `type` is the base type of the column; the
 * key points into the value (or a detoasted copy in the current context).
 */
void
clr_key_from_datum(Datum value, ClrKeyClass class, Oid type, ClrKey *key)
{
	key->class = class;
	key->integer = 0;
	key->data = NULL;
	key->len = 0;

	switch (class)
	{
		case CLR_KEY_INT:
			key->integer = clr_key_integer(value, type);
			return;
		case CLR_KEY_UUID:
			key->data = (const char *) DatumGetUUIDP(value)->data;
			key->len = UUID_LEN;
			return;
		case CLR_KEY_TEXT:
			{
				text *t = DatumGetTextPP(value);

				key->data = VARDATA_ANY(t);
				key->len = VARSIZE_ANY_EXHDR(t);
				return;
			}
		case CLR_KEY_NONE:
			break;
	}
	elog(ERROR, "column of type %u is no key", type);
}

/* Sixteen bytes of a uuid from its canonical text, in the current context. */
static bool
uuid_from_text(const char *text, ClrKey *key)
{
	unsigned char *bytes;
	int n = 0;

	if (strlen(text) != 36)
		return false;
	bytes = palloc(UUID_LEN);
	for (int i = 0; i < 36;)
	{
		uint8 byte = 0;

		if (i == 8 || i == 13 || i == 18 || i == 23)
		{
			if (text[i++] != '-')
				return false;
			continue;
		}
		for (int j = 0; j < 2; j++, i++)
		{
			char c = text[i];

			if (c >= '0' && c <= '9')
				byte = byte * 16 + (c - '0');
			else if (c >= 'a' && c <= 'f')
				byte = byte * 16 + (c - 'a' + 10);
			else
				return false;
		}
		bytes[n++] = byte;
	}
	key->data = (const char *) bytes;
	key->len = UUID_LEN;
	return true;
}

/* A bigint as it is written: no sign but a minus, no leading zero. */
static bool
integer_from_text(const char *text, int64 *integer)
{
	bool negative = *text == '-';
	const char *digit = text + negative;
	int64 value = 0;

	if (*digit == '\0' || (*digit == '0' && (negative || digit[1] != '\0')))
		return false;
	/* downwards, since the least one has no positive counterpart */
	for (; *digit != '\0'; digit++)
		if (*digit < '0' || *digit > '9' || pg_mul_s64_overflow(value, 10, &value) ||
			pg_sub_s64_overflow(value, *digit - '0', &value))
			return false;
	if (!negative && value == PG_INT64_MIN)
		return false;
	*integer = negative ? value : -value;
	return true;
}

/*
 * Parse the stored text of a key as a value of a class. False if the text is
 * not the canonical form of such a value: then it equals no value of it.
 */
bool
clr_key_from_text(const char *text, ClrKeyClass class, ClrKey *key)
{
	key->class = class;
	key->integer = 0;
	key->data = NULL;
	key->len = 0;

	switch (class)
	{
		case CLR_KEY_INT:
			return integer_from_text(text, &key->integer);
		case CLR_KEY_UUID:
			return uuid_from_text(text, key);
		case CLR_KEY_TEXT:
			key->data = text;
			key->len = strlen(text);
			return true;
		case CLR_KEY_NONE:
			break;
	}
	return false;
}

/*
 * The key as a value of a base type, in the current context. False if the
 * type cannot hold it (an integer out of range).
 */
bool
clr_key_to_datum(const ClrKey *key, Oid type, Datum *value)
{
	switch (type)
	{
		case INT2OID:
			*value = Int16GetDatum((int16) key->integer);
			return key->integer >= PG_INT16_MIN && key->integer <= PG_INT16_MAX;
		case INT4OID:
			*value = Int32GetDatum((int32) key->integer);
			return key->integer >= PG_INT32_MIN && key->integer <= PG_INT32_MAX;
		case INT8OID:
			*value = Int64GetDatum(key->integer);
			return true;
		case UUIDOID:
			{
				pg_uuid_t *uuid = palloc(sizeof(pg_uuid_t));

				memcpy(uuid->data, key->data, UUID_LEN);
				*value = UUIDPGetDatum(uuid);
				return true;
			}
		case TEXTOID:
		case VARCHAROID:
			*value = PointerGetDatum(cstring_to_text_with_len(key->data, key->len));
			return true;
		default:
			return false;
	}
}

/* The canonical text of a key, in the current context. */
char *
clr_key_text(const ClrKey *key)
{
	switch (key->class)
	{
		case CLR_KEY_INT:
			return psprintf(INT64_FORMAT, key->integer);
		case CLR_KEY_UUID:
			return DatumGetCString(DirectFunctionCall1(uuid_out, PointerGetDatum(key->data)));
		case CLR_KEY_TEXT:
			return pnstrdup(key->data, key->len);
		case CLR_KEY_NONE:
			break;
	}
	elog(ERROR, "there is no key of class none");
}

bool
clr_key_equal(const ClrKey *a, const ClrKey *b)
{
	if (a->class != b->class)
		return false;
	if (a->class == CLR_KEY_INT)
		return a->integer == b->integer;
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static uint32
key_hash(const ClrKey *key)
{
	if (key->class == CLR_KEY_INT)
		return integer_hash(key->integer);
	return hash_bytes((const unsigned char *) key->data, key->len);
}

static inline uint32
integer_hash(int64 integer)
{
	uint32 high = (uint32) (integer >> 32);

	return murmurhash32((uint32) integer ^ (high == 0 ? 0 : murmurhash32(high)));
}

/* ---------- hash tables of keys; they live in the given context ---------- */

ClrKeyTable *
clr_keytab_new(MemoryContext context, uint32 size)
{
	return clr_keytab_create(context, Max(size, 8), NULL);
}

ClrKeyEntry *
clr_keytab_find(ClrKeyTable *table, const ClrKey *key)
{
	return clr_keytab_lookup(table, *key);
}

/*
 * Find or add; a new entry owns a copy of the key's bytes and has no value.
 */
ClrKeyEntry *
clr_keytab_add(ClrKeyTable *table, const ClrKey *key, bool *found)
{
	ClrKeyEntry *entry = clr_keytab_insert(table, *key, found);

	if (!*found)
	{
		entry->value = NULL;
		if (key->data != NULL)
		{
			char *copy = MemoryContextAlloc(table->ctx, Max(key->len, 1));

			memcpy(copy, key->data, key->len);
			entry->key.data = copy;
		}
	}
	return entry;
}

/* Of a key without bytes of its own. Allocates nothing; other entries may move. */
void
clr_keytab_remove(ClrKeyTable *table, ClrKeyEntry *entry)
{
	Assert(entry->key.data == NULL);
	clr_keytab_delete_item(table, entry);
}

uint32
clr_keytab_count(ClrKeyTable *table)
{
	return table->members;
}

/* Call a function for each entry, in no order. */
void
clr_keytab_each(ClrKeyTable *table, void (*visit)(const ClrKeyEntry *entry, void *arg), void *arg)
{
	clr_keytab_iterator iterator;
	ClrKeyEntry *entry;

	clr_keytab_start_iterate(table, &iterator);
	while ((entry = clr_keytab_iterate(table, &iterator)) != NULL)
		visit(entry, arg);
}

/*
 * The keys as an array of a base type, in no order; those that the type cannot
 * hold are left out, since no value of it equals them.
 */
Datum
clr_keytab_array(ClrKeyTable *table, Oid type)
{
	Datum *elems = palloc(sizeof(Datum) * Max(table->members, 1));
	clr_keytab_iterator iterator;
	ClrKeyEntry *entry;
	int n = 0;
	int16 typlen;
	bool typbyval;
	char typalign;

	clr_keytab_start_iterate(table, &iterator);
	while ((entry = clr_keytab_iterate(table, &iterator)) != NULL)
		if (clr_key_to_datum(&entry->key, type, &elems[n]))
			n++;
	get_typlenbyvalalign(type, &typlen, &typbyval, &typalign);
	return PointerGetDatum(construct_array(elems, n, type, typlen, typbyval, typalign));
}

/* Whether two tables hold the same keys. */
bool
clr_keytab_same(ClrKeyTable *a, ClrKeyTable *b)
{
	clr_keytab_iterator iterator;
	ClrKeyEntry *entry;
	bool same = a->members == b->members;

	clr_keytab_start_iterate(a, &iterator);
	while (same && (entry = clr_keytab_iterate(a, &iterator)) != NULL)
		same = clr_keytab_lookup(b, entry->key) != NULL;
	return same;
}

/* ---------- hash tables of ids; the same ---------- */

ClrIdTable *
clr_idtab_new(MemoryContext context, uint32 size)
{
	return clr_idtab_create(context, Max(size, 8), NULL);
}

/* NULL: it is not there. */
void *
clr_idtab_find(ClrIdTable *table, int64 id)
{
	ClrIdEntry *entry = clr_idtab_lookup(table, id);

	return entry == NULL ? NULL : entry->value;
}

/* In the place of another value of the id, if there is one. */
void
clr_idtab_put(ClrIdTable *table, int64 id, void *value)
{
	bool found;

	clr_idtab_insert(table, id, &found)->value = value;
}

/* ---------- bitmaps ---------- */

/* Bits for each key: about what a key takes in a hash table. */
#define MAX_BITS_OF_KEY 256

/*
 * The integers of a table as a bitmap, or NULL if they lie too far apart, or
 * there are other keys or none.
 */
ClrKeyBits *
clr_keybits_new(MemoryContext context, ClrKeyTable *table)
{
	int64 least = PG_INT64_MAX;
	int64 greatest = PG_INT64_MIN;
	clr_keytab_iterator iterator;
	ClrKeyEntry *entry;
	ClrKeyBits *bits;

	if (table->members == 0)
		return NULL;
	clr_keytab_start_iterate(table, &iterator);
	while ((entry = clr_keytab_iterate(table, &iterator)) != NULL)
	{
		if (entry->key.class != CLR_KEY_INT)
			return NULL;
		least = Min(least, entry->key.integer);
		greatest = Max(greatest, entry->key.integer);
	}
	bits = clr_keybits_empty(context, table->members, least, greatest);
	clr_keytab_start_iterate(table, &iterator);
	while (bits != NULL && (entry = clr_keytab_iterate(table, &iterator)) != NULL)
		clr_keybits_add(bits, entry->key.integer);
	return bits;
}

/* Room for so many of the integers in a range; NULL if they would lie too far apart. */
ClrKeyBits *
clr_keybits_empty(MemoryContext context, uint64 count, int64 least, int64 greatest)
{
	uint64 range = (uint64) greatest - (uint64) least;
	ClrKeyBits *bits;

	if (range >= count * MAX_BITS_OF_KEY)
		return NULL;
	range++;
	bits = MemoryContextAllocZero(context,
								  offsetof(ClrKeyBits, words) + (range + 63) / 64 * sizeof(uint64));
	bits->least = least;
	bits->range = range;
	return bits;
}
