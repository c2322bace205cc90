#include "agent/adopt.h"

#include <fcntl.h>
#include <string.h>

#include <openssl/pem.h>

#include "agent/intent.h"
#include "agent/revocation.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/secret.h"
#include "csr/csr.h"

#define PEM_MAX (128 * 1024)

static bool check_key_option(
	const struct conf_cert *cert, const struct adoption *a, struct err *err)
{
	if (cert->token && (!a->key_id || a->key_file))
		return err_set(err, ERR_USAGE,
			"key_store is token:%s: name the key in it by --key-id", cert->key_store);
	if (!cert->token && (!a->key_file || a->key_id))
		return err_set(err, ERR_USAGE, "name the file with the order's key by --key");
	return true;
}

/* A number with the Admin API; any word with the other. */
static bool check_id(const struct conf_cert *cert, const char *id, struct err *err)
{
	uint64_t number;
	bool word = *id && strlen(id) <= WIRE_ID_MAX;

	for (const char *c = id; word && *c; c++)
		word = *c > ' ' && *c < 0x7f;
	if (word &&
		(cert->account->api == CONF_ENROLLMENT || parse_uint(&number, id, 1, INT64_MAX)))
		return true;
	return err_set(err, ERR_USAGE, "--ssl-id: '%s' is no order of SCM", id);
}

/* A second generation of the same certificate would be deployed for nothing. */
static bool check_unknown(const struct job *job, const char *id, struct err *err)
{
	const char *name = job->cert->name;
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int archive = -1;

	if (job->sit.intent.found)
		return err_set(err, ERR_USAGE,
			"an order is in work; finish it by scm-agent run %s, or give it up by "
			"scm-agent reset %s --abandon",
			name, name);
	if (!store_generations(&all, job->run->store, name, err) ||
		!store_open_archive(&archive, job->run->store, name, false, err))
		return false;
	for (size_t i = 0; i < all.n; i++) {
		AUTO(record) struct record meta = { 0 };
		AUTO(fd) int dir = -1;
		bool found;

		if (!fs_open_dir(&dir, archive, all.item[i], err) ||
			!record_read(&meta, &found, dir, FILE_META, err))
			return false;
		if (!strcmp(record_get(&meta, "order"), id))
			return err_set(err, ERR_USAGE, "generation %s is of order %s already",
				all.item[i], id);
	}
	return true;
}

/* In the one form that the agent's keys have, whatever the file has. */
static bool write_key(EVP_PKEY *key, int dir, struct err *err)
{
	AUTO(bio) BIO *pem = BIO_new(BIO_s_secmem());
	char *text;
	long len;

	if (!pem || !PEM_write_bio_PKCS8PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL))
		return err_crypto(err, ERR_KEYSTORE, "copy the key");
	len = BIO_get_mem_data(pem, &text);
	return fs_write(dir, FILE_KEY, text, (size_t)len, FS_ATTR(0600), err);
}

static bool load_file(EVP_PKEY **out, struct keyring *keys, const char *path, struct err *err)
{
	AUTO_STR char *parent = strdup(path);
	struct ks_ref ref = { .label = "" };
	AUTO(fd) int dir = -1;
	struct ks *files;
	char *slash;

	if (!parent)
		return err_memory(err);
	slash = strrchr(parent, '/');
	ref.file = slash ? slash + 1 : path;
	if (slash)
		*slash = '\0';
	if (!secret_check_private(path, err) || !keyring_open(&files, keys, NULL, err) ||
		!fs_open_dir(&dir, AT_FDCWD,
			!slash	  ? "."
			: *parent ? parent
				  : "/",
			err))
		return false;
	ref.dir = dir;
	return ks_load(out, files, &ref, err);
}

/* Puts the key, or the token's reference to it, where the agent expects it. */
static bool take_key(EVP_PKEY **out, struct job *job, const struct adoption *a,
	const struct record *intent, int dir, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	if (a->key_file ? !load_file(&key, job->run->keys, a->key_file, err) ||
				  !write_key(key, dir, err)
			: !intent_load_key(&key, job->run, intent, dir, err) ||
				  !intent_write_key_uri(job->run, intent, dir, err))
		return false;
	*out = TAKE(key);
	return true;
}

static bool check_type(const struct conf_cert *cert, const EVP_PKEY *key, struct err *err)
{
	enum ks_key_type type;

	if (ks_key_type_of(&type, key) && type == cert->key_type)
		return true;
	return err_set(err, ERR_USAGE, "the key is not %s, which key_type says",
		ks_key_type_name(cert->key_type));
}

static bool write_request(struct job *job, EVP_PKEY *key, int dir, struct err *err)
{
	struct csr_subject subject = conf_subject(job->cert);
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	char spki[CSR_SHA256_HEX];
	bool burnt;

	if (!check_type(job->cert, key, err) || !csr_check_key(key, err) ||
		!csr_build(&pem, key, &subject, &job->cert->names, err) ||
		!csr_fingerprint_spki(spki, pem.data, pem.len, err) ||
		!revocation_is_burnt(&burnt, job->run->store, spki, err))
		return false;
	if (burnt)
		return err_set(
			err, ERR_USAGE, "the key is compromised, it is never deployed again");
	return fs_write(dir, FILE_REQUEST, pem.data, pem.len, FS_ATTR(0600), err);
}

static bool write_order(struct job *job, const char *id, int dir, struct err *err)
{
	AUTO(record) struct record r = { 0 };

	return record_set(&r, "ssl_id", id, err) &&
	       record_set(&r, "account", job->cert->account_name, err) &&
	       record_set_int(&r, "time", clock_now(), err) &&
	       record_write(&r, dir, FILE_ORDER, FS_ATTR(0600), err);
}

static bool choose_id(struct ks_id *out, const struct adoption *a, struct err *err)
{
	if (!a->key_id)
		return ks_id_make(out, err);
	return ks_id_parse(out, a->key_id) ||
	       err_set(err, ERR_USAGE, "--key-id: '%s' is not 1 to %d bytes in hex", a->key_id,
		       KS_ID_MAX);
}

static bool fill(struct job *job, const struct adoption *a, int dir, struct err *err)
{
	AUTO(record) struct record intent = { 0 };
	AUTO(pkey) EVP_PKEY *key = NULL;
	struct ks_id id;

	return choose_id(&id, a, err) && intent_compose(&intent, job->cert, &id, err) &&
	       record_set_int(&intent, "adopted", 1, err) &&
	       record_write(&intent, dir, FILE_INTENT, FS_ATTR(0600), err) &&
	       take_key(&key, job, a, &intent, dir, err) && write_request(job, key, dir, err) &&
	       write_order(job, a->order, dir, err);
}

bool adopt_order(struct job *job, const struct adoption *a, struct err *err)
{
	struct store *store = job->run->store;
	const char *name = job->cert->name;
	AUTO(fd) int dir = -1;

	if (!check_key_option(job->cert, a, err) || !check_id(job->cert, a->order, err) ||
		!check_unknown(job, a->order, err) || !store_begin_aside(&dir, store, name, err))
		return false;
	if (!fill(job, a, dir, err)) {
		store_drop_aside(store, name);
		return false;
	}
	return store_complete_aside(store, name, err) &&
	       store_history(store, err, name, "taken-over", "order=%s by hand", a->order);
}
