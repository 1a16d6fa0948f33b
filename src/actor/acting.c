/*
 * acting.c
 *		A member who acts as somebody else.
 *
 * The setting clearance.acting_as names both members: '17 as 42', '17 as 42
 * writing'. It is PGC_SUSET, as clearance.actor, and clearance.act_as() sets it
 * until the transaction ends. It gives nothing by itself: who acts is found as
 * ever, must be the first of the two, and must have the right, whenever the
 * actor is resolved. That it is somebody else by then is an error, for the
 * statement was meant to be judged as the second.
 *
 * State: `setting` and `now`, what it says; written by the assign hook alone.
 */
#include "actor/acting.h"

#include "utils/guc.h"

#include "actor/hold.h"
#include "rule/act.h"
#include "scope/scope_cache.h"
#include "store/counters.h"
#include "store/refusal.h"
#include "store/rows.h"

#define MAX_TEXT 64

/* Whether a member may act as another. */
typedef enum Permission
{
	MAY,
	LACKS_RIGHT,
	NO_SUCH_MEMBER, /* in its account */
	MAY_NOT_WRITE,
} Permission;

static char *setting = NULL;
static ClrActing now;

static bool check_acting(char **newval, void **extra, GucSource source);
static void assign_acting(const char *newval, void *extra);
static bool read_acting(const char *text, ClrActing *acting);
static void print_acting(const ClrActing *acting, char text[MAX_TEXT]);
static Permission judge(const ClrActing *acting, ClrScope *asker);
static void refuse(const ClrActing *acting, Permission permission);

void
clr_acting_init(void)
{
	DefineCustomStringVariable("clearance.acting_as",
							   "Ids of the member who acts, and of the one as whom it acts.",
							   "Set it with clearance.act_as(); blank: everybody acts as itself.",
							   &setting, "", PGC_SUSET, GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE,
							   check_acting, assign_acting, NULL);
}

static bool
check_acting(char **newval, void **extra, GucSource source)
{
	ClrActing acting;

	if (!clr_hold_allows(*newval, setting))
		return false;
	if (read_acting(*newval, &acting))
		return true;
	GUC_check_errdetail("It holds the ids of two members, as in '17 as 42', or nothing.");
	return false;
}

static void
assign_acting(const char *newval, void *extra)
{
	(void) read_acting(newval, &now);
}

static bool
read_acting(const char *text, ClrActing *acting)
{
	char writing[16] = "";
	char printed[MAX_TEXT] = "";

	*acting = (ClrActing){ 0 };
	if (*text == '\0')
		return true;
	if (sscanf(text, INT64_FORMAT " as " INT64_FORMAT " %15s", &acting->asker, &acting->target,
			   writing) < 2)
		return false;
	acting->writes = *writing != '\0';
	print_acting(acting, printed);
	return acting->asker > 0 && acting->target > 0 && strcmp(text, printed) == 0;
}

static void
print_acting(const ClrActing *acting, char text[MAX_TEXT])
{
	snprintf(text, MAX_TEXT, INT64_FORMAT " as " INT64_FORMAT "%s", acting->asker, acting->target,
			 acting->writes ? " writing" : "");
}

/* Who acts as whom in statements that start now. */
const ClrActing *
clr_acting_setting(void)
{
	return &now;
}

/* Set it until the transaction ends; without a target: from here on nobody does. */
void
clr_acting_set(const ClrActing *acting)
{
	char value[MAX_TEXT] = "";

	if (acting->target != 0)
		print_acting(acting, value);
	(void) set_config_option("clearance.acting_as", value, PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}

/*
 * As whom somebody acts, under the query's snapshot, which sees `version`.
 * Errors: it is not who was to act as somebody else, or may not.
 */
ClrActor
clr_acting_resolve(const ClrActing *acting, ClrActor asker, const ClrVersion *version,
				   TimestampTz at)
{
	ClrActor target = { acting->target, 0 };
	ClrScope *scope;
	volatile Permission permission = LACKS_RIGHT;

	if (acting->target == 0)
		return asker;
	if (asker.partner != 0 || asker.member != acting->asker)
		ereport(ERROR, (errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
						clr_count(CLR_ERROR_ACTOR_CHANGED),
						errmsg("the actor is another one than called act_as()"),
						errhint("Call clearance.act_as(NULL) first.")));
	scope = clr_scope_acquire(asker, version, at);
	PG_TRY();
	{
		permission = judge(acting, scope);
	}
	PG_FINALLY();
	{
		clr_scope_release(scope);
	}
	PG_END_TRY();
	if (permission != MAY)
		refuse(acting, permission);
	return target;
}

/* In the account as a whole: there nothing that outsiders' levels hold counts. */
static Permission
judge(const ClrActing *acting, ClrScope *asker)
{
	ClrRows rows;
	bool found;

	if (!clr_act_permits(asker, asker->account_level,
						 clr_scope_action(asker, "settings", "act_as")))
		return LACKS_RIGHT;
	if (!clr_rows_one(&rows, CLR_MEMBER_BY_ID, acting->target))
		return NO_SUCH_MEMBER;
	found = clr_rows_int64(&rows, MEMBER_ACCOUNT) == asker->account;
	clr_rows_end(&rows);
	if (!found)
		return NO_SUCH_MEMBER;
	if (!acting->writes)
		return MAY;
	if (!clr_rows_one(&rows, CLR_ACCOUNT_BY_ID, asker->account))
		return MAY_NOT_WRITE;
	found = clr_rows_bool(&rows, ACCOUNT_ACT_AS_WRITES);
	clr_rows_end(&rows);
	return found ? MAY : MAY_NOT_WRITE;
}

static void
refuse(const ClrActing *acting, Permission permission)
{
	static const char *const reasons[] = { [LACKS_RIGHT] = "it lacks the right",
										   [NO_SUCH_MEMBER] = "there is no such member",
										   [MAY_NOT_WRITE] = "the account lets nobody write so" };

	clr_refusal_log(&(ClrRefused){ .what = "act_as",
								   .reason = reasons[permission],
								   .actor = { acting->target, 0 },
								   .real_actor = acting->asker });
	if (permission == NO_SUCH_MEMBER)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), clr_count(CLR_ERROR_ACT_AS),
						errmsg("no member with id " INT64_FORMAT, acting->target),
						errhint("One acts as members of one's own account.")));
	if (permission == MAY_NOT_WRITE)
		ereport(
			ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), clr_count(CLR_ERROR_ACT_AS),
			 errmsg("nobody writes as somebody else in this account"),
			 errhint(
				 "Leave out write => true, or call clearance.set_account(…, act_as_writes => true) first.")));
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), clr_count(CLR_ERROR_ACT_AS),
			 errmsg("the actor may not act as somebody else"),
			 errdetail("It takes the right settings.act_as, and to be of the vendor's team.")));
}
