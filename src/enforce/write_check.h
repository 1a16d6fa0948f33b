/*
 * write_check.h
 *		A call of the trigger that judges writes.
 */
#ifndef CLR_WRITE_CHECK_H
#define CLR_WRITE_CHECK_H

#include "compat.h"

#include "catalog/pg_attribute.h"
#include "commands/trigger.h"
#include "utils/typcache.h"

#include "frame/frame.h"
#include "rule/binding.h"

/*
 * What a trigger looks up for its table, for the query and the user that it
 * runs for. Kept in fn_extra, which is one table's in one query
 * (ExecCallTriggerFunc(), trigger.c).
 */
typedef struct ClrWriteCall
{
	uint64 frame_serial;
	const Trigger *asked_by;
	Oid user;
	bool binds; /* row security binds the user */
	ClrFrame *frame;
	ClrBinding *binding;
	struct ClrUpdate *update; /* see update_check.c; NULL: nothing was updated yet */
	TriggerData *data;		  /* of the call of the moment */
} ClrWriteCall;

extern bool clr_write_default(Relation relation, const char *column, Datum *value, bool *isnull);
extern HeapTuple clr_update_check(ClrWriteCall *call, MemoryContext context);
extern TypeCacheEntry *clr_write_equality(const FormData_pg_attribute *attr);
extern bool
clr_write_same(const FormData_pg_attribute *attr, Datum a, bool a_null, Datum b, bool b_null);
extern bool clr_write_equals(const TypeCacheEntry *type, Datum a, Datum b);

#endif /* CLR_WRITE_CHECK_H */
