/*
 * The one gate between what a CA sent and what this host will serve. It takes certificates in any
 * order, with or without root, doubled or with strangers among them, and either gives back leaf
 * and chain, sorted and fit to install, or one line that says what is wrong. No network, no clock.
 */
#ifndef CSR_CHAIN_H
#define CSR_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/ossl.h"
#include "base/strlist.h"
#include "csr/info.h"

#define CSR_CHAIN_MAX 10	   /* certificates in an answer */
#define CSR_DER_MAX (32 * 1024)	   /* bytes of one */
#define CSR_CLOCK_TOLERANCE 86400  /* seconds that a notBefore may lie ahead of us */
#define CSR_LIFETIME_DAYS_MAX 3660 /* of a leaf, when the term is not known */
#define CSR_TERM_SLACK_DAYS 35	   /* that a CA may add to a term (a year became 398 days) */

struct csr_der {
	const void *data;
	size_t len;
};

/* What was asked for. All borrowed. */
struct csr_expect {
	const char *request_pem;
	size_t request_len;
	const struct strlist *names; /* canonical */
	bool allow_extra_names;
	const char *anchors; /* path of a PEM bundle; NULL for the system's anchors */
	int64_t now;
	uint32_t term_days; /* 0 when not known */
};

struct csr_chain {
	struct buf cert;      /* PEM: the leaf */
	struct buf chain;     /* PEM: its issuers, nearest first, without root; may be empty */
	struct buf fullchain; /* both */
	X509 *leaf;
	struct csr_info info; /* of the leaf */
};

void csr_chain_dispose(struct csr_chain *c);
AUTO_DEFINE_REF(csr_chain, struct csr_chain, csr_chain_dispose);

/*
 * Judges `n` certificates, 1 to CSR_CHAIN_MAX, each strict DER of at most CSR_DER_MAX bytes. `out`
 * is zeroed at entry and owned by the caller after success.
 *
 * The leaf is the one certificate whose SubjectPublicKeyInfo equals the request's. It must carry
 * exactly the names asked for (more only with allow_extra_names), be valid now (notBefore up to
 * CSR_CLOCK_TOLERANCE ahead) and for no longer than was ordered, not be a CA nor self-signed, be
 * signed with more than SHA-1, have a key that passes csr_check_key(), digitalSignature if it has
 * key usages, and serverAuth, clientAuth or anyExtendedKeyUsage if it has extended ones: a
 * certificate for client authentication alone is a legitimate order.
 *
 * Its path must verify (RFC 5280) at security level 2 up to the system's anchors or to those of
 * expect->anchors, which may be intermediates: naming one is a decision of the administrator.
 * X509_V_FLAG_X509_STRICT is not used, since private CAs of many years lack key identifiers.
 *
 * The chain is the verified path without its self-signed end, then cross-certificates that were
 * sent and lead further up, if they outlive the leaf: clients with older anchors need them.
 *
 * ERR_PROTOCOL for anything wrong with the certificates, ERR_CONFIG for unusable anchors, ERR_IO
 * for a damaged request.
 */
MUST_USE bool csr_chain_judge(struct csr_chain *out, const struct csr_der *der, size_t n,
	const struct csr_expect *expect, struct err *err);

#endif
