#include "keystore/jks_seal.h"

#include <openssl/objects.h>
#include <openssl/rand.h>

#include "keystore/jks_key.h"
#include "keystore/jks_pbe.h"
#include "keystore/jks_text.h"
#include "keystore/pbe.h"

#define KEY_MAX 65536 /* bytes of an encoded key; RSA with 16384 bits has less than 10000 */
#define BLOCK_LEN 8   /* of triple DES */

AUTO_DEFINE(cipher_ctx, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free);
AUTO_DEFINE(pbe_param, PBEPARAM *, PBEPARAM_free);

static struct jks_bytes bytes_of(const struct buf *b)
{
	return (struct jks_bytes) { (const unsigned char *)b->data, b->len };
}

static bool encode(struct buf *plain, EVP_PKEY *key, struct err *err)
{
	AUTO(pkcs8) PKCS8_PRIV_KEY_INFO *info = NULL;
	unsigned char *der = NULL;
	int len;

	if (!pbe_export_key(&info, key, err))
		return false;
	len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	if (len <= 0)
		return err_crypto(err, ERR_KEYSTORE, "encode the private key");
	buf_add(plain, der, (size_t)len);
	OPENSSL_clear_free(der, (size_t)len);
	return buf_check(plain, "private key", err);
}

/* Salt, XOR with a stream, and SHA-1(password, key). */
static bool seal_stream(struct buf *out, X509_ALGOR *algorithm, const struct buf *plain,
	const struct secret *password, struct err *err)
{
	AUTO(buf_secret) struct buf text = BUF(JKS_PASSWORD_MAX);
	unsigned char salt[JKS_KEY_SALT_LEN];
	unsigned char check[JKS_DIGEST_LEN];
	const struct jks_bytes key = bytes_of(plain);
	struct jks_bytes part[] = { { 0 }, key };

	if (RAND_bytes(salt, sizeof(salt)) != 1 ||
		!X509_ALGOR_set0(algorithm, OBJ_txt2obj(JKS_KEY_OID, 1), V_ASN1_NULL, NULL))
		return err_crypto(err, ERR_KEYSTORE, "salt");
	if (!jks_text_password(&text, password, err))
		return false;
	buf_add(out, salt, sizeof(salt));
	part[0] = bytes_of(&text);
	if (!jks_key_stream(out, &(struct jks_bytes) { salt, sizeof(salt) }, &key, &text, err) ||
		!jks_sha1(check, part, ARRAY_LEN(part), err))
		return false;
	buf_add(out, check, sizeof(check));
	return true;
}

static bool set_pbe(X509_ALGOR *algorithm, struct err *err)
{
	AUTO(pbe_param) PBEPARAM *param = PBEPARAM_new();
	unsigned char salt[JKS_PBE_SALT_LEN];
	ASN1_STRING *packed;

	if (!param || RAND_bytes(salt, sizeof(salt)) != 1 ||
		!ASN1_INTEGER_set(param->iter, JKS_SEAL_ROUNDS) ||
		!ASN1_STRING_set(param->salt, salt, sizeof(salt)))
		return err_crypto(err, ERR_KEYSTORE, "salt");
	packed = ASN1_item_pack(param, ASN1_ITEM_rptr(PBEPARAM), NULL);
	if (packed && X509_ALGOR_set0(algorithm, OBJ_txt2obj(JKS_KEY_OID_JCEKS, 1), V_ASN1_SEQUENCE,
			      packed))
		return true;
	ASN1_STRING_free(packed);
	return err_memory(err);
}

static bool seal_pbe(struct buf *out, X509_ALGOR *algorithm, const struct buf *plain,
	const struct secret *password, struct err *err)
{
	AUTO(cipher_ctx) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	AUTO(jks_pbe) struct jks_pbe pbe;
	unsigned char *to;
	int len = 0;
	int tail = 0;

	if (!ctx)
		return err_memory(err);
	if (!jks_pbe_printable(password))
		return err_set(err, ERR_KEYSTORE,
			"Java seals a JCEKS key with nothing but printable ASCII; choose another "
			"password for the key (key_password_file), or format = pkcs12");
	if (!set_pbe(algorithm, err) || !jks_pbe_derive(&pbe, algorithm, password, err))
		return false;
	to = (unsigned char *)buf_extend(out, plain->len + BLOCK_LEN);
	if (!to)
		return err_memory(err);
	if (!EVP_EncryptInit_ex2(ctx, EVP_des_ede3_cbc(), pbe.key, pbe.iv, NULL) ||
		!EVP_EncryptUpdate(
			ctx, to, &len, (const unsigned char *)plain->data, (int)plain->len) ||
		!EVP_EncryptFinal_ex(ctx, to + len, &tail))
		return err_crypto(err, ERR_KEYSTORE, "triple DES");
	out->len -= plain->len + BLOCK_LEN - (size_t)len - (size_t)tail;
	return true;
}

static bool pack(struct buf *out, X509_SIG *sig, const struct buf *sealed, struct err *err)
{
	AUTO(ossl_bytes) unsigned char *der = NULL;
	ASN1_OCTET_STRING *octets;
	int len;

	X509_SIG_getm(sig, NULL, &octets);
	if (!buf_check(sealed, "private key", err))
		return false;
	if (!ASN1_OCTET_STRING_set(octets, (unsigned char *)sealed->data, (int)sealed->len) ||
		(len = i2d_X509_SIG(sig, &der)) <= 0)
		return err_crypto(err, ERR_KEYSTORE, "encode the private key");
	buf_add(out, der, (size_t)len);
	return buf_check(out, "private key", err);
}

bool jks_key_seal(
	struct buf *out, bool jceks, EVP_PKEY *key, const struct secret *password, struct err *err)
{
	AUTO(buf_secret) struct buf plain = BUF(KEY_MAX);
	AUTO(buf) struct buf sealed = BUF(KEY_MAX + 64);
	AUTO(x509_sig) X509_SIG *sig = X509_SIG_new();
	X509_ALGOR *algorithm;

	if (!sig)
		return err_memory(err);
	X509_SIG_getm(sig, &algorithm, NULL);
	return encode(&plain, key, err) &&
	       (jceks ? seal_pbe : seal_stream)(&sealed, algorithm, &plain, password, err) &&
	       pack(out, sig, &sealed, err);
}
