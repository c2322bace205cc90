/* Whose key is in a certificate: the one question of scm/ about what is inside of one. Pure. */
#ifndef SCM_SPKI_H
#define SCM_SPKI_H

#include <stdbool.h>

#include "scm/body.h"

/*
 * Whether SHA-256 over the DER of the SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7) of any of
 * the certificates is `spki`, lower-case hex. Any, since nobody has told yet which is the leaf.
 */
bool scm_chain_has_key(const struct scm_chain *chain, const char *spki);

#endif
