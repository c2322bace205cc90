/*
 * The account record made into a client: key store opened, anchors read, connections ready. This is
 * where the rooms keystore/ and scm/ meet.
 */
#ifndef FETCH_ACCOUNT_H
#define FETCH_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "keystore/ks_credential.h"
#include "scm/client.h"

#define ACCOUNT_SERIAL_MAX 64

struct account {
	struct ks_credential credential;
	struct scm_client *client;
	int64_t not_after;		 /* end of the client certificate */
	char serial[ACCOUNT_SERIAL_MAX]; /* its number in upper-case hex, "" without one */
};

/*
 * Also seals the sandbox: before anything is parsed, but after a token's login. The record may be
 * wiped afterwards. *pin_refused is set on every return. ERR_KEYSTORE, ERR_CONFIG, ERR_INTERNAL.
 * Owned: account_close().
 */
MUST_USE bool account_open(
	struct account *out, bool *pin_refused, const struct wire_account *w, struct err *err);
void account_close(struct account *a);

#endif
