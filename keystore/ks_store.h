/*
 * Key stores that servers read: an entry of ours, key and chain under an alias, put into a PKCS
 * #12, JKS or JCEKS file, new or old. Bytes come in and bytes come out: files, their owners and
 * when to write them are the caller's affair, and so is whether the certificate is any good.
 *
 * Of an old file only the entry with our alias changes; what others keep in it stays as it is,
 * sealed with their own passwords, which are not needed. What comes out has been read back.
 */
#ifndef KEYSTORE_KS_STORE_H
#define KEYSTORE_KS_STORE_H

#include <time.h>

#include "base/buf.h"
#include "keystore/ks_credential.h"

#define KS_STORE_MAX (1024 * 1024) /* bytes of a file; a limit for buffers that hold one */
#define KS_ALIAS_MAX 255	   /* bytes of an alias */
#define KS_STORE_PASSWORD_MIN 6	   /* characters that keytool wants in a new JKS or JCEKS file */

/* What to put in. All borrowed for the call. */
struct ks_entry_source {
	EVP_PKEY *key;		/* one that may leave its place: a token's does not */
	X509 *cert;		/* of this key */
	STACK_OF(X509) * chain; /* from the issuer of `cert` up; may be NULL */
	const char *alias;	/* UTF-8; Java knows it in lower case, PKCS #12 keeps it as it is */
	const struct secret *store_password;
	const struct secret *key_password; /* NULL: the store's */
	time_t now;			   /* the date of the entry, which keytool shows */
	bool legacy; /* PKCS #12: 3DES and SHA-1, which old Windows and old Java need */
};

/*
 * What a file really is: Java reads PKCS #12 under the name of JKS, and JKS under the name of
 * JCEKS. `wanted` for a file that is not there yet (len 0), or that is none of the three.
 */
enum ks_credential_type ks_store_type(enum ks_credential_type wanted, const void *old, size_t len);

/*
 * Appends the whole file to *out, of the type that ks_store_type() says. An entry with our alias is
 * replaced, else one is added; aliases are compared without regard to case. `old_len` 0: a new
 * file. out->max is the caller's limit.
 *
 * ERR_KEYSTORE: wrong password; damage; more work asked for than KS_PKCS12_ITERATIONS_MAX, before
 * it is done; the alias belongs to something else than a private key; a key that can't be exported;
 * an alias or a password that Java can't read. ERR_INTERNAL for other types.
 */
MUST_USE bool ks_store_update(struct buf *out, enum ks_credential_type type, const void *old,
	size_t old_len, const struct ks_entry_source *e, struct err *err);

/*
 * The same with a key and a certificate that are made up, and in `e` are not asked for: whether an
 * entry can be put in before there is one. What comes out is for no file.
 */
MUST_USE bool ks_store_rehearse(struct buf *out, enum ks_credential_type type, const void *old,
	size_t old_len, const struct ks_entry_source *e, struct err *err);

#endif
