/*
 * What is remembered of a certificate, so that decisions need not decode it again. Plain values,
 * no trust: csr/chain.h judges.
 */
#ifndef CSR_INFO_H
#define CSR_INFO_H

#include <stdint.h>

#include "base/ossl.h"
#include "base/strlist.h"
#include "csr/key.h"

#define CSR_SERIAL_HEX 41 /* 20 octets (RFC 5280 4.1.2.2), with the NUL */
#define CSR_ISSUER_MAX 256

struct csr_info {
	char serial[CSR_SERIAL_HEX];	  /* upper-case hex, whole octets, no leading 00 */
	char fingerprint[CSR_SHA256_HEX]; /* SHA-256 of the DER, lower-case hex */
	char spki[CSR_SHA256_HEX];	  /* as csr_fingerprint_spki() of its request */
	int64_t not_before;
	int64_t not_after;
	struct strlist names;	     /* subjectAltName, canonical (csr/name.h), in its order */
	char issuer[CSR_ISSUER_MAX]; /* RFC 4514 in printable ASCII; cut when longer */
};

void csr_info_dispose(struct csr_info *info);
AUTO_DEFINE_REF(csr_info, struct csr_info, csr_info_dispose);

/*
 * Of a certificate. ERR_PROTOCOL when a date, the serial number or a name is not what RFC 5280
 * allows. `out` is empty at entry and, as ever, untouched on failure.
 */
MUST_USE bool csr_info_read(struct csr_info *out, X509 *cert, struct err *err);

/* Of the first certificate in a PEM text. ERR_IO when there is none: a file of ours is damaged. */
MUST_USE bool csr_info_from_pem(struct csr_info *out, const char *pem, size_t len, struct err *err);

#endif
