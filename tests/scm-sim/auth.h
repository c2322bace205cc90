/*
 * Who calls: header login, or a client certificate bound to a login, as the prefix of the path
 * asks.
 */
#ifndef SIM_AUTH_H
#define SIM_AUTH_H

#include "account.h"
#include "request.h"

/*
 * The account's record of the caller, borrowed from ACCOUNT; NULL when the credentials are wrong in
 * any way, which the API does not tell apart. BY_CERTIFICATE: the path begins with /private.
 */
const cJSON *auth_login(
	const struct account *account, const struct request *request, bool by_certificate);

#endif
