/*
 * The file of a leader: read whole, known by its digest, opened only when that is new.
 *
 * Who copies it does so at any time and by any means, so it may be half of something. All forms of
 * it notice that: PKCS #12 and Java's stores by their seal, PEM because key and certificate no
 * longer belong together or a block is cut. The gate (csr/chain.h) judges what passes here.
 */
#ifndef AGENT_FOLLOW_FILE_H
#define AGENT_FOLLOW_FILE_H

#include "agent/conf.h"
#include "keystore/ks_credential.h"

struct follow_file {
	struct buf bytes;
	char digest[CSR_SHA256_HEX]; /* SHA-256 of them */
};

/*
 * ERR_CONFIG when it is not there, or others may read or write it, as with any secret
 * (base/secret.h). Owned: follow_file_dispose(), which wipes it.
 */
MUST_USE bool follow_file_read(
	struct follow_file *out, const struct conf_follow *f, struct err *err);
void follow_file_dispose(struct follow_file *f);
AUTO_DEFINE_REF(follow_file, struct follow_file, follow_file_dispose);

/*
 * Key and certificates; a key without any certificate is fine. What it is, is seen by its first
 * bytes: PKCS #12, JKS, JCEKS, or else PEM. ERR_KEYSTORE: damaged, wrong password, no such alias;
 * ERR_CONFIG for the file of a password. Owned: ks_credential_dispose().
 */
MUST_USE bool follow_file_open(struct ks_credential *out, const struct follow_file *file,
	const struct conf_follow *f, struct err *err);

#endif
