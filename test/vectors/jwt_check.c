/*
 * jwt_check.c
 *		What the parser of tokens says, without a server and without a clock.
 *
 * Reads lines "algorithm key token". The key is a PEM file, or the secret for
 * HS256; the token is in hexadecimal, for it may hold anything. Writes a line
 * for each: what is said of the signature, a tab, what is said of the token;
 * "good" for the signature, the claims for the token where nothing is wrong.
 */
#include "postgres_fe.h"

#include "actor/jwt.h"

#define LINE_MAX_BYTES 65536

static char *unhex(const char *hex);
static char *file_text(const char *path);
static const char *
signature_verdict(const char *algorithm_name, const char *key_text, const char *token);
static bool take_signature(const char *token, ClrBytes *message, ClrBytes *signature);
static void print_token_verdict(const char *token);

int
main(void)
{
	static char line[LINE_MAX_BYTES];
	static char algorithm[16];
	static char key[4096];
	static char hex[LINE_MAX_BYTES];

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		char *token;

		if (sscanf(line, "%15s %4095s %65535s", algorithm, key, hex) != 3)
		{
			fprintf(stderr, "expected: algorithm key token\n");
			return 2;
		}
		token = unhex(hex);
		printf("%s\t", signature_verdict(algorithm, key, token));
		print_token_verdict(token);
		free(token);
	}
	return 0;
}

static char *
unhex(const char *hex)
{
	size_t len = strlen(hex) / 2;
	char *bytes = pg_malloc(len + 1);

	for (size_t i = 0; i < len; i++)
	{
		unsigned int byte = 0;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			exit(2);
		bytes[i] = (char) byte;
	}
	bytes[len] = '\0';
	return bytes;
}

static char *
file_text(const char *path)
{
	static char text[8192];
	FILE *file = fopen(path, "r");
	size_t len;

	if (file == NULL)
	{
		perror(path);
		exit(2);
	}
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

static const char *
signature_verdict(const char *algorithm_name, const char *key_text, const char *token)
{
	ClrAlgorithm algorithm;
	ClrBytes key, message, signature;
	const char *reason = NULL;

	if (!clr_signature_algorithm(algorithm_name, &algorithm))
		return "no such algorithm";
	if (algorithm == CLR_HS256 ? !clr_jwt_base64url_decode(key_text, strlen(key_text), &key) :
								 !clr_signature_read_pem(file_text(key_text), &key, &reason))
		return reason != NULL ? reason : "the secret is not base64url";
	if (!take_signature(token, &message, &signature))
		return "there is no signature";
	return clr_signature_verify(algorithm, key, message, signature, &reason) ? "good" : reason;
}

/* Whatever the header says: the examples of the RFCs name no key. */
static bool
take_signature(const char *token, ClrBytes *message, ClrBytes *signature)
{
	const char *dot = strrchr(token, '.');

	if (dot == NULL)
		return false;
	message->data = (const unsigned char *) token;
	message->len = dot - token;
	return clr_jwt_base64url_decode(dot + 1, strlen(dot + 1), signature);
}

static void
print_token_verdict(const char *token)
{
	ClrJwt jwt;
	const char *reason;

	if (!clr_jwt_open(token, &jwt, &reason) || !clr_jwt_read_claims(&jwt, &reason))
	{
		printf("%s\n", reason);
		return;
	}
	printf("kid=%s iss=%s sub=%s role=%s", jwt.kid, jwt.iss, jwt.sub,
		   jwt.role == NULL ? "-" : jwt.role);
	for (int i = 0; i < jwt.n_aud; i++)
		printf(" aud=%s", jwt.aud[i]);
	printf(" exp=%lld nbf=%lld iat=%lld\n", (long long) jwt.exp, (long long) jwt.nbf,
		   (long long) jwt.iat);
}
