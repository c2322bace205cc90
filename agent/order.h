/*
 * From "due" to "issued": the steps that make a key and a request, order once, and collect.
 *
 * Never lose a key: intent and key are durable before a request exists. Never order twice:
 * `submitting` is durable before a byte of the order leaves the host, and is taken away only when
 * the fetcher is certain that no order can exist; what is found there at the next run is looked up
 * at SCM by its tag, not submitted again.
 */
#ifndef AGENT_ORDER_H
#define AGENT_ORDER_H

#include "agent/job.h"

enum progress order_step_key(struct job *job, struct err *err);
enum progress order_step_request(struct job *job, struct err *err);
enum progress order_step_submit(struct job *job, struct err *err);
enum progress order_step_find(struct job *job, struct err *err);
enum progress order_step_collect(struct job *job, struct err *err);

enum progress order_on_submit(struct job *job, const struct wire_reply *r, struct err *err);
enum progress order_on_find(struct job *job, const struct wire_reply *r, struct err *err);
enum progress order_on_collect(struct job *job, const struct wire_reply *r, struct err *err);

/* Label of our keys in a token, for people and for `key prune`; the certificate's name follows. */
#define ORDER_KEY_LABEL "scm-agent "

/*
 * The key that an intent or a meta record names, and the store it is in: what the record says,
 * whatever the configuration says by now. `ref` borrows from `r`, `ks` from the keyring.
 */
MUST_USE bool order_key_ref(struct ks_ref *out, const struct record *r, int dir, struct err *err);
MUST_USE bool order_find_key(struct ks **ks, struct ks_ref *ref, struct run *run,
	const struct record *r, int dir, struct err *err);

/* The same, loaded. Owned: EVP_PKEY_free(). */
MUST_USE bool order_load_key(
	EVP_PKEY **out, struct run *run, const struct record *r, int dir, struct err *err);

#endif
