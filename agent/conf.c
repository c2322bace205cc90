#include "agent/conf.h"

#include <stdio.h>
#include <string.h>

#include "agent/conf_load.h"

#define DIGEST_TEXT_MAX (16 * 1024 * 1024)

static const struct conf_key agent_keys[] = {
	KEY("state_dir", set_path, AT(conf_agent, state_dir), .fallback = "/var/lib/scm-agent"),
	KEY("parallel", set_uint, AT(conf_agent, parallel), .fallback = "4", .min = 1, .max = 64),
	KEY("keep_generations", set_uint, AT(conf_agent, keep_generations), .fallback = "3",
		.min = 1, .max = 100),
	KEY("lock_timeout", set_duration, AT(conf_agent, lock_timeout), .fallback = "60s",
		.max = CONF_DAY),
	KEY("hook_timeout", set_duration, AT(conf_agent, hook_timeout), .fallback = "120s",
		.min = 1, .max = CONF_DAY),
	KEY("order_search_window", set_duration, AT(conf_agent, order_search_window),
		.fallback = "15m", .max = 7 * CONF_DAY),
	KEY("log_level", set_log_level, AT(conf_agent, log_level), .fallback = "info"),
	KEY("metrics_file", set_later, 0),
};

/* Names become directories, arguments of hooks and words in a log: a narrow alphabet. */
bool conf_check_name(const struct ini_section *s, struct err *err)
{
	struct conf_where where = { s->file, s->line };
	size_t len = strlen(s->name);

	if (!len)
		return conf_error(err, where, "[%s] needs a name: [%s:NAME]", s->kind, s->kind);
	if (len > CONF_NAME_MAX || s->name[0] == '.' || s->name[0] == '-' ||
		strspn(s->name,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != len)
		return conf_error(err, where,
			"'%s' can't be a name: letters, digits, '.', '_' and '-', not starting "
			"with '.' or '-'",
			s->name);
	return true;
}

struct ini_section *conf_find_section(struct conf_loading *l, const char *kind, const char *name)
{
	for (size_t i = 0; i < l->ini.n; i++)
		if (!strcmp(l->ini.section[i].kind, kind) && !strcmp(l->ini.section[i].name, name))
			return &l->ini.section[i];
	return NULL;
}

static bool load_agent(struct conf_loading *l, struct err *err)
{
	static struct ini_section none = { .kind = (char *)"agent", .name = (char *)"" };
	struct ini_section *s = conf_find_section(l, "agent", "");

	if (!s) {
		none.file = l->ini.file[0];
		s = &none;
	}
	return conf_apply(&l->conf->agent, agent_keys, ARRAY_LEN(agent_keys), s, NULL, err);
}

static const struct {
	const char *kind;
	bool named;
	bool (*load)(struct conf_loading *l, struct ini_section *s, struct err *err);
} kinds[] = {
	/* in order of dependence: what comes later refers to what came before */
	{ "token", true, conf_load_token },
	{ "scm", true, conf_load_account },
	{ "hook", true, conf_check_hook },
	{ "defaults", false, conf_check_defaults },
	{ "dcv", true, conf_load_dcv },
	{ "certificate", true, conf_load_cert },
	{ "install", true, conf_load_target },
	{ "agent", false, NULL },
};

static bool check_kind(const struct ini_section *s, struct err *err)
{
	struct conf_where where = { s->file, s->line };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i].kind, s->kind))
			continue;
		if (!kinds[i].named && *s->name)
			return conf_error(err, where, "[%s] takes no name", s->kind);
		return true;
	}
	return conf_error(err, where,
		"unknown section [%s]; known are agent, scm, token:NAME, hook:NAME, dcv:NAME, "
		"defaults, certificate:NAME, install:NAME",
		s->kind);
}

static bool load_sections(struct conf_loading *l, struct err *err)
{
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		for (size_t i = 0; i < l->ini.n; i++)
			if (kinds[k].load && !strcmp(l->ini.section[i].kind, kinds[k].kind) &&
				!kinds[k].load(l, &l->ini.section[i], err))
				return false;
	return true;
}

static void add_section(struct buf *out, struct conf_loading *l, const char *kind, const char *name)
{
	const struct ini_section *s = conf_find_section(l, kind, name);

	buf_addf(out, "[%s:%s]\n", kind, name);
	for (size_t i = 0; s && i < s->n; i++)
		buf_addf(out, "%s=%s\n", s->entry[i].key, s->entry[i].value);
}

static void add_hooks(struct buf *out, struct conf_loading *l, const struct conf_hooks *hooks)
{
	for (size_t i = 0; i < hooks->n; i++)
		add_section(out, l, "hook", hooks->item[i].text);
}

/* By the text of the sections, so that no key can be forgotten here. */
static bool digest_cert(struct conf_loading *l, struct conf_cert *c, struct err *err)
{
	AUTO(buf) struct buf text = BUF(DIGEST_TEXT_MAX);
	const struct conf_account *a = c->account;

	add_section(&text, l, "certificate", c->name);
	add_section(&text, l, "defaults", "");
	if (a)
		add_section(&text, l, "scm", strcmp(a->name, "default") ? a->name : "");
	add_section(&text, l, "token", c->token ? c->token->name : "");
	add_section(&text, l, "token", a && a->store_token ? a->store_token->name : "");
	if (a && a->store_cert)
		add_section(&text, l, "certificate", a->store_cert->name);
	add_hooks(&text, l, &c->deploy_hooks);
	add_hooks(&text, l, &c->pre_hooks);
	add_hooks(&text, l, &c->post_hooks);
	for (size_t i = 0; i < c->targets; i++)
		add_section(&text, l, "install", c->target[i].name);
	if (!buf_check(&text, "configuration", err))
		return false;
	return csr_der_fingerprint(c->digest, text.data, text.len) || err_memory(err);
}

static bool load(struct conf_loading *l, struct err *err)
{
	struct conf *conf = l->conf;

	for (size_t i = 0; i < l->ini.n; i++)
		if (!check_kind(&l->ini.section[i], err))
			return false;
	/* one slot more than can be needed keeps calloc(0) out of it */
	conf->token = calloc(l->ini.n + 1, sizeof(*conf->token));
	conf->account = calloc(l->ini.n + 1, sizeof(*conf->account));
	conf->dcv = calloc(l->ini.n + 1, sizeof(*conf->dcv));
	conf->cert = calloc(l->ini.n + 1, sizeof(*conf->cert));
	if (!conf->token || !conf->account || !conf->dcv || !conf->cert)
		return err_memory(err);
	l->defaults = conf_find_section(l, "defaults", "");
	if (!load_agent(l, err) || !load_sections(l, err))
		return false;
	for (size_t i = 0; i < conf->accounts; i++)
		if (!conf_resolve_account(l, &conf->account[i], err) ||
			!conf_check_login_entry(conf, &conf->account[i], err))
			return false;
	for (size_t i = 0; i < conf->certs; i++)
		if (!digest_cert(l, &conf->cert[i], err))
			return false;
	return true;
}

bool conf_load(struct conf **out, const char *path, const char *hook_dir, struct err *err)
{
	AUTO(conf) struct conf *conf = calloc(1, sizeof(*conf));
	struct conf_loading l = { .conf = conf, .hook_dir = hook_dir };
	bool ok;

	if (!conf)
		return err_memory(err);
	if (!ini_load(&l.ini, path, err))
		return false;
	ok = load(&l, err);
	conf->file = l.ini.file;
	conf->files = l.ini.files;
	l.ini.file = NULL;
	l.ini.files = 0;
	ini_dispose(&l.ini);
	if (!ok)
		return false;
	*out = TAKE(conf);
	return true;
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	for (size_t i = 0; i < conf->tokens; i++)
		conf_token_dispose(&conf->token[i]);
	for (size_t i = 0; i < conf->accounts; i++)
		conf_account_dispose(&conf->account[i]);
	for (size_t i = 0; i < conf->dcvs; i++)
		conf_dcv_dispose(&conf->dcv[i]);
	for (size_t i = 0; i < conf->certs; i++)
		conf_cert_dispose(&conf->cert[i]);
	for (size_t i = 0; i < conf->files; i++)
		free(conf->file[i]);
	free(conf->token);
	free(conf->account);
	free(conf->dcv);
	free(conf->cert);
	free(conf->file);
	free(conf->agent.state_dir);
	free(conf);
}

const struct conf_cert *conf_find_cert(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->certs; i++)
		if (!strcmp(conf->cert[i].name, name))
			return &conf->cert[i];
	return NULL;
}
