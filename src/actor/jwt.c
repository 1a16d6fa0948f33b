/*
 * jwt.c
 *		JSON Web Tokens in compact form: taken apart and read, not believed.
 *
 * clr_jwt_open() takes a token apart and reads its header. Whoever has found
 * the key verifies the signature, and only then is the payload read, by
 * clr_jwt_read_claims(). What is odd is refused, never repaired: a token that
 * two readers could understand in two ways is a forger's.
 *
 * A header's own keys (jwk, jku, x5u, x5c) are neither fetched nor believed:
 * only the name of a key, kid, is read.
 *
 * Pure module, which builds as a frontend program too: no catalog, no
 * settings, no errors raised. A refusal leaves its reason, a sentence that
 * holds nothing of the token. Memory is the current context's.
 */
#include "actor/jwt.h"

#include <math.h>

#include "common/base64.h"
#include "common/jsonapi.h"
#include "mb/pg_wchar.h"

#define MAX_DEPTH 16
#define MAX_DATE 253402300799.0 /* the last second of the year 9999 */

typedef enum MemberType
{
	MEMBER_STRING,
	MEMBER_STRINGS, /* one, or an array of them */
	MEMBER_DATE,
	MEMBER_REFUSED
} MemberType;

/* A member of the header or the payload that means something to us. */
typedef struct Member
{
	const char *name;
	MemberType type;
	size_t offset; /* in ClrJwt */
} Member;

/* crit lists extensions that must be understood; zip and b64 change what the payload is */
static const Member header_members[] = {
	{ "alg", MEMBER_STRING, offsetof(ClrJwt, alg) },
	{ "kid", MEMBER_STRING, offsetof(ClrJwt, kid) },
	{ "typ", MEMBER_STRING, offsetof(ClrJwt, typ) },
	{ "crit", MEMBER_REFUSED, 0 },
	{ "zip", MEMBER_REFUSED, 0 },
	{ "b64", MEMBER_REFUSED, 0 },
	{ .name = NULL },
};

static const Member payload_members[] = {
	{ "iss", MEMBER_STRING, offsetof(ClrJwt, iss) },
	{ "sub", MEMBER_STRING, offsetof(ClrJwt, sub) },
	{ "role", MEMBER_STRING, offsetof(ClrJwt, role) },
	{ "aud", MEMBER_STRINGS, 0 },
	{ "exp", MEMBER_DATE, offsetof(ClrJwt, exp) },
	{ "nbf", MEMBER_DATE, offsetof(ClrJwt, nbf) },
	{ "iat", MEMBER_DATE, offsetof(ClrJwt, iat) },
	{ .name = NULL },
};

/* State of reading one JSON object. */
typedef struct Reader
{
	const char *part; /* header or payload, for reasons */
	const Member *members;
	ClrJwt *jwt;
	JsonLexContext *lex;
	const Member *member; /* whose value is being read; NULL if it means nothing to us */
	char **names;		  /* of the object itself, to find duplicates */
	int n_names;
	int max_names;
	char *reason; /* the first complaint, or NULL */
} Reader;

static const char *header_complaint(const ClrJwt *jwt);
static const char *claims_complaint(const ClrJwt *jwt);
static bool read_object(ClrJwt *jwt, ClrBytes json, const char *part, const Member *members,
						const char **reason);
static const char *text_complaint(ClrBytes json);
static CLR_JSON_STEP on_name(void *state, char *name, bool isnull);
static CLR_JSON_STEP on_structure(void *state);
static CLR_JSON_STEP on_array(void *state);
static CLR_JSON_STEP on_scalar(void *state, char *token, JsonTokenType type);
static void take(Reader *reader, char *token, JsonTokenType type);
static bool read_date(const char *number, int64 *date);
static bool has_duplicates(Reader *reader);
static void complain(Reader *reader, const char *format, ...) pg_attribute_printf(2, 3);

/*
 * Take a token apart and read its header. The message points into the text.
 */
bool
clr_jwt_open(const char *text, ClrJwt *jwt, const char **reason)
{
	size_t len = strnlen(text, CLR_JWT_MAX_LENGTH + 1);
	const char *payload;
	const char *signature;
	ClrBytes header;

	memset(jwt, 0, sizeof(*jwt));
	jwt->exp = jwt->nbf = jwt->iat = CLR_JWT_NO_DATE;
	*reason = NULL;
	if (len > CLR_JWT_MAX_LENGTH)
		*reason = "It is longer than 8192 bytes.";
	else if ((payload = strchr(text, '.')) == NULL ||
			 (signature = strchr(++payload, '.')) == NULL || strchr(++signature, '.') != NULL)
		*reason = "It does not consist of three parts.";
	else if (!clr_jwt_base64url_decode(text, payload - 1 - text, &header) ||
			 !clr_jwt_base64url_decode(payload, signature - 1 - payload, &jwt->payload) ||
			 !clr_jwt_base64url_decode(signature, text + len - signature, &jwt->signature))
		*reason = "A part of it is not base64url in its one form, without padding.";
	else if (read_object(jwt, header, "header", header_members, reason))
	{
		jwt->message.data = (const unsigned char *) text;
		jwt->message.len = signature - 1 - text;
		*reason = header_complaint(jwt);
		if (*reason == NULL && !clr_signature_algorithm(jwt->alg, &jwt->algorithm))
			*reason = "Its algorithm is none of EdDSA, ES256, RS256 and HS256.";
	}
	return *reason == NULL;
}

static const char *
header_complaint(const ClrJwt *jwt)
{
	if (jwt->alg == NULL)
		return "Its header names no algorithm.";
	if (jwt->kid == NULL || *jwt->kid == '\0')
		return "Its header names no key.";
	if (jwt->typ != NULL && pg_strcasecmp(jwt->typ, "JWT") != 0 &&
		pg_strcasecmp(jwt->typ, "at+jwt") != 0)
		return "It is a token of another type than JWT and at+jwt.";
	return NULL;
}

/*
 * Read the payload of a token whose signature was verified.
 */
bool
clr_jwt_read_claims(ClrJwt *jwt, const char **reason)
{
	if (read_object(jwt, jwt->payload, "payload", payload_members, reason))
		*reason = claims_complaint(jwt);
	return *reason == NULL;
}

static const char *
claims_complaint(const ClrJwt *jwt)
{
	if (jwt->iss == NULL)
		return "It has no claim iss.";
	if (jwt->sub == NULL || *jwt->sub == '\0')
		return "It has no claim sub.";
	if (jwt->aud == NULL)
		return "It has no claim aud.";
	if (jwt->exp == CLR_JWT_NO_DATE)
		return "It has no claim exp.";
	return NULL;
}

/*
 * Decode base64url without padding; false unless this is the one text that
 * stands for these bytes. A zero byte, not counted, follows them.
 */
bool
clr_jwt_base64url_decode(const char *text, size_t len, ClrBytes *bytes)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	int padded_len = (len + 3) / 4 * 4;
	char *padded = palloc(padded_len + 1);
	char *again = palloc(padded_len + 1);
	unsigned char *data = palloc(padded_len + 1);
	int n;

	/* the server knows the other alphabet, and skips blanks in it */
	if (strspn(text, alphabet) < len)
		return false;
	for (size_t i = 0; i < len; i++)
		padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	memset(padded + len, '=', padded_len - len);

	n = pg_b64_decode(padded, padded_len, CLR_B64(data), padded_len);
	if (n < 0 || pg_b64_encode(CLR_B64(data), n, again, padded_len) != padded_len ||
		memcmp(padded, again, padded_len) != 0)
		return false;
	data[n] = '\0';
	bytes->data = data;
	bytes->len = n;
	return true;
}

/* ---------- JSON ---------- */

/*
 * Read the known members of a JSON object into the token.
 */
static bool
read_object(ClrJwt *jwt, ClrBytes json, const char *part, const Member *members,
			const char **reason)
{
	Reader reader = { .part = part, .members = members, .jwt = jwt };
	JsonSemAction actions = { .semstate = &reader,
							  .object_start = on_structure,
							  .array_start = on_array,
							  .object_field_start = on_name,
							  .scalar = on_scalar };
	const char *complaint = text_complaint(json);

	if (complaint != NULL)
		complain(&reader, "Its %s %s.", part, complaint);
	else
	{
		reader.lex = clr_json_lexer((char *) json.data, json.len, PG_UTF8);
		if (pg_parse_json(reader.lex, &actions) != JSON_SUCCESS)
			complain(&reader, "Its %s is not valid JSON.", part);
		else if (has_duplicates(&reader))
			complain(&reader, "Its %s has a name twice.", part);
	}
	*reason = reader.reason;
	return *reason == NULL;
}

/*
 * What the parser must not be given: it recurses into nested values, and
 * raises an error about escapes that the database's encoding cannot hold.
 * Right up to the first syntax error, where the parser stops too.
 */
static const char *
text_complaint(ClrBytes json)
{
	const char *text = (const char *) json.data;
	int depth = 0;
	bool in_string = false;

	if (pg_encoding_verifymbstr(PG_UTF8, text, (int) json.len) != (int) json.len)
		return "is not valid UTF-8";
	for (size_t i = 0; i < json.len; i++)
	{
		if (text[i] == '"')
			in_string = !in_string;
		else if (in_string && text[i] == '\\')
			i++;
		else if (!in_string && (text[i] == '{' || text[i] == '['))
			depth++;
		else if (!in_string && (text[i] == '}' || text[i] == ']'))
			depth--;
		if (depth > MAX_DEPTH)
			return "is nested too deeply";
	}
#ifndef FRONTEND
	if (GetDatabaseEncoding() != PG_UTF8)
		for (size_t i = 0; i < json.len; i++)
			if (IS_HIGHBIT_SET(text[i]) || (text[i] == '\\' && text[i + 1] == 'u'))
				return "is not plain ASCII, and the encoding of the database is not UTF8";
#endif
	return NULL;
}

static CLR_JSON_STEP
on_name(void *state, char *name, bool isnull)
{
	Reader *reader = state;

	if (reader->lex->lex_level != 1)
		return CLR_JSON_GO_ON;
	if (reader->n_names == reader->max_names)
	{
		reader->max_names = Max(16, reader->max_names * 2);
		reader->names = reader->names == NULL ?
							palloc(reader->max_names * sizeof(char *)) :
							repalloc(reader->names, reader->max_names * sizeof(char *));
	}
	reader->names[reader->n_names++] = name;

	reader->member = reader->members;
	while (reader->member->name != NULL && strcmp(reader->member->name, name) != 0)
		reader->member++;
	if (reader->member->name == NULL)
		reader->member = NULL;
	else if (reader->member->type == MEMBER_REFUSED)
		complain(reader, "Its %s has parameter %s, which is not supported.", reader->part,
				 reader->member->name);
	return CLR_JSON_GO_ON;
}

/* An object begins, or an array where none is expected. */
static CLR_JSON_STEP
on_structure(void *state)
{
	Reader *reader = state;

	if (reader->member != NULL)
		complain(reader, "The value of %s is of the wrong type.", reader->member->name);
	return CLR_JSON_GO_ON;
}

static CLR_JSON_STEP
on_array(void *state)
{
	Reader *reader = state;

	if (reader->lex->lex_level == 0)
		complain(reader, "Its %s is no JSON object.", reader->part);
	else if (reader->lex->lex_level > 1 || reader->member == NULL ||
			 reader->member->type != MEMBER_STRINGS)
		(void) on_structure(state);
	else if (reader->jwt->aud == NULL)
		reader->jwt->aud = palloc(sizeof(char *)); /* given, if only as an empty list */
	return CLR_JSON_GO_ON;
}

static CLR_JSON_STEP
on_scalar(void *state, char *token, JsonTokenType type)
{
	Reader *reader = state;

	if (reader->lex->lex_level == 0)
		complain(reader, "Its %s is no JSON object.", reader->part);
	else if (reader->member != NULL)
		take(reader, token, type);
	return CLR_JSON_GO_ON;
}

/* The value of a known member, or one of its values. */
static void
take(Reader *reader, char *token, JsonTokenType type)
{
	ClrJwt *jwt = reader->jwt;
	void *target = (char *) jwt + reader->member->offset;
	bool good = false;

	switch (reader->member->type)
	{
		case MEMBER_STRING:
			good = type == JSON_TOKEN_STRING;
			*(char **) target = token;
			break;
		case MEMBER_STRINGS:
			good = type == JSON_TOKEN_STRING;
			jwt->aud = jwt->aud == NULL ? palloc(sizeof(char *)) :
										  repalloc(jwt->aud, (jwt->n_aud + 1) * sizeof(char *));
			jwt->aud[jwt->n_aud++] = token;
			break;
		case MEMBER_DATE:
			good = type == JSON_TOKEN_NUMBER && read_date(token, target);
			break;
		case MEMBER_REFUSED:
			break; /* complained about already */
	}
	if (!good)
		complain(reader, "The value of %s is of the wrong type, or out of range.",
				 reader->member->name);
}

/* Seconds since 1970, which may have a fraction. */
static bool
read_date(const char *number, int64 *date)
{
	double seconds = strtod(number, NULL);

	if (!(seconds >= 0 && seconds <= MAX_DATE)) /* written so that NaN is refused */
		return false;
	*date = (int64) rint(seconds * 1000000);
	return true;
}

static bool
has_duplicates(Reader *reader)
{
	qsort(reader->names, reader->n_names, sizeof(char *), pg_qsort_strcmp);
	for (int i = 1; i < reader->n_names; i++)
		if (strcmp(reader->names[i - 1], reader->names[i]) == 0)
			return true;
	return false;
}

/* The first complaint counts; the parser cannot be stopped. */
static void
complain(Reader *reader, const char *format, ...)
{
	char text[128];
	va_list args;

	if (reader->reason != NULL)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	reader->reason = pstrdup(text);
}
