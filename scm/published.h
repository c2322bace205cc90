/*
 * Whether a file of a domain's validation can be read by HTTP, as the CA will try it: one GET to
 * the domain's own web server, on a connection that has nothing to do with SCM.
 *
 * No credential is known here, and none may be known to the process: it talks to whomever the
 * domain points to. Plain HTTP is fine and so is any certificate, since the CA takes both, and the
 * content alone decides. No redirect is followed, no proxy asked, nothing of the environment
 * counts. It blocks, for at most SCM_PUBLISHED_S seconds.
 */
#ifndef SCM_PUBLISHED_H
#define SCM_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>

#include "scm/wire.h"

#define SCM_PUBLISHED_S 15
#define SCM_PUBLISHED_MAX 4096 /* bytes of the file */

/*
 * Fetches p->url, from p->connect if that is set, and compares. ERR_UNAVAILABLE says what was found
 * instead; ERR_CONFIG when `connect` is no ADDRESS:PORT (IPv6 in brackets), ERR_PROTOCOL when `url`
 * is none of http or https without a user.
 */
MUST_USE bool scm_published(const struct wire_published *p, struct err *err);

/*
 * Whether a file consists of the two lines. Lines may end in CRLF; empty ones at the end do not
 * matter. ERR_UNAVAILABLE quotes what is there.
 */
MUST_USE bool scm_published_lines(
	const char *text, size_t len, const struct wire_published *p, struct err *err);

#endif
