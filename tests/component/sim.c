#include "sim.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/parse.h"
#include "base/proc.h"

#define START_MS 30000
#define FILE_MAX (64 * 1024 * 1024)
#define ARGUMENTS_MAX 32

static void path_in(char *out, size_t size, const struct sim *s, const char *name)
{
	assert_true(snprintf(out, size, "%s/%s", s->dir, name) < (int)size);
}

static void add(const struct sim *s, const char *what, const char *const *arguments)
{
	AUTO(proc_result) struct proc_result result = { 0 };
	const char *argv[ARGUMENTS_MAX] = { s->program, "--dir", s->dir, what };
	const char *env[] = { "LANG=C.UTF-8", NULL };
	struct proc_spec spec = { .argv = argv, .env = env, .timeout_ms = START_MS };
	struct err err = { 0 };

	for (size_t i = 0; arguments[i]; i++)
		argv[4 + i] = arguments[i];
	if (!proc_run(&result, &spec, &err))
		fail_msg("%s: %s", what, err.text);
	if (result.status)
		fail_msg("%s: %s", what, buf_str(&result.output));
}

void sim_add_login(const struct sim *s, const char *const *arguments)
{
	add(s, "add-login", arguments);
}

void sim_put(const struct sim *s, const char *name, const void *data, size_t len)
{
	AUTO(fd) int dir = -1;
	struct err err = { 0 };

	assert_true(fs_open_dir(&dir, AT_FDCWD, s->dir, &err));
	assert_true(fs_write(dir, name, data, len, FS_ATTR(0600), &err));
}

void sim_add_secret(const struct sim *s, const char *command, const char *name, const char *secret)
{
	bool login = !strcmp(command, "add-login");
	char file[96];
	const char *arguments[] = { name, login ? "--password-file" : "--secret-file", file, NULL };

	path_in(file, sizeof(file), s, "secret");
	sim_put(s, "secret", secret, strlen(secret));
	add(s, command, arguments);
}

static void wait_for_port(struct sim *s)
{
	int64_t until = clock_ms() + START_MS;
	char path[96];

	path_in(path, sizeof(path), s, "port");
	for (;;) {
		AUTO(buf) struct buf text = BUF(64);
		struct err err = { 0 };
		uint64_t port;

		if (fs_read_path(&text, path, &err)) {
			text.data[strcspn(text.data, "\n")] = '\0';
			assert_true(parse_uint(&port, text.data, 1, 65535));
			s->port = (unsigned)port;
			break;
		}
		if (clock_ms() > until || waitpid(s->pid, NULL, WNOHANG))
			fail_msg("scm-sim does not start");
		usleep(5000);
	}
	snprintf(s->url, sizeof(s->url), "https://localhost:%u", s->port);
}

static void run(const struct sim *s, const char *const *switches)
{
	const char *argv[ARGUMENTS_MAX] = { s->program, "--dir", s->dir, "--port-file" };
	char port_file[96];
	size_t n = 4;

	path_in(port_file, sizeof(port_file), s, "port");
	argv[n++] = port_file;
	for (; switches && *switches; switches++)
		argv[n++] = *switches;
	/* a test that fails in the middle leaves nothing running */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* a pipe to whoever runs the test must not outlive it */
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(126);
	execv(s->program, (char *const *)argv);
	_exit(127);
}

void sim_start(struct sim *s, const char *program, const char *const *switches)
{
	const char *login[] = { "api", "--client-cert", NULL, NULL };
	char client[96];

	*s = (struct sim) { .program = program, .dir = "/tmp/scm-test-XXXXXX" };
	assert_non_null(mkdtemp(s->dir));
	path_in(client, sizeof(client), s, "client.pem");
	login[2] = client;
	sim_add_login(s, login);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (!s->pid)
		run(s, switches);
	wait_for_port(s);
}

void sim_stop(struct sim *s)
{
	AUTO(fd) int tmp = -1;
	struct err err = { 0 };

	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		waitpid(s->pid, NULL, 0);
	}
	if (!fs_open_dir(&tmp, AT_FDCWD, "/tmp", &err) ||
		!fs_remove_tree(tmp, s->dir + strlen("/tmp/"), &err))
		fail_msg("%s", err.text);
}

void sim_switch(const struct sim *s, const char *lines)
{
	sim_put(s, "switches", lines, strlen(lines));
}

void sim_read(struct buf *out, const struct sim *s, const char *name)
{
	char path[96];
	struct err err = { 0 };

	*out = BUF(FILE_MAX);
	path_in(path, sizeof(path), s, name);
	if (!fs_read_path(out, path, &err))
		fail_msg("%s", err.text);
}

size_t sim_count(const struct sim *s, const char *name, const char *word, const char *other)
{
	AUTO(buf) struct buf text = { 0 };
	size_t n = 0;
	char *end;

	sim_read(&text, s, name);
	for (char *line = text.data; line && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		n += (!word || strstr(line, word)) && (!other || strstr(line, other));
	}
	return n;
}
