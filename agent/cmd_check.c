/*
 * `check`: everything that a run will need, tried without changing anything. One line a check; a
 * failure says what to do about it. The exit status is the first failure's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cmd.h"
#include "agent/intent.h"
#include "agent/out.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"

#define CREDENTIAL_WARNING (30 * 86400)

struct check {
	struct cmd_context *c;
	struct run *run;
	struct out *out;
	int status;
};

static void row(struct check *k, const char *what, const char *result, const char *text)
{
	out_row(k->out);
	out_text(k->out, "check", "CHECK", what);
	out_text(k->out, "result", "RESULT", result);
	out_text(k->out, "detail", "DETAIL", text);
}

static void good(struct check *k, const char *what, const char *text)
{
	row(k, what, "ok", text);
}

static void bad(struct check *k, const char *what, const struct err *err)
{
	if (!k->status)
		k->status = err_exit_status(err->kind);
	row(k, what, "FAIL", err->text);
}

static void check_state(struct check *k)
{
	struct err err = { 0 };

	if (fs_check_trusted(k->c->conf->agent.state_dir, "state_dir", &err) &&
		fs_check_space(k->c->store->root, 1024 * 1024, &err))
		good(k, "state directory", k->c->conf->agent.state_dir);
	else
		bad(k, "state directory", &err);
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
			good(k, what, c->text);
		else
			bad(k, what, &err);
	}
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
		bad(k, what, &err);
		return;
	}
	snprintf(text, sizeof(text), "logged in, %zu key%s", n, n == 1 ? "" : "s");
	good(k, what, text);
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

static void check_key(struct check *k, const struct conf_cert *cert)
{
	AUTO(situation) struct situation s = { 0 };
	struct err err = { 0 };
	char what[96];

	snprintf(what, sizeof(what), "%s: key", cert->name);
	if (!situation_read(&s, k->c->store, cert->name, &err)) {
		bad(k, what, &err);
		return;
	}
	if (!s.live)
		return;
	if (try_key(k, cert, s.live, &s.live_meta.r, &err))
		good(k, what, "signs");
	else
		bad(k, what, &err);
}

/* A separate name for one account's rows. */
struct account_check {
	struct check *k;
	const struct conf_account *a;
	struct fetcher *fetcher;
};

static bool ask_list(
	struct answer *out, struct account_check *ac, enum wire_list_kind kind, struct err *err)
{
	struct wire_request r = { .op = WIRE_LIST };

	r.list = (struct wire_list) { .kind = kind, .org_id = ac->a->organization_id };
	if (!fetcher_call(out, ac->fetcher, &r, err))
		return false;
	if (out->reply.err.kind == ERR_NONE)
		return true;
	*err = out->reply.err;
	return false;
}

static const char *cell_of(const struct wire_reply *r, uint32_t row, uint32_t column)
{
	return column < r->columns ? r->cell[row * r->columns + column] : "";
}

static const char *find_row(const struct wire_reply *r, uint64_t id, uint32_t column, bool *found)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, id);
	for (uint32_t i = 0; i < r->rows; i++) {
		if (strcmp(cell_of(r, i, 0), text))
			continue;
		*found = true;
		return cell_of(r, i, column);
	}
	*found = false;
	return "";
}

static void check_organization(struct account_check *ac)
{
	AUTO(answer) struct answer answer = { 0 };
	struct err err = { 0 };
	const char *name;
	char what[96];
	bool found;

	snprintf(what, sizeof(what), "account %s: organization", ac->a->name);
	if (!ask_list(&answer, ac, WIRE_LIST_ORGANIZATIONS, &err)) {
		bad(ac->k, what, &err);
		return;
	}
	name = find_row(&answer.reply, ac->a->organization_id, 1, &found);
	if (found) {
		good(ac->k, what, name);
		return;
	}
	err_set(&err, ERR_CONFIG,
		"organization_id %" PRIu64
		" is not among the %u organizations and departments that login %s "
		"may see; correct it, or give the administrator the role for it in SCM",
		ac->a->organization_id, answer.reply.rows, ac->a->login);
	bad(ac->k, what, &err);
}

static bool in_list(const char *list, const char *item)
{
	AUTO(strlist) struct strlist items = { 0 };

	return strlist_split(&items, list, ',') && strlist_has(&items, item);
}

/* SCM spells key types "RSA:2048" and "EC:P-256"; ours are lower case before the colon. */
static bool allows_key_type(const char *list, enum ks_key_type type)
{
	const char *ours = ks_key_type_name(type);
	char theirs[32];

	snprintf(theirs, sizeof(theirs), "%s%s", !strncmp(ours, "rsa", 3) ? "RSA" : "EC",
		strchr(ours, ':'));
	return !*list || in_list(list, theirs);
}

static void check_profile(
	struct account_check *ac, const struct wire_reply *profiles, const struct conf_cert *cert)
{
	struct err err = { 0 };
	char what[96];
	char term[24];
	const char *name;
	const char *terms;
	bool found;

	snprintf(what, sizeof(what), "%s: profile", cert->name);
	snprintf(term, sizeof(term), "%" PRIu64, cert->term);
	name = find_row(profiles, cert->profile, 1, &found);
	terms = find_row(profiles, cert->profile, 2, &found);
	if (!found)
		err_set(&err, ERR_CONFIG,
			"profile %" PRIu64
			" is not offered to the organization; see Enrollment, Certificate "
			"Profiles in SCM",
			cert->profile);
	else if (*terms && !in_list(terms, term))
		err_set(&err, ERR_CONFIG, "term %s is not one of the profile's terms: %s", term,
			terms);
	else if (!allows_key_type(find_row(profiles, cert->profile, 3, &found), cert->key_type))
		err_set(&err, ERR_CONFIG, "the profile does not allow key_type %s; it allows %s",
			ks_key_type_name(cert->key_type),
			find_row(profiles, cert->profile, 3, &found));
	if (err.kind == ERR_NONE)
		good(ac->k, what, name);
	else
		bad(ac->k, what, &err);
}

static void check_profiles(struct account_check *ac)
{
	AUTO(answer) struct answer answer = { 0 };
	const struct conf *conf = ac->k->c->conf;
	struct err err = { 0 };
	char what[96];

	snprintf(what, sizeof(what), "account %s: profiles", ac->a->name);
	if (!ask_list(&answer, ac, WIRE_LIST_PROFILES, &err)) {
		bad(ac->k, what, &err);
		return;
	}
	for (size_t i = 0; i < conf->certs; i++)
		if (conf->cert[i].account == ac->a)
			check_profile(ac, &answer.reply, &conf->cert[i]);
}

static void check_credential_age(struct account_check *ac)
{
	int64_t end = net_client_not_after(ac->k->run->net, ac->a);
	char text[CLOCK_TEXT_MAX + 64];
	char when[CLOCK_TEXT_MAX];
	char what[96];

	snprintf(what, sizeof(what), "account %s: client certificate", ac->a->name);
	if (!end)
		return;
	snprintf(text, sizeof(text), "valid until %s%s", clock_format(when, end),
		end - clock_now() < CREDENTIAL_WARNING ? "; renew it soon" : "");
	row(ac->k, what, end - clock_now() < CREDENTIAL_WARNING ? "warn" : "ok", text);
}

static void check_account(struct check *k, const struct conf_account *a)
{
	struct account_check ac = { .k = k, .a = a };
	struct err err = { 0 };
	char what[96];

	snprintf(what, sizeof(what), "account %s: credential", a->name);
	if (!net_account(&ac.fetcher, k->run->net, a, &err)) {
		bad(k, what, &err);
		return;
	}
	good(k, what, a->store_token ? a->store_token->name : a->store ? a->store : a->login);
	check_credential_age(&ac);
	check_organization(&ac);
	check_profiles(&ac);
}

static void check_all(struct check *k)
{
	const struct conf *conf = k->c->conf;

	check_state(k);
	for (size_t i = 0; i < conf->tokens; i++)
		check_token(k, &conf->token[i]);
	for (size_t i = 0; i < conf->certs; i++) {
		check_hooks(k, &conf->cert[i], "hook", &conf->cert[i].deploy_hooks);
		check_hooks(k, &conf->cert[i], "pre hook", &conf->cert[i].pre_hooks);
		check_hooks(k, &conf->cert[i], "post hook", &conf->cert[i].post_hooks);
		check_key(k, &conf->cert[i]);
	}
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
	good(&k, "configuration", text);
	if (!c->cli->config_only) {
		if (!store_open(&c->store, c->conf->agent.state_dir, &err) ||
			!cmd_run_open(&r, c, &err))
			return cmd_fail(&err);
		check_all(&k);
	}
	out_print(o);
	return k.status;
}
