#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "agent/conf_load.h"
#include "base/fs.h"
#include "base/parse.h"
#include "keystore/ks_store.h"

#define BIT(format) (1U << (format))
#define STORES (BIT(CONF_PKCS12) | BIT(CONF_JKS) | BIT(CONF_JCEKS))
#define KEYS (STORES | BIT(CONF_PEM_KEY) | BIT(CONF_PEM_COMBINED))
#define FILES (~BIT(CONF_TOKEN_CERT))
#define NAME_ROOM 32 /* bytes of a file's name that its temporary name adds, at most */

static const struct conf_choice formats[] = {
	{ "pem-cert", CONF_PEM_CERT },
	{ "pem-key", CONF_PEM_KEY },
	{ "pem-chain", CONF_PEM_CHAIN },
	{ "pem-fullchain", CONF_PEM_FULLCHAIN },
	{ "pem-combined", CONF_PEM_COMBINED },
	{ "pkcs12", CONF_PKCS12 },
	{ "jks", CONF_JKS },
	{ "jceks", CONF_JCEKS },
	{ "token-cert", CONF_TOKEN_CERT },
	{ .text = NULL },
};

struct raw_target {
	struct conf_target t;
	char *certificate;
	int format;
};

#define IN_TARGET(field) (offsetof(struct raw_target, t) + AT(conf_target, field))

static conf_set set_any_mode;

static const struct conf_key target_keys[] = {
	KEY("certificate", set_string, AT(raw_target, certificate), .required = true),
	KEY("format", set_choice, AT(raw_target, format), .required = true, .choice = formats),
	KEY("path", set_path, IN_TARGET(path)),
	KEY("alias", set_string, IN_TARGET(alias)),
	KEY("password_file", set_secret, IN_TARGET(password_file)),
	KEY("key_password_file", set_secret, IN_TARGET(key_password_file)),
	KEY("legacy", set_bool, IN_TARGET(legacy), .fallback = "no"),
	KEY("owner", set_string, IN_TARGET(owner)),
	KEY("group", set_string, IN_TARGET(group)),
	KEY("mode", set_any_mode, IN_TARGET(mode)),
};

/* Which formats a key means something for, and which can't do without it. */
static const struct {
	const char *key;
	unsigned takes;
	unsigned needs;
} usable[] = {
	{ "path", FILES, FILES },
	{ "alias", STORES, 0 },
	{ "password_file", STORES, STORES },
	{ "key_password_file",
		BIT(CONF_JKS) | BIT(CONF_JCEKS) | BIT(CONF_PEM_KEY) | BIT(CONF_PEM_COMBINED), 0 },
	{ "legacy", BIT(CONF_PKCS12), 0 },
	{ "owner", FILES, 0 },
	{ "group", FILES, 0 },
	{ "mode", FILES, 0 },
};

bool conf_format_has_key(enum conf_format format)
{
	return KEYS & BIT(format);
}

bool conf_format_is_store(enum conf_format format)
{
	return STORES & BIT(format);
}

const char *conf_format_name(enum conf_format format)
{
	const struct conf_choice *c = formats;

	while (c->value != (int)format)
		c++;
	return c->text;
}

static bool set_any_mode(void *section, const struct conf_key *key, const char *name,
	const char *value, struct err *err)
{
	struct raw_target *raw = section;

	(void)key;
	(void)name;
	if (parse_mode(&raw->t.mode, value) && !(raw->t.mode & 0133) && raw->t.mode & 0400)
		return true;
	return err_set(err, ERR_CONFIG,
		"'%s' is not an octal mode such as 0640, writable by the owner alone", value);
}

static bool check_usable(const struct conf_target *t, const struct ini_section *s, struct err *err)
{
	const char *format = conf_format_name(t->format);

	for (size_t i = 0; i < ARRAY_LEN(usable); i++) {
		const char *key = usable[i].key;

		if (ini_find(s, key) && !(usable[i].takes & BIT(t->format)))
			return conf_error(err, conf_where_of(s, NULL, key),
				"%s: means nothing for format = %s; remove the line", key, format);
		if (!ini_find(s, key) && usable[i].needs & BIT(t->format))
			return conf_error(err, t->where, "[install:%s] needs '%s' for format = %s",
				t->name, key, format);
	}
	return true;
}

/* The default is for what the file holds. */
static bool check_mode(struct conf_target *t, struct conf_where where, struct err *err)
{
	if (!t->mode) {
		t->mode = conf_format_has_key(t->format) ? 0600 : 0644;
		t->mode_default = true;
	}
	if (!conf_format_has_key(t->format) || !(t->mode & 0137))
		return true;
	return conf_error(err, where,
		"mode: %04o is not for a file with a private key; use 0600, 0640 or tighter",
		t->mode);
}

static bool resolve_owner(struct conf_target *t, const struct ini_section *s, struct err *err)
{
	const struct passwd *user = t->owner ? getpwnam(t->owner) : NULL;
	const struct group *group = t->group ? getgrnam(t->group) : NULL;

	t->uid = user ? user->pw_uid : FS_KEEP;
	t->gid = group ? group->gr_gid : FS_KEEP;
	if (t->owner && !user)
		return conf_error(err, conf_where_of(s, NULL, "owner"),
			"owner: there is no user '%s' on this system", t->owner);
	return !t->group || group ||
	       conf_error(err, conf_where_of(s, NULL, "group"),
		       "group: there is no group '%s' on this system", t->group);
}

/* What is in the state directory is the agent's own; a server may be pointed at it as it is. */
static bool check_path(const struct conf_loading *l, const struct conf_target *t,
	struct conf_where where, struct err *err)
{
	const char *state = l->conf->agent.state_dir;
	size_t len = strlen(state);
	const char *name;

	if (!t->path)
		return true;
	name = strrchr(t->path, '/') + 1;
	if (!*name || !strcmp(name, ".") || !strcmp(name, "..") || strlen(t->path) >= PATH_MAX ||
		strlen(name) > NAME_MAX - NAME_ROOM)
		return conf_error(err, where, "path: '%s' is not the path of a file", t->path);
	return strncmp(t->path, state, len) != 0 || t->path[len] != '/' ||
	       conf_error(
		       err, where, "path: '%s' is in the state directory; choose another", t->path);
}

/* Who reads it in an account's name wants to know that nobody else could have written it. */
static bool check_login_rights(
	const struct conf_target *t, const struct conf_account *a, struct err *err)
{
	bool open = a->store_type == CONF_STORE_PEM && t->mode & 0077;

	return (!t->owner && !open) ||
	       conf_error(err, t->where,
		       "[install:%s]: %s is the client_cert_key_store of account %s; leave out %s",
		       t->name, t->path, a->name, open ? "mode, which lets others in" : "owner");
}

/* What an account logs in with has to be what it takes it for. */
static bool check_login(const struct conf_loading *l, const struct conf_target *t, struct err *err)
{
	static const enum conf_format fits[] = {
		[CONF_STORE_PKCS12] = CONF_PKCS12,
		[CONF_STORE_PEM] = CONF_PEM_COMBINED,
		[CONF_STORE_JKS] = CONF_JKS,
		[CONF_STORE_JCEKS] = CONF_JCEKS,
	};

	for (size_t i = 0; t->path && i < l->conf->accounts; i++) {
		const struct conf_account *a = &l->conf->account[i];

		if (!a->store || strcmp(a->store, t->path) != 0)
			continue;
		if (fits[a->store_type] != t->format)
			return conf_error(err, t->where,
				"[install:%s]: %s is the client_cert_key_store of account %s; that "
				"takes format = %s",
				t->name, t->path, a->name, conf_format_name(fits[a->store_type]));
		if (!check_login_rights(t, a, err))
			return false;
	}
	return true;
}

static const struct conf_target *other_entry(const struct conf *conf, const struct conf_account *a)
{
	const struct conf_target *other = NULL;

	for (size_t i = 0; i < conf->certs; i++) {
		const struct conf_cert *c = &conf->cert[i];

		for (size_t k = 0; k < c->targets; k++) {
			const struct conf_target *t = &c->target[k];

			if (!t->path || !t->alias || strcmp(t->path, a->store) != 0)
				continue;
			if (!strcasecmp(t->alias, a->store_alias))
				return NULL;
			other = t;
		}
	}
	return other;
}

bool conf_check_login_entry(const struct conf *conf, const struct conf_account *a, struct err *err)
{
	const struct conf_target *t = a->store && a->store_alias ? other_entry(conf, a) : NULL;

	return !t ||
	       conf_error(err, t->where,
		       "[install:%s]: alias = %s is not the entry that account %s logs in with in "
		       "%s; set alias = %s",
		       t->name, t->alias, a->name, t->path, a->store_alias);
}

/* A follower that wrote over its leader's file would soon follow itself. */
static bool check_leader(const struct conf_target *t, const struct conf_cert *c,
	struct conf_where where, struct err *err)
{
	return !c->follow.path || !t->path || strcmp(c->follow.path, t->path) != 0 ||
	       conf_error(err, where,
		       "path: '%s' is what [certificate:%s] follows, and would be written over; "
		       "choose another",
		       t->path, c->name);
}

/* A key in a token never leaves it; only its certificate can be installed. */
static bool check_key_store(const struct conf_target *t, const struct conf_cert *c, struct err *err)
{
	if (c->token && conf_format_has_key(t->format))
		return conf_error(err, t->where,
			"[install:%s]: format = %s holds a private key, and that of %s never "
			"leaves its token; use pem-fullchain, pem-cert or pem-chain",
			t->name, conf_format_name(t->format), c->name);
	if (!c->token && t->format == CONF_TOKEN_CERT)
		return conf_error(err, t->where,
			"[install:%s]: format = token-cert is for a certificate with key_store = "
			"token:NAME",
			t->name);
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* Several entries of one store, which are put into it one after the other. */
static bool may_share(const struct conf_target *a, const struct conf_target *b)
{
	return conf_format_is_store(a->format) && a->format == b->format &&
	       strcasecmp(a->alias, b->alias) != 0 &&
	       same_text(a->password_file, b->password_file) && a->uid == b->uid &&
	       a->gid == b->gid && a->mode == b->mode && a->legacy == b->legacy;
}

static bool check_shared(const struct conf_loading *l, const struct conf_target *t, struct err *err)
{
	for (size_t i = 0; t->path && i < l->conf->certs; i++) {
		const struct conf_cert *c = &l->conf->cert[i];

		for (size_t k = 0; k < c->targets; k++)
			if (same_text(c->target[k].path, t->path) && !may_share(&c->target[k], t))
				return conf_error(err, t->where,
					"[install:%s]: [install:%s] has the path %s, too; only "
					"entries of one store with aliases of their own and "
					"everything else the same share a file",
					t->name, c->target[k].name, t->path);
	}
	return true;
}

/* Into the certificate's list, in the order in which formats are written. */
static bool add(struct conf_cert *c, struct conf_target *t, struct err *err)
{
	struct conf_target *grown = reallocarray(c->target, c->targets + 1, sizeof(*grown));
	size_t at = c->targets;

	if (!grown)
		return err_memory(err);
	c->target = grown;
	for (; at && grown[at - 1].format > t->format; at--)
		grown[at] = grown[at - 1];
	grown[at] = *t;
	c->targets++;
	*t = (struct conf_target) { 0 };
	return true;
}

static bool check(
	struct conf_loading *l, struct raw_target *raw, struct ini_section *s, struct err *err)
{
	struct conf_target *t = &raw->t;
	const struct conf_cert *found;
	struct conf_cert *c;

	if (!conf_apply(raw, target_keys, ARRAY_LEN(target_keys), s, NULL, err))
		return false;
	t->format = (enum conf_format)raw->format;
	found = conf_find_cert(l->conf, raw->certificate);
	if (!found)
		return conf_error(err, conf_where_of(s, NULL, "certificate"),
			"certificate: there is no [certificate:%s]", raw->certificate);
	c = &l->conf->cert[found - l->conf->cert];
	if (!t->alias && conf_format_is_store(t->format)) {
		t->alias = strdup(c->name);
		if (!t->alias)
			return err_memory(err);
	}
	return check_usable(t, s, err) && check_mode(t, conf_where_of(s, NULL, "mode"), err) &&
	       resolve_owner(t, s, err) && check_path(l, t, conf_where_of(s, NULL, "path"), err) &&
	       check_leader(t, c, conf_where_of(s, NULL, "path"), err) && check_login(l, t, err) &&
	       check_key_store(t, c, err) && check_shared(l, t, err) && add(c, t, err);
}

bool conf_load_target(struct conf_loading *l, struct ini_section *s, struct err *err)
{
	struct raw_target raw = { .t = { .where = { s->file, s->line } } };
	bool ok;

	raw.t.name = strdup(s->name);
	ok = raw.t.name ? conf_check_name(s, err) && check(l, &raw, s, err) : err_memory(err);
	free(raw.certificate);
	conf_target_dispose(&raw.t);
	return ok;
}

void conf_target_dispose(struct conf_target *t)
{
	free(t->name);
	free(t->path);
	free(t->alias);
	free(t->password_file);
	free(t->key_password_file);
	free(t->owner);
	free(t->group);
}
