/* Addresses: the loopback interface and no other; sockets that systemd hands over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "webhook/listen.h"

static void refuses_other_addresses(void **state)
{
	static const char *const texts[] = { "", ":", "8757", ":8757", "localhost:8757",
		"0.0.0.0:8757", "192.0.2.1:8757", "[::]:8757", "[2001:db8::1]:8757", "::1:8757",
		"127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x",
		"127.0.0.1:-1", "127.1:8757",
		"127.0.0.1000000000000000000000000000000000000000000000000000:8757" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err = { 0 };
		bool activated;
		int fd = -1;

		if (listen_open(&fd, &activated, texts[i], &err))
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_int_equal(fd, -1);
	}
}

/* A free port, as the kernel sees it at this moment. */
static int listener(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void says_what_is_taken(void **state)
{
	uint16_t port;
	AUTO(fd) int other = listener(&port);
	char address[32];
	struct err err = { 0 };
	bool activated;
	int fd;

	(void)state;
	(void)other;
	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	assert_false(listen_open(&fd, &activated, address, &err));
	assert_int_equal(err.kind, ERR_INTERNAL);
}

/* Descriptor 3 as systemd would leave it. */
static void takes_what_systemd_gives(void **state)
{
	char pid[16];
	uint16_t port;
	AUTO(fd) int other = listener(&port);
	struct err err = { 0 };
	bool activated = false;
	int fd = -1;

	(void)state;
	snprintf(pid, sizeof(pid), "%d", getpid());
	assert_int_equal(dup2(other, 3), 3);
	assert_int_equal(setenv("LISTEN_PID", pid, 1) | setenv("LISTEN_FDS", "1", 1), 0);
	assert_true(listen_open(&fd, &activated, "nonsense", &err));
	assert_int_equal(fd, 3);
	assert_true(activated);
	assert_int_equal(dup2(STDIN_FILENO, 3), 3);
	assert_false(listen_open(&fd, &activated, "nonsense", &err));
	assert_int_equal(setenv("LISTEN_FDS", "2", 1), 0);
	assert_false(listen_open(&fd, &activated, "nonsense", &err));
	assert_int_equal(unsetenv("LISTEN_FDS") | unsetenv("LISTEN_PID"), 0);
	close(3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_other_addresses),
		cmocka_unit_test(says_what_is_taken),
		cmocka_unit_test(takes_what_systemd_gives),
	};

	return cmocka_run_group_tests_name("webhook/listen", tests, NULL, NULL);
}
