#include "agent/credential.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "agent/record.h"

void credential_dispose(struct credential *c)
{
	free(c->file[0]);
	free(c->file[1]);
	free(c->uri);
	*c = (struct credential) { 0 };
}

static bool copy(char **out, const char *text, struct err *err)
{
	*out = text ? strdup(text) : NULL;
	return *out || !text || err_memory(err);
}

/* A key in a file stands before its certificates; that in a token is named by its URI. */
static bool fill_generation(struct credential *c, struct store *store, const char *name,
	const char *id, const char *uri, struct err *err)
{
	size_t n = 0;

	if (!c->token) {
		c->file[n++] = store_generation_path(store, name, id, FILE_KEY);
		if (!c->file[0])
			return err_memory(err);
	}
	c->file[n] = store_generation_path(store, name, id, FILE_FULLCHAIN);
	return c->file[n] ? copy(&c->uri, *uri ? uri : NULL, err) : err_memory(err);
}

bool credential_of_generation(struct credential *out, const struct conf *conf, struct store *store,
	const struct conf_cert *cert, const char *id, struct err *err)
{
	AUTO(credential) struct credential c = { .ours = true, .type = CONF_STORE_PEM };
	AUTO(record) struct record meta = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	const char *token;
	bool found;

	if (!store_open_archive(&archive, store, cert->name, false, err) ||
		!fs_open_dir(&dir, archive, id, err) ||
		!record_read(&meta, &found, dir, FILE_META, err))
		return false;
	token = record_get(&meta, "key_store");
	c.token = *token ? conf_find_token(conf, token) : NULL;
	if (*token && !c.token)
		return err_set(err, ERR_KEYSTORE,
			"token %s, which holds the key, is not configured any more", token);
	if (c.token)
		c.type = CONF_STORE_PKCS11;
	if (!fill_generation(&c, store, cert->name, id, record_get(&meta, "key_uri"), err))
		return false;
	*out = c;
	c = (struct credential) { 0 };
	return true;
}

static bool of_live(struct credential *out, const struct conf *conf, struct store *store,
	const struct conf_cert *cert, struct err *err)
{
	AUTO_STR char *live = NULL;

	if (!store_live(&live, store, cert->name, err))
		return false;
	if (!live)
		return err_set(err, ERR_KEYSTORE,
			"client_cert_key_store: certificate %s has no generation yet to log in "
			"with; let the account log in with another one until it has",
			cert->name);
	return credential_of_generation(out, conf, store, cert, live, err);
}

bool credential_of(struct credential *out, const struct conf *conf, struct store *store,
	const struct conf_account *a, struct err *err)
{
	AUTO(credential)
	struct credential c = { .type = a->store_type,
		.token = a->store_token,
		.alias = a->store_alias,
		.password_file = a->store_password_file,
		.key_password_file = a->key_password_file };
	const char *uri = a->store_token ? a->store_token->uri : NULL;

	if (a->auth != CONF_CLIENT_CERT)
		return true;
	if (a->store_cert)
		return of_live(out, conf, store, a->store_cert, err);
	if (!copy(&c.file[0], a->store, err) ||
		!copy(&c.uri, a->store_object ? a->store_object : uri, err))
		return false;
	*out = c;
	c = (struct credential) { 0 };
	return true;
}

static bool same_file(const char *a, const char *b)
{
	struct stat one;
	struct stat two;

	return !strcmp(a, b) || (!stat(a, &one) && !stat(b, &two) && one.st_dev == two.st_dev &&
					one.st_ino == two.st_ino);
}

/* Others may have entries of their own in it; an account without an alias takes the only one. */
static bool same_entry(const char *a, const char *b)
{
	return !a || !b || !strcasecmp(a, b);
}

bool credential_is_target(const struct conf_account *a, const struct conf_target *t)
{
	return a->store && !a->store_cert && t->path && same_entry(a->store_alias, t->alias) &&
	       same_file(a->store, t->path);
}

const struct conf_target *credential_target(
	const struct conf_account *a, const struct conf_cert *cert)
{
	for (size_t i = 0; i < cert->targets; i++)
		if (credential_is_target(a, &cert->target[i]))
			return &cert->target[i];
	return NULL;
}

bool credential_is(const struct conf_account *a, const struct conf_cert *cert)
{
	return a->store_cert == cert || credential_target(a, cert);
}

const struct conf_cert *credential_cert(const struct conf *conf, const struct conf_account *a)
{
	for (size_t i = 0; i < conf->certs; i++)
		if (credential_is(a, &conf->cert[i]))
			return &conf->cert[i];
	return NULL;
}

bool credential_is_any(const struct conf *conf, const struct conf_cert *cert)
{
	for (size_t i = 0; i < conf->accounts; i++)
		if (credential_is(&conf->account[i], cert))
			return true;
	return false;
}
