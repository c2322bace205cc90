/*
 * One look at what a leader has, between the files that take it: follow.c goes about it,
 * follow_scm.c asks SCM. Nobody else includes this.
 */
#ifndef AGENT_FOLLOW_LOOK_H
#define AGENT_FOLLOW_LOOK_H

#include "agent/follow_file.h"
#include "agent/follow_note.h"
#include "agent/job.h"

struct follow_look {
	struct job *job;
	struct follow_note note;
	struct follow_note kept; /* as it is on disk */
	struct follow_file file;
	bool news; /* of the file: it has not been dealt with */
	struct ks_credential offered;
};

void follow_look_dispose(struct follow_look *l);
AUTO_DEFINE_REF(follow_look, struct follow_look, follow_look_dispose);

/* Its content counts, no time stamp: who copies it may set that to anything. */
bool follow_is_news(const struct job *job, const struct follow_note *n, const char *digest);

/* Whether the leader should have another one by now; `v` says why. */
bool follow_is_old(struct renew_verdict *v, const struct job *job);

/* The same, or somebody wants to see. */
bool follow_wants_another(const struct job *job);

/* Whether the newest certificate here is of the key that is offered. */
bool follow_has_newest_key(const struct follow_look *l);

/*
 * Notes that the file as it is was looked at; `settled`: nothing is left to be done about it.
 * `remark`: what is to be said about it, or "".
 */
MUST_USE bool follow_remember(
	struct follow_look *l, bool settled, const char *remark, struct err *err);

#endif
