/* What tests of ks_store.h have in common: a small CA, passwords, and one way to write and to look.
 */
#ifndef STORE_SCENE_H
#define STORE_SCENE_H

#include "ca_fixture.h"
#include "keystore/ks_store.h"

#define SCENE_PASSWORD "changeit"
#define SCENE_KEY_PASSWORD "of the key"

/* For all tests of a program; made by scene_make(). */
extern struct scene {
	struct err err;
	EVP_PKEY *rsa_key, *ec_key, *root_key, *middle_key;
	X509 *rsa_cert, *ec_cert, *root, *middle;
	STACK_OF(X509) * chain; /* middle, root */
	struct secret *password, *key_password, *wrong;
} scene;

/* For cmocka_run_group_tests(). */
int scene_make(void **state);
int scene_free(void **state);

/* Our key and chain under an alias, with the usual password. */
struct ks_entry_source scene_rsa(const char *alias);
struct ks_entry_source scene_ec(const char *alias);

/* Writes into an empty `out`, or fails the test. `old` NULL: a new store. */
void scene_write(struct buf *out, enum ks_credential_type type, const struct buf *old,
	const struct ks_entry_source *e);

/* It has to fail with ERR_KEYSTORE, to say this, and to leave nothing in the output. */
void scene_refused(enum ks_credential_type type, const struct buf *old,
	const struct ks_entry_source *e, const char *says);

/* The alias has this key, certificate, and a chain of so many more. */
void scene_check(const struct buf *file, enum ks_credential_type type,
	const struct ks_entry_source *e, int chain);

#endif
