/*
 * The connections of a run to scm-agent-fetch: one process for each SCM account that is needed,
 * one for probing servers. A process that could not be started fails the same way for the rest of
 * the run; a credential that was refused before is not even tried.
 */
#ifndef AGENT_NET_H
#define AGENT_NET_H

#include "agent/conf.h"
#include "agent/fetcher.h"
#include "agent/store.h"

struct net;

/* All borrowed for the net's life. `fetch_path`: scm-agent-fetch. */
MUST_USE bool net_new(struct net **out, const struct conf *conf, struct store *store,
	const char *fetch_path, struct err *err);
void net_free(struct net *n);
AUTO_DEFINE(net, struct net *, net_free);

/* The fetcher of an account, started when it is wanted first. Borrowed. */
MUST_USE bool net_account(
	struct fetcher **out, struct net *n, const struct conf_account *account, struct err *err);

/*
 * Asks an account and waits for the answer; other jobs' answers wait for their time. True when SCM
 * did what was asked; otherwise *err is what the answer says, and `out` is there all the same. A
 * credential that SCM refuses is remembered.
 */
MUST_USE bool net_call(struct answer *out, struct net *n, const struct conf_account *account,
	struct wire_request *r, struct err *err);

/* End of the account's client certificate as the fetcher saw it; 0 when it was not started. */
int64_t net_client_not_after(const struct net *n, const struct conf_account *account);

/*
 * Asks SCM something harmless as the account, once. True when SCM knows who asks, whatever it lets
 * them do; ERR_AUTH when not, which is remembered.
 */
MUST_USE bool net_log_in(struct net *n, const struct conf_account *account, struct err *err);

/*
 * The same with another credential than the account's own, by a process of its own; a refusal is
 * the caller's to remember. ERR_KEYSTORE when it can't be used at all.
 */
MUST_USE bool net_try(struct net *n, const struct conf_account *account,
	const struct credential *credential, struct err *err);

/*
 * The account logs in with something else from now on. Requests that are under way still get their
 * answers. ERR_INTERNAL.
 */
MUST_USE bool net_renew(struct net *n, const struct conf_account *account, struct err *err);

/* The fetcher without a credential. Borrowed. */
MUST_USE bool net_prober(struct fetcher **out, struct net *n, struct err *err);

/*
 * Waits at most `timeout_ms` until some fetcher has something to take, and pumps it. A fetcher
 * that died is reported by net_broken() from then on.
 */
void net_wait(struct net *n, int64_t timeout_ms);

/* False while the fetcher lives; else what it died of. */
bool net_broken(const struct net *n, const struct fetcher *f, struct err *why);

#endif
