/* Header lines and Retry-After. */
#include "scm/headers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "scm/answer.h"
#include "scm/retry.h"

#define NOW 1445412480 /* Wed, 21 Oct 2015 07:28:00 GMT */

static void line(struct scm_headers *h, const char *text)
{
	scm_headers_line(h, text, strlen(text), NOW);
}

static void test_lines(void **state)
{
	struct scm_headers h;

	(void)state;
	scm_headers_init(&h);
	assert_int_equal(h.total, SCM_TOTAL_UNKNOWN);
	line(&h, "HTTP/1.1 200 OK\r\n");
	line(&h, "X-Total-Count: 205\r\n");
	line(&h, "retry-after:7\r\n");
	line(&h, "LOCATION: \t https://example.com/a b \r\n");
	line(&h, "Location-Other: x\r\n");
	line(&h, "\r\n");
	assert_int_equal(h.total, 205);
	assert_int_equal(h.retry_after, 7);
	assert_string_equal(h.location, "https://example.com/a b");
}

/* What an interim answer said does not count for the final one. */
static void test_status_line_begins_anew(void **state)
{
	struct scm_headers h;

	(void)state;
	scm_headers_init(&h);
	line(&h, "HTTP/1.1 103 Early Hints\r\n");
	line(&h, "Location: x\r\n");
	line(&h, "X-Total-Count: 1\r\n");
	line(&h, "Retry-After: 5\r\n");
	line(&h, "HTTP/1.1 200 OK\r\n");
	assert_int_equal(h.total, SCM_TOTAL_UNKNOWN);
	assert_int_equal(h.retry_after, 0);
	assert_string_equal(h.location, "");
}

static void test_bad_totals(void **state)
{
	static const char *const values[] = { "X-Total-Count: -1", "X-Total-Count: 1x",
		"X-Total-Count:", "X-Total-Count: 99999999999999999999999999999999",
		"X-Total-Count: 4294967296", "X-Total-Count 5" };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct scm_headers h;

		scm_headers_init(&h);
		line(&h, values[i]);
		assert_int_equal(h.total, SCM_TOTAL_UNKNOWN);
	}
}

static void test_long_location(void **state)
{
	char text[1000] = "Location: ";
	struct scm_headers h;

	(void)state;
	memset(text + 10, 'x', sizeof(text) - 11);
	scm_headers_init(&h);
	line(&h, text);
	assert_int_equal(strlen(h.location), SCM_LOCATION_MAX - 1);
}

static const struct {
	const char *value;
	uint32_t wait;
} values[] = {
	{ "120", 120 },
	{ " 120 ", 120 },
	{ "0", 1 },
	{ "1", 1 },
	{ "86400", 86400 },
	{ "86401", 86400 },
	{ "99999999999999999999999999999999999999", 86400 },
	{ "Wed, 21 Oct 2015 07:28:30 GMT", 30 },
	{ "Wed, 21 Oct 2015 07:28:00 GMT", 1 },
	{ "Wed, 21 Oct 2015 07:00:00 GMT", 1 },
	{ "Thu, 01 Jan 1970 00:00:00 GMT", 1 },
	{ "Fri, 31 Dec 9999 23:59:59 GMT", 86400 },
	{ "Wednesday, 21-Oct-15 07:29:00 GMT", 60 },
	{ "Wed Oct 21 07:29:00 2015", 60 },
	{ "", 0 },
	{ " ", 0 },
	{ "-5", 0 },
	{ "+5", 0 },
	{ "1.5", 0 },
	{ "5 s", 0 },
	{ "0x10", 0 },
	{ "soon", 0 },
	{ "Wed, 21 Oct 2015", 0 },
	{ "Wed, 41 Oct 2015 07:28:30 GMT", 0 },
	{ "Wed, 21 Oct 2015 07:28:30 GMT and more", 0 },
	{ "Wed, 21 Oct 2015 07:28:30 GMT                                                   x", 0 },
};

static void test_retry_after(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		uint32_t wait = scm_retry_after(values[i].value, strlen(values[i].value), NOW);

		if (wait != values[i].wait)
			fail_msg("'%s': %u", values[i].value, wait);
	}
	assert_int_equal(scm_retry_after("1\0002", 3, NOW), 0);
	assert_int_equal(scm_retry_after("120xyz", 3, NOW), 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_status_line_begins_anew),
		cmocka_unit_test(test_bad_totals),
		cmocka_unit_test(test_long_location),
		cmocka_unit_test(test_retry_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
