/*
 * Calls to a PKCS#11 (v2.40) module: one session on one token, and CK_RV as a struct err. Private
 * to this room.
 *
 * A module may lie about lengths: attributes are read into buffers of a fixed size, and lists have
 * a limit.
 */
#ifndef KEYSTORE_P11_H
#define KEYSTORE_P11_H

#include <stdbool.h>
#include <stddef.h>

#include <p11-kit/pkcs11.h>

#include "keystore/guard.h"
#include "keystore/id.h"

struct p11 {
	CK_FUNCTION_LIST *fn;
	CK_SESSION_HANDLE session;
	struct guard *guard; /* of the module */
	const char *name;    /* of the token, for messages that nobody else puts it to */
};

/* A call of the module; p11 functions are called on a thread of guard_run()'s. */
#define P11_CALL(p, function, ...) GUARDED((p)->fn, function, (p)->session, __VA_ARGS__)

/* One attribute of a template, from a variable or an array. */
#define P11_ATTR(type, lvalue)                                                                     \
	{                                                                                          \
		(type), (void *)&(lvalue), sizeof(lvalue)                                          \
	}

/* ERR_KEYSTORE: "what: text of the CK_RV (CKR 0x...)". False. */
bool p11_err(struct err *err, CK_RV rv, const char *what);

/*
 * The same as the one error in OpenSSL's queue, for functions that OpenSSL calls. False. The text
 * is the same for all until the next one: it has to be read before.
 */
bool p11_raise(CK_RV rv, const char *what);

/* The same with the text of an error. False. */
bool p11_raise_err(const struct err *err);

/*
 * What C_Login says to a PIN that was looked at and was not right.
 *
 * A PIN that is locked was not looked at, and nobody knows whether it is right: what others have
 * done to a TPM passes in time, and must not end renewals for good. A token does not count while
 * locked.
 */
static inline bool p11_pin_refused(CK_RV rv)
{
	return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE ||
	       rv == CKR_PIN_EXPIRED;
}

/* Handles of the objects that match, at most `max`: more is an error. */
MUST_USE bool p11_find(CK_OBJECT_HANDLE *out, size_t *n, size_t max, const struct p11 *p,
	const CK_ATTRIBUTE *match, size_t attributes, struct err *err);

/*
 * One attribute into `out`. *len is the room there, and the length afterwards. False when the
 * object does not have it, does not give it away, or when it is longer.
 */
MUST_USE bool p11_attr(void *out, size_t *len, const struct p11 *p, CK_OBJECT_HANDLE object,
	CK_ATTRIBUTE_TYPE type);

/* The same, with the reason why not. */
CK_RV p11_read(void *out, size_t *len, const struct p11 *p, CK_OBJECT_HANDLE object,
	CK_ATTRIBUTE_TYPE type);

/* A CK_ULONG attribute (CKA_CLASS, CKA_KEY_TYPE ...); CK_UNAVAILABLE_INFORMATION when there is
 * none.
 */
CK_ULONG p11_number(const struct p11 *p, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);

/* Its CKA_ID; false when it has none, or one of more than KS_ID_MAX bytes. */
MUST_USE bool p11_id(struct ks_id *out, const struct p11 *p, CK_OBJECT_HANDLE object);

/* Length of a field of fixed size that is padded with blanks (or wrongly with NULs). */
size_t p11_padded_len(const void *field, size_t size);

#endif
