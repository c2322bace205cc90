/*
 * scm-agent-webhook: takes SCM's expiry notifications and leaves hints for `scm-agent run
 * --hinted`. Started by `scm-agent webhook`, as a rule from a socket-activated unit, as a user who
 * may read neither keys nor state. A hint is all that a notification can bring about.
 */
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/fs.h"
#include "base/inherited.h"
#include "base/log.h"
#include "base/secret.h"
#include "webhook/listen.h"
#include "webhook/server.h"
#include "webhook/spool.h"

#define IDLE_MS (5 * 60 * 1000)
#define DESCRIPTORS 128
#define ADDRESS_SPACE ((rlim_t)256 * 1024 * 1024)

/* The address sanitizer's shadow takes terabytes of address space, and its last look a thread. */
#if defined(__SANITIZE_ADDRESS__)
#define LIMITED false
#else
#define LIMITED true
#endif

struct options {
	const char *listen;
	const char *secret;
	const char *user;
	const char *hints;
};

static bool parse_options(struct options *o, int argc, char **argv, struct err *err)
{
	static const struct option known[] = { { "listen", required_argument, NULL, 'l' },
		{ "secret-file", required_argument, NULL, 's' },
		{ "user", required_argument, NULL, 'u' }, { "hints", required_argument, NULL, 'd' },
		{ 0 } };
	int id;

	opterr = 0;
	while ((id = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (id == 'l')
			o->listen = optarg;
		else if (id == 's')
			o->secret = optarg;
		else if (id == 'u')
			o->user = optarg;
		else if (id == 'd')
			o->hints = optarg;
		else
			return err_set(err, ERR_USAGE, "see scm-agent webhook --help");
	}
	if (optind < argc)
		return err_set(err, ERR_USAGE, "unexpected argument '%s'", argv[optind]);
	return o->secret || err_set(err, ERR_USAGE, "--secret-file is missing");
}

static bool limit(int resource, rlim_t most, struct err *err)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)resource, &now))
		return err_errno(err, ERR_INTERNAL, "limits");
	if (now.rlim_max < most)
		most = now.rlim_max;
	now = (struct rlimit) { most, most };
	return !setrlimit((__rlimit_resource_t)resource, &now) ||
	       err_errno(err, ERR_INTERNAL, "limits");
}

/* The unit confines it further; this holds however it was started. */
static bool confine(struct err *err)
{
	if (geteuid() == 0)
		return err_set(err, ERR_USAGE,
			"not as root: it needs no rights; scm-agent-webhook.service gives it a "
			"user of its own");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_errno(err, ERR_INTERNAL, "give up privileges");
	signal(SIGPIPE, SIG_IGN);
	return limit(RLIMIT_NOFILE, DESCRIPTORS, err) &&
	       (!LIMITED ||
		       (limit(RLIMIT_NPROC, 0, err) && limit(RLIMIT_AS, ADDRESS_SPACE, err))) &&
	       secret_init(err);
}

static bool serve(const struct options *o, struct err *err)
{
	struct credential credential;
	AUTO(fd) int spool = -1;
	struct server_spec spec = { .credential = &credential };
	bool activated;

	if (!listen_open(&spec.listener, &activated, o->listen, err))
		return false;
	clearenv();
	if (!credential_read(&credential, o->secret, o->user, err) ||
		!spool_open(&spool, o->hints, err))
		return false;
	spec.spool = spool;
	spec.idle_ms = activated ? IDLE_MS : 0;
	return server_run(&spec, err);
}

int main(int argc, char **argv)
{
	struct options o = { .listen = "127.0.0.1:8757", .hints = "/run/scm-agent-webhook/hints" };
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	AUTO_STR char *kept = credentials ? strdup(credentials) : NULL;
	struct err err = { 0 };

	inherited_note();
	secret_credentials(kept);
	log_init();
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) &&
		parse_options(&o, argc, argv, &err) && confine(&err) && serve(&o, &err))
		return 0;
	log_error("%s", err.text);
	return err_exit_status(err.kind);
}
