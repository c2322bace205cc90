/*
 * The certificates that SCM's own chain must lead to: the administrator's, or the system's bundle.
 * Read once and shared by all connections.
 */
#ifndef SCM_ANCHORS_H
#define SCM_ANCHORS_H

#include <stddef.h>

#include "base/ossl.h"

#define SCM_ANCHORS_MAX 2000

/*
 * All CERTIFICATE blocks of `pem`, or of the file `bundle` when `len` is 0; an intermediate one is
 * an anchor too. ERR_CONFIG when there is none or one is broken. Owned: X509_STORE_free().
 */
MUST_USE bool scm_anchors_load(
	X509_STORE **out, const void *pem, size_t len, const char *bundle, struct err *err);

#endif
