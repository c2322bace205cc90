/* Where a certificate's keys live and where they come from: key_store and what goes with it. */
#include <string.h>

#include "agent/conf_load.h"

static bool check_store(struct conf_loading *l, struct conf_cert *c, const char *text,
	struct conf_where where, struct err *err)
{
	bool token = !strncmp(text, "token:", 6);

	if (!token && strcmp(text, "file"))
		return conf_error(
			err, where, "key_store: '%s' is neither file nor token:NAME", text);
	c->key_store = strdup(token ? text + 6 : "file");
	if (!c->key_store)
		return err_memory(err);
	if (!token)
		return true;
	c->token = conf_find_token(l->conf, c->key_store);
	if (!c->token)
		return conf_error(err, where, "key_store: there is no [%s]", text);
	return true;
}

/* What is said of the URI is not repeated before it is known to hold no PIN. */
static bool check_uri(const struct conf_cert *c, struct conf_where where, struct err *err)
{
	if (!c->key_uri)
		return true;
	if (conf_has_pin(c->key_uri))
		return conf_error(err, where,
			"key_uri: a PIN does not belong here; the token's pin_file has it");
	if (ks_uri_check(c->key_uri, err))
		return true;
	err->kind = ERR_CONFIG;
	err_wrap(err, "key_uri");
	return err_wrap(err, "%s:%u", where.file, where.line);
}

/* Of two that do not go together, the one to blame. */
static bool check_rules(const struct conf_loading *l, const struct conf_cert *c,
	const struct ini_section *s, struct err *err)
{
	const struct {
		const char *key;
		bool wrong;
		const char *why;
	} rules[] = {
		{ "next_key", c->next_key && c->reuse_key,
			"a key is either made ahead or used again; set reuse_key or next_key to "
			"no" },
		{ "max_key_age", c->max_key_age && !c->reuse_key,
			"is for reuse_key = yes; without it each order has a new key" },
		{ "import_key", c->import_key && c->token,
			"a key in a token is made there; name one that is there by key_uri" },
		{ "import_key_password_file", c->import_password_file && !c->import_key,
			"goes with import_key" },
		{ "key_uri", c->key_uri && !c->token, "needs key_store = token:NAME" },
		{ "reuse_key", c->key_uri && c->reuse_key,
			"key_uri names the key of every order; remove one of the two" },
		{ "next_key", c->key_uri && c->next_key,
			"key_uri names the key of every order; remove one of the two" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (rules[i].wrong)
			return conf_error(err, conf_where_of(s, l->defaults, rules[i].key),
				"%s: %s", rules[i].key, rules[i].why);
	return true;
}

bool conf_check_policy(struct conf_loading *l, struct conf_cert *c, const char *key_store,
	const struct ini_section *s, struct err *err)
{
	return check_store(l, c, key_store, conf_where_of(s, l->defaults, "key_store"), err) &&
	       check_rules(l, c, s, err) &&
	       check_uri(c, conf_where_of(s, l->defaults, "key_uri"), err);
}
