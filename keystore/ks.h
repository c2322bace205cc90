/*
 * Where private keys live: files below a directory, or a PKCS#11 token; one interface for both.
 *
 * A store is opened once a run. It makes keys, finds them again after a crash and hands them out as
 * EVP_PKEY, which stay usable until the store is closed: free them first. Nothing is decided here
 * about names, lifetimes or which key is due; certificates are only stored, never judged.
 *
 * Failures are ERR_KEYSTORE with the remedy in the text, ERR_IO when the local disk fails,
 * ERR_INTERNAL when memory is short. No function ever asks a person for a password. No key may sign
 * in a forked child: some modules do not survive it.
 */
#ifndef KEYSTORE_KS_H
#define KEYSTORE_KS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/ossl.h"
#include "keystore/id.h"
#include "keystore/type.h"

struct ks;
struct secret;

#define KS_LABEL_MAX 128    /* bytes of a label found in a token, with the NUL */
#define KS_ENTRIES_MAX 4096 /* key pairs of one token */

/*
 * Which key: for files a name in an open directory, for a token the CKA_ID, and a label that is for
 * people only. All borrowed for the call.
 */
struct ks_ref {
	int dir;
	const char *file;
	struct ks_id id;
	const char *label;
};

/* A PKCS#11 token. All borrowed for the call. */
struct ks_token {
	const char *module; /* a name that p11-kit knows, or the absolute path of a trusted file */
	const char *init_args; /* for C_Initialize, as its vendor says; NULL: none, or p11-kit's */
	const char *uri;       /* RFC 7512: token=, serial=, manufacturer=, model=, slot-... */
	const struct secret *pin; /* NULL: none, for tokens that need no login */
	int64_t timeout_ms;	  /* for each call into the module; 0: none */
};

/* Keys in files: PKCS#8 PEM, unencrypted, mode 0600. */
MUST_USE bool ks_open_files(struct ks **out, struct err *err);

/*
 * Loads the module, finds the one token that the URI describes and logs in, once. *pin_refused is
 * set on every return: true when the token would not take this PIN. Then the caller must not try it
 * again in this or a later run before the PIN or the configuration has changed: tokens lock. False
 * when the PIN is locked: that may pass, and the next attempt is not counted before it has.
 */
MUST_USE bool ks_open_token(
	struct ks **out, bool *pin_refused, const struct ks_token *token, struct err *err);

/*
 * A module did not return from a call in time. Its tokens have failed since; a thread is left in
 * it, and may hold what the end of a program wants: end by _exit().
 */
bool ks_stuck(void);

/*
 * Whether a key that wants the PIN again at each use would not take it; from then on such a key
 * fails without another attempt. As for ks_open_token()'s, also in later runs.
 */
bool ks_pin_refused(const struct ks *ks);

/* Logs out and unloads; NULL is fine. Every key that came from it must have been freed. */
void ks_close(struct ks *ks);
AUTO_DEFINE(ks, struct ks *, ks_close);

/*
 * Makes a key pair that is durable (in a token: as far as its module sees to that) and has proved
 * that it can sign when this returns true; a token, that it takes a certificate for it, too. Never
 * replaces a key that is there. After a failure nothing is left behind that ks_find() would find.
 */
MUST_USE bool ks_generate(
	struct ks *ks, const struct ks_ref *ref, enum ks_key_type type, struct err *err);

/*
 * Whether a whole pair is there. What a crash during generation leaves in a token, half a pair, a
 * private key that can't sign or the certificate of a trial, is removed and reported as not found;
 * but not a key that has a certificate with it. Only for a key that nobody was told of yet.
 */
MUST_USE bool ks_find(bool *found, struct ks *ks, const struct ks_ref *ref, struct err *err);

/* Whether a private key is there, whatever else. Changes nothing. */
MUST_USE bool ks_exists(bool *out, struct ks *ks, const struct ks_ref *ref, struct err *err);

/* The private key, for signing. Owned: EVP_PKEY_free() before ks_close(). */
MUST_USE bool ks_load(EVP_PKEY **out, struct ks *ks, const struct ks_ref *ref, struct err *err);

/*
 * Puts the certificate beside its key, under the same id (PKCS#11 4.6.3). The same certificate
 * again is fine, another one replaces it. In files there is nothing to do.
 */
MUST_USE bool ks_store_certificate(
	struct ks *ks, const struct ks_ref *ref, X509 *cert, struct err *err);

/* Removes private key, public key and certificate, and has looked that they are gone. Absent is
 * fine. */
MUST_USE bool ks_delete(struct ks *ks, const struct ks_ref *ref, struct err *err);

/*
 * Appends the URI of the private key (RFC 7512), without PIN or module: as many attributes of the
 * token as make it the only one, id= and type=private. For files nothing is added.
 */
MUST_USE bool ks_uri(struct buf *out, struct ks *ks, const struct ks_ref *ref, struct err *err);

/* ERR_KEYSTORE unless the text is a pkcs11: URI that names a key, by object= or id=, and no PIN. */
MUST_USE bool ks_uri_check(const char *uri, struct err *err);

/*
 * The id of the only private key of a token that a URI describes: a key that somebody else made.
 * ERR_KEYSTORE: none or several fit, it is of another token, or has no id.
 */
MUST_USE bool ks_find_uri(struct ks_id *out, struct ks *ks, const char *uri, struct err *err);

/* A row of ks_list(): all objects of a token that share an id. */
struct ks_entry {
	struct ks_id id;
	char label[KS_LABEL_MAX]; /* of the private key, else of what there is; may be empty */
	int type;		  /* enum ks_key_type, or -1: another kind of key, or unknown */
	bool has_private;
	bool has_public;
	bool has_certificate;
};

/*
 * What a token holds, at most KS_ENTRIES_MAX rows; nothing for files. Owned: free(); NULL when *n
 * is 0.
 */
MUST_USE bool ks_list(struct ks_entry **out, size_t *n, struct ks *ks, struct err *err);

/*
 * Whether a server can use the key: each scheme of ks_scheme.h that it can't do without is tried,
 * RSA with PKCS #1 v1.5 and with PSS, EC with ECDSA. ERR_KEYSTORE unless each works.
 */
MUST_USE bool ks_probe(EVP_PKEY *key, struct err *err);

#endif
