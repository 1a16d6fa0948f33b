/*
 * copies.c
 *		Event trigger that tells of copies of protected tables.
 *
 * Policies are not copied, neither by LIKE nor with rows: who makes a copy hears
 * that it is open. At the start of the command, since its execution changes the
 * parse tree (transformCreateStmt(), parse_utilcmd.c). Temporary tables are
 * their session's own.
 */
#include "compat.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "commands/prepare.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "rewrite/rewriteHandler.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "rule/binding.h"

PG_FUNCTION_INFO_V1(clearance_warn_of_copies);

/* What a query reads. */
typedef struct Read
{
	List *tables; /* protected ones, OIDs */
	List *views;  /* looked at already; a view's own query names it (OLD and NEW) */
} Read;

static bool is_bound(const RangeVar *table);
static void warn_of_like(const CreateStmt *statement);
static bool find_read(Node *node, void *context);
static void find_read_by_view(Oid relid, Read *read);

/*
 * warn_of_copies(): event trigger on ddl_command_start for what makes tables
 * and materialized views.
 */
Datum
clearance_warn_of_copies(PG_FUNCTION_ARGS)
{
	Node *statement;
	ListCell *lc;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		elog(ERROR, "warn_of_copies is an event trigger");
	statement = ((EventTriggerData *) fcinfo->context)->parsetree;
	if (creating_extension)
		PG_RETURN_NULL();

	if (IsA(statement, CreateStmt))
		warn_of_like((CreateStmt *) statement);
	else if (IsA(statement, CreateSchemaStmt))
	{
		foreach(lc, ((CreateSchemaStmt *) statement)->schemaElts)
			if (IsA(lfirst(lc), CreateStmt))
				warn_of_like(lfirst(lc));
	}
	else if (IsA(statement, CreateTableAsStmt))
	{
		CreateTableAsStmt *copy = (CreateTableAsStmt *) statement;
		Read read = { NIL, NIL };

		if (copy->into->rel->relpersistence != RELPERSISTENCE_TEMP)
			(void) find_read(copy->query, &read);
		foreach(lc, read.tables)
			ereport(WARNING,
					(errmsg("\"%s\" is not protected, but has rows of protected table \"%s\"",
							copy->into->rel->relname, get_rel_name(lfirst_oid(lc))),
					 errdetail("Whoever may read it sees all of them."),
					 copy->objtype == OBJECT_MATVIEW ?
						 errhint("Only tables can be protected: grant it to nobody who may not see "
								 "every row.") :
						 errhint("Protect it with clearance.protect(), or drop it after use.")));
	}
	PG_RETURN_NULL();
}

static bool
is_bound(const RangeVar *table)
{
	Oid relid = RangeVarGetRelid(table, NoLock, true);

	return OidIsValid(relid) && clr_binding_of_relation(relid) != 0;
}

static void
warn_of_like(const CreateStmt *statement)
{
	ListCell *lc;

	if (statement->relation->relpersistence == RELPERSISTENCE_TEMP)
		return;
	foreach(lc, statement->inhRelations)
		if (is_bound(lfirst(lc)))
			return; /* protected with it */
	foreach(lc, statement->tableElts)
	{
		TableLikeClause *like = lfirst(lc);

		if (IsA(like, TableLikeClause) && is_bound(like->relation))
			ereport(WARNING,
					(errmsg("table \"%s\" is like protected table \"%s\", but is not protected",
							statement->relation->relname, like->relation->relname),
					 errdetail("LIKE copies no policies."),
					 errhint("Protect it with clearance.protect(), unless it becomes a partition "
							 "or child of a protected table.")));
	}
}

/* Adds what a query reads, itself or through views, to a Read. */
static bool
find_read(Node *node, void *context)
{
	Read *read = context;
	ListCell *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, find_read, context);
	if (((Query *) node)->utilityStmt != NULL && IsA(((Query *) node)->utilityStmt, ExecuteStmt))
	{
		ExecuteStmt *execute = (ExecuteStmt *) ((Query *) node)->utilityStmt;
		PreparedStatement *prepared = FetchPreparedStatement(execute->name, false);

		if (prepared != NULL)
			foreach(lc, prepared->plansource->query_list)
				(void) find_read(lfirst(lc), context);
		return false;
	}
	foreach(lc, ((Query *) node)->rtable)
	{
		RangeTblEntry *entry = lfirst(lc);

		if (entry->rtekind != RTE_RELATION)
			continue;
		if (clr_binding_of_relation(entry->relid) != 0)
			read->tables = list_append_unique_oid(read->tables, entry->relid);
		else if (entry->relkind == RELKIND_VIEW)
			find_read_by_view(entry->relid, read);
	}
	return query_tree_walker((Query *) node, find_read, context, 0);
}

static void
find_read_by_view(Oid relid, Read *read)
{
	Relation view;

	check_stack_depth();
	if (list_member_oid(read->views, relid))
		return;
	read->views = lappend_oid(read->views, relid);
	view = table_open(relid, AccessShareLock);
	(void) find_read((Node *) get_view_query(view), read);
	table_close(view, NoLock);
}
