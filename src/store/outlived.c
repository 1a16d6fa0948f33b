/*
 * outlived.c
 *		Rows that are there after their project is gone.
 *
 * A foreign key that deletes or changes the rows of a project that goes, asks
 * the table's triggers and rules, which may keep them. The server does not look
 * at them again: the key counts as valid as before. So whole.c must not rely on
 * it any more; clearance.binding says of which tables that is so, see
 * sql/outlived.sql. Keeps no state.
 */
#include "store/keyscan.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_constraint.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(clearance_has_outlived_rows);

static int place_in(const ForeignKeyCacheInfo *key, AttrNumber column);
static bool is_relied_on(Oid referencing, const ForeignKeyCacheInfo *key, int at);
static bool all_refer(Oid referencing, const ForeignKeyCacheInfo *key);
static bool add_key(const ClrKey *key, void *keys);
static bool is_in(const ClrKey *key, void *keys);

/*
 * has_outlived_rows(relation regclass, "column" name) returns boolean: has the
 * column a value that a foreign key says cannot be there?
 */
Datum
clearance_has_outlived_rows(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);
	Relation relation = table_open(relid, AccessShareLock);
	AttrNumber column = get_attnum(relid, NameStr(*PG_GETARG_NAME(1)));
	List *keys = copyObject(RelationGetFKeyList(relation));
	bool outlived = false;
	ListCell *lc;

	table_close(relation, NoLock);
	foreach(lc, keys)
	{
		ForeignKeyCacheInfo *key = lfirst(lc);
		int at = place_in(key, column);

		if (at >= 0 && is_relied_on(relid, key, at))
			outlived = outlived || !all_refer(relid, key);
	}
	PG_RETURN_BOOL(outlived);
}

/* Which of a key's columns it is; negative if it is none. */
static int
place_in(const ForeignKeyCacheInfo *key, AttrNumber column)
{
	for (int i = 0; i < key->nkeys; i++)
		if (key->conkey[i] == column)
			return i;
	return -1;
}

/* Other keys are not valid, or do not compare as the rule does, see whole.c. */
static bool
is_relied_on(Oid referencing, const ForeignKeyCacheInfo *key, int at)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(key->conoid));
	bool is_valid;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for constraint %u", key->conoid);
	is_valid = ((Form_pg_constraint) GETSTRUCT(tuple))->convalidated &&
			   clr_foreign_key_is_checked((Form_pg_constraint) GETSTRUCT(tuple));
	ReleaseSysCache(tuple);
	return is_valid && clr_key_class(get_atttype(key->confrelid, key->confkey[at])) ==
						   clr_key_class(get_atttype(referencing, key->conkey[at]));
}

static bool
all_refer(Oid referencing, const ForeignKeyCacheInfo *key)
{
	ClrKeyScan referenced_keys = { .table = key->confrelid,
								   .column = key->confkey[0],
								   .with = key->confkey + 1,
								   .nwith = key->nkeys - 1,
								   .latest = true };
	ClrKeyScan referencing_keys = { .table = referencing,
									.column = key->conkey[0],
									.with = key->conkey + 1,
									.nwith = key->nkeys - 1,
									.distinct = true,
									.latest = true };
	ClrKeyTable *keys = clr_keytab_new(CurrentMemoryContext, 64);

	(void) clr_keyscan(&referenced_keys, add_key, keys);
	return clr_keyscan(&referencing_keys, is_in, keys);
}

static bool
add_key(const ClrKey *key, void *keys)
{
	bool found;

	if (key != NULL)
		(void) clr_keytab_add(keys, key, &found);
	return true;
}

static bool
is_in(const ClrKey *key, void *keys)
{
	return key == NULL || clr_keytab_find(keys, key) != NULL;
}
