/*
 * The command line.
 */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "switches.h"

#include <stdint.h>

struct options {
	bool help, version;
	const char *dir;
	/* serve */
	uint16_t port;
	const char *port_file;
	const char *tls_certificate; /* a kind that tls_identity.h knows */
	const char *tls_priority;    /* in GnuTLS's syntax */
	struct switches *switches;   /* owned */
	/* add-login */
	const char *login;
	const char *password_file;
	const char *client_cert; /* where to write it */
	const char *client_csr;	 /* whose key it is for; NULL: a fresh one */
	const char *client_key;	 /* type of the fresh key */
	const char *store_password_file;
	int64_t client_validity; /* seconds */
	/* add-client */
	const char *client;
	const char *secret_file;
	int64_t profile, term; /* of a REST account; 0: an API key */
	/* both */
	int64_t *organizations; /* owned */
	size_t organization_count;
};

/* Reads the arguments; what they point to must live as long as OPTIONS. */
MUST bool options_parse(struct options *options, int argc, char **argv, struct err *err);

void options_free(struct options *options);

#endif
