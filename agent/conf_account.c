#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "agent/conf_load.h"

static conf_set set_env;

static const struct conf_key token_keys[] = {
	KEY("module", set_string, AT(conf_token, module), .required = true),
	KEY("uri", set_string, AT(conf_token, uri), .required = true),
	KEY("pin_file", set_secret, AT(conf_token, pin_file), .required = true),
	KEY("env.", set_env, AT(conf_token, env)),
};

static const struct conf_choice apis[] = { { "admin", 0 }, { "enrollment", CONF_LATER },
	{ .text = NULL } };
static const struct conf_choice auths[] = {
	{ "client-cert", 0 },
	{ "password", CONF_LATER },
	{ "oauth2", CONF_LATER },
	{ .text = NULL },
};
static const struct conf_choice stores[] = {
	{ "PKCS12", CONF_STORE_PKCS12 },
	{ "PEM", CONF_STORE_PEM },
	{ "PKCS11", CONF_STORE_PKCS11 },
	{ "JKS", CONF_LATER },
	{ "JCEKS", CONF_LATER },
	{ .text = NULL },
};
static const struct conf_choice trusts[] = {
	{ "PEM", 0 },
	{ "PKCS12", CONF_LATER },
	{ "JKS", CONF_LATER },
	{ "JCEKS", CONF_LATER },
	{ .text = NULL },
};

/* A section as it is read: the structure of conf.h and what only the cross-checks need. */
struct raw_account {
	struct conf_account a;
	int api;
	int auth;
	int store_type;
	int trust_type;
};

#define IN_ACCOUNT(field) (offsetof(struct raw_account, a) + AT(conf_account, field))

static const struct conf_key account_keys[] = {
	KEY("api", set_choice, AT(raw_account, api), .fallback = "admin", .choice = apis),
	KEY("url", set_string, IN_ACCOUNT(url), .required = true),
	KEY("customer_uri", set_string, IN_ACCOUNT(customer_uri), .required = true),
	KEY("organization_id", set_uint, IN_ACCOUNT(organization_id), .required = true, .min = 1,
		.max = INT64_MAX),
	KEY("auth", set_choice, AT(raw_account, auth), .fallback = "client-cert", .choice = auths),
	KEY("login", set_string, IN_ACCOUNT(login), .required = true),
	KEY("password_file", set_later, 0),
	KEY("client_cert_key_store", set_string, IN_ACCOUNT(store), .required = true),
	KEY("client_cert_key_store_type", set_choice, AT(raw_account, store_type),
		.fallback = "PKCS12", .choice = stores),
	KEY("client_cert_key_alias", set_string, IN_ACCOUNT(store_alias)),
	KEY("client_cert_key_store_password_file", set_secret, IN_ACCOUNT(store_password_file)),
	KEY("client_cert_key_password_file", set_later, 0),
	KEY("client_id", set_later, 0),
	KEY("client_secret_file", set_later, 0),
	KEY("token_url", set_later, 0),
	KEY("ssl_trust_store", set_path, IN_ACCOUNT(trust_store)),
	KEY("ssl_trust_store_type", set_choice, AT(raw_account, trust_type), .fallback = "PEM",
		.choice = trusts),
	KEY("ssl_trust_store_password_file", set_later, 0),
	KEY("proxy_host_name", set_later, 0),
	KEY("proxy_port", set_later, 0),
	KEY("proxy_username", set_later, 0),
	KEY("proxy_password_file", set_later, 0),
	KEY("enroll_immediate", set_bool, IN_ACCOUNT(enroll_immediate), .fallback = "yes"),
	KEY("enroll_back_off_timer", set_uint, IN_ACCOUNT(back_off_timer), .fallback = "2",
		.min = 1, .max = 3600),
	KEY("enroll_max_back_off_timer", set_uint, IN_ACCOUNT(max_back_off_timer), .fallback = "32",
		.min = 1, .max = 3600),
	KEY("enroll_max_attempts", set_uint, IN_ACCOUNT(max_attempts), .fallback = "5",
		.max = 1000),
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

/* Asked before a URI is repeated in a message. RFC 7512, section 2.4. */
static bool has_pin(const char *uri)
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
	if (has_pin(t->uri))
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

const struct conf_account *conf_find_account(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->accounts; i++)
		if (!strcmp(conf->account[i].name, name))
			return &conf->account[i];
	return NULL;
}

/* "token:NAME", or a pkcs11: URI when one token is configured that it can mean. */
static bool resolve_store_token(struct conf_loading *l, struct raw_account *raw,
	const struct ini_section *s, struct err *err)
{
	struct conf_where where = conf_where_of(s, NULL, "client_cert_key_store");
	struct conf_account *a = &raw->a;

	if (!strncmp(a->store, "token:", 6)) {
		a->store_token = conf_find_token(l->conf, a->store + 6);
		if (!a->store_token)
			return conf_error(
				err, where, "client_cert_key_store: there is no [%s]", a->store);
	} else if (strncmp(a->store, "pkcs11:", 7)) {
		return conf_error(err, where,
			"client_cert_key_store: '%s' is neither token:NAME nor a pkcs11: URI",
			a->store);
	} else if (l->conf->tokens != 1) {
		return conf_error(err, where,
			"client_cert_key_store: %zu [token:NAME] sections, so the URI does not say "
			"which module "
			"to load; write token:NAME",
			l->conf->tokens);
	} else {
		a->store_token = &l->conf->token[0];
		a->store_object = TAKE(a->store);
	}
	free(a->store);
	a->store = NULL;
	return true;
}

static bool ends_in(const char *path, const char *end)
{
	size_t len = strlen(path);

	return len >= strlen(end) && !strcmp(path + len - strlen(end), end);
}

static bool check_url(char *url, struct conf_where where, struct err *err)
{
	size_t len = strlen(url);
	char *path;

	/* what stands before an '@' may be a password */
	if (strchr(url, '@'))
		return conf_error(err, where, "url: no user or password belongs before the host");
	if (strncmp(url, "https://", 8) || len < 9 || url[8] == '/')
		return conf_error(err, where, "url: '%s' is not https://HOST", url);
	if (strpbrk(url, "?# \"<>"))
		return conf_error(err, where, "url: '%s' has more than host, port and path", url);
	path = url + 8 + strcspn(url + 8, "/");
	while (url + len > path && url[len - 1] == '/')
		url[--len] = '\0';
	if (ends_in(path, "/api"))
		return conf_error(err, where, "url: leave out '/api'; it is added");
	if (ends_in(path, "/private"))
		return conf_error(err, where, "url: leave out '/private'; it is added");
	return true;
}

static bool check_header(
	const char *key, const char *value, const struct ini_section *s, struct err *err)
{
	for (const char *c = value; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return conf_error(err, conf_where_of(s, NULL, key),
				"%s: has a control character", key);
	return true;
}

static bool check_account(struct conf_loading *l, struct raw_account *raw,
	const struct ini_section *s, struct err *err)
{
	struct conf_account *a = &raw->a;

	a->store_type = (enum conf_store_type)raw->store_type;
	if (!check_url(a->url, conf_where_of(s, NULL, "url"), err) ||
		!check_header("login", a->login, s, err) ||
		!check_header("customer_uri", a->customer_uri, s, err))
		return false;
	if (has_pin(a->store))
		return conf_error(err, conf_where_of(s, NULL, "client_cert_key_store"),
			"client_cert_key_store: a PIN does not belong here; set pin_file of the "
			"token");
	if (a->store_type == CONF_STORE_PKCS11)
		return resolve_store_token(l, raw, s, err);
	if (a->store[0] != '/')
		return conf_error(err, conf_where_of(s, NULL, "client_cert_key_store"),
			"client_cert_key_store: '%s' is not an absolute path; for a token set "
			"client_cert_key_store_type = PKCS11",
			a->store);
	return true;
}

static bool check_account_name(const struct ini_section *s, struct err *err)
{
	if (!strcmp(s->name, "default"))
		return conf_error(err, (struct conf_where) { s->file, s->line },
			"the default account is written [scm]");
	return !*s->name || conf_check_name(s, err);
}

bool conf_load_account(struct conf_loading *l, struct ini_section *s, struct err *err)
{
	struct conf_account *a = &l->conf->account[l->conf->accounts];
	struct raw_account raw = { 0 };
	bool ok;

	raw.a.name = strdup(*s->name ? s->name : "default");
	if (!raw.a.name)
		return err_memory(err);
	raw.a.where = (struct conf_where) { s->file, s->line };
	ok = check_account_name(s, err) &&
	     conf_apply(&raw, account_keys, ARRAY_LEN(account_keys), s, NULL, err) &&
	     check_account(l, &raw, s, err);
	*a = raw.a;
	l->conf->accounts++;
	return ok;
}

void conf_token_dispose(struct conf_token *t)
{
	free(t->name);
	free(t->module);
	free(t->uri);
	free(t->pin_file);
	strlist_dispose(&t->env);
}

void conf_account_dispose(struct conf_account *a)
{
	free(a->name);
	free(a->url);
	free(a->customer_uri);
	free(a->login);
	free(a->store);
	free(a->store_object);
	free(a->store_alias);
	free(a->store_password_file);
	free(a->trust_store);
}
