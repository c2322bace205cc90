/*
 * A key's digest in the two forms that are published: the pin of RFC 7469 (2.4) and the data of a
 * TLSA record (RFC 6698, RFC 7671 5.1). Both are the SHA-256 of the SubjectPublicKeyInfo.
 */
#ifndef CSR_PIN_H
#define CSR_PIN_H

#include "csr/key.h"

#define CSR_PIN_MAX 45	/* base64 of 32 bytes, with the NUL */
#define CSR_TLSA_MAX 71 /* "3 1 1 " and 64 hex digits, with the NUL */

/*
 * From the digest in hex, as csr_fingerprint_spki() has it. "" for one that is not known (""), and
 * for what is none. Both return `out`.
 */
const char *csr_pin(char out[static CSR_PIN_MAX], const char *spki);
const char *csr_tlsa(char out[static CSR_TLSA_MAX], const char *spki);

#endif
