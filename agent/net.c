#include "agent/net.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "agent/expiry.h"
#include "agent/refusal.h"
#include "base/log.h"

struct link {
	struct fetcher *fetcher;
	struct fetcher_seen seen;
	struct err failed; /* it could not be started, or died */
};

struct net {
	const struct conf *conf;
	struct store *store;
	const char *fetch_path;
	/* one for each account, in the configuration's order, the prober's, and those that had
	 * another credential before, whose answers somebody may wait for */
	struct link *link;
	struct pollfd *poll;
	size_t n;
};

bool net_new(struct net **out, const struct conf *conf, struct store *store, const char *fetch_path,
	struct err *err)
{
	AUTO(net) struct net *n = calloc(1, sizeof(*n));

	if (!n)
		return err_memory(err);
	n->link = calloc(conf->accounts + 1, sizeof(*n->link));
	n->poll = calloc(conf->accounts + 1, sizeof(*n->poll));
	if (!n->link || !n->poll)
		return err_memory(err);
	n->n = conf->accounts + 1;
	n->conf = conf;
	n->store = store;
	n->fetch_path = fetch_path;
	*out = TAKE(n);
	return true;
}

void net_free(struct net *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->n; i++)
		fetcher_stop(n->link[i].fetcher);
	free(n->link);
	free(n->poll);
	free(n);
}

/* A token serves the client key too: its PIN has one attempt, whoever makes it. */
static bool may_open(
	struct refusal *token, struct net *n, const struct credential *c, struct err *err)
{
	return !c->token ||
	       (refusal_of_token(token, c->token, err) && refusal_check(n->store, token, err));
}

/* A PIN of the account's own is no reason to keep the token from others. */
static bool note_pin(struct net *n, const struct fetcher_start *start, const struct refusal *token,
	const struct err *why, struct err *err)
{
	struct refusal account;

	if (!start->credential->password_file)
		return refusal_note(n->store, token, why->text, err);
	if (!refusal_of_account(&account, start->account, err))
		return false;
	account.kind = ERR_KEYSTORE;
	memcpy(account.token, token->token, sizeof(account.token));
	return refusal_note(n->store, &account, why->text, err);
}

static bool start(struct fetcher **out, struct fetcher_seen *seen, struct net *n,
	const struct fetcher_start *start, struct err *err)
{
	struct refusal token;
	struct err ignored = { 0 };

	if (!may_open(&token, n, start->credential, err))
		return err_wrap(err, "account %s", start->account->name);
	if (fetcher_start(out, seen, start, err))
		return true;
	if (seen->pin_refused && start->credential->token &&
		!note_pin(n, start, &token, err, &ignored))
		return err_wrap(err, "and the refusal could not be remembered (%s)", ignored.text);
	return false;
}

static bool start_account(
	struct net *n, struct link *link, const struct conf_account *a, struct err *err)
{
	AUTO(credential) struct credential credential = { 0 };
	struct fetcher_start how = { .path = n->fetch_path,
		.account = a,
		.credential = &credential,
		.parallel = n->conf->agent.parallel };
	struct refusal account;
	struct err ignored = { 0 };

	if (!refusal_of_account(&account, a, err) || !refusal_check(n->store, &account, err) ||
		!credential_of(&credential, n->conf, n->store, a, err))
		return err_wrap(err, "account %s", a->name);
	if (!start(&link->fetcher, &link->seen, n, &how, err))
		return false;
	/* to know when it ends is convenient, no more */
	if (!expiry_note(
		    n->store, a, link->seen.client_not_after, link->seen.client_serial, &ignored))
		log_debug("%s", ignored.text);
	return true;
}

static bool give(struct fetcher **out, const struct link *link, struct err *err)
{
	if (link->failed.kind != ERR_NONE) {
		*err = link->failed;
		return false;
	}
	*out = link->fetcher;
	return true;
}

bool net_account(struct fetcher **out, struct net *n, const struct conf_account *a, struct err *err)
{
	struct link *link = &n->link[a - n->conf->account];

	if (!link->fetcher && link->failed.kind == ERR_NONE && !start_account(n, link, a, err))
		link->failed = *err;
	return give(out, link, err);
}

/* Which one it was that SCM does not know: a person compares the number with SCM's. */
static void name_certificate(struct err *err, const struct link *link)
{
	struct err said = *err;

	if (*link->seen.client_serial)
		err_set(err, said.kind, "%.380s (its client certificate has the serial number %s)",
			said.text, link->seen.client_serial);
}

bool net_call(struct answer *out, struct net *n, const struct conf_account *a,
	struct wire_request *r, struct err *err)
{
	struct fetcher *fetcher;
	struct refusal refusal;
	struct err trouble = { 0 };

	if (!net_account(&fetcher, n, a, err) || !fetcher_call(out, fetcher, r, err))
		return false;
	if (out->reply.err.kind == ERR_NONE)
		return true;
	*err = out->reply.err;
	if (err->kind == ERR_AUTH)
		name_certificate(err, &n->link[a - n->conf->account]);
	if (err->kind == ERR_AUTH &&
		(!refusal_of_account(&refusal, a, &trouble) ||
			!refusal_note(n->store, &refusal, err->text, &trouble)))
		*err = trouble;
	return false;
}

/* What a client certificate is good for is tried by what the documentation tries it with. */
static struct wire_request who_am_i(const struct conf_account *a)
{
	struct wire_request r = { .op = WIRE_LIST };

	r.list = (struct wire_list) { .kind = WIRE_LIST_PROFILES, .org_id = a->organization_id };
	return r;
}

/* An answer that says no to somebody whom it knows. */
static bool known(const struct err *err)
{
	return err->kind == ERR_NONE || err->kind == ERR_REJECTED;
}

bool net_log_in(struct net *n, const struct conf_account *a, struct err *err)
{
	struct wire_request r = who_am_i(a);
	AUTO(answer) struct answer answer = { 0 };

	return net_call(&answer, n, a, &r, err) || known(err);
}

bool net_try(
	struct net *n, const struct conf_account *a, const struct credential *c, struct err *err)
{
	struct fetcher_start how = {
		.path = n->fetch_path, .account = a, .credential = c, .parallel = 1
	};
	struct wire_request r = who_am_i(a);
	AUTO(fetcher) struct fetcher *fetcher = NULL;
	AUTO(answer) struct answer answer = { 0 };
	struct fetcher_seen seen;

	if (!start(&fetcher, &seen, n, &how, err) || !fetcher_call(&answer, fetcher, &r, err))
		return false;
	*err = answer.reply.err;
	return known(err);
}

bool net_renew(struct net *n, const struct conf_account *a, struct err *err)
{
	struct link *link = reallocarray(n->link, n->n + 1, sizeof(*link));
	struct pollfd *poll = reallocarray(n->poll, n->n + 1, sizeof(*poll));

	n->link = link ? link : n->link;
	n->poll = poll ? poll : n->poll;
	if (!link || !poll)
		return err_memory(err);
	link[n->n++] = link[a - n->conf->account];
	link[a - n->conf->account] = (struct link) { 0 };
	return true;
}

int64_t net_client_not_after(const struct net *n, const struct conf_account *a)
{
	return n->link[a - n->conf->account].seen.client_not_after;
}

bool net_prober(struct fetcher **out, struct net *n, struct err *err)
{
	struct fetcher_start start = { .path = n->fetch_path };
	struct link *link = &n->link[n->conf->accounts];

	if (!link->fetcher && link->failed.kind == ERR_NONE &&
		!fetcher_start(&link->fetcher, &link->seen, &start, err))
		link->failed = *err;
	return give(out, link, err);
}

static bool usable(const struct link *link)
{
	return link->fetcher && link->failed.kind == ERR_NONE && !fetcher_ended(link->fetcher);
}

void net_wait(struct net *n, int64_t timeout_ms)
{
	nfds_t used = 0;

	for (size_t i = 0; i < n->n; i++)
		if (usable(&n->link[i]))
			n->poll[used++] =
				(struct pollfd) { fetcher_fd(n->link[i].fetcher), POLLIN, 0 };
	if (poll(n->poll, used, (int)timeout_ms) <= 0)
		return;
	for (size_t i = 0; i < n->n; i++) {
		struct err err = { 0 };
		struct link *link = &n->link[i];

		if (usable(link) && !fetcher_pump(link->fetcher, &err))
			link->failed = err;
	}
}

bool net_broken(const struct net *n, const struct fetcher *f, struct err *why)
{
	for (size_t i = 0; i < n->n; i++) {
		const struct link *link = &n->link[i];

		if (link->fetcher != f || usable(link))
			continue;
		if (link->failed.kind != ERR_NONE)
			*why = link->failed;
		else
			err_set(why, ERR_INTERNAL, "scm-agent-fetch ended unexpectedly");
		return true;
	}
	return false;
}
