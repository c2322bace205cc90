/*
 * `check`: everything that a run will need, tried without changing anything. One line a check; a
 * failure says what to do about it. The exit status is the first failure's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/check.h"
#include "agent/follow_file.h"
#include "agent/intent.h"
#include "agent/leftovers.h"
#include "agent/server_key.h"
#include "agent/targets.h"

void check_row(struct check *k, const char *what, const char *result, const char *text)
{
	out_row(k->out);
	out_text(k->out, "check", "CHECK", what);
	out_text(k->out, "result", "RESULT", result);
	out_text(k->out, "detail", "DETAIL", text);
}

void check_good(struct check *k, const char *what, const char *text)
{
	check_row(k, what, "ok", text);
}

void check_bad(struct check *k, const char *what, const struct err *err)
{
	if (!k->status)
		k->status = err_exit_status(err->kind);
	check_row(k, what, "FAIL", err->text);
}

static void check_state(struct check *k)
{
	const struct store *s = k->c->store;
	AUTO(buf) struct buf text = BUF(8192);
	struct err err = { 0 };

	buf_addf(&text, "%s%s", s->path, s->root < 0 ? ", which the first run makes" : "");
	if (store_check_trusted(s, &err) &&
		(s->root < 0 || fs_check_space(s->root, 1024 * 1024, &err)))
		check_good(k, "state directory", buf_str(&text));
	else
		check_bad(k, "state directory", &err);
}

static void check_hooks(struct check *k, const struct conf_cert *cert, const char *kind,
	const struct conf_hooks *hooks)
{
	char what[96];

	snprintf(what, sizeof(what), "%s: %s", cert->name, kind);
	for (size_t i = 0; i < hooks->n; i++) {
		const struct conf_hook *c = &hooks->item[i];
		struct hook hook = { c->path, c->shipped, &c->options };
		struct err err = { 0 };

		if (hook_check(&hook, &err))
			check_good(k, what, c->text);
		else
			check_bad(k, what, &err);
	}
}

/* Where the file or record of a validation goes. */
static void check_dcv(struct check *k, const struct conf_dcv *d)
{
	AUTO(fd) int fd = -1;
	struct hook hook = { 0 };
	struct err err = { 0 };
	char what[96];

	snprintf(what, sizeof(what), "dcv %s: %s", d->name, d->webroot ? "web root" : "hook");
	if (!d->webroot && !d->hook.n)
		return;
	if (d->hook.n)
		hook = (struct hook) { d->hook.item[0].path, d->hook.item[0].shipped, NULL };
	if (d->webroot)
		fd = open(d->webroot, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->webroot && fd < 0)
		err_errno(&err, ERR_CONFIG, "web root \"%s\"", d->webroot);
	if (d->webroot ? fd >= 0 : hook_check(&hook, &err))
		check_good(k, what, d->webroot ? d->webroot : d->hook.item[0].text);
	else
		check_bad(k, what, &err);
}

static void check_targets(struct check *k, const struct conf_cert *cert)
{
	char what[96];

	for (size_t i = 0; i < cert->targets; i++) {
		const struct conf_target *t = &cert->target[i];
		struct err err = { 0 };

		snprintf(what, sizeof(what), "%s: install %s", cert->name, t->name);
		if (targets_check_one(k->c->conf, t, &err))
			check_good(k, what, t->path ? t->path : "in the token");
		else
			check_bad(k, what, &err);
	}
}

/* The leader's file can be opened; what is in it, a run judges. */
static void check_follow(struct check *k, const struct conf_cert *cert)
{
	AUTO(follow_file) struct follow_file file = { 0 };
	AUTO(ks_credential) struct ks_credential c = { 0 };
	struct err err = { 0 };
	char what[96];

	snprintf(what, sizeof(what), "%s: follow", cert->name);
	if (!cert->follow.path)
		return;
	if (follow_file_read(&file, &cert->follow, &err) &&
		follow_file_open(&c, &file, &cert->follow, &err))
		check_good(k, what, cert->follow.path);
	else
		check_bad(k, what, &err);
}

/* A token is opened and what is in it can be listed; its keys are tried by check_keys(). */
static void check_token(struct check *k, const struct conf_token *token)
{
	struct ks_entry *entry = NULL;
	struct err err = { 0 };
	char what[96];
	char text[96];
	struct ks *ks;
	size_t n = 0;

	snprintf(what, sizeof(what), "token %s", token->name);
	if (!keyring_open(&ks, k->run->keys, token, &err) || !ks_list(&entry, &n, ks, &err)) {
		check_bad(k, what, &err);
		return;
	}
	snprintf(text, sizeof(text), "logged in, %zu key%s", n, n == 1 ? "" : "s");
	check_good(k, what, text);
	free(entry);
}

static bool try_key(struct check *k, const struct conf_cert *cert, const char *generation,
	const struct record *meta, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;

	return store_open_archive(&archive, k->c->store, cert->name, false, err) &&
	       fs_open_dir(&dir, archive, generation, err) &&
	       intent_load_key(&key, k->run, meta, dir, err) && ks_probe(key, err);
}

/* nginx -t and the like read the key as root; those who serve with it are somebody else. */
static void check_server_user(struct check *k, const struct conf_cert *cert, const char *generation,
	const struct record *meta)
{
	AUTO_STR char *dir = store_generation_path(k->c->store, cert->name, generation, "");
	struct server_key key = { cert->server_user, meta, dir };
	struct err err = { 0 };
	char what[160];

	snprintf(what, sizeof(what), "%s: key usable by %s", cert->name, cert->server_user);
	if (dir ? server_key_check(k->run, &key, &err) : err_memory(&err))
		check_good(k, what, "signs");
	else
		check_bad(k, what, &err);
}

/* What is live, or else what waits to be: that its key is of no use may be why. */
static void check_key(struct check *k, const struct conf_cert *cert)
{
	AUTO(situation) struct situation s = { 0 };
	const struct record *meta;
	const char *generation;
	struct err err = { 0 };
	char what[96];

	snprintf(what, sizeof(what), "%s: key", cert->name);
	if (!situation_read(&s, k->c->store, cert->name, &err)) {
		check_bad(k, what, &err);
		return;
	}
	generation = s.live ? s.live : s.newest;
	meta = s.live ? &s.live_meta.r : &s.newest_meta.r;
	if (!generation)
		return;
	if (try_key(k, cert, generation, meta, &err))
		check_good(k, what, "signs");
	else
		check_bad(k, what, &err);
	if (cert->server_user)
		check_server_user(k, cert, generation, meta);
}

static void check_leftovers(struct check *k)
{
	AUTO(strlist) struct strlist names = { 0 };
	struct err err = { 0 };

	if (!leftovers_list(&names, k->c->conf, k->c->store, &err))
		check_bad(k, "certificates", &err);
	for (size_t i = 0; i < names.n; i++) {
		char note[160];

		snprintf(note, sizeof(note), LEFTOVERS_NOTE, names.item[i]);
		check_row(k, names.item[i], "warn", note);
	}
}

static void check_all(struct check *k)
{
	const struct conf *conf = k->c->conf;

	check_state(k);
	check_leftovers(k);
	for (size_t i = 0; i < conf->tokens; i++)
		check_token(k, &conf->token[i]);
	for (size_t i = 0; i < conf->certs; i++) {
		check_hooks(k, &conf->cert[i], "hook", &conf->cert[i].deploy_hooks);
		check_hooks(k, &conf->cert[i], "pre hook", &conf->cert[i].pre_hooks);
		check_hooks(k, &conf->cert[i], "post hook", &conf->cert[i].post_hooks);
		check_targets(k, &conf->cert[i]);
		check_follow(k, &conf->cert[i]);
		check_key_origin(k, &conf->cert[i]);
		check_key(k, &conf->cert[i]);
	}
	for (size_t i = 0; i < conf->dcvs; i++)
		check_dcv(k, &conf->dcv[i]);
	for (size_t i = 0; i < conf->accounts; i++)
		check_account(k, &conf->account[i]);
}

int cmd_check(struct cmd_context *c)
{
	AUTO(out) struct out *o = out_new(c->cli->json, "checks");
	AUTO(cmd_run) struct cmd_run r = { 0 };
	struct check k = { .c = c, .run = &r.run, .out = o };
	struct err err = { 0 };
	char text[64];

	snprintf(text, sizeof(text), "%zu certificate%s, %zu account%s", c->conf->certs,
		c->conf->certs == 1 ? "" : "s", c->conf->accounts,
		c->conf->accounts == 1 ? "" : "s");
	check_good(&k, "configuration", text);
	if (!c->cli->config_only) {
		if (!store_open_existing(&c->store, c->conf->agent.state_dir, &err) ||
			!cmd_run_open(&r, c, &err))
			return cmd_fail(&err);
		check_all(&k);
	}
	out_print(o);
	return k.status;
}
