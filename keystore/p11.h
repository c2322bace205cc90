/*
 * PKCS#11 (v2.40) called directly: what libp11 does not do for us. One session on one token, and
 * CK_RV as a struct err. Private to this room.
 *
 * A module may lie about lengths: attributes are read into buffers of a fixed size, and lists have
 * a limit.
 */
#ifndef KEYSTORE_P11_H
#define KEYSTORE_P11_H

#include <stdbool.h>
#include <stddef.h>

#include <p11-kit/pkcs11.h>

#include "base/err.h"

struct p11 {
	CK_FUNCTION_LIST *fn;
	CK_SESSION_HANDLE session;
};

/* One attribute of a template, from a variable or an array. */
#define P11_ATTR(type, lvalue)                                                                     \
	{                                                                                          \
		(type), (void *)&(lvalue), sizeof(lvalue)                                          \
	}

/* ERR_KEYSTORE: "what: text of the CK_RV (CKR 0x...)". False. */
bool p11_err(struct err *err, CK_RV rv, const char *what);

/*
 * The same from OpenSSL's queue, where libp11 leaves the CK_RV of a failed operation among other
 * errors; without one, what err_crypto() says. Empties the queue.
 */
bool p11_queue_err(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void p11_queue_clear(void);

/* Handles of the objects that match, at most `max`: more is an error. */
MUST_USE bool p11_find(CK_OBJECT_HANDLE *out, size_t *n, size_t max, const struct p11 *p,
	const CK_ATTRIBUTE *match, size_t attributes, struct err *err);

/*
 * One attribute into `out`. *len is the room there, and the length afterwards. False when the
 * object does not have it, does not give it away, or when it is longer.
 */
MUST_USE bool p11_attr(void *out, size_t *len, const struct p11 *p, CK_OBJECT_HANDLE object,
	CK_ATTRIBUTE_TYPE type);

/* A CK_ULONG attribute (CKA_CLASS, CKA_KEY_TYPE ...); CK_UNAVAILABLE_INFORMATION when there is
 * none.
 */
CK_ULONG p11_number(const struct p11 *p, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);

/* Length of a field of fixed size that is padded with blanks (or wrongly with NULs). */
size_t p11_padded_len(const void *field, size_t size);

#endif
