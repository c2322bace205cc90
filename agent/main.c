/*
 * scm-agent: command line, and the hardening that comes before everything else.
 */
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "agent/cmd.h"
#include "agent/signer.h"
#include "agent/signer_work.h"
#include "base/clock.h"
#include "base/inherited.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/secret.h"

enum option_id {
	OPT_HELP = 256,
	OPT_VERSION,
	OPT_JSON,
	OPT_DRY_RUN,
	OPT_FORCE,
	OPT_DETAILED,
	OPT_CONFIG_ONLY,
	OPT_ABANDON,
	OPT_WAIT,
	OPT_CACHED,
	OPT_VALUE /* and the next: enum cli_value */
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "force-renewal", no_argument, NULL, OPT_FORCE },
	{ "detailed-exit-code", no_argument, NULL, OPT_DETAILED },
	{ "config-only", no_argument, NULL, OPT_CONFIG_ONLY },
	{ "abandon", no_argument, NULL, OPT_ABANDON },
	{ "cached", no_argument, NULL, OPT_CACHED },
	{ "wait", required_argument, NULL, OPT_WAIT },
	{ "hinted", required_argument, NULL, OPT_VALUE + VALUE_HINTED },
	{ "account", required_argument, NULL, OPT_VALUE + VALUE_ACCOUNT },
	{ "state", required_argument, NULL, OPT_VALUE + VALUE_STATE },
	{ "reason", required_argument, NULL, OPT_VALUE + VALUE_REASON },
	{ "generation", required_argument, NULL, OPT_VALUE + VALUE_GENERATION },
	{ "ssl-id", required_argument, NULL, OPT_VALUE + VALUE_SSL_ID },
	{ "key", required_argument, NULL, OPT_VALUE + VALUE_KEY },
	{ "key-id", required_argument, NULL, OPT_VALUE + VALUE_KEY_ID },
	{ "listen", required_argument, NULL, OPT_VALUE + VALUE_LISTEN },
	{ "secret-file", required_argument, NULL, OPT_VALUE + VALUE_SECRET_FILE },
	{ "user", required_argument, NULL, OPT_VALUE + VALUE_USER },
	{ "hints", required_argument, NULL, OPT_VALUE + VALUE_HINTS },
	{ "as", required_argument, NULL, OPT_VALUE + VALUE_AS },
	{ 0 },
};

/* Which letter of struct cmd's `options` stands for an option; options not listed are for all. */
static const struct {
	int id;
	char letter;
	const char *name;
	const char *value; /* what it takes */
} letters[] = {
	{ OPT_DRY_RUN, 'n', "--dry-run", NULL },
	{ OPT_FORCE, 'f', "--force", NULL },
	{ OPT_DETAILED, 'd', "--detailed-exit-code", NULL },
	{ OPT_CONFIG_ONLY, 'o', "--config-only", NULL },
	{ OPT_ABANDON, 'a', "--abandon", NULL },
	{ OPT_WAIT, 'w', "--wait", "DURATION" },
	{ OPT_VALUE + VALUE_HINTED, 'h', "--hinted", "DIRECTORY" },
	{ OPT_VALUE + VALUE_LISTEN, 'l', "--listen", "ADDRESS" },
	{ OPT_VALUE + VALUE_SECRET_FILE, 's', "--secret-file", "FILE" },
	{ OPT_VALUE + VALUE_USER, 'u', "--user", "NAME" },
	{ OPT_VALUE + VALUE_HINTS, 'i', "--hints", "DIRECTORY" },
	{ OPT_VALUE + VALUE_ACCOUNT, 'A', "--account", "NAME" },
	{ OPT_VALUE + VALUE_STATE, 'S', "--state", "STATE" },
	{ OPT_VALUE + VALUE_REASON, 'r', "--reason", "REASON" },
	{ OPT_VALUE + VALUE_GENERATION, 'g', "--generation", "GENERATION" },
	{ OPT_VALUE + VALUE_SSL_ID, 'N', "--ssl-id", "ID" },
	{ OPT_VALUE + VALUE_KEY, 'k', "--key", "FILE" },
	{ OPT_VALUE + VALUE_KEY_ID, 'K', "--key-id", "HEX" },
	{ OPT_VALUE + VALUE_AS, 'U', "--as", "USER" },
	{ OPT_CACHED, 'C', "--cached", NULL },
	{ OPT_JSON, 'j', "--json", NULL },
};

struct parsed {
	struct cli cli;
	bool help;
	bool version;
	bool used[ARRAY_LEN(letters)];
};

static int __attribute__((format(printf, 1, 2))) usage_error(const char *fmt, ...)
{
	char what[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	fprintf(stderr, "scm-agent: %s; see scm-agent --help\n", what);
	return err_exit_status(ERR_USAGE);
}

static void print_help(void)
{
	puts("Usage: scm-agent [-c FILE] [-v|-q] [--json] COMMAND [ARGUMENT...]\n"
	     "\n"
	     "Enrolls certificates from Sectigo Certificate Manager, installs and deploys them,\n"
	     "and renews them in time. A timer runs 'scm-agent run'; everything else is for "
	     "people.\n"
	     "\n"
	     "Commands:");
	for (const struct cmd *c = cmd_table; c->name; c++)
		printf("  %-10s %-18s %s\n", c->name, c->args, c->summary);
	puts("\n"
	     "Options, before or after the command:\n"
	     "  -c, --config FILE   configuration (default " CONF_PATH ")\n"
	     "  -v, --verbose       say more; -q, --quiet: say errors only\n"
	     "      --json          results as JSON\n"
	     "      --help          this text, or with a command that command's\n"
	     "      --version       version\n"
	     "\n"
	     "Exit status:\n"
	     "   0  done, or nothing to do");
	for (int kind = ERR_NONE + 1; kind < ERR_KIND_COUNT; kind++)
		printf("  %2d  %s\n", err_exit_status((enum err_kind)kind),
			err_meaning((enum err_kind)kind));
	puts("  20  with --detailed-exit-code: something was changed\n"
	     "\n"
	     "scm-agent COMMAND --help says more. Manual: scm-agent(8), scm-agent.ini(5).");
}

static void print_option(size_t i)
{
	printf("%s%s%s", letters[i].name, letters[i].value ? " " : "",
		letters[i].value ? letters[i].value : "");
}

static void print_usage(const struct cmd *c)
{
	printf("Usage: scm-agent %s", c->name);
	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		if (!strchr(c->options, letters[i].letter) || strstr(c->args, letters[i].name))
			continue;
		fputs(" [", stdout);
		print_option(i);
		putchar(']');
	}
	printf("%s%s\n", *c->args ? " " : "", c->args);
}

static void print_command_help(const struct cmd *c)
{
	print_usage(c);
	printf("\n%s\n", c->help);
	if (!*c->options)
		return;
	puts("\nOptions:");
	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		if (!strchr(c->options, letters[i].letter))
			continue;
		fputs("  ", stdout);
		print_option(i);
		putchar('\n');
	}
}

static bool take_option(struct parsed *p, int id)
{
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		p->used[i] = p->used[i] || letters[i].id == id;
	if (id >= OPT_VALUE && id < OPT_VALUE + VALUE_COUNT) {
		p->cli.value[id - OPT_VALUE] = optarg;
		return true;
	}
	switch (id) {
	case 'c':
		p->cli.config = optarg;
		return true;
	case 'v':
		p->cli.verbose++;
		return true;
	case 'q':
		p->cli.quiet = true;
		return true;
	case OPT_HELP:
		p->help = true;
		return true;
	case OPT_VERSION:
		p->version = true;
		return true;
	case OPT_JSON:
		p->cli.json = true;
		return true;
	case OPT_DRY_RUN:
		p->cli.dry_run = true;
		return true;
	case OPT_FORCE:
		p->cli.force = true;
		return true;
	case OPT_DETAILED:
		p->cli.detailed_exit_code = true;
		return true;
	case OPT_CONFIG_ONLY:
		p->cli.config_only = true;
		return true;
	case OPT_ABANDON:
		p->cli.abandon = true;
		return true;
	case OPT_WAIT:
		return parse_duration(&p->cli.wait, optarg);
	case OPT_CACHED:
		p->cli.cached = true;
		return true;
	default:
		return false;
	}
}

/* 0, or the exit status of a usage error. */
static int parse_options(struct parsed *p, int argc, char **argv)
{
	int id;

	opterr = 0;
	while ((id = getopt_long(argc, argv, ":c:vq", long_options, NULL)) != -1) {
		const char *given = optind > 1 ? argv[optind - 1] : "";

		if (id == ':')
			return usage_error("'%s' needs a value", given);
		if (id == '?')
			return usage_error("unknown option '%s'", given);
		if (!take_option(p, id))
			return usage_error("--wait: '%s' is not a duration such as 30m", optarg);
	}
	return 0;
}

static const struct cmd *find_command(const char *name)
{
	for (const struct cmd *c = cmd_table; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static int check_command(const struct parsed *p, const struct cmd *cmd)
{
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (p->used[i] && !strchr(cmd->options, letters[i].letter))
			return usage_error("this command does not take %s", letters[i].name);
	if (p->cli.args > cmd->max_args)
		return usage_error("unexpected argument '%s'", p->cli.arg[cmd->max_args]);
	return 0;
}

/* A part of the installed tree, in its plain form: hooks are refused when reached through a link.
 */
static bool find_part(char **out, const char *self, const char *part, struct err *err)
{
	AUTO_STR char *path = NULL;

	if (asprintf(&path, "%s/" SCM_LIBEXEC "/%s", self, part) < 0)
		return err_memory(err);
	*out = realpath(path, NULL);
	return *out || err_errno(err, ERR_INTERNAL, "the installation is not complete: %s", path);
}

/* The installed tree is found from the program's own place, so that it works under any prefix. */
static bool find_parts(struct cmd_context *c, struct err *err)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return err_errno(err, ERR_INTERNAL, "find the program's own place");
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	return find_part(&c->fetch_path, self, "scm-agent-fetch", err) &&
	       find_part(&c->hook_dir, self, "hooks", err);
}

static enum log_level level_of(const struct cli *cli, const struct conf *conf)
{
	if (cli->quiet)
		return LOG_LEVEL_ERROR;
	if (cli->verbose)
		return LOG_LEVEL_DEBUG;
	return conf ? conf->agent.log_level : LOG_LEVEL_INFO;
}

static bool prepare(struct cmd_context *c, const struct cmd *cmd, struct err *err)
{
	if (cmd->needs >= CMD_CONFIG && !conf_load(&c->conf, c->cli->config, c->hook_dir, err))
		return false;
	log_set_level(level_of(c->cli, c->conf));
	if (cmd->needs >= CMD_STORE &&
		(!store_open_existing(&c->store, c->conf->agent.state_dir, err) ||
			!store_check_trusted(c->store, err)))
		return false;
	if (cmd->needs < CMD_LOCK)
		return true;
	return store_lock(c->store, c->conf->agent.lock_timeout, err) &&
	       store_check_clock(c->store, c->started, err);
}

/* Before anything that may fail: hints that can't be worked on must not wake us again and again. */
static bool take_hints(struct cmd_context *c, struct err *err)
{
	const struct cli *cli = c->cli;

	if (cli->args || cli->force || cli->dry_run)
		return err_set(
			err, ERR_USAGE, "--hinted goes with neither names, --force nor --dry-run");
	return hints_take(&c->hints, cli->value[VALUE_HINTED], err);
}

static int run_command(const struct parsed *p, const struct cmd *cmd, struct cmd_context *c)
{
	struct err err = { 0 };
	int status = check_command(p, cmd);

	if (status)
		return status;
	if (p->cli.value[VALUE_HINTED] && !take_hints(c, &err))
		return cmd_fail(&err);
	if (p->cli.value[VALUE_HINTED] && !c->hints.n)
		return 0;
	if (!prepare(c, cmd, &err))
		return cmd_fail(&err);
	status = cmd->run(c);
	if (fflush(stdout) || ferror(stdout)) {
		err_errno(&err, ERR_IO, "write the result");
		return cmd_fail(&err);
	}
	return status;
}

/*
 * Nothing of the caller's environment is wanted: not a proxy, not an OpenSSL configuration, not a
 * key log. What systemd tells us is read before.
 */
static bool harden(struct cmd_context *c, struct err *err)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char *kept = credentials ? strdup(credentials) : NULL;

	secret_credentials(kept);
	log_init();
	c->started = clock_now();
	if (!find_parts(c, err))
		return false;
	c->environment = environ;
	clearenv();
	signal(SIGPIPE, SIG_IGN);
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		return err_set(err, ERR_INTERNAL, "OpenSSL can't be initialized");
	return secret_init(err);
}

/* With a standard descriptor closed, the next file opened would get it, and what is printed. */
static void occupy_standard_descriptors(void)
{
	int fd = open("/dev/null", O_RDWR);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDWR);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	struct parsed p = { .cli.config = CONF_PATH };
	struct cmd_context c = { .cli = &p.cli };
	const struct cmd *cmd = NULL;
	struct err err = { 0 };
	int status;

	if (argc == 2 && !strcmp(argv[1], SIGNER_ARGUMENT))
		return signer_main();
	inherited_note();
	occupy_standard_descriptors();
	status = parse_options(&p, argc, argv);
	if (status)
		return status;
	if (optind < argc) {
		cmd = find_command(argv[optind]);
		if (!cmd && strcmp(argv[optind], "help") != 0)
			return usage_error("unknown command '%s'", argv[optind]);
		p.cli.arg = (const char *const *)argv + optind + 1;
		p.cli.args = (size_t)(argc - optind - 1);
	}
	if (p.version)
		cmd = find_command("version");
	if (p.help && cmd) {
		print_command_help(cmd);
		return 0;
	}
	if (p.help || optind < argc || cmd) {
		if (!cmd) {
			print_help();
			return 0;
		}
	} else {
		return usage_error("a command is missing");
	}
	if (!harden(&c, &err))
		return cmd_fail(&err);
	status = run_command(&p, cmd, &c);
	/* a thread is left in a module: nothing of it, nor of what it uses, may be taken down */
	if (ks_stuck())
		_exit(status);
	store_close(c.store);
	conf_free(c.conf);
	free(c.fetch_path);
	free(c.hook_dir);
	return status;
}
