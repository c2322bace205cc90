/*
 * A TLS client credential: private key, certificate and the rest of its chain, out of a PEM blob, a
 * PKCS #12 blob, a Java key store or a PKCS#11 token. Files are read by the caller; servers' keys
 * have nothing to do with this.
 *
 * Failures are ERR_KEYSTORE, and say which of wrong password, missing key, missing certificate, two
 * keys or damage it is. Nobody is ever asked for a password.
 */
#ifndef KEYSTORE_KS_CREDENTIAL_H
#define KEYSTORE_KS_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ossl.h"
#include "keystore/ks.h"

/*
 * PKCS #12 files that ask for more rounds are refused before the first one: this is seconds of
 * work, and real files ask for some thousands.
 */
#define KS_PKCS12_ITERATIONS_MAX 5000000

/* JKS and JCEKS are told apart by the file itself; one of them may be PKCS #12 after all. */
enum ks_credential_type { KS_PEM, KS_PKCS12, KS_PKCS11, KS_JKS, KS_JCEKS };

/* What to load. All borrowed for the call. */
struct ks_credential_source {
	enum ks_credential_type type;
	const void
		*data; /* the blob; KS_PKCS11: certificates in PEM, or empty: those of the token */
	size_t len;
	const struct secret *password;	   /* of the store, or the PIN; NULL: none */
	const struct secret *key_password; /* of the key in it; NULL: the store's */
	const char *alias;     /* friendlyName, or CKA_LABEL; NULL or "": the only key there is */
	const char *module;    /* KS_PKCS11: as in struct ks_token */
	const char *init_args; /* KS_PKCS11: likewise */
	const char *uri;       /* KS_PKCS11: the token, and object= or id= for the key */
	int64_t timeout_ms;    /* KS_PKCS11: as in struct ks_token */
	bool *pin_refused;     /* KS_PKCS11: as in ks_open_token(); NULL: not asked for */
	bool bare;	       /* a key without any certificate is fine, too */
};

/*
 * Owned as a whole: ks_credential_dispose(). The key fits the certificate, which is NULL for a bare
 * key alone. `ks` holds the token open, NULL for blobs. `chain` is what came with the certificate,
 * without it, in no order that one may rely on; never NULL.
 */
struct ks_credential {
	struct ks *ks;
	EVP_PKEY *key;
	X509 *cert;
	STACK_OF(X509) * chain;
};

MUST_USE bool ks_credential_load(
	struct ks_credential *out, const struct ks_credential_source *src, struct err *err);

/* Safe on one that is all zero, and twice. */
void ks_credential_dispose(struct ks_credential *c);
AUTO_DEFINE_REF(ks_credential, struct ks_credential, ks_credential_dispose);

#endif
