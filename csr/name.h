/*
 * Subject alternative names as text, in one canonical form per name, so that two names are the
 * same exactly when their texts are:
 *
 *	dns:www.example.com    ip:192.0.2.1    email:a@example.com    uri:https://example.com/x
 *
 * What an administrator writes is brought into that form here. Nothing about certificates, and
 * no opinion on whether a CA would issue for a name.
 */
#ifndef CSR_NAME_H
#define CSR_NAME_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/strlist.h"

#define CSR_NAMES_MAX 500 /* names of one certificate */
#define CSR_URI_MAX 1024

/*
 * One configured name: a DNS name or address as it is, or anything behind dns: ip: email: uri:.
 *
 *	dns    internationalized labels become A-labels (IDNA2008 with the non-transitional UTS 46
 *	       mapping); lower case; one trailing dot dropped; letters, digits and inner hyphens,
 *	       63 bytes a label, 253 in all (RFC 1035, RFC 1123); "*" as the whole first label only
 *	ip     an IPv4 or IPv6 address, printed by inet_ntop
 *	email  dot-atom@domain (RFC 5322), the domain as for dns, without wildcard
 *	uri    absolute (RFC 3986), ASCII, scheme and host in lower case, without blanks and commas
 *
 * ERR_CONFIG quotes the value and says what is wrong with it. *out is owned: free().
 */
MUST_USE bool csr_name_parse(char **out, const char *text, struct err *err);

/*
 * The names of one certificate: the common name first ("" or NULL for none), then each of `san` in
 * the order given, each once. `out` is empty at entry. ERR_CONFIG as above, or more than
 * CSR_NAMES_MAX.
 */
MUST_USE bool csr_names_build(
	struct strlist *out, const char *common_name, const struct strlist *san, struct err *err);

/* Appends the values without their types, comma separated (scm-api: subjAltNames). */
void csr_names_bare(struct buf *out, const struct strlist *names);

/* The value behind the type; borrowed from `name`, which is canonical. */
const char *csr_name_value(const char *name);

/* The same set; order and repetitions do not count. */
bool csr_names_equal(const struct strlist *a, const struct strlist *b);

#endif
