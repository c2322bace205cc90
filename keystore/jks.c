#include "keystore/jks.h"

#include <openssl/crypto.h>

#include "keystore/jks_object.h"
#include "keystore/jks_text.h"

#define HEAD_LEN 12  /* magic, version, number of entries */
#define ENTRY_MIN 14 /* tag, length of the alias, date */

/* Mixed into the digest: see JavaKeyStore.getPreKeyedHash() in the JDK. */
static const unsigned char whitener[] = "Mighty Aphrodite";

bool jks_sha1(unsigned char out[static JKS_DIGEST_LEN], const struct jks_bytes *part, size_t parts,
	struct err *err)
{
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex2(ctx, EVP_sha1(), NULL);

	for (size_t i = 0; ok && i < parts; i++)
		ok = EVP_DigestUpdate(ctx, part[i].data, part[i].len);
	if (!ok || !EVP_DigestFinal_ex(ctx, out, NULL))
		return err_crypto(err, ERR_KEYSTORE, "SHA-1");
	return true;
}

bool jks_digest(unsigned char out[static JKS_DIGEST_LEN], const struct jks_bytes *body,
	const struct secret *password, struct err *err)
{
	AUTO(buf_secret) struct buf text = BUF(JKS_PASSWORD_MAX);
	struct jks_bytes part[] = { { 0 }, { whitener, sizeof(whitener) - 1 }, *body };

	if (!password)
		return err_set(err, ERR_KEYSTORE, "needs a password, and none is configured");
	if (!jks_text_password(&text, password, err))
		return false;
	part[0] = (struct jks_bytes) { (const unsigned char *)text.data, text.len };
	return jks_sha1(out, part, ARRAY_LEN(part), err);
}

static bool check_digest(const struct jks_bytes *body, const unsigned char *digest,
	const struct secret *password, struct err *err)
{
	unsigned char own[JKS_DIGEST_LEN];

	if (!jks_digest(own, body, password, err))
		return false;
	return !CRYPTO_memcmp(own, digest, sizeof(own)) ||
	       err_set(err, ERR_KEYSTORE,
		       "wrong password for the key store, or the file is damaged");
}

/* In files of version 2 its type comes before each certificate. */
static bool take_certificate(struct jks_bytes *out, struct jks_in *in, unsigned version)
{
	struct jks_bytes type;

	if (version == 2 &&
		(!jks_in_block(&type, in, 2) || !jks_bytes_are(&type, JKS_TYPE_OF_CERTIFICATE)))
		return false;
	return jks_in_block(out, in, 4);
}

static bool skip_certificates(struct jks_entry *e, struct jks_in *in, unsigned version)
{
	e->certs = *in;
	for (uint64_t i = 0; i < e->n_certs; i++)
		if (!take_certificate(NULL, in, version))
			return false;
	e->certs.left -= in->left;
	return true;
}

static bool take_content(struct jks_entry *e, struct jks_in *in, unsigned version)
{
	switch (e->kind) {
	case JKS_PRIVATE_KEY:
		return jks_in_block(&e->sealed, in, 4) && jks_in_number(&e->n_certs, in, 4) &&
		       skip_certificates(e, in, version);
	case JKS_CERTIFICATE:
		e->n_certs = 1;
		return skip_certificates(e, in, version);
	case JKS_SECRET_KEY:
		return jks_object_skip(in);
	default:
		return false;
	}
}

static bool take_entry(struct jks_entry *e, struct jks_in *in, unsigned version)
{
	const unsigned char *start = in->at;
	uint64_t tag;

	if (!jks_in_number(&tag, in, 4))
		return false;
	e->kind = tag <= JKS_SECRET_KEY ? (enum jks_kind)tag : 0;
	if (!jks_text_take(&e->alias, in) || !jks_in_bytes(NULL, in, 8) ||
		!take_content(e, in, version))
		return false;
	e->raw = (struct jks_bytes) { start, (size_t)(in->at - start) };
	return true;
}

static bool take_entries(struct jks *j, struct jks_in *in, uint64_t n, struct err *err)
{
	if (n > JKS_ENTRIES_MAX || n > in->left / ENTRY_MIN)
		return err_set(err, ERR_KEYSTORE, "damaged, or holds more than %d entries",
			JKS_ENTRIES_MAX);
	j->entry = calloc(n ? n : 1, sizeof(*j->entry));
	if (!j->entry)
		return err_memory(err);
	while (j->n < n)
		if (!take_entry(&j->entry[j->n++], in, j->version))
			return err_set(err, ERR_KEYSTORE,
				"entry %zu of %zu is damaged, or of a kind that is not supported",
				j->n, (size_t)n);
	return !in->left || err_set(err, ERR_KEYSTORE, "damaged behind its last entry");
}

static bool take_head(struct jks *j, uint64_t *n, struct jks_in *in, struct err *err)
{
	uint64_t magic;
	uint64_t version;

	if (in->left < HEAD_LEN + JKS_DIGEST_LEN || !jks_in_number(&magic, in, 4) ||
		(magic != JKS_MAGIC && magic != JKS_MAGIC_JCEKS))
		return err_set(err, ERR_KEYSTORE, "not a Java key store (JKS or JCEKS)");
	if (!jks_in_number(&version, in, 4) || version < 1 || version > 2)
		return err_set(
			err, ERR_KEYSTORE, "a Java key store of a version that is not known");
	j->jceks = magic == JKS_MAGIC_JCEKS;
	j->version = (unsigned)version;
	return jks_in_number(n, in, 4) || err_set(err, ERR_KEYSTORE, "damaged");
}

bool jks_is_pkcs12(const void *data, size_t len)
{
	return len && *(const unsigned char *)data == 0x30;
}

bool jks_parse(struct jks *out, const void *data, size_t len, const struct secret *password,
	struct err *err)
{
	AUTO(jks) struct jks j = { 0 };
	struct jks_in in = { data, len };
	struct jks_bytes body;
	uint64_t n;

	if (len > JKS_MAX)
		return err_set(err, ERR_KEYSTORE, "larger than %d bytes", JKS_MAX);
	if (!take_head(&j, &n, &in, err))
		return false;
	in.left -= JKS_DIGEST_LEN;
	body = (struct jks_bytes) { data, len - JKS_DIGEST_LEN };
	if (!check_digest(&body, body.data + body.len, password, err) ||
		!take_entries(&j, &in, n, err))
		return false;
	*out = j;
	j = (struct jks) { 0 };
	return true;
}

void jks_dispose(struct jks *j)
{
	for (size_t i = 0; i < j->n; i++)
		free(j->entry[i].alias);
	free(j->entry);
	*j = (struct jks) { 0 };
}

bool jks_certificates(
	STACK_OF(X509) * out, const struct jks *j, const struct jks_entry *entry, struct err *err)
{
	struct jks_in in = entry->certs;

	while (in.left) {
		struct jks_bytes der = { 0 };
		const unsigned char *at = NULL;
		AUTO(x509) X509 *cert = NULL;

		if (take_certificate(&der, &in, j->version)) {
			at = der.data;
			cert = d2i_X509(NULL, &at, (long)der.len);
		}
		if (!cert || at != der.data + der.len)
			return err_crypto(err, ERR_KEYSTORE,
				"a certificate of the entry '%s' is damaged", entry->alias);
		if (!sk_X509_push(out, cert))
			return err_memory(err);
		(void)TAKE(cert);
	}
	return true;
}
