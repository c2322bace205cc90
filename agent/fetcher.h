/*
 * The other end of scm-agent-fetch: starts it when the network is needed first, sends it requests,
 * hands out its answers. One process per SCM account, and one without any credential for probing
 * servers.
 */
#ifndef AGENT_FETCHER_H
#define AGENT_FETCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/credential.h"
#include "scm/wire.h"

#define FETCHER_SERIAL_MAX 64 /* of a serial number, longer than any that RFC 5280 allows */

struct fetcher;

/* One answer, with the bytes that it borrows from. */
struct answer {
	struct wire_reply reply;
	char *body;
};

void answer_dispose(struct answer *a);
AUTO_DEFINE_REF(answer, struct answer, answer_dispose);

/*
 * Starts the program at `path` and gives it the account (NULL for a prober): key store, passwords
 * and trust anchors are read here, checked, sent, and wiped. Waits until the credential was
 * accepted or refused; `seen` is set in both cases.
 * ERR_CONFIG for files and secrets, ERR_KEYSTORE for the credential. Owned: fetcher_stop().
 */
struct fetcher_start {
	const char *path;
	const struct conf_account *account;
	const struct credential *credential; /* NULL without an account */
	uint64_t parallel;
};
struct fetcher_seen {
	int64_t client_not_after; /* end of the client certificate, 0 when not known */
	char client_serial[FETCHER_SERIAL_MAX]; /* upper-case hex, "" when not known */
	bool pin_refused; /* a token refused the PIN: it may not be tried again */
};
MUST_USE bool fetcher_start(struct fetcher **out, struct fetcher_seen *seen,
	const struct fetcher_start *start, struct err *err);
void fetcher_stop(struct fetcher *f);
AUTO_DEFINE(fetcher, struct fetcher *, fetcher_stop);

/* To poll for reading. */
int fetcher_fd(const struct fetcher *f);

/* Sends a request under a fresh id, which is set in r->id. ERR_INTERNAL when the process has gone.
 */
MUST_USE bool fetcher_send(struct fetcher *f, struct wire_request *r, struct err *err);

/* When it said something last (clock_ms()), as far as was pumped. */
int64_t fetcher_heard(const struct fetcher *f);

/*
 * Milliseconds. A fetcher that is asked and says nothing for this long hangs: no call to SCM may
 * take as long, nor one to the module of a token with the credential. A single request may take
 * longer, as it waits behind others.
 */
int64_t fetcher_patience(const struct fetcher *f);

/* It has closed its end: what is not in the inbox by now will not come. */
bool fetcher_ended(const struct fetcher *f);

/* Reads what has arrived, without waiting. ERR_INTERNAL, ERR_PROTOCOL: the process is of no use. */
MUST_USE bool fetcher_pump(struct fetcher *f, struct err *err);

/* The next answer that has arrived, or false; `id` 0 takes any, else that one alone. */
bool fetcher_take(struct answer *out, struct fetcher *f, uint32_t id);

/*
 * Sends and waits for the answer, others staying for fetcher_take(). True when there is one,
 * whatever it says.
 */
MUST_USE bool fetcher_call(
	struct answer *out, struct fetcher *f, struct wire_request *r, struct err *err);

#endif
