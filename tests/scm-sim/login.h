/*
 * The command add-login: a login in the account, with its password, its client certificate or both.
 */
#ifndef SIM_LOGIN_H
#define SIM_LOGIN_H

#include "options.h"

MUST bool login_add(const struct options *options, struct err *err);

#endif
