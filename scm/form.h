/*
 * What a host says about an order, checked against SCM's limits and written as a JSON object: what
 * the requests of both APIs have in common. Pure.
 *
 * An object grows in an empty buffer, member by member; the first opens it, form_end() closes it.
 * Texts come from the configuration: ERR_CONFIG names the key whose value breaks a limit of
 * scm-api.md, 3.2, so that an order which SCM would refuse for its form never leaves the host.
 */
#ifndef SCM_FORM_H
#define SCM_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scm/request.h"

/* Request, names, comments, requesters, custom fields and way of validation. */
MUST_USE bool form_check(const struct wire_submit *s, struct err *err);

/* `min` to `max` characters (SCM does not count bytes) of UTF-8; `name` is for the message. */
MUST_USE bool form_check_text(
	const char *name, const char *value, size_t min, size_t max, struct err *err);

void form_number(struct buf *out, const char *name, uint64_t value);
void form_text(struct buf *out, const char *name, const char *value);
void form_given(struct buf *out, const char *name, const char *value); /* unless it is "" */

/* "csr" in the one shape that SCM has seen of every client: no line end after the last line. */
void form_csr(struct buf *out, const struct wire_submit *s);

/* The names as an array of texts; left out when there are none. */
void form_names(struct buf *out, const char *name, const struct wire_submit *s);

/* "customFields": [{"name","value"},...] for the Admin API, {name: value,...} for the other. */
void form_fields_list(struct buf *out, const struct wire_submit *s);
void form_fields_object(struct buf *out, const struct wire_submit *s);

/* "dcvMode" and "dcvEmail", if given. */
void form_validation(struct buf *out, const struct wire_submit *s);

/* Closes the body of a POST (or whatever out->method is already). ERR_INTERNAL when too large. */
MUST_USE bool form_end(struct scm_call *out, struct err *err);

#endif
