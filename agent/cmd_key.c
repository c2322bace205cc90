/* Commands about requests and keys: csr, key list, key probe, key prune. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cmd.h"
#include "agent/intent.h"
#include "agent/key_ids.h"
#include "agent/out.h"
#include "agent/revocation.h"
#include "base/log.h"
#include "base/parse.h"
#include "csr/key.h"

#define PEM_MAX (128 * 1024)
#define HISTORY_MAX (64 * 1024 * 1024)

/* pending/NAME when there is a request in it, else the newest generation; -1 for neither. */
static bool open_work(
	int *out, struct store *store, const struct situation *s, const char *name, struct err *err)
{
	AUTO(fd) int archive = -1;

	*out = -1;
	if (s->request)
		return store_open_pending(out, store, name, false, err);
	if (!s->newest)
		return true;
	return store_open_archive(&archive, store, name, false, err) &&
	       fs_open_dir(out, archive, s->newest, err);
}

int cmd_csr(struct cmd_context *c)
{
	AUTO(situation) struct situation s = { 0 };
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	AUTO(fd) int dir = -1;
	const struct conf_cert *cert;
	struct err err = { 0 };

	if (!cmd_one(&cert, c, &err) || !situation_read(&s, c->store, cert->name, &err) ||
		!open_work(&dir, c->store, &s, cert->name, &err))
		return cmd_fail(&err);
	if (dir < 0) {
		err_set(&err, ERR_USAGE, "there is no request yet; run scm-agent run %s",
			cert->name);
		return cmd_fail(&err);
	}
	if (!fs_read(&pem, dir, FILE_REQUEST, &err))
		return cmd_fail(&err);
	fputs(buf_str(&pem), stdout);
	return 0;
}

/* A record that names a key: an intent or a meta, with the directory that it stands in. */
struct key_use {
	const struct conf_cert *cert;
	const char *where; /* "pending" or the generation */
	int dir;
	const struct record *record;
};

typedef bool use_fn(void *user, const struct key_use *use, struct err *err);

static bool use_generation(const struct conf_cert *cert, int archive, const char *id, use_fn *fn,
	void *user, struct err *err)
{
	AUTO(record) struct record meta = { 0 };
	AUTO(fd) int dir = -1;
	const char *file = FILE_META;
	bool found;

	if (!strcmp(id, FILE_REVOKING))
		return true;
	if (!fs_open_dir(&dir, archive, id, err))
		return false;
	/* what was abandoned has no meta, but its intent names the key all the same */
	if (!fs_exists(dir, FILE_META))
		file = FILE_INTENT;
	if (!record_read(&meta, &found, dir, file, err))
		return false;
	return !found || fn(user, &(struct key_use) { cert, id, dir, &meta }, err);
}

/* Every key that a certificate has: of work in hand, of each generation, of what was abandoned. */
static bool for_each_key(struct cmd_context *c, const struct conf_cert *cert, use_fn *fn,
	void *user, struct err *err)
{
	AUTO(situation) struct situation s = { 0 };
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int pending = -1;
	AUTO(fd) int archive = -1;

	if (!situation_read(&s, c->store, cert->name, err) ||
		!store_open_pending(&pending, c->store, cert->name, false, err) ||
		!store_open_archive(&archive, c->store, cert->name, false, err))
		return false;
	if (s.intent.found &&
		!fn(user, &(struct key_use) { cert, "pending", pending, &s.intent.r }, err))
		return false;
	if (archive < 0)
		return true;
	if (!fs_list(&all, archive, err))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (!use_generation(cert, archive, all.item[i], fn, user, err))
			return false;
	return true;
}

static bool selected(const struct cmd_context *c, const char *name)
{
	return c->cli->args < 2 || !strcmp(c->cli->arg[1], name);
}

static bool for_all_keys(struct cmd_context *c, use_fn *fn, void *user, struct err *err)
{
	for (size_t i = 0; i < c->conf->certs; i++)
		if (selected(c, c->conf->cert[i].name) &&
			!for_each_key(c, &c->conf->cert[i], fn, user, err))
			return err_wrap(err, "%s", c->conf->cert[i].name);
	return true;
}

struct key_work {
	struct cmd_context *c;
	struct run *run;
	struct out *out;
	struct strlist used; /* ids that some record names */
	struct buf history;
	bool failed;
};

static bool list_use(void *user, const struct key_use *use, struct err *err)
{
	struct key_work *w = user;
	const char *store = record_get(use->record, "key_store");

	(void)err;
	out_row(w->out);
	out_text(w->out, "certificate", "CERTIFICATE", use->cert->name);
	out_text(w->out, "where", "WHERE", use->where);
	out_text(w->out, "store", "STORE", *store ? store : "file");
	out_text(w->out, "key_type", "TYPE", record_get(use->record, "key_type"));
	out_text(w->out, "id", "ID", record_get(use->record, "key_id"));
	out_text(w->out, "spki_sha256", "SPKI SHA-256", record_get(use->record, "spki"));
	return true;
}

static bool probe_key(struct key_work *w, const struct key_use *use, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	return intent_load_key(&key, w->run, use->record, use->dir, err) && ks_probe(key, err);
}

static bool probe_use(void *user, const struct key_use *use, struct err *err)
{
	struct key_work *w = user;
	struct err why = { 0 };
	bool ok = probe_key(w, use, &why);

	(void)err;
	w->failed = w->failed || !ok;
	out_row(w->out);
	out_text(w->out, "certificate", "CERTIFICATE", use->cert->name);
	out_text(w->out, "where", "WHERE", use->where);
	out_text(w->out, "key_type", "TYPE", record_get(use->record, "key_type"));
	out_text(w->out, "result", "RESULT", ok ? "signs" : why.text);
	return true;
}

/* A token may be shared: only keys that this state directory's history knows are ours to delete. */
static bool is_ours(const struct key_work *w, const char *id)
{
	char made[2 * KS_ID_MAX + 16];

	snprintf(made, sizeof(made), " key-made id=%s\n", id);
	return strstr(buf_str(&w->history), made) != NULL;
}

static bool prune_entry(struct key_work *w, const struct conf_token *token, struct ks *ks,
	const struct ks_entry *e, struct err *err)
{
	AUTO(buf) struct buf id = BUF(2 * KS_ID_MAX);
	struct ks_ref ref = { .dir = -1, .file = "", .label = e->label };

	buf_add_hex(&id, e->id, e->id_len);
	if (e->id_len != KS_ID_LEN || !is_ours(w, buf_str(&id)) ||
		strlist_has(&w->used, buf_str(&id)))
		return true;
	memcpy(ref.id, e->id, KS_ID_LEN);
	if (!w->c->cli->dry_run && !ks_delete(ks, &ref, err))
		return false;
	out_row(w->out);
	out_text(w->out, "token", "TOKEN", token->name);
	out_text(w->out, "id", "ID", buf_str(&id));
	out_text(w->out, "label", "LABEL", e->label);
	out_text(w->out, "result", "RESULT", w->c->cli->dry_run ? "would be deleted" : "deleted");
	return true;
}

static bool prune_token(struct key_work *w, const struct conf_token *token, struct err *err)
{
	struct ks_entry *entry = NULL;
	struct ks *ks;
	size_t n = 0;
	bool ok;

	if (!keyring_open(&ks, w->run->keys, token, err) || !ks_list(&entry, &n, ks, err))
		return false;
	ok = true;
	for (size_t i = 0; ok && i < n; i++)
		ok = prune_entry(w, token, ks, &entry[i], err);
	free(entry);
	return ok;
}

static bool prune(struct key_work *w, struct err *err)
{
	if (w->c->cli->args > 1)
		return err_set(err, ERR_USAGE, "prune takes no name: it looks at whole tokens");
	if (!store_read_history(&w->history, w->c->store, HISTORY_MAX, err) ||
		!key_ids(&w->used, w->c->store, err))
		return false;
	for (size_t i = 0; i < w->c->conf->tokens; i++)
		if (!prune_token(w, &w->c->conf->token[i], err))
			return err_wrap(err, "token %s", w->c->conf->token[i].name);
	return true;
}

int cmd_key(struct cmd_context *c)
{
	AUTO(out) struct out *o = out_new(c->cli->json, "keys");
	AUTO(cmd_run) struct cmd_run r = { 0 };
	struct key_work w = { .c = c, .run = &r.run, .out = o };
	const char *verb = c->cli->args ? c->cli->arg[0] : "";
	struct err err = { 0 };
	bool ok;

	if (c->cli->args > 1 && !conf_find_cert(c->conf, c->cli->arg[1])) {
		err_set(&err, ERR_USAGE, "there is no certificate '%s'", c->cli->arg[1]);
		return cmd_fail(&err);
	}
	if (!cmd_run_open(&r, c, &err))
		return cmd_fail(&err);
	if (!strcmp(verb, "list"))
		ok = for_all_keys(c, list_use, &w, &err);
	else if (!strcmp(verb, "probe"))
		ok = for_all_keys(c, probe_use, &w, &err);
	else if (!strcmp(verb, "prune"))
		ok = prune(&w, &err);
	else
		ok = err_set(&err, ERR_USAGE, "say what to do with keys: list, probe or prune");
	strlist_dispose(&w.used);
	buf_dispose(&w.history);
	if (!ok)
		return cmd_fail(&err);
	out_print(o);
	return w.failed ? err_exit_status(ERR_KEYSTORE) : 0;
}
