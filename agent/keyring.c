#include "agent/keyring.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/refusal.h"
#include "base/log.h"
#include "base/secret.h"

struct slot {
	struct ks *ks;
	struct secret *pin; /* that it took */
	struct err failed;  /* ERR_NONE until an attempt failed */
};

struct keyring {
	const struct conf *conf;
	struct store *store;
	struct ks *files;
	struct slot *slot; /* one for each configured token, in its order */
};

bool keyring_new(
	struct keyring **out, const struct conf *conf, struct store *store, struct err *err)
{
	AUTO(keyring) struct keyring *k = calloc(1, sizeof(*k));

	if (!k)
		return err_memory(err);
	k->conf = conf;
	k->store = store;
	k->slot = calloc(conf->tokens + 1, sizeof(*k->slot));
	if (!k->slot)
		return err_memory(err);
	*out = TAKE(k);
	return true;
}

/* All is done by then: a module that does not end is worth a word, and no more. */
static void close_token(struct ks *ks, const struct conf_token *t)
{
	bool before = ks_stuck();

	ks_close(ks);
	if (!before && ks_stuck())
		log_warning("token %s: its module did not end within %" PRId64 "s", t->name,
			t->timeout);
}

/* The login went well, and then a key wanted a PIN of its own: later runs must not try it either.
 */
static void note_refusal_at_use(
	struct keyring *k, const struct slot *slot, const struct conf_token *t)
{
	struct err err = { 0 };

	if (slot->ks && ks_pin_refused(slot->ks) &&
		!keyring_refused(
			k, t, "a key wants a PIN again when it signs, and refuses this one", &err))
		log_error("token %s: a refused PIN could not be remembered: %s", t->name, err.text);
}

void keyring_free(struct keyring *k)
{
	if (!k)
		return;
	for (size_t i = 0; k->slot && i < k->conf->tokens; i++) {
		note_refusal_at_use(k, &k->slot[i], &k->conf->token[i]);
		close_token(k->slot[i].ks, &k->conf->token[i]);
		secret_free(k->slot[i].pin);
	}
	ks_close(k->files);
	free(k->slot);
	free(k);
}

/* A module that needs variables reads them when it is loaded, from our own environment. */
static bool export(const struct conf_token *token, struct err *err)
{
	for (size_t i = 0; i < token->env.n; i++) {
		AUTO_STR char *name = strdup(token->env.item[i]);
		char *equals = name ? strchr(name, '=') : NULL;
		const char *now;

		if (!equals)
			return err_memory(err);
		*equals = '\0';
		now = getenv(name);
		if (now && strcmp(now, equals + 1))
			return err_set(err, ERR_CONFIG,
				"env.%s: another token has set it to '%s'; a process has one "
				"environment",
				name, now);
		if (setenv(name, equals + 1, 1))
			return err_memory(err);
	}
	return true;
}

static bool open_token(
	struct slot *slot, struct keyring *k, const struct conf_token *t, struct err *err)
{
	AUTO(secret) struct secret *pin = NULL;
	struct ks_token token = { .module = t->module,
		.init_args = t->init_args,
		.uri = t->uri,
		.timeout_ms = t->timeout * 1000 };
	struct refusal refusal;
	struct err ignored = { 0 };
	bool pin_refused = false;

	if (!refusal_of_token(&refusal, t, err) || !refusal_check(k->store, &refusal, err) ||
		!export(t, err) || !secret_read(&pin, t->pin_file, err))
		return false;
	token.pin = pin;
	if (ks_open_token(&slot->ks, &pin_refused, &token, err)) {
		slot->pin = TAKE(pin);
		return true;
	}
	if (pin_refused)
		err_wrap(err, "pin_file %s", t->pin_file);
	if (pin_refused && !refusal_note(k->store, &refusal, err->text, &ignored))
		return err_wrap(err, "and the refusal could not be remembered (%s)", ignored.text);
	return false;
}

bool keyring_open(
	struct ks **out, struct keyring *k, const struct conf_token *token, struct err *err)
{
	struct slot *slot;

	if (!token) {
		if (!k->files && !ks_open_files(&k->files, err))
			return false;
		*out = k->files;
		return true;
	}
	slot = &k->slot[token - k->conf->token];
	if (!slot->ks && slot->failed.kind == ERR_NONE && !open_token(slot, k, token, err)) {
		err_wrap(err, "token %s", token->name);
		slot->failed = *err;
		return false;
	}
	if (!slot->ks) {
		*err = slot->failed;
		return false;
	}
	*out = slot->ks;
	return true;
}

bool keyring_open_named(struct ks **out, struct keyring *k, const char *token, struct err *err)
{
	const struct conf_token *t = *token ? conf_find_token(k->conf, token) : NULL;

	if (*token && !t)
		return err_set(err, ERR_KEYSTORE,
			"token %s, which holds the key, is not configured any more", token);
	return keyring_open(out, k, t, err);
}

bool keyring_pin(const struct secret **out, struct keyring *k, const struct conf_token *token,
	struct err *err)
{
	struct refusal refusal;
	struct ks *ks;

	if (!keyring_open(&ks, k, token, err) || !refusal_of_token(&refusal, token, err) ||
		!refusal_check(k->store, &refusal, err))
		return false;
	*out = k->slot[token - k->conf->token].pin;
	return true;
}

bool keyring_refused(
	struct keyring *k, const struct conf_token *token, const char *message, struct err *err)
{
	struct refusal refusal;

	return refusal_of_token(&refusal, token, err) &&
	       refusal_note(k->store, &refusal, message, err);
}
