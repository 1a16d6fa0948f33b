/*
 * signature.h
 *		Signatures of tokens, and the keys that verify them.
 */
#ifndef CLR_SIGNATURE_H
#define CLR_SIGNATURE_H

#include "compat.h"

/* Algorithms of RFC 7518 and RFC 8037; EdDSA is Ed25519 alone. */
typedef enum ClrAlgorithm
{
	CLR_EDDSA,
	CLR_ES256,
	CLR_RS256,
	CLR_HS256
} ClrAlgorithm;

#define CLR_MAC_BYTES 32 /* of HS256 */

/* Bytes that somebody else owns. */
typedef struct ClrBytes
{
	const unsigned char *data;
	size_t len;
} ClrBytes;

extern bool clr_signature_algorithm(const char *name, ClrAlgorithm *algorithm);
extern bool clr_signature_read_pem(const char *pem, ClrBytes *key, const char **reason);
extern bool clr_signature_check_key(ClrAlgorithm algorithm, ClrBytes key, const char **reason);
extern bool clr_signature_verify(ClrAlgorithm algorithm, ClrBytes key, ClrBytes message,
								 ClrBytes signature, const char **reason);
extern bool clr_signature_mac(ClrBytes secret, ClrBytes message, unsigned char *mac);

#endif /* CLR_SIGNATURE_H */
