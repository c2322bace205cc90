/*
 * What is decided before anything leaves the host: the intent (a tag for the order, an id for the
 * key, the names and policy that were configured), the key, the request. All three are durable
 * before the order, and from then on only what they say counts for it.
 */
#ifndef AGENT_INTENT_H
#define AGENT_INTENT_H

#include "agent/job.h"
#include "agent/key_plan.h"

/* Label of our keys in a token, for people and for `key prune`; the certificate's name follows. */
#define INTENT_KEY_LABEL "scm-agent "

enum progress intent_step_key(struct job *job, struct err *err);
enum progress intent_step_request(struct job *job, struct err *err);

/* A new intent for a certificate as it is configured, without what it follows. */
MUST_USE bool intent_compose(struct record *r, const struct conf_cert *cert,
	const struct key_plan *key, struct err *err);

/* The token's key leaves this trace beside the intent; a key in a file is its own. */
MUST_USE bool intent_write_key_uri(
	struct run *run, const struct record *r, int dir, struct err *err);

/*
 * The key that an intent or a meta record names, and the store it is in: what the record says,
 * whatever the configuration says by now. `ref` borrows from `r`, `ks` from the keyring.
 */
MUST_USE bool intent_find_key(struct ks **ks, struct ks_ref *ref, struct run *run,
	const struct record *r, int dir, struct err *err);

/* The same, loaded. Owned: EVP_PKEY_free(). */
MUST_USE bool intent_load_key(
	EVP_PKEY **out, struct run *run, const struct record *r, int dir, struct err *err);

#endif
