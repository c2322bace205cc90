/*
 * LDAP's way to TLS: the extended request with the OID of StartTLS, and the one answer to it (RFC
 * 4511, sections 4.12 and 4.14). Internal to starttls.c. Just as much BER as this answer needs.
 */
#ifndef DEPLOY_HOOKS_STARTTLS_LDAP_H
#define DEPLOY_HOOKS_STARTTLS_LDAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define STARTTLS_LDAP_REQUEST_LEN 31

/* Message 1. */
extern const unsigned char starttls_ldap_request[STARTTLS_LDAP_REQUEST_LEN];

/*
 * Judges the bytes so far: *used becomes the length of an answer that agrees, and stays as it is
 * while the answer isn't whole. ERR_PROTOCOL when it can't become one, or says no.
 */
MUST_USE bool starttls_ldap_answer(size_t *used, const void *data, size_t len, struct err *err);

#endif
