/*
 * Loading the configuration, between the files that do it: conf.c goes through the sections,
 * conf_token.c reads tokens, conf_account.c accounts, conf_hook.c hooks, conf_dcv.c how domains are
 * validated, conf_cert.c certificates, conf_policy.c where their keys come from, conf_follow.c
 * those that others order, conf_install.c where else they are written. Nobody else includes this.
 */
#ifndef AGENT_CONF_LOAD_H
#define AGENT_CONF_LOAD_H

#include "agent/conf.h"
#include "agent/conf_key.h"
#include "agent/ini.h"

#define AT(type, field) offsetof(struct type, field)

#define CONF_NAME_MAX 64
#define CONF_DAY 86400

/* Loading in one place, so that the steps need not pass five things around. */
struct conf_loading {
	struct conf *conf;
	struct ini ini;
	const char *hook_dir;
	struct ini_section *defaults; /* NULL without a [defaults] */
};

/* Each adds one element to the configuration, also when it fails: conf_free() finds it there. */
MUST_USE bool conf_load_token(struct conf_loading *l, struct ini_section *s, struct err *err);
MUST_USE bool conf_load_account(struct conf_loading *l, struct ini_section *s, struct err *err);
MUST_USE bool conf_load_dcv(struct conf_loading *l, struct ini_section *s, struct err *err);
MUST_USE bool conf_load_cert(struct conf_loading *l, struct ini_section *s, struct err *err);

/* For an account that logs in with a certificate of ours: when certificates are known. */
MUST_USE bool conf_resolve_account(struct conf_loading *l, struct conf_account *a, struct err *err);

/*
 * key_store, and whether what is set about keys fits together. Completes `c`, which its section `s`
 * and [defaults] have been read into.
 */
MUST_USE bool conf_check_policy(struct conf_loading *l, struct conf_cert *c, const char *key_store,
	const struct ini_section *s, struct err *err);

/*
 * What follows from `follow`: keys that decide an order are nothing for such a certificate, and
 * what [defaults] says about them is not for it.
 */
MUST_USE bool conf_check_follow(struct conf_cert *c, const struct ini_section *s,
	const struct ini_section *d, struct err *err);

/* Adds a target to its certificate. */
MUST_USE bool conf_load_target(struct conf_loading *l, struct ini_section *s, struct err *err);

/*
 * Of an account whose key store a target writes, too: that it is the account's entry, unless
 * another one does that. When all targets are known.
 */
MUST_USE bool conf_check_login_entry(
	const struct conf *conf, const struct conf_account *a, struct err *err);

/* [defaults] by itself, whether or not a certificate uses it. */
MUST_USE bool conf_check_defaults(struct conf_loading *l, struct ini_section *s, struct err *err);

/* A [hook:ID] by itself, whether or not a certificate uses it. */
MUST_USE bool conf_check_hook(struct conf_loading *l, struct ini_section *s, struct err *err);

/* The hooks of a list: absolute paths, [hook:ID]s and shipped scripts. */
MUST_USE bool conf_load_hooks(struct conf_loading *l, struct conf_hooks *out,
	const struct strlist *texts, struct conf_where where, struct err *err);

/* Names become directories, arguments of hooks and words in a log: a narrow alphabet. */
MUST_USE bool conf_check_name(const struct ini_section *s, struct err *err);

struct ini_section *conf_find_section(struct conf_loading *l, const char *kind, const char *name);

/* Appends "NAME=value". */
MUST_USE bool conf_add_pair(
	struct strlist *l, const char *name, const char *value, struct err *err);

/* Whether a PIN stands in it: asked before a URI is repeated in a message. RFC 7512, 2.4. */
bool conf_has_pin(const char *uri);

void conf_token_dispose(struct conf_token *t);
void conf_account_dispose(struct conf_account *a);
void conf_hooks_dispose(struct conf_hooks *h);
void conf_dcv_dispose(struct conf_dcv *d);
void conf_follow_dispose(struct conf_follow *f);
void conf_cert_dispose(struct conf_cert *c);
void conf_target_dispose(struct conf_target *t);

#endif
