#include "agent/refusal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/record.h"
#include "base/secret.h"
#include "csr/key.h"

#define TEXT_MAX (64 * 1024)

static void add_text(struct buf *out, const char *s)
{
	buf_addf(out, "%s\n", s ? s : "");
}

/*
 * A file stands for its content: a secret's bytes never get into a digest on disk. systemd makes a
 * credential's file anew at each start, so of that only the size tells; the rest is for `reset`.
 */
static void add_file(struct buf *out, const char *reference)
{
	AUTO_STR char *path = reference ? secret_path(reference) : NULL;
	struct stat st;

	add_text(out, reference);
	if (!path || stat(path, &st))
		return;
	buf_addf(out, "%lld\n", (long long)st.st_size);
	if (reference[0] == '/')
		buf_addf(out, "%llu %lld.%ld\n", (unsigned long long)st.st_ino,
			(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static bool finish(struct refusal *r, const struct buf *text, struct err *err)
{
	if (!buf_check(text, "credential", err))
		return false;
	return csr_der_fingerprint(r->digest, text->data, text->len) || err_memory(err);
}

/* What a proxy refuses is asked for no more often than what SCM does. */
static void add_proxy(struct buf *out, const struct conf_account *a)
{
	add_text(out, a->proxy_host);
	buf_addf(out, "%llu\n", (unsigned long long)a->proxy_port);
	add_text(out, a->proxy_user);
	add_file(out, a->proxy_password_file);
}

static void add_which(struct buf *out, const struct conf_token *t)
{
	add_text(out, t->module);
	add_text(out, t->uri);
	/* which token that is depends on these, too */
	add_text(out, t->init_args);
	for (size_t i = 0; i < t->env.n; i++)
		add_text(out, t->env.item[i]);
}

bool refusal_of_account(struct refusal *out, const struct conf_account *a, struct err *err)
{
	AUTO(buf) struct buf text = BUF(TEXT_MAX);

	*out = (struct refusal) { .kind = ERR_AUTH };
	snprintf(out->file, sizeof(out->file), "refused-account-%.64s", a->name);
	add_text(&text, a->url);
	add_text(&text, a->customer_uri);
	buf_addf(&text, "%d %d\n", (int)a->api, (int)a->auth);
	add_text(&text, a->login);
	add_text(&text, a->token_url);
	add_text(&text, a->store_alias);
	add_text(&text, a->store_object);
	add_file(&text, a->secret_file);
	add_file(&text, a->store);
	add_file(&text, a->store_password_file);
	add_file(&text, a->key_password_file);
	add_proxy(&text, a);
	if (a->store_token) {
		add_which(&text, a->store_token);
		add_file(&text, a->store_token->pin_file);
	}
	return finish(out, &text, err);
}

bool refusal_of_token(struct refusal *out, const struct conf_token *t, struct err *err)
{
	AUTO(buf) struct buf text = BUF(TEXT_MAX);

	*out = (struct refusal) { .kind = ERR_KEYSTORE };
	snprintf(out->file, sizeof(out->file), "refused-pin-%.64s", t->name);
	add_which(&text, t);
	if (!csr_der_fingerprint(out->token, text.data, text.len))
		return err_memory(err);
	add_file(&text, t->pin_file);
	return finish(out, &text, err);
}

bool refusal_check(struct store *store, const struct refusal *r, struct err *err)
{
	AUTO(record) struct record known = { 0 };
	bool found;

	if (!record_read(&known, &found, store->cache, r->file, err))
		return false;
	if (!found || strcmp(record_get(&known, "digest"), r->digest))
		return !strlist_has(&store->refused, r->token) ||
		       err_set(err, r->kind,
			       "this token has refused another PIN in this run; one attempt a "
			       "run, since tokens lock");
	return err_set(err, err_kind_of(record_get(&known, "kind"), r->kind),
		"not tried again since it was refused (%s); correct the configuration or the "
		"secret's file, or run scm-agent reset",
		record_get(&known, "message"));
}

bool refusal_note(
	struct store *store, const struct refusal *r, const char *message, struct err *err)
{
	AUTO(record) struct record known = { 0 };

	/* first: this holds even if it can't be written */
	if (*r->token && !strlist_add(&store->refused, r->token))
		return err_memory(err);
	return store_make(store, err) && record_set(&known, "digest", r->digest, err) &&
	       record_set(&known, "message", message, err) &&
	       record_set(&known, "kind", err_name(r->kind), err) &&
	       record_write(&known, store->cache, r->file, FS_ATTR(0600), err);
}

bool refusal_forget(struct store *store, const struct refusal *r, struct err *err)
{
	return fs_remove(store->cache, r->file, err);
}
