#include "keystore/jks_key.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include "base/buf.h"
#include "base/secret.h"
#include "keystore/jks.h"
#include "keystore/jks_pbe.h"
#include "keystore/jks_text.h"
#include "keystore/pbe.h"

#define KEY_MAX 65536 /* bytes of an opened key; RSA with 16384 bits has less than 10000 */

AUTO_DEFINE(cipher_ctx, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free);

static bool wrong_password(struct err *err)
{
	ERR_clear_error();
	return err_set(
		err, ERR_KEYSTORE, "wrong password for the private key, or the key is damaged");
}

static bool damaged(struct err *err)
{
	ERR_clear_error();
	return err_set(err, ERR_KEYSTORE, "the private key is damaged");
}

static struct jks_bytes bytes_of(const struct buf *b)
{
	return (struct jks_bytes) { (const unsigned char *)b->data, b->len };
}

/* XOR with a stream: its next block is SHA-1(password, block before), and before all is the salt.
 */
bool jks_key_stream(struct buf *out, const struct jks_bytes *salt, const struct jks_bytes *in,
	const struct buf *password, struct err *err)
{
	unsigned char block[JKS_DIGEST_LEN];
	const struct jks_bytes part[] = { bytes_of(password), { block, sizeof(block) } };
	char *to = buf_extend(out, in->len);
	bool ok = to || damaged(err);

	memcpy(block, salt->data, sizeof(block));
	for (size_t i = 0; ok && i < in->len; i++) {
		if (i % sizeof(block) == 0)
			ok = jks_sha1(block, part, ARRAY_LEN(part), err);
		to[i] = (char)(in->data[i] ^ block[i % sizeof(block)]);
	}
	OPENSSL_cleanse(block, sizeof(block));
	return ok;
}

/* Salt, sealed key, and SHA-1(password, key), which tells a wrong password. */
static bool open_stream(struct buf *plain, const X509_ALGOR *algorithm,
	const struct jks_bytes *content, const struct secret *password, struct err *err)
{
	AUTO(buf_secret) struct buf text = BUF(JKS_PASSWORD_MAX);
	struct jks_in in = { content->data, content->len };
	struct jks_bytes salt;
	struct jks_bytes sealed;
	struct jks_bytes part[2];
	unsigned char check[JKS_DIGEST_LEN];

	(void)algorithm;
	if (in.left <= JKS_KEY_SALT_LEN + JKS_DIGEST_LEN ||
		!jks_in_bytes(&salt, &in, JKS_KEY_SALT_LEN) ||
		!jks_in_bytes(&sealed, &in, in.left - JKS_DIGEST_LEN))
		return damaged(err);
	if (!jks_text_password(&text, password, err) ||
		!jks_key_stream(plain, &salt, &sealed, &text, err))
		return false;
	part[0] = bytes_of(&text);
	part[1] = bytes_of(plain);
	if (!jks_sha1(check, part, ARRAY_LEN(part), err))
		return false;
	return !CRYPTO_memcmp(check, in.at, sizeof(check)) || wrong_password(err);
}

/* The padding is the only check there is; what passes by chance is no PKCS #8. */
static bool open_pbe(struct buf *plain, const X509_ALGOR *algorithm,
	const struct jks_bytes *content, const struct secret *password, struct err *err)
{
	AUTO(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	AUTO(jks_pbe) struct jks_pbe pbe;
	unsigned char *to;
	int len = 0;
	int tail = 0;

	if (!ctx)
		return err_memory(err);
	if (!jks_pbe_derive(&pbe, algorithm, password, err))
		return false;
	to = (unsigned char *)buf_extend(plain, content->len);
	if (!to)
		return damaged(err);
	if (!EVP_DecryptInit_ex2(ctx, EVP_des_ede3_cbc(), pbe.key, pbe.iv, NULL))
		return err_crypto(err, ERR_KEYSTORE, "triple DES");
	if (!EVP_DecryptUpdate(ctx, to, &len, content->data, (int)content->len) ||
		!EVP_DecryptFinal_ex(ctx, to + len, &tail))
		return wrong_password(err);
	plain->len = (size_t)len + (size_t)tail;
	return true;
}

/* A JCEKS file may hold keys of both kinds. */
static const struct {
	const char *oid;
	bool (*open)(struct buf *plain, const X509_ALGOR *algorithm,
		const struct jks_bytes *content, const struct secret *password, struct err *err);
} algorithms[] = {
	{ JKS_KEY_OID, open_stream },
	{ JKS_KEY_OID_JCEKS, open_pbe },
};

static bool decrypt(
	struct buf *plain, const X509_SIG *sig, const struct secret *password, struct err *err)
{
	const X509_ALGOR *algorithm;
	const ASN1_OCTET_STRING *octets;
	struct jks_bytes content;
	char oid[64] = "?";

	X509_SIG_get0(sig, &algorithm, &octets);
	content = (struct jks_bytes) { octets->data, (size_t)octets->length };
	OBJ_obj2txt(oid, sizeof(oid), algorithm->algorithm, 1);
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
		if (!strcmp(oid, algorithms[i].oid))
			return algorithms[i].open(plain, algorithm, &content, password, err);
	return err_set(err, ERR_KEYSTORE,
		"the private key is sealed with the algorithm %s, which is not supported", oid);
}

static bool decode(EVP_PKEY **out, const struct buf *plain, struct err *err)
{
	const unsigned char *at = (const unsigned char *)plain->data;
	const unsigned char *end = at + plain->len;
	AUTO(pkcs8)
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)plain->len);
	EVP_PKEY *key;

	if (!info || at != end)
		return wrong_password(err);
	key = EVP_PKCS82PKEY(info);
	if (!key)
		return err_crypto(err, ERR_KEYSTORE, "decode the private key");
	*out = key;
	return true;
}

bool jks_key_open(EVP_PKEY **out, const struct jks_bytes *sealed, const struct secret *password,
	struct err *err)
{
	const unsigned char *at = sealed->data;
	AUTO(x509_sig) X509_SIG *sig = d2i_X509_SIG(NULL, &at, (long)sealed->len);
	AUTO(buf_secret) struct buf plain = BUF(KEY_MAX);

	if (!sig || at != sealed->data + sealed->len)
		return damaged(err);
	return decrypt(&plain, sig, password, err) && decode(out, &plain, err);
}
