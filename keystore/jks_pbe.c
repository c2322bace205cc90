#include "keystore/jks_pbe.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/secret.h"
#include "keystore/ks_credential.h"
#include "keystore/pbe.h"

#define HALF (JKS_PBE_SALT_LEN / 2)
#define MD5_LEN 16

AUTO_DEFINE(pbe_param, PBEPARAM *, PBEPARAM_free);

void jks_pbe_wipe(struct jks_pbe *pbe)
{
	OPENSSL_cleanse(pbe, sizeof(*pbe));
}

/*
 * Two equal halves would give two equal keys. The JDK means to turn the first one around, and makes
 * (d, a, b, d) of (a, b, c, d): that is the format now.
 */
static void part_halves(unsigned char salt[static JKS_PBE_SALT_LEN])
{
	const unsigned char turned[HALF] = { salt[3], salt[0], salt[1], salt[3] };

	if (!memcmp(salt, salt + HALF, HALF))
		memcpy(salt, turned, HALF);
}

/* MD5 over and over: of half the salt first, then of what came out, each with the password. */
static bool hash_half(unsigned char out[static MD5_LEN], const unsigned char half[static HALF],
	long rounds, const struct secret *password)
{
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const unsigned char *from = half;
	size_t len = HALF;

	if (!ctx || !EVP_DigestInit_ex2(ctx, EVP_md5(), NULL))
		return false;
	for (long i = 0; i < rounds; i++) {
		if (!EVP_DigestInit_ex2(ctx, NULL, NULL) || !EVP_DigestUpdate(ctx, from, len) ||
			!EVP_DigestUpdate(ctx, secret_bytes(password), secret_len(password)) ||
			!EVP_DigestFinal_ex(ctx, out, NULL))
			return false;
		from = out;
		len = MD5_LEN;
	}
	return true;
}

static bool derive(struct jks_pbe *out, unsigned char salt[static JKS_PBE_SALT_LEN], long rounds,
	const struct secret *password, struct err *err)
{
	unsigned char both[2 * MD5_LEN];
	bool ok;

	_Static_assert(sizeof(both) == sizeof(*out), "the digests fill key and vector");
	part_halves(salt);
	ok = hash_half(both, salt, rounds, password) &&
	     hash_half(both + MD5_LEN, salt + HALF, rounds, password);
	if (ok)
		memcpy(out, both, sizeof(both));
	OPENSSL_cleanse(both, sizeof(both));
	return ok || err_crypto(err, ERR_KEYSTORE, "MD5");
}

bool jks_pbe_printable(const struct secret *password)
{
	const char *text = secret_bytes(password);

	for (size_t i = 0; i < secret_len(password); i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return true;
}

bool jks_pbe_derive(struct jks_pbe *out, const X509_ALGOR *algorithm, const struct secret *password,
	struct err *err)
{
	AUTO(pbe_param)
	PBEPARAM *param = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter);
	long budget = KS_PKCS12_ITERATIONS_MAX;
	unsigned char salt[JKS_PBE_SALT_LEN];

	if (!param || param->salt->length != sizeof(salt))
		return err_set(err, ERR_KEYSTORE, "the private key is damaged");
	if (!jks_pbe_printable(password))
		return err_set(err, ERR_KEYSTORE,
			"wrong password for the private key: Java allows nothing but printable "
			"ASCII in it");
	if (!pbe_spend(&budget, param->iter, err))
		return false;
	memcpy(salt, param->salt->data, sizeof(salt));
	return derive(out, salt, KS_PKCS12_ITERATIONS_MAX - budget, password, err);
}
