/*
 * Errors of the simulator: one line of text, set where the failure happens and printed by main or
 * sent as an answer by the server. The simulator never acts on the kind of an error, so there is
 * none.
 */
#ifndef SIM_ERR_H
#define SIM_ERR_H

#include "mem.h"

#include <stdbool.h>

struct err {
	char text[512];
};

/*
 * Each sets the text and is false, so that a failing function can end with it. They are macros for
 * that false to be seen by whoever analyses the caller.
 */
#define err_set(...) (err_put(__VA_ARGS__), (bool)false)
/* Adds ": " and the text of errno. */
#define err_errno(...) (err_put_errno(__VA_ARGS__), (bool)false)
/* Adds ": " and OpenSSL's newest reason; empties OpenSSL's queue. */
#define err_crypto(...) (err_put_crypto(__VA_ARGS__), (bool)false)

void err_put(struct err *err, const char *fmt, ...) FORMAT(2, 3);
void err_put_errno(struct err *err, const char *fmt, ...) FORMAT(2, 3);
void err_put_crypto(struct err *err, const char *fmt, ...) FORMAT(2, 3);

#endif
