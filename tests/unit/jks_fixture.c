#include "jks_fixture.h"

#include <string.h>

#include "base/secret.h"
#include "keystore/jks_pbe.h"

AUTO_DEFINE(sig, X509_SIG *, X509_SIG_free);

static void must(bool ok)
{
	if (!ok)
		abort();
}

void jks_put(struct buf *out, size_t width, uint64_t n)
{
	while (width--) {
		const char byte = (char)(n >> (8 * width));

		buf_add(out, &byte, 1);
	}
}

static void put_block(struct buf *out, size_t width, const void *data, size_t len)
{
	jks_put(out, width, len);
	buf_add(out, data, len);
}

static void put_text(struct buf *out, const char *text)
{
	put_block(out, 2, text, strlen(text));
}

void jks_put_base64(struct buf *out, const char *text)
{
	size_t len = strlen(text);
	unsigned char *to = (unsigned char *)buf_extend(out, len / 4 * 3);

	must(to && EVP_DecodeBlock(to, (const unsigned char *)text, (int)len) > 0);
	while (len && text[--len] == '=')
		out->len--;
}

/* SHA-1(password in UTF-16BE, bytes) */
static void keyed_digest(unsigned char out[static JKS_DIGEST_LEN], const char *password,
	const void *data, size_t len)
{
	AUTO(buf) struct buf all = BUF(2 * JKS_FILE_MAX);

	for (; *password; password++)
		jks_put(&all, 2, (unsigned char)*password);
	buf_add(&all, data, len);
	must(buf_ok(&all) && EVP_Digest(all.data, all.len, out, NULL, EVP_sha1(), NULL));
}

/* Salt, XOR, digest. */
static void seal_stream(struct buf *out, const struct buf *plain, const char *password)
{
	unsigned char block[JKS_DIGEST_LEN] = "salt of twenty bytes";

	buf_add(out, block, sizeof(block));
	for (size_t i = 0; i < plain->len; i++) {
		if (i % sizeof(block) == 0)
			keyed_digest(block, password, block, sizeof(block));
		jks_put(out, 1, (unsigned char)plain->data[i] ^ block[i % sizeof(block)]);
	}
	keyed_digest(block, password, plain->data, plain->len);
	buf_add(out, block, sizeof(block));
}

static void set_pbe(X509_ALGOR *algorithm, const char *oid, long rounds)
{
	PBEPARAM *param = PBEPARAM_new();
	ASN1_STRING *packed;

	must(param && ASN1_INTEGER_set(param->iter, rounds) &&
		ASN1_STRING_set(param->salt, "saltsalz", JKS_PBE_SALT_LEN));
	packed = ASN1_item_pack(param, ASN1_ITEM_rptr(PBEPARAM), NULL);
	must(packed && X509_ALGOR_set0(algorithm, OBJ_txt2obj(oid, 1), V_ASN1_SEQUENCE, packed));
	PBEPARAM_free(param);
}

static void seal_pbe(struct buf *out, const struct buf *plain, const X509_ALGOR *algorithm,
	const char *password, bool for_show)
{
	AUTO(secret) struct secret *secret = secret_new(password, strlen(password));
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct jks_pbe pbe = { { 0 }, { 0 } };
	unsigned char *to = (unsigned char *)buf_extend(out, plain->len + 8);
	struct err err;
	int len;
	int tail;

	must(secret && ctx && to && (for_show || jks_pbe_derive(&pbe, algorithm, secret, &err)));
	must(EVP_EncryptInit_ex2(ctx, EVP_des_ede3_cbc(), pbe.key, pbe.iv, NULL) &&
		EVP_EncryptUpdate(
			ctx, to, &len, (const unsigned char *)plain->data, (int)plain->len) &&
		EVP_EncryptFinal_ex(ctx, to + len, &tail));
	out->len = out->len - (plain->len + 8) + (size_t)(len + tail);
	EVP_CIPHER_CTX_free(ctx);
}

static void put_plain_key(struct buf *out, EVP_PKEY *key)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	unsigned char *der = NULL;
	int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

	must(info && len > 0);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	PKCS8_PRIV_KEY_INFO_free(info);
}

static void put_sealed_key(
	struct buf *out, const struct jks_spec *spec, const struct jks_item *item)
{
	AUTO(buf) struct buf plain = BUF(JKS_FILE_MAX);
	AUTO(buf) struct buf sealed = BUF(JKS_FILE_MAX);
	AUTO(sig) X509_SIG *sig = X509_SIG_new();
	AUTO(ossl_bytes) unsigned char *der = NULL;
	const char *password = item->key_password ? item->key_password : spec->password;
	X509_ALGOR *algorithm;
	ASN1_OCTET_STRING *octets;
	int len;

	must(sig);
	X509_SIG_getm(sig, &algorithm, &octets);
	put_plain_key(&plain, item->key);
	if (spec->jceks) {
		set_pbe(algorithm, item->oid ? item->oid : "1.3.6.1.4.1.42.2.19.1",
			spec->rounds ? spec->rounds : 1);
		seal_pbe(&sealed, &plain, algorithm, password, spec->rounds == JKS_BOMB);
	} else {
		must(X509_ALGOR_set0(algorithm,
			OBJ_txt2obj(item->oid ? item->oid : "1.3.6.1.4.1.42.2.17.1.1", 1),
			V_ASN1_NULL, NULL));
		seal_stream(&sealed, &plain, password);
	}
	must(ASN1_OCTET_STRING_set(octets, (unsigned char *)sealed.data, (int)sealed.len));
	len = i2d_X509_SIG(sig, &der);
	must(len > 0);
	put_block(out, 4, der, (size_t)len);
}

static void put_certificate(struct buf *out, unsigned version, X509 *cert)
{
	AUTO(ossl_bytes) unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	must(len > 0);
	if (version == 2)
		put_text(out, "X.509");
	put_block(out, 4, der, (size_t)len);
}

/* A class of the stream, as far as its flags. */
static void put_class(struct buf *out, const char *name)
{
	jks_put(out, 1, 0x72);
	put_text(out, name);
	jks_put(out, 8, 0x0123456789abcdef);
	jks_put(out, 1, 2);
}

static void put_field(struct buf *out, const char *type, const char *name, const char *class)
{
	buf_add_str(out, type);
	put_text(out, name);
	if (class) {
		jks_put(out, 1, 0x74);
		put_text(out, class);
	} else {
		jks_put(out, 5, *type == '[' ? 0x71007e0002 : 0x71007e0003);
	}
}

void jks_put_object(struct buf *out)
{
	jks_put(out, 5, 0xaced000573);
	put_class(out, "com.sun.crypto.provider.SealedObjectForKeyProtector");
	jks_put(out, 3, 0x000078);
	put_class(out, "javax.crypto.SealedObject");
	jks_put(out, 2, 4);
	put_field(out, "[", "encodedParams", "[B");
	put_field(out, "[", "encryptedContent", NULL);
	put_field(out, "L", "paramsAlg", "Ljava/lang/String;");
	put_field(out, "L", "sealAlg", NULL);
	jks_put(out, 3, 0x787075);
	put_class(out, "[B");
	jks_put(out, 4, 0x00007870);
	put_block(out, 4, "parameters", 10);
	jks_put(out, 6, 0x7571007e0005);
	put_block(out, 4, "sealed", 6);
	jks_put(out, 1, 0x74);
	put_text(out, "PBEWithMD5AndTripleDES");
	jks_put(out, 5, 0x71007e0009);
}

static void put_item(struct buf *out, const struct jks_spec *spec, const struct jks_item *item)
{
	unsigned version = spec->version ? spec->version : 2;
	size_t certs = 0;

	jks_put(out, 4, item->kind);
	put_text(out, item->alias);
	jks_put(out, 8, 1800000000000);
	if (item->kind == JKS_SECRET_KEY)
		jks_put_object(out);
	while (certs < JKS_MANY && item->cert[certs])
		certs++;
	if (item->kind == JKS_PRIVATE_KEY) {
		put_sealed_key(out, spec, item);
		jks_put(out, 4, certs);
	}
	for (size_t i = 0; i < certs; i++)
		put_certificate(out, version, item->cert[i]);
}

void jks_fix_digest(char *file, size_t len, const char *password)
{
	AUTO(buf) struct buf body = BUF(JKS_FILE_MAX + 64);

	buf_add_str(&body, "Mighty Aphrodite");
	buf_add(&body, file, len - JKS_DIGEST_LEN);
	must(buf_ok(&body));
	keyed_digest((unsigned char *)file + len - JKS_DIGEST_LEN, password, body.data, body.len);
}

void jks_make(struct buf *out, const struct jks_spec *spec)
{
	size_t n = 0;

	while (n < JKS_MANY && spec->item[n].kind)
		n++;
	jks_put(out, 4, spec->jceks ? 0xcececece : 0xfeedfeed);
	jks_put(out, 4, spec->version ? spec->version : 2);
	jks_put(out, 4, n);
	for (size_t i = 0; i < n; i++)
		put_item(out, spec, &spec->item[i]);
	must(buf_extend(out, JKS_DIGEST_LEN));
	jks_fix_digest(out->data, out->len, spec->password);
}
