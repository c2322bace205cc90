/*
 * Private keys in files: one that the administrator hands over, and the agent's own form of it.
 */
#ifndef AGENT_KEY_FILE_H
#define AGENT_KEY_FILE_H

#include "base/ossl.h"
#include "base/secret.h"

/*
 * The only private key of a file: PEM, PKCS #12, JKS or JCEKS, which the file itself tells. Nobody
 * but its owner may read it, nor others put another one in its place. `password` refers to the
 * file's password (base/secret.h); NULL for none. Owned: EVP_PKEY_free(). ERR_CONFIG for a file
 * that is missing or unsafe, ERR_KEYSTORE for what is in it.
 */
MUST_USE bool key_file_load(
	EVP_PKEY **out, const char *path, const char *password, struct err *err);

/* Writes the key as `name` into a directory, as the agent has its keys: PKCS #8, 0600. */
MUST_USE bool key_file_write(EVP_PKEY *key, int dir, const char *name, struct err *err);

#endif
