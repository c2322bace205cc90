#include <openssl/err.h>
#include <openssl/rsa.h>

#include "keystore/ks.h"

#define SIGNATURE_MAX 1024

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

static bool try_scheme(
	EVP_PKEY *key, const EVP_MD *digest, int padding, const char *scheme, struct err *err)
{
	AUTO(pkey) EVP_PKEY *public = NULL;
	unsigned char sig[SIGNATURE_MAX];
	size_t len = sizeof(sig);

	if (!public_half(&public, key, err))
		return false;
	if ((size_t)EVP_PKEY_get_size(key) > sizeof(sig))
		return err_set(err, ERR_KEYSTORE, "the key is too large");
	if (!sign(sig, &len, key, digest, padding))
		return err_crypto(err, ERR_KEYSTORE, "sign a test message with %s", scheme);
	if (!verify(sig, len, public, digest, padding))
		return err_crypto(err, ERR_KEYSTORE,
			"a test signature with %s does not fit the public key", scheme);
	return true;
}

bool ks_probe(EVP_PKEY *key, struct err *err)
{
	enum ks_key_type type = KS_RSA_2048;

	ERR_clear_error();
	if (EVP_PKEY_is_a(key, "RSA"))
		return try_scheme(key, EVP_sha256(), RSA_PKCS1_PADDING, "RSA PKCS #1 v1.5", err) &&
		       try_scheme(key, EVP_sha256(), RSA_PKCS1_PSS_PADDING, "RSA-PSS", err);
	if (!ks_key_type_of(&type, key))
		return err_set(err, ERR_KEYSTORE, "neither RSA nor EC on P-256, P-384 or P-521");
	return try_scheme(key, EVP_get_digestbyname(ks_key_spec(type)->digest), 0, "ECDSA", err);
}
