/*
 * Java key stores: the container of JKS and JCEKS files, as sun.security.provider.JavaKeyStore and
 * com.sun.crypto.provider.JceKeyStore of the JDK write it. No key is opened here (jks_key.h), and
 * nothing is decided about which entry is wanted.
 *
 * A file is read whole into entries that borrow from it. Before anything of it is believed, its
 * digest, which is keyed by the password, has been checked. `raw` of each entry is what a changed
 * file has to hold unchanged. Private to this room.
 */
#ifndef KEYSTORE_JKS_H
#define KEYSTORE_JKS_H

#include "base/ossl.h"
#include "keystore/jks_in.h"

struct secret;

#define JKS_MAX (1024 * 1024) /* bytes of a file */
#define JKS_ENTRIES_MAX 4096
#define JKS_DIGEST_LEN 20 /* SHA-1 */
#define JKS_MAGIC 0xfeedfeed
#define JKS_MAGIC_JCEKS 0xcececece
#define JKS_TYPE_OF_CERTIFICATE "X.509" /* before each one in files of version 2 */

/* Their tags in the file. */
enum jks_kind { JKS_PRIVATE_KEY = 1, JKS_CERTIFICATE = 2, JKS_SECRET_KEY = 3 };

struct jks_entry {
	enum jks_kind kind;
	char *alias;		 /* UTF-8; owned: free() */
	struct jks_bytes raw;	 /* the whole entry */
	struct jks_bytes sealed; /* private keys: an EncryptedPrivateKeyInfo (RFC 5958 3) */
	struct jks_in certs;	 /* for jks_certificates() */
	uint64_t n_certs;
};

struct jks {
	unsigned version; /* 1 or 2 */
	bool jceks;
	struct jks_entry *entry;
	size_t n;
};

/* Whether the file is a PKCS #12 one after all: keytool gives them the name that it is told. */
bool jks_is_pkcs12(const void *data, size_t len);

/*
 * Borrows `data` for as long as *out lives; owned: jks_dispose(). ERR_KEYSTORE: another file, wrong
 * password, damage.
 */
MUST_USE bool jks_parse(struct jks *out, const void *data, size_t len,
	const struct secret *password, struct err *err);

void jks_dispose(struct jks *j);
AUTO_DEFINE_REF(jks, struct jks, jks_dispose);

/* Appends the certificates of an entry in their order: the chain of a key, or the trusted one. */
MUST_USE bool jks_certificates(
	STACK_OF(X509) * out, const struct jks *j, const struct jks_entry *entry, struct err *err);

/* What stands behind the `body` of a file. ERR_KEYSTORE. */
MUST_USE bool jks_digest(unsigned char out[static JKS_DIGEST_LEN], const struct jks_bytes *body,
	const struct secret *password, struct err *err);

/* SHA-1 of the parts, one after the other. */
MUST_USE bool jks_sha1(unsigned char out[static JKS_DIGEST_LEN], const struct jks_bytes *part,
	size_t parts, struct err *err);

#endif
