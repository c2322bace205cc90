/*
 * The identities the simulator owns: the TLS server, the issuing CAs (one of RSA, one of EC, each
 * with a root above it), the CA of client certificates, and some that only faults use. Each is a
 * key and a certificate in DIR/ca/NAME.pem, made when first wanted and kept from then on.
 */
#ifndef SIM_CA_H
#define SIM_CA_H

#include "cert.h"

enum ca_name {
	CA_TLS_ROOT,
	CA_SERVER,
	CA_RSA_ROOT,
	CA_RSA_ISSUING,
	CA_EC_ROOT,
	CA_EC_ISSUING,
	CA_CLIENT,
	CA_WEAK_ISSUING,  /* RSA-1024 below the RSA root */
	CA_STRANGER_ROOT, /* in nobody's trust store */
	CA_STRANGER_ISSUING,
	CA_COUNT
};

struct ca;

/*
 * Opens the identities of DIR, making what is missing, and writes the files a client trusts:
 * DIR/ca.pem with every root, tls-ca.pem with the server's, leaf-ca.pem with the issued
 * certificates', client-ca.pem with that of the logins' certificates. The caller holds the lock of
 * DIR.
 */
MUST bool ca_open(struct ca **out, const char *dir, struct err *err);

void ca_free(struct ca *ca);

/* The identity NAME as an issuer; borrowed until ca_free(). Makes it when it is a fault's. */
MUST bool ca_issuer(struct cert_issuer *out, struct ca *ca, enum ca_name name, struct err *err);

/* The certificates above NAME, itself first and the root last; owned. */
MUST bool ca_chain(cert_stack **out, struct ca *ca, enum ca_name name, struct err *err);

#endif
