#include "keystore/ks_scheme.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "keystore/ks.h"

#define SIGNATURE_MAX 1024

#define RSA_SCHEME(scheme, hash, pad, must, without)                                               \
	{                                                                                          \
		.name = (scheme), .type = "RSA", .digest = (hash), .padding = (pad),               \
		.needed = (must), .fails = (without)                                               \
	}
#define EC_SCHEME(scheme, hash, curve)                                                             \
	{                                                                                          \
		.name = (scheme), .type = (curve), .digest = (hash), .needed = true,               \
		.fails = "no handshake will work"                                                  \
	}
#define SOME_CLIENTS                                                                               \
	"clients that prefer it will fail; take it out of the server's signature algorithms"

/* What RFC 8446 9.1 demands of everybody comes first; all the rest a server can be told to avoid.
 */
static const struct ks_scheme schemes[] = {
	RSA_SCHEME("rsa_pkcs1_sha256", "SHA256", RSA_PKCS1_PADDING, true,
		"TLS 1.2 will fail with clients that do not know RSA-PSS"),
	RSA_SCHEME(
		"rsa_pss_rsae_sha256", "SHA256", RSA_PKCS1_PSS_PADDING, true, "TLS 1.3 will fail"),
	RSA_SCHEME("rsa_pss_rsae_sha384", "SHA384", RSA_PKCS1_PSS_PADDING, false, SOME_CLIENTS),
	RSA_SCHEME("rsa_pss_rsae_sha512", "SHA512", RSA_PKCS1_PSS_PADDING, false, SOME_CLIENTS),
	RSA_SCHEME("rsa_pkcs1_sha384", "SHA384", RSA_PKCS1_PADDING, false, SOME_CLIENTS),
	RSA_SCHEME("rsa_pkcs1_sha512", "SHA512", RSA_PKCS1_PADDING, false, SOME_CLIENTS),
	EC_SCHEME("ecdsa_secp256r1_sha256", "SHA256", "prime256v1"),
	EC_SCHEME("ecdsa_secp384r1_sha384", "SHA384", "secp384r1"),
	EC_SCHEME("ecdsa_secp521r1_sha512", "SHA512", "secp521r1"),
};

static const unsigned char message[] = "a message to see whether this key can sign";

/* The public half as a key of OpenSSL's own, so that no token takes part in verifying. */
static bool public_half(EVP_PKEY **out, EVP_PKEY *key, struct err *err)
{
	AUTO(ossl_bytes) unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	const unsigned char *at = der;

	*out = len > 0 ? d2i_PUBKEY(NULL, &at, len) : NULL;
	return *out || err_crypto(err, ERR_KEYSTORE, "read the public half of the key");
}

static bool set_padding(EVP_PKEY_CTX *ctx, int padding)
{
	if (!padding)
		return true;
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, padding) <= 0)
		return false;
	return padding != RSA_PKCS1_PSS_PADDING ||
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0;
}

static bool sign(unsigned char *out, size_t *len, EVP_PKEY *key, const EVP_MD *digest, int padding)
{
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;

	return ctx && EVP_DigestSignInit(ctx, &pctx, digest, NULL, key) > 0 &&
	       set_padding(pctx, padding) &&
	       EVP_DigestSign(ctx, out, len, message, sizeof(message)) > 0;
}

static bool verify(
	const unsigned char *sig, size_t len, EVP_PKEY *key, const EVP_MD *digest, int padding)
{
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;

	return ctx && EVP_DigestVerifyInit(ctx, &pctx, digest, NULL, key) > 0 &&
	       set_padding(pctx, padding) &&
	       EVP_DigestVerify(ctx, sig, len, message, sizeof(message)) > 0;
}

static bool try_scheme(EVP_PKEY *key, const struct ks_scheme *s, struct err *err)
{
	const EVP_MD *digest = EVP_get_digestbyname(s->digest);
	AUTO(pkey) EVP_PKEY *public = NULL;
	unsigned char sig[SIGNATURE_MAX];
	size_t len = sizeof(sig);

	ERR_clear_error();
	if (!public_half(&public, key, err))
		return false;
	if ((size_t)EVP_PKEY_get_size(key) > sizeof(sig))
		return err_set(err, ERR_KEYSTORE, "the key is too large");
	if (!sign(sig, &len, key, digest, s->padding))
		return err_crypto(err, ERR_KEYSTORE, "sign a test message with %s", s->name);
	if (!verify(sig, len, public, digest, s->padding))
		return err_crypto(err, ERR_KEYSTORE,
			"a test signature with %s does not fit the public key", s->name);
	return true;
}

/* As the table has it; NULL for a key that it has nothing for. */
static const char *type_of(EVP_PKEY *key)
{
	enum ks_key_type type = KS_RSA_2048;

	if (EVP_PKEY_is_a(key, "RSA"))
		return "RSA";
	return ks_key_type_of(&type, key) ? ks_key_spec(type)->group : NULL;
}

static bool known_type(const char **out, EVP_PKEY *key, struct err *err)
{
	*out = type_of(key);
	return *out || err_set(err, ERR_KEYSTORE, "neither RSA nor EC on P-256, P-384 or P-521");
}

bool ks_try(struct ks_trial out[static KS_SCHEMES_MAX], size_t *n, EVP_PKEY *key, struct err *err)
{
	size_t tried = 0;
	const char *type;

	if (!known_type(&type, key, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (strcmp(schemes[i].type, type) != 0)
			continue;
		out[tried] = (struct ks_trial) { .scheme = &schemes[i] };
		if (!try_scheme(key, &schemes[i], &out[tried].why))
			out[tried].why.kind = ERR_KEYSTORE;
		tried++;
	}
	*n = tried;
	return true;
}

const struct ks_scheme *ks_scheme_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (!strcmp(schemes[i].name, name))
			return &schemes[i];
	return NULL;
}

bool ks_probe(EVP_PKEY *key, struct err *err)
{
	const char *type;

	if (!known_type(&type, key, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (schemes[i].needed && !strcmp(schemes[i].type, type) &&
			!try_scheme(key, &schemes[i], err))
			return false;
	return true;
}
