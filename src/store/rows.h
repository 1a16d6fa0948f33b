/*
 * rows.h
 *		Rows of the extension's own tables, found by their indexes.
 */
#ifndef CLR_ROWS_H
#define CLR_ROWS_H

#include "compat.h"

#include "access/genam.h"
#include "access/relscan.h"
#include "datatype/timestamp.h"
#include "executor/tuptable.h"
#include "storage/buf.h"
#include "utils/rel.h"

/* Ways to find rows: a table, an index, and the columns that are read. */
typedef enum ClrPath
{
	CLR_ACCOUNT_BY_ID,
	CLR_MEMBER_BY_ID,
	CLR_MEMBERS_OF_PARTNER,
	CLR_MEMBERS_OF_CUSTOMER,
	CLR_MEMBERS_OF_TEAM, /* of an account: the vendor's */
	CLR_RESOURCES_OF_SUPERVISOR,
	CLR_PARTNER_BY_ID,
	CLR_CUSTOMER_BY_ID,
	CLR_ROLES_OF_MEMBER,
	CLR_ROLE_BY_ID,
	CLR_LEVEL_BY_ID,
	CLR_LOGIN_BY_ROLE,
	CLR_SWITCHES_OF_MEMBER,
	CLR_PROJECTS_OF_MEMBER,
	CLR_PROJECTS_OF_PARTNER,
	CLR_PROJECTS_OF_CUSTOMER,
	CLR_PROJECT_BY_ID,
	CLR_PROJECT_BY_KEY, /* by a text */
	CLR_PROJECTS_OF_ACCOUNT,
	CLR_OPEN_PROJECTS_OF_ACCOUNT,
	CLR_FEATURES_OFF,
	CLR_MEMBER_ON_PROJECT, /* these three by two keys */
	CLR_PARTNER_ON_PROJECT,
	CLR_CUSTOMER_ON_PROJECT,
	CLR_VERSION_OF_PART,
	CLR_LEVELS_OF_ACCOUNT,
} ClrPath;

/* Columns of each path, in the order of its list in rows.c. */
enum
{
	ACCOUNT_KEY,
	ACCOUNT_ACTIVE,
	ACCOUNT_PORTAL,
	ACCOUNT_EXTERNAL_LEVEL,
	ACCOUNT_ACT_AS_WRITES
};
enum
{
	MEMBER_ID,
	MEMBER_ACCOUNT,
	MEMBER_KEY,
	MEMBER_PARTNER,
	MEMBER_CUSTOMER,
	MEMBER_PARTNER_ADMIN,
	MEMBER_STATUS
};
enum
{
	RESOURCE_MEMBER
};
enum
{
	COMPANY_ACCOUNT,
	COMPANY_ACTIVE,
	COMPANY_LEVEL /* of partners only */
};
enum
{
	MEMBER_ROLE_ROLE
};
enum
{
	ROLE_LEVEL
};
enum
{
	LEVEL_ACCOUNT
};
enum
{
	LOGIN_MEMBER,
	LOGIN_PARTNER,
	LOGIN_SETTING,
	LOGIN_CLAIM,
	LOGIN_NAMES,
	LOGIN_ACCOUNT
};
enum
{
	SWITCH_FEATURE,
	SWITCH_ACTION
};
enum
{
	ON_PROJECT,
	ON_PROJECT_STARTS,
	ON_PROJECT_ENDS,
	ON_PROJECT_LEVEL, /* not of customers */
	ON_PROJECT_OWNER, /* of members only, as the next */
	ON_PROJECT_THROUGH_PHASE
};
enum
{
	PROJECT_ID,
	PROJECT_ACCOUNT,
	PROJECT_KEY,
	PROJECT_ARCHIVED,
	PROJECT_PORTAL,
	PROJECT_CLIENT_UPLOAD,
	PROJECT_BY_PHASE,
	PROJECT_OPEN_LEVEL
};
enum
{
	FEATURE_OFF_PROJECT,
	FEATURE_OFF_FEATURE
};

enum
{
	VERSION_CHANGED_BY
};

typedef struct ClrRows
{
	ClrPath path;
	Relation relation;
	SysScanDesc scan; /* of the table; or else of an index that has all columns: */
	Relation index;
	IndexScanDesc index_scan;
	TupleTableSlot *slot;
	Buffer map;	   /* visibility map */
	Datum *values; /* of the present row, by attribute of the table or the index */
	bool *nulls;
} ClrRows;

extern void clr_rows_init(void);
extern void clr_rows_begin(ClrRows *rows, ClrPath path, const int64 *key);
extern void clr_rows_begin_text(ClrRows *rows, ClrPath path, const char *key);
extern void clr_rows_begin_pair(ClrRows *rows, ClrPath path, int64 key, int64 second);
extern void clr_rows_again(ClrRows *rows, int64 key);
extern bool clr_rows_next(ClrRows *rows);
extern bool clr_rows_one(ClrRows *rows, ClrPath path, int64 key);
extern void clr_rows_end(ClrRows *rows);
extern Relation clr_rows_open_table(const char *table, LOCKMODE lockmode);
extern void clr_rows_prune(Relation relation, BlockNumber block);
extern bool clr_rows_index_is_usable(Relation index);

/* Columns of the present row: zero, false, NULL if the value is NULL. */
extern int64 clr_rows_int64(const ClrRows *rows, int column);
extern int32 clr_rows_int32(const ClrRows *rows, int column);
extern bool clr_rows_bool(const ClrRows *rows, int column);
extern TimestampTz clr_rows_timestamptz(const ClrRows *rows, int column);
extern char *clr_rows_text(const ClrRows *rows, int column);

#endif /* CLR_ROWS_H */
