/* `key prune`: keys in tokens that scm-agent made and that nothing names any more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cmd_key.h"
#include "agent/key_given.h"
#include "agent/key_ids.h"

#define HISTORY_MAX (64 * 1024 * 1024)

struct pruning {
	struct key_work *w;
	struct strlist used; /* ids that some record names, or key_uri */
	struct buf history;
};

static void pruning_dispose(struct pruning *p)
{
	strlist_dispose(&p->used);
	buf_dispose(&p->history);
}
AUTO_DEFINE_REF(pruning, struct pruning, pruning_dispose);

/* A token may be shared: only keys that this state directory's history knows are ours to delete. */
static bool is_ours(const struct pruning *p, const char *id)
{
	char made[KS_ID_HEX + 16];

	snprintf(made, sizeof(made), " key-made id=%s\n", id);
	return strstr(buf_str(&p->history), made) != NULL;
}

static bool prune_entry(struct pruning *p, const struct conf_token *token, struct ks *ks,
	const struct ks_entry *e, struct err *err)
{
	struct ks_ref ref = { .dir = -1, .file = "", .id = e->id, .label = e->label };
	bool dry_run = p->w->c->cli->dry_run;
	struct out *o = p->w->out;
	char id[KS_ID_HEX];

	ks_id_format(id, &e->id);
	if (!is_ours(p, id) || strlist_has(&p->used, id))
		return true;
	if (!dry_run && !ks_delete(ks, &ref, err))
		return false;
	out_row(o);
	out_text(o, "token", "TOKEN", token->name);
	out_text(o, "id", "ID", id);
	out_text(o, "label", "LABEL", e->label);
	out_text(o, "result", "RESULT", dry_run ? "would be deleted" : "deleted");
	return true;
}

static bool prune_token(struct pruning *p, const struct conf_token *token, struct err *err)
{
	struct ks_entry *entry = NULL;
	struct ks *ks;
	size_t n = 0;
	bool ok;

	if (!keyring_open(&ks, p->w->run->keys, token, err) || !ks_list(&entry, &n, ks, err))
		return false;
	ok = true;
	for (size_t i = 0; ok && i < n; i++)
		ok = prune_entry(p, token, ks, &entry[i], err);
	free(entry);
	return ok;
}

bool key_prune(struct key_work *w, struct err *err)
{
	AUTO(pruning) struct pruning p = { .w = w };
	const struct conf *conf = w->c->conf;

	if (w->c->cli->args > 1)
		return err_set(err, ERR_USAGE, "prune takes no name: it looks at whole tokens");
	if (!store_read_history(&p.history, w->c->store, HISTORY_MAX, err) ||
		!key_ids(&p.used, w->c->store, err) || !key_given_ids(&p.used, w->run, err))
		return false;
	for (size_t i = 0; i < conf->tokens; i++)
		if (!prune_token(&p, &conf->token[i], err))
			return err_wrap(err, "token %s", conf->token[i].name);
	return true;
}
