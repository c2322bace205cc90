#include "keystore/jks_update.h"

#include <strings.h>

#include "keystore/jks.h"
#include "keystore/jks_out.h"
#include "keystore/jks_seal.h"
#include "keystore/jks_text.h"

static bool refuse_kind(const struct jks_entry *e, struct err *err)
{
	return err_set(err, ERR_KEYSTORE,
		"the alias '%s' is that of a %s, not of a private key; choose another one",
		e->alias, e->kind == JKS_SECRET_KEY ? "secret key" : "trusted certificate");
}

/* Where the entry goes: over the one with its alias, or behind the last. */
static bool find_place(size_t *out, const struct jks *j, const char *alias, struct err *err)
{
	size_t at = j->n;

	for (size_t i = 0; i < j->n; i++) {
		if (strcasecmp(j->entry[i].alias, alias) != 0)
			continue;
		if (j->entry[i].kind != JKS_PRIVATE_KEY)
			return refuse_kind(&j->entry[i], err);
		if (at < j->n)
			return err_set(err, ERR_KEYSTORE,
				"several private keys have the alias '%s'; leave one", alias);
		at = i;
	}
	if (at == JKS_ENTRIES_MAX)
		return err_set(
			err, ERR_KEYSTORE, "holds %d entries, which is full", JKS_ENTRIES_MAX);
	*out = at;
	return true;
}

static bool put_certificate(struct buf *out, unsigned version, X509 *cert, struct err *err)
{
	AUTO(ossl_bytes) unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	if (len <= 0)
		return err_crypto(err, ERR_KEYSTORE, "encode a certificate");
	if (version == 2)
		jks_text_put(out, JKS_TYPE_OF_CERTIFICATE);
	jks_out_block(out, 4, der, (size_t)len);
	return true;
}

static bool put_entry(
	struct buf *out, const struct jks *j, const struct ks_entry_source *e, struct err *err)
{
	AUTO(buf) struct buf sealed = BUF(JKS_MAX);
	int chain = e->chain ? sk_X509_num(e->chain) : 0;

	if (!jks_key_seal(&sealed, j->jceks, e->key,
		    e->key_password ? e->key_password : e->store_password, err))
		return false;
	jks_out_number(out, 4, JKS_PRIVATE_KEY);
	jks_text_put(out, e->alias);
	jks_out_number(out, 8, (uint64_t)e->now * 1000);
	jks_out_block(out, 4, sealed.data, sealed.len);
	jks_out_number(out, 4, (uint64_t)chain + 1);
	if (!put_certificate(out, j->version, e->cert, err))
		return false;
	for (int i = 0; i < chain; i++)
		if (!put_certificate(out, j->version, sk_X509_value(e->chain, i), err))
			return false;
	return true;
}

static bool put_entries(struct buf *out, const struct jks *j, size_t place,
	const struct ks_entry_source *e, struct err *err)
{
	jks_out_number(out, 4, j->jceks ? JKS_MAGIC_JCEKS : JKS_MAGIC);
	jks_out_number(out, 4, j->version);
	jks_out_number(out, 4, place == j->n ? j->n + 1 : j->n);
	for (size_t i = 0; i < j->n; i++) {
		if (i != place)
			buf_add(out, j->entry[i].raw.data, j->entry[i].raw.len);
		else if (!put_entry(out, j, e, err))
			return false;
	}
	return place < j->n || put_entry(out, j, e, err);
}

bool jks_update(struct buf *out, bool jceks, const void *old, size_t old_len,
	const struct ks_entry_source *e, struct err *err)
{
	AUTO(jks) struct jks j = { .version = 2, .jceks = jceks };
	AUTO(buf) struct buf file = BUF(JKS_MAX);
	unsigned char digest[JKS_DIGEST_LEN];
	size_t place = 0;

	if ((old_len && !jks_parse(&j, old, old_len, e->store_password, err)) ||
		!find_place(&place, &j, e->alias, err) || !put_entries(&file, &j, place, e, err) ||
		!buf_check(&file, "key store", err) ||
		!jks_digest(digest,
			&(struct jks_bytes) { (const unsigned char *)file.data, file.len },
			e->store_password, err))
		return false;
	buf_add(&file, digest, sizeof(digest));
	buf_add(out, buf_str(&file), file.len);
	return buf_check(&file, "key store", err) && buf_check(out, "key store", err);
}
