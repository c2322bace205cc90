#include "file_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../unit/tempdir.h"
#include "base/clock.h"

#define NGINX "/usr/sbin/nginx"
#define START_MS 20000
#define TRIES 5

bool file_server_possible(void)
{
	return !access(NGINX, X_OK);
}

static unsigned free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);
	AUTO(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_return_code(bind(fd, (struct sockaddr *)&a, size), errno);
	assert_return_code(getsockname(fd, (struct sockaddr *)&a, &size), errno);
	return ntohs(a.sin_port);
}

static void put_file(const struct file_server *f, const char *name, const char *text)
{
	struct err err = { 0 };

	if (!fs_write(f->dir->fd, name, text, strlen(text), FS_ATTR(0644), &err))
		fail_msg("%s", err.text);
}

/* Two names, one of which has no files: so the Host header counts. */
static void configure(struct file_server *f)
{
	AUTO(buf) struct buf conf = BUF(8192);

	f->http_port = free_port();
	f->https_port = free_port();
	buf_addf(&conf,
		"daemon off; master_process off; pid %s/pid; error_log %s/log; events {}\n"
		"http {\n"
		"access_log off; default_type text/plain;\n"
		"client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3;\n"
		"uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;\n"
		"server { listen 127.0.0.1:%u default_server; return 404; }\n"
		"server { listen 127.0.0.1:%u; server_name www.example.com; root %s;\n"
		"  location " FILE_SERVER_PATH " { alias %s/file.txt; }\n"
		"  location /moved { return 302 http://www.example.com" FILE_SERVER_PATH "; }\n"
		"}\n"
		"server { listen 127.0.0.1:%u ssl; server_name www.example.com;\n"
		"  ssl_certificate %s; ssl_certificate_key %s;\n"
		"  location " FILE_SERVER_PATH " { alias %s/file.txt; }\n"
		"}\n}\n",
		f->dir->path, f->dir->path, f->dir->path, f->dir->path, f->dir->path, f->dir->path,
		f->dir->path, f->http_port, f->http_port, f->dir->path, f->dir->path, f->https_port,
		f->identity, f->identity, f->dir->path);
	assert_true(buf_ok(&conf));
	put_file(f, "nginx.conf", buf_str(&conf));
}

static void run_nginx(const struct file_server *f)
{
	char conf[128];

	tempdir_path(conf, f->dir, "nginx.conf");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(126);
	execl(NGINX, "nginx", "-e", "stderr", "-p", f->dir->path, "-c", conf, (char *)NULL);
	_exit(127);
}

static bool listens(unsigned port)
{
	const struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	AUTO(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0;
}

/* False when it ended by itself, as when somebody else took a port meanwhile. */
static bool start_nginx(struct file_server *f)
{
	int64_t until = clock_ms() + START_MS;

	configure(f);
	f->pid = fork();
	assert_return_code(f->pid, errno);
	if (!f->pid)
		run_nginx(f);
	while (!listens(f->http_port) || !listens(f->https_port)) {
		if (waitpid(f->pid, NULL, WNOHANG) == f->pid)
			return false;
		assert_true(clock_ms() < until);
		usleep(10000);
	}
	return waitpid(f->pid, NULL, WNOHANG) == 0;
}

void file_server_start(struct file_server *f, const char *identity)
{
	void *made = NULL;
	int tries = 0;

	assert_int_equal(tempdir_setup(&made), 0);
	*f = (struct file_server) { .dir = made, .identity = identity };
	while (!start_nginx(f))
		assert_true(++tries < TRIES);
}

void file_server_stop(struct file_server *f)
{
	void *made = f->dir;

	kill(f->pid, SIGKILL);
	waitpid(f->pid, NULL, 0);
	assert_int_equal(tempdir_teardown(&made), 0);
}

void file_server_put(const struct file_server *f, const char *text)
{
	put_file(f, "file.txt", text);
}
