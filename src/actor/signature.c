/*
 * signature.c
 *		Signatures of tokens, and the keys that verify them.
 *
 * The only user of OpenSSL. A key is the DER form of a public key
 * (SubjectPublicKeyInfo), or the bytes of a secret for HS256.
 *
 * Pure module, which builds as a frontend program too: no catalog, no
 * settings, no errors raised. A refusal leaves its reason, a sentence that
 * holds nothing of key or token. What OpenSSL allocates is freed before
 * anything could raise an error, and its queue of errors is left empty.
 */
#include "actor/signature.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "pg_clearance needs OpenSSL 3 or newer"
#endif

#define RSA_MIN_BITS 2048
#define RSA_MAX_BITS 8192
#define SECRET_MIN_BYTES 32
#define ED25519_BYTES 64
#define ES256_BYTES 64 /* r and s */

/* In the order of ClrAlgorithm. */
static const char *const names[] = { "EdDSA", "ES256", "RS256", "HS256" };

static const char *pem_complaint(BIO *bio, unsigned char *der, size_t room, size_t *len);
static EVP_PKEY *decode_key(ClrBytes key);
static const char *key_complaint(ClrAlgorithm algorithm, EVP_PKEY *key);
static const char *rsa_complaint(EVP_PKEY *key);
static const char *mac_complaint(ClrBytes secret, ClrBytes message, ClrBytes signature);
static const char *
signature_complaint(ClrAlgorithm algorithm, EVP_PKEY *key, ClrBytes message, ClrBytes signature);
static bool verifies(EVP_PKEY *key, const EVP_MD *digest, ClrBytes message, ClrBytes signature);
static bool verifies_ecdsa(EVP_PKEY *key, ClrBytes message, ClrBytes raw);

/* Names are compared as they stand: "none" and "es256" are none of them. */
bool
clr_signature_algorithm(const char *name, ClrAlgorithm *algorithm)
{
	for (int i = 0; i < (int) lengthof(names); i++)
		if (strcmp(name, names[i]) == 0)
		{
			*algorithm = (ClrAlgorithm) i;
			return true;
		}
	return false;
}

/*
 * The DER form of a public key in PEM form, in the current context: one block
 * BEGIN PUBLIC KEY, and blanks around it.
 */
bool
clr_signature_read_pem(const char *pem, ClrBytes *key, const char **reason)
{
	size_t room = strlen(pem);
	unsigned char *der = palloc(room + 1);
	BIO *bio;

	key->data = der;
	key->len = 0;
	pem += strspn(pem, " \t\r\n");
	if (strncmp(pem, "-----BEGIN ", 11) != 0)
		*reason = "The key is not in PEM form, which begins with -----BEGIN PUBLIC KEY-----.";
	else if ((bio = BIO_new_mem_buf(pem, -1)) == NULL)
		*reason = "OpenSSL is out of memory.";
	else
	{
		*reason = pem_complaint(bio, der, room, &key->len);
		BIO_free(bio);
	}
	ERR_clear_error();
	return *reason == NULL;
}

static const char *
pem_complaint(BIO *bio, unsigned char *der, size_t room, size_t *len)
{
	const char *complaint = NULL;
	char *name = NULL;
	char *header = NULL;
	unsigned char *data = NULL;
	long size = 0;
	char rest;

	/* not PEM_read_bio_PUBKEY(), which asks the terminal for a passphrase */
	if (PEM_read_bio(bio, &name, &header, &data, &size) != 1)
		return "The key is not a complete PEM block.";
	if (strstr(name, "PRIVATE") != NULL)
		complaint = "The key is a private one, which belongs to the issuer of tokens alone.";
	else if (strcmp(name, "PUBLIC KEY") != 0 || *header != '\0')
		complaint = "The key is a PEM block of another kind than PUBLIC KEY.";
	else if (size <= 0 || (size_t) size > room)
		complaint = "The key is not a complete PEM block.";
	while (complaint == NULL && BIO_read(bio, &rest, 1) == 1)
		if (strchr(" \t\r\n", rest) == NULL || rest == '\0')
			complaint = "Something follows the key.";
	if (complaint == NULL)
	{
		memcpy(der, data, size);
		*len = size;
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(data, size);
	return complaint;
}

/*
 * Whether tokens may be verified with a key: it is of the algorithm's type,
 * strong enough and well formed.
 */
bool
clr_signature_check_key(ClrAlgorithm algorithm, ClrBytes key, const char **reason)
{
	EVP_PKEY *decoded;
	EVP_PKEY_CTX *context = NULL;

	*reason = NULL;
	if (algorithm == CLR_HS256)
	{
		if (key.len < SECRET_MIN_BYTES)
			*reason = "The secret has less than 32 bytes.";
		return *reason == NULL;
	}
	decoded = decode_key(key);
	*reason = key_complaint(algorithm, decoded);
	if (*reason == NULL)
	{
		context = EVP_PKEY_CTX_new_from_pkey(NULL, decoded, NULL);
		if (context == NULL || EVP_PKEY_public_check(context) != 1)
			*reason = "The key is no valid public key.";
	}
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(decoded);
	ERR_clear_error();
	return *reason == NULL;
}

/*
 * Whether the signature of a message is of this key and algorithm. The key is
 * looked at again: its row may have been written without the checks above.
 */
bool
clr_signature_verify(ClrAlgorithm algorithm, ClrBytes key, ClrBytes message, ClrBytes signature,
					 const char **reason)
{
	if (algorithm == CLR_HS256)
		*reason = mac_complaint(key, message, signature);
	else
	{
		EVP_PKEY *decoded = decode_key(key);

		*reason = key_complaint(algorithm, decoded);
		if (*reason == NULL)
			*reason = signature_complaint(algorithm, decoded, message, signature);
		EVP_PKEY_free(decoded);
	}
	ERR_clear_error();
	return *reason == NULL;
}

/*
 * The HMAC-SHA256 of a message, CLR_MAC_BYTES of it. False if OpenSSL cannot
 * compute it.
 */
bool
clr_signature_mac(ClrBytes secret, ClrBytes message, unsigned char *mac)
{
	size_t len = 0;
	bool good =
		EVP_Q_mac(NULL, OSSL_MAC_NAME_HMAC, NULL, OSSL_DIGEST_NAME_SHA2_256, NULL, secret.data,
				  secret.len, message.data, message.len, mac, CLR_MAC_BYTES, &len) != NULL &&
		len == CLR_MAC_BYTES;

	ERR_clear_error();
	return good;
}

/* NULL if the bytes are no public key, or more than one. */
static EVP_PKEY *
decode_key(ClrBytes key)
{
	const unsigned char *end = key.data;
	EVP_PKEY *decoded = d2i_PUBKEY(NULL, &end, (long) key.len);

	if (decoded != NULL && end != key.data + key.len)
	{
		EVP_PKEY_free(decoded);
		decoded = NULL;
	}
	return decoded;
}

static const char *
key_complaint(ClrAlgorithm algorithm, EVP_PKEY *key)
{
	char curve[32];
	int explicit_curve = 0;

	if (key == NULL)
		return "The key is no public key that OpenSSL knows.";
	switch (algorithm)
	{
		case CLR_EDDSA:
			return EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 ? NULL : "The key is no Ed25519 key.";
		case CLR_ES256:
			if (EVP_PKEY_get_id(key) != EVP_PKEY_EC ||
				EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) != 1 ||
				strcmp(curve, "prime256v1") != 0)
				return "The key is not of curve P-256.";
			if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
									   &explicit_curve) != 1 ||
				explicit_curve != 0)
				return "The key does not name its curve.";
			return NULL;
		case CLR_RS256:
			return rsa_complaint(key);
		case CLR_HS256:
			break;
	}
	return "There is no such algorithm.";
}

static const char *
rsa_complaint(EVP_PKEY *key)
{
	BIGNUM *exponent = NULL;
	bool exponent_is_good;

	if (EVP_PKEY_get_id(key) != EVP_PKEY_RSA)
		return "The key is no RSA key.";
	if (EVP_PKEY_get_bits(key) < RSA_MIN_BITS || EVP_PKEY_get_bits(key) > RSA_MAX_BITS)
		return "An RSA key has 2048 to 8192 bits.";
	exponent_is_good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
					   BN_is_odd(exponent) && !BN_is_one(exponent);
	BN_free(exponent);
	return exponent_is_good ? NULL : "The exponent of an RSA key is odd, and 3 at least.";
}

static const char *
mac_complaint(ClrBytes secret, ClrBytes message, ClrBytes signature)
{
	unsigned char mac[CLR_MAC_BYTES];

	if (secret.len < SECRET_MIN_BYTES)
		return "The secret has less than 32 bytes.";
	if (signature.len != CLR_MAC_BYTES)
		return "The signature has a wrong length.";
	if (!clr_signature_mac(secret, message, mac))
		return "OpenSSL cannot compute HMAC-SHA256.";
	return CRYPTO_memcmp(mac, signature.data, CLR_MAC_BYTES) == 0 ?
			   NULL :
			   "The signature is not of this key.";
}

static const char *
signature_complaint(ClrAlgorithm algorithm, EVP_PKEY *key, ClrBytes message, ClrBytes signature)
{
	size_t expected = algorithm == CLR_EDDSA ? ED25519_BYTES :
					  algorithm == CLR_ES256 ? ES256_BYTES :
											   (size_t) EVP_PKEY_get_size(key);
	bool good = false;

	if (signature.len != expected)
		return "The signature has a wrong length.";
	switch (algorithm)
	{
		case CLR_EDDSA:
			good = verifies(key, NULL, message, signature);
			break;
		case CLR_ES256:
			good = verifies_ecdsa(key, message, signature);
			break;
		case CLR_RS256:
			good = verifies(key, EVP_sha256(), message, signature);
			break;
		case CLR_HS256:
			break;
	}
	return good ? NULL : "The signature is not of this key.";
}

static bool
verifies(EVP_PKEY *key, const EVP_MD *digest, ClrBytes message, ClrBytes signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good =
		context != NULL && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
		EVP_DigestVerify(context, signature.data, signature.len, message.data, message.len) == 1;

	EVP_MD_CTX_free(context);
	return good;
}

/* A token has r and s side by side; OpenSSL takes their DER form. */
static bool
verifies_ecdsa(EVP_PKEY *key, ClrBytes message, ClrBytes raw)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw.data, ES256_BYTES / 2, NULL);
	BIGNUM *s = BN_bin2bn(raw.data + ES256_BYTES / 2, ES256_BYTES / 2, NULL);
	unsigned char *der = NULL;
	bool good = false;

	if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1)
	{
		ClrBytes signature;
		int len = i2d_ECDSA_SIG(pair, &der);

		signature.data = der;
		signature.len = (size_t) len;
		good = len > 0 && verifies(key, EVP_sha256(), message, signature);
	}
	else
	{
		BN_free(r); /* not the pair's yet */
		BN_free(s);
	}
	ECDSA_SIG_free(pair);
	OPENSSL_free(der);
	return good;
}
