/*
 * Where a certificate's keys are used: in its work in hand, in each generation, in what was
 * abandoned, and the one that was made ahead. Looks at records alone; no key store is opened.
 */
#ifndef AGENT_KEY_USES_H
#define AGENT_KEY_USES_H

#include "agent/conf.h"
#include "agent/record.h"
#include "agent/store.h"

#define KEY_USE_PENDING "pending"
#define KEY_USE_NEXT "next"

/* A record that names a key: an intent or a meta, with the directory that it stands in. */
struct key_use {
	const struct conf_cert *cert;
	const char *where; /* KEY_USE_PENDING, KEY_USE_NEXT or the generation */
	const char *role;  /* for people: "live", "kept", "next", "in work", "given up" */
	int dir;
	const struct record *record;
};

/* Everything in `use` is borrowed for the call. */
typedef bool key_use_fn(void *user, const struct key_use *use, struct err *err);

/* Calls `fn` for each; stops when it fails. */
MUST_USE bool key_uses(struct store *store, const struct conf_cert *cert, key_use_fn *fn,
	void *user, struct err *err);

#endif
