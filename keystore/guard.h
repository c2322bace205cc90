/*
 * Calls into a PKCS#11 module that have an end. Code of others may never return, and a thread that
 * is in it can't be stopped; so it runs on a thread of its own, and is left there when one call
 * takes longer than the token's `timeout`. Private to this room.
 *
 * Work that was left behind never comes back to our code: should its call return after all, the
 * thread waits for the end of the process. So nothing but what was handed to the module has to
 * outlive it: buffers of the work's own stack, or memory that is never freed once a guard is stuck.
 * The process must end by _exit() then (ks_stuck() tells).
 *
 * Threads live no longer than the work. Between two pieces of work there is none, and a sandbox or
 * a fork meets one thread only.
 */
#ifndef KEYSTORE_GUARD_H
#define KEYSTORE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include <p11-kit/pkcs11.h>

#include "base/err.h"

/* Of one module: who does not return from one call may hold locks that all others need. */
struct guard {
	int64_t timeout_ms; /* for each call; 0: no end, and no thread */
	const char *stuck;  /* the function that did not return; NULL: none */
};

/* Fills `err` on false, as any function does. */
typedef bool guard_work(void *arg, struct err *err);

/*
 * Does the work and waits for it; on the caller's thread when that is at work already. ERR_KEYSTORE
 * when a call did not return, and from then on without another attempt. `arg` is borrowed for the
 * call.
 */
MUST_USE bool guard_run(struct guard *g, guard_work *work, void *arg, struct err *err);

/* ERR_KEYSTORE for a guard that is stuck. False. */
bool guard_stuck(const struct guard *g, struct err *err);

/* For GUARDED(): the module is entered, and has come back with this. */
void guard_enter(const char *function);
CK_RV guard_leave(CK_RV rv);

/* A call of a function of a CK_FUNCTION_LIST; CKR_FUNCTION_NOT_SUPPORTED when it has none. */
#define GUARDED(list, function, ...)                                                               \
	((list)->function ? (guard_enter(#function), guard_leave((list)->function(__VA_ARGS__)))   \
			  : CKR_FUNCTION_NOT_SUPPORTED)

#endif
