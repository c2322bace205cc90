/*
 * Both sides of trust in a connection to SCM: our credential, and whom we believe. Knows OpenSSL,
 * not libcurl.
 */
#ifndef SCM_TLS_H
#define SCM_TLS_H

#include <openssl/ssl.h>

#include "base/ossl.h"

struct scm_tls {
	EVP_PKEY *key; /* NULL, with the next two: we show no certificate */
	X509 *certificate;
	STACK_OF(X509) * chain;
	X509_STORE *anchors;
};

void scm_tls_dispose(struct scm_tls *t);

/* Takes references of its own. ERR_KEYSTORE when key and certificate are of no use to TLS. */
MUST_USE bool scm_tls_init(struct scm_tls *t, const struct scm_tls *from, struct err *err);

/* Makes a context present the credential and trust the anchors; ERR_KEYSTORE. */
MUST_USE bool scm_tls_apply(SSL_CTX *context, const struct scm_tls *t, struct err *err);

/* What the first OpenSSL error in a text ("error:0A00045C:...") is about. */
enum scm_tls_fault {
	SCM_TLS_OTHER,
	SCM_TLS_REFUSED, /* an alert by which the server refuses our certificate (RFC 8446, 6.2) */
	SCM_TLS_KEY,	 /* our key failed to sign: a token's error */
};
enum scm_tls_fault scm_tls_fault(const char *text);

#endif
