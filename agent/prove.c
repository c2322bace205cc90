#include "agent/prove.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/ossl.h"

#define PROBE_TIMEOUT_MS 10000
#define PATIENCE_MS 20000 /* how long a reloaded server may go on serving the old one */
#define PAUSE_NS 200000000L
#define PEM_MAX (1024 * 1024)

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
bool prove_served(
	struct run *run, const struct conf_cert *cert, const struct view *v, struct err *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	AUTO(x509_stack) STACK_OF(X509) *chain = sk_X509_new_null();
	int64_t deadline = clock_ms() + PATIENCE_MS;

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
