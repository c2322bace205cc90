/* The log of refused requests: a line a minute, with all of them counted in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/log.h"
#include "tempdir.h"
#include "webhook/refusals.h"

#define MINUTE 60000

/* What refusals_report() prints at that time. */
static const char *reported(struct refusals *r, struct tempdir *t, int64_t now)
{
	static char text[2048];
	char path[128];
	int old = dup(STDERR_FILENO);
	AUTO(fd)
	int fd = open(tempdir_path(path, t, "err"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	assert_true(old >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	refusals_report(r, now);
	dup2(old, STDERR_FILENO);
	close(old);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void one_line_a_minute(void **state)
{
	struct refusals r = { 0 };

	assert_string_equal(reported(&r, *state, 5), "");
	assert_int_equal(refusals_next(&r), INT64_MAX);
	refusals_note(&r, 401, "no Authorization header");
	assert_true(refusals_next(&r) <= 5);
	assert_string_equal(reported(&r, *state, 5),
		"warning: requests refused: 1 with 401; the last: no Authorization header\n");
	for (int i = 0; i < 100000; i++)
		refusals_note(&r, 401, "a wrong secret");
	refusals_note(&r, 413, "a body that is too long");
	assert_string_equal(reported(&r, *state, 6), "");
	assert_string_equal(reported(&r, *state, MINUTE + 4), "");
	assert_int_equal(refusals_next(&r), MINUTE + 5);
	assert_string_equal(reported(&r, *state, MINUTE + 5),
		"warning: requests refused: 100000 with 401, 1 with 413; the last: a body that is "
		"too long\n");
	assert_string_equal(reported(&r, *state, 10 * MINUTE), "");
}

/* More kinds than there is room for are counted with the last. */
static void many_kinds(void **state)
{
	struct refusals r = { 0 };
	uint64_t sum = 0;

	for (unsigned status = 400; status < 500; status++)
		refusals_note(&r, status, "x");
	for (size_t i = 0; i < REFUSALS_KINDS; i++)
		sum += r.kind[i].n;
	assert_int_equal(sum, 100);
	assert_true(strlen(reported(&r, *state, 0)) > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = { TEST(one_line_a_minute), TEST(many_kinds) };

	return cmocka_run_group_tests_name("webhook/refusals", tests, NULL, NULL);
}
