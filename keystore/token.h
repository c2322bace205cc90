/*
 * A PKCS#11 token that is open: its module, a session of our own and one login. Shared by the parts
 * of this back end; private to this room.
 */
#ifndef KEYSTORE_TOKEN_H
#define KEYSTORE_TOKEN_H

#include <string.h>

#include "keystore/back.h"
#include "keystore/module.h"
#include "keystore/p11.h"

struct token {
	struct ks ks; /* first: a token is a store */
	struct module *module;
	struct p11 p11;
	CK_SLOT_ID slot;
	struct secret *pin; /* for keys that want it at each use; NULL: none */
	struct ks_ref ref;  /* of the work that is done: the module is handed it */
	char label[KS_LABEL_MAX];
};

static inline struct token *token_of(struct ks *ks)
{
	return (struct token *)ks;
}

/*
 * Finds the only initialized token that the RFC 7512 URI describes. The error names those that are
 * there.
 */
MUST_USE bool token_find_slot(CK_SLOT_ID *out, CK_TOKEN_INFO *info, const struct module *m,
	const char *uri, struct err *err);

/*
 * The EVP_PKEY of a private key, ready for every scheme. Owned; free before the token is closed.
 * Its public half is taken from the public key with the same id; without one from the private key,
 * or from a certificate with that id, as smart cards have it.
 */
MUST_USE bool token_private_key(
	EVP_PKEY **out, struct token *t, CK_OBJECT_HANDLE private, struct err *err);

/* Whether the key wants the PIN again for each signature (CKA_ALWAYS_AUTHENTICATE). */
bool token_wants_pin(const struct token *t, CK_OBJECT_HANDLE private);

/* The X.509 certificate in an object, NULL when it is none. Owned. */
X509 *token_certificate(const struct token *t, CK_OBJECT_HANDLE object);

/* At most this many objects of one class under one id: more is damage. */
#define TOKEN_TWINS_MAX 16

/* Objects of a class under an id. */
MUST_USE bool token_objects(CK_OBJECT_HANDLE out[static TOKEN_TWINS_MAX], size_t *n,
	struct token *t, CK_OBJECT_CLASS class, const struct ks_ref *ref, struct err *err);

/* C_DestroyObject. */
MUST_USE bool token_destroy(struct token *t, CK_OBJECT_HANDLE object, struct err *err);

/* p11_err() for a call that was to change the token, with what may be in the way. False. */
bool token_write_err(struct err *err, CK_RV rv, const char *what);

/* What all objects of a pair have in common. */
static inline CK_ATTRIBUTE token_id(const struct ks_ref *ref)
{
	return (CK_ATTRIBUTE) { CKA_ID, (void *)ref->id.data, ref->id.len };
}

static inline CK_ATTRIBUTE token_label(const struct ks_ref *ref)
{
	const char *label = ref->label ? ref->label : "";

	return (CK_ATTRIBUTE) { CKA_LABEL, (void *)label, strlen(label) };
}

/* The table, each function of it on a thread that has an end (token_ops.c). */
extern const struct ks_ops token_ops;

/* What they do there. */
void token_close(struct ks *ks);
bool token_generate(
	struct ks *ks, const struct ks_ref *ref, enum ks_key_type type, struct err *err);
bool token_find(bool *found, struct ks *ks, const struct ks_ref *ref, struct err *err);
bool token_exists(bool *out, struct ks *ks, const struct ks_ref *ref, struct err *err);
bool token_load(EVP_PKEY **out, struct ks *ks, const struct ks_ref *ref, struct err *err);
bool token_delete(struct ks *ks, const struct ks_ref *ref, struct err *err);
bool token_store_certificate(struct ks *ks, const struct ks_ref *ref, X509 *cert, struct err *err);
bool token_remove_certificate(struct ks *ks, const struct ks_ref *ref, struct err *err);
bool token_find_uri(struct ks_id *out, struct ks *ks, const char *uri, struct err *err);
bool token_list(struct ks_entry **out, size_t *n, struct ks *ks, struct err *err);

#endif
