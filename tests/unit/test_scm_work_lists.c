/* Lists as chains of calls: pages, fallbacks, ends, refusals. */
#include "work_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void begin_list(struct work_scene *s, enum wire_list_kind kind, uint32_t position)
{
	const struct wire_request r = { .op = WIRE_LIST,
		.list = { .kind = kind,
			.org_id = kind == WIRE_LIST_ORGANIZATION ? 5 : 0,
			.position = position,
			.name = "",
			.status = "",
			.serial = "" } };

	work_begin(s, &r);
}

/* Domains with the ids from `first` on. */
static void feed_domains(struct work_scene *s, unsigned first, unsigned n, uint64_t total)
{
	AUTO(buf) struct buf body = BUF(1024 * 1024);

	buf_add_str(&body, "[");
	for (unsigned i = 0; i < n; i++)
		buf_addf(&body, "%s{\"id\":%u,\"name\":\"%u.example\"}", i ? "," : "", first + i,
			first + i);
	buf_add_str(&body, "]");
	work_feed_total(s, 200, buf_str(&body), total);
}

static void test_each_list(void **state)
{
	static const struct {
		enum wire_list_kind kind;
		const char *path;
		const char *answer;
		uint32_t rows;
		uint32_t columns;
	} lists[] = {
		{ WIRE_LIST_ORGANIZATIONS, "/organization/v1",
			"[{\"id\":1,\"departments\":[{\"id\":2}]}]", 2, 3 },
		{ WIRE_LIST_ORGANIZATION, "/organization/v1/5", "{\"id\":5}", 1, 3 },
		{ WIRE_LIST_PROFILES, "/ssl/v1/types", "[{\"id\":1}]", 1, 4 },
		{ WIRE_LIST_FIELDS, "/ssl/v1/customFields", "[{\"id\":1}]", 1, 3 },
		{ WIRE_LIST_DOMAINS, "/domain/v1?size=200&position=0", "[{\"id\":1}]", 1, 2 },
		{ WIRE_LIST_VALIDATIONS, "/dcv/v2/validation?size=200&position=0",
			"[{\"domain\":\"x\"}]", 1, 5 },
		{ WIRE_LIST_CERTIFICATES, "/ssl/v1?size=200&position=0", "[{\"sslId\":1}]", 1, 4 },
		{ WIRE_LIST_PASSWORD, "/admin/v1/password", "{\"state\":\"ALIVE\"}", 1, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct work_scene s;

		begin_list(&s, lists[i].kind, 0);
		work_expect_call(&s, "GET", lists[i].path);
		work_feed(&s, 200, lists[i].answer);
		assert_int_equal(work_expect_rows(&s, lists[i].rows, lists[i].columns)->next, 0);
		work_end(&s);
		begin_list(&s, lists[i].kind, 0);
		work_feed(&s, 200, "\"x\"");
		work_expect_no_rows(&s, ERR_PROTOCOL, "CALL: HTTP 200");
		work_end(&s);
	}
}

static void test_ends_of_pages(void **state)
{
	static const struct {
		uint32_t position;
		unsigned rows;
		uint64_t total;
		uint32_t next;
		const char *words; /* of the failure */
	} pages[] = {
		{ 0, 200, 450, 200, NULL },
		{ 200, 200, 450, 400, NULL },
		{ 400, 50, 450, 0, NULL },
		{ 0, 200, 200, 0, NULL },
		{ 0, 0, 0, 0, NULL },
		{ 0, 10, 450, 10, NULL }, /* a server with smaller pages */
		{ 0, 500, 450, 0, NULL }, /* one that has no pages */
		{ 400, 0, 450, 0, "the list ends early: 400 of 450" },
		{ 600, 0, 450, 0, NULL }, /* entries went away meanwhile */
		{ 0, 200, SCM_TOTAL_UNKNOWN, 200, NULL },
		{ 200, 199, SCM_TOTAL_UNKNOWN, 0, NULL },
		{ 200, 0, SCM_TOTAL_UNKNOWN, 0, NULL },
		{ 200000, 200, SCM_TOTAL_UNKNOWN, 0, "does not end after 200000" },
		{ INT32_MAX, 200, UINT32_MAX, 0, "does not end after 200000" },
		{ 0, 2001, 2001, 0, "more than 2000 entries" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		struct work_scene s;

		begin_list(&s, WIRE_LIST_DOMAINS, pages[i].position);
		feed_domains(&s, 1, pages[i].rows, pages[i].total);
		if (pages[i].words)
			work_expect_no_rows(&s, ERR_PROTOCOL, pages[i].words);
		else
			assert_int_equal(
				work_expect_rows(&s, pages[i].rows, 2)->next, pages[i].next);
		work_end(&s);
	}
}

/* Too large a page is asked for again in part; the pages after it begin small. */
static void test_small_pages(void **state)
{
	struct work_scene s;

	(void)state;
	begin_list(&s, WIRE_LIST_DOMAINS, 400);
	work_expect_call(&s, "GET", "/domain/v1?size=200&position=400");
	work_feed_failure(&s, true);
	work_expect_call(&s, "GET", "/domain/v1?size=20&position=400");
	feed_domains(&s, 1, 20, 1000);
	assert_int_equal(work_expect_rows(&s, 20, 2)->next, 420);
	work_end(&s);
	begin_list(&s, WIRE_LIST_DOMAINS, 420);
	work_expect_call(&s, "GET", "/domain/v1?size=20&position=420");
	work_feed_failure(&s, true);
	work_expect_no_rows(&s, ERR_PROTOCOL, "CALL: failed");
	work_end(&s);
	begin_list(&s, WIRE_LIST_PROFILES, 0);
	work_feed_failure(&s, true);
	work_expect_no_rows(&s, ERR_PROTOCOL, "CALL: failed");
	work_end(&s);
}

static void test_older_lists(void **state)
{
	struct work_scene s;

	(void)state;
	begin_list(&s, WIRE_LIST_VALIDATIONS, 200);
	work_feed(&s, 404, "{\"code\":-1}");
	work_expect_call(&s, "GET", "/dcv/v1/validation?size=200&position=200");
	work_feed(&s, 404, "{\"code\":-1}");
	work_expect_no_rows(&s, ERR_REJECTED, "404");
	work_end(&s);
	begin_list(&s, WIRE_LIST_FIELDS, 0);
	work_feed(&s, 404, "<html>");
	work_expect_call(&s, "GET", "/customField/v2?certType=SSL");
	work_feed(&s, 200, "[{\"id\":1,\"name\":\"a\",\"mandatories\":[\"REST_API\"]}]");
	assert_string_equal(work_expect_rows(&s, 1, 3)->cell[2], "yes");
	work_end(&s);
	begin_list(&s, WIRE_LIST_ORGANIZATION, 0);
	work_feed(&s, 404, "{\"code\":-1023}");
	work_expect_no_rows(&s, ERR_REJECTED, "check organization_id");
	work_end(&s);
}

/* The Enrollment API has neither lists nor validation. */
static void test_other_api(void **state)
{
	const struct wire_request dcv = { .op = WIRE_DCV,
		.dcv = { .action = WIRE_DCV_STATUS, .domain = "example.com", .email = "" } };
	const struct wire_request list = { .op = WIRE_LIST,
		.list = { .kind = WIRE_LIST_DOMAINS, .name = "", .status = "", .serial = "" } };
	struct work_scene s;

	(void)state;
	work_begin_at(&s, WIRE_ENROLLMENT, &dcv);
	work_expect_no_rows(&s, ERR_REJECTED, "can't validate domains");
	work_end(&s);
	work_begin_at(&s, WIRE_ENROLLMENT, &list);
	work_expect_no_rows(&s, ERR_REJECTED, "can't list");
	work_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_list),
		cmocka_unit_test(test_ends_of_pages),
		cmocka_unit_test(test_small_pages),
		cmocka_unit_test(test_older_lists),
		cmocka_unit_test(test_other_api),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
