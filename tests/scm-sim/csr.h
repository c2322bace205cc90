/*
 * Certificate signing requests as the API takes them, and the checks that refuse one. Each check
 * puts its refusal into the reply.
 */
#ifndef SIM_CSR_H
#define SIM_CSR_H

#include "reply.h"

/*
 * Decodes TEXT (PEM with or without its BEGIN and END lines) and verifies its own signature; owned.
 * False: REPLY refuses it.
 */
MUST bool csr_parse(X509_REQ **out, const char *text, struct reply *reply);

/* Whether PROFILE allows the request's key. False: REPLY refuses it. */
MUST bool csr_key_allowed(X509_REQ *request, const cJSON *profile, struct reply *reply);

/* The first common name of the subject; owned, NULL when there is none. */
char *csr_common_name(const X509_REQ *request);

/* The request in DER; owned, freed with OPENSSL_free(). */
unsigned char *csr_der(size_t *length, X509_REQ *request);

#endif
