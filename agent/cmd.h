/*
 * The commands: a table of name, function, needs and help, and what each function is given.
 */
#ifndef AGENT_CMD_H
#define AGENT_CMD_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf.h"
#include "agent/hints.h"
#include "agent/job.h"
#include "agent/store.h"

/* Options with a value that is taken as it is; those of the webhook receiver come first. */
enum cli_value {
	VALUE_LISTEN,
	VALUE_SECRET_FILE,
	VALUE_USER,
	VALUE_HINTS,
	VALUE_HINTED,
	VALUE_ACCOUNT,
	VALUE_STATE,
	VALUE_REASON,
	VALUE_GENERATION,
	VALUE_SSL_ID,
	VALUE_KEY,
	VALUE_KEY_ID,
	VALUE_AS,
	VALUE_COUNT
};

/* Options of the command line; which command takes which is in the command's row. */
struct cli {
	const char *config;
	unsigned verbose;
	bool quiet;
	bool json;
	bool dry_run;
	bool force;
	bool detailed_exit_code;
	bool config_only;
	bool abandon;
	int64_t wait;
	bool cached;
	const char *value[VALUE_COUNT];
	const char *const *arg; /* what follows the command */
	size_t args;
};

/* What a command needs to be prepared. Each implies the ones before it. */
enum cmd_needs {
	CMD_NOTHING,
	CMD_CONFIG,
	CMD_STORE, /* the state directory, for reading */
	CMD_LOCK,  /* the right to change it, and a sane clock */
};

struct cmd_context {
	const struct cli *cli;
	struct conf *conf;
	struct store *store;
	char *fetch_path;
	char *hook_dir;
	char **environment; /* as it was at start; ours is cleared */
	struct hints hints; /* --hinted */
	int64_t started;
};

struct cmd {
	const char *name;
	int (*run)(struct cmd_context *c); /* the exit status; has said what was to be said */
	enum cmd_needs needs;
	const char *options; /* letters of main.c's table */
	size_t max_args;
	const char *args; /* for the usage line */
	const char *summary;
	const char *help;
};

/* Ends with a NULL name. */
extern const struct cmd cmd_table[];

int cmd_run(struct cmd_context *c);
int cmd_status(struct cmd_context *c);
int cmd_show(struct cmd_context *c);
int cmd_check(struct cmd_context *c);
int cmd_deploy(struct cmd_context *c);
int cmd_rollback(struct cmd_context *c);
int cmd_reset(struct cmd_context *c);
int cmd_reissue(struct cmd_context *c);
int cmd_revoke(struct cmd_context *c);
int cmd_adopt(struct cmd_context *c);
int cmd_forget(struct cmd_context *c);
int cmd_recover(struct cmd_context *c);
int cmd_csr(struct cmd_context *c);
int cmd_key(struct cmd_context *c);
int cmd_history(struct cmd_context *c);
int cmd_webhook(struct cmd_context *c);
int cmd_dcv(struct cmd_context *c);
int cmd_scm(struct cmd_context *c);
int cmd_version(struct cmd_context *c);

/* Says what failed and gives its exit status. */
int cmd_fail(const struct err *err);

/* A run's shared parts for commands that need them. Keys and connections open when first used. */
struct cmd_run {
	struct run run;
};
MUST_USE bool cmd_run_open(struct cmd_run *out, struct cmd_context *c, struct err *err);
void cmd_run_close(struct cmd_run *r);
AUTO_DEFINE_REF(cmd_run, struct cmd_run, cmd_run_close);

/* The certificates that the arguments name, all for none, in the configuration's order. ERR_USAGE.
 */
MUST_USE bool cmd_select(
	const struct conf_cert ***out, size_t *n, const struct cmd_context *c, struct err *err);

/* The one certificate that the first argument names. ERR_USAGE. */
MUST_USE bool cmd_one(const struct conf_cert **out, const struct cmd_context *c, struct err *err);

/* ERR_USAGE for a certificate that another host orders: what is asked for is its leader's. */
MUST_USE bool cmd_check_orders(const struct conf_cert *cert, struct err *err);

#endif
