/*
 * run_as.c
 *		Statements in a session of somebody else's, for the self-test.
 *
 * What a login role sees is found out by being it: as session user and by SET
 * ROLE, so that it is who it is mapped to, by either road, and as current user,
 * whom row security binds. What runs besides our statements, policies and
 * triggers of others, must not come back from there to the rights of who asks:
 * so it all is a security-restricted operation, in which no role is set any more,
 * and nothing is left behind in the session (miscadmin.h). Keeps no state.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "store/catalog.h"

PG_FUNCTION_INFO_V1(clearance_run_as);

static char *run(ArrayType *statements, MemoryContext context);

/*
 * run_as(login oid, statements text[]) returns text: the first value of the
 * last statement; NULL if it has none. For superusers, since who may not become
 * everybody is refused by the server.
 *
 * Where a statement fails, the abort of the subtransaction restores users and
 * settings (AbortSubTransaction(), xact.c).
 */
Datum
clearance_run_as(PG_FUNCTION_ARGS)
{
	char *login = GetUserNameFromId(PG_GETARG_OID(0), false);
	MemoryContext caller = CurrentMemoryContext;
	int level = NewGUCNestLevel();
	Oid user;
	int sec_context;
	char *value;

	(void) set_config_option("session_authorization", login, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("role", login, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
	GetUserIdAndSecContext(&user, &sec_context);
	SetUserIdAndSecContext(user, sec_context | SECURITY_LOCAL_USERID_CHANGE |
									 SECURITY_RESTRICTED_OPERATION);
	value = run(PG_GETARG_ARRAYTYPE_P(1), caller);
	SetUserIdAndSecContext(user, sec_context);
	AtEOXact_GUC(false, level); /* who acts, too */
	if (value == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(value));
}

static char *
run(ArrayType *statements, MemoryContext context)
{
	Datum *texts;
	int n;
	char *value = NULL;

	deconstruct_array(statements, TEXTOID, -1, false, TYPALIGN_INT, &texts, NULL, &n);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	for (int i = 0; i < n; i++)
	{
		int result = SPI_execute(TextDatumGetCString(texts[i]), false, 0);

		if (result < 0)
			elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
		value = SPI_tuptable == NULL || SPI_processed == 0 ? NULL : clr_column_text(0, 1);
	}
	if (value != NULL)
		value = MemoryContextStrdup(context, value);
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
	return value;
}
