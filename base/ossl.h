/*
 * What the rooms share about OpenSSL: cleanup of its types, and its error queue as a struct err.
 * Nothing about keys, requests or certificates.
 */
#ifndef BASE_OSSL_H
#define BASE_OSSL_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/err.h"

AUTO_DEFINE(bio, BIO *, BIO_free_all);
AUTO_DEFINE(pkey, EVP_PKEY *, EVP_PKEY_free);
AUTO_DEFINE(pkey_ctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free);
AUTO_DEFINE(md_ctx, EVP_MD_CTX *, EVP_MD_CTX_free);
AUTO_DEFINE(x509, X509 *, X509_free);
AUTO_DEFINE(x509_req, X509_REQ *, X509_REQ_free);
AUTO_DEFINE(x509_name, X509_NAME *, X509_NAME_free);
AUTO_DEFINE(x509_store, X509_STORE *, X509_STORE_free);
AUTO_DEFINE(x509_store_ctx, X509_STORE_CTX *, X509_STORE_CTX_free);
AUTO_DEFINE(general_names, GENERAL_NAMES *, GENERAL_NAMES_free);

static inline void ossl_x509_stack_free(STACK_OF(X509) * stack)
{
	sk_X509_pop_free(stack, X509_free);
}
typedef STACK_OF(X509) ossl_x509_stack;
AUTO_DEFINE(x509_stack, ossl_x509_stack *, ossl_x509_stack_free);

static inline void ossl_free(void *p)
{
	OPENSSL_free(p);
}
typedef unsigned char ossl_bytes;
AUTO_DEFINE(ossl_bytes, ossl_bytes *, ossl_free);

/*
 * Sets `kind` with the message, followed by the reason of the oldest error in OpenSSL's queue (the
 * root cause), and empties the queue. Returns false.
 */
bool err_crypto(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* For the analyzers, as in err.h. */
#if defined(__clang_analyzer__) || defined(SCM_ANALYZER)
#define err_crypto(...) (err_crypto(__VA_ARGS__) && false)
#endif

#endif
