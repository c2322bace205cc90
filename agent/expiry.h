/*
 * When the client certificates end that accounts log in with. Nobody may open a key store for that
 * in a run that has nothing to do, so what a fetcher saw when it loaded one is kept in cache/, for
 * as long as settings and file are the same (refusal.h's digest); it can be thrown away. Tokens
 * tell nothing when a certificate in them changes: the next run that logs in sees it.
 */
#ifndef AGENT_EXPIRY_H
#define AGENT_EXPIRY_H

#include "agent/fetcher.h"
#include "agent/job.h"

#define EXPIRY_SOON (30 * 86400)

struct expiry {
	int64_t not_after;
	char serial[FETCHER_SERIAL_MAX]; /* upper-case hex */
	int64_t warned;			 /* when a run last said that it ends soon, or 0 */
};

/* False when it is not known: no client certificate, or another one than was seen last. */
bool expiry_of(struct expiry *out, struct store *store, const struct conf_account *a);

/* Keeps what was seen; nothing is written when it is known already, or there is no state yet. */
MUST_USE bool expiry_note(struct store *store, const struct conf_account *a, int64_t not_after,
	const char *serial, struct err *err);

/* From which time on people have to be told that it ends. */
int64_t expiry_warning_time(struct run *run, const struct conf_account *a, const struct expiry *e);

/* What there is to do about it, appended. */
void expiry_remedy(struct buf *out, struct run *run, const struct conf_account *a);

/* A warning about each one that ends soon, once a day. Under the lock. */
void expiry_warn(struct run *run);

#endif
