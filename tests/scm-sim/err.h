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

/* Sets the text and returns false, so that a failing function can end with it. */
bool err_set(struct err *err, const char *fmt, ...) FORMAT(2, 3);

/* Like err_set() with ": " and the text of errno added. */
bool err_errno(struct err *err, const char *fmt, ...) FORMAT(2, 3);

/* Like err_set() with ": " and OpenSSL's newest reason added; empties OpenSSL's queue. */
bool err_crypto(struct err *err, const char *fmt, ...) FORMAT(2, 3);

#endif
