/*
 * jwt.c
 *		Fuzz target (libFuzzer) for the parser of tokens.
 *
 * An input is a token as it stands; or, if it has a line break, a header and a
 * payload, which are put into base64url here: mutations of JSON would hardly
 * find a way through that by themselves.
 *
 * The server's parts of the parser come from libpgcommon as it is installed,
 * so only our own sources are instrumented. Memory is a context in miniature:
 * what palloc() gives is gone after each input.
 */
#include "postgres_fe.h"

#include "common/base64.h"
#include "mb/pg_wchar.h"

#include "actor/jwt.h"

#define CHECK(condition)                                                            \
	do                                                                              \
	{                                                                               \
		if (!(condition))                                                           \
		{                                                                           \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                           \
	} while (0)

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_token(const char *text);
static void check_accepted(const ClrJwt *jwt);
static void check_string(const char *string);
static void check_date(int64 date);
static char *
build_token(const char *header, size_t header_len, const char *payload, size_t payload_len);
static char *append_base64url(char *to, const char *bytes, size_t len);
static void free_chunks(void);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = palloc(size + 1);
	char *line_break;

	memcpy(text, data, size);
	text[size] = '\0';
	line_break = memchr(text, '\n', size);
	if (line_break == NULL)
		try_token(text);
	else
		try_token(
			build_token(text, line_break - text, line_break + 1, text + size - (line_break + 1)));
	free_chunks();
	return 0;
}

static void
try_token(const char *text)
{
	ClrJwt jwt;
	const char *reason = NULL;

	if (!clr_jwt_open(text, &jwt, &reason) || !clr_jwt_read_claims(&jwt, &reason))
	{
		CHECK(reason != NULL);
		CHECK(strlen(reason) < 128);
		return;
	}
	CHECK(reason == NULL);
	CHECK(strlen(text) <= CLR_JWT_MAX_LENGTH);
	check_accepted(&jwt);
}

/* What whoever calls the parser relies on. */
static void
check_accepted(const ClrJwt *jwt)
{
	check_string(jwt->alg);
	check_string(jwt->kid);
	check_string(jwt->iss);
	check_string(jwt->sub);
	CHECK(*jwt->kid != '\0' && *jwt->sub != '\0');
	CHECK(strcmp(jwt->alg, "none") != 0);
	if (jwt->typ != NULL)
		check_string(jwt->typ);
	if (jwt->role != NULL)
		check_string(jwt->role);
	CHECK(jwt->aud != NULL);
	for (int i = 0; i < jwt->n_aud; i++)
		check_string(jwt->aud[i]);
	CHECK(jwt->exp != CLR_JWT_NO_DATE);
	check_date(jwt->exp);
	check_date(jwt->nbf);
	check_date(jwt->iat);
	CHECK(jwt->message.len < CLR_JWT_MAX_LENGTH);
	CHECK(memchr(jwt->message.data, '.', jwt->message.len) != NULL);
}

static void
check_string(const char *string)
{
	CHECK(string != NULL);
	CHECK(pg_encoding_verifymbstr(PG_UTF8, string, (int) strlen(string)) == (int) strlen(string));
}

static void
check_date(int64 date)
{
	CHECK(date == CLR_JWT_NO_DATE || (date >= 0 && date <= INT64CONST(253402300799000000)));
}

static char *
build_token(const char *header, size_t header_len, const char *payload, size_t payload_len)
{
	char *token = palloc((header_len + payload_len) * 2 + 64);
	char *end = append_base64url(token, header, header_len);

	*end++ = '.';
	end = append_base64url(end, payload, payload_len);
	strcpy(end, ".c2lnbmF0dXJl");
	return token;
}

static char *
append_base64url(char *to, const char *bytes, size_t len)
{
	int n = pg_b64_encode(bytes, (int) len, to, pg_b64_enc_len((int) len));

	CHECK(n >= 0);
	while (n > 0 && to[n - 1] == '=')
		n--;
	for (int i = 0; i < n; i++)
		to[i] = to[i] == '+' ? '-' : to[i] == '/' ? '_' : to[i];
	return to + n;
}

/* ---------- memory: instead of the server's, and of libpgcommon's ---------- */

/* Each chunk is allocated by itself, so that AddressSanitizer knows its ends. */
typedef struct Chunk
{
	struct Chunk *previous;
	struct Chunk *next;
	max_align_t data[];
} Chunk;

static Chunk chunks = { &chunks, &chunks };

void *
palloc(Size size)
{
	Chunk *chunk = malloc(sizeof(Chunk) + size);

	CHECK(chunk != NULL);
	chunk->previous = &chunks;
	chunk->next = chunks.next;
	chunks.next->previous = chunk;
	chunks.next = chunk;
	return chunk->data;
}

void
pfree(void *pointer)
{
	Chunk *chunk = (Chunk *) ((char *) pointer - offsetof(Chunk, data));

	chunk->previous->next = chunk->next;
	chunk->next->previous = chunk->previous;
	free(chunk);
}

void *
palloc0(Size size)
{
	return memset(palloc(size), 0, size);
}

void *
repalloc(void *pointer, Size size)
{
	Chunk *chunk = (Chunk *) ((char *) pointer - offsetof(Chunk, data));
	Chunk *moved = realloc(chunk, sizeof(Chunk) + size);

	CHECK(moved != NULL);
	moved->previous->next = moved;
	moved->next->previous = moved;
	return moved->data;
}

char *
pstrdup(const char *string)
{
	return strcpy(palloc(strlen(string) + 1), string);
}

static void
free_chunks(void)
{
	while (chunks.next != &chunks)
		pfree(chunks.next->data);
}
