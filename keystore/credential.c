#include <openssl/err.h>

#include "keystore/jks_credential.h"
#include "keystore/ks_credential.h"
#include "keystore/p12.h"
#include "keystore/pem.h"
#include "keystore/token_credential.h"

#define CHAIN_MAX 10

static bool later(const X509 *a, const X509 *b)
{
	return ASN1_TIME_compare(X509_get0_notAfter(a), X509_get0_notAfter(b)) > 0;
}

/* A key that was certified again has several certificates: the one that lasts longest. */
static X509 *find_leaf(STACK_OF(X509) * certs, EVP_PKEY *key)
{
	X509 *leaf = NULL;

	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		if (EVP_PKEY_eq(X509_get0_pubkey(cert), key) == 1 && (!leaf || later(cert, leaf)))
			leaf = cert;
	}
	return leaf;
}

static X509 *find_issuer(STACK_OF(X509) * certs, X509 *of)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		if (cert != of && X509_check_issued(cert, of) == X509_V_OK)
			return cert;
	}
	return NULL;
}

/*
 * Up from the leaf, as far as the certificates go; a store may hold those of other keys too, and a
 * root several times.
 */
static bool add_chain(STACK_OF(X509) * chain, STACK_OF(X509) * certs, X509 *leaf, struct err *err)
{
	X509 *cert = leaf;

	while (sk_X509_num(chain) < CHAIN_MAX && X509_check_issued(cert, cert) != X509_V_OK &&
		(cert = find_issuer(certs, cert))) {
		if (!sk_X509_push(chain, cert))
			return err_memory(err);
		X509_up_ref(cert);
	}
	return true;
}

static bool load(struct ks_credential *c, STACK_OF(X509) * *certs,
	const struct ks_credential_source *src, struct err *err)
{
	const struct secret *password = src->key_password ? src->key_password : src->password;

	switch (src->type) {
	case KS_PEM:
		return pem_parse(&c->key, certs, src->data, src->len, password, err);
	case KS_PKCS12:
		return p12_parse(&c->key, certs, src, err);
	case KS_JKS:
	case KS_JCEKS:
		return jks_credential(&c->key, certs, src, err);
	case KS_PKCS11:
		return token_credential(&c->ks, &c->key, certs, src, err);
	default:
		return err_set(err, ERR_INTERNAL, "no such type of key store");
	}
}

bool ks_credential_load(
	struct ks_credential *out, const struct ks_credential_source *src, struct err *err)
{
	AUTO(ks_credential) struct ks_credential c = { .chain = sk_X509_new_null() };
	AUTO(x509_stack) STACK_OF(X509) *certs = NULL;
	X509 *leaf;

	if (!c.chain)
		return err_memory(err);
	ERR_clear_error();
	if (!load(&c, &certs, src, err))
		return false;
	leaf = find_leaf(certs, c.key);
	ERR_clear_error();
	if (!leaf && (sk_X509_num(certs) || !src->bare))
		return err_set(err, ERR_KEYSTORE,
			sk_X509_num(certs) ? "none of its certificates belongs to its private key"
					   : "holds no certificate beside the private key");
	if (leaf && !add_chain(c.chain, certs, leaf, err))
		return false;
	if (leaf && X509_up_ref(leaf))
		c.cert = leaf;
	*out = c;
	c = (struct ks_credential) { 0 };
	return true;
}

void ks_credential_dispose(struct ks_credential *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->cert);
	ossl_x509_stack_free(c->chain);
	ks_close(c->ks);
	*c = (struct ks_credential) { 0 };
}
