/*
 * What a CA asks to be published before it believes that we control a domain (scm-api: `start` and,
 * for TXT, `submit` below /api/dcv), and whether the answer may be acted on.
 *
 * The answer comes from the network, and acting on it writes a file into a web site or a record
 * into a zone: nothing but the documented form passes. A CNAME or TXT for www, for _dmarc or for
 * another CA's _acme-challenge does not.
 */
#ifndef DCV_CHALLENGE_H
#define DCV_CHALLENGE_H

#include <stdbool.h>

#include "base/err.h"

enum dcv_type { DCV_HTTP, DCV_HTTPS, DCV_CNAME, DCV_TXT, DCV_EMAIL, DCV_TYPE_COUNT };

/* Plain, everything borrowed. What a type does not use is not looked at and may be NULL. */
struct dcv_challenge {
	enum dcv_type type;
	const char *domain; /* that was asked for, never from the answer; may be a wildcard */
	const char *host;   /* CNAME, TXT: owner of the record */
	const char *point;  /* CNAME: target; TXT: the text */
	const char *url;    /* HTTP, HTTPS: where the CA will look */
	const char *first;  /* its two lines */
	const char *second;
};

/* "HTTP", "HTTPS", "CNAME", "TXT", "EMAIL", as SCM and the hook know it. */
const char *dcv_type_name(enum dcv_type type);

/* The same read back, without case; false when it is anything else. */
MUST_USE bool dcv_type_parse(enum dcv_type *out, const char *name);

/*
 * Fails with ERR_PROTOCOL, naming the domain and quoting the value, unless
 *
 *	HTTP, HTTPS  url is http[s]://DOMAIN/.well-known/pki-validation/ and 1 to 64 hexadecimal
 *	             digits and ".txt"; first is 32 to 128 hexadecimal digits, second a DNS name
 *	CNAME        host is '_', 32 to 62 hexadecimal digits and ".DOMAIN", point a DNS name
 *	TXT          host is "_pki-validation.DOMAIN", point 1 to 255 visible characters of ASCII
 *	EMAIL        there is nothing to publish
 *
 * without case, a dot at the end of a name or not; DOMAIN is without its wildcard.
 */
MUST_USE bool dcv_challenge_check(const struct dcv_challenge *c, struct err *err);

/* Name of the file that the url of a checked HTTP or HTTPS challenge ends in; borrowed from it. */
const char *dcv_challenge_file(const struct dcv_challenge *c);

#endif
