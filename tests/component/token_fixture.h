/*
 * A SoftHSM token of its own for a test, reached directly or by way of the module that fails on
 * demand. For cmocka's setup and teardown: *state is a struct token_fixture.
 */
#ifndef TOKEN_FIXTURE_H
#define TOKEN_FIXTURE_H

#include <stddef.h>

#include "keystore/ks.h"
#include "keystore/p11.h"
#include "p11_fault_module.h"
#include "tempdir.h"

#define TOKEN_PIN "canary-123456"
#define TOKEN_URI "pkcs11:token=web"

struct token_fixture {
	struct tempdir *dir;
	struct faults *faults; /* of the fault module, all zero */
	char fault_module[128];
	void *handle;
};

/* SoftHSM stays initialized in this process when a fault kept it from being told to end: it is now.
 */
void token_settle(void);

/* Whether there is a SoftHSM here; without one main returns 77. */
bool token_available(void);

int token_setup(void **state);
int token_teardown(void **state);
#define WITH_TOKEN(f) cmocka_unit_test_setup_teardown(f, token_setup, token_teardown)

/* For cmocka's group: a certificate that is about nothing, to be stored. */
extern X509 *token_some_certificate;
int token_make_certificate(void **state);
int token_free_certificate(void **state);

/* One more token in the same directory. */
void token_add(const struct token_fixture *f, const char *label, const char *pin);

/* Opens the token, with the right PIN; ends the test when that fails. Owned. */
struct ks *token_open(void);
struct ks *token_open_faulty(const struct token_fixture *f);

/* As ks_open_token(), any text for the PIN; NULL: none. */
bool token_try(struct ks **out, bool *pin_refused, const char *module, const char *uri,
	const char *pin, struct err *err);

/* The direct session of an opened store, to look behind it. Borrowed. */
struct p11 *token_raw(struct ks *ks);

/* The token's serial number, 16 bytes. Borrowed until the next call. */
const char *token_serial(struct ks *ks);

/* How many objects of a class there are under an id; all ids for NULL. */
size_t token_count(struct ks *ks, CK_OBJECT_CLASS class, const struct ks_ref *ref);

/* Removes the objects of a class under an id behind the store's back. */
void token_remove(struct ks *ks, CK_OBJECT_CLASS class, const struct ks_ref *ref);

/* A reference with an id that is `n` in each byte. */
struct ks_ref token_ref(int n);

/* Fails the test unless `text` contains `part`. */
void check_says(const char *text, const char *part);

#endif
