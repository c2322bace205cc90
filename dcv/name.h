/*
 * DNS names as domain control validation compares them: without case, whole labels only, and one
 * dot at the end says nothing. And which of an account's domains is the one for a name.
 *
 * Pure. Names are ASCII (A-labels, RFC 5890); nothing is converted, and no list of public suffixes
 * is known here.
 */
#ifndef DCV_NAME_H
#define DCV_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strlist.h"

/*
 * Labels of letters, digits, '_' and inner '-', 1 to 63 bytes each, 253 in all (RFC 1035, section
 * 2.3.4; RFC 8552 for the underscore). One dot at the end is fine, a wildcard is not.
 */
bool dcv_name_valid(const char *name);

/* Bytes without the dot at the end. */
size_t dcv_name_length(const char *name);

bool dcv_name_equal(const char *a, const char *b);

/* Whether `name` has all labels of `domain` and more in front; badexample.com is not below. */
bool dcv_name_below(const char *name, const char *domain);

/* The domain without its wildcard: example.com for *.example.com. Borrowed from `domain`. */
const char *dcv_domain_base(const char *domain);

/*
 * Which registered domain covers a DNS name or wildcard; NULL for none. Borrowed from the list.
 *
 * example.com covers itself and all below it, *.example.com among them; *.example.com covers what
 * is below example.com, not example.com itself. The longest wins, and of *.example.com and
 * example.com, which SCM keeps apart, the first for what both cover. Entries that are no domains
 * cover nothing.
 */
const char *dcv_domain_of(const struct strlist *domains, const char *name);

#endif
