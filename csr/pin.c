#include "csr/pin.h"

#include <stdio.h>

#include <openssl/evp.h>

#include "base/parse.h"

#define DIGEST_LEN 32

const char *csr_pin(char out[static CSR_PIN_MAX], const char *spki)
{
	unsigned char digest[DIGEST_LEN];

	out[0] = '\0';
	if (parse_hex(digest, sizeof(digest), spki))
		EVP_EncodeBlock((unsigned char *)out, digest, sizeof(digest));
	return out;
}

const char *csr_tlsa(char out[static CSR_TLSA_MAX], const char *spki)
{
	unsigned char digest[DIGEST_LEN];

	out[0] = '\0';
	if (parse_hex(digest, sizeof(digest), spki))
		snprintf(out, CSR_TLSA_MAX, "3 1 1 %.64s", spki);
	return out;
}
