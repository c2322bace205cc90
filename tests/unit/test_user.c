#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/user.h"

#define OTHER_ID 65534

/* Becomes that user in a child, which then does `then`; its exit status, 99 when it could not. */
static int as_user(const struct user *user, int (*then)(void))
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (!pid) {
		struct err err;

		_exit(user_become(user, &err) ? then() : 99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static bool has_line(const struct buf *text, const char *line)
{
	const char *at = strstr(buf_str(text), line);

	return at && at != text->data && at[-1] == '\n';
}

/* The kernel's account of it: every id, the groups, no capability, and no way to one. */
static int looks_right(void)
{
	static const char *const lines[] = {
		"Uid:\t65534\t65534\t65534\t65534\n",
		"Gid:\t65534\t65534\t65534\t65534\n",
		"Groups:\t4242 65534 \n",
		"CapInh:\t0000000000000000\n",
		"CapPrm:\t0000000000000000\n",
		"CapEff:\t0000000000000000\n",
		"CapAmb:\t0000000000000000\n",
		"NoNewPrivs:\t1\n",
	};
	AUTO(buf) struct buf text = BUF(65536);
	struct err err;

	if (!fs_read_path(&text, "/proc/self/status", &err))
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (!has_line(&text, lines[i]))
			return 2 + (int)i;
	return 0;
}

static int finds_no_way_back(void)
{
	return !setresuid(0, 0, 0) || !setgroups(0, NULL) || !setresgid(0, 0, 0);
}

static const struct user other = {
	.uid = OTHER_ID, .gid = OTHER_ID, .group = { OTHER_ID, 4242 }, .groups = 2
};

static void becomes_another_for_good(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(as_user(&other, looks_right), 0);
	assert_int_equal(as_user(&other, finds_no_way_back), 0);
}

static int is_root_without_power(void)
{
	return !geteuid() && !setresuid(OTHER_ID, OTHER_ID, OTHER_ID);
}

static void root_keeps_its_name_alone(void **state)
{
	const struct user root = { .groups = 1 };

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(as_user(&root, is_root_without_power), 0);
}

/* 0 when somebody who is not root becomes neither root nor himself. */
static int is_stuck(void)
{
	const struct user root = { .groups = 1 };
	struct err err;

	return user_become(&root, &err) || user_become(&other, &err);
}

static void takes_root(void **state)
{
	(void)state;
	assert_int_equal(geteuid() ? is_stuck() : as_user(&other, is_stuck), 0);
}

static void finds_groups(void **state)
{
	struct user user = { .groups = 77 };
	struct err err = { 0 };

	(void)state;
	assert_true(user_find(&user, "root", &err));
	assert_int_equal(user.uid, 0);
	assert_in_range(user.groups, 1, USER_GROUPS_MAX);
	user.groups = 77;
	assert_false(user_find(&user, "no-such-user", &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_non_null(strstr(err.text, "no-such-user"));
	assert_int_equal(user.groups, 77);
}

static void refuses_a_number_that_is_none(void **state)
{
	struct user user = { .groups = USER_GROUPS_MAX + 1 };
	struct err err = { 0 };

	(void)state;
	assert_false(user_become(&user, &err));
	user.groups = -1;
	assert_false(user_become(&user, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(becomes_another_for_good),
		cmocka_unit_test(root_keeps_its_name_alone),
		cmocka_unit_test(takes_root),
		cmocka_unit_test(finds_groups),
		cmocka_unit_test(refuses_a_number_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
