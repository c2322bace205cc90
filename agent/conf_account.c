#include <stdio.h>
#include <string.h>

#include "agent/conf_load.h"

#define OWN "certificate:" /* client_cert_key_store = certificate:NAME */

static const struct conf_choice apis[] = { { "admin", CONF_ADMIN },
	{ "enrollment", CONF_ENROLLMENT }, { .text = NULL } };
static const struct conf_choice auths[] = {
	{ "client-cert", CONF_CLIENT_CERT },
	{ "password", CONF_PASSWORD },
	{ "oauth2", CONF_OAUTH2 },
	{ .text = NULL },
};
static const struct conf_choice stores[] = {
	{ "PKCS12", CONF_STORE_PKCS12 },
	{ "PEM", CONF_STORE_PEM },
	{ "JKS", CONF_STORE_JKS },
	{ "JCEKS", CONF_STORE_JCEKS },
	{ "PKCS11", CONF_STORE_PKCS11 },
	{ .text = NULL },
};
static const struct conf_choice trusts[] = {
	{ "PEM", CONF_STORE_PEM },
	{ "PKCS12", CONF_STORE_PKCS12 },
	{ "JKS", CONF_STORE_JKS },
	{ "JCEKS", CONF_STORE_JCEKS },
	{ .text = NULL },
};

/* A section as it is read: the structure of conf.h and what only the cross-checks need. */
struct raw_account {
	struct conf_account a;
	int api;
	int auth;
	int store_type;
	int trust_type;
	char *client_id;
	char *client_secret_file;
};

#define IN_ACCOUNT(field) (offsetof(struct raw_account, a) + AT(conf_account, field))

static const struct conf_key account_keys[] = {
	KEY("api", set_choice, AT(raw_account, api), .fallback = "admin", .choice = apis),
	KEY("url", set_string, IN_ACCOUNT(url), .required = true),
	KEY("customer_uri", set_string, IN_ACCOUNT(customer_uri)),
	KEY("organization_id", set_uint, IN_ACCOUNT(organization_id), .min = 1, .max = INT64_MAX),
	KEY("auth", set_choice, AT(raw_account, auth), .fallback = "client-cert", .choice = auths),
	KEY("login", set_string, IN_ACCOUNT(login)),
	KEY("password_file", set_secret, IN_ACCOUNT(secret_file)),
	KEY("client_cert_key_store", set_string, IN_ACCOUNT(store)),
	KEY("client_cert_key_store_type", set_choice, AT(raw_account, store_type),
		.fallback = "PKCS12", .choice = stores),
	KEY("client_cert_key_alias", set_string, IN_ACCOUNT(store_alias)),
	KEY("client_cert_key_store_password_file", set_secret, IN_ACCOUNT(store_password_file)),
	KEY("client_cert_key_password_file", set_secret, IN_ACCOUNT(key_password_file)),
	KEY("client_id", set_string, AT(raw_account, client_id)),
	KEY("client_secret_file", set_secret, AT(raw_account, client_secret_file)),
	KEY("token_url", set_string, IN_ACCOUNT(token_url)),
	KEY("ssl_trust_store", set_path, IN_ACCOUNT(trust_store)),
	KEY("ssl_trust_store_type", set_choice, AT(raw_account, trust_type), .fallback = "PEM",
		.choice = trusts),
	KEY("ssl_trust_store_password_file", set_secret, IN_ACCOUNT(trust_password_file)),
	KEY("proxy_host_name", set_string, IN_ACCOUNT(proxy_host)),
	KEY("proxy_port", set_uint, IN_ACCOUNT(proxy_port), .min = 1, .max = 65535),
	KEY("proxy_username", set_string, IN_ACCOUNT(proxy_user)),
	KEY("proxy_password_file", set_secret, IN_ACCOUNT(proxy_password_file)),
	KEY("enroll_immediate", set_bool, IN_ACCOUNT(enroll_immediate), .fallback = "yes"),
	KEY("enroll_back_off_timer", set_uint, IN_ACCOUNT(back_off_timer), .fallback = "2",
		.min = 1, .max = 3600),
	KEY("enroll_max_back_off_timer", set_uint, IN_ACCOUNT(max_back_off_timer), .fallback = "32",
		.min = 1, .max = 3600),
	KEY("enroll_max_attempts", set_uint, IN_ACCOUNT(max_attempts), .fallback = "5",
		.max = 1000),
};

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

/* What a way to log in needs, and what has no meaning with it. */
#define WITH(auth) (1U << (auth))
#define WITH_ANY (WITH(CONF_CLIENT_CERT) | WITH(CONF_PASSWORD) | WITH(CONF_OAUTH2))

static const struct login_key {
	const char *name;
	unsigned needed;
	unsigned allowed;
} login_keys[] = {
	{ "login", WITH(CONF_CLIENT_CERT) | WITH(CONF_PASSWORD),
		WITH(CONF_CLIENT_CERT) | WITH(CONF_PASSWORD) },
	{ "customer_uri", WITH(CONF_CLIENT_CERT) | WITH(CONF_PASSWORD), WITH_ANY },
	{ "password_file", WITH(CONF_PASSWORD), WITH(CONF_PASSWORD) },
	{ "client_cert_key_store", WITH(CONF_CLIENT_CERT), WITH(CONF_CLIENT_CERT) },
	{ "client_cert_key_store_type", 0, WITH(CONF_CLIENT_CERT) },
	{ "client_cert_key_alias", 0, WITH(CONF_CLIENT_CERT) },
	{ "client_cert_key_store_password_file", 0, WITH(CONF_CLIENT_CERT) },
	{ "client_cert_key_password_file", 0, WITH(CONF_CLIENT_CERT) },
	{ "client_id", WITH(CONF_OAUTH2), WITH(CONF_OAUTH2) },
	{ "client_secret_file", WITH(CONF_OAUTH2), WITH(CONF_OAUTH2) },
	{ "token_url", 0, WITH(CONF_OAUTH2) },
};

static bool check_login_keys(int auth, const struct ini_section *s, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(login_keys); i++) {
		const struct login_key *k = &login_keys[i];
		bool set = ini_find(s, k->name);

		if (!set && k->needed & WITH(auth))
			return conf_error(err, (struct conf_where) { s->file, s->line },
				"[%s%s%s] needs '%s' with auth = %s", s->kind, *s->name ? ":" : "",
				s->name, k->name, auths[auth].text);
		if (set && !(k->allowed & WITH(auth)))
			return conf_error(err, conf_where_of(s, NULL, k->name),
				"%s: has no meaning with auth = %s; remove it, or change auth",
				k->name, auths[auth].text);
	}
	return true;
}

static bool check_header(
	const char *key, const char *value, const struct ini_section *s, struct err *err)
{
	for (const char *c = value ? value : ""; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return conf_error(err, conf_where_of(s, NULL, key),
				"%s: has a control character", key);
	return true;
}

/* The Enrollment API knows OAuth2 alone; its REST account has organization, profile and term. */
static bool check_api(const struct conf_account *a, const struct ini_section *s, struct err *err)
{
	if (a->api == CONF_ENROLLMENT && a->auth != CONF_OAUTH2)
		return conf_error(err, conf_where_of(s, NULL, "auth"),
			"auth: the Enrollment API takes oauth2 alone; set auth = oauth2");
	if (a->api == CONF_ENROLLMENT && a->organization_id)
		return conf_error(err, conf_where_of(s, NULL, "organization_id"),
			"organization_id: has no meaning with api = enrollment, where the REST "
			"account has it; remove it");
	if (a->api == CONF_ADMIN && !a->organization_id)
		return conf_error(err, (struct conf_where) { s->file, s->line },
			"[%s%s%s] needs 'organization_id'", s->kind, *s->name ? ":" : "", s->name);
	return true;
}

static bool check_proxy(const struct conf_account *a, const struct ini_section *s, struct err *err)
{
	const char *host = a->proxy_host;

	if (!host && (a->proxy_port || a->proxy_user || a->proxy_password_file))
		return conf_error(err, (struct conf_where) { s->file, s->line },
			"proxy_host_name is missing, but other proxy settings are there");
	if (!host)
		return true;
	if (strstr(host, "://") || strpbrk(host, "/@ \"<>"))
		return conf_error(err, conf_where_of(s, NULL, "proxy_host_name"),
			"proxy_host_name: '%s' is not the name or address of a host alone", host);
	if (!a->proxy_port)
		return conf_error(
			err, (struct conf_where) { s->file, s->line }, "proxy_port is missing");
	if (!a->proxy_user != !a->proxy_password_file)
		return conf_error(err, (struct conf_where) { s->file, s->line },
			"proxy_username and proxy_password_file belong together");
	if (a->proxy_user && strchr(a->proxy_user, ':'))
		return conf_error(err, conf_where_of(s, NULL, "proxy_username"),
			"proxy_username: a ':' can't be in it");
	return check_header("proxy_username", a->proxy_user, s, err);
}

static bool check_trust(const struct conf_account *a, const struct ini_section *s, struct err *err)
{
	if (!a->trust_store && ini_find(s, "ssl_trust_store_type"))
		return conf_error(err, conf_where_of(s, NULL, "ssl_trust_store_type"),
			"ssl_trust_store_type: there is no ssl_trust_store");
	if (a->trust_password_file && (!a->trust_store || a->trust_type == CONF_STORE_PEM))
		return conf_error(err, conf_where_of(s, NULL, "ssl_trust_store_password_file"),
			"ssl_trust_store_password_file: %s has no password; set "
			"ssl_trust_store_type",
			a->trust_store ? "a PEM bundle" : "a store that is not set");
	return true;
}

/* Everything about a certificate of ours is known already. */
static bool check_own(const struct ini_section *s, struct err *err)
{
	static const char *const known[] = { "client_cert_key_store_type", "client_cert_key_alias",
		"client_cert_key_store_password_file", "client_cert_key_password_file" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (ini_find(s, known[i]))
			return conf_error(err, conf_where_of(s, NULL, known[i]),
				"%s: has no meaning with client_cert_key_store = " OWN
				"NAME; remove it",
				known[i]);
	return true;
}

static bool check_store(struct conf_loading *l, struct raw_account *raw,
	const struct ini_section *s, struct err *err)
{
	struct conf_account *a = &raw->a;
	bool java = a->store_type == CONF_STORE_JKS || a->store_type == CONF_STORE_JCEKS;

	if (a->auth != CONF_CLIENT_CERT)
		return true;
	if (conf_has_pin(a->store))
		return conf_error(err, conf_where_of(s, NULL, "client_cert_key_store"),
			"client_cert_key_store: a PIN does not belong here; set pin_file of the "
			"token");
	if (!strncmp(a->store, OWN, strlen(OWN)))
		return check_own(s, err);
	if (a->key_password_file && !java)
		return conf_error(err, conf_where_of(s, NULL, "client_cert_key_password_file"),
			"client_cert_key_password_file: only a key in a JKS or JCEKS store has a "
			"password of its own; set client_cert_key_store_password_file");
	if (a->store_type == CONF_STORE_PKCS11)
		return resolve_store_token(l, raw, s, err);
	if (a->store[0] != '/')
		return conf_error(err, conf_where_of(s, NULL, "client_cert_key_store"),
			"client_cert_key_store: '%s' is not an absolute path; for a token set "
			"client_cert_key_store_type = PKCS11",
			a->store);
	return true;
}

bool conf_resolve_account(struct conf_loading *l, struct conf_account *a, struct err *err)
{
	const struct ini_section *s =
		conf_find_section(l, "scm", strcmp(a->name, "default") ? a->name : "");
	AUTO_STR char *name = NULL;
	AUTO_STR char *leaf = NULL;

	if (!s || !a->store || strncmp(a->store, OWN, strlen(OWN)) != 0)
		return true;
	name = TAKE(a->store);
	a->store_type = CONF_STORE_PEM;
	a->store_cert = conf_find_cert(l->conf, name + strlen(OWN));
	if (!a->store_cert)
		return conf_error(err, conf_where_of(s, NULL, "client_cert_key_store"),
			"client_cert_key_store: there is no [%s]", name);
	if (asprintf(&leaf, "%s/live/%s/fullchain.pem", l->conf->agent.state_dir,
		    a->store_cert->name) < 0)
		return err_memory(err);
	a->store = TAKE(leaf);
	return true;
}

static bool check_token_url(
	const struct conf_account *a, const struct ini_section *s, struct err *err)
{
	const char *url = a->token_url;

	if (!url || (!strncmp(url, "https://", 8) && url[8] && !strpbrk(url, "@?# \"<>")))
		return true;
	/* what stands before an '@' may be a password */
	return conf_error(err, conf_where_of(s, NULL, "token_url"),
		"token_url: is not of the form https://HOST/PATH");
}

static bool check_account(struct conf_loading *l, struct raw_account *raw,
	const struct ini_section *s, struct err *err)
{
	struct conf_account *a = &raw->a;

	a->api = (enum conf_api)raw->api;
	a->auth = (enum conf_auth)raw->auth;
	a->store_type = (enum conf_store_type)raw->store_type;
	a->trust_type = (enum conf_store_type)raw->trust_type;
	if (!check_url(a->url, conf_where_of(s, NULL, "url"), err) || !check_api(a, s, err) ||
		!check_login_keys(raw->auth, s, err))
		return false;
	if (a->auth == CONF_OAUTH2) {
		a->login = TAKE(raw->client_id);
		a->secret_file = TAKE(raw->client_secret_file);
	}
	return check_header(a->auth == CONF_OAUTH2 ? "client_id" : "login", a->login, s, err) &&
	       check_header("customer_uri", a->customer_uri, s, err) &&
	       check_token_url(a, s, err) && check_proxy(a, s, err) && check_trust(a, s, err) &&
	       check_store(l, raw, s, err);
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
	free(raw.client_id);
	free(raw.client_secret_file);
	l->conf->accounts++;
	return ok;
}

void conf_account_dispose(struct conf_account *a)
{
	char *strings[] = { a->name, a->url, a->customer_uri, a->login, a->secret_file,
		a->token_url, a->store, a->store_object, a->store_alias, a->store_password_file,
		a->key_password_file, a->trust_store, a->trust_password_file, a->proxy_host,
		a->proxy_user, a->proxy_password_file };

	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		free(strings[i]);
}
