/*
 * The client of one SCM account: takes the agent's requests, answers each once, in any order, with
 * a bounded number of calls in flight. Once SCM refused the credential, nothing more is sent with
 * it: what is left fails the same way. It owns nothing but the glue: what is asked and how an
 * answer is judged is work.h's, the network is http.h's.
 */
#ifndef SCM_CLIENT_H
#define SCM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scm/endpoint.h"
#include "scm/wire.h"

#define SCM_PARALLEL_MAX 16 /* SCM asks for few calls at once; each may hold a MiB */
#define SCM_WAITING_MAX 10000

struct scm_client;

typedef void scm_client_answer(void *context, const struct wire_reply *reply);

/*
 * `parallel` is cut to SCM_PARALLEL_MAX. Errors as scm_endpoint_init(). Owned: scm_client_free(),
 * which drops what is in flight.
 */
MUST_USE bool scm_client_new(struct scm_client **out, const struct scm_account *account,
	uint32_t parallel, struct err *err);
void scm_client_free(struct scm_client *c);
AUTO_DEFINE(scm_client, struct scm_client *, scm_client_free);

/* Who gets the answers; the reply is borrowed for the call. */
void scm_client_listen(struct scm_client *c, scm_client_answer *answer, void *context);

/*
 * Queues a copy of a request that is for SCM. ERR_INTERNAL: memory, or more than SCM_WAITING_MAX
 * requests; nothing was sent and no answer will come.
 */
MUST_USE bool scm_client_ask(struct scm_client *c, const struct wire_request *r, struct err *err);

/* Starts what fits, then waits for the network or `fd`, at most `timeout_ms`; see scm_http_wait().
 * With `hold`, nothing new is started.
 */
void scm_client_wait(struct scm_client *c, int fd, bool writing, bool hold, int timeout_ms);

#endif
