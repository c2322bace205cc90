#include "csr/info.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/err.h>

#include "csr/san.h"
#include "csr/subject.h"

AUTO_DEFINE(bignum, BIGNUM *, BN_free);

void csr_info_dispose(struct csr_info *info)
{
	strlist_dispose(&info->names);
	*info = (struct csr_info) { 0 };
}

/* RFC 5280 4.1.2.2: positive, at most 20 octets. */
static bool read_serial(char out[static CSR_SERIAL_HEX], X509 *cert, struct err *err)
{
	AUTO(bignum) BIGNUM *serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	AUTO(ossl_bytes) unsigned char *hex = NULL;

	if (!serial)
		return err_crypto(err, ERR_PROTOCOL, "read the serial number");
	if (BN_is_negative(serial) || BN_is_zero(serial))
		return err_set(err, ERR_PROTOCOL, "certificate's serial number is not positive");
	if (BN_num_bytes(serial) > (CSR_SERIAL_HEX - 1) / 2)
		return err_set(err, ERR_PROTOCOL,
			"certificate's serial number has %d octets, at most 20",
			BN_num_bytes(serial));
	hex = (unsigned char *)BN_bn2hex(serial);
	if (!hex)
		return err_memory(err);
	snprintf(out, CSR_SERIAL_HEX, "%s", (const char *)hex);
	return true;
}

static bool read_time(int64_t *out, const ASN1_TIME *t, const char *what, struct err *err)
{
	struct tm tm;

	if (!ASN1_TIME_check(t) || !ASN1_TIME_to_tm(t, &tm))
		return err_crypto(err, ERR_PROTOCOL, "certificate's %s is no date", what);
	*out = (int64_t)timegm(&tm);
	return true;
}

static bool read_hashes(struct csr_info *info, X509 *cert, struct err *err)
{
	AUTO(buf) struct buf spki = BUF(CSR_SPKI_MAX);
	AUTO(ossl_bytes) unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	if (len <= 0)
		return err_crypto(err, ERR_INTERNAL, "encode the certificate");
	if (!csr_pubkey_spki(&spki, X509_get_X509_PUBKEY(cert), err))
		return false;
	if (!csr_der_fingerprint(info->fingerprint, der, (size_t)len) ||
		!csr_der_fingerprint(info->spki, spki.data, spki.len))
		return err_memory(err);
	return true;
}

bool csr_info_read(struct csr_info *out, X509 *cert, struct err *err)
{
	AUTO(csr_info) struct csr_info info = { 0 };

	ERR_clear_error();
	if (!read_serial(info.serial, cert, err) || !read_hashes(&info, cert, err) ||
		!read_time(&info.not_before, X509_get0_notBefore(cert), "notBefore", err) ||
		!read_time(&info.not_after, X509_get0_notAfter(cert), "notAfter", err) ||
		!csr_san_read(&info.names, cert, err))
		return false;
	csr_subject_print(info.issuer, X509_get_issuer_name(cert));
	*out = info;
	info.names = (struct strlist) { 0 };
	return true;
}

bool csr_info_from_pem(struct csr_info *out, const char *pem, size_t len, struct err *err)
{
	AUTO(bio) BIO *bio = len > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)len);
	AUTO(x509) X509 *cert = NULL;

	ERR_clear_error();
	cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	if (!cert)
		return err_crypto(err, ERR_IO, "damaged file: no PEM certificate in it");
	return csr_info_read(out, cert, err);
}
