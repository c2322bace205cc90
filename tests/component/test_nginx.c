#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "ca_fixture.h"
#include "deploy-hooks/stanza.h"
#include "nginx_scene.h"
#include "tempdir.h"

static const char *script;

static int setup(void **state)
{
	return scene_setup(state, script);
}

/* Generations 0 and 1, each with a key of its own; 0 is linked. */
static void two_generations(struct scene *s)
{
	for (int i = 0; i < 2; i++) {
		AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");

		scene_generation(s, i, key, NULL);
	}
	scene_switch(s, 0);
}

static void write_text(struct scene *s, const char *name, const char *text)
{
	struct err err = { 0 };

	if (!fs_write(s->dir->fd, name, text, strlen(text), FS_ATTR(0600), &err))
		fail_msg("%s", err.text);
}

static void test_switch(void **state)
{
	struct scene *s = *state;
	AUTO(buf) struct buf output = BUF(1024);
	AUTO(buf) struct buf expected = BUF(1024);
	struct err err = { 0 };

	two_generations(s);
	scene_start(s);
	assert_true(scene_serves(s, 0, &err));
	scene_switch(s, 1);
	assert_false(scene_serves(s, 1, &err)); /* what the probe is for: nothing is reloaded yet */
	if (!scene_hook(s, HOOK_TEST, &output, &err) || !scene_hook(s, HOOK_DEPLOY, &output, &err))
		fail_msg("%s", err.text);
	buf_addf(&expected, "nginx: configuration test passed\nnginx: told process %d to reload\n",
		(int)s->pid);
	assert_string_equal(buf_str(&output), buf_str(&expected));
	scene_assert_served(s, 1);
	scene_switch(s, 0);
	assert_true(scene_hook(s, HOOK_DEPLOY, NULL, &err));
	scene_assert_served(s, 0);
}

/* Key and certificate that do not belong together: said before anything is reloaded. */
static void test_broken_configuration(void **state)
{
	struct scene *s = *state;
	struct err err = { 0 };
	AUTO(buf) struct buf key = BUF(8192);
	AUTO(fd) int dir = -1;

	two_generations(s);
	scene_start(s);
	scene_switch(s, 1);
	assert_true(fs_open_dir(&dir, s->dir->fd, "g0", &err));
	assert_true(fs_read(&key, dir, "privkey.pem", &err));
	fs_close(dir);
	assert_true(fs_open_dir(&dir, s->dir->fd, "g1", &err));
	assert_true(fs_write(dir, "privkey.pem", key.data, key.len, FS_ATTR(0600), &err));
	assert_false(scene_hook(s, HOOK_TEST, NULL, &err));
	assert_int_equal(err.kind, ERR_DEPLOY);
	assert_non_null(strstr(err.text, ": test: exit status 1: "));
	assert_true(scene_serves(s, 0, &err));
}

static void test_stopped_is_not_started(void **state)
{
	static const char said[] = "nginx: not running, so not reloaded and not started\n";
	struct scene *s = *state;
	AUTO(buf) struct buf output = BUF(1024);
	struct err err = { 0 };

	two_generations(s);
	scene_start(s);
	scene_stop(s);
	assert_true(scene_hook(s, HOOK_TEST, NULL, &err));
	assert_true(scene_hook(s, HOOK_DEPLOY, &output, &err));
	assert_string_equal(buf_str(&output), said);
	assert_false(scene_serves(s, 0, &err));
	assert_int_equal(err.kind, ERR_UNAVAILABLE);
}

/* A pid file that outlived its nginx: its number may be another's now, who must hear nothing. */
static void test_stale_pid_file(void **state)
{
	static const char said[] = "nginx: not running, so not reloaded and not started\n";
	static const char *const contents[] = { "", "\n", "junk\n", "-1\n", "999999999\n", NULL };
	struct scene *s = *state;
	char own[32];
	struct err err = { 0 };

	two_generations(s);
	scene_start(s);
	scene_stop(s);
	/* SIGHUP would end this program */
	snprintf(own, sizeof(own), "%d\n", (int)getpid());
	for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
		AUTO(buf) struct buf output = BUF(1024);

		write_text(s, "nginx.pid", contents[i] ? contents[i] : own);
		if (!scene_hook(s, HOOK_DEPLOY, &output, &err))
			fail_msg("%s", err.text);
		assert_string_equal(buf_str(&output), said);
	}
}

/* What the stanza quotes is what nginx reads: paths as odd as a configuration allows. */
static void test_odd_paths(void **state)
{
	static const char odd[] = "a \"b\" c\\d\\\\n ; #{}'%";
	static const char *const files[] = { "fullchain.pem", "privkey.pem" };
	struct scene *s = *state;
	AUTO(fd) int from = -1;
	AUTO(fd) int to = -1;
	AUTO(buf) struct buf text = BUF(4096);
	char paths[ARRAY_LEN(files)][256];
	const struct stanza stanza = {
		.include_path = paths[0], .fullchain_path = paths[0], .key_path = paths[1]
	};
	struct err err = { 0 };

	two_generations(s);
	assert_true(fs_open_dir(&from, s->dir->fd, "g0", &err));
	assert_true(fs_make_dir(&to, s->dir->fd, odd, FS_ATTR(0700), &err));
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%s/%s", s->dir->path, odd, files[i]);
		assert_true(fs_move(from, files[i], to, files[i], &err));
	}
	if (!stanza_nginx(&text, &stanza, &err))
		fail_msg("%s", err.text);
	assert_true(fs_write(from, "nginx.conf", text.data, text.len, FS_ATTR(0600), &err));
	scene_start(s);
	scene_assert_served(s, 0);
}

static void test_usage(void **state)
{
	struct scene *s = *state;
	struct err err = { 0 };

	assert_false(scene_hook(s, HOOK_PRE, NULL, &err));
	assert_non_null(strstr(err.text, "exit status 2: usage: "));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, scene_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_switch),
		TEST(test_broken_configuration),
		TEST(test_stopped_is_not_started),
		TEST(test_stale_pid_file),
		TEST(test_odd_paths),
		TEST(test_usage),
	};

	if (argc != 2 || access("/usr/sbin/nginx", X_OK)) {
		fprintf(stderr, "SKIPPED: usage is %s SCRIPT, and nginx must be installed\n",
			argv[0]);
		return 77;
	}
	script = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
