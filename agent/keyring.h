/*
 * The key stores of a run: each token is opened, and logged in to, once at most, and only when a
 * key in it is needed. A PIN that was refused is not tried again.
 */
#ifndef AGENT_KEYRING_H
#define AGENT_KEYRING_H

#include "agent/conf.h"
#include "agent/store.h"

struct keyring;

/* `conf` and `store` are borrowed for the keyring's life. */
MUST_USE bool keyring_new(
	struct keyring **out, const struct conf *conf, struct store *store, struct err *err);
void keyring_free(struct keyring *k);
AUTO_DEFINE(keyring, struct keyring *, keyring_free);

/*
 * The opened store of a token, or the store of files for NULL. Borrowed until keyring_free().
 * ERR_KEYSTORE; the same failure again for a token that failed before in this run.
 */
MUST_USE bool keyring_open(
	struct ks **out, struct keyring *k, const struct conf_token *token, struct err *err);

/* The same by the name that a state file has for it: "" for files. ERR_KEYSTORE for an unknown one.
 */
MUST_USE bool keyring_open_named(
	struct ks **out, struct keyring *k, const char *token, struct err *err);

/*
 * The PIN that a token took from us in this run, for a process that uses the token as another user;
 * NULL for a token without one. Borrowed until keyring_free(). ERR_KEYSTORE when the token could
 * not be opened, or its PIN was refused to that process: it is not tried again.
 */
MUST_USE bool keyring_pin(const struct secret **out, struct keyring *k,
	const struct conf_token *token, struct err *err);

/* Remembers that it was refused to such a process, with the message that it came with. */
MUST_USE bool keyring_refused(
	struct keyring *k, const struct conf_token *token, const char *message, struct err *err);

#endif
