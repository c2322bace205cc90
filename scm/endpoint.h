/*
 * Where an account of SCM is, how to get there, and as whom we come: the fixed part of every call.
 * Built once, checked there; knows nothing of libcurl.
 */
#ifndef SCM_ENDPOINT_H
#define SCM_ENDPOINT_H

#include "base/secret.h"
#include "base/strlist.h"
#include "scm/tls.h"
#include "scm/wire.h"

/* All borrowed for the time of scm_endpoint_init(). A NULL string is an empty one. */
struct scm_account {
	enum wire_api api;
	const char *url;	  /* https://HOST[:PORT][/PREFIX] */
	const char *customer_uri; /* "": no such header, with OAuth2 alone */
	enum wire_auth auth;
	const char *login;	     /* OAuth2: the client's id */
	const struct secret *secret; /* the login's password, or the client's secret */
	const char *token_url;	     /* OAuth2; "": found by asking SCM */
	EVP_PKEY *key;		     /* CLIENT_CERT alone, as the next two */
	X509 *certificate;
	STACK_OF(X509) * chain; /* of our certificate; may be NULL */
	const void *anchors;	/* PEM certificates that a server's chain must lead to */
	size_t anchors_len;	/* 0: those in the file `bundle` */
	const char *bundle;
	const char *proxy_host; /* "": straight */
	uint32_t proxy_port;
	const char *proxy_user; /* "": no credentials */
	const struct secret *proxy_password;
};

struct scm_endpoint {
	enum wire_api api;
	enum wire_auth auth;
	char *base;		/* "https://HOST/PREFIX/private/api" or "https://HOST/PREFIX/api" */
	struct strlist headers; /* whole lines without a secret, for every call to SCM */
	char *login;
	struct secret *secret; /* NULL with CLIENT_CERT */
	char *token_url;       /* OAUTH2; "" when it is to be found */
	char *proxy;	       /* "HOST:PORT", NULL for none */
	char *proxy_user;      /* NULL for none */
	struct secret *proxy_password;
	struct scm_tls tls;
};

/*
 * ERR_CONFIG when a setting is of no use (a line end in a value would be a header of somebody
 * else's making), ERR_KEYSTORE for the client certificate.
 */
MUST_USE bool scm_endpoint_init(
	struct scm_endpoint *out, const struct scm_account *account, struct err *err);

void scm_endpoint_dispose(struct scm_endpoint *e);
AUTO_DEFINE_REF(scm_endpoint, struct scm_endpoint, scm_endpoint_dispose);

/* What to look at when SCM refuses us: "check login, ..."; with OAuth2 also when a token is. */
const char *scm_endpoint_remedy(const struct scm_endpoint *e);

#define SCM_URL_MAX 2048

/* https://HOST[:PORT][/PATH] without user, query and fragment, of at most SCM_URL_MAX bytes. */
bool scm_endpoint_plain_url(const char *url);

#endif
