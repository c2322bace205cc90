/* Requests for lists as bytes: each kind with and without its filters. */
#include "scm/request_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct scm_page page = { .position = 400, .size = 200 };

static struct wire_list list_of(enum wire_list_kind kind)
{
	return (struct wire_list) { .kind = kind, .name = "", .status = "", .serial = "" };
}

static void expect(const struct wire_list *l, bool older, const char *path)
{
	AUTO(scm_call) struct scm_call c = SCM_CALL;
	struct err err = { 0 };

	if (!scm_request_table(&c, l, &page, older, &err))
		fail_msg("%s", err.text);
	assert_string_equal(c.method, "GET");
	assert_string_equal(buf_str(&c.path), path);
	assert_int_equal(c.body.len, 0);
	assert_int_equal(c.answer_max, SCM_ANSWER_MAX);
	assert_false(c.order);
}

static void refuse(const struct wire_list *l, bool older, enum err_kind kind)
{
	AUTO(scm_call) struct scm_call c = SCM_CALL;
	struct err err = { 0 };

	assert_false(scm_request_table(&c, l, &page, older, &err));
	assert_int_equal(err.kind, kind);
}

static void test_without_filters(void **state)
{
	static const struct {
		enum wire_list_kind kind;
		const char *path;
		const char *older;
	} lists[] = {
		{ WIRE_LIST_ORGANIZATIONS, "/organization/v1", NULL },
		{ WIRE_LIST_PROFILES, "/ssl/v1/types", NULL },
		{ WIRE_LIST_FIELDS, "/ssl/v1/customFields", "/customField/v2?certType=SSL" },
		{ WIRE_LIST_DOMAINS, "/domain/v1?size=200&position=400", NULL },
		{ WIRE_LIST_VALIDATIONS, "/dcv/v2/validation?size=200&position=400",
			"/dcv/v1/validation?size=200&position=400" },
		{ WIRE_LIST_CERTIFICATES, "/ssl/v1?size=200&position=400", NULL },
		{ WIRE_LIST_PASSWORD, "/admin/v1/password", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct wire_list l = list_of(lists[i].kind);

		expect(&l, false, lists[i].path);
		assert_true(scm_list_has_older(l.kind) == (lists[i].older != NULL));
		if (lists[i].older)
			expect(&l, true, lists[i].older);
		else
			refuse(&l, true, ERR_INTERNAL);
		assert_true(scm_list_paged(l.kind) == (strstr(lists[i].path, "size=") != NULL));
	}
}

/* Filters that a list has no use for are left out. */
static void test_filters(void **state)
{
	static const struct {
		enum wire_list_kind kind;
		const char *path;
	} lists[] = {
		{ WIRE_LIST_ORGANIZATIONS, "/organization/v1" },
		{ WIRE_LIST_ORGANIZATION, "/organization/v1/122" },
		{ WIRE_LIST_PROFILES, "/ssl/v1/types?organizationId=122" },
		{ WIRE_LIST_FIELDS, "/ssl/v1/customFields" },
		{ WIRE_LIST_DOMAINS,
			"/domain/v1?size=200&position=400&name=%2A.example.com&orgId=122" },
		{ WIRE_LIST_VALIDATIONS,
			"/dcv/v2/validation?size=200&position=400&domain=%2A.example.com&org=122" },
		{ WIRE_LIST_CERTIFICATES,
			"/ssl/v1?size=200&position=400&commonName=%2A.example.com&status=SA%20"
			"Approved&serialNumber=0A%3A1B&orgId=122" },
		{ WIRE_LIST_PASSWORD, "/admin/v1/password" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct wire_list l = { .kind = lists[i].kind,
			.org_id = 122,
			.name = "*.example.com",
			.status = "SA Approved",
			.serial = "0A:1B" };

		expect(&l, false, lists[i].path);
	}
}

static void test_refused(void **state)
{
	struct wire_list l = list_of(WIRE_LIST_ORGANIZATION);
	char name[SCM_PATH_MAX];

	(void)state;
	refuse(&l, false, ERR_CONFIG);
	l = list_of(WIRE_LIST_DOMAINS);
	memset(name, '*', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	l.name = name;
	refuse(&l, false, ERR_CONFIG);
}

static void test_by_common_name(void **state)
{
	AUTO(scm_call) struct scm_call c = SCM_CALL;
	char label[SCM_LABEL_MAX];
	struct err err = { 0 };

	(void)state;
	assert_true(scm_request_list(&c, "*.a-b.example & co/\xc3\xa9", &page, &err));
	assert_string_equal(buf_str(&c.path),
		"/ssl/v1?size=200&position=400&commonName=%2A.a-b.example%20%26%20co%2F%C3%A9");
	assert_string_equal(scm_call_label(label, &c), "GET /ssl/v1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_filters),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_by_common_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
