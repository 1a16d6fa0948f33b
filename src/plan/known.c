/*
 * known.c
 *		Operators and indexes of which it is known what their functions do.
 *
 * They are the server's, or of extensions that were read. To find out whether something
 * is an extension's takes a look into pg_depend, several for each condition and index of
 * a query, so answers are remembered until functions, types or operator families change:
 * then also an OID may be another's. Taking a thing into an extension, or out of it, is
 * no such change, nor need it be: the thing does what it did.
 *
 * State: the answers.
 */
#include "plan/known.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_language.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "utils/catcache.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "store/plans.h"

/*
 * Extensions whose families were read: trigrams, which are hashed and compared
 * as integers; texts in lower case; and what compares the server's own types by
 * their own functions.
 */
static const char *const known_extensions[] = { "btree_gin", "btree_gist", "citext", "pg_trgm" };

typedef struct Thing
{
	Oid class;
	Oid object;
} Thing;

typedef struct Answer
{
	Thing thing; /* the key */
	bool is_known;
} Answer;

static HTAB *answers = NULL;
static uint64 changes = 0;
static uint64 answered_in = 0; /* after how many changes */

static bool remembered(Oid class, Oid object, bool (*find)(Oid object));
static bool find_family(Oid family);
static bool find_function(Oid function);
static bool find_type(Oid type);
static bool is_of_known(Oid class, Oid object);
static void note_change(Datum arg, int cache, uint32 hash);

void
clr_known_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, note_change, (Datum) 0);
	CacheRegisterSyscacheCallback(TYPEOID, note_change, (Datum) 0);
	CacheRegisterSyscacheCallback(OPFAMILYOID, note_change, (Datum) 0);
	CacheRegisterSyscacheCallback(AMPROCNUM, note_change, (Datum) 0);
}

static void
note_change(Datum arg, int cache, uint32 hash)
{
	if (!clr_plans_are_told())
		changes++;
}

/* Whether all that indexes of a family call is known. */
bool
clr_known_family(Oid family)
{
	return family < FirstUnpinnedObjectId ||
		   remembered(OperatorFamilyRelationId, family, find_family);
}

/* Functions in C, which others than superusers cannot make. */
bool
clr_known_function(Oid function)
{
	return remembered(ProcedureRelationId, function, find_function);
}

/* Base types, which others cannot make either. Of arrays, elements are compared; of enums, numbers. */
bool
clr_known_type(Oid type)
{
	return remembered(TypeRelationId, type, find_type);
}

static bool
remembered(Oid class, Oid object, bool (*find)(Oid object))
{
	Thing thing = { class, object };
	uint64 before = changes;
	Answer *answer;
	bool is_known;

	if (answers != NULL && answered_in != changes)
	{
		hash_destroy(answers);
		answers = NULL;
	}
	if (answers == NULL)
	{
		HASHCTL info = { .keysize = sizeof(Thing), .entrysize = sizeof(Answer) };

		answers = hash_create("clearance known operators", 32, &info, HASH_ELEM | HASH_BLOBS);
		answered_in = before;
	}
	answer = hash_search(answers, &thing, HASH_FIND, NULL);
	if (answer != NULL)
		return answer->is_known;
	is_known = find(object);
	if (before == changes) /* else it may be what was */
		((Answer *) hash_search(answers, &thing, HASH_ENTER, NULL))->is_known = is_known;
	return is_known;
}

static bool
find_family(Oid family)
{
	CatCList *functions;
	bool known = is_of_known(OperatorFamilyRelationId, family);

	functions = SearchSysCacheList1(AMPROCNUM, ObjectIdGetDatum(family));
	for (int i = 0; known && i < functions->n_members; i++)
		known =
			clr_known_function(((Form_pg_amproc) GETSTRUCT(&functions->members[i]->tuple))->amproc);
	ReleaseSysCacheList(functions);
	return known;
}

static bool
find_function(Oid function)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid language;

	if (!HeapTupleIsValid(tuple))
		return false;
	language = ((Form_pg_proc) GETSTRUCT(tuple))->prolang;
	ReleaseSysCache(tuple);
	return (language == INTERNALlanguageId || language == ClanguageId) &&
		   is_of_known(ProcedureRelationId, function);
}

static bool
find_type(Oid type)
{
	Oid element = get_base_element_type(type);
	char kind;

	if (OidIsValid(element))
		return clr_known_type(element);
	type = getBaseType(type);
	kind = get_typtype(type);
	return kind == TYPTYPE_ENUM ||
		   ((kind == TYPTYPE_BASE || (type < FirstUnpinnedObjectId &&
									  (kind == TYPTYPE_RANGE || kind == TYPTYPE_MULTIRANGE))) &&
			is_of_known(TypeRelationId, type));
}

/*
 * Whether something is the server's, or of an extension that was read. An
 * extension's owner may add things of its own to it; but no operator families,
 * which superusers alone make and alter.
 */
static bool
is_of_known(Oid class, Oid object)
{
	Oid extension;
	char *name;

	if (object < FirstUnpinnedObjectId)
		return true;
	extension = getExtensionOfObject(class, object);
	name = OidIsValid(extension) ? get_extension_name(extension) : NULL;
	for (int i = 0; name != NULL && i < (int) lengthof(known_extensions); i++)
		if (strcmp(name, known_extensions[i]) == 0)
			return true;
	return false;
}
