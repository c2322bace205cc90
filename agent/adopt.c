#include "agent/adopt.h"

#include <string.h>

#include "agent/intent.h"
#include "agent/key_file.h"
#include "agent/revocation.h"
#include "base/clock.h"
#include "base/parse.h"
#include "csr/csr.h"

#define PEM_MAX (128 * 1024)

static bool check_key_option(
	const struct conf_cert *cert, const struct adoption *a, struct err *err)
{
	if (cert->key_uri && (a->key_id || a->key_file))
		return err_set(err, ERR_USAGE,
			"the key is the one that key_uri names; leave --key and --key-id out");
	if (cert->key_uri)
		return true;
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
	AUTO_STR char *known = NULL;

	if (job->sit.intent.found)
		return err_set(err, ERR_USAGE,
			"an order is in work; finish it by scm-agent run %s, or give it up by "
			"scm-agent reset %s --abandon",
			name, name);
	if (!situation_find_generation(&known, job->run->store, name, "order", id, err))
		return false;
	return !known || err_set(err, ERR_USAGE, "generation %s is of order %s already", known, id);
}

/* Puts the key, or the token's reference to it, where the agent expects it. */
static bool take_key(EVP_PKEY **out, struct job *job, const struct adoption *a,
	const struct record *intent, int dir, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	if (a->key_file ? !key_file_load(&key, a->key_file, NULL, err) ||
				  !key_file_write(key, dir, FILE_KEY, err)
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

/* A key in a token was made by somebody else; of one in a file there is a copy of ours. */
static bool plan_key(
	struct key_plan *out, struct job *job, const struct adoption *a, struct err *err)
{
	struct key_plan plan = {
		.origin = KEY_ADOPTED, .made = clock_now(), .foreign = a->key_id || !a->key_file
	};

	if (job->cert->key_uri ? !key_plan_given(&plan.id, job, err)
			       : !a->key_id && !ks_id_make(&plan.id, err))
		return false;
	if (a->key_id && !ks_id_parse(&plan.id, a->key_id))
		return err_set(err, ERR_USAGE, "--key-id: '%s' is not 1 to %d bytes in hex",
			a->key_id, KS_ID_MAX);
	*out = plan;
	return true;
}

static bool fill(struct job *job, const struct adoption *a, int dir, struct err *err)
{
	AUTO(record) struct record intent = { 0 };
	AUTO(pkey) EVP_PKEY *key = NULL;
	struct key_plan plan;

	return plan_key(&plan, job, a, err) && intent_compose(&intent, job->cert, &plan, err) &&
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
