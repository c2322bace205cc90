/*
 * Whether bytes are DER (X.690 clause 10) and nothing but one value: OpenSSL also reads BER, and
 * what reads differently here and there is a way past a check. Inside csr/ only.
 */
#ifndef CSR_DER_H
#define CSR_DER_H

#include <stddef.h>

/*
 * NULL, or what is wrong (static text). Looks at tags and lengths at every level and at the values
 * of the simple types; what is inside an OCTET STRING is left to who decodes it.
 */
const char *csr_der_check(const void *data, size_t len);

#endif
