/*
 * The rows of `check`, between the files that make them: cmd_check.c looks at this host,
 * check_key.c at keys that
 * are not made here, check_account.c at SCM. Nobody else includes this.
 */
#ifndef AGENT_CHECK_H
#define AGENT_CHECK_H

#include "agent/cmd.h"
#include "agent/out.h"

struct check {
	struct cmd_context *c;
	struct run *run;
	struct out *out;
	int status; /* the first failure's, else 0 */
};

/* `result` is "ok", "warn" or "FAIL". */
void check_row(struct check *k, const char *what, const char *result, const char *text);
void check_good(struct check *k, const char *what, const char *text);
void check_bad(struct check *k, const char *what, const struct err *err);

/* The key that key_uri names, and the file that import_key does. */
void check_key_origin(struct check *k, const struct conf_cert *cert);

/*
 * Connection, credential, organization, profiles, domains and password of an account. What this
 * login may not see is said, and fails nothing.
 */
void check_account(struct check *k, const struct conf_account *a);

#endif
