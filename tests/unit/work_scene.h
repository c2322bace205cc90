/*
 * One operation under test without a network: answers are fed by hand, the calls it asks for and
 * its reply are compared. Failures end the test.
 */
#ifndef WORK_SCENE_H
#define WORK_SCENE_H

#include "scm/work.h"

struct work_scene {
	struct scm_work *work;
	struct scm_call call; /* that it asked for last */
	bool going;
};

/* Of an account of the Admin API, unless another is named. */
void work_begin(struct work_scene *s, const struct wire_request *request);
void work_begin_at(struct work_scene *s, enum wire_api api, const struct wire_request *request);
void work_end(struct work_scene *s);

void work_expect_call(const struct work_scene *s, const char *method, const char *path);

/* The answer to that call; `total` is X-Total-Count. */
void work_feed_answer(struct work_scene *s, const struct scm_answer *a);
void work_feed_total(struct work_scene *s, long status, const char *body, uint64_t total);
void work_feed(struct work_scene *s, long status, const char *body);

/* No whole answer: nothing was sent, or its body was too large. */
void work_feed_failure(struct work_scene *s, bool too_large);

/* The reply, which must be complete, and its order; "" for none. */
const struct wire_reply *work_reply(const struct work_scene *s);
const char *work_order(const struct work_scene *s);

/* A failure that carries nothing else; one of an operation with rows, whose text has `words`. */
void work_expect_failure(const struct work_scene *s, enum err_kind kind);
void work_expect_no_rows(const struct work_scene *s, enum err_kind kind, const char *words);

/* The reply, which must be a table of this size. */
const struct wire_reply *work_expect_rows(
	const struct work_scene *s, uint32_t rows, uint32_t columns);

#endif
