/* The search for an order whose answer was lost, by its tag. */
#include "work_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- find ------------------------------------------------------------------------------------ */

static const struct wire_request find = { .op = WIRE_FIND,
	.find = { .kind = WIRE_ENROLL, .common_name = "a.example", .tag = "tag-1" } };

#define LIST "/ssl/v1?size=200&position="

static const char *details(unsigned id, const char *comments)
{
	static char text[256];

	snprintf(text, sizeof(text), "{\"id\":%u,\"status\":\"Applied\",\"comments\":\"%s\"}", id,
		comments);
	return text;
}

static void test_find_newest_first(void **state)
{
	struct work_scene s;

	(void)state;
	work_begin(&s, &find);
	work_expect_call(&s, "GET", LIST "0&commonName=a.example");
	work_feed_total(&s, 200, "[{\"sslId\":5},{\"sslId\":9},{\"sslId\":7}]", 3);
	work_expect_call(&s, "GET", "/ssl/v1/9");
	work_feed(&s, 200, details(9, "tag-2"));
	work_expect_call(&s, "GET", "/ssl/v1/7");
	work_feed(&s, 200, details(7, "our tag-1 of web"));
	assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
	assert_string_equal(work_order(&s), "7");
	assert_int_equal(work_reply(&s)->order_state, WIRE_ORDER_WAITING);
	assert_string_equal(work_reply(&s)->status, "Applied");
	work_end(&s);
}

static void expect_none(const struct work_scene *s)
{
	assert_int_equal(work_reply(s)->err.kind, ERR_NONE);
	assert_string_equal(work_order(s), "");
	assert_int_equal(work_reply(s)->order_state, WIRE_ORDER_NONE);
	assert_null(work_reply(s)->status);
}

static void test_find_none(void **state)
{
	struct work_scene none;
	struct work_scene others;

	(void)state;
	work_begin(&none, &find);
	work_feed_total(&none, 200, "[]", 0);
	expect_none(&none);
	work_begin(&others, &find);
	work_feed_total(&others, 200, "[{\"sslId\":5}]", 1);
	work_feed(&others, 200, "{\"id\":5,\"comments\":null}");
	expect_none(&others);
	work_end(&none);
	work_end(&others);
}

static void test_find_pages_by_total(void **state)
{
	struct work_scene s;

	(void)state;
	work_begin(&s, &find);
	work_feed_total(&s, 200, "[{\"sslId\":5},{\"sslId\":6}]", 3);
	work_expect_call(&s, "GET", LIST "2&commonName=a.example");
	work_feed_total(&s, 200, "[{\"sslId\":8}]", 3);
	work_expect_call(&s, "GET", "/ssl/v1/8");
	work_end(&s);
}

/* Without a total, only an empty page is the end: a short one may have been cut by the server. */
static void test_find_pages_without_total(void **state)
{
	struct work_scene s;

	(void)state;
	work_begin(&s, &find);
	work_feed(&s, 200, "[{\"sslId\":5},{\"sslId\":6}]");
	work_expect_call(&s, "GET", LIST "2&commonName=a.example");
	work_feed(&s, 200, "[]");
	work_expect_call(&s, "GET", "/ssl/v1/6");
	work_end(&s);
}

/* A server that knows no pages gives all of them again. */
static void test_find_unpaged_server(void **state)
{
	AUTO(buf) struct buf full = BUF(65536);
	struct work_scene small;
	struct work_scene large;

	(void)state;
	work_begin(&small, &find);
	work_feed(&small, 200, "[{\"sslId\":5},{\"sslId\":6}]");
	work_feed(&small, 200, "[{\"sslId\":5},{\"sslId\":6}]");
	work_expect_call(&small, "GET", "/ssl/v1/6");
	work_end(&small);
	/* but a full page that comes again may hide others behind it */
	for (int i = 0; i < 200; i++)
		buf_addf(&full, "%s{\"sslId\":%d}", i ? "," : "[", i + 1);
	buf_add_str(&full, "]");
	work_begin(&large, &find);
	work_feed(&large, 200, buf_str(&full));
	work_feed(&large, 200, buf_str(&full));
	work_expect_failure(&large, ERR_PROTOCOL);
	work_end(&large);
}

static void test_find_incomplete_list(void **state)
{
	struct work_scene early;
	struct work_scene again;

	(void)state;
	work_begin(&early, &find);
	work_feed_total(&early, 200, "[{\"sslId\":5}]", 2);
	work_feed_total(&early, 200, "[]", 2);
	work_expect_failure(&early, ERR_PROTOCOL);
	work_begin(&again, &find);
	work_feed_total(&again, 200, "[{\"sslId\":5}]", 2);
	work_feed_total(&again, 200, "[{\"sslId\":5}]", 2);
	work_expect_failure(&again, ERR_PROTOCOL);
	work_end(&early);
	work_end(&again);
}

static void test_find_too_many(void **state)
{
	struct work_scene s;
	int id = 1;

	(void)state;
	work_begin(&s, &find);
	while (s.going && id < 100000) {
		AUTO(buf) struct buf page = BUF(65536);

		for (int i = 0; i < 200; i++, id++)
			buf_addf(&page, "%s{\"sslId\":%d}", i ? "," : "[", id);
		buf_add_str(&page, "]");
		work_feed(&s, 200, buf_str(&page));
	}
	work_expect_failure(&s, ERR_PROTOCOL);
	work_end(&s);
}

/* Orders with very many names make a page too large: smaller pages, from the same place. */
static void test_find_smaller_pages(void **state)
{
	struct work_scene s;

	(void)state;
	work_begin(&s, &find);
	work_feed_total(&s, 200, "[{\"sslId\":5}]", 2);
	work_feed_failure(&s, true);
	work_expect_call(&s, "GET", "/ssl/v1?size=20&position=1&commonName=a.example");
	work_feed_failure(&s, true);
	work_expect_failure(&s, ERR_PROTOCOL);
	work_end(&s);
}

static void test_find_fails_unless_all_was_read(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum err_kind kind;
	} failures[] = {
		{ 500, "", ERR_UNAVAILABLE },
		{ 401, "{\"code\":-16}", ERR_AUTH },
		{ 200, "<html>", ERR_PROTOCOL },
		{ 200, "{}", ERR_PROTOCOL },
		{ 200, "", ERR_PROTOCOL },
		{ 404, "{\"code\":-124}", ERR_REJECTED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		struct work_scene list;
		struct work_scene first;
		struct work_scene last;

		work_begin(&list, &find);
		work_feed(&list, failures[i].status, failures[i].body);
		work_expect_failure(&list, failures[i].kind);
		work_begin(&first, &find);
		work_feed_total(&first, 200, "[{\"sslId\":5},{\"sslId\":6}]", 2);
		work_feed(&first, failures[i].status, failures[i].body);
		work_expect_failure(&first, failures[i].kind);
		work_begin(&last, &find);
		work_feed_total(&last, 200, "[{\"sslId\":5},{\"sslId\":6}]", 2);
		work_feed(&last, 200, details(6, "x"));
		work_feed(&last, failures[i].status, failures[i].body);
		work_expect_failure(&last, failures[i].kind);
		work_end(&list);
		work_end(&first);
		work_end(&last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find_newest_first),
		cmocka_unit_test(test_find_none),
		cmocka_unit_test(test_find_pages_by_total),
		cmocka_unit_test(test_find_pages_without_total),
		cmocka_unit_test(test_find_unpaged_server),
		cmocka_unit_test(test_find_incomplete_list),
		cmocka_unit_test(test_find_too_many),
		cmocka_unit_test(test_find_smaller_pages),
		cmocka_unit_test(test_find_fails_unless_all_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
