/*
 * A key, tried as another user: this program once more, by fork and exec, as that user and with
 * nothing else (base/user.h), which opens the key, signs, and answers. For what an agent that is
 * root can't see: whether the workers of a server, which use the key as a user of their own, can.
 *
 * The other end is signer_work.h. Both are the same program, so what they say to each other are
 * plain records, over a socket pair that the child inherits: module, URI and PIN are in no argument
 * and no environment. What the child says is believed no further than that: it runs with the rights
 * of a server.
 */
#ifndef AGENT_SIGNER_H
#define AGENT_SIGNER_H

#include <limits.h>
#include <stdint.h>

#include "base/strlist.h"
#include "base/user.h"
#include "csr/key.h"
#include "keystore/ks.h"
#include "keystore/ks_scheme.h"

#define SIGNER_ARGUMENT "--signer" /* its only argument; known to main() alone */
#define SIGNER_FD 3
#define SIGNER_TEXT_MAX 4096

/* What the child is told; the PIN follows, pin_len bytes. Texts end with a NUL; "" is none. */
struct signer_job {
	struct user user;
	char module[SIGNER_TEXT_MAX]; /* "": the key is a file */
	char init_args[SIGNER_TEXT_MAX];
	char uri[SIGNER_TEXT_MAX];
	struct ks_id id;
	char dir[SIGNER_TEXT_MAX]; /* absolute: where the key's file is */
	char file[NAME_MAX + 1];
	int64_t timeout_ms; /* for all of it; then the child is killed */
	uint32_t has_pin;
	uint32_t pin_len;
};

/* What it answers. */
struct signer_reply {
	struct err err; /* ERR_NONE, or why nothing could be tried */
	uint32_t pin_refused;
	char spki[CSR_SHA256_HEX]; /* of the key that it found */
	uint32_t n;
	struct {
		char scheme[32];
		struct err why;
	} trial[KS_SCHEMES_MAX];
};

/*
 * Starts the child, with `env` ("NAME=value") as its whole environment, and waits for its answer.
 * `pin` may be NULL; it must be one that the token took from us in this run: each try counts. The
 * reply is checked: texts end, kinds and numbers are in their ranges. ERR_INTERNAL when the child
 * could not be started, died, or was too slow and has been killed.
 */
MUST_USE bool signer_run(struct signer_reply *out, struct signer_job *job, const struct secret *pin,
	const struct strlist *env, struct err *err);

#endif
