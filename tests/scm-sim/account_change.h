/*
 * What add-login and add-client do to DIR/account.json.
 */
#ifndef SIM_ACCOUNT_CHANGE_H
#define SIM_ACCOUNT_CHANGE_H

#include "err.h"

#include <stdint.h>

/* NULL or 0 leaves a member as it is. */
struct account_change {
	const char *login;
	const char *password;
	const char *serial;
	const char *client; /* instead of a login */
	const char *secret;
	int64_t profile, term;
	const int64_t *organizations;
	size_t organization_count;
};

/* Adds or changes a login or a client in DIR/account.json. The caller holds the lock of DIR. */
MUST bool account_change(const char *dir, const struct account_change *change, struct err *err);

#endif
