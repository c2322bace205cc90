/*
 * What the server shows in the TLS handshake: its certificate, or one that no client may accept.
 */
#ifndef SIM_TLS_IDENTITY_H
#define SIM_TLS_IDENTITY_H

#include "ca.h"

/* Whether there is a certificate of KIND. */
bool tls_identity_known(const char *kind);

/* Key and certificate of KIND in PEM; owned. */
MUST bool tls_identity_make(char **pem, const char *kind, struct ca *ca, struct err *err);

#endif
