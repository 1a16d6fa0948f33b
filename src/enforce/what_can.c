/*
 * what_can.c
 *		How many rows somebody sees and may write, and what everybody sees of a table.
 *
 * Rows are counted by queries with the calls that policies make, planned and run
 * for whom they are about: its own queries find the same rows, in the same way.
 * That one acts in them (clr_frame_enter_as()) and only looks; the tables are read
 * as their owners, for whoever asks may not, or be bound by nothing. So privileges,
 * and policies that are not ours, are no part of an answer. Keeps no state.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "enforce/explain.h"
#include "enforce/progress.h"
#include "frame/frame.h"
#include "guard/secrecy.h"
#include "rule/binding.h"
#include "rule/shape.h"
#include "store/catalog.h"

PG_FUNCTION_INFO_V1(clearance_what_can);
PG_FUNCTION_INFO_V1(clearance_access_matrix);

/* Rows seen; of these, rows to edit and to delete. */
#define SEEN 0
#define COUNTS 3

/* Columns of everybody(), of which the last one gives way to the count. */
#define MATRIX_COLUMNS 7
#define MATRIX_PARTNER 7

static bool find_subject(FunctionCallInfo fcinfo, ClrActor *actor);
static List *find_tables(Oid relation);
static bool may_count(Oid table, bool by_operator, bool is_named);
static const char *count_of(const char *function, const ClrBinding *binding, ClrVerb verb);
static char *call_of(const char *function, const ClrBinding *binding);
static void count_rows(ClrActor actor, Oid table, int counts, Datum *values);
static void put_everybody(ReturnSetInfo *result, Oid relation, int64 account);

/*
 * what_can(member bigint, relation regclass) returns setof (relation, visible,
 * editable, deletable): of a table, or (NULL) of all that are protected; about who
 * acts (NULL) or a member.
 */
Datum
clearance_what_can(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid relation = PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1);
	ClrActor actor;
	ClrProgress progress;
	bool by_operator;
	List *tables;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	clr_secrecy_check_asked(clr_frame_current());
	by_operator = find_subject(fcinfo, &actor);
	tables = find_tables(relation);
	progress = clr_progress_begin("what_can", "tables", list_length(tables));
	foreach(lc, tables)
	{
		Oid table = lfirst_oid(lc);
		Datum values[COUNTS + 1] = { ObjectIdGetDatum(table) };
		bool nulls[COUNTS + 1] = { 0 };

		if (clr_actor_is_nobody(&actor) || !may_count(table, by_operator, OidIsValid(relation)))
			continue;
		count_rows(actor, table, COUNTS, values + 1);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		clr_progress_step(&progress);
	}
	return (Datum) 0;
}

/*
 * access_matrix(relation regclass) returns setof (member, member_key, name, kind,
 * account, company, visible): for each member, and each partner as a whole.
 */
Datum
clearance_access_matrix(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int64 account;

	InitMaterializedSRF(fcinfo, 0);
	clr_secrecy_check_asked(clr_frame_current());
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the table is null"),
				 errhint("For example: SELECT * FROM clearance.access_matrix('app.document');")));
	account = clr_question_account();
	(void) clr_question_binding(PG_GETARG_OID(0));
	(void) may_count(PG_GETARG_OID(0), account == 0, true);
	put_everybody(result, PG_GETARG_OID(0), account);
	return (Datum) 0;
}

/* Whom it is about; true if an operator asks. Errors: it may not ask about that one. */
static bool
find_subject(FunctionCallInfo fcinfo, ClrActor *actor)
{
	static const Oid argtypes[] = { INT8OID };
	Datum args[] = { PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0) };
	ClrCatalog state;
	bool by_operator;

	clr_catalog_begin(&state);
	(void) clr_catalog_query("SELECT member, partner, by_operator"
							 " FROM clearance_internal.member_asked_about($1)",
							 1, argtypes, args, PG_ARGISNULL(0) ? "n" : NULL);
	*actor = (ClrActor){ clr_column_int64(0, 1), clr_column_int64(0, 2) };
	by_operator = clr_column_bool(0, 3);
	clr_catalog_end(&state);
	return by_operator;
}

/* The one, or all that are protected, but for those that only link members to rows. */
static List *
find_tables(Oid relation)
{
	MemoryContext caller = CurrentMemoryContext;
	List *tables = NIL;
	ClrCatalog state;
	uint64 rows;

	if (OidIsValid(relation))
	{
		(void) clr_question_binding(relation);
		return list_make1_oid(relation);
	}
	clr_catalog_begin(&state);
	rows = clr_catalog_query("SELECT relation::bigint FROM clearance.binding"
							 " WHERE NOT link_only ORDER BY relation::regclass::text COLLATE \"C\"",
							 0, NULL, NULL, NULL);
	for (uint64 i = 0; i < rows; i++)
	{
		MemoryContext of_query = MemoryContextSwitchTo(caller);

		tables = lappend_oid(tables, (Oid) clr_column_int64(i, 1));
		MemoryContextSwitchTo(of_query);
	}
	clr_catalog_end(&state);
	return tables;
}

/* Operators may count everything, others what they may read. An error if that was named. */
static bool
may_count(Oid table, bool by_operator, bool is_named)
{
	const ClrBinding *binding;

	if (by_operator)
		return true;
	binding = clr_binding_borrow(CurrentMemoryContext, clr_question_binding(table));
	if (is_named)
		clr_question_check_may_read(binding);
	return is_named || clr_question_may_read(binding);
}

/* ---------- counting ---------- */

/*
 * Rows of a table that an actor sees and, if that is asked, may edit and delete.
 */
static void
count_rows(ClrActor actor, Oid table, int counts, Datum *values)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "clearance rows counted",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	const ClrBinding *binding = clr_binding_borrow(context, clr_question_binding(table));
	ClrTableQuery query = { .columns = "count(*)",
							.rest = psprintf("WHERE %s", call_of("visible", binding)),
							.once = true };
	ClrCurrent previous = clr_frame_enter_as(actor);
	ClrCatalog state;

	PG_TRY();
	{
		if (counts == COUNTS)
			query.columns = psprintf("count(*), %s, %s", count_of("editable", binding, CLR_EDIT),
									 count_of("deletable", binding, CLR_DELETE));
		clr_catalog_begin_owner(&state, table);
		(void) clr_catalog_query_table(&state, &query);
		for (int i = SEEN; i < counts; i++)
			values[i] = Int64GetDatum(clr_column_int64(0, i + 1));
		clr_catalog_end(&state);
	}
	PG_FINALLY();
	{
		clr_frame_leave(previous);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/*
 * Visible rows that are open for another verb: where all that the actor sees of the
 * table is, or nothing, rows need not be asked.
 */
static const char *
count_of(const char *function, const ClrBinding *binding, ClrVerb verb)
{
	ClrJudge *judge = clr_frame_judge(clr_frame_current());
	ClrBinding *own = clr_judge_binding(judge, binding->id);
	const ClrShape *shape = clr_shape_of(judge, own, verb);

	if (!own->project_optional && shape->classes == 0)
		return "0::bigint";
	if (!own->project_optional && !shape->some_closed && (own->ups == NIL || own->ups_decide) &&
		clr_shape_only_class(shape) == CLR_CLASS_ALL)
		return "count(*)";
	return psprintf("count(*) FILTER (WHERE %s)", call_of(function, binding));
}

/* As a policy calls it; the rule does not go by masked columns, which stay unread. */
static char *
call_of(const char *function, const ClrBinding *binding)
{
	StringInfoData call;

	initStringInfo(&call);
	appendStringInfo(&call, "clearance.%s(%d", function, binding->id);
	for (int i = 0; i < binding->ncolumns; i++)
	{
		const char *name = quote_identifier(binding->columns[i].name);

		if (clr_binding_mask(binding, binding->columns[i].name) != NULL)
			appendStringInfo(&call, ", (NULL::%s).%s", clr_catalog_table_name(binding->relid),
							 name);
		else
			appendStringInfo(&call, ", t.%s", name);
	}
	appendStringInfoChar(&call, ')');
	return call.data;
}

/* ---------- everybody ---------- */

static void
put_everybody(ReturnSetInfo *result, Oid relation, int64 account)
{
	static const Oid argtypes[] = { INT8OID };
	Datum args[] = { Int64GetDatum(account) };
	ClrProgress progress;
	SPITupleTable *everybody;
	ClrCatalog state;
	uint64 rows;

	clr_catalog_begin(&state);
	rows = clr_catalog_query("SELECT * FROM clearance_internal.everybody($1)", 1, argtypes, args,
							 account == 0 ? "n" : NULL);
	everybody = SPI_tuptable;
	progress = clr_progress_begin("access_matrix", "members and partners", (int64) rows);
	for (uint64 i = 0; i < rows; i++)
	{
		Datum values[MATRIX_COLUMNS];
		bool nulls[MATRIX_COLUMNS];
		ClrActor actor;

		heap_deform_tuple(everybody->vals[i], everybody->tupdesc, values, nulls);
		actor.member = nulls[0] ? 0 : DatumGetInt64(values[0]);
		actor.partner = nulls[0] ? DatumGetInt64(values[MATRIX_PARTNER - 1]) : 0;
		count_rows(actor, relation, SEEN + 1, &values[MATRIX_PARTNER - 1]);
		nulls[MATRIX_PARTNER - 1] = false;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		clr_progress_step(&progress);
	}
	clr_catalog_end(&state);
}
