#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/parse.h"
#include "deploy-hooks/hook.h"
#include "tempdir.h"

#define PLENTY_MS 60000

static void write_hook(const struct tempdir *t, const char *name, const char *text)
{
	struct err err = { 0 };

	if (!fs_write(t->fd, name, text, strlen(text), FS_ATTR(0755), &err))
		fail_msg("%s", err.text);
}

static void read_text(struct buf *out, const struct tempdir *t, const char *name)
{
	struct err err = { 0 };

	if (!fs_read(out, t->fd, name, &err))
		fail_msg("%s", err.text);
}

static void test_event_names(void **state)
{
	(void)state;
	assert_string_equal(hook_event_name(HOOK_PRE), "pre");
	assert_string_equal(hook_event_name(HOOK_TEST), "test");
	assert_string_equal(hook_event_name(HOOK_DEPLOY), "deploy");
	assert_string_equal(hook_event_name(HOOK_POST), "post");
}

/* 300 names that a shell would take for more than a name. */
static void test_names_stay_data(void **state)
{
	static const char *const parts[] = { ";touch hit", "$(touch hit)", "`touch hit`",
		"|touch hit", "\ntouch hit\n", "&& touch hit", ">hit", "'\"", "\\", "*", "-rf",
		"\x1b]0;hit\a", "%n%s", "\xff\xfe", "${IFS}touch${IFS}hit", "" };
	const struct tempdir *t = *state;
	char path[128];
	const struct hook hook = { .path = tempdir_path(path, t, "echo") };

	write_hook(t, "echo",
		"#!/bin/sh\ncd \"$RENEWED_LINEAGE\" && printf %s \"$2\" >name && ls | wc -l\n");
	for (size_t i = 0; i < 300; i++) {
		AUTO(buf) struct buf name = BUF(200);
		AUTO(buf) struct buf seen = BUF(200);
		AUTO(buf) struct buf output = BUF(200);
		struct hook_context ctx = { .live_dir = t->path };
		struct err err = { 0 };

		buf_addf(&name, "%zu%s%s", i, parts[i % ARRAY_LEN(parts)],
			parts[(i / ARRAY_LEN(parts)) % ARRAY_LEN(parts)]);
		ctx.name = buf_str(&name);
		assert_true(hook_run(&hook, HOOK_DEPLOY, &ctx, PLENTY_MS, &output, &err));
		read_text(&seen, t, "name");
		assert_string_equal(buf_str(&seen), buf_str(&name));
		assert_string_equal(buf_str(&output), "2\n"); /* echo and name: no file "hit" */
	}
}

/* The zoo: how a hook can end, and what is said about it. */
static const struct {
	const char *script;
	int64_t timeout_ms;
	const char *message; /* behind "hook PATH: deploy: "; NULL: it succeeds */
	const char *output;
} zoo[] = {
	{ "exit 0", PLENTY_MS, NULL, "" },
	{ "echo reloaded", PLENTY_MS, NULL, "reloaded\n" },
	{ "exit 1", PLENTY_MS, "exit status 1", "" },
	{ "echo one; echo two; echo; exit 77", PLENTY_MS, "exit status 77: two", "one\ntwo\n\n" },
	{ "echo no line end | tr -d '\\n' >&2; exit 3", PLENTY_MS, "exit status 3: no line end",
		"no line end\n" },
	{ "kill -SEGV $$", PLENTY_MS, "exit status 139 (signal 11)", "" },
	{ "echo working; exec sleep 1000", 2000, "ended by us after 2 s (hook_timeout): working",
		"working\n" },
	{ "trap 'exit 0' TERM; sleep 1000 & wait", 2000, "ended by us after 2 s (hook_timeout)",
		"" },
	{ "printf 'a\\033[31mred\\tb\\\\\\377\\n'; exit 1", PLENTY_MS,
		"exit status 1: a\\x1b[31mred\\x09b\\\\xff", "a\\x1b[31mred\\x09b\\\\xff\n" },
	{ "dir=$(mktemp -d); cd \"$dir\"; rmdir \"$dir\"; echo there", PLENTY_MS, NULL, "there\n" },
};

static void test_zoo(void **state)
{
	const struct tempdir *t = *state;
	char path[128];
	const struct hook hook = { .path = tempdir_path(path, t, "hook") };
	const struct hook_context ctx = { .name = "www" };

	for (size_t i = 0; i < ARRAY_LEN(zoo); i++) {
		AUTO(buf) struct buf text = BUF(1024);
		AUTO(buf) struct buf output = BUF(4096);
		AUTO(buf) struct buf message = BUF(1024);
		struct err err = { 0 };
		bool done;

		buf_addf(&text, "#!/bin/sh\n%s\n", zoo[i].script);
		write_hook(t, "hook", buf_str(&text));
		done = hook_run(&hook, HOOK_DEPLOY, &ctx, zoo[i].timeout_ms, &output, &err);
		assert_string_equal(buf_str(&output), zoo[i].output);
		assert_true(done == !zoo[i].message);
		if (done)
			continue;
		buf_addf(&message, "hook %s: deploy: %s", path, zoo[i].message);
		assert_string_equal(err.text, buf_str(&message));
		assert_int_equal(err.kind, ERR_DEPLOY);
	}
}

static void test_gibibyte_of_output(void **state)
{
	const struct tempdir *t = *state;
	char path[128];
	const struct hook hook = { .path = tempdir_path(path, t, "hook") };
	const struct hook_context ctx = { .name = "www" };
	AUTO(buf) struct buf output = BUF(1000);
	struct err err = { 0 };

	write_hook(t, "hook", "#!/bin/sh\nyes 'a line' | head -c 1073741824\nexit 1\n");
	assert_false(hook_run(&hook, HOOK_DEPLOY, &ctx, PLENTY_MS, &output, &err));
	/* whole lines of seven bytes, as many as fit */
	assert_true(buf_ok(&output));
	assert_int_equal(output.len, 1000 / 7 * 7);
	assert_string_equal(buf_str(&output) + output.len - 14, "a line\na line\n");
}

static void test_daemonised_child(void **state)
{
	const struct tempdir *t = *state;
	char path[128];
	const struct hook hook = { .path = tempdir_path(path, t, "hook") };
	const struct hook_context ctx = { .name = "www" };
	AUTO(buf) struct buf output = BUF(100);
	struct err err = { 0 };
	uint64_t pid = 0;

	write_hook(t, "hook", "#!/bin/sh\nsetsid sleep 1000 &\necho $!\n");
	assert_true(hook_run(&hook, HOOK_DEPLOY, &ctx, PLENTY_MS, &output, &err));
	output.data[output.len - 1] = '\0';
	assert_true(parse_uint(&pid, buf_str(&output), 2, INT32_MAX));
	assert_return_code(kill((pid_t)pid, SIGKILL), errno);
}

static void test_arguments_and_environment(void **state)
{
	static const char name[] = "a b;$(touch x)`touch y`\"'*?\\";
	const struct tempdir *t = *state;
	char path[128];
	AUTO(strlist) struct strlist domains = { 0 };
	AUTO(strlist) struct strlist options = { 0 };
	const struct hook hook = { .path = tempdir_path(path, t, "recorder"), .options = &options };
	const struct hook_context ctx = {
		.name = name,
		.domains = &domains,
		.live_dir = t->path,
	};
	AUTO(buf) struct buf record = BUF(8192);
	AUTO(buf) struct buf expected = BUF(8192);
	struct err err = { 0 };

	assert_true(strlist_add(&domains, "$(touch z).example.com"));
	assert_true(strlist_add(&options, "UNIT=;touch w"));
	write_hook(t, "recorder",
		"#!/bin/sh\n"
		"{\n"
		"printf '%s\\n' \"$0\" \"$@\"\n"
		"tr '\\0' '\\n' <\"/proc/$$/environ\" | sort\n"
		"ls /proc/self/fd\n"
		"} >\"$RENEWED_LINEAGE/record\"\n");
	if (!hook_run(&hook, HOOK_POST, &ctx, PLENTY_MS, NULL, &err))
		fail_msg("%s", err.text);
	read_text(&record, t, "record");
	buf_addf(&expected,
		"%s\npost\n%s\n"
		"FAILED_DOMAINS=\nHOME=/\nLANG=C.UTF-8\n"
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
		"RENEWED_DOMAINS=$(touch z).example.com\nRENEWED_LINEAGE=%s\n"
		"SCM_AGENT_DOMAINS=$(touch z).example.com\nSCM_AGENT_EVENT=post\n"
		"SCM_AGENT_NAME=%s\nSCM_AGENT_OPT_UNIT=;touch w\n"
		"0\n1\n2\n3\n", /* 3 is the directory that ls reads */
		path, name, t->path, name);
	assert_string_equal(buf_str(&record), buf_str(&expected));
}

/* As such scripts are written for certbot: nothing of ours is used. */
static void test_certbot_style(void **state)
{
	const struct tempdir *t = *state;
	char path[128];
	char live[128];
	AUTO(strlist) struct strlist domains = { 0 };
	const struct hook hook = { .path = tempdir_path(path, t, "haproxy.sh") };
	const struct hook_context ctx = {
		.name = "www",
		.domains = &domains,
		.live_dir = tempdir_path(live, t, "live"),
	};
	AUTO(buf) struct buf combined = BUF(1024);
	struct stat st;
	struct err err = { 0 };
	AUTO(fd) int dir = -1;

	assert_true(strlist_add(&domains, "www.example.com"));
	assert_true(strlist_add(&domains, "example.com"));
	assert_true(fs_make_dir(&dir, t->fd, "live", FS_ATTR(0755), &err));
	assert_true(fs_write(dir, "fullchain.pem", "CHAIN\n", 6, FS_ATTR(0644), &err));
	assert_true(fs_write(dir, "privkey.pem", "KEY\n", 4, FS_ATTR(0600), &err));
	write_hook(t, "haproxy.sh",
		"#!/bin/bash\n"
		"set -euo pipefail\n"
		"[ -z \"$FAILED_DOMAINS\" ]\n"
		"for domain in $RENEWED_DOMAINS; do\n"
		"    cat \"$RENEWED_LINEAGE/fullchain.pem\" \"$RENEWED_LINEAGE/privkey.pem\" \\\n"
		"        > \"$RENEWED_LINEAGE/$domain.pem\"\n"
		"done\n"
		"cp \"$RENEWED_LINEAGE/fullchain.pem\" \"$RENEWED_LINEAGE/public.pem\"\n");
	if (!hook_run(&hook, HOOK_DEPLOY, &ctx, PLENTY_MS, NULL, &err))
		fail_msg("%s", err.text);
	assert_true(fs_read(&combined, dir, "example.com.pem", &err));
	assert_string_equal(buf_str(&combined), "CHAIN\nKEY\n");
	assert_true(fs_exists(dir, "www.example.com.pem"));
	/* what everybody may read can still be read when it was copied */
	assert_return_code(fstatat(dir, "public.pem", &st, 0), errno);
	assert_int_equal(st.st_mode & 0777, 0644);
}

/* `test` is asked of shipped scripts alone; another one would not know the word. */
static void test_only_shipped_are_tested(void **state)
{
	const struct tempdir *t = *state;
	char path[128];
	struct hook hook = { .path = tempdir_path(path, t, "hook") };
	const struct hook_context ctx = { .name = "www" };
	struct err err = { 0 };

	write_hook(t, "hook", "#!/bin/sh\necho \"asked for $1\"\nexit 1\n");
	assert_true(hook_run(&hook, HOOK_TEST, &ctx, PLENTY_MS, NULL, &err));
	hook.shipped = true;
	assert_false(hook_run(&hook, HOOK_TEST, &ctx, PLENTY_MS, NULL, &err));
	assert_non_null(strstr(err.text, "/hook: test: exit status 1: asked for test"));
}

static void test_cannot_be_run(void **state)
{
	const struct tempdir *t = *state;
	char path[128];
	AUTO(strlist) struct strlist options = { 0 };
	struct hook hook = { .path = tempdir_path(path, t, "hook") };
	const struct hook_context ctx = { .name = "www" };
	AUTO(buf) struct buf output = BUF(100);
	struct err err = { 0 };

	write_hook(t, "hook", "#!/nonexistent/interpreter\n");
	assert_false(hook_run(&hook, HOOK_DEPLOY, &ctx, PLENTY_MS, &output, &err));
	assert_int_equal(err.kind, ERR_DEPLOY);
	assert_non_null(strstr(err.text, "No such file"));
	write_hook(t, "hook", "echo no interpreter named\n");
	assert_false(hook_run(&hook, HOOK_DEPLOY, &ctx, PLENTY_MS, &output, &err));
	assert_int_equal(err.kind, ERR_DEPLOY);
	assert_true(strlist_add(&options, "nonsense"));
	hook.options = &options;
	assert_false(hook_run(&hook, HOOK_DEPLOY, &ctx, PLENTY_MS, &output, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_int_equal(output.len, 0);
}

/* Lists at their longest do not keep the program from being started. */
static void test_endless_lists(void **state)
{
	const struct tempdir *t = *state;
	char path[128];
	AUTO(strlist) struct strlist domains = { 0 };
	const struct hook hook = { .path = tempdir_path(path, t, "hook") };
	const struct hook_context ctx = {
		.name = "www", .domains = &domains, .failed_domains = &domains
	};
	AUTO(buf) struct buf output = BUF(100);
	struct err err = { 0 };

	for (int i = 0; i < 5000; i++)
		assert_true(strlist_add(&domains, "abcdefghijklmnopqrstuvwxyz.example.com"));
	write_hook(t, "hook", "#!/bin/sh\necho $SCM_AGENT_TRUNCATED\n");
	if (!hook_run(&hook, HOOK_DEPLOY, &ctx, PLENTY_MS, &output, &err))
		fail_msg("%s", err.text);
	assert_string_equal(buf_str(&output), "yes\n");
}

static void assert_refused(const char *path, const char *why)
{
	const struct hook hook = { .path = path };
	struct err err = { 0 };

	assert_false(hook_check(&hook, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void test_check_kind_of_file(void **state)
{
	const struct tempdir *t = *state;
	char path[128];
	char link[128];
	const struct hook hook = { .path = tempdir_path(path, t, "hook") };
	struct err err = { 0 };

	write_hook(t, "hook", "#!/bin/sh\n");
	if (!hook_check(&hook, &err))
		fail_msg("%s", err.text);
	assert_refused("nginx", "not an absolute path");
	assert_refused(t->path, "not a regular file");
	assert_refused("/nonexistent/hook", "No such file");
	assert_return_code(symlinkat("hook", t->fd, "link"), errno);
	assert_true(hook_check(&(struct hook) { .path = tempdir_path(link, t, "link") }, &err));
	/* a link that others could have made chooses the program for us */
	assert_return_code(fchownat(t->fd, "link", 65534, 65534, AT_SYMLINK_NOFOLLOW), errno);
	assert_refused(link, "can be changed by others");
	assert_return_code(fchmodat(t->fd, "hook", 0644, 0), errno);
	assert_refused(path, "can't be executed");
}

static void test_check_owner_and_modes(void **state)
{
	const struct tempdir *t = *state;
	char path[128];
	const struct hook hook = { .path = tempdir_path(path, t, "dir/hook") };
	struct err err = { 0 };
	AUTO(fd) int dir = -1;

	assert_true(fs_make_dir(&dir, t->fd, "dir", FS_ATTR(0755), &err));
	write_hook(&(struct tempdir) { .fd = dir }, "hook", "#!/bin/sh\n");
	assert_true(hook_check(&hook, &err));
	assert_return_code(fchmodat(dir, "hook", 0775, 0), errno);
	assert_refused(path, "can be changed by others");
	assert_return_code(fchmodat(dir, "hook", 0757, 0), errno);
	assert_refused(path, "can be changed by others");
	assert_return_code(fchmodat(dir, "hook", 0700, 0), errno);
	assert_true(hook_check(&hook, &err));
	assert_return_code(fchmod(dir, 0775), errno);
	assert_refused(path, "can be changed by others");
	assert_return_code(fchmod(dir, 0755), errno);
	assert_true(hook_check(&hook, &err));
	if (geteuid())
		return;
	assert_return_code(fchownat(dir, "hook", 65534, 65534, 0), errno);
	assert_refused(path, "uid 65534");
	assert_return_code(fchownat(dir, "hook", 0, 0, 0), errno);
	assert_return_code(fchown(dir, 65534, 65534), errno);
	assert_refused(path, "uid 65534");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event_names),
		TEST(test_names_stay_data),
		TEST(test_zoo),
		TEST(test_gibibyte_of_output),
		TEST(test_daemonised_child),
		TEST(test_arguments_and_environment),
		TEST(test_certbot_style),
		TEST(test_only_shipped_are_tested),
		TEST(test_cannot_be_run),
		TEST(test_endless_lists),
		TEST(test_check_kind_of_file),
		TEST(test_check_owner_and_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
