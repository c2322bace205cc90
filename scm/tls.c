#include "scm/tls.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#define SECURITY_LEVEL 2 /* 112 bits; SSL_CTX_set_security_level(3) */

void scm_tls_dispose(struct scm_tls *t)
{
	EVP_PKEY_free(t->key);
	X509_free(t->certificate);
	ossl_x509_stack_free(t->chain);
	X509_STORE_free(t->anchors);
	*t = (struct scm_tls) { 0 };
}

bool scm_tls_apply(SSL_CTX *context, const struct scm_tls *t, struct err *err)
{
	ERR_clear_error();
	SSL_CTX_set_security_level(context, SECURITY_LEVEL);
	if (!SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION))
		return err_crypto(err, ERR_INTERNAL, "TLS 1.2 or later");
	if (t->key && SSL_CTX_use_cert_and_key(context, t->certificate, t->key, t->chain, 1) != 1)
		return err_crypto(err, ERR_KEYSTORE, "use the client certificate for TLS");
	SSL_CTX_set1_cert_store(context, t->anchors);
	return true;
}

bool scm_tls_init(struct scm_tls *t, const struct scm_tls *from, struct err *err)
{
	SSL_CTX *trial = SSL_CTX_new(TLS_client_method());
	bool ok = trial ? scm_tls_apply(trial, from, err) : err_memory(err);

	SSL_CTX_free(trial);
	if (!ok)
		return false;
	if (from->key) {
		EVP_PKEY_up_ref(from->key);
		X509_up_ref(from->certificate);
	}
	X509_STORE_up_ref(from->anchors);
	*t = *from;
	t->chain = from->chain ? X509_chain_up_ref(from->chain) : NULL;
	if (from->chain && !t->chain) {
		scm_tls_dispose(t);
		return err_memory(err);
	}
	return true;
}

static bool refuses_certificate(int alert)
{
	switch (alert) {
	case SSL3_AD_NO_CERTIFICATE:
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
	case SSL_AD_CERTIFICATE_REVOKED:
	case SSL_AD_CERTIFICATE_EXPIRED:
	case SSL_AD_CERTIFICATE_UNKNOWN:
	case SSL_AD_UNKNOWN_CA:
	case SSL_AD_ACCESS_DENIED:
	case SSL_AD_CERTIFICATE_REQUIRED:
		return true;
	default:
		return false;
	}
}

enum scm_tls_fault scm_tls_fault(const char *text)
{
	const char *at = strstr(text, "error:");
	unsigned long code = at ? strtoul(at + strlen("error:"), NULL, 16) : 0;

	/* dynamic libraries of OpenSSL's error queue: here, an engine and the module behind it */
	if (ERR_GET_LIB(code) >= ERR_LIB_USER)
		return SCM_TLS_KEY;
	/* an alert that was received is the reason 1000 + its number */
	if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
		refuses_certificate(ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET))
		return SCM_TLS_REFUSED;
	return SCM_TLS_OTHER;
}
