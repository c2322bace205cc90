/*
 * scm-sim, a simulator of the REST API of Sectigo Certificate Manager for tests.
 */
#include "help.h"
#include "login.h"
#include "server.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#ifndef SIM_VERSION
#define SIM_VERSION "unknown"
#endif

enum { EXIT_USAGE = 2 };

static bool announce(const struct server *server, const struct options *options, struct err *err)
{
	AUTO(text) char *port = mem_format("%u\n", server_port(server));

	if (options->port_file && !file_replace(options->port_file, port, strlen(port), 0644, err))
		return false;
	printf("scm-sim: ready on https://127.0.0.1:%u, trust %s/ca.pem\n", server_port(server),
		options->dir);
	fflush(stdout);
	return true;
}

static bool serve(struct options *options, struct err *err)
{
	struct server *server = NULL;
	struct sim *sim;
	sigset_t signals;
	int number;
	bool ok;

	/* Blocked before any thread is made, so that only sigwait() gets them. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (!sim_open(&sim, options->dir, TAKE(options->switches), err))
		return false;
	ok = server_start(&server, sim, options, err) && announce(server, options, err);
	if (ok)
		sigwait(&signals, &number);
	server_stop(server);
	sim_close(sim);
	return ok;
}

static bool run(struct options *options, struct err *err)
{
	if (options->login)
		return login_add(options, err);
	if (options->client)
		return login_add_client(options, err);
	return serve(options, err);
}

int main(int argc, char **argv)
{
	struct options options;
	struct err err;
	bool ok = true;

	umask(077);
	if (!options_parse(&options, argc, argv, &err)) {
		fprintf(stderr, "scm-sim: %s (try --help)\n", err.text);
		options_free(&options);
		return EXIT_USAGE;
	}
	if (options.help)
		help_print(stdout);
	else if (options.version)
		puts("scm-sim " SIM_VERSION);
	else
		ok = run(&options, &err);
	options_free(&options);
	if (ok)
		return EXIT_SUCCESS;
	fprintf(stderr, "scm-sim: %s\n", err.text);
	return EXIT_FAILURE;
}
