/*
 * From a leaf to a trust anchor: which of the certificates sent are its chain. Inside csr/ only;
 * the rules stand at csr_chain_judge().
 */
#ifndef CSR_PATH_H
#define CSR_PATH_H

#include "csr/chain.h"

struct csr_path {
	X509 *leaf;
	ossl_x509_stack *sent; /* all that came, each once */
	const char *anchors;   /* PEM bundle; NULL for the system's */
	int64_t time;	       /* for which it must verify */
	int purpose;	       /* X509_PURPOSE_* */
};

/*
 * Leaf first, then its issuers up to below the root. ERR_PROTOCOL when no path verifies,
 * ERR_CONFIG when the anchors can't be read. *out is owned: AUTO(x509_stack).
 */
MUST_USE bool csr_path_find(ossl_x509_stack **out, const struct csr_path *path, struct err *err);

#endif
