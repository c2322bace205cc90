/*
 * A follower's one question to SCM: the newest certificate that was issued for a key. Each run asks
 * it when the file is not enough. When there should be another certificate by now, it is asked at
 * most every six hours, every half hour near the end; of a file that has changed, or by name, at
 * once.
 */
#ifndef AGENT_FOLLOW_SCM_H
#define AGENT_FOLLOW_SCM_H

#include "agent/follow_look.h"
#include "agent/follow_offer.h"

/* Whether there is an account that can be asked, and it is time to. `needed`: the file is no use
 * without. */
bool follow_may_ask(const struct follow_look *l, bool needed);

/* Notes the time, as follow_remember() does, and asks. JOB_ASKING or JOB_FAILED. */
enum progress follow_ask(struct follow_look *l, bool settled, struct err *err);

/*
 * What follows from the answer, or from `why` when there was none. `file`: what the file itself
 * came to, which is the result when SCM has nothing better, or when the question can wait.
 */
enum follow_result follow_weigh_answer(struct follow_look *l, enum follow_result file,
	const struct wire_reply *r, struct err *err);
enum follow_result follow_unanswered(
	struct follow_look *l, enum follow_result file, const struct err *why, struct err *err);

#endif
