#include "nginx_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/proc.h"
#include "ca_fixture.h"
#include "deploy-hooks/probe.h"
#include "deploy-hooks/stanza.h"
#include "tempdir.h"

#define PLENTY_MS 60000
#define PORTS_TRIED 5

static const char *const plain_env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

int scene_setup(void **state, const char *script)
{
	struct scene *s = calloc(1, sizeof(*s));
	void *dir = NULL;
	struct ca_spec spec;

	if (!s || tempdir_setup(&dir))
		return -1;
	*s = (struct scene) { .dir = dir, .script = script, .env = plain_env, .sock = -1 };
	s->ca_key = ca_ec_key("P-256");
	spec = ca_issuer_spec("scene CA", s->ca_key);
	s->ca = ca_issue(&spec, NULL, s->ca_key);
	*state = s;
	return 0;
}

int scene_teardown(void **state)
{
	struct scene *s = *state;
	void *dir = s->dir;
	int rc;

	scene_stop(s);
	for (size_t i = 0; i < SCENE_GENERATIONS; i++)
		X509_free(s->leaf[i]);
	X509_free(s->ca);
	EVP_PKEY_free(s->ca_key);
	strlist_dispose(&s->options);
	rc = tempdir_teardown(&dir);
	free(s);
	return rc;
}

static void write_file(int dir, const char *name, const struct buf *text)
{
	struct err err = { 0 };

	assert_true(buf_ok(text));
	if (!fs_write(dir, name, buf_str(text), text->len, FS_ATTR(0600), &err))
		fail_msg("%s", err.text);
}

static void write_key(int dir, EVP_PKEY *key)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	AUTO(buf) struct buf pem = BUF(8192);
	char *text = NULL;
	long len;

	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &text);
	buf_add(&pem, text, (size_t)len);
	write_file(dir, "privkey.pem", &pem);
}

/* The paths go through the link, so that a reload finds the generation of the day. */
static void write_stanza(const struct scene *s, int dir, const char *key_uri)
{
	char chain[SCENE_PATH_MAX];
	char key[SCENE_PATH_MAX];
	const struct stanza stanza = {
		.fullchain_path = tempdir_path(chain, s->dir, "live/fullchain.pem"),
		.key_path = key_uri ? NULL : tempdir_path(key, s->dir, "live/privkey.pem"),
		.key_uri = key_uri,
	};
	AUTO(buf) struct buf text = BUF(4096);
	struct err err = { 0 };

	if (!stanza_nginx(&text, &stanza, &err))
		fail_msg("%s", err.text);
	write_file(dir, "nginx.conf", &text);
}

void scene_generation(struct scene *s, int number, EVP_PKEY *key, const char *key_uri)
{
	struct ca_spec spec = ca_leaf_spec("www.example.com", key, "DNS:www.example.com");
	const char name[] = { 'g', (char)('0' + number), '\0' };
	AUTO(buf) struct buf chain = BUF(65536);
	AUTO(fd) int dir = -1;
	struct err err = { 0 };

	s->leaf[number] = ca_issue(&spec, s->ca, s->ca_key);
	if (!fs_make_dir(&dir, s->dir->fd, name, FS_ATTR(0755), &err))
		fail_msg("%s", err.text);
	ca_pem(&chain, s->leaf[number]);
	ca_pem(&chain, s->ca);
	write_file(dir, "fullchain.pem", &chain);
	write_stanza(s, dir, key_uri);
	if (!key_uri)
		write_key(dir, key);
}

void scene_switch(struct scene *s, int number)
{
	const char name[] = { 'g', (char)('0' + number), '\0' };
	struct err err = { 0 };

	if (!fs_switch_link(s->dir->fd, "live", name, &err))
		fail_msg("%s", err.text);
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

static void write_config(const struct scene *s)
{
	static const char *const kinds[] = { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" };
	const char *dir = s->dir->path;
	AUTO(buf) struct buf text = BUF(8192);

	buf_addf(&text, "daemon off;\npid %s/nginx.pid;\nerror_log %s/error.log;\n%s\n", dir, dir,
		s->main_lines ? s->main_lines : "");
	buf_addf(&text, "worker_processes 1;\nevents { worker_connections 64; }\nhttp {\n");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		buf_addf(&text, "%s_temp_path %s/temp;\n", kinds[i], dir);
	buf_addf(&text,
		"access_log off;\n"
		"server { listen 127.0.0.1:%u ssl; include %s/live/nginx.conf; }\n}\n",
		s->port, dir);
	write_file(s->dir->fd, "main.conf", &text);
}

bool scene_serves(struct scene *s, int number, struct err *err)
{
	const struct probe_target target = {
		.host = "127.0.0.1",
		.port = s->port,
		.server_name = "www.example.com",
		.timeout_ms = PLENTY_MS,
	};
	AUTO(probe_chain) struct probe_chain seen = { 0 };
	AUTO(buf) struct buf leaf = BUF(65536);

	if (!probe_chain_fetch(&seen, &target, err))
		return false;
	assert_int_equal(seen.n, 2);
	ca_der(&leaf, s->leaf[number]);
	if (seen.cert[0].len == leaf.len && !memcmp(seen.cert[0].der, leaf.data, leaf.len))
		return true;
	return err_set(err, ERR_DEPLOY, "another certificate is served");
}

void scene_assert_served(struct scene *s, int number)
{
	int64_t deadline = clock_ms() + PLENTY_MS;
	struct err err = { 0 };

	while (!scene_serves(s, number, &err)) {
		if (clock_ms() > deadline)
			fail_msg("generation %d: %s", number, err.text);
		usleep(50000);
	}
}

/* Answers at all, with whatever; false when nginx has ended (somebody else took the port). */
static bool comes_up(struct scene *s)
{
	for (;;) {
		siginfo_t info = { 0 };
		struct err err = { 0 };

		if (scene_serves(s, 0, &err) || err.kind != ERR_UNAVAILABLE)
			return true;
		assert_return_code(
			waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT), errno);
		if (info.si_pid)
			return false;
		usleep(20000);
	}
}

void scene_start(struct scene *s)
{
	char config[SCENE_PATH_MAX];
	char log[SCENE_PATH_MAX];
	const char *const argv[] = { "/usr/sbin/nginx", "-c",
		tempdir_path(config, s->dir, "main.conf"), "-e",
		tempdir_path(log, s->dir, "error.log"), NULL };
	const struct proc_spec spec = { .argv = argv, .env = s->env };
	struct err err = { 0 };

	for (int i = 0; i < PORTS_TRIED; i++) {
		s->port = free_port();
		write_config(s);
		if (!proc_start(&s->pid, &s->sock, &spec, &err))
			fail_msg("%s", err.text);
		if (comes_up(s))
			return;
		scene_stop(s);
	}
	fail_msg("nginx does not start; see its messages above");
}

void scene_stop(struct scene *s)
{
	if (!s->pid)
		return;
	kill(s->pid, SIGTERM);
	proc_stop(s->pid, PLENTY_MS);
	fs_close(s->sock);
	s->pid = 0;
}

bool scene_hook(struct scene *s, enum hook_event event, struct buf *output, struct err *err)
{
	char config[sizeof("CONFIG=") + SCENE_PATH_MAX] = "CONFIG=";
	AUTO(strlist) struct strlist options = { 0 };
	const struct hook hook = { .path = s->script, .shipped = true, .options = &options };
	const struct hook_context ctx = { .name = "www" };

	tempdir_path(config + strlen(config), s->dir, "main.conf");
	assert_true(strlist_add(&options, config));
	assert_true(strlist_copy(&options, &s->options));
	return hook_run(&hook, event, &ctx, PLENTY_MS, output, err);
}
