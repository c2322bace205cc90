/*
 * The configuration: what the administrator asked for, checked, complete, and constant after it
 * was loaded. It holds references to secrets, never secrets, and nothing of the INI file but
 * where things stood, for messages. Keys: scm-agent.ini(5).
 */
#ifndef AGENT_CONF_H
#define AGENT_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/strlist.h"
#include "csr/csr.h"
#include "csr/key.h"
#include "dcv/challenge.h"
#include "deploy-hooks/hook.h"
#include "deploy-hooks/verify.h"
#include "keystore/ks.h"

struct conf_where {
	const char *file;
	unsigned line;
};

struct conf_agent {
	char *state_dir;
	uint64_t parallel;
	uint64_t keep_generations;
	int64_t lock_timeout;
	int64_t hook_timeout;
	int64_t order_search_window;
	enum log_level log_level;
};

enum conf_api { CONF_ADMIN, CONF_ENROLLMENT };
struct conf_cert;

enum conf_auth { CONF_CLIENT_CERT, CONF_PASSWORD, CONF_OAUTH2 };
enum conf_store_type {
	CONF_STORE_PKCS12,
	CONF_STORE_PEM,
	CONF_STORE_JKS,
	CONF_STORE_JCEKS,
	CONF_STORE_PKCS11,
};

struct conf_token {
	char *name;
	struct conf_where where;
	char *module;
	char *init_args; /* NULL: none, or p11-kit's */
	char *uri;
	char *pin_file;
	char *object_dir;   /* whose files are made readable for its group, or NULL */
	int64_t timeout;    /* for each call into the module */
	struct strlist env; /* "NAME=value" for the module */
};

struct conf_account {
	char *name; /* "default" for [scm] */
	struct conf_where where;
	enum conf_api api;
	char *url;
	char *customer_uri;	  /* NULL when it is not needed */
	uint64_t organization_id; /* 0 with the Enrollment API: SCM's REST account has it */
	enum conf_auth auth;
	char *login;	   /* OAuth2: client_id */
	char *secret_file; /* password_file or client_secret_file; NULL with a client certificate */
	char *token_url;   /* NULL: found from SCM's answer */
	char *store;	   /* client_cert_key_store: a path, or NULL with a token or without one */
	enum conf_store_type store_type;
	const struct conf_cert
		*store_cert; /* certificate:NAME, or NULL; `store` is its live leaf */
	const struct conf_token *store_token;
	char *store_object; /* a pkcs11: URI that names the object, or NULL */
	char *store_alias;
	char *store_password_file;
	char *key_password_file; /* NULL: the store's */
	char *trust_store;	 /* NULL for the system's */
	enum conf_store_type trust_type;
	char *trust_password_file;
	char *proxy_host; /* NULL: straight */
	uint64_t proxy_port;
	char *proxy_user;
	char *proxy_password_file;
	bool enroll_immediate;
	uint64_t back_off_timer;
	uint64_t max_back_off_timer;
	uint64_t max_attempts;
};

struct conf_hook {
	char *text; /* as configured: an absolute path, a shipped script's name or a [hook:ID] */
	char *path;
	bool shipped;
	struct strlist options;
	int64_t timeout;
};

struct conf_hooks {
	struct conf_hook *item;
	size_t n;
};

/* How some domains of an account are validated. */
struct conf_dcv {
	char *name;
	struct conf_where where;
	char *account_name;
	const struct conf_account *account;
	struct strlist domains; /* lower case, without a wildcard or a dot at the end */
	enum dcv_type method;
	char *webroot;		/* HTTP, HTTPS; or NULL */
	struct conf_hooks hook; /* CNAME, TXT: one; else none */
	char *email;		/* EMAIL; or NULL */
	int64_t renew_before;
	bool check;	     /* look ourselves before SCM does */
	char *check_address; /* HTTP, HTTPS: ADDRESS:PORT to look at; NULL for the domain's own */
	char *nameserver;    /* CNAME, TXT: ADDRESS[:PORT] to ask; NULL for the system's */
};

struct conf_verify {
	struct verify_target *item;
	size_t n;
};

/* A share of the lifetime in thousandths, or a time in seconds; the other is 0. */
struct conf_window {
	unsigned per_mille;
	int64_t seconds;
};

/*
 * In the order in which they are written: a key alone comes before the certificates alone, with
 * nothing between them that would lengthen the time in which they differ.
 */
enum conf_format {
	CONF_PEM_COMBINED,
	CONF_PKCS12,
	CONF_JKS,
	CONF_JCEKS,
	CONF_PEM_CHAIN,
	CONF_PEM_KEY,
	CONF_PEM_FULLCHAIN,
	CONF_PEM_CERT,
	CONF_TOKEN_CERT,
};

/* A further place that a certificate is written to. */
struct conf_target {
	char *name;
	struct conf_where where;
	enum conf_format format;
	char *path;		 /* NULL with CONF_TOKEN_CERT */
	char *alias;		 /* of stores; else NULL */
	char *password_file;	 /* of stores; else NULL */
	char *key_password_file; /* NULL: the store's; PEM: not encrypted */
	bool legacy;
	char *owner;
	char *group;
	uid_t uid; /* FS_KEEP when it is not set */
	gid_t gid;
	unsigned mode;
	bool mode_default; /* nobody asked for this mode */
};

enum conf_on_failure { CONF_ROLLBACK, CONF_KEEP };
enum conf_renew_with { CONF_ENROLL, CONF_RENEW };
enum conf_on_lost_answer { CONF_HOLD, CONF_RESUBMIT };

/*
 * The file in which the host that orders the certificate, its leader, leaves key and chain for
 * others. What this host orders itself has no path here.
 */
struct conf_follow {
	char *path;
	char *alias;		 /* NULL: the only key in it */
	char *password_file;	 /* NULL: none is needed */
	char *key_password_file; /* NULL: the store's */
};

struct conf_cert {
	char *name;
	struct conf_where where;
	char *account_name;		    /* NULL without an account */
	const struct conf_account *account; /* NULL: one that follows may do without */
	struct conf_follow follow;
	char *common_name;	  /* canonical: A-labels, an address as inet_ntop() has it */
	struct strlist alt_names; /* as configured */
	struct strlist names;	  /* canonical, the common name first */
	char *organization;
	char *organizational_unit;
	char *locality;
	char *state;
	char *country;
	enum ks_key_type key_type;
	char *key_store;		/* "file" or the token's name, without "token:" */
	const struct conf_token *token; /* NULL for a file */
	bool reuse_key;
	int64_t max_key_age;	    /* with reuse_key; seconds, 0 for any age */
	bool next_key;		    /* the key of the next certificate is made ahead */
	char *import_key;	    /* file that the first key is copied from, or NULL */
	char *import_password_file; /* of that file, or NULL */
	char *key_uri;		    /* pkcs11: URI of the only key there is to be, or NULL */
	char *profile;		    /* as configured: a number or a name; NULL when there is none */
	uint64_t profile_id;	    /* 0 for a name */
	uint64_t term;
	char *comments;
	char *dcv_mode;	 /* as SCM writes it, or NULL */
	char *dcv_email; /* with EMAIL */
	struct strlist external_requesters;
	struct strlist field_names; /* custom_field.NAME, in step with field_values */
	struct strlist field_values;
	struct conf_window renew_before;
	enum conf_renew_with renew_with;
	int64_t renew_if_issued_before; /* 0 when it is not set */
	enum conf_on_lost_answer on_lost_answer;
	char *trust_anchors;
	bool allow_extra_names;
	bool dcv_auto; /* a run validates the domains of its names */
	struct conf_hooks deploy_hooks;
	struct conf_hooks pre_hooks;
	struct conf_hooks post_hooks;
	struct conf_verify verify;
	enum conf_on_failure on_failure;
	char *group;
	gid_t gid; /* FS_KEEP without a group */
	unsigned key_mode;
	char *server_user;	    /* who uses the key, or NULL */
	struct conf_target *target; /* in the order in which they are written */
	size_t targets;
	char digest[CSR_SHA256_HEX]; /* of all sections that this certificate depends on */
};

struct conf {
	struct conf_agent agent;
	struct conf_token *token;
	size_t tokens;
	struct conf_account *account;
	size_t accounts;
	struct conf_dcv *dcv;
	size_t dcvs;
	struct conf_cert *cert;
	size_t certs;
	char **file; /* the files read, for `where` */
	size_t files;
};

#define CONF_PATH "/etc/scm-agent/scm-agent.ini"

/*
 * Reads and checks a configuration. `hook_dir` is where the shipped scripts are. Every failure is
 * ERR_CONFIG and names file, line and remedy. Touches nothing and opens no secret. Owned:
 * conf_free().
 */
MUST_USE bool conf_load(struct conf **out, const char *path, const char *hook_dir, struct err *err);
void conf_free(struct conf *conf);
AUTO_DEFINE(conf, struct conf *, conf_free);

/* The certificate of that name, or NULL. Borrowed. */
const struct conf_cert *conf_find_cert(const struct conf *conf, const char *name);

/*
 * The [dcv:NAME] of an account that covers `name`, as conf_cert.names has it, and in *domain its
 * domain that does; NULL for none. Borrowed.
 */
const struct conf_dcv *conf_find_dcv(const char **domain, const struct conf *conf,
	const struct conf_account *account, const char *name);

/* The token of that name, or NULL. Borrowed. */
const struct conf_token *conf_find_token(const struct conf *conf, const char *name);

/* The account of that name, or NULL. Borrowed. */
const struct conf_account *conf_find_account(const struct conf *conf, const char *name);

/* Whether a file of that format holds the private key; whether it is one of several entries. */
bool conf_format_has_key(enum conf_format format);
bool conf_format_is_store(enum conf_format format);

/* As the configuration has it: "pem-key". Borrowed for ever. */
const char *conf_format_name(enum conf_format format);

/* The subject for a request. Borrows from `cert`. */
struct csr_subject conf_subject(const struct conf_cert *cert);

/* ERR_CONFIG with "file:line: " before the message. Returns false. */
bool conf_error(struct err *err, struct conf_where where, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
