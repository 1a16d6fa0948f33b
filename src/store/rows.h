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
#include "nodes/pg_list.h"
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
	CLR_FURTHER_OPEN_LEVELS,
	CLR_MEMBER_ON_PROJECT, /* these three by two keys */
	CLR_PARTNER_ON_PROJECT,
	CLR_CUSTOMER_ON_PROJECT,
	CLR_VERSION_OF_PART,
	CLR_LEVELS_OF_ACCOUNT,
	CLR_GRANTS_OF_LEVEL, /* these three by a level, and a feature or none */
	CLR_DENIALS_OF_LEVEL,
	CLR_UNAVAILABLE_TO_LEVEL,
	CLR_ACTIONS_OF_FEATURE, /* these two by a text */
	CLR_GATES_OF_FEATURE,
	CLR_BINDING_BY_ID,
	CLR_BINDING_OF_TABLE,
	CLR_RELATIONS_OF_BINDING,
	CLR_RELATIONS_OF_LINK,
	CLR_PARENTS_OF_BINDING,
	CLR_GUARDS_OF_BINDING,
	CLR_ROW_GUARDS_OF_BINDING,
	CLR_MASKS_OF_BINDING,
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
	LOGIN_ACCOUNT,
	LOGIN_BY_SET_ROLE
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
	PROJECT_OPEN_LEVEL,
	PROJECT_READ_ONLY
};
enum
{
	OPEN_PROJECT_ID,
	OPEN_PROJECT_LEVEL
};
enum
{
	FEATURE_OFF_PROJECT,
	FEATURE_OFF_FEATURE
};
enum
{
	FURTHER_LEVEL_PROJECT,
	FURTHER_LEVEL
};

enum
{
	VERSION_CHANGED_BY
};
enum
{
	LEVEL_ID,
	LEVEL_NAME,
	LEVEL_AUDIENCE,
	LEVEL_BUILT_IN,
	LEVEL_OF_ACCOUNT
};
enum
{
	SAID_LEVEL, /* of grants, denials, and what is not available */
	SAID_FEATURE,
	SAID_ACTION,
	GRANT_VISIBILITY, /* of grants only, as the next */
	GRANT_RELATION,
	GRANT_REACH,
	GRANT_KINDS,
	GRANT_BUILT_IN
};
enum
{
	ACTION_FEATURE,
	ACTION_NAME,
	ACTION_READS,
	ACTION_COMES_WITH_EDIT
};
enum
{
	GATE_FEATURE,
	GATE_ACTION,
	GATE_BY_FEATURE,
	GATE_BY_ACTION,
	GATE_AUDIENCES
};
enum
{
	BINDING_ID,
	BINDING_RELATION,
	BINDING_FEATURE,
	BINDING_LINK_ONLY,
	BINDING_ACTIONS, /* one for each verb */
	BINDING_PUBLISH_ACTION = BINDING_ACTIONS + 4,
	BINDING_COLUMNS,
	BINDING_SHARED_VALUES,
	BINDING_KEY,
	BINDING_PROJECT,
	BINDING_VISIBILITY,
	BINDING_CLIENT_VISIBILITY,
	BINDING_ACCOUNT,
	BINDING_OWNER,
	BINDING_KIND,
	BINDING_PUBLISHED,
	BINDING_PROJECT_OPTIONAL
};
enum
{
	RELATION_ID,
	RELATION_BINDING,
	RELATION_KIND,
	RELATION_MEMBER,
	RELATION_LINK,
	RELATION_LINK_COLUMN,
	RELATION_ROW_COLUMN
};
enum
{
	PARENT_ID,
	PARENT_BINDING,
	PARENT_COLUMN,
	PARENT_TYPE,
	PARENT_TYPE_VALUE,
	PARENT_OPTIONAL,
	PARENT_SAME_PROJECT,
	PARENT_ACTIONS /* one for each verb */
};
enum
{
	GUARD_COLUMN,
	GUARD_FEATURE,
	GUARD_ACTION,
	GUARD_NEW_VALUE
};
enum
{
	ROW_GUARD_ID,
	ROW_GUARD_STATE,
	ROW_GUARD_VALUES,
	ROW_GUARD_COLUMNS,
	ROW_GUARD_FEATURE,
	ROW_GUARD_EDIT,
	ROW_GUARD_DELETE
};
enum
{
	MASK_ID,
	MASK_COLUMN,
	MASK_FEATURE,
	MASK_ACTION,
	MASK_TEXT,
	MASK_FILTERS
};

/* Where a column of a path is among the words of a row. */
typedef struct ClrWord
{
	uint8 at;
	uint8 length; /* zero: it is NULL */
} ClrWord;

typedef struct ClrRows
{
	ClrPath path;
	Relation relation;
	Relation index; /* NULL: the table is searched */
	IndexScanDesc index_scan;
	TableScanDesc scan;
	bool only_null; /* rows with a key are passed over */
	TupleTableSlot *slot;
	Buffer map;	   /* visibility map */
	Datum *values; /* of the present row, if the index has all columns: by attribute of it */
	bool *nulls;
	const char *words; /* or its data, if these are words; which there are, where columns are */
	bits8 present;
	ClrWord columns[BITS_PER_BYTE];
} ClrRows;

extern void clr_rows_begin(ClrRows *rows, ClrPath path, const int64 *key);
extern void clr_rows_begin_text(ClrRows *rows, ClrPath path, const char *key);
extern void clr_rows_begin_named(ClrRows *rows, ClrPath path, int64 key, const char *second);
extern void clr_rows_begin_null(ClrRows *rows, ClrPath path);
extern void clr_rows_begin_pair(ClrRows *rows, ClrPath path, int64 key, int64 second);
extern bool clr_rows_is_searched(ClrPath path);
extern void clr_rows_again(ClrRows *rows, int64 key);
extern bool clr_rows_next(ClrRows *rows);
extern bool clr_rows_one(ClrRows *rows, ClrPath path, int64 key);
extern void clr_rows_end(ClrRows *rows);
extern Relation clr_rows_open_table(const char *table, LOCKMODE lockmode);
extern Size clr_rows_prune(Relation relation, BlockNumber block, bool *dead);
extern bool clr_rows_index_is_usable(Relation index);

/* Columns of the present row: zero, false, NULL if the value is NULL. */
extern int64 clr_rows_int64(const ClrRows *rows, int column);
extern int32 clr_rows_int32(const ClrRows *rows, int column);
extern bool clr_rows_bool(const ClrRows *rows, int column);
extern TimestampTz clr_rows_timestamptz(const ClrRows *rows, int column);
extern Oid clr_rows_oid(const ClrRows *rows, int column);
extern char *clr_rows_text(const ClrRows *rows, int column);
extern const char *clr_rows_name(const ClrRows *rows, int column);
extern bool clr_rows_is_text(const ClrRows *rows, int column, const char *text);
extern List *clr_rows_texts(const ClrRows *rows, int column, bool *has_null);

#endif /* CLR_ROWS_H */
