#include "deploy-hooks/leaf.h"

#include <stdio.h>

#include "base/ossl.h"

/* The text that was written to `bio`, as far as it fits. */
static void cut(char *out, size_t size, BIO *bio)
{
	int n = BIO_read(bio, out, (int)size - 1);

	out[n > 0 ? n : 0] = '\0';
	for (char *at = out; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
}

static bool describe(struct leaf *out, X509 *cert)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	struct leaf l;

	if (!bio || i2a_ASN1_INTEGER(bio, X509_get0_serialNumber(cert)) < 0)
		return false;
	cut(l.serial, sizeof(l.serial), bio);
	if (BIO_reset(bio) != 1 ||
		X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253) < 0)
		return false;
	cut(l.subject, sizeof(l.subject), bio);
	*out = l;
	return true;
}

bool leaf_read(struct leaf *out, const void *der, size_t len, struct err *err)
{
	const unsigned char *at = der;
	AUTO(x509) X509 *cert = d2i_X509(NULL, &at, (long)len);

	return (cert && describe(out, cert)) ||
	       err_crypto(err, ERR_PROTOCOL, "read the certificate that the server sent");
}
