/*
 * mask_names.c
 *		Masks follow what they name: types, labels of enums, collations, schemas.
 *
 * Before a command that may rename one, each mask is parsed; after it, the same
 * expression is written as the server writes it then (sql/masks.sql has the event
 * triggers).
 *
 * State: the expressions that were parsed in this transaction, by mask; their memory is the
 * transaction's.
 */
#include "plan/mask.h"

#include "fmgr.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(clearance_note_mask);
PG_FUNCTION_INFO_V1(clearance_noted_mask);

typedef struct NotedMask
{
	int32 id;
	Oid relid;
	MemoryContext context; /* of what follows */
	Node *expression;
} NotedMask;

static List *noted = NIL; /* of NotedMask * */
static LocalTransactionId noted_in = InvalidLocalTransactionId;

static NotedMask *find(int32 id);

/*
 * note_mask(id integer, relation regclass, column name, mask text): errors if
 * the mask is not one.
 */
Datum
clearance_note_mask(PG_FUNCTION_ARGS)
{
	int32 id = PG_GETARG_INT32(0);
	Oid relid = PG_GETARG_OID(1);
	Node *expression = clr_mask_parse(relid, text_to_cstring(PG_GETARG_TEXT_PP(3)),
									  get_attnum(relid, NameStr(*PG_GETARG_NAME(2))), NULL);
	NotedMask *mask = find(id);
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);

	if (mask == NULL)
	{
		mask = palloc0(sizeof(NotedMask));
		noted = lappend(noted, mask);
	}
	else
		MemoryContextDelete(mask->context);
	mask->id = id;
	mask->relid = relid;
	mask->context =
		AllocSetContextCreate(TopTransactionContext, "clearance mask", ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(mask->context);
	mask->expression = copyObject(expression);
	MemoryContextSwitchTo(caller);
	PG_RETURN_VOID();
}

/*
 * noted_mask(id integer) returns text: as it is written now; NULL if it was not noted.
 */
Datum
clearance_noted_mask(PG_FUNCTION_ARGS)
{
	const NotedMask *mask = find(PG_GETARG_INT32(0));

	if (mask == NULL || get_rel_name(mask->relid) == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(clr_mask_deparse(mask->relid, mask->expression)));
}

/* Of this transaction. */
static NotedMask *
find(int32 id)
{
	ListCell *lc;

	if (noted_in != CLR_LOCAL_XID)
	{
		noted = NIL;
		noted_in = CLR_LOCAL_XID;
	}
	foreach(lc, noted)
		if (((NotedMask *) lfirst(lc))->id == id)
			return lfirst(lc);
	return NULL;
}
