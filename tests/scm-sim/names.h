/*
 * The names of a certificate: host names, addresses, mail addresses and URIs, told apart by what
 * they look like, since the API sends them bare in one string.
 */
#ifndef SIM_NAMES_H
#define SIM_NAMES_H

#include "mem.h"

#include <openssl/x509v3.h>
#include <stdbool.h>

struct name {
	int type;   /* GEN_DNS, GEN_IPADD, GEN_EMAIL or GEN_URI */
	char *text; /* owned */
	unsigned char address[16];
	int address_length;
};

struct names {
	struct name *list; /* owned */
	size_t count;
};

void names_free(struct names *names);

static inline void names_auto(struct names *names)
{
	names_free(names);
}

/* Adds LENGTH bytes of TEXT, trimmed, unless it is empty or already there (in any case). */
void names_add(struct names *names, const char *text, size_t length);

/* Adds each part of TEXT, which is separated by commas; TEXT may be NULL. */
void names_add_list(struct names *names, const char *text);

/* Removes the name at INDEX. */
void names_remove(struct names *names, size_t index);

/* Whether NAME is a host name, or a wildcard of one, that a certificate may carry. */
bool names_valid_host(const char *name);

/* The subjectAltName value; owned. */
GENERAL_NAMES *names_general(const struct names *names);

#endif
