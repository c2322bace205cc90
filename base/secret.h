/*
 * Passwords, PINs and private keys in memory.
 *
 * A struct secret keeps its bytes in OpenSSL's secure heap (locked, guarded, not in core dumps) and
 * wipes them when freed. There is no accessor that fits a "%s": each use of the bytes is found by
 * searching for secret_bytes. Limits: libcurl and PKCS#11 modules make copies of their own.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define SECRET_MAX 4096 /* bytes of a password, PIN or token read from a file */

struct secret;

/*
 * For main, once, before the first secret: the secure heap, no core dumps, no ptrace by others,
 * umask 077. ERR_INTERNAL when the heap can't be made.
 */
MUST_USE bool secret_init(struct err *err);

/* A copy of `len` bytes; NULL when the secure heap is exhausted. Owned: secret_free(). */
struct secret *secret_new(const void *data, size_t len);
void secret_free(struct secret *s);
AUTO_DEFINE(secret, struct secret *, secret_free);

/* The bytes, followed by a NUL that is not counted. Borrowed until secret_free(). */
const char *secret_bytes(const struct secret *s);
size_t secret_len(const struct secret *s);

/*
 * Reads a secret by reference and strips one line end:
 *
 *	/absolute/path      a file that only its owner (root, or the user who runs) may read
 *	                    or write: mode 0600 or tighter, 0640 with group root allowed
 *	credential:NAME     a systemd credential, below $CREDENTIALS_DIRECTORY at program start
 *	fd:N                an inherited descriptor (inherited.h), read to its end, which has to
 *	                    come within ten seconds, and remembered for the next who asks
 *
 * ERR_CONFIG when it is missing, unsafe, late, empty, longer than SECRET_MAX, or holds a NUL or a
 * line end.
 */
MUST_USE bool secret_read(struct secret **out, const char *reference, struct err *err);

/* ERR_CONFIG unless a file may be read and written by nobody else, as secret_read() wants it. */
MUST_USE bool secret_check_private(const char *path, struct err *err);

/*
 * Remembers $CREDENTIALS_DIRECTORY; main calls it before it clears the environment. `dir` may be
 * NULL. Borrowed for ever.
 */
void secret_credentials(const char *dir);

/*
 * The path that a reference stands for, for watching it change: the file, the credential's file,
 * or NULL for a descriptor. Owned: free().
 */
char *secret_path(const char *reference);

#endif
