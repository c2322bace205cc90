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
#define NAME_MAX_TEXT 160

/* One address of one `verify` item. */
struct listener {
	const char *address;
	unsigned port;
	bool proved;
	bool reached; /* it took the connection when it was asked last */
	struct err err;
};

struct proof {
	struct run *run;
	const struct conf_cert *cert;
	const struct view *view;
	STACK_OF(X509) * chain; /* leaf first */
	int64_t deadline;
	const struct verify_target *target; /* of the moment, and its listeners */
	struct listener listener[WIRE_ADDRESSES_MAX];
	size_t n;
};

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

static bool shows_another(const struct proof *p, const struct wire_reply *r,
	const struct listener *l, struct err *err)
{
	bool told = r->rows == 1 && r->columns == WIRE_PROBE_COLUMNS;

	return err_set(err, ERR_DEPLOY, "%s port %u shows certificate %s of \"%s\" instead of %s",
		l->address, l->port, told ? r->cell[0] : "?", told ? r->cell[1] : "?",
		p->view->context.serial ? p->view->context.serial : "the new one");
}

/* Leaf and chain as the generation has them; a server may add its root at the end. */
static bool serves(const struct proof *p, const struct wire_reply *r, const struct listener *l,
	struct err *err)
{
	if (!r->chain_count || !same_cert(sk_X509_value(p->chain, 0), &r->chain[0]))
		return shows_another(p, r, l, err);
	for (int i = 1; i < sk_X509_num(p->chain); i++) {
		X509 *issuer = sk_X509_value(p->chain, i);
		char name[NAME_MAX_TEXT];

		if ((uint32_t)i < r->chain_count && same_cert(issuer, &r->chain[i]))
			continue;
		X509_NAME_oneline(X509_get_subject_name(issuer), name, sizeof(name));
		return err_set(err, ERR_DEPLOY,
			"%s port %u shows the right leaf, but the chain lacks \"%s\" after it; let "
			"it use fullchain.pem",
			l->address, l->port, name);
	}
	return true;
}

/* Asks the prober; true when it answered and has no failure to tell. */
static bool ask(struct answer *out, struct proof *p, struct wire_request *r, struct err *err)
{
	struct fetcher *prober;

	if (!net_prober(&prober, p->run->net, err) || !fetcher_call(out, prober, r, err))
		return false;
	*err = out->reply.err;
	return err->kind == ERR_NONE;
}

static void probe(struct proof *p, struct listener *l)
{
	const struct verify_target *t = p->target;
	AUTO(answer) struct answer answer = { 0 };
	struct wire_request r = { .op = WIRE_PROBE,
		.probe = { .connect_host = l->address,
			.connect_port = l->port,
			.server_name = verify_server_name(t, p->cert->common_name),
			.timeout_ms = PROBE_TIMEOUT_MS,
			.starttls = (enum wire_starttls)t->protocol } };
	bool asked = ask(&answer, p, &r, &l->err);

	l->reached = !answer.reply.unsent;
	l->proved = asked && serves(p, &answer.reply, l, &l->err);
}

/*
 * Each listener that has not shown the generation yet is asked once. Whom nobody can reach lags no
 * more than a server that is switched off, as long as another one of that name has been proved: a
 * host without a route for IPv6 is no reason to roll back.
 */
static bool all_prove(struct proof *p, struct err *err)
{
	const struct listener *lagging = NULL;
	const struct listener *away = NULL;
	size_t proved = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct listener *l = &p->listener[i];

		if (!l->proved)
			probe(p, l);
		if (l->proved)
			proved++;
		else if (l->reached && !lagging)
			lagging = l;
		else if (!l->reached && !away)
			away = l;
	}
	if (!lagging && proved)
		return true;
	*err = lagging ? lagging->err : away->err;
	return false;
}

/* Where the name leads to, in `answer`, which the listeners borrow from. */
static bool find_listeners(struct proof *p, struct answer *answer, struct err *err)
{
	const struct verify_target *t = p->target;
	struct wire_request r = { .op = WIRE_ADDRESSES,
		.addresses.host = t->address ? t->address : t->host };

	answer_dispose(answer);
	*answer = (struct answer) { 0 };
	if (!ask(answer, p, &r, err))
		return false;
	if (answer->reply.columns != 1 || !answer->reply.rows ||
		answer->reply.rows > WIRE_ADDRESSES_MAX)
		return err_set(err, ERR_INTERNAL, "the prober names no address");
	p->n = answer->reply.rows;
	for (size_t i = 0; i < p->n; i++)
		p->listener[i] = (struct listener) { .address = answer->reply.cell[i],
			.port = t->address ? t->address_port : t->port };
	return true;
}

/* Reloading is not instant: old workers answer for a moment, so a wrong answer is asked for again.
 */
static bool patient(const struct proof *p, const struct err *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (clock_ms() >= p->deadline || err->kind == ERR_INTERNAL)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

static bool prove(struct proof *p, struct err *err)
{
	const struct verify_target *t = p->target;
	AUTO(answer) struct answer addresses = { 0 };

	while (!find_listeners(p, &addresses, err))
		if (!patient(p, err))
			return false;
	while (!all_prove(p, err))
		if (!patient(p, err))
			return false;
	for (size_t i = 0; i < p->n; i++)
		if (!p->listener[i].proved)
			log_warning("%s:%u: not proved for one of its addresses: %s", t->host,
				t->port, p->listener[i].err.text);
	return true;
}

bool prove_served(
	struct run *run, const struct conf_cert *cert, const struct view *v, struct err *err)
{
	AUTO(x509_stack) STACK_OF(X509) *chain = sk_X509_new_null();
	struct proof p = { .run = run,
		.cert = cert,
		.view = v,
		.chain = chain,
		.deadline = clock_ms() + PATIENCE_MS };

	if (!chain)
		return err_memory(err);
	if (!cert->verify.n || !read_chain(chain, v, err))
		return !cert->verify.n;
	for (size_t i = 0; i < cert->verify.n; i++) {
		p.target = &cert->verify.item[i];
		log_progress("%s: probing %s:%u", cert->name, p.target->host, p.target->port);
		if (!prove(&p, err)) {
			err->kind = ERR_DEPLOY;
			return err_wrap(err, "%s:%u", p.target->host, p.target->port);
		}
	}
	return true;
}
