/*
 * Domain names in the one form that certificates carry: A-labels, lower case, no trailing dot.
 * Inside csr/ only; csr/name.h is for others.
 */
#ifndef CSR_DNS_H
#define CSR_DNS_H

#include "base/buf.h"

/*
 * Appends the canonical form of a domain name in UTF-8. NULL when it is one, else what is wrong
 * with it (static text); then `out` may hold a part of it.
 */
const char *csr_dns_add(struct buf *out, const char *text);

/* The same; "*" may stand as the whole first label (RFC 6125 6.4.3). */
const char *csr_dns_add_pattern(struct buf *out, const char *text);

#endif
