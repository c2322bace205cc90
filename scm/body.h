/*
 * The body of a collect answer: certificates in whatever wrapping they came.
 *
 * SCM's documents disagree about formats and order, so the content alone decides: PEM with any text
 * between, PKCS#7 as PEM or DER, a single DER certificate (scm-api.md, 3.3). Certificates are taken
 * out, nothing is verified and no signature is looked at; which is the leaf, and whether it is
 * right, is the agent's to judge.
 */
#ifndef SCM_BODY_H
#define SCM_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "scm/wire.h"

struct scm_chain {
	size_t n;
	struct {
		unsigned char *der;
		size_t len;
	} cert[WIRE_CHAIN_MAX];
};

void scm_chain_dispose(struct scm_chain *c);
AUTO_DEFINE_REF(scm_chain, struct scm_chain, scm_chain_dispose);

/* Nothing but blanks: SCM's way to say "not yet" with a 200. */
bool scm_body_blank(const char *body, size_t len);

/*
 * The certificates in the order they came. ERR_PROTOCOL when there is none, more than
 * WIRE_CHAIN_MAX, one above WIRE_DER_MAX bytes, a PEM block cut short or of another kind, or
 * anything that does not parse. Owned: scm_chain_dispose().
 */
MUST_USE bool scm_body_chain(struct scm_chain *out, const char *body, size_t len, struct err *err);

#endif
