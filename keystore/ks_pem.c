#include "keystore/ks_pem.h"

#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/secret.h"
#include "keystore/pbe.h"

#define URI_FORM "PKCS#11 Provider URI v1.0"

static bool take(struct buf *out, BIO *pem, struct err *err)
{
	char *text;
	long len = BIO_get_mem_data(pem, &text);

	buf_add(out, text, (size_t)len);
	return buf_check(out, "PEM", err);
}

static bool write_plain(BIO *pem, EVP_PKEY *key, struct err *err)
{
	AUTO(pkcs8) PKCS8_PRIV_KEY_INFO *info = NULL;

	if (!pbe_export_key(&info, key, err))
		return false;
	return PEM_write_bio_PKCS8_PRIV_KEY_INFO(pem, info) ||
	       err_crypto(err, ERR_KEYSTORE, "write the private key");
}

static bool write_sealed(BIO *pem, EVP_PKEY *key, const struct secret *password, struct err *err)
{
	const struct pbe_how how = { .rounds = KS_PEM_ROUNDS };
	AUTO(x509_sig) X509_SIG *sealed = NULL;

	if (!secret_len(password) || secret_len(password) > KS_PEM_PASSWORD_MAX)
		return err_set(err, ERR_KEYSTORE,
			"the password of the key is empty, or has more than %d bytes",
			KS_PEM_PASSWORD_MAX);
	if (!pbe_encrypt_key(&sealed, key, password, &how, err))
		return false;
	return PEM_write_bio_PKCS8(pem, sealed) ||
	       err_crypto(err, ERR_KEYSTORE, "write the private key");
}

bool ks_pem_key(struct buf *out, EVP_PKEY *key, const struct secret *password, struct err *err)
{
	AUTO(bio) BIO *pem = BIO_new(BIO_s_secmem());

	ERR_clear_error();
	if (!pem)
		return err_memory(err);
	return (password ? write_sealed(pem, key, password, err) : write_plain(pem, key, err)) &&
	       take(out, pem, err);
}

static bool write_certificate(struct buf *out, X509 *cert, struct err *err)
{
	AUTO(bio) BIO *pem = BIO_new(BIO_s_mem());

	ERR_clear_error();
	if (!pem || !PEM_write_bio_X509(pem, cert))
		return err_crypto(err, ERR_KEYSTORE, "write a certificate");
	return take(out, pem, err);
}

bool ks_pem_certificates(struct buf *out, const STACK_OF(X509) * certs, struct err *err)
{
	for (int i = 0; certs && i < sk_X509_num(certs); i++)
		if (!write_certificate(out, sk_X509_value(certs, i), err))
			return false;
	return true;
}

bool ks_pem_combined(struct buf *out, EVP_PKEY *key, const struct secret *password, X509 *cert,
	const STACK_OF(X509) * chain, struct err *err)
{
	return ks_pem_key(out, key, password, err) && write_certificate(out, cert, err) &&
	       ks_pem_certificates(out, chain, err);
}

struct uri_pem {
	ASN1_VISIBLESTRING *form;
	ASN1_UTF8STRING *uri;
};

/* clang-format off */
ASN1_SEQUENCE(uri_pem) = {
	ASN1_SIMPLE(struct uri_pem, form, ASN1_VISIBLESTRING),
	ASN1_SIMPLE(struct uri_pem, uri, ASN1_UTF8STRING),
} static_ASN1_SEQUENCE_END_name(struct uri_pem, uri_pem)
/* clang-format on */

static void uri_pem_free(struct uri_pem *u)
{
	ASN1_item_free((ASN1_VALUE *)u, ASN1_ITEM_rptr(uri_pem));
}
AUTO_DEFINE(uri_pem, struct uri_pem *, uri_pem_free);

bool ks_pem_uri(struct buf *out, const char *uri, struct err *err)
{
	AUTO(uri_pem)
	struct uri_pem *u = (struct uri_pem *)ASN1_item_new(ASN1_ITEM_rptr(uri_pem));
	AUTO(ossl_bytes) unsigned char *der = NULL;
	AUTO(bio) BIO *pem = BIO_new(BIO_s_mem());
	int len;

	if (!u || !pem || !ASN1_STRING_set(u->form, URI_FORM, -1) ||
		!ASN1_STRING_set(u->uri, uri, (int)strcspn(uri, "?")))
		return err_memory(err);
	len = ASN1_item_i2d((ASN1_VALUE *)u, &der, ASN1_ITEM_rptr(uri_pem));
	if (len <= 0 || !PEM_write_bio(pem, "PKCS#11 PROVIDER URI", "", der, len))
		return err_crypto(err, ERR_INTERNAL, "write the URI of the key");
	return take(out, pem, err);
}

bool ks_pem_read_certificates(STACK_OF(X509) * certs, const void *data, size_t len, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new_mem_buf(data, (int)len);
	X509 *cert;

	if (!bio)
		return err_memory(err);
	while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		if (!sk_X509_push(certs, cert)) {
			X509_free(cert);
			return err_memory(err);
		}
	ERR_clear_error();
	return true;
}
