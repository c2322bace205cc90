/*
 * Where an account of SCM is, and as whom we come: the fixed part of every call. Built once,
 * checked there; knows nothing of libcurl.
 */
#ifndef SCM_ENDPOINT_H
#define SCM_ENDPOINT_H

#include "base/strlist.h"
#include "scm/tls.h"
#include "scm/wire.h"

/* All borrowed for the time of scm_endpoint_init(). */
struct scm_account {
	enum wire_api api;
	const char *url; /* https://HOST[:PORT][/PREFIX] */
	const char *customer_uri;
	const char *login;
	EVP_PKEY *key;
	X509 *certificate;
	STACK_OF(X509) * chain; /* of our certificate; may be NULL */
	const void *anchors;	/* PEM certificates that a server's chain must lead to */
	size_t anchors_len;	/* 0: those in the file `bundle` */
	const char *bundle;
};

struct scm_endpoint {
	char *base;		/* "https://HOST/PREFIX/private/api": mutual TLS (scm-api.md, 1b) */
	struct strlist headers; /* whole lines, for every call */
	struct scm_tls tls;
};

/*
 * ERR_CONFIG when url, login, customer_uri or the anchors are of no use (a line end in a value
 * would be a header of somebody else's making), ERR_KEYSTORE for the credential.
 */
MUST_USE bool scm_endpoint_init(
	struct scm_endpoint *out, const struct scm_account *account, struct err *err);

void scm_endpoint_dispose(struct scm_endpoint *e);
AUTO_DEFINE_REF(scm_endpoint, struct scm_endpoint, scm_endpoint_dispose);

#endif
