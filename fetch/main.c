/*
 * scm-agent-fetch: the part of scm-agent that talks to the network. Started by scm-agent with one
 * end of a socket pair as descriptor 3; what is said there is scm/wire.h. It prints nothing.
 */
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/secret.h"
#include "fetch/sandbox.h"
#include "fetch/session.h"

#define AGENT_FD 3

static bool started_by_agent(void)
{
	struct stat st;

	return !fstat(AGENT_FD, &st) && S_ISSOCK(st.st_mode);
}

static bool set_up(void)
{
	struct err err;

	/* an arena for each thread of the resolver would cost 64 MiB of address space */
	mallopt(M_ARENA_MAX, 1);
	signal(SIGPIPE, SIG_IGN);
	close_range(AGENT_FD + 1, ~0U, 0);
	/* before anything else in OpenSSL: neither OPENSSL_CONF nor openssl.cnf may load code */
	return !chdir("/") && OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) &&
	       secret_init(&err) && sandbox_begin(&err);
}

int main(void)
{
	static const char hint[] = "scm-agent-fetch is started by scm-agent, not by hand\n";

	if (!started_by_agent()) {
		(void)!write(STDERR_FILENO, hint, sizeof(hint) - 1);
		return 2;
	}
	if (!set_up())
		return 1;
	session_run(AGENT_FD);
	/* not exit(): a sanitizer's last look needs system calls that are sealed off by now */
	_exit(0);
}
