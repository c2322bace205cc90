/*
 * Bytes that grow up to a limit given at birth.
 *
 * Always NUL-terminated once something was added; `data` is NULL before. A failed append (limit or
 * memory) is sticky: later ones do nothing and buf_ok() says false, so a chain of appends needs one
 * check at its end. A buffer that may have held a secret is emptied with buf_wipe().
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max; /* most bytes it may hold, without the NUL */
	bool failed;
};

#define BUF(limit) ((struct buf) { .max = (limit) })

void buf_dispose(struct buf *b);
AUTO_DEFINE_REF(buf, struct buf, buf_dispose);

/* Overwrites what it holds, then frees it. */
void buf_wipe(struct buf *b);
AUTO_DEFINE_REF(buf_secret, struct buf, buf_wipe);

/* Empties it and clears the failure; keeps the memory. */
void buf_reset(struct buf *b);

void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Lower-case hexadecimal, without separators. */
void buf_add_hex(struct buf *b, const void *data, size_t len);

/*
 * Text from outside, made safe for a terminal and a log: valid UTF-8 passes; control characters,
 * characters that reorder or hide text, and broken sequences become \xNN. What is safe already
 * stays as it is, so that text may pass here more than once.
 */
void buf_add_printable(struct buf *b, const char *s, size_t len);

/* Room for `len` bytes at the end, already counted in b->len; NULL on failure. */
char *buf_extend(struct buf *b, size_t len);

bool buf_ok(const struct buf *b);

/* The whole as a string; "" when nothing was added. Borrowed until the next change. */
const char *buf_str(const struct buf *b);

/* Gives the memory away (owned by the caller, free()); NULL when it failed or memory is short. */
char *buf_detach(struct buf *b);

/* buf_ok(), or ERR_INTERNAL naming `what` as too long or memory as short. */
MUST_USE bool buf_check(const struct buf *b, const char *what, struct err *err);

#endif
