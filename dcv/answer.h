/*
 * A DNS answer (RFC 1035, section 4): is the record in it that a challenge asks for?
 *
 * Pure. The message comes from the network and may be anything.
 */
#ifndef DCV_ANSWER_H
#define DCV_ANSWER_H

#include <stddef.h>

#include "dcv/challenge.h"

/*
 * For CNAME: whether c->host has it and leads to c->point, without case. For TXT: whether one of
 * the records, whose strings are joined, is c->point byte for byte; where a resolver was led by
 * CNAMEs does not matter. ERR_UNAVAILABLE when the message is broken.
 */
MUST_USE bool dcv_answer_has(bool *found, const unsigned char *message, size_t len,
	const struct dcv_challenge *c, struct err *err);

#endif
