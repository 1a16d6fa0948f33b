/*
 * jwt.h
 *		JSON Web Tokens in compact form: taken apart and read, not believed.
 */
#ifndef CLR_JWT_H
#define CLR_JWT_H

#include "compat.h"

#include "actor/signature.h"

#define CLR_JWT_MAX_LENGTH 8192
#define CLR_JWT_NO_DATE (-1)

/* A token; all strings are ours, but for what `message` points to. */
typedef struct ClrJwt
{
	ClrBytes message; /* what is signed, within the caller's text */
	ClrBytes payload; /* its claims as JSON, not yet read */
	ClrBytes signature;
	ClrAlgorithm algorithm;
	/* the header's parameters */
	char *alg;
	char *kid;
	char *typ; /* or NULL */
	/* the claims; NULL, or CLR_JWT_NO_DATE, where one is absent */
	char *iss;
	char *sub;
	char *role;
	char **aud;
	int n_aud;
	int64 exp; /* microseconds since 1970 */
	int64 nbf;
	int64 iat;
} ClrJwt;

extern bool clr_jwt_open(const char *text, ClrJwt *jwt, const char **reason);
extern bool clr_jwt_read_claims(ClrJwt *jwt, const char **reason);
extern bool clr_jwt_base64url_decode(const char *text, size_t len, ClrBytes *bytes);

#endif /* CLR_JWT_H */
