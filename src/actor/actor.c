/*
 * actor.c
 *		On whose behalf a statement runs.
 *
 * The first of these that says something decides:
 *
 *	 the setting clearance.actor, which holds a member's id. It is PGC_SUSET, so
 *	 that SET, PGOPTIONS, ALTER ROLE SET and a function's SET clause of an
 *	 untrusted role are refused by the server itself; clearance.set_actor() sets
 *	 it for those who may call it
 *
 *	 the setting clearance.token, which anybody may set and which proves itself
 *	 (token.c). That it and clearance.actor name two members is an error
 *
 *	 what the login role is mapped to (the session user, which SET ROLE does not
 *	 change): a member, a partner as a whole, or a setting in which a trusted
 *	 application puts who it is
 *
 *	 what the role is mapped to that SET ROLE has set, if it was mapped for that,
 *	 and the login role may name nobody itself. SECURITY DEFINER changes another
 *	 user (GetCurrentRoleId(), SetUserIdAndSecContext(), miscinit.c), and within
 *	 it, as in security-restricted operations, the server sets no role
 *	 (GUC_NOT_WHILE_SEC_REST). Parallel workers have the leader's (parallel.c)
 *
 * Whoever that is may act as somebody else, see acting.c.
 *
 * Being settings, they obey savepoints, rollback and DISCARD ALL. Blank, or
 * naming no member, means nobody. While a query that touches a protected table
 * runs, the actor stays.
 *
 * State: setting_member, written by the assign hook alone; `mapping`, `claims`,
 * `tokens` and `named`, which hold while what they depend on stays as it was read
 * (stamp.c): a mapping depends on what login roles are mapped to; what a text said, on
 * who has which key, e-mail and id, of the mapping's account or of all, and on token keys.
 */
#include "actor/actor.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/jsonapi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonfuncs.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "actor/hold.h"
#include "actor/maintenance.h"
#include "actor/token.h"
#include "scope/member.h"
#include "store/catalog.h"
#include "store/counters.h"
#include "store/key.h"
#include "store/rows.h"
#include "store/stamp.h"

/* Bytes that each memory of texts may have, in blocks of these, and how long a text may be. */
#define MAX_REMEMBERED (1024 * 1024)
#define MEMORY_BLOCK (32 * 1024)
#define MAX_REMEMBERED_LENGTH 8192

/* What the roles of a session are mapped to. */
typedef struct Mapping
{
	Oid login;
	Oid set_role; /* invalid: none */
	ClrStamp stamp;
	bool of_login;
	bool of_set_role;
	const char *why_none; /* neither */
	int64 member;
	int64 partner;
	char *setting; /* NULL: none; the member's id, key or e-mail, or JSON that holds it */
	char *claim;   /* NULL: the setting's whole value */
	char *names;   /* id, key or email */
	int64 account; /* zero: any */
} Mapping;

static char *setting = NULL;
static int64 setting_member = 0;

static MemoryContext mapping_context = NULL;
static Mapping mapping;

/* What texts said, while permissions stay as they are. */
typedef struct Memory
{
	MemoryContext context;
	ClrKeyTable *table; /* NULL: nothing is remembered */
	ClrStamp stamp;		/* of all of it */
} Memory;

static Memory claims; /* of the mapping: members, zero if they name none */
static Memory tokens; /* of ClrToken: those that were accepted */
static Memory named;  /* of set_actor(): members, by what named them */

static bool check_actor(char **newval, void **extra, GucSource source);
static void assign_actor(const char *newval, void *extra);
static void put_setting(const char *value, bool local);
static ClrActor who_asks(ClrIdentity *identity, const ClrVersion *version, TimestampTz at);
static bool is_mapping_of(const ClrIdentity *identity);
static void read_mapping(const ClrIdentity *identity, const ClrVersion *version);
static bool read_row(Mapping *found, Oid role, bool by_set_role);
static bool may_name_anybody(Oid login);
static int64 member_of_claims(const char *value, const ClrVersion *version);
static int64 member_of_token(const char *text, const ClrVersion *version, TimestampTz at);
static void *recall(Memory *memory, const char *text, const ClrVersion *version);
static void
remember(Memory *memory, const char *text, const void *value, Size size, const ClrVersion *version);
static void begin_memory(Memory *memory, const ClrVersion *version);
static void forget(Memory *memory);
static uint64 look_up_claims(const char *value, const ClrVersion *version, int64 *member);
static char *claim_of(const char *value);
static uint64
look_up_member(const Datum *args, const char *nulls, const ClrVersion *version, int64 *member);
static uint64 look_up_id(int64 id, int64 account, const ClrVersion *version, int64 *member);

PG_FUNCTION_INFO_V1(clearance_set_actor);
PG_FUNCTION_INFO_V1(clearance_reset_actor);

void
clr_actor_init(void)
{
	DefineCustomStringVariable("clearance.actor",
							   "Id of the member on whose behalf statements run.",
							   "Set it with clearance.set_actor(); blank means nobody.", &setting,
							   "", PGC_SUSET, GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE, check_actor,
							   assign_actor, NULL);
	clr_acting_init();
	mapping_context =
		AllocSetContextCreate(TopMemoryContext, "clearance login role", ALLOCSET_SMALL_SIZES);
}

static bool
check_actor(char **newval, void **extra, GucSource source)
{
	ClrKey key;

	if (!clr_hold_allows(*newval, setting))
		return false;
	if (**newval == '\0')
		return true;
	if (clr_key_from_text(*newval, CLR_KEY_INT, &key) && key.integer > 0)
		return true;
	GUC_check_errdetail("It holds the id of a member, or nothing.");
	return false;
}

static void
assign_actor(const char *newval, void *extra)
{
	ClrKey key;

	setting_member = clr_key_from_text(newval, CLR_KEY_INT, &key) ? key.integer : 0;
}

/*
 * What decides the actor now, in a context; inside of another query (`around`,
 * or NULL), what decided there.
 */
ClrIdentity
clr_actor_identity(MemoryContext context, const ClrIdentity *around)
{
	ClrIdentity identity = { .setting = setting_member,
							 .token = clr_token_setting(),
							 .login_role = GetSessionUserId(),
							 .set_role = GetCurrentRoleId(),
							 .acting = *clr_acting_setting(),
							 .maintainer = clr_maintenance_role() };

	if (around != NULL)
		identity = *around;
	if (*identity.token == '\0')
		identity.token = "";
	else
		identity.token = MemoryContextStrdup(context, identity.token);
	if (identity.claims != NULL)
		identity.claims = MemoryContextStrdup(context, identity.claims);
	return identity;
}

/*
 * Who it is, under the query's snapshot, which sees `version`, at the time when
 * its statement began.
 */
ClrActor
clr_actor_resolve(ClrIdentity *identity, const ClrVersion *version, TimestampTz at)
{
	if (!clr_actor_is_nobody(&identity->about))
		return identity->about;
	return clr_acting_resolve(&identity->acting, who_asks(identity, version, at), version, at);
}

static ClrActor
who_asks(ClrIdentity *identity, const ClrVersion *version, TimestampTz at)
{
	ClrActor actor = { identity->setting, 0 };

	if (*identity->token != '\0')
	{
		actor.member = member_of_token(identity->token, version, at);
		if (identity->setting != 0 && identity->setting != actor.member)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
					 clr_count(CLR_ERROR_TWO_ACTORS),
					 errmsg("clearance.actor and clearance.token name two members"),
					 errhint(
						 "Set one of them: clearance.reset_actor() or RESET clearance.token.")));
	}
	if (actor.member != 0)
		return actor;
	if (!is_mapping_of(identity) || !clr_stamp_holds(&mapping.stamp, version))
		read_mapping(identity, version);
	if (mapping.of_set_role && may_name_anybody(identity->login_role))
		return actor;
	actor.member = mapping.member;
	actor.partner = mapping.partner;
	if (mapping.setting != NULL)
	{
		const char *value = identity->claims;

		if (value == NULL)
			value = GetConfigOption(mapping.setting, true, false);
		identity->claims = pstrdup(value != NULL ? value : "");
		actor.member = member_of_claims(identity->claims, version);
	}
	return actor;
}

/* Whether what decides the actor now would name the same. */
bool
clr_actor_is_still(const ClrIdentity *identity)
{
	const char *claims;

	if (!clr_actor_is_nobody(&identity->about) || identity->setting != setting_member ||
		identity->login_role != GetSessionUserId() || identity->set_role != GetCurrentRoleId() ||
		identity->maintainer != clr_maintenance_role() ||
		strcmp(identity->token, clr_token_setting()) != 0 ||
		!clr_acting_equal(&identity->acting, clr_acting_setting()))
		return false;
	if (identity->claims == NULL)
		return true;
	if (!is_mapping_of(identity) || mapping.setting == NULL)
		return false;
	claims = GetConfigOption(mapping.setting, true, false);
	return strcmp(identity->claims, claims != NULL ? claims : "") == 0;
}

/*
 * Why a statement with this identity runs for nobody.
 */
const char *
clr_actor_why_nobody(const ClrIdentity *identity)
{
	const char *value = identity->claims;
	const ClrVersion unknown = { 0 };
	const char *what;
	int64 member;

	if (!is_mapping_of(identity))
		return "no actor is set, and this login role is mapped to none";
	if (mapping.why_none != NULL)
		return mapping.why_none;
	if (mapping.setting == NULL)
		return "no actor is set, and the role that SET ROLE has set does not count, for this login"
			   " role may set the actor";
	if (value == NULL || *value == '\0')
		what = "is blank";
	else if (mapping.claim != NULL && claim_of(value) == NULL)
		what = psprintf("has no claim \"%s\"", mapping.claim);
	else
		what = look_up_claims(value, &unknown, &member) == 0 ? "names no member" :
															   "names members of several accounts";
	return psprintf("no actor is set, and the setting %s, which says who acts in sessions of this"
					" login role, %s",
					mapping.setting, what);
}

/* What to do about it. */
const char *
clr_actor_hint_nobody(const ClrIdentity *identity)
{
	if (!is_mapping_of(identity) || mapping.setting == NULL)
		return "Call clearance.set_actor() first, or map this login role with clearance.map_role().";
	return psprintf("The application sets %s in the same transaction, to whom it has verified.",
					mapping.setting);
}

/* ---------- the login role ---------- */

/* Whether `mapping` is about these roles. Where the login has one, it is about the login alone. */
static bool
is_mapping_of(const ClrIdentity *identity)
{
	return mapping.login == identity->login_role &&
		   (mapping.of_login || mapping.set_role == identity->set_role);
}

static void
read_mapping(const ClrIdentity *identity, const ClrVersion *version)
{
	Mapping found = { .login = identity->login_role,
					  .set_role = identity->set_role,
					  .why_none = "no actor is set, and this login role is mapped to none" };

	mapping.login = InvalidOid;
	MemoryContextReset(mapping_context);
	forget(&claims); /* they were read by the other mapping's claim and names */
	found.of_login = read_row(&found, found.login, false);
	if (!found.of_login && OidIsValid(found.set_role))
		found.of_set_role = read_row(&found, found.set_role, true);
	/* what a transaction changes itself has no version: it is read each time */
	if (!clr_version_changed_any())
	{
		clr_stamp_begin(&found.stamp, version, mapping_context);
		clr_stamp_add(&found.stamp, CLR_ABOUT_LOGINS, 0);
		clr_stamp_read(&found.stamp);
	}
	mapping = found;
}

/*
 * Whether a role has a mapping that counts for it as login role, or as the one that was
 * set. It is read then; else the reason is, if it has one that counts for the other.
 */
static bool
read_row(Mapping *found, Oid role, bool by_set_role)
{
	ClrRows rows;
	bool counts;

	if (!clr_rows_one(&rows, CLR_LOGIN_BY_ROLE, role))
		return false;
	counts = clr_rows_bool(&rows, LOGIN_BY_SET_ROLE) == by_set_role;
	if (counts)
	{
		MemoryContext caller = MemoryContextSwitchTo(mapping_context);

		found->member = clr_rows_int64(&rows, LOGIN_MEMBER);
		found->partner = clr_rows_int64(&rows, LOGIN_PARTNER);
		found->setting = clr_rows_text(&rows, LOGIN_SETTING);
		found->claim = clr_rows_text(&rows, LOGIN_CLAIM);
		found->names = clr_rows_text(&rows, LOGIN_NAMES);
		found->account = clr_rows_int64(&rows, LOGIN_ACCOUNT);
		MemoryContextSwitchTo(caller);
		found->why_none = NULL;
	}
	else if (by_set_role)
		found->why_none = "no actor is set, and the role that SET ROLE has set is mapped as a login"
						  " role, not by SET ROLE";
	else
		found->why_none = "no actor is set, and this login role is mapped by SET ROLE alone";
	clr_rows_end(&rows);
	return counts;
}

/*
 * Whether a login role may set the actor, by whatever road: then it says who acts, and
 * the role that it sets does not. Superusers may do anything, and were not trusted.
 */
static bool
may_name_anybody(Oid login)
{
	Oid set_actor = LookupFuncName(list_make2(makeString("clearance"), makeString("set_actor")), -1,
								   NULL, false);

	return !superuser_arg(login) &&
		   (DatumGetBool(DirectFunctionCall3(has_function_privilege_id_id, ObjectIdGetDatum(login),
											 ObjectIdGetDatum(set_actor),
											 CStringGetTextDatum("EXECUTE"))) ||
			DatumGetBool(DirectFunctionCall3(has_parameter_privilege_id_name,
											 ObjectIdGetDatum(login),
											 CStringGetTextDatum("clearance.actor"),
											 CStringGetTextDatum("SET"))));
}

/*
 * The member whom the mapping's setting names by its value, or zero.
 */
static int64
member_of_claims(const char *value, const ClrVersion *version)
{
	int64 *known;
	int64 member = 0;

	if (*value == '\0')
		return 0;
	known = recall(&claims, value, version);
	if (known != NULL)
		return *known;
	if (look_up_claims(value, version, &member) != 1)
		member = 0;
	remember(&claims, value, &member, sizeof(member), version);
	return member;
}

/*
 * The member of a token. It is verified once; what the clock and the session's
 * role may change is checked for each statement.
 */
static int64
member_of_token(const char *text, const ClrVersion *version, TimestampTz at)
{
	ClrToken *known = recall(&tokens, text, version);
	ClrToken token;

	if (known != NULL && known->rules == clr_token_rules())
	{
		clr_token_check(known, at);
		clr_count(CLR_COUNT_TOKEN_REMEMBERED);
		return known->member;
	}
	token = clr_token_verify(text, at);
	remember(&tokens, text, &token, sizeof(token), version);
	return token.member;
}

/* ---------- what texts said ---------- */

/*
 * What a text said under a version, or NULL.
 */
static void *
recall(Memory *memory, const char *text, const ClrVersion *version)
{
	ClrKeyEntry *entry;
	ClrKey key;

	if (memory->table == NULL || clr_version_changed_any() ||
		!clr_stamp_holds(&memory->stamp, version))
		return NULL;
	(void) clr_key_from_text(text, CLR_KEY_TEXT, &key);
	entry = clr_keytab_find(memory->table, &key);
	return entry ? entry->value : NULL;
}

static void
remember(Memory *memory, const char *text, const void *value, Size size, const ClrVersion *version)
{
	ClrKeyEntry *entry;
	ClrKey key;
	bool found;

	if (clr_version_changed_any() || version->count == 0 || strlen(text) > MAX_REMEMBERED_LENGTH)
		return;
	if (memory->table == NULL || !clr_stamp_holds(&memory->stamp, version) ||
		MemoryContextMemAllocated(memory->context, false) >= MAX_REMEMBERED)
		begin_memory(memory, version);
	(void) clr_key_from_text(text, CLR_KEY_TEXT, &key);
	entry = clr_keytab_add(memory->table, &key, &found);
	entry->value = MemoryContextAlloc(memory->context, size);
	memcpy(entry->value, value, size);
}

static void
begin_memory(Memory *memory, const ClrVersion *version)
{
	forget(memory);
	if (memory->context == NULL)
		memory->context = AllocSetContextCreate(TopMemoryContext, "clearance identities",
												ALLOCSET_DEFAULT_MINSIZE, ALLOCSET_DEFAULT_INITSIZE,
												MEMORY_BLOCK);
	clr_stamp_begin(&memory->stamp, version, memory->context);
	if (memory == &tokens)
		clr_stamp_add(&memory->stamp, CLR_ABOUT_TOKEN_KEYS, 0);
	clr_stamp_add(&memory->stamp, CLR_ABOUT_NAMES, memory == &claims ? mapping.account : 0);
	clr_stamp_read(&memory->stamp);
	memory->table = clr_keytab_new(memory->context, 16);
}

static void
forget(Memory *memory)
{
	memory->table = NULL;
	if (memory->context != NULL)
		MemoryContextReset(memory->context);
}

/* ---------- a setting that names a member ---------- */

/*
 * The member that a value names. Returns how many there are: 0, 1 or 2 for
 * several.
 */
static uint64
look_up_claims(const char *value, const ClrVersion *version, int64 *member)
{
	static const char *const by[] = { "key", "id", "email" };
	const char *name = value;
	Datum args[4] = { 0 };
	char nulls[] = { 'n', 'n', 'n', 'n' };
	ClrKey id;

	if (mapping.claim != NULL)
		name = claim_of(value);
	if (name == NULL || *name == '\0')
		return 0;
	for (int i = 0; i < (int) lengthof(by); i++)
		if (strcmp(mapping.names, by[i]) == 0)
			nulls[i] = ' ';
	if (nulls[1] == ' ' && !clr_key_from_text(name, CLR_KEY_INT, &id))
		return 0;
	args[0] = args[2] = CStringGetTextDatum(name);
	args[1] = nulls[1] == ' ' ? Int64GetDatum(id.integer) : (Datum) 0;
	args[3] = Int64GetDatum(mapping.account);
	nulls[3] = mapping.account != 0 ? ' ' : 'n';
	return look_up_member(args, nulls, version, member);
}

/*
 * The text of the mapping's claim in a setting's JSON; NULL if it has none.
 */
static char *
claim_of(const char *value)
{
	static const Oid argtypes[] = { JSONBOID, TEXTOID };
	JsonLexContext *lex =
		clr_json_lexer(unconstify(char *, value), strlen(value), GetDatabaseEncoding());
	Datum args[2];
	ClrCatalog state;
	MemoryContext caller = CurrentMemoryContext;
	char *type;
	char *claim;

	if (pg_parse_json(lex, &nullSemAction) != JSON_SUCCESS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), clr_count(CLR_ERROR_CLAIMS),
						errmsg("the setting \"%s\" does not hold JSON", mapping.setting),
						errdetail("It says who acts in sessions of this login role."),
						errhint("Set it to an object with the member \"%s\".", mapping.claim)));
	args[0] = DirectFunctionCall1(jsonb_in, CStringGetDatum(value));
	args[1] = CStringGetTextDatum(mapping.claim);
	clr_catalog_begin(&state);
	(void) clr_catalog_query("SELECT jsonb_typeof($1 -> $2), $1 ->> $2", 2, argtypes, args, NULL);
	type = clr_column_text(0, 1);
	claim = clr_column_text(0, 2);
	if (type != NULL && strcmp(type, "string") != 0 && strcmp(type, "number") != 0 &&
		strcmp(type, "null") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), clr_count(CLR_ERROR_CLAIMS),
						errmsg("the claim \"%s\" of the setting \"%s\" is of type %s",
							   mapping.claim, mapping.setting, type),
						errhint("It names a member, by a string or a number.")));
	claim = claim != NULL ? MemoryContextStrdup(caller, claim) : NULL;
	clr_catalog_end(&state);
	return claim;
}

/*
 * The member that key, id, e-mail (one of the three) and account name. Returns
 * how many there are: 0, 1 or 2 for several.
 */
static uint64
look_up_member(const Datum *args, const char *nulls, const ClrVersion *version, int64 *member)
{
	static const Oid argtypes[] = { TEXTOID, INT8OID };
	bool by_key = nulls[0] == ' ';
	Datum named[] = { args[by_key ? 0 : 2], args[3] };
	char named_nulls[] = { ' ', nulls[3] };
	ClrCatalog state;
	uint64 found;

	if (nulls[1] == ' ')
		return look_up_id(DatumGetInt64(args[1]), nulls[3] == ' ' ? DatumGetInt64(args[3]) : 0,
						  version, member);
	clr_catalog_begin(&state);
	found =
		clr_catalog_query(by_key ? "SELECT id FROM clearance.member WHERE key = $1"
								   " AND ($2 IS NULL OR account_id = $2) LIMIT 2" :
								   "SELECT id FROM clearance.member WHERE lower(email) = lower($1)"
								   " AND ($2 IS NULL OR account_id = $2) LIMIT 2",
						  2, argtypes, named, named_nulls);
	if (found == 1)
		*member = clr_column_int64(0, 1);
	clr_catalog_end(&state);
	return found;
}

/* The member with an id, in an account (zero: any). Returns how many there are. */
static uint64
look_up_id(int64 id, int64 account, const ClrVersion *version, int64 *member)
{
	bool pushed = clr_catalog_push_snapshot();
	const ClrMember *found = clr_member_find(id, version);

	if (pushed)
		PopActiveSnapshot();
	*member = id;
	return found != NULL && (account == 0 || found->account == account) ? 1 : 0;
}

/* ---------- SQL ---------- */

/* What set_actor()'s arguments name, as a text that names nothing else. */
static char *
name_of(const Datum *args, const char *nulls)
{
	StringInfoData name;

	initStringInfo(&name);
	if (nulls[3] == ' ')
		appendStringInfo(&name, INT64_FORMAT, DatumGetInt64(args[3]));
	if (nulls[1] == ' ')
		appendStringInfo(&name, " id " INT64_FORMAT, DatumGetInt64(args[1]));
	else
		appendStringInfo(&name, "%s%s", nulls[0] == ' ' ? " key " : " email ",
						 TextDatumGetCString(args[nulls[0] == ' ' ? 0 : 2]));
	return name.data;
}

/*
 * As look_up_member(), for what was named before under the version that the
 * statement sees. Pools name an actor in each transaction.
 */
static uint64
find_named(const Datum *args, const char *nulls, int64 *member)
{
	static ClrVersion version;
	bool pushed = clr_catalog_push_snapshot();
	const char *name = name_of(args, nulls);
	const int64 *known;
	uint64 found = 1;

	clr_version_read_current(&version);
	known = recall(&named, name, &version);
	if (known != NULL)
		*member = *known;
	else
	{
		found = look_up_member(args, nulls, &version, member);
		if (found == 1)
			remember(&named, name, member, sizeof(*member), &version);
	}
	if (pushed)
		PopActiveSnapshot();
	return found;
}

/*
 * The member that set_actor()'s arguments name; errors if it is not one.
 */
static int64
find_member(FunctionCallInfo fcinfo)
{
	Datum args[4];
	char nulls[4];
	uint64 found;
	int64 member = 0;

	for (int i = 0; i < 4; i++)
	{
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
		args[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
	}
	if ((nulls[0] == ' ') + (nulls[1] == ' ') + (nulls[2] == ' ') != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("set_actor needs exactly one of key, id and email"),
						errhint("For example: SELECT clearance.set_actor(key => 42);")));

	found = find_named(args, nulls, &member);
	if (found == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), clr_count(CLR_ERROR_UNKNOWN_ACTOR),
						nulls[0] == ' ' ?
							errmsg("no member with key \"%s\"", TextDatumGetCString(args[0])) :
						nulls[1] == ' ' ?
							errmsg("no member with id " INT64_FORMAT, DatumGetInt64(args[1])) :
							errmsg("no member with e-mail \"%s\"", TextDatumGetCString(args[2])),
						errhint("Members are added with clearance.add_member().")));
	if (found > 1)
		ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_PARAMETER), clr_count(CLR_ERROR_UNKNOWN_ACTOR),
						errmsg("several accounts have a member with that key or e-mail"),
						errhint("Name the account as well: set_actor(..., account => ...).")));
	return member;
}

/*
 * set_actor(key app_key, id bigint, email text, account bigint, local boolean)
 * returns the member's id. Errors: none or several of key, id, email; unknown
 * or ambiguous member.
 */
Datum
clearance_set_actor(PG_FUNCTION_ARGS)
{
	bool local = PG_ARGISNULL(4) || PG_GETARG_BOOL(4);
	int64 member = find_member(fcinfo);
	char value[32];

	if (local && !IsTransactionBlock())
		ereport(
			WARNING,
			(errcode(ERRCODE_NO_ACTIVE_SQL_TRANSACTION),
			 errmsg("the actor is set for this statement only"),
			 errhint(
				 "Begin a transaction first, or pass local => false to set it for the session.")));
	snprintf(value, sizeof(value), INT64_FORMAT, member);
	put_setting(value, local);
	PG_RETURN_INT64(member);
}

/*
 * reset_actor(): nobody, or the login role's own actor, until it is set again.
 */
Datum
clearance_reset_actor(PG_FUNCTION_ARGS)
{
	const ClrActing nobody = { 0 };

	put_setting("", false);
	clr_acting_set(&nobody);
	PG_RETURN_VOID();
}

static void
put_setting(const char *value, bool local)
{
	(void) set_config_option("clearance.actor", value, PGC_SUSET, PGC_S_SESSION,
							 local ? GUC_ACTION_LOCAL : GUC_ACTION_SET, true, 0, false);
}
