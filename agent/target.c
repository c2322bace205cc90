#include "agent/target.h"

#include <string.h>

#include "agent/intent.h"
#include "base/clock.h"
#include "base/secret.h"
#include "keystore/ks_pem.h"
#include "keystore/ks_store.h"

#define PEM_MAX (1024 * 1024)

void target_source_dispose(struct target_source *s)
{
	buf_dispose(&s->cert);
	buf_dispose(&s->chain);
	buf_dispose(&s->fullchain);
	buf_wipe(&s->key);
	EVP_PKEY_free(s->pkey);
	X509_free(s->leaf);
	ossl_x509_stack_free(s->issuers);
	*s = (struct target_source) { 0 };
}

static bool load_key(EVP_PKEY **out, struct run *run, int dir, struct err *err)
{
	struct ks_ref ref = { .dir = dir, .file = FILE_KEY };
	struct ks *ks;

	return keyring_open(&ks, run->keys, NULL, err) && ks_load(out, ks, &ref, err);
}

bool target_source_load(struct target_source *out, struct run *run, const struct conf_cert *cert,
	const char *generation, struct err *err)
{
	AUTO(target_source)
	struct target_source s = { .cert = BUF(PEM_MAX),
		.chain = BUF(PEM_MAX),
		.fullchain = BUF(PEM_MAX),
		.key = BUF(PEM_MAX) };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	bool found;

	if (!store_open_archive(&archive, run->store, cert->name, false, err) ||
		!fs_open_dir(&dir, archive, generation, err) ||
		!fs_read(&s.cert, dir, FILE_CERT, err) ||
		!fs_read(&s.chain, dir, FILE_CHAIN, err) ||
		!fs_read(&s.fullchain, dir, FILE_FULLCHAIN, err) ||
		!fs_read_optional(&s.key, &found, dir, FILE_KEY, err) ||
		(found && !load_key(&s.pkey, run, dir, err)))
		return false;
	*out = s;
	s = (struct target_source) { 0 };
	return true;
}

static bool decode(struct target_source *s, struct err *err)
{
	AUTO(x509_stack) STACK_OF(X509) *all = sk_X509_new_null();

	if (s->leaf)
		return true;
	if (!all)
		return err_memory(err);
	if (!ks_pem_read_certificates(all, buf_str(&s->fullchain), s->fullchain.len, err))
		return false;
	if (!sk_X509_num(all))
		return err_set(err, ERR_IO, "%s is damaged", FILE_FULLCHAIN);
	s->leaf = sk_X509_shift(all);
	s->issuers = TAKE(all);
	return true;
}

static bool read_password(struct secret **out, const char *reference, struct err *err)
{
	return !reference || secret_read(out, reference, err);
}

static bool render_key(
	struct buf *out, const struct conf_target *t, struct target_source *s, struct err *err)
{
	AUTO(secret) struct secret *password = NULL;

	if (!t->key_password_file) {
		buf_add(out, s->key.data, s->key.len);
		return true;
	}
	return read_password(&password, t->key_password_file, err) &&
	       ks_pem_key(out, s->pkey, password, err);
}

/* As HAProxy and lighttpd want it; both take the parts in any order. */
static bool render_combined(
	struct buf *out, const struct conf_target *t, struct target_source *s, struct err *err)
{
	buf_add(out, s->fullchain.data, s->fullchain.len);
	return render_key(out, t, s, err);
}

static enum ks_credential_type store_type(enum conf_format format)
{
	return format == CONF_JKS ? KS_JKS : format == CONF_JCEKS ? KS_JCEKS : KS_PKCS12;
}

typedef bool update_fn(struct buf *out, enum ks_credential_type type, const void *old,
	size_t old_len, const struct ks_entry_source *e, struct err *err);

/* `entry`: what is known of it before the passwords. */
static bool update_store(struct buf *out, update_fn *update, const struct conf_target *t,
	struct ks_entry_source *entry, const struct buf *old, struct err *err)
{
	AUTO(secret) struct secret *password = NULL;
	AUTO(secret) struct secret *key_password = NULL;

	if (!read_password(&password, t->password_file, err) ||
		!read_password(&key_password, t->key_password_file, err))
		return false;
	entry->alias = t->alias;
	entry->now = (time_t)clock_now();
	entry->legacy = t->legacy;
	entry->store_password = password;
	entry->key_password = key_password;
	if (update(out, store_type(t->format), old->data, old->len, entry, err))
		return true;
	return old->len && t->password_file
		       ? err_wrap(err, "opened with password_file %s", t->password_file)
		       : false;
}

static bool render_store(struct buf *out, const struct conf_target *t, struct target_source *s,
	const struct buf *old, struct err *err)
{
	struct ks_entry_source entry = { .key = s->pkey };

	if (!decode(s, err))
		return false;
	entry.cert = s->leaf;
	entry.chain = s->issuers;
	return update_store(out, ks_store_update, t, &entry, old, err);
}

bool target_rehearse(
	struct buf *out, const struct conf_target *t, const struct buf *old, struct err *err)
{
	struct ks_entry_source entry = { 0 };

	return update_store(out, ks_store_rehearse, t, &entry, old, err);
}

bool target_render(struct buf *out, const struct conf_target *t, struct target_source *s,
	const struct buf *old, struct err *err)
{
	bool ok = true;

	if (conf_format_has_key(t->format) && !s->pkey)
		return err_set(err, ERR_KEYSTORE,
			"format = %s holds a private key, and this generation's is in a token",
			conf_format_name(t->format));
	switch (t->format) {
	case CONF_PEM_KEY:
		ok = render_key(out, t, s, err);
		break;
	case CONF_PEM_COMBINED:
		ok = render_combined(out, t, s, err);
		break;
	case CONF_PEM_CHAIN:
		buf_add(out, s->chain.data, s->chain.len);
		break;
	case CONF_PEM_FULLCHAIN:
		buf_add(out, s->fullchain.data, s->fullchain.len);
		break;
	case CONF_PEM_CERT:
		buf_add(out, s->cert.data, s->cert.len);
		break;
	case CONF_PKCS12:
	case CONF_JKS:
	case CONF_JCEKS:
		ok = render_store(out, t, s, old, err);
		break;
	case CONF_TOKEN_CERT:
		break;
	}
	return ok && buf_check(out, "install target", err);
}

bool target_store_in_token(
	struct run *run, const struct conf_cert *cert, const char *generation, struct err *err)
{
	AUTO(target_source) struct target_source src = { 0 };
	AUTO(record) struct record meta = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	struct ks_ref ref;
	struct ks *ks;
	bool found;

	return target_source_load(&src, run, cert, generation, err) && decode(&src, err) &&
	       store_open_archive(&archive, run->store, cert->name, false, err) &&
	       fs_open_dir(&dir, archive, generation, err) &&
	       record_read(&meta, &found, dir, FILE_META, err) &&
	       intent_find_key(&ks, &ref, run, &meta, dir, err) &&
	       ks_store_certificate(ks, &ref, src.leaf, err);
}
