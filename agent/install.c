#include "agent/install.h"

#include <stdio.h>
#include <string.h>

#include "agent/intent.h"
#include "agent/revocation.h"
#include "base/clock.h"
#include "base/ossl.h"
#include "csr/info.h"
#include "deploy-hooks/stanza.h"
#include "keystore/ks_pem.h"

#define PEM_MAX (1024 * 1024)
#define STANZA_MAX (64 * 1024)

/* chain.pem last: it is the evidence that all of it is there and was found good. */
bool install_keep_chain(const struct csr_chain *c, int dir, struct err *err)
{
	return fs_write(dir, FILE_CERT, c->cert.data, c->cert.len, FS_ATTR(0644), err) &&
	       fs_write(dir, FILE_FULLCHAIN, c->fullchain.data, c->fullchain.len, FS_ATTR(0644),
		       err) &&
	       fs_write(dir, FILE_CHAIN, buf_str(&c->chain), c->chain.len, FS_ATTR(0644), err);
}

static X509 *parse_cert(const struct buf *pem)
{
	AUTO(bio) BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);

	return bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
}

/*
 * The key itself, not only what it is called: it must still be where the intent says and belong to
 * the certificate. In a token the certificate is then put beside it.
 */
static bool check_key(struct job *job, int dir, struct err *err)
{
	AUTO(buf) struct buf cert_pem = BUF(PEM_MAX);
	AUTO(x509) X509 *cert = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;
	struct ks_ref ref;
	struct ks *ks;

	if (!fs_read(&cert_pem, dir, FILE_CERT, err))
		return false;
	cert = parse_cert(&cert_pem);
	if (!cert)
		return err_crypto(err, ERR_IO, "%s is damaged", FILE_CERT);
	if (!intent_find_key(&ks, &ref, job->run, &job->sit.intent.r, dir, err) ||
		!ks_load(&key, ks, &ref, err))
		return false;
	if (!X509_check_private_key(cert, key))
		return err_crypto(err, ERR_KEYSTORE, "the key does not belong to the certificate");
	return ks_store_certificate(ks, &ref, cert, err);
}

/* Only of keys that somebody else made. */
static bool describe_given(struct record *r, const struct record *intent, struct err *err)
{
	static const char *const some[] = { "key_given", "key_foreign" };

	for (size_t i = 0; i < ARRAY_LEN(some); i++) {
		const char *value = record_get(intent, some[i]);

		if (*value && !record_set(r, some[i], value, err))
			return false;
	}
	return true;
}

static bool describe(struct record *r, struct job *job, const struct csr_info *info,
	const char *uri, struct err *err)
{
	const struct record *intent = &job->sit.intent.r;
	static const char *const kept[] = { "tag", "key_id", "label", "account", "profile", "names",
		"subject", "key_type", "key_store", "key_made" };
	const struct evidence *old = &job->sit.newest_meta;

	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (!record_set(r, kept[i], record_get(intent, kept[i]), err))
			return false;
	return record_set(r, "order", record_get(&job->sit.order.r, "ssl_id"), err) &&
	       record_set_int(r, "created", clock_now(), err) &&
	       /* nobody can say when an order was made that was taken over */
	       (record_get_int(intent, "adopted", 0) ||
		       record_set_int(r, "ordered", record_get_int(intent, "created", 0), err)) &&
	       record_set(r, "serial", info->serial, err) &&
	       record_set(r, "fingerprint", info->fingerprint, err) &&
	       record_set(r, "spki", info->spki, err) &&
	       record_set(r, "issuer", info->issuer, err) &&
	       record_set_int(r, "not_before", info->not_before, err) &&
	       record_set_int(r, "not_after", info->not_after, err) &&
	       (!*uri || record_set(r, "key_uri", uri, err)) && describe_given(r, intent, err) &&
	       (!old->found || record_set(r, "old_serial", record_get(&old->r, "serial"), err));
}

static bool check_burnt(struct job *job, const char *spki, struct err *err)
{
	bool burnt;

	if (!revocation_is_burnt(&burnt, job->run->store, spki, err))
		return false;
	return !burnt || err_set(err, ERR_KEYSTORE,
				 "the key of this order is compromised; give the order up by "
				 "scm-agent reset %s --abandon",
				 job->cert->name);
}

static bool write_meta(struct job *job, int dir, const char *uri, struct err *err)
{
	AUTO(buf) struct buf cert_pem = BUF(PEM_MAX);
	AUTO(csr_info) struct csr_info info = { 0 };
	AUTO(record) struct record r = { 0 };

	return fs_read(&cert_pem, dir, FILE_CERT, err) &&
	       csr_info_from_pem(&info, cert_pem.data, cert_pem.len, err) &&
	       check_burnt(job, info.spki, err) && describe(&r, job, &info, uri, err) &&
	       record_write(&r, dir, FILE_META, FS_ATTR(0644), err);
}

typedef bool stanza_fn(struct buf *out, const struct stanza *s, struct err *err);

static bool write_stanza(struct job *job, int dir, const char *file, stanza_fn *write,
	struct stanza *s, struct err *err)
{
	AUTO_STR char *live = store_live_path(job->run->store, job->cert->name);
	AUTO_STR char *include = NULL;
	AUTO(buf) struct buf text = BUF(STANZA_MAX);

	if (!live || asprintf(&include, "%s/%s", live, file) < 0)
		return err_memory(err);
	s->include_path = include;
	return write(&text, s, err) && buf_check(&text, file, err) &&
	       fs_write(dir, file, text.data, text.len, FS_ATTR(0644), err);
}

/*
 * For servers with an OpenSSL provider in place of the engine: the key is a file to them, which
 * says where it is. Which of the two a server has is nothing that we know, so there are both.
 */
static bool write_provider_stanzas(
	struct job *job, int dir, struct stanza *s, const char *uri, struct err *err)
{
	AUTO(buf) struct buf pem = BUF(PEM_MAX);

	return ks_pem_uri(&pem, uri, err) &&
	       fs_write(dir, FILE_KEY_URI_PEM, pem.data, pem.len, FS_ATTR(0644), err) &&
	       write_stanza(job, dir, FILE_NGINX_PROVIDER, stanza_nginx, s, err) &&
	       write_stanza(job, dir, FILE_APACHE_PROVIDER, stanza_apache, s, err);
}

/*
 * Ready lines for a server's configuration. They name the generation, not live/: a server that
 * reads certificate and key one after the other must not see a switch between them.
 */
static bool write_stanzas(
	struct job *job, int dir, const char *generation, const char *uri, struct err *err)
{
	const struct store *store = job->run->store;
	const char *name = job->cert->name;
	AUTO_STR char *fullchain = store_generation_path(store, name, generation, FILE_FULLCHAIN);
	AUTO_STR char *key =
		store_generation_path(store, name, generation, *uri ? FILE_KEY_URI_PEM : FILE_KEY);
	struct stanza s = { .fullchain_path = fullchain, .key_path = key };

	if (!fullchain || !key)
		return err_memory(err);
	if (*uri && !write_provider_stanzas(job, dir, &s, uri, err))
		return false;
	if (*uri)
		s = (struct stanza) { .fullchain_path = fullchain, .key_uri = uri };
	return write_stanza(job, dir, FILE_NGINX, stanza_nginx, &s, err) &&
	       write_stanza(job, dir, FILE_APACHE, stanza_apache, &s, err);
}

bool install_set_permissions(
	const struct conf_cert *cert, int parent, const char *generation, struct err *err)
{
	struct fs_attr key = { .mode = cert->key_mode, .uid = FS_KEEP, .gid = cert->gid };
	struct fs_attr folder = {
		.mode = cert->group ? 0750 : 0755, .uid = FS_KEEP, .gid = cert->gid
	};
	AUTO(fd) int dir = -1;

	if (!fs_open_dir(&dir, parent, generation, err))
		return false;
	if (fs_exists(dir, FILE_KEY) && !fs_set_attr(dir, FILE_KEY, key, err))
		return false;
	return fs_set_attr(parent, generation, folder, err);
}

static bool read_uri(struct buf *out, int dir, struct err *err)
{
	bool found;

	return fs_read_optional(out, &found, dir, FILE_KEY_URI, err);
}

enum progress install_step(struct job *job, struct err *err)
{
	struct store *store = job->run->store;
	const char *name = job->cert->name;
	AUTO(buf) struct buf uri = BUF(8192);
	AUTO(fd) int dir = -1;
	AUTO(fd) int archive = -1;
	char generation[GENERATION_MAX];

	if (!store_open_pending(&dir, store, name, true, err) ||
		!store_open_archive(&archive, store, name, true, err) ||
		!store_next_generation(generation, store, name, err) || !read_uri(&uri, dir, err) ||
		!check_key(job, dir, err) || !write_meta(job, dir, buf_str(&uri), err) ||
		!write_stanzas(job, dir, generation, buf_str(&uri), err) ||
		!fs_remove(dir, FILE_RETRY, err) || !fs_clean_temp(dir, err) ||
		!install_set_permissions(job->cert, store->pending, name, err) ||
		!fs_move(store->pending, name, archive, generation, err) ||
		!store_history(store, err, name, "installed", "generation=%s order=%s", generation,
			record_get(&job->sit.order.r, "ssl_id")))
		return JOB_FAILED;
	job->renewed = true;
	job->force = false;
	job->run->changed = true;
	return JOB_NEXT;
}
