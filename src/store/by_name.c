/*
 * by_name.c
 *		The type of a parameter that nobody passes.
 *
 * In a list of optional arguments it stands where those begin that are passed
 * by name alone: a positional value in its place is an error, where it would
 * else be taken for another argument than was meant. Nothing casts to the type,
 * so that typed values find no function; literals, NULL and parameters of no
 * known type come here. Holds one value, which is its default.
 */
#include "compat.h"

#include "fmgr.h"
#include "utils/builtins.h"

#define THE_VALUE "by name"

PG_FUNCTION_INFO_V1(clearance_by_name_in);

/* by_name_in(cstring): called with NULL too; an error but for the default. */
Datum
clearance_by_name_in(PG_FUNCTION_ARGS)
{
	const char *given = PG_ARGISNULL(0) ? NULL : PG_GETARG_CSTRING(0);

	if (given == NULL || strcmp(given, THE_VALUE) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the arguments from here on are passed by name"),
				 given == NULL ? errdetail("NULL stands in a place that has no meaning.") :
								 errdetail("\"%s\" stands in a place that has no meaning.", given),
				 errhint("Say which argument it is: argument => value.")));
	PG_RETURN_TEXT_P(cstring_to_text(given));
}
