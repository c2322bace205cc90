#include "chain.h"

#include "chain_fault.h"

#include <assert.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <string.h>

enum coding { PEM, PKCS7_PEM, PKCS7_DER };

struct chain_format {
	const char *name;
	const char *order; /* as chain_arrange() knows it */
	enum coding coding;
};

/*
 * Which formats hold the root, and in which order they come, differs; PKCS#7 is a set without any
 * order. scm-api.md, section 3.3.
 */
static const struct chain_format formats[] = {
	{ "x509", "root-first", PEM },
	{ "x509CO", "leaf-only", PEM },
	{ "x509IO", "root-first-no-leaf", PEM },
	{ "x509IOR", "no-leaf", PEM },
	{ "x509R", "no-root", PEM },
	{ "pem", "root-first", PEM },
	{ "pemco", "leaf-only", PEM },
	{ "pemia", "no-root", PEM },
	{ "base64", "shuffled", PKCS7_PEM },
	{ "bin", "shuffled", PKCS7_DER },
};

const struct chain_format *chain_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

static bool write_pkcs7(BIO *bio, cert_stack *certs, bool pem)
{
	PKCS7 *pkcs7 = PKCS7_new();
	bool ok = pkcs7 && PKCS7_set_type(pkcs7, NID_pkcs7_signed) &&
		  PKCS7_content_new(pkcs7, NID_pkcs7_data) && PKCS7_set_detached(pkcs7, 1);

	for (int i = 0; ok && i < sk_X509_num(certs); i++)
		ok = PKCS7_add_certificate(pkcs7, sk_X509_value(certs, i));
	ok = ok && (pem ? PEM_write_bio_PKCS7(bio, pkcs7) : i2d_PKCS7_bio(bio, pkcs7));
	PKCS7_free(pkcs7);
	return ok;
}

static bool write_certs(BIO *bio, cert_stack *certs, enum coding coding)
{
	if (coding != PEM)
		return write_pkcs7(bio, certs, coding == PKCS7_PEM);
	for (int i = 0; i < sk_X509_num(certs); i++)
		if (!PEM_write_bio_X509(bio, sk_X509_value(certs, i)))
			return false;
	return true;
}

bool chain_write(char **out, size_t *length, const struct chain_source *source,
	const struct chain_format *format, struct err *err)
{
	const struct fault *other = fault_find(source->faults, FAULT_FORMAT);
	const struct fault *order = fault_find(source->faults, FAULT_CHAIN);
	AUTO(certs) cert_stack *certs = NULL;
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *data;

	if (other)
		format = chain_format(other->value);
	assert(format); /* the values of the fault are all formats */
	if (!chain_arrange(&certs, source, order ? order->value : format->order, err) ||
		!chain_lengthen(certs, source, err))
		return false;
	if (!bio || !write_certs(bio, certs, format->coding))
		return err_crypto(err, "write a chain as %s", format->name);
	*length = (size_t)BIO_get_mem_data(bio, &data);
	*out = mem_copy(data, *length);
	if (format->coding != PKCS7_DER)
		chain_end_lines(out, length, fault_find(source->faults, FAULT_NEWLINE));
	return true;
}
