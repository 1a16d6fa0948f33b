/*
 * What cppcheck must know of PostgreSQL: the macros that are not C on their own, and that ereport
 * and elog of an error do not return. (It cannot parse the server's own headers.)
 */
#define PG_VERSION_NUM 150000
#define PG_MODULE_MAGIC extern int pg_module_magic
#define PG_FUNCTION_INFO_V1(function) extern Datum function(PG_FUNCTION_ARGS)
#define PG_FUNCTION_ARGS FunctionCallInfo fcinfo

#define pg_attribute_printf(format, arguments)
#define pg_attribute_noreturn() __attribute__((noreturn))

#define ERROR 21
#define ereport(level, ...) do { __VA_ARGS__; if ((level) >= ERROR) abort(); } while (0)
#define elog(level, ...) do { printf(__VA_ARGS__); if ((level) >= ERROR) abort(); } while (0)

#define foreach(cell, list) for (cell = list_head(list); cell != NULL; cell = lnext(list, cell))
#define for_each_from(cell, list, n) \
	for (cell = list_nth_cell(list, n); cell != NULL; cell = lnext(list, cell))
#define forboth(cell1, list1, cell2, list2) \
	for (cell1 = list_head(list1), cell2 = list_head(list2); cell1 != NULL && cell2 != NULL; \
		 cell1 = lnext(list1, cell1), cell2 = lnext(list2, cell2))

#define PG_TRY() do { if (sigsetjmp(0, 0) == 0) {
#define PG_CATCH() } else {
#define PG_FINALLY() } {
#define PG_END_TRY() } } while (0)
