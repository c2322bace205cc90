#include "fetch/session.h"

#include <poll.h>
#include <stdlib.h>

#include "dcv/lookup.h"
#include "deploy-hooks/leaf.h"
#include "deploy-hooks/probe.h"
#include "fetch/account.h"
#include "fetch/channel.h"
#include "fetch/sandbox.h"
#include "scm/published.h"

#define WAIT_MS 1000

enum mode { MODE_NEW, MODE_CLIENT, MODE_PROBER, MODE_FAILED };

struct session {
	struct channel channel;
	struct account account;
	enum mode mode;
};

static void answer(void *context, const struct wire_reply *reply)
{
	struct session *s = context;

	channel_reply(&s->channel, reply);
}

static void fail(struct session *s, uint32_t id, const struct err *err)
{
	struct wire_reply reply = { .id = id, .err = *err };

	channel_reply(&s->channel, &reply);
}

static void open_account(struct session *s, const struct wire_request *r)
{
	struct wire_reply reply = { .id = r->id };

	if (account_open(&s->account, &reply.refused, &r->account, &reply.err)) {
		scm_client_listen(s->account.client, answer, s);
		reply.err = (struct err) { 0 };
		reply.refused = false;
		reply.not_after = s->account.not_after;
		reply.serial = s->account.serial;
		s->mode = MODE_CLIENT;
	} else {
		s->mode = MODE_FAILED;
	}
	channel_reply(&s->channel, &reply);
}

_Static_assert((int)WIRE_STARTTLS_NONE == STARTTLS_NONE &&
		       (int)WIRE_STARTTLS_SMTP == STARTTLS_SMTP &&
		       (int)WIRE_STARTTLS_IMAP == STARTTLS_IMAP &&
		       (int)WIRE_STARTTLS_POP3 == STARTTLS_POP3 &&
		       (int)WIRE_STARTTLS_LDAP == STARTTLS_LDAP &&
		       (int)WIRE_STARTTLS_POSTGRES == STARTTLS_POSTGRES,
	"the wire and the probe have the same protocols");
_Static_assert(WIRE_ADDRESSES_MAX == PROBE_ADDRESSES_MAX, "the wire takes what the probe finds");

static void find_addresses(struct session *s, const struct wire_request *r)
{
	struct wire_reply reply = { .id = r->id };
	const char *cell[PROBE_ADDRESSES_MAX];
	struct probe_addresses found;

	if (probe_addresses_find(&found, r->addresses.host, &reply.err)) {
		reply.err = (struct err) { 0 };
		for (size_t i = 0; i < found.n; i++)
			cell[i] = found.text[i];
		reply.columns = 1;
		reply.rows = (uint32_t)found.n;
		reply.cell = cell;
	}
	channel_reply(&s->channel, &reply);
}

static void probe(struct session *s, const struct wire_request *r)
{
	AUTO(probe_chain) struct probe_chain chain = { 0 };
	struct wire_reply reply = { .id = r->id };
	const struct probe_target target = { .host = r->probe.connect_host,
		.port = r->probe.connect_port,
		.server_name = r->probe.server_name,
		.timeout_ms = r->probe.timeout_ms,
		.protocol = (enum starttls_protocol)r->probe.starttls };
	const char *cell[WIRE_PROBE_COLUMNS];
	struct leaf leaf;

	if (!probe_chain_fetch(&chain, &target, &reply.err) ||
		!leaf_read(&leaf, chain.cert[0].der, chain.cert[0].len, &reply.err)) {
		reply.unsent = !chain.reached;
	} else {
		reply.err = (struct err) { 0 };
		cell[0] = leaf.serial;
		cell[1] = leaf.subject;
		reply.columns = WIRE_PROBE_COLUMNS;
		reply.rows = 1;
		reply.cell = cell;
		reply.chain_count = (uint32_t)chain.n;
		for (size_t i = 0; i < chain.n; i++)
			reply.chain[i] =
				(struct wire_bytes) { chain.cert[i].der, chain.cert[i].len };
	}
	channel_reply(&s->channel, &reply);
}

static void look_at_published(struct session *s, const struct wire_request *r)
{
	struct wire_reply reply = { .id = r->id };

	if (scm_published(&r->published, &reply.err))
		reply.err = (struct err) { 0 };
	channel_reply(&s->channel, &reply);
}

static void look_up(struct session *s, const struct wire_request *r)
{
	struct wire_reply reply = { .id = r->id };
	const struct wire_lookup *l = &r->lookup;
	const struct dcv_challenge c = { .type = l->text ? DCV_TXT : DCV_CNAME,
		.domain = l->domain,
		.host = l->host,
		.point = l->point };
	bool found = false;

	if (dcv_lookup(&found, &c, *l->server ? l->server : NULL, &reply.err))
		reply.err = (struct err) { 0 };
	if (reply.err.kind == ERR_NONE && !found)
		err_set(&reply.err, ERR_UNAVAILABLE, "%s of %s is not in the DNS%s%s",
			dcv_type_name(c.type), c.host, *l->server ? " as seen by " : "", l->server);
	channel_reply(&s->channel, &reply);
}

/* Whom a probe talks to is not up to us, so what probes has no credential. */
static bool is_probe(const struct wire_request *r)
{
	return r->op == WIRE_PROBE || r->op == WIRE_ADDRESSES || r->op == WIRE_PUBLISHED ||
	       r->op == WIRE_LOOKUP;
}

static void look(struct session *s, const struct wire_request *r)
{
	if (r->op == WIRE_PROBE)
		probe(s, r);
	else if (r->op == WIRE_ADDRESSES)
		find_addresses(s, r);
	else if (r->op == WIRE_LOOKUP)
		look_up(s, r);
	else
		look_at_published(s, r);
}

static void first_look(struct session *s, const struct wire_request *r)
{
	struct err err;

	clearenv();
	if (sandbox_seal(SANDBOX_NETWORK, &err)) {
		s->mode = MODE_PROBER;
		look(s, r);
	} else {
		s->mode = MODE_FAILED;
		fail(s, r->id, &err);
	}
}

static void ask(struct session *s, const struct wire_request *r)
{
	struct err err;

	if (!scm_client_ask(s->account.client, r, &err))
		fail(s, r->id, &err);
}

/* A request out of turn is a mistake of the agent's: the conversation is over. */
static void handle(struct session *s, const struct wire_request *r)
{
	bool scm = r->op != WIRE_ACCOUNT && !is_probe(r);

	if (s->mode == MODE_NEW && r->op == WIRE_ACCOUNT)
		open_account(s, r);
	else if (s->mode == MODE_NEW && is_probe(r))
		first_look(s, r);
	else if (s->mode == MODE_CLIENT && scm)
		ask(s, r);
	else if (s->mode == MODE_PROBER && is_probe(r))
		look(s, r);
	else
		s->channel.ended = true;
}

static void wait_for_more(struct session *s)
{
	struct channel *c = &s->channel;
	struct pollfd p = { .fd = c->fd,
		.events = (short)(POLLIN | (channel_writing(c) ? POLLOUT : 0)) };

	if (s->mode == MODE_CLIENT)
		scm_client_wait(
			s->account.client, c->fd, channel_writing(c), channel_full(c), WAIT_MS);
	else
		poll(&p, 1, -1);
}

void session_run(int fd)
{
	struct session s = { .mode = MODE_NEW };
	struct wire_request r;

	channel_init(&s.channel, fd);
	while (!s.channel.ended) {
		wait_for_more(&s);
		channel_pump(&s.channel);
		while (!s.channel.ended && channel_next(&s.channel, &r)) {
			handle(&s, &r);
			channel_used(&s.channel);
		}
	}
	account_close(&s.account);
	channel_dispose(&s.channel);
}
