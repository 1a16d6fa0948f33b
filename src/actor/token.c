/*
 * token.c
 *		Signed tokens that say on whose behalf a statement runs.
 *
 * The setting clearance.token holds a JSON Web Token. Anybody may set it, by
 * any road, because it proves itself: it is verified when it is used, never
 * believed. Setting it is not verifying it, for an error about a setting shows
 * the value.
 *
 * Whoever sends a token learns only that it is not accepted; the server's log
 * says why. The text of a token is in neither.
 *
 * State: the settings, and `rules`, which counts their changes and those of roles.
 */
#include "actor/token.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "actor/hold.h"
#include "actor/jwt.h"
#include "store/catalog.h"
#include "store/counters.h"
#include "store/refusal.h"

/* A row of clearance.token_key; memory of the query that read it. */
typedef struct TokenKey
{
	ClrAlgorithm algorithm;
	ClrBytes material;
	char *issuer;
	char *subject; /* key or email: what the claim sub holds */
	int64 account; /* zero: any */
	TimestampTz starts;
	TimestampTz ends;
} TokenKey;

static char *setting = NULL;
static char *audience = NULL;
static int leeway = 30;
static int max_lifetime = 86400;
static uint64 rules = 0;

static bool check_token(char **newval, void **extra, GucSource source);
static const char *show_token(void);
static void on_string_rule(const char *newval, void *extra);
static void on_number_rule(int newval, void *extra);
static void on_role(Datum arg, int cache, uint32 hash);
static TokenKey find_key(const char *kid, TimestampTz at);
static void check_audience(const ClrJwt *jwt);
static void check_lifetime(const ClrJwt *jwt, TimestampTz at);
static int64 find_member(const TokenKey *key, const char *subject);
static Oid role_of(const char *name);
static TimestampTz from_unix(int64 microseconds);
pg_noreturn static void
refuse(ClrCounter counter, const char *format, ...) pg_attribute_printf(2, 3);

PG_FUNCTION_INFO_V1(clearance_token_key_material);
PG_FUNCTION_INFO_V1(clearance_token_mac);

void
clr_token_init(void)
{
	DefineCustomStringVariable("clearance.token",
							   "Signed token of the member on whose behalf statements run.",
							   "It is verified when it is used; blank means none.", &setting, "",
							   PGC_USERSET,
							   GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
							   check_token, NULL, show_token);
	DefineCustomStringVariable("clearance.token_audience",
							   "Audience that a token must name to be accepted here.",
							   "Blank means the name of the database.", &audience, "", PGC_SUSET, 0,
							   NULL, on_string_rule, NULL);
	CacheRegisterSyscacheCallback(AUTHOID, on_role, (Datum) 0);
	DefineCustomIntVariable("clearance.token_leeway",
							"How far the clocks of issuers of tokens may be off.", NULL, &leeway,
							30, 0, 300, PGC_SUSET, GUC_UNIT_S, NULL, on_number_rule, NULL);
	DefineCustomIntVariable("clearance.token_max_lifetime",
							"A token that is good for longer is not accepted.", NULL, &max_lifetime,
							86400, 60, 31536000, PGC_SUSET, GUC_UNIT_S, NULL, on_number_rule, NULL);
}

/* Setting it is not verifying it, but somebody else may act from here on. */
static bool
check_token(char **newval, void **extra, GucSource source)
{
	if (clr_hold_is_on() && strcmp(*newval, setting) != 0)
	{
		clr_count(CLR_ERROR_ACTOR_CHANGED);
		GUC_check_errcode(ERRCODE_OBJECT_IN_USE);
		GUC_check_errmsg("the token cannot change while a query on a protected table runs");
		GUC_check_errhint("Set it in a statement of its own, before the query.");
		return false;
	}
	return true;
}

/*
 * What is injected into a session must not carry its token off. Not flagged
 * GUC_SUPERUSER_ONLY, for that makes set_config(), which returns what it set,
 * an error for everybody else.
 */
static const char *
show_token(void)
{
	return *setting == '\0' ? "" : "(hidden)";
}

static void
on_string_rule(const char *newval, void *extra)
{
	rules++;
}

static void
on_number_rule(int newval, void *extra)
{
	rules++;
}

/* Tokens name roles, and roles are renamed. */
static void
on_role(Datum arg, int cache, uint32 hash)
{
	rules++;
}

/* The token of this moment, blank if there is none; the caller copies it. */
const char *
clr_token_setting(void)
{
	return setting;
}

/* Changes whenever settings do, or roles, that decide whether a token is accepted. */
uint64
clr_token_rules(void)
{
	return rules;
}

/*
 * Verify a token (NULL: none) under the active snapshot, for a statement that begins `at`.
 * Errors if it is not accepted. Whether the member has standing is not asked.
 */
ClrToken
clr_token_verify(const char *text, TimestampTz at)
{
	ClrCatalog state;
	ClrJwt jwt;
	TokenKey key;
	ClrToken token;
	const char *reason;

	token.rules = rules;	   /* before anything is looked at */
	clr_catalog_begin(&state); /* what is read from here on lives until _end() */

	if (text == NULL)
		refuse(CLR_TOKEN_MALFORMED, "It is null.");
	if (!clr_jwt_open(text, &jwt, &reason))
		refuse(CLR_TOKEN_MALFORMED, "%s", reason);
	key = find_key(jwt.kid, at);
	if (jwt.algorithm != key.algorithm)
		refuse(CLR_TOKEN_ALGORITHM, "Its algorithm is not that of its key.");
	if (!clr_signature_verify(key.algorithm, key.material, jwt.message, jwt.signature, &reason))
		refuse(CLR_TOKEN_SIGNATURE, "%s", reason);

	if (!clr_jwt_read_claims(&jwt, &reason))
		refuse(CLR_TOKEN_CLAIMS, "%s", reason);
	if (strcmp(jwt.iss, key.issuer) != 0)
		refuse(CLR_TOKEN_ISSUER, "Its issuer is not that of its key.");
	check_audience(&jwt);
	check_lifetime(&jwt, at);

	token.not_before = Max(key.starts, from_unix(Max(jwt.nbf, jwt.iat)) - leeway * USECS_PER_SEC);
	token.expires = Min(key.ends, from_unix(jwt.exp) + leeway * USECS_PER_SEC);
	token.role = jwt.role == NULL ? InvalidOid : role_of(jwt.role);
	clr_token_check(&token, at);
	token.member = find_member(&key, jwt.sub);

	clr_catalog_end(&state);
	clr_count(CLR_COUNT_TOKEN_ACCEPTED);
	return token;
}

/*
 * Whether a verified token is still good for a statement that begins `at`, in
 * the session's present role. Errors if not, as clr_token_verify() does.
 */
void
clr_token_check(const ClrToken *token, TimestampTz at)
{
	if (at < token->not_before)
		refuse(CLR_TOKEN_NOT_YET, "It is not good before %s.",
			   timestamptz_to_str(token->not_before));
	if (at >= token->expires)
		refuse(CLR_TOKEN_EXPIRED, "It has expired: it was good until %s.",
			   timestamptz_to_str(token->expires));
	if (OidIsValid(token->role) && token->role != GetSessionUserId() &&
		token->role != GetOuterUserId())
		refuse(CLR_TOKEN_ROLE, "It is for another role than the session's.");
}

/*
 * The key of a token, which is in force. What the token names is not repeated
 * in a reason as long as nobody vouches for it.
 */
static TokenKey
find_key(const char *kid, TimestampTz at)
{
	static const Oid argtypes[] = { TEXTOID, TIMESTAMPTZOID };
	Datum args[] = { CStringGetTextDatum(kid), TimestampTzGetDatum(at) };
	TokenKey key;
	char *state;
	bytea *material;

	if (clr_catalog_query(
			"SELECT algorithm, material, issuer, subject, account_id, starts_at, ends_at,"
			" clearance_internal.token_key_state(starts_at, ends_at, revoked_at, $2)"
			" FROM clearance.token_key WHERE kid = $1",
			2, argtypes, args, NULL) == 0)
		refuse(CLR_TOKEN_UNKNOWN_KEY, "There is no key with the id that it names.");

	state = clr_column_text(0, 8);
	if (strcmp(state, "active") != 0)
		refuse(CLR_TOKEN_KEY_NOT_IN_FORCE, "Key \"%s\" is not in force: its state is \"%s\".", kid,
			   state);
	if (!clr_signature_algorithm(clr_column_text(0, 1), &key.algorithm))
		elog(ERROR, "token key of an unknown algorithm");
	material = clr_column_bytea(0, 2);
	key.material.data = (unsigned char *) VARDATA(material);
	key.material.len = VARSIZE(material) - VARHDRSZ;
	key.issuer = clr_column_text(0, 3);
	key.subject = clr_column_text(0, 4);
	key.account = clr_column_int64(0, 5);
	key.starts = clr_column_timestamptz(0, 6);
	key.ends = clr_column_timestamptz(0, 7);
	return key;
}

static void
check_audience(const ClrJwt *jwt)
{
	const char *ours = *audience != '\0' ? audience : get_database_name(MyDatabaseId);

	for (int i = 0; i < jwt->n_aud; i++)
		if (strcmp(jwt->aud[i], ours) == 0)
			return;
	refuse(CLR_TOKEN_AUDIENCE, "It is for another audience than \"%s\".", ours);
}

/* However late it expires, a token is good for a limited time. */
static void
check_lifetime(const ClrJwt *jwt, TimestampTz at)
{
	int64 longest = max_lifetime * USECS_PER_SEC;

	if ((jwt->iat != CLR_JWT_NO_DATE && jwt->exp - jwt->iat > longest) ||
		from_unix(jwt->exp) - at > longest + leeway * USECS_PER_SEC)
		refuse(CLR_TOKEN_LIFETIME,
			   "It is good for longer than clearance.token_max_lifetime, which is %d seconds.",
			   max_lifetime);
}

static int64
find_member(const TokenKey *key, const char *subject)
{
	static const Oid argtypes[] = { TEXTOID, INT8OID };
	Datum args[] = { CStringGetTextDatum(subject), Int64GetDatum(key->account) };
	bool by_key = strcmp(key->subject, "key") == 0;
	uint64 found;

	found =
		clr_catalog_query(by_key ? "SELECT id FROM clearance.member WHERE key = $1"
								   " AND ($2 = 0 OR account_id = $2) LIMIT 2" :
								   "SELECT id FROM clearance.member WHERE lower(email) = lower($1)"
								   " AND ($2 = 0 OR account_id = $2) LIMIT 2",
						  2, argtypes, args, NULL);
	if (found == 0)
		refuse(CLR_TOKEN_NO_MEMBER, "No member has the %s \"%s\".", by_key ? "key" : "e-mail",
			   subject);
	if (found > 1)
		refuse(CLR_TOKEN_AMBIGUOUS, "Several accounts have a member with the %s \"%s\".",
			   by_key ? "key" : "e-mail", subject);
	return clr_column_int64(0, 1);
}

static Oid
role_of(const char *name)
{
	Oid role = get_role_oid(name, true);

	if (!OidIsValid(role))
		refuse(CLR_TOKEN_ROLE, "It is for a role that does not exist.");
	return role;
}

static TimestampTz
from_unix(int64 microseconds)
{
	return microseconds - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
}

/*
 * The one way in which a token is refused, and counted. The reason, a sentence, is for the
 * server's log; the statement is kept out of it, which may hold the token.
 */
static void
refuse(ClrCounter counter, const char *format, ...)
{
	char reason[512];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	clr_refusal_log(&(ClrRefused){ .what = "token", .reason = reason });
	ereport(ERROR, (errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION), clr_count(counter),
					errmsg("the token is not accepted"), errdetail_log("%s", reason),
					errhint("Get a new one from whoever issues them; the server's log says what "
							"is wrong with this one."),
					errhidestmt(true), errhidecontext(true)));
}

/* ---------- SQL ---------- */

/*
 * token_key_material(algorithm text, key text) returns bytea: what verifies
 * the tokens of a key. Errors if the key does not fit the algorithm, without
 * showing it.
 */
Datum
clearance_token_key_material(PG_FUNCTION_ARGS)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *string = text_to_cstring(PG_GETARG_TEXT_PP(1));
	const char *reason = NULL;
	ClrAlgorithm algorithm;
	ClrBytes key;
	bytea *material;

	if (!clr_signature_algorithm(name, &algorithm))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("no algorithm \"%s\"", name),
				 errhint("The algorithms are EdDSA, ES256, RS256 and HS256.")));
	if (algorithm != CLR_HS256)
		(void) clr_signature_read_pem(string, &key, &reason);
	else if (!clr_jwt_base64url_decode(string, strlen(string), &key))
		reason = "The secret is not base64url without padding.";
	if (reason != NULL || !clr_signature_check_key(algorithm, key, &reason))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the key does not fit algorithm %s", name), errdetail("%s", reason),
						algorithm == CLR_HS256 ?
							errhint("Give the secret as base64url, as a JWK has it in \"k\".") :
							errhint("Give the public key in PEM form, as openssl pkey -pubout "
									"writes it.")));

	material = palloc(VARHDRSZ + key.len);
	SET_VARSIZE(material, VARHDRSZ + key.len);
	memcpy(VARDATA(material), key.data, key.len);
	PG_RETURN_BYTEA_P(material);
}

/* token_mac(secret bytea, message bytea) returns bytea: what signs a token of HS256. */
Datum
clearance_token_mac(PG_FUNCTION_ARGS)
{
	bytea *secret = PG_GETARG_BYTEA_PP(0);
	bytea *message = PG_GETARG_BYTEA_PP(1);
	bytea *mac = palloc(VARHDRSZ + CLR_MAC_BYTES);

	SET_VARSIZE(mac, VARHDRSZ + CLR_MAC_BYTES);
	if (!clr_signature_mac((ClrBytes){ .data = (unsigned char *) VARDATA_ANY(secret),
									   .len = VARSIZE_ANY_EXHDR(secret) },
						   (ClrBytes){ .data = (unsigned char *) VARDATA_ANY(message),
									   .len = VARSIZE_ANY_EXHDR(message) },
						   (unsigned char *) VARDATA(mac)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("HMAC-SHA256 cannot be computed")));
	PG_RETURN_BYTEA_P(mac);
}
