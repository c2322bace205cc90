#include "agent/deploy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/install.h"
#include "base/clock.h"
#include "base/log.h"
#include "csr/name.h"

#include <openssl/err.h>

#define PROBE_TIMEOUT_MS 10000
#define PROBE_PATIENCE_MS 20000 /* how long a reloaded server may go on serving the old one */
#define PROBE_PAUSE_NS 200000000L
#define PEM_MAX (1024 * 1024)

/* A generation as hooks see it: paths and values, with what they borrow from. */
struct view {
	struct record meta;
	struct strlist domains;
	char *dir;
	char *cert;
	char *chain;
	char *fullchain;
	char *key;
	char *live;
	struct hook_context context;
};

static void view_dispose(struct view *v)
{
	record_dispose(&v->meta);
	strlist_dispose(&v->domains);
	free(v->dir);
	free(v->cert);
	free(v->chain);
	free(v->fullchain);
	free(v->key);
	free(v->live);
}
AUTO_DEFINE_REF(view, struct view, view_dispose);

static bool view_names(struct view *v, struct err *err)
{
	AUTO(strlist) struct strlist names = { 0 };

	if (!strlist_split(&names, record_get(&v->meta, "names"), ' '))
		return err_memory(err);
	for (size_t i = 0; i < names.n; i++)
		if (!strlist_add(&v->domains, csr_name_value(names.item[i])))
			return err_memory(err);
	return true;
}

static bool view_paths(
	struct view *v, const struct store *s, const char *name, const char *id, struct err *err)
{
	v->dir = store_generation_path(s, name, id, "");
	v->cert = store_generation_path(s, name, id, FILE_CERT);
	v->chain = store_generation_path(s, name, id, FILE_CHAIN);
	v->fullchain = store_generation_path(s, name, id, FILE_FULLCHAIN);
	v->key = store_generation_path(s, name, id, FILE_KEY);
	v->live = store_live_path(s, name);
	if (v->dir && v->cert && v->chain && v->fullchain && v->key && v->live)
		return true;
	return err_memory(err);
}

/* An empty value is one that the record does not have. */
static const char *some(const char *value)
{
	return *value ? value : NULL;
}

static bool view_open(struct view *v, struct run *run, const struct conf_cert *cert, const char *id,
	struct err *err)
{
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	bool found;

	if (!store_open_archive(&archive, run->store, cert->name, true, err) ||
		!fs_open_dir(&dir, archive, id, err) ||
		!record_read(&v->meta, &found, dir, FILE_META, err))
		return false;
	if (!found)
		return err_set(err, ERR_IO, "generation %s has no meta file", id);
	if (!view_paths(v, run->store, cert->name, id, err) || !view_names(v, err))
		return false;
	v->context = (struct hook_context) {
		.name = cert->name,
		.generation_dir = v->dir,
		.cert_path = v->cert,
		.chain_path = v->chain,
		.fullchain_path = v->fullchain,
		.key_uri = some(record_get(&v->meta, "key_uri")),
		.domains = &v->domains,
		.serial = some(record_get(&v->meta, "serial")),
		.fingerprint = some(record_get(&v->meta, "fingerprint")),
		.old_serial = some(record_get(&v->meta, "old_serial")),
		.order_id = some(record_get(&v->meta, "order")),
		.not_after = record_get_int(&v->meta, "not_after", 0),
		.live_dir = v->live,
	};
	if (!v->context.key_uri)
		v->context.key_path = v->key;
	return true;
}

bool deploy_digest(char out[static CSR_SHA256_HEX], const struct conf_cert *c, struct err *err)
{
	AUTO(buf) struct buf text = BUF(256 * 1024);

	for (size_t i = 0; i < c->deploy_hooks.n; i++) {
		buf_addf(&text, "hook %s\n", c->deploy_hooks.item[i].text);
		strlist_join(&text, &c->deploy_hooks.item[i].options, "\n");
		buf_add_str(&text, "\n");
	}
	for (size_t i = 0; i < c->verify.n; i++) {
		const struct verify_target *t = &c->verify.item[i];

		buf_addf(&text, "verify %s %u %s %u\n", t->host, t->port,
			t->address ? t->address : "", t->address_port);
	}
	buf_addf(&text, "group %s mode %o\n", c->group ? c->group : "", c->key_mode);
	if (!buf_check(&text, "deployment", err))
		return false;
	return csr_der_fingerprint(out, text.data, text.len) || err_memory(err);
}

static bool run_hooks(
	const struct conf_cert *cert, enum hook_event event, const struct view *v, struct err *err)
{
	for (size_t i = 0; i < cert->deploy_hooks.n; i++) {
		const struct conf_hook *c = &cert->deploy_hooks.item[i];
		struct hook hook = { c->path, c->shipped, c->options.n ? &c->options : NULL };
		AUTO(buf) struct buf output = BUF(4096);

		if (event == HOOK_TEST && !c->shipped)
			continue;
		log_progress("%s: %s %s", cert->name, hook_event_name(event), c->text);
		if (!hook_check(&hook, err) ||
			!hook_run(&hook, event, &v->context, c->timeout * 1000, &output, err)) {
			err->kind = ERR_DEPLOY;
			return err_wrap(err, "hook %s", c->text);
		}
		if (output.len)
			log_debug("hook %s: %s", c->text, buf_str(&output));
	}
	return true;
}

static bool read_chain(STACK_OF(X509) * out, const struct view *v, struct err *err)
{
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	AUTO(bio) BIO *bio = NULL;
	X509 *cert;

	if (!fs_read_path(&pem, v->fullchain, err))
		return false;
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	if (!bio)
		return err_memory(err);
	while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (sk_X509_push(out, cert) > 0)
			continue;
		X509_free(cert);
		return err_memory(err);
	}
	ERR_clear_error();
	return sk_X509_num(out) > 0 || err_set(err, ERR_IO, "%s has no certificate", v->fullchain);
}

static bool same_cert(X509 *ours, const struct wire_bytes *served)
{
	AUTO(ossl_bytes) unsigned char *der = NULL;
	int len = i2d_X509(ours, &der);

	return len > 0 && (size_t)len == served->len && !memcmp(der, served->data, served->len);
}

/* Leaf and chain as the generation has them; a server may add its root at the end. */
static bool serves(const struct wire_reply *r, STACK_OF(X509) * chain, struct err *err)
{
	if (!r->chain_count || !same_cert(sk_X509_value(chain, 0), &r->chain[0]))
		return err_set(err, ERR_DEPLOY, "serves another certificate");
	for (int i = 1; i < sk_X509_num(chain); i++)
		if ((uint32_t)i >= r->chain_count ||
			!same_cert(sk_X509_value(chain, i), &r->chain[i]))
			return err_set(err, ERR_DEPLOY,
				"serves the new certificate without its chain; let it use "
				"fullchain.pem");
	return true;
}

static bool probe(struct run *run, const struct conf_cert *cert, const struct verify_target *t,
	STACK_OF(X509) * chain, struct err *err)
{
	AUTO(answer) struct answer answer = { 0 };
	struct wire_request r = { .op = WIRE_PROBE };
	struct fetcher *prober;

	r.probe = (struct wire_probe) { .connect_host = t->address ? t->address : t->host,
		.connect_port = t->address ? t->address_port : t->port,
		.server_name = verify_server_name(t, cert->common_name),
		.timeout_ms = PROBE_TIMEOUT_MS };
	if (!net_prober(&prober, run->net, err) || !fetcher_call(&answer, prober, &r, err))
		return false;
	if (answer.reply.err.kind != ERR_NONE) {
		*err = answer.reply.err;
		return false;
	}
	return serves(&answer.reply, chain, err);
}

/* Reloading is not instant: old workers answer for a moment, so a wrong answer is asked for again.
 */
static bool prove(
	struct run *run, const struct conf_cert *cert, const struct view *v, struct err *err)
{
	const struct timespec pause = { .tv_nsec = PROBE_PAUSE_NS };
	AUTO(x509_stack) STACK_OF(X509) *chain = sk_X509_new_null();
	int64_t deadline = clock_ms() + PROBE_PATIENCE_MS;

	if (!chain)
		return err_memory(err);
	if (!cert->verify.n || !read_chain(chain, v, err))
		return !cert->verify.n;
	for (size_t i = 0; i < cert->verify.n; i++) {
		const struct verify_target *t = &cert->verify.item[i];

		log_progress("%s: probing %s:%u", cert->name, t->host, t->port);
		while (!probe(run, cert, t, chain, err)) {
			if (clock_ms() >= deadline || err->kind == ERR_INTERNAL) {
				err->kind = ERR_DEPLOY;
				return err_wrap(err, "%s:%u", t->host, t->port);
			}
			nanosleep(&pause, NULL);
		}
	}
	return true;
}

static bool switch_to(
	struct run *run, const struct conf_cert *cert, const char *id, struct err *err)
{
	AUTO_STR char *live = NULL;

	if (!store_live(&live, run->store, cert->name, err))
		return false;
	return (live && !strcmp(live, id)) || store_switch(run->store, cert->name, id, err);
}

static bool transact(struct run *run, const struct conf_cert *cert, const char *id, bool with_probe,
	struct err *err)
{
	AUTO(view) struct view v = { 0 };
	AUTO(fd) int archive = -1;

	return view_open(&v, run, cert, id, err) &&
	       store_open_archive(&archive, run->store, cert->name, true, err) &&
	       install_set_permissions(cert, archive, id, err) && switch_to(run, cert, id, err) &&
	       run_hooks(cert, HOOK_TEST, &v, err) && run_hooks(cert, HOOK_DEPLOY, &v, err) &&
	       (!with_probe || prove(run, cert, &v, err));
}

/* The way back: the former generation is switched to even when the server can't be reloaded. */
static void put_back(
	struct run *run, const struct conf_cert *cert, const char *former, struct err *failure)
{
	struct err err = { 0 };

	if (transact(run, cert, former, false, &err)) {
		err_wrap(failure, "rolled back to generation %s", former);
	} else {
		log_error("rolling back to generation %s: %s", former, err.text);
		err_wrap(failure, "generation %s is live again, but its deployment failed too",
			former);
	}
	if (!store_history(run->store, &err, cert->name, "rolled-back", "generation=%s", former))
		log_error("%s", err.text);
}

bool deploy_generation(struct run *run, const struct conf_cert *cert, const char *generation,
	const char *former, struct err *err)
{
	bool back = former && strcmp(former, generation) && cert->on_failure == CONF_ROLLBACK;

	if (transact(run, cert, generation, true, err))
		return true;
	if (back)
		put_back(run, cert, former, err);
	if (err->kind != ERR_IO && err->kind != ERR_INTERNAL)
		err->kind = ERR_DEPLOY;
	return false;
}

bool deploy_mark(
	struct run *run, const struct conf_cert *cert, const char *generation, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	char digest[CSR_SHA256_HEX];

	return deploy_digest(digest, cert, err) && record_set_int(&r, "time", clock_now(), err) &&
	       record_set(&r, "digest", digest, err) &&
	       store_open_archive(&archive, run->store, cert->name, true, err) &&
	       fs_open_dir(&dir, archive, generation, err) &&
	       record_write(&r, dir, FILE_DEPLOYED, FS_ATTR(0644), err) &&
	       fs_remove(dir, FILE_RETRY, err);
}

/* The newest generation below `id` that was deployed and has not expired: what to fall back to. */
static bool find_former(char **out, struct job *job, const char *id, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int archive = -1;

	*out = NULL;
	if (!store_generations(&all, job->run->store, job->cert->name, err) ||
		!store_open_archive(&archive, job->run->store, job->cert->name, true, err))
		return false;
	for (size_t i = all.n; i-- > 0 && !*out;) {
		AUTO(record) struct record meta = { 0 };
		AUTO(fd) int dir = -1;
		bool found;

		if (strcmp(all.item[i], id) >= 0)
			continue;
		if (!fs_open_dir(&dir, archive, all.item[i], err) ||
			!record_read(&meta, &found, dir, FILE_META, err))
			return false;
		if (!fs_exists(dir, FILE_DEPLOYED) ||
			record_get_int(&meta, "not_after", 0) <= clock_now())
			continue;
		*out = strdup(all.item[i]);
		if (!*out)
			return err_memory(err);
	}
	return true;
}

enum progress deploy_step(struct job *job, struct err *err)
{
	const char *id = job->sit.newest;
	const struct record *meta = &job->sit.newest_meta.r;
	AUTO_STR char *former = NULL;
	struct err trouble = { 0 };
	char expiry[CLOCK_TEXT_MAX];

	if (!find_former(&former, job, id, err) || !job_begin(job, err))
		return JOB_FAILED;
	if (!deploy_generation(job->run, job->cert, id, former, err)) {
		if (!store_history(job->run->store, &trouble, job->cert->name, "deploy-failed",
			    "generation=%s %s", id, err->text))
			*err = trouble;
		return JOB_FAILED;
	}
	if (!deploy_mark(job->run, job->cert, id, err) ||
		!store_history(
			job->run->store, err, job->cert->name, "deployed", "generation=%s", id))
		return JOB_FAILED;
	job->run->changed = true;
	log_field("ORDER_ID", record_get(meta, "order"));
	log_field("SERIAL", record_get(meta, "serial"));
	log_info("%s%s, valid until %s",
		job->cert->deploy_hooks.n ? "installed and deployed" : "installed",
		job->cert->verify.n ? ", served certificate proved" : "",
		clock_format(expiry, record_get_int(meta, "not_after", 0)));
	if (!install_prune(job->run, job->cert, err))
		return JOB_FAILED;
	return JOB_NEXT;
}
