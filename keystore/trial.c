#include "keystore/trial.h"

#include <openssl/err.h>

#define NAME "scm-agent trial"

static bool set_name(X509_NAME *name)
{
	return name && X509_NAME_add_entry_by_txt(
			       name, "CN", MBSTRING_ASC, (const unsigned char *)NAME, -1, -1, 0);
}

static bool fill(X509 *cert, EVP_PKEY *key)
{
	return X509_set_version(cert, X509_VERSION_3) &&
	       ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) &&
	       set_name(X509_get_subject_name(cert)) && set_name(X509_get_issuer_name(cert)) &&
	       ASN1_TIME_set(X509_getm_notBefore(cert), 0) &&
	       ASN1_TIME_set(X509_getm_notAfter(cert), 0) && X509_set_pubkey(cert, key);
}

bool trial_pair(EVP_PKEY **out_key, X509 **out_cert, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = EVP_EC_gen("P-256");
	AUTO(x509) X509 *cert = X509_new();

	ERR_clear_error();
	if (!key || !cert || !fill(cert, key) || !X509_sign(cert, key, EVP_sha256()))
		return err_crypto(err, ERR_KEYSTORE, "make a trial certificate");
	*out_key = TAKE(key);
	*out_cert = TAKE(cert);
	return true;
}

bool trial_certificate(X509 **out, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	return trial_pair(&key, out, err);
}
