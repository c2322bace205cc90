#include "agent/server_key.h"

#include <stdio.h>
#include <string.h>

#include "agent/intent.h"
#include "agent/signer.h"
#include "agent/token_files.h"

#define FILE_TIMEOUT_MS 60000

static bool put(char *to, const char *text, struct err *err)
{
	if (snprintf(to, SIGNER_TEXT_MAX, "%s", text ? text : "") < SIGNER_TEXT_MAX)
		return true;
	return err_set(err, ERR_CONFIG, "'%s' is too long", text);
}

/* The token that a record names; NULL for a file, or when it is not configured any more. */
static const struct conf_token *token_of(const struct run *run, const struct record *r)
{
	const char *store = record_get(r, "key_store");

	return *store ? conf_find_token(run->conf, store) : NULL;
}

static bool describe(struct signer_job *job, const struct conf_token *token,
	const struct server_key *key, const struct ks_ref *ref, struct err *err)
{
	job->id = ref->id;
	/* the module is given no time limit of its own: a process can be ended, a thread in it
	 * can't */
	job->timeout_ms = token ? token->timeout * 1000 : FILE_TIMEOUT_MS;
	if (!token) {
		snprintf(job->file, sizeof(job->file), "%s", ref->file);
		return put(job->dir, key->dir, err);
	}
	return put(job->module, token->module, err) && put(job->init_args, token->init_args, err) &&
	       put(job->uri, token->uri, err);
}

/* A refusal counts for the token, whoever was refused: nobody tries this PIN any more. */
static void note_refusal(struct run *run, const struct conf_token *token, struct err *err)
{
	struct err trouble = { 0 };

	if (token && !keyring_refused(run->keys, token, err->text, &trouble))
		err_wrap(err, "and the refusal could not be remembered (%s)", trouble.text);
}

static bool judge(struct ks_trial *out, size_t *n, const struct signer_reply *r,
	const struct server_key *key, struct err *err)
{
	if (r->err.kind != ERR_NONE) {
		*err = r->err;
		/* a file that is kept from that user is no failure of the disk */
		err->kind = err->kind == ERR_INTERNAL ? ERR_INTERNAL : ERR_KEYSTORE;
		return false;
	}
	if (r->pin_refused)
		return err_set(err, ERR_KEYSTORE,
			"the key wants the PIN again when it signs, and refuses this one");
	if (strcmp(r->spki, record_get(key->record, "spki")) != 0)
		return err_set(
			err, ERR_KEYSTORE, "what it finds is another key than the certificate's");
	for (size_t i = 0; i < r->n; i++)
		out[i] = (struct ks_trial) { ks_scheme_find(r->trial[i].scheme), r->trial[i].why };
	*n = r->n;
	return true;
}

/* What a process of that user's is told, and the PIN; nothing of that has to do with the user yet.
 */
static bool prepare(struct signer_job *job, const struct secret **pin, struct run *run,
	const struct server_key *key, struct err *err)
{
	const struct conf_token *token = token_of(run, key->record);
	struct ks_ref ref;
	struct ks *ks;

	return user_find(&job->user, key->user, err) &&
	       intent_find_key(&ks, &ref, run, key->record, -1, err) &&
	       describe(job, token, key, &ref, err) &&
	       (!token || keyring_pin(pin, run->keys, token, err));
}

static const char *remedy(const struct conf_token *token)
{
	if (!token)
		return "set group and key_mode";
	return token->object_dir ? "let it read the token: scm-agent(8), KEYS AND SERVERS"
				 : "let it read the token: object_dir of its section for "
				   "SoftHSM, or scm-agent(8), KEYS AND SERVERS";
}

bool server_key_try(struct ks_trial out[static KS_SCHEMES_MAX], size_t *n, struct run *run,
	const struct server_key *key, struct err *err)
{
	const struct conf_token *token = token_of(run, key->record);
	const struct strlist none = { 0 };
	const struct secret *pin = NULL;
	struct signer_job job = { 0 };
	struct signer_reply reply;

	if (!prepare(&job, &pin, run, key, err) ||
		!signer_run(&reply, &job, pin, token ? &token->env : &none, err))
		return false;
	if (judge(out, n, &reply, key, err))
		return true;
	if (err->kind == ERR_INTERNAL)
		return err_wrap(err, "try the key as user %s", key->user);
	if (reply.pin_refused)
		note_refusal(run, token, err);
	return err_wrap(err, "user %s can't use the key (%s)", key->user, remedy(token));
}

bool server_key_check(struct run *run, const struct server_key *key, struct err *err)
{
	struct ks_trial trial[KS_SCHEMES_MAX];
	size_t n = 0;

	if (!server_key_try(trial, &n, run, key, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (trial[i].why.kind == ERR_NONE || !trial[i].scheme->needed)
			continue;
		*err = trial[i].why;
		return err_wrap(err, "as user %s %s", key->user, trial[i].scheme->fails);
	}
	return true;
}

static bool prove(struct run *run, const struct conf_cert *cert, const char *generation,
	const struct record *meta, struct err *err)
{
	AUTO_STR char *dir = store_generation_path(run->store, cert->name, generation, "");
	struct server_key key = { cert->server_user, meta, dir };
	struct ks_ref ref;
	struct ks *ks;

	/* a token that we can't use ourselves is no matter of that user's */
	if (!dir)
		return err_memory(err);
	if (!intent_find_key(&ks, &ref, run, meta, -1, err))
		return false;
	if (server_key_check(run, &key, err))
		return true;
	if (err->kind != ERR_INTERNAL)
		err->kind = ERR_DEPLOY;
	return false;
}

bool server_key_prepare(struct run *run, const struct conf_cert *cert, const char *generation,
	bool proof, struct err *err)
{
	AUTO(record) struct record meta = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	const struct conf_token *token;
	bool found;

	if (!store_open_archive(&archive, run->store, cert->name, true, err) ||
		!fs_open_dir(&dir, archive, generation, err) ||
		!record_read(&meta, &found, dir, FILE_META, err))
		return false;
	token = token_of(run, &meta);
	return (!token || token_files_share(token, err)) &&
	       (!proof || !cert->server_user || prove(run, cert, generation, &meta, err));
}
