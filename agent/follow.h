/*
 * A certificate that another host orders, its leader. This host takes key and chain from the file
 * in which the leader leaves them, or from SCM the newest certificate of that key. It never orders,
 * renews, replaces or revokes, and never makes a key: in the life of such a certificate (job.c)
 * nothing stands that could.
 *
 * The file may be half-written, of another name, or older than what there is: what is live stays,
 * and each run looks again. SCM is asked when the file is not enough, and now and then when it is
 * time to renew and the file has not changed (follow_scm.h).
 */
#ifndef AGENT_FOLLOW_H
#define AGENT_FOLLOW_H

#include "agent/job.h"

/* The verdict of a look: due when there may be something to take. Reads the file, not its content.
 */
void follow_decide(struct job *job);

enum progress follow_step(struct job *job, struct err *err);
enum progress follow_on_answer(struct job *job, const struct wire_reply *r, struct err *err);

/* For what is in work from before the certificate followed: it is left alone. */
enum progress follow_refuse(struct job *job, struct err *err);

/*
 * What the last look had to say, "" for nothing; `text` has ERR_TEXT_MAX bytes. True when that is
 * in the way still.
 */
bool follow_remark(char *text, const struct job *job);

#endif
