/*
 * What went wrong: one kind, which decides the exit status, and one line for a person.
 *
 * The caller owns a struct err and passes its address last. A function that can fail returns bool
 * and, on false, has filled it exactly once at the root; callers that know more prepend it with
 * err_wrap(). Text is lower case, one line, without a full stop and without a secret. Nothing here
 * allocates. Bugs are asserts, not errors.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#include "base/auto.h"

/*
 * X(kind, short name, exit status, retryable, what it means). A kind exists only because somebody
 * acts on it. Exit statuses: scm-agent(8).
 */
#define ERR_KINDS(X)                                                                               \
	X(INTERNAL, "internal", 1, false, "internal error")                                        \
	X(USAGE, "usage", 2, false, "usage")                                                       \
	X(CONFIG, "config", 3, false, "configuration")                                             \
	X(KEYSTORE, "keystore", 4, false, "key store or token")                                    \
	X(AUTH, "auth", 5, false, "credential refused")                                            \
	X(REJECTED, "rejected", 6, false, "refused by SCM")                                        \
	X(PENDING, "pending", 7, true, "pending at SCM")                                           \
	X(UNAVAILABLE, "unavailable", 8, true, "network or SCM unavailable")                       \
	X(IO, "io", 9, true, "local disk")                                                         \
	X(DEPLOY, "deploy", 10, true, "installed but not deployed")                                \
	X(BUSY, "busy", 11, true, "another run holds the lock")                                    \
	X(PROTOCOL, "protocol", 12, true, "answer not understood")

enum err_kind {
	ERR_NONE = 0,
#define ERR_ENUM(kind, name, status, retryable, meaning) ERR_##kind,
	ERR_KINDS(ERR_ENUM)
#undef ERR_ENUM
		ERR_KIND_COUNT
};

#define ERR_TEXT_MAX 512

struct err {
	enum err_kind kind;
	char text[ERR_TEXT_MAX];
};

/* The exit status of a kind, 0 for ERR_NONE. */
int err_exit_status(enum err_kind kind);

/* Whether the same thing may succeed later with nothing changed on this side. */
bool err_retryable(enum err_kind kind);

/* What the kind means, in two or three words, and its short name ("unavailable"). */
const char *err_meaning(enum err_kind kind);
const char *err_name(enum err_kind kind);

/* The kind of that name, as err_name() has it, or `fallback`. */
enum err_kind err_kind_of(const char *name, enum err_kind fallback);

/*
 * Sets the root cause. All three return false, so that a caller can return them. The arguments may
 * include err->text.
 */
bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same, followed by ": " and the text of errno as it is on entry. */
bool err_errno(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Out of memory, as ERR_INTERNAL. */
bool err_memory(struct err *err);

/*
 * Prepends "context: ". When the text gets too long the outermost context is dropped, never the
 * root cause.
 */
bool err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What the prototypes cannot say, for clang's and gcc's analyzers: false is all they return. */
#if defined(__clang_analyzer__) || defined(SCM_ANALYZER)
#define err_set(...) (err_set(__VA_ARGS__) && false)
#define err_errno(...) (err_errno(__VA_ARGS__) && false)
#define err_memory(...) (err_memory(__VA_ARGS__) && false)
#define err_wrap(...) (err_wrap(__VA_ARGS__) && false)
#endif

#endif
