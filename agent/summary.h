/*
 * What `status` and `show` both say about a certificate.
 */
#ifndef AGENT_SUMMARY_H
#define AGENT_SUMMARY_H

#include "agent/job.h"
#include "agent/out.h"

/* A credential that was refused, and is not tried again, when the next step needs it. */
bool summary_refused(const struct job *job, struct err *why);

/* Whether install targets have no file that should: each run writes them again. */
bool summary_missing(struct buf *names, const struct job *job);

/* What stands in the way, in a few words; "" when nothing does. */
void summary_trouble(struct buf *out, const struct job *job);

/* The certificate that is served, or will be. Borrows from the job. */
const struct record *summary_served(const struct situation *s);

/* Of an order in work, as SCM has it; the rest of a row is about the certificate that is served. */
void summary_pending(struct out *o, const struct situation *s, bool shown);

#endif
