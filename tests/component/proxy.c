#include "proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fs.h"

#define START_MS 30000
#define TRIES 5
#define LOG_MAX (16 * 1024 * 1024)
#define REALM "proxy"
#define PROXY_HASH "$apr1$abcdefgh$wEncvqMfeVSiCZaroWXZh0" /* openssl passwd -apr1 */

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in) { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* Neither program can be told to take any. Somebody else may be quicker: then one tries again. */
static unsigned free_port(void)
{
	struct sockaddr_in at = loopback(0);
	socklen_t len = sizeof(at);
	AUTO(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	return ntohs(at.sin_port);
}

/* squid gives up root, and its helpers and logs are those of its user then. */
static void give_to_squid(const char *path)
{
	const struct passwd *user = geteuid() ? NULL : getpwnam("proxy");

	if (user)
		assert_int_equal(chown(path, user->pw_uid, user->pw_gid), 0);
}

static void put(const struct proxy *p, const char *name, const struct buf *text)
{
	AUTO(fd) int dir = -1;
	char path[128];
	struct err err = { 0 };

	assert_true(buf_ok(text));
	assert_true(fs_open_dir(&dir, AT_FDCWD, p->dir, &err));
	assert_true(fs_write(dir, name, text->data, text->len, FS_ATTR(0600), &err));
	assert_true(snprintf(path, sizeof(path), "%s/%s", p->dir, name) < (int)sizeof(path));
	if (p->kind == PROXY_SQUID)
		give_to_squid(path);
}

static void configure_tinyproxy(const struct proxy *p)
{
	AUTO(buf) struct buf conf = BUF(4096);

	buf_addf(&conf,
		"Port %u\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\nMaxClients 50\n"
		"LogFile \"%s/log\"\nLogLevel Info\n",
		p->port, p->dir);
	if (p->login == PROXY_BASIC)
		buf_addf(&conf, "BasicAuth %s %s\n", PROXY_USER, PROXY_PASSWORD);
	if (p->closed)
		buf_add_str(&conf, "ConnectPort 1\n");
	put(p, "conf", &conf);
}

static void add_md5(struct buf *out, const char *text)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	assert_true(EVP_Digest(text, strlen(text), hash, &len, EVP_md5(), NULL));
	buf_add_hex(out, hash, len);
}

static void add_squid_login(struct buf *conf, const struct proxy *p)
{
	bool digest = p->login == PROXY_DIGEST;
	const char *scheme = digest ? "digest" : "basic";
	AUTO(buf) struct buf users = BUF(256);

	if (digest) {
		buf_addf(&users, "%s:%s:", PROXY_USER, REALM);
		add_md5(&users, PROXY_USER ":" REALM ":" PROXY_PASSWORD);
	} else {
		buf_add_str(&users, PROXY_USER ":" PROXY_HASH);
	}
	buf_add_str(&users, "\n");
	put(p, "users", &users);
	buf_addf(conf, "auth_param %s program %s %s/users\n", scheme,
		digest ? "/usr/lib/squid/digest_file_auth -c" : "/usr/lib/squid/basic_ncsa_auth",
		p->dir);
	buf_addf(conf, "auth_param %s realm %s\nauth_param %s children 1 startup=1\n", scheme,
		REALM, scheme);
	buf_add_str(conf, "acl known proxy_auth REQUIRED\nhttp_access allow known\n");
}

static void configure_squid(const struct proxy *p)
{
	AUTO(buf) struct buf conf = BUF(4096);

	buf_addf(&conf,
		"http_port 127.0.0.1:%u\npid_filename none\ncoredump_dir %s\ncache_log "
		"%s/cache.log\n"
		"logformat all %%un %%>Hs %%rm %%ru %%>h\naccess_log stdio:%s/log all\n"
		"strip_query_terms off\nbuffered_logs off\nlog_mime_hdrs off\n",
		p->port, p->dir, p->dir, p->dir);
	buf_add_str(&conf, "cache deny all\ncache_mem 8 MB\nshutdown_lifetime 0 seconds\n"
			   "visible_hostname localhost\npinger_enable off\nnetdb_filename none\n"
			   "max_filedescriptors 256\n");
	if (p->closed)
		buf_add_str(&conf, "http_access deny all\n");
	if (p->login != PROXY_OPEN)
		add_squid_login(&conf, p);
	buf_addf(&conf, "http_access %s all\n", p->login == PROXY_OPEN ? "allow" : "deny");
	put(p, "conf", &conf);
}

/* ---- the process ----------------------------------------------------------------------------- */

static void run(const struct proxy *p)
{
	char conf[128];
	char name[32];
	const char *tinyproxy[] = { "/usr/bin/tinyproxy", "-d", "-c", conf, NULL };
	const char *squid[] = { "/usr/sbin/squid", "-N", "-n", name, "-f", conf, NULL };
	const char **argv = p->kind == PROXY_SQUID ? squid : tinyproxy;
	char *const env[] = { NULL };

	snprintf(conf, sizeof(conf), "%s/conf", p->dir);
	/* its shared memory is named by it */
	snprintf(name, sizeof(name), "test%d", (int)getpid());
	/* a test that fails in the middle leaves nothing running */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(126);
	execve(argv[0], (char *const *)argv, env);
	_exit(127);
}

static bool answers(unsigned port)
{
	struct sockaddr_in at = loopback(port);
	AUTO(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return !connect(fd, (struct sockaddr *)&at, sizeof(at));
}

/* False when it has ended: somebody else has taken the port. */
static bool wait_for(struct proxy *p)
{
	int64_t until = clock_ms() + START_MS;

	while (!waitpid(p->pid, NULL, WNOHANG)) {
		if (answers(p->port))
			return true;
		if (clock_ms() > until)
			fail_msg("the proxy does not answer");
		usleep(10000);
	}
	return false;
}

void proxy_start(struct proxy *p)
{
	memcpy(p->dir, "/tmp/scm-test-XXXXXX", sizeof("/tmp/scm-test-XXXXXX"));
	assert_non_null(mkdtemp(p->dir));
	if (p->kind == PROXY_SQUID)
		give_to_squid(p->dir);
	for (int i = 0; i < TRIES; i++) {
		p->port = free_port();
		if (p->kind == PROXY_SQUID)
			configure_squid(p);
		else
			configure_tinyproxy(p);
		p->pid = fork();
		assert_true(p->pid >= 0);
		if (!p->pid)
			run(p);
		if (wait_for(p))
			return;
	}
	fail_msg("the proxy does not start: is its package installed? './dev deps test'");
}

void proxy_stop(struct proxy *p)
{
	AUTO(fd) int tmp = -1;
	struct err err = { 0 };

	kill(p->pid, SIGTERM);
	waitpid(p->pid, NULL, 0);
	if (!fs_open_dir(&tmp, AT_FDCWD, "/tmp", &err) ||
		!fs_remove_tree(tmp, p->dir + strlen("/tmp/"), &err))
		fail_msg("%s", err.text);
}

void proxy_log(struct buf *out, const struct proxy *p)
{
	char path[128];
	struct err err = { 0 };

	*out = BUF(LOG_MAX);
	snprintf(path, sizeof(path), "%s/log", p->dir);
	if (!fs_read_path(out, path, &err))
		fail_msg("%s", err.text);
}

size_t proxy_connects(const struct proxy *p)
{
	AUTO(buf) struct buf log = { 0 };
	const char *word = p->kind == PROXY_SQUID ? " CONNECT " : ": CONNECT ";
	size_t n = 0;

	proxy_log(&log, p);
	for (const char *at = buf_str(&log); (at = strstr(at, word)); at += strlen(word))
		n++;
	return n;
}
