/*
 * compat.h
 *		The only place that knows PostgreSQL majors.
 *
 * What they call differently has the newest name here, as far as the older ones
 * can be given it, else one of ours. A major that nobody has looked at is an
 * error: some of the differences compile.
 */
#ifndef CLR_COMPAT_H
#define CLR_COMPAT_H

/* the parser of tokens is also built as a program, for its tests */
#ifdef FRONTEND
#include "postgres_fe.h"
#else
#include "postgres.h"
#endif

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "pg_clearance is for PostgreSQL 15 to 18"
#endif

/* ---------- functions that never return: before the declaration ---------- */

#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* ---------- the parser of JSON ---------- */

/* what its callbacks return, and how */
#if PG_VERSION_NUM >= 160000
#define CLR_JSON_STEP JsonParseErrorType
#define CLR_JSON_GO_ON JSON_SUCCESS
#else
#define CLR_JSON_STEP void
#define CLR_JSON_GO_ON
#endif

#if PG_VERSION_NUM >= 170000
#define clr_json_lexer(json, length, encoding) \
	makeJsonLexContextCstringLen(NULL, json, length, encoding, true)
#else
#define clr_json_lexer(json, length, encoding) \
	makeJsonLexContextCstringLen(json, (int) (length), encoding, true)
#endif

/* ---------- Base64 ---------- */

#if PG_VERSION_NUM >= 180000
#define CLR_B64(bytes) (bytes)
#else
#define CLR_B64(bytes) ((char *) (bytes))
#endif

#ifndef FRONTEND

#include "access/htup.h"
#include "catalog/pg_constraint.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "storage/itemptr.h"
#include "utils/relcache.h"
#if PG_VERSION_NUM < 170000
#include "storage/backendid.h"
#endif

/* ---------- hooks ---------- */

/* what the hook is told of a portal that is run at once, not in parts */
#if PG_VERSION_NUM >= 180000
#define CLR_ONCE
#define CLR_PASS_ONCE(query)
#else
#define CLR_ONCE , bool once
/* early minor releases go by this, later ones by the query alone */
#define CLR_PASS_ONCE(query) , once && !(query)->already_executed
#endif

/* ---------- settings ---------- */

/* trace_sort is no option of the build any more */
#if PG_VERSION_NUM >= 180000
#define TRACE_SORT 1
#endif

/* what check hooks leave: the server's own memory since 16, which takes no other (guc_free(), guc.c) */
#if PG_VERSION_NUM < 160000
#define guc_malloc(elevel, size) malloc(size)
#endif

/* ---------- planning ---------- */

/* IndexOptInfo names a function without its arguments, to spare headers */
#if PG_VERSION_NUM >= 180000
#define CLR_COST(function) (function)
#else
#define CLR_COST(function) ((void (*)())(function))
#endif

/* ---------- queries ---------- */

/* seen in 18.6, not in 15.20 and 17.12; see plan/conflict.c */
#define CLR_ASKS_BEFORE_POLICIES (PG_VERSION_NUM >= 180000)

extern List **clr_group_expressions(RangeTblEntry *entry);
extern Node **clr_merge_condition(Query *query);
extern Var *clr_var_beside(const Var *var, const Var *column);
extern bool clr_is_same_row(const Var *var, const Var *other);
extern bool clr_may_lack_row(const Var *var);

/* ---------- what statements ask of tables ---------- */

/* it stood in entries of the range table themselves */
#if PG_VERSION_NUM < 160000
typedef RangeTblEntry RTEPermissionInfo;
#endif

/* arguments of the hook that checks them */
#if PG_VERSION_NUM >= 160000
#define CLR_PERMISSIONS List *range_table, List *permissions
#define CLR_PASS_PERMISSIONS range_table, permissions
#else
#define CLR_PERMISSIONS List *permissions
#define CLR_PASS_PERMISSIONS permissions
#endif

extern List *clr_permissions_of_query(const Query *query);
extern List *clr_permissions_of_plan(const PlannedStmt *plan);
extern RTEPermissionInfo *clr_permissions_of(const RangeTblEntry *entry, List *permissions);
extern RTEPermissionInfo *clr_permissions_add(Query *query, RangeTblEntry *entry);
extern Oid clr_checked_as(const PlannedStmt *plan, Index number);

/* ---------- constraints ---------- */

extern HeapTuple clr_not_null(Oid relid, AttrNumber column);
extern bool clr_foreign_key_is_checked(const FormData_pg_constraint *key);

/* ---------- rights ---------- */

#if PG_VERSION_NUM < 160000
#define object_ownercheck(class, object, role) \
	(AssertMacro((class) == RelationRelationId), pg_class_ownercheck(object, role))
#define object_aclcheck(class, object, role, mode) \
	(AssertMacro((class) == NamespaceRelationId), pg_namespace_aclcheck(object, role, mode))
#endif

/* ---------- backends, their transactions, files ---------- */

/* backends count from one */
#if PG_VERSION_NUM >= 170000
#define CLR_BACKEND (MyProcNumber + 1)
#define CLR_LOCAL_XID (MyProc->vxid.lxid)
#else
#define CLR_BACKEND MyBackendId
#define CLR_LOCAL_XID (MyProc->lxid)
#define AmBackgroundWorkerProcess() IsBackgroundWorker
#endif

#if PG_VERSION_NUM < 160000
#define RelFileLocator RelFileNode
#define rd_locator rd_node
#endif

#if PG_VERSION_NUM >= 180000
#define clr_index_beginscan(table, index, snapshot, keys) \
	index_beginscan(table, index, snapshot, NULL, keys, 0)
#else
#define clr_index_beginscan(table, index, snapshot, keys) \
	index_beginscan(table, index, snapshot, keys, 0)
#endif

extern void clr_heap_overwrite(Relation relation, HeapTuple tuple);
extern void clr_heap_update(Relation relation, ItemPointer place, HeapTuple tuple);

/* ---------- the search_path of a moment ---------- */

extern int clr_path_begin(void);
extern void clr_path_end(int begun);

#endif /* FRONTEND */

#endif /* CLR_COMPAT_H */
