/*
 * What an install target holds: the bytes of one file, made from a generation. Where files are and
 * when they change is targets.h's.
 *
 * To add a format: enum conf_format and the tables of conf_install.c, and a row in target.c.
 */
#ifndef AGENT_TARGET_H
#define AGENT_TARGET_H

#include "agent/job.h"
#include "base/ossl.h"

/* A generation, read once for all its targets. Owned as a whole: target_source_dispose(). */
struct target_source {
	struct buf cert; /* PEM */
	struct buf chain;
	struct buf fullchain;
	struct buf key; /* empty: in a token */
	EVP_PKEY *pkey; /* the last three are NULL until a format needs them */
	X509 *leaf;
	STACK_OF(X509) * issuers;
};

void target_source_dispose(struct target_source *s);
AUTO_DEFINE_REF(target_source, struct target_source, target_source_dispose);

MUST_USE bool target_source_load(struct target_source *out, struct run *run,
	const struct conf_cert *cert, const char *generation, struct err *err);

/*
 * Appends the whole file to *out. `old` is what is there now, empty for nothing: other entries of a
 * store stay as they are. ERR_KEYSTORE: a wrong password,
 * or a store that can't be read; ERR_CONFIG: a password file that is missing or unsafe.
 */
MUST_USE bool target_render(struct buf *out, const struct conf_target *t, struct target_source *src,
	const struct buf *old, struct err *err);

/*
 * The same of a key store, with a key and a certificate that are made up: before there is a
 * generation, whether one can be put in. What comes out is for no file.
 */
MUST_USE bool target_rehearse(
	struct buf *out, const struct conf_target *t, const struct buf *old, struct err *err);

/* Puts the certificate beside its key in the token, where somebody may have removed it. */
MUST_USE bool target_store_in_token(
	struct run *run, const struct conf_cert *cert, const char *generation, struct err *err);

#endif
