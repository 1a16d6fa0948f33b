/*
 * touched.c
 *		Which topics a changed row of permissions is about.
 *
 * Of each table here stands by which column of a row somebody may have found it, or
 * would find it now; the row before the change says so, and the row after. What is
 * kept depends on the topics by which it reads (scope_cache.c, company.c, vocabulary.c,
 * project.c, actor.c), so whoever read the row, or did not find it, depends on one that is noted.
 * These topics are of the kind that the trigger notes. A table that is not here,
 * TRUNCATE, and a transaction that changes very many things are about everything of
 * their kind: that a table is missing costs time, not rights.
 *
 * Most columns are in the row itself. Features that are off in a project, further levels
 * that it opens with, and what a level grants, are found with its account. That is looked
 * up in every version of the project's or level's row that is still there, whoever sees
 * it, so it does not matter which one a snapshot sees, nor in which order rows are
 * deleted. One that goes to another account meanwhile would not be noticed, so whoever
 * moves one waits until nobody is changing such rows.
 *
 * State: the parts that this transaction has noted, each with the subtransaction
 * whose end may take that away, and whether kinds are noted as a whole.
 */
#include "store/touched.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "storage/lmgr.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "store/rows.h"
#include "store/topic.h"
#include "store/version_row.h"

/* Which changes of a row are about the topic. */
typedef enum Occasion
{
	ANY_CHANGE,
	WHO_CHANGE,	 /* a member comes, goes, or is found in another way */
	KEY_CHANGE,	 /* a member that was there has another key */
	TEAM_CHANGE, /* as WHO_CHANGE, of somebody who is of no company */
	COMING,
	GOING,
} Occasion;

/* How a value of a column leads to the topic's id. */
typedef enum Way
{
	ITSELF,
	ALL_IF_NULL, /* itself; none is for all accounts */
	ZERO,		 /* the topic is of no id */
	OF_PROJECT,	 /* the account of a project */
	OF_LEVEL,	 /* the account of a level */
} Way;

typedef struct Touch
{
	const char *table;
	const char *column;
	ClrTopic topic;
	Occasion occasion;
	Way way;
} Touch;

static const Touch touches[] = {
	{ "member", "id", CLR_ABOUT_MEMBER, ANY_CHANGE, ITSELF },
	{ "member", "account_id", CLR_ABOUT_ANYBODY, ANY_CHANGE, ITSELF },
	{ "member", "partner_id", CLR_ABOUT_PARTNER, WHO_CHANGE, ITSELF },
	{ "member", "customer_id", CLR_ABOUT_CUSTOMER, WHO_CHANGE, ITSELF },
	{ "member", "account_id", CLR_ABOUT_TEAM, TEAM_CHANGE, ITSELF },
	{ "member", "account_id", CLR_ABOUT_KEYS, KEY_CHANGE, ITSELF },
	{ "member", "account_id", CLR_ABOUT_NAMES, WHO_CHANGE, ITSELF },
	{ "member", NULL, CLR_ABOUT_NAMES, WHO_CHANGE, ZERO },
	{ "member_role", "member_id", CLR_ABOUT_MEMBER, ANY_CHANGE, ITSELF },
	{ "member_switch", "member_id", CLR_ABOUT_MEMBER, ANY_CHANGE, ITSELF },
	{ "role", "id", CLR_ABOUT_ROLE, ANY_CHANGE, ITSELF },
	{ "partner", "id", CLR_ABOUT_PARTNER, ANY_CHANGE, ITSELF },
	{ "customer", "id", CLR_ABOUT_CUSTOMER, ANY_CHANGE, ITSELF },
	{ "project_member", "member_id", CLR_ABOUT_MEMBER, ANY_CHANGE, ITSELF },
	{ "project_member", "account_id", CLR_ABOUT_ANYBODY, ANY_CHANGE, ITSELF },
	{ "project_partner", "partner_id", CLR_ABOUT_PARTNER, ANY_CHANGE, ITSELF },
	{ "project_customer", "customer_id", CLR_ABOUT_CUSTOMER, ANY_CHANGE, ITSELF },
	{ "resource", "supervisor_id", CLR_ABOUT_MEMBER, ANY_CHANGE, ITSELF },
	{ "login_role", NULL, CLR_ABOUT_LOGINS, ANY_CHANGE, ZERO },
	{ "token_key", NULL, CLR_ABOUT_TOKEN_KEYS, ANY_CHANGE, ZERO },

	{ "account", "id", CLR_ABOUT_ACCOUNT, ANY_CHANGE, ITSELF },
	{ "account", NULL, CLR_ABOUT_NEW_ACCOUNTS, COMING, ZERO },
	{ "account", NULL, CLR_ABOUT_GONE_ACCOUNTS, GOING, ZERO },
	{ "project", "account_id", CLR_ABOUT_PROJECTS, ANY_CHANGE, ITSELF },
	{ "project_feature_off", "project_id", CLR_ABOUT_PROJECTS, ANY_CHANGE, OF_PROJECT },
	{ "project_open_level", "project_id", CLR_ABOUT_PROJECTS, ANY_CHANGE, OF_PROJECT },
	{ "binding", NULL, CLR_ABOUT_NOTHING, ANY_CHANGE, ZERO }, /* see plan/whole.c */

	{ "level", "account_id", CLR_ABOUT_LEVELS, ANY_CHANGE, ALL_IF_NULL },
	{ "level_grant", "level_id", CLR_ABOUT_LEVELS, ANY_CHANGE, OF_LEVEL },
	{ "level_denial", "level_id", CLR_ABOUT_LEVELS, ANY_CHANGE, OF_LEVEL },
	{ "not_available", "level_id", CLR_ABOUT_LEVELS, ANY_CHANGE, OF_LEVEL },
};

/* Of more, the transaction changes everything. */
#define MANY_PARTS 512

static struct
{
	ClrChange kind;
	int32 part;
	SubTransactionId in;
} noted[MANY_PARTS];
static int n_noted = 0;
static SubTransactionId everything_in[CLR_CHANGES];

static bool is_of_application(const TriggerData *trigger);
static void note_row(const TriggerData *trigger, ClrChange kind, const Touch *touch);
static bool is_occasion(const TriggerData *trigger, Occasion occasion);
static bool is_who_change(const TriggerData *trigger);
static bool finds_otherwise(const TriggerData *trigger, const char *column);
static bool is_of_company(const TriggerData *trigger, HeapTuple row);
static void note_value(const TriggerData *trigger, const Touch *touch, HeapTuple row);
static int64 value_of(const TriggerData *trigger, HeapTuple row, const char *column);
static void note_accounts_of(const Touch *touch, int64 id);
static List *accounts_ever(const char *table, int64 id);
static void wait_for_others(const TriggerData *trigger);
static bool moves(const TriggerData *trigger);
static void lock_table(const char *table);
static void note_topic(ClrTopic topic, int64 id);
static void note_everything(ClrChange kind);
static void put(ClrTopic topic, int64 id);
static void at_transaction_end(XactEvent event, void *arg);
static void at_subtransaction_end(SubXactEvent event, SubTransactionId mine,
								  SubTransactionId parent, void *arg);

void
clr_touched_init(void)
{
	RegisterXactCallback(at_transaction_end, NULL);
	RegisterSubXactCallback(at_subtransaction_end, NULL);
}

/*
 * A row changes, or all of its table go, before it happens. That the kind changes
 * is noted by the caller.
 */
void
clr_touched_note(const TriggerData *trigger, ClrChange kind)
{
	const char *table = RelationGetRelationName(trigger->tg_relation);
	bool is_known = false;

	if (is_of_application(trigger))
	{
		/* projects of the application's own tables: only plan/whole.c reads these */
		if (kind != CLR_CHANGED_PROJECTS)
			note_everything(kind);
		return;
	}
	for (int i = 0; TRIGGER_FIRED_FOR_ROW(trigger->tg_event) && i < (int) lengthof(touches); i++)
	{
		if (strcmp(touches[i].table, table) != 0)
			continue;
		note_row(trigger, kind, &touches[i]);
		is_known = true;
	}
	if (!is_known)
		note_everything(kind);
	else
		wait_for_others(trigger);
}

static bool
is_of_application(const TriggerData *trigger)
{
	return RelationGetNamespace(trigger->tg_relation) != get_namespace_oid("clearance", true);
}

static void
note_row(const TriggerData *trigger, ClrChange kind, const Touch *touch)
{
	Assert(touch->topic == CLR_ABOUT_NOTHING || clr_topic_kind(touch->topic) == kind);
	if (touch->topic == CLR_ABOUT_NOTHING || !is_occasion(trigger, touch->occasion))
		return;
	if (touch->way == ZERO)
	{
		note_topic(touch->topic, 0);
		return;
	}
	note_value(trigger, touch, trigger->tg_trigtuple);
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		note_value(trigger, touch, trigger->tg_newtuple);
}

static bool
is_occasion(const TriggerData *trigger, Occasion occasion)
{
	bool updates = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);

	switch (occasion)
	{
		case ANY_CHANGE:
			return true;
		case WHO_CHANGE:
			return is_who_change(trigger);
		case TEAM_CHANGE:
			return is_who_change(trigger) &&
				   (!is_of_company(trigger, trigger->tg_trigtuple) ||
					(updates && !is_of_company(trigger, trigger->tg_newtuple)));
		case KEY_CHANGE: /* without foreign keys, members come and go under those who supervise them */
			return (updates && finds_otherwise(trigger, "key")) ||
				   (SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA &&
					is_who_change(trigger));
		case COMING:
			return !TRIGGER_FIRED_BY_DELETE(trigger->tg_event) &&
				   (!updates || finds_otherwise(trigger, "id"));
		case GOING:
			return !TRIGGER_FIRED_BY_INSERT(trigger->tg_event) &&
				   (!updates || finds_otherwise(trigger, "id"));
	}
	elog(ERROR, "unknown occasion %d", occasion);
}

static bool
is_who_change(const TriggerData *trigger)
{
	return !TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) || finds_otherwise(trigger, "id") ||
		   finds_otherwise(trigger, "account_id") || finds_otherwise(trigger, "key") ||
		   finds_otherwise(trigger, "email") || finds_otherwise(trigger, "partner_id") ||
		   finds_otherwise(trigger, "customer_id");
}

/* Whether an UPDATE changes a column, by which the row is found. No such column: no. */
static bool
finds_otherwise(const TriggerData *trigger, const char *column)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	int attnum = SPI_fnumber(desc, column);
	Form_pg_attribute attribute;
	Datum values[2];
	bool nulls[2];

	if (attnum <= 0)
		return false;
	attribute = TupleDescAttr(desc, attnum - 1);
	values[0] = heap_getattr(trigger->tg_trigtuple, attnum, desc, &nulls[0]);
	values[1] = heap_getattr(trigger->tg_newtuple, attnum, desc, &nulls[1]);
	if (nulls[0] || nulls[1])
		return nulls[0] != nulls[1];
	return !datum_image_eq(values[0], values[1], attribute->attbyval, attribute->attlen);
}

static bool
is_of_company(const TriggerData *trigger, HeapTuple row)
{
	return value_of(trigger, row, "partner_id") != 0 || value_of(trigger, row, "customer_id") != 0;
}

static void
note_value(const TriggerData *trigger, const Touch *touch, HeapTuple row)
{
	int64 value = value_of(trigger, row, touch->column);

	if (touch->way == OF_PROJECT || touch->way == OF_LEVEL)
		note_accounts_of(touch, value);
	else if (value != 0)
		note_topic(touch->topic, value);
	else if (touch->way == ALL_IF_NULL)
		note_everything(clr_topic_kind(touch->topic));
}

/* NULL as zero, which no id is. */
static int64
value_of(const TriggerData *trigger, HeapTuple row, const char *column)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	int attnum = SPI_fnumber(desc, column);
	bool isnull;
	Datum value;

	if (attnum <= 0)
		elog(ERROR, "column %s of clearance.%s is missing", column,
			 RelationGetRelationName(trigger->tg_relation));
	value = heap_getattr(row, attnum, desc, &isnull);
	if (isnull)
		return 0;
	return SPI_gettypeid(desc, attnum) == INT4OID ? DatumGetInt32(value) : DatumGetInt64(value);
}

/* ---------- accounts of projects and levels ---------- */

static void
note_accounts_of(const Touch *touch, int64 id)
{
	List *accounts = accounts_ever(touch->way == OF_PROJECT ? "project" : "level", id);
	ListCell *lc;

	if (accounts == NIL)
		note_everything(clr_topic_kind(touch->topic));
	foreach(lc, accounts)
	{
		int64 account = *(int64 *) lfirst(lc);

		if (account == 0)
			note_everything(clr_topic_kind(touch->topic));
		else
			note_topic(touch->topic, account);
	}
	list_free_deep(accounts);
}

/*
 * The accounts, of int64 *, that any version of a row says which is still there; zero: none.
 */
static List *
accounts_ever(const char *table, int64 id)
{
	bool is_project = strcmp(table, "project") == 0;
	Relation relation = clr_rows_open_table(table, AccessShareLock);
	TupleDesc desc = RelationGetDescr(relation);
	Oid index = get_relname_relid(is_project ? "project_id_is_unique" : "level_id_is_unique",
								  RelationGetNamespace(relation));
	List *accounts = NIL;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple row;

	ScanKeyInit(&key, SPI_fnumber(desc, "id"), BTEqualStrategyNumber,
				is_project ? F_INT8EQ : F_INT4EQ,
				is_project ? Int64GetDatum(id) : Int32GetDatum((int32) id));
	scan = systable_beginscan(relation, index, OidIsValid(index), SnapshotAny, 1, &key);
	while (HeapTupleIsValid(row = systable_getnext(scan)))
	{
		int64 *account = palloc(sizeof(int64));
		bool isnull;
		Datum value = heap_getattr(row, SPI_fnumber(desc, "account_id"), desc, &isnull);

		*account = isnull ? 0 : DatumGetInt64(value);
		accounts = lappend(accounts, account);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return accounts;
}

/* Who moves a project or a level waits for those who found it where it was. */
static void
wait_for_others(const TriggerData *trigger)
{
	const char *table = RelationGetRelationName(trigger->tg_relation);

	if (strcmp(table, "project") == 0 && moves(trigger))
	{
		lock_table("project_feature_off");
		lock_table("project_open_level");
	}
	else if (strcmp(table, "level") == 0 && moves(trigger))
	{
		lock_table("level_grant");
		lock_table("level_denial");
		lock_table("not_available");
	}
}

/* Also one that was deleted, and comes again elsewhere. */
static bool
moves(const TriggerData *trigger)
{
	HeapTuple row = trigger->tg_trigtuple;
	List *accounts;
	bool elsewhere = false;
	ListCell *lc;

	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		return false;
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		return finds_otherwise(trigger, "account_id") || finds_otherwise(trigger, "id");
	accounts =
		accounts_ever(RelationGetRelationName(trigger->tg_relation), value_of(trigger, row, "id"));
	foreach(lc, accounts)
		elsewhere |= *(int64 *) lfirst(lc) != value_of(trigger, row, "account_id");
	list_free_deep(accounts);
	return elsewhere;
}

/* Against writers, until the transaction ends. */
static void
lock_table(const char *table)
{
	Relation relation = clr_rows_open_table(table, ShareLock);

	table_close(relation, NoLock);
}

/* ---------- notes ---------- */

static void
note_topic(ClrTopic topic, int64 id)
{
	ClrChange kind = clr_topic_kind(topic);
	int32 part = clr_topic_part(topic, id);

	if (everything_in[kind] != InvalidSubTransactionId)
		return;
	for (int i = 0; i < n_noted; i++)
		if (noted[i].part == part)
			return;
	if (n_noted == MANY_PARTS)
	{
		note_everything(kind);
		return;
	}
	put(topic, id);
	noted[n_noted].kind = kind;
	noted[n_noted].part = part;
	noted[n_noted++].in = GetCurrentSubTransactionId();
}

/*
 * The parts of a kind that this transaction has noted, no more than there is room for.
 * Returns how many they are; -1 if there are more, or it is everything.
 */
int
clr_touched_parts(ClrChange kind, int32 *parts, int room)
{
	int count = 0;

	if (everything_in[kind] != InvalidSubTransactionId)
		return -1;
	for (int i = 0; i < n_noted; i++)
	{
		if (noted[i].kind != kind)
			continue;
		if (count == room)
			return -1;
		parts[count++] = noted[i].part;
	}
	return count;
}

static void
note_everything(ClrChange kind)
{
	if (everything_in[kind] != InvalidSubTransactionId)
		return;
	put(clr_topic_everything(kind), 0);
	everything_in[kind] = GetCurrentSubTransactionId();
}

static void
put(ClrTopic topic, int64 id)
{
	Relation relation = clr_rows_open_table("version_part", RowExclusiveLock);

	clr_version_row_put(relation,
						get_relname_relid("version_of_part", RelationGetNamespace(relation)),
						clr_topic_part(topic, id));
	table_close(relation, RowExclusiveLock);
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
		return;
	n_noted = 0;
	memset(everything_in, 0, sizeof(everything_in));
}

static void
at_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	SubTransactionId heir = event == SUBXACT_EVENT_COMMIT_SUB ? parent : InvalidSubTransactionId;
	int kept = 0;

	if (event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB)
		return;
	for (int i = 0; i < n_noted; i++)
	{
		if (noted[i].in == mine)
			noted[i].in = heir;
		if (noted[i].in != InvalidSubTransactionId)
			noted[kept++] = noted[i];
	}
	n_noted = kept;
	for (int kind = 0; kind < CLR_CHANGES; kind++)
		if (everything_in[kind] == mine)
			everything_in[kind] = heir;
}
