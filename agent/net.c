#include "agent/net.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "agent/refusal.h"

struct link {
	struct fetcher *fetcher;
	struct fetcher_seen seen;
	struct err failed; /* it could not be started, or died */
};

struct net {
	const struct conf *conf;
	struct store *store;
	const char *fetch_path;
	struct link
		*link; /* one for each account, in the configuration's order, then the prober's */
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
static bool may_try(
	struct net *n, const struct conf_account *a, struct refusal *token, struct err *err)
{
	struct refusal account;

	if (!refusal_of_account(&account, a, err) || !refusal_check(n->store, &account, err))
		return false;
	return !a->store_token || (refusal_of_token(token, a->store_token, err) &&
					  refusal_check(n->store, token, err));
}

/* A PIN of the account's own is no reason to keep the token from others. */
static bool note_pin(struct net *n, const struct conf_account *a, const struct refusal *token,
	const struct err *why, struct err *err)
{
	struct refusal account;

	if (!a->store_password_file)
		return refusal_note(n->store, token, why->text, err);
	if (!refusal_of_account(&account, a, err))
		return false;
	account.kind = ERR_KEYSTORE;
	return refusal_note(n->store, &account, why->text, err);
}

static bool start_account(
	struct net *n, struct link *link, const struct conf_account *a, struct err *err)
{
	struct fetcher_start start = { .path = n->fetch_path,
		.account = a,
		.parallel = n->conf->agent.parallel,
		.token = a->store_token };
	struct refusal token;
	struct err ignored = { 0 };

	if (!may_try(n, a, &token, err))
		return err_wrap(err, "account %s", a->name);
	if (fetcher_start(&link->fetcher, &link->seen, &start, err))
		return true;
	if (link->seen.pin_refused && a->store_token && !note_pin(n, a, &token, err, &ignored))
		return err_wrap(err, "and the refusal could not be remembered (%s)", ignored.text);
	return false;
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
	if (err->kind == ERR_AUTH &&
		(!refusal_of_account(&refusal, a, &trouble) ||
			!refusal_note(n->store, &refusal, err->text, &trouble)))
		*err = trouble;
	return false;
}

int64_t net_client_not_after(const struct net *n, const struct conf_account *a)
{
	return n->link[a - n->conf->account].seen.client_not_after;
}

bool net_prober(struct fetcher **out, struct net *n, struct err *err)
{
	struct fetcher_start start = { .path = n->fetch_path };
	struct link *link = &n->link[n->n - 1];

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
