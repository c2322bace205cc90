#include "csr/key.h"

#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>

#include "csr/weak.h"

#define RSA_BITS_MIN 2048
#define RSA_EXPONENT_MIN 65537
#define RSA_EXPONENT_BITS_MAX 256

AUTO_DEFINE(bignum, BIGNUM *, BN_free);

static bool take_spki(struct buf *out, unsigned char *der, int len, struct err *err)
{
	AUTO(ossl_bytes) unsigned char *owned = der;

	if (len <= 0)
		return err_crypto(err, ERR_KEYSTORE, "read the public half of the key");
	buf_add(out, owned, (size_t)len);
	return buf_check(out, "public key", err);
}

bool csr_key_spki(struct buf *out, EVP_PKEY *key, struct err *err)
{
	unsigned char *der = NULL;
	int len;

	ERR_clear_error();
	len = i2d_PUBKEY(key, &der);
	return take_spki(out, der, len, err);
}

bool csr_pubkey_spki(struct buf *out, const X509_PUBKEY *key, struct err *err)
{
	unsigned char *der = NULL;
	int len;

	ERR_clear_error();
	len = i2d_X509_PUBKEY(key, &der);
	return take_spki(out, der, len, err);
}

/*
 * The public half as OpenSSL itself would read it: a key in a token answers only some questions,
 * and those through code of the token's vendor.
 */
static EVP_PKEY *public_half(EVP_PKEY *key, struct err *err)
{
	AUTO(buf) struct buf spki = BUF(CSR_SPKI_MAX);
	const unsigned char *at;
	EVP_PKEY *half;

	if (!csr_key_spki(&spki, key, err))
		return NULL;
	at = (const unsigned char *)spki.data;
	half = d2i_PUBKEY(NULL, &at, (long)spki.len);
	if (!half)
		err_crypto(err, ERR_KEYSTORE, "read the public half of the key");
	return half;
}

static bool check_exponent(const BIGNUM *e, struct err *err)
{
	if (!BN_is_odd(e) || BN_num_bits(e) > RSA_EXPONENT_BITS_MAX ||
		(BN_num_bits(e) < 32 && BN_get_word(e) < RSA_EXPONENT_MIN))
		return err_set(err, ERR_KEYSTORE,
			"RSA key has a weak public exponent; it must be odd, from 65537 to 2^256");
	return true;
}

static bool check_rsa(EVP_PKEY *key, struct err *err)
{
	AUTO(bignum) BIGNUM *n = NULL;
	AUTO(bignum) BIGNUM *e = NULL;
	int bits = EVP_PKEY_get_bits(key);
	const char *why;

	if (bits < RSA_BITS_MIN || bits % 8)
		return err_set(err, ERR_KEYSTORE,
			"RSA key of %d bits; it must have 2048 or more, in whole bytes", bits);
	if (!EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) ||
		!EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e))
		return err_crypto(err, ERR_KEYSTORE, "read the RSA key");
	if (!check_exponent(e, err))
		return false;
	why = csr_weak_modulus(n);
	if (why)
		return err_set(err, ERR_KEYSTORE, "RSA key is weak: %s; make another", why);
	return true;
}

static bool check_ec(EVP_PKEY *key, struct err *err)
{
	static const char *const curves[] = { "prime256v1", "secp384r1", "secp521r1" };
	int explicit_curve = 0;
	char curve[64];

	if (!EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL))
		return err_crypto(err, ERR_KEYSTORE, "read the curve of the EC key");
	if (EVP_PKEY_get_int_param(
		    key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_curve) &&
		explicit_curve)
		return err_set(err, ERR_KEYSTORE, "EC key spells its curve out, not by name");
	for (size_t i = 0; i < ARRAY_LEN(curves); i++)
		if (!strcmp(curve, curves[i]))
			return true;
	return err_set(err, ERR_KEYSTORE,
		"EC key on the curve %s; it must be P-256, P-384 or P-521", curve);
}

bool csr_check_key(EVP_PKEY *key, struct err *err)
{
	AUTO(pkey) EVP_PKEY *half = public_half(key, err);

	if (!half)
		return false;
	switch (EVP_PKEY_get_base_id(half)) {
	case EVP_PKEY_RSA:
		return check_rsa(half, err);
	case EVP_PKEY_EC:
		return check_ec(half, err);
	default:
		return err_set(err, ERR_KEYSTORE, "key of the type %s; it must be RSA or EC",
			OBJ_nid2sn(EVP_PKEY_get_base_id(half)));
	}
}

static bool pem_spki(struct buf *out, const char *pem, size_t len, struct err *err)
{
	AUTO(bio) BIO *bio = len > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)len);
	AUTO(x509_req) X509_REQ *request = NULL;
	AUTO(x509) X509 *cert = NULL;

	ERR_clear_error();
	request = bio ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL) : NULL;
	if (request)
		return csr_pubkey_spki(out, X509_REQ_get_X509_PUBKEY(request), err);
	if (bio && BIO_reset(bio) == 1)
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	ERR_clear_error();
	if (cert)
		return csr_pubkey_spki(out, X509_get_X509_PUBKEY(cert), err);
	return err_set(err, ERR_IO, "damaged file: no PEM request or certificate in it");
}

bool csr_fingerprint_spki(
	char out[static CSR_SHA256_HEX], const char *pem, size_t len, struct err *err)
{
	AUTO(buf) struct buf spki = BUF(CSR_SPKI_MAX);

	if (!pem_spki(&spki, pem, len, err))
		return false;
	return csr_der_fingerprint(out, spki.data, spki.len) || err_memory(err);
}

bool csr_key_fingerprint(char out[static CSR_SHA256_HEX], EVP_PKEY *key, struct err *err)
{
	AUTO(buf) struct buf spki = BUF(CSR_SPKI_MAX);

	if (!csr_key_spki(&spki, key, err))
		return false;
	return csr_der_fingerprint(out, spki.data, spki.len) || err_memory(err);
}

bool csr_matches_key(const char *pem, size_t len, EVP_PKEY *key, struct err *err)
{
	AUTO(buf) struct buf spki = BUF(CSR_SPKI_MAX);
	AUTO(buf) struct buf ours = BUF(CSR_SPKI_MAX);

	if (!pem_spki(&spki, pem, len, err) || !csr_key_spki(&ours, key, err))
		return false;
	if (spki.len == ours.len && !memcmp(spki.data, ours.data, ours.len))
		return true;
	return err_set(err, ERR_KEYSTORE, "key is not the one the request was made for");
}

bool csr_der_fingerprint(char out[static CSR_SHA256_HEX], const void *der, size_t len)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	AUTO(buf) struct buf hex = BUF(CSR_SHA256_HEX);
	size_t digest_len;

	if (!EVP_Q_digest(NULL, "SHA256", NULL, der, len, digest, &digest_len))
		return false;
	buf_add_hex(&hex, digest, digest_len);
	if (!buf_ok(&hex) || hex.len != CSR_SHA256_HEX - 1)
		return false;
	memcpy(out, hex.data, CSR_SHA256_HEX);
	return true;
}
