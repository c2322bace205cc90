/*
 * Revoking a certificate at SCM. What was decided is evidence (archive/NAME/revoking) before SCM is
 * asked; the same call may be made again, so a crash or a lost answer only makes a later run go on.
 * keyCompromise burns the key on this host before that. A refusal stays in the evidence, and SCM is
 * not asked again before the configuration changes, or `reset`.
 */
#ifndef AGENT_REVOKE_H
#define AGENT_REVOKE_H

#include "agent/job.h"

/* A reason of RFC 5280 that SCM takes, by name or number; its name is borrowed for ever. */
MUST_USE bool revoke_parse_reason(uint32_t *code, const char **name, const char *text);

/*
 * Decides to revoke a generation. ERR_USAGE when there is none of that name, another revocation of
 * this certificate is in work, or SCM knows the generation's order as that of a later certificate;
 * a key that is compromised is burnt even then.
 */
MUST_USE bool revoke_begin(struct job *job, const char *generation, uint32_t code,
	const char *reason, struct err *err);

enum progress revoke_step(struct job *job, struct err *err);
enum progress revoke_on_answer(struct job *job, const struct wire_reply *r, struct err *err);

/* Forgets that SCM refused, so that it is asked again. */
MUST_USE bool revoke_again(
	struct store *store, const char *name, const struct situation *s, struct err *err);

/* Whether a refusal was for a configuration that is no more. */
bool revoke_outlived(const struct job *job);

#endif
