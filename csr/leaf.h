/*
 * What must be true of the leaf itself, whoever signed it. Inside csr/ only; the rules stand at
 * csr_chain_judge().
 */
#ifndef CSR_LEAF_H
#define CSR_LEAF_H

#include "csr/chain.h"

/* `info` is the leaf's. ERR_PROTOCOL. */
MUST_USE bool csr_leaf_check(
	X509 *leaf, const struct csr_info *info, const struct csr_expect *expect, struct err *err);

/* The X509_PURPOSE_* for which its path has to verify. */
int csr_leaf_purpose(X509 *leaf);

#endif
