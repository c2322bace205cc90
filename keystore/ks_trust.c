#include "keystore/ks_trust.h"

#include <limits.h>

#include <openssl/err.h>

#include "keystore/jks.h"
#include "keystore/p12.h"

static int no_password(char *out, int size, int for_writing, void *data)
{
	(void)out;
	(void)size;
	(void)for_writing;
	(void)data;
	return -1;
}

static bool push(STACK_OF(X509) * certs, X509 *cert, struct err *err)
{
	if (sk_X509_push(certs, cert))
		return true;
	X509_free(cert);
	return err_memory(err);
}

static bool add_pem(STACK_OF(X509) * certs, const void *data, size_t len, struct err *err)
{
	AUTO(bio) BIO *in = len > INT_MAX ? NULL : BIO_new_mem_buf(data ? data : "", (int)len);
	X509 *cert;

	if (!in)
		return err_memory(err);
	while ((cert = PEM_read_bio_X509(in, NULL, no_password, NULL)))
		if (!push(certs, cert, err))
			return false;
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return err_crypto(
			err, ERR_KEYSTORE, "certificate %d is damaged", sk_X509_num(certs) + 1);
	ERR_clear_error();
	return true;
}

static bool add_jks(STACK_OF(X509) * certs, const struct ks_credential_source *src, struct err *err)
{
	AUTO(jks) struct jks j = { 0 };

	if (!jks_parse(&j, src->data, src->len, src->password, err))
		return false;
	for (size_t i = 0; i < j.n; i++)
		if (j.entry[i].kind == JKS_CERTIFICATE &&
			!jks_certificates(certs, &j, &j.entry[i], err))
			return false;
	return true;
}

static bool load(STACK_OF(X509) * *certs, const struct ks_credential_source *src, struct err *err)
{
	bool java = src->type == KS_JKS || src->type == KS_JCEKS;

	if (src->type == KS_PKCS12 || (java && jks_is_pkcs12(src->data, src->len)))
		return p12_anchors(certs, src, err);
	*certs = sk_X509_new_null();
	if (!*certs)
		return err_memory(err);
	if (java)
		return add_jks(*certs, src, err);
	if (src->type == KS_PEM)
		return add_pem(*certs, src->data, src->len, err);
	return err_set(err, ERR_INTERNAL, "no such type of trust store");
}

static bool write(struct buf *out, STACK_OF(X509) * certs, struct err *err)
{
	AUTO(bio) BIO *pem = BIO_new(BIO_s_mem());
	char *text;
	long len;

	for (int i = 0; i < sk_X509_num(certs); i++)
		if (!pem || !PEM_write_bio_X509(pem, sk_X509_value(certs, i)))
			return err_memory(err);
	len = BIO_get_mem_data(pem, &text);
	buf_add(out, text, (size_t)len);
	return buf_check(out, "trust store", err);
}

bool ks_trust_load(struct buf *out, enum ks_credential_type type, const void *data, size_t len,
	const struct secret *password, struct err *err)
{
	const struct ks_credential_source src = {
		.type = type, .data = data, .len = len, .password = password
	};
	AUTO(x509_stack) STACK_OF(X509) *certs = NULL;

	ERR_clear_error();
	if (!load(&certs, &src, err))
		return false;
	if (!sk_X509_num(certs))
		return err_set(err, ERR_KEYSTORE, "holds no trusted certificate");
	return write(out, certs, err);
}
