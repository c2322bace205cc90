/*
 * Who calls: a bearer token, a header login, or a client certificate bound to a login, as the
 * request's headers and the prefix of its path ask.
 */
#ifndef SIM_AUTH_H
#define SIM_AUTH_H

#include "reply.h"
#include "request.h"
#include "sim.h"

/*
 * The account's record of the caller, borrowed from the account of SIM: a login or a client. NULL
 * when the credentials are wrong in any way; the API does not tell ways apart in the body. NOW in
 * ms. BY_CERTIFICATE: the path begins with /private.
 */
const cJSON *auth_caller(
	const struct sim *sim, const struct request *request, bool by_certificate, int64_t now);

/*
 * The 401 for REQUEST; it names the token endpoint unless the caller tried a login, or is one that
 * may call, but not this.
 */
void auth_refuse(struct reply *reply, const struct request *request, const cJSON *caller);

#endif
