/*
 * scm-sim for component tests: one server with a directory of its own, its switches, its files.
 * Failures end the test.
 */
#ifndef TESTS_COMPONENT_SIM_H
#define TESTS_COMPONENT_SIM_H

#include <sys/types.h>

#include "base/buf.h"

struct sim {
	const char *program;
	char dir[64];
	pid_t pid;
	unsigned port;
	char url[64];
};

/* `switches`: of the command line, NULL-terminated, or NULL. A login "api" is made: client.pem. */
void sim_start(struct sim *s, const char *program, const char *const *switches);
void sim_stop(struct sim *s);

/* Runs "scm-sim --dir DIR add-login ..." with these arguments, NULL-terminated. */
void sim_add_login(const struct sim *s, const char *const *arguments);

/* "add-login" with a password, or "add-client" with a secret. */
void sim_add_secret(const struct sim *s, const char *command, const char *name, const char *secret);

/* Writes a file in its directory. */
void sim_put(const struct sim *s, const char *name, const void *data, size_t len);

/* Replaces the switches file; "" for none. */
void sim_switch(const struct sim *s, const char *lines);

/* The whole of a file in its directory. */
void sim_read(struct buf *out, const struct sim *s, const char *name);

/* How many lines of a file hold all the words (NULL: any). */
size_t sim_count(const struct sim *s, const char *name, const char *word, const char *other);

#endif
