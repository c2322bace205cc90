/*
 * The commands add-login and add-client: a login in the account, with its password, its client
 * certificate or both; an OAuth2 client with its secret.
 */
#ifndef SIM_LOGIN_H
#define SIM_LOGIN_H

#include "options.h"

MUST bool login_add(const struct options *options, struct err *err);
MUST bool login_add_client(const struct options *options, struct err *err);

#endif
