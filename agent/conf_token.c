#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "agent/conf_load.h"

static conf_set set_env;

static const struct conf_key token_keys[] = {
	KEY("module", set_string, AT(conf_token, module), .required = true),
	KEY("init_args", set_string, AT(conf_token, init_args)),
	KEY("uri", set_string, AT(conf_token, uri), .required = true),
	KEY("pin_file", set_secret, AT(conf_token, pin_file), .required = true),
	KEY("object_dir", set_path, AT(conf_token, object_dir)),
	KEY("timeout", set_duration, AT(conf_token, timeout), .fallback = "5m", .min = 1,
		.max = 3600),
	KEY("env.", set_env, AT(conf_token, env)),
};

bool conf_add_pair(struct strlist *l, const char *name, const char *value, struct err *err)
{
	AUTO_STR char *pair = NULL;

	if (asprintf(&pair, "%s=%s", name, value) < 0 || !strlist_add(l, pair))
		return err_memory(err);
	return true;
}

static bool set_env(void *section, const struct conf_key *key, const char *name, const char *value,
	struct err *err)
{
	struct conf_token *t = section;

	(void)key;
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			return err_set(err, ERR_CONFIG, "'%s' is not a variable's name", name);
	if (!strncmp(name, "LD_", 3) || !strcmp(name, "OPENSSL_CONF"))
		return err_set(err, ERR_CONFIG, "%s may not be set here", name);
	return conf_add_pair(&t->env, name, value, err);
}

bool conf_has_pin(const char *uri)
{
	return strcasestr(uri, "pin-value");
}

bool conf_load_token(struct conf_loading *l, struct ini_section *s, struct err *err)
{
	struct conf_token *t = &l->conf->token[l->conf->tokens++];

	t->where = (struct conf_where) { s->file, s->line };
	t->name = strdup(s->name);
	if (!t->name)
		return err_memory(err);
	if (!conf_check_name(s, err) ||
		!conf_apply(t, token_keys, ARRAY_LEN(token_keys), s, NULL, err))
		return false;
	if (conf_has_pin(t->uri))
		return conf_error(err, conf_where_of(s, NULL, "uri"),
			"uri: a PIN does not belong here; put it into a file of mode 0600 and set "
			"pin_file");
	if (strncmp(t->uri, "pkcs11:", 7))
		return conf_error(err, conf_where_of(s, NULL, "uri"),
			"uri: '%s' is no PKCS#11 URI; write pkcs11:token=LABEL", t->uri);
	return true;
}

const struct conf_token *conf_find_token(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->tokens; i++)
		if (!strcmp(conf->token[i].name, name))
			return &conf->token[i];
	return NULL;
}

void conf_token_dispose(struct conf_token *t)
{
	free(t->name);
	free(t->module);
	free(t->init_args);
	free(t->uri);
	free(t->pin_file);
	free(t->object_dir);
	strlist_dispose(&t->env);
}
