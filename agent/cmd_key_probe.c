/* `key probe`: signs with each key in each way that a TLS server will, as another user if asked to.
 */
#include "agent/cmd_key.h"

#include <string.h>

#include "agent/intent.h"
#include "agent/server_key.h"

static void add_row(struct key_work *w, const struct key_use *use, const char *scheme,
	const char *result, const char *fails)
{
	out_row(w->out);
	out_text(w->out, "certificate", "CERTIFICATE", use->cert->name);
	out_text(w->out, "where", "WHERE", use->where);
	out_text(w->out, "key_type", "TYPE", record_get(use->record, "key_type"));
	out_text(w->out, "scheme", "SCHEME", scheme);
	out_text(w->out, "result", "RESULT", result);
	out_text(w->out, "fails", "WITHOUT IT", fails);
}

static void add_trial(struct key_work *w, const struct key_use *use, const struct ks_trial *t)
{
	bool ok = t->why.kind == ERR_NONE;

	add_row(w, use, t->scheme->name, ok ? "signs" : t->why.text, ok ? "" : t->scheme->fails);
	w->failed = w->failed || (!ok && t->scheme->needed);
}

/* The key in that process and as that user that a server would use it in. */
static bool try_as(struct ks_trial out[static KS_SCHEMES_MAX], size_t *n, struct key_work *w,
	const struct key_use *use, struct err *err)
{
	AUTO_STR char *dir = store_generation_path(w->c->store, use->cert->name, use->where, "");
	struct server_key key = { w->c->cli->value[VALUE_AS], use->record, dir };

	return dir ? server_key_try(out, n, w->run, &key, err) : err_memory(err);
}

static bool try_key(struct ks_trial out[static KS_SCHEMES_MAX], size_t *n, struct key_work *w,
	const struct key_use *use, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	if (w->c->cli->value[VALUE_AS])
		return try_as(out, n, w, use, err);
	return intent_load_key(&key, w->run, use->record, use->dir, err) &&
	       ks_try(out, n, key, err);
}

static bool probe_use(void *user, const struct key_use *use, struct err *err)
{
	struct key_work *w = user;
	struct ks_trial trial[KS_SCHEMES_MAX];
	struct err why = { 0 };
	size_t n = 0;

	(void)err;
	/* what no certificate was issued for is no server's business */
	if (w->c->cli->value[VALUE_AS] &&
		(!strcmp(use->where, KEY_USE_NEXT) || !*record_get(use->record, "spki")))
		return true;
	if (!try_key(trial, &n, w, use, &why)) {
		add_row(w, use, "", why.text, "");
		w->failed = true;
	}
	for (size_t i = 0; i < n; i++)
		add_trial(w, use, &trial[i]);
	return true;
}

bool key_probe(struct key_work *w, struct err *err)
{
	return key_work_each(w, probe_use, err);
}
