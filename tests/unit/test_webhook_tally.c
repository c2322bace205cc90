/* The log of requests: a line a minute, with all of them counted in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/log.h"
#include "tempdir.h"
#include "webhook/tally.h"

#define MINUTE 60000

/* What tally_report() prints at that time. */
static const char *reported(struct tally *t, struct tempdir *d, int64_t now)
{
	static char text[2048];
	char path[128];
	int old = dup(STDERR_FILENO);
	AUTO(fd)
	int fd = open(tempdir_path(path, d, "err"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	assert_true(old >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	tally_report(t, now);
	dup2(old, STDERR_FILENO);
	close(old);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void one_line_a_minute(void **state)
{
	struct tally t = { 0 };

	assert_string_equal(reported(&t, *state, 5), "");
	assert_int_equal(tally_next(&t), INT64_MAX);
	tally_refusal(&t, 401, "no Authorization header");
	assert_true(tally_next(&t) <= 5);
	assert_string_equal(reported(&t, *state, 5),
		"warning: requests refused: 1 with 401; the last: no Authorization header\n");
	for (int i = 0; i < 100000; i++)
		tally_refusal(&t, 401, "a wrong secret");
	tally_refusal(&t, 413, "a body that is too long");
	assert_string_equal(reported(&t, *state, 6), "");
	assert_string_equal(reported(&t, *state, MINUTE + 4), "");
	assert_int_equal(tally_next(&t), MINUTE + 5);
	assert_string_equal(reported(&t, *state, MINUTE + 5),
		"warning: requests refused: 100000 with 401, 1 with 413; the last: a body that is "
		"too long\n");
	assert_string_equal(reported(&t, *state, 10 * MINUTE), "");
}

static void hints(void **state)
{
	struct tally t = { 0 };

	tally_hint(&t, 12345);
	assert_string_equal(reported(&t, *state, 5), "hints: 1, the last about order 12345\n");
	for (uint64_t id = 1; id <= 256; id++)
		tally_hint(&t, id);
	tally_refusal(&t, 503, "full");
	assert_string_equal(reported(&t, *state, MINUTE + 4), "");
	assert_string_equal(reported(&t, *state, MINUTE + 5),
		"hints: 256, the last about order 256\n"
		"warning: requests refused: 1 with 503; the last: full\n");
	assert_int_equal(tally_next(&t), INT64_MAX);
}

/* More kinds than there is room for are counted with the last. */
static void many_kinds(void **state)
{
	struct tally t = { 0 };
	uint64_t sum = 0;

	for (unsigned status = 400; status < 500; status++)
		tally_refusal(&t, status, "x");
	for (size_t i = 0; i < TALLY_KINDS; i++)
		sum += t.kind[i].n;
	assert_int_equal(sum, 100);
	assert_true(strlen(reported(&t, *state, 0)) > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = { TEST(one_line_a_minute), TEST(hints),
		TEST(many_kinds) };

	return cmocka_run_group_tests_name("webhook/tally", tests, NULL, NULL);
}
