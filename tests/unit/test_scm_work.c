/* Operations as chains of calls: answers are fed by hand, calls and replies are compared. */
#include "work_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ossl.h"
#include "ca_fixture.h"

/* ---- details --------------------------------------------------------------------------------- */

static struct wire_request order(enum wire_op op)
{
	return (struct wire_request) { .op = op, .order = { .id = "54" } };
}

static struct wire_request word_order(enum wire_op op)
{
	return (struct wire_request) { .op = op, .order = { .id = "a-1" } };
}

static const struct {
	const char *status;
	enum wire_order_state state;
} states[] = {
	{ "Init", WIRE_ORDER_WAITING },
	{ "Requested", WIRE_ORDER_WAITING },
	{ "Approved", WIRE_ORDER_WAITING },
	{ "SAApproved", WIRE_ORDER_WAITING },
	{ "SA Approved", WIRE_ORDER_WAITING },
	{ "SA_APPROVED", WIRE_ORDER_WAITING },
	{ "Applied", WIRE_ORDER_WAITING },
	{ "Issued", WIRE_ORDER_ISSUED },
	{ "ISSUED", WIRE_ORDER_ISSUED },
	{ "Declined", WIRE_ORDER_REFUSED },
	{ "Rejected", WIRE_ORDER_REFUSED },
	{ "Invalid", WIRE_ORDER_REFUSED },
	{ "Revoked", WIRE_ORDER_REVOKED },
	{ "Expired", WIRE_ORDER_EXPIRED },
	{ "Replaced", WIRE_ORDER_REPLACED },
	{ "Unmanaged", WIRE_ORDER_UNKNOWN },
	{ "Issue", WIRE_ORDER_UNKNOWN },
	{ "Issuedd", WIRE_ORDER_UNKNOWN },
	{ "Something new", WIRE_ORDER_UNKNOWN },
	{ "", WIRE_ORDER_UNKNOWN },
};

static const char *details_of(const char *status)
{
	static char text[256];

	snprintf(text, sizeof(text), "{\"id\":54,\"status\":\"%s\",\"serialNumber\":\"0a\"}",
		status);
	return text;
}

static void test_details(void **state)
{
	const struct wire_request r = order(WIRE_DETAILS);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		struct work_scene s;

		work_begin(&s, &r);
		work_expect_call(&s, "GET", "/ssl/v1/54");
		work_feed(&s, 200, details_of(states[i].status));
		assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
		assert_int_equal(work_reply(&s)->order_state, states[i].state);
		assert_string_equal(work_reply(&s)->status, states[i].status);
		assert_string_equal(work_reply(&s)->serial, "A");
		assert_string_equal(work_order(&s), "54");
		work_end(&s);
	}
}

static void test_details_refused(void **state)
{
	const struct wire_request r = order(WIRE_DETAILS);
	struct work_scene other;
	struct work_scene gone;

	(void)state;
	work_begin(&other, &r);
	work_feed(&other, 200, "{\"id\":55,\"status\":\"Issued\"}");
	work_expect_failure(&other, ERR_PROTOCOL);
	work_begin(&gone, &r);
	work_feed(&gone, 404, "{\"code\":-124}");
	work_expect_failure(&gone, ERR_REJECTED);
	assert_int_equal(work_reply(&gone)->code, -124);
	assert_false(work_reply(&gone)->refused);
	work_end(&other);
	work_end(&gone);
}

/* ---- collect --------------------------------------------------------------------------------- */

static void test_collect(void **state)
{
	const struct wire_request r = order(WIRE_COLLECT);
	AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");
	struct ca_spec spec = ca_leaf_spec("www.example.com", key, NULL);
	AUTO(x509) X509 *cert = ca_issue(&spec, NULL, key);
	AUTO(buf) struct buf pem = BUF(65536);
	AUTO(buf) struct buf der = BUF(65536);
	struct work_scene s;

	(void)state;
	ca_pem(&pem, cert);
	ca_der(&der, cert);
	work_begin(&s, &r);
	work_expect_call(&s, "GET", "/ssl/v1/collect/54?format=x509");
	work_feed(&s, 200, buf_str(&pem));
	assert_int_equal(work_reply(&s)->order_state, WIRE_ORDER_ISSUED);
	assert_string_equal(work_order(&s), "54");
	assert_int_equal(work_reply(&s)->chain_count, 1);
	assert_int_equal(work_reply(&s)->chain[0].len, der.len);
	assert_memory_equal(work_reply(&s)->chain[0].data, der.data, der.len);
	work_end(&s);
}

static const struct {
	long status;
	const char *body;
	bool told; /* in words, so that details that fail leave it at waiting */
} not_ready[] = {
	{ 400, "{\"code\":0,\"description\":\"Being processed by Sectigo\"}", true },
	{ 400, "{\"code\":-183}", true },
	{ 400, "{\"code\":-1400}", true },
	{ 400, "{\"code\":-103}", true },
	{ 400, "{\"code\":-109}", true },
	{ 404, "{\"code\":-103}", true },
	{ 404, "", false },
	{ 404, " \r\n", false },
	{ 200, "", true },
	{ 200, "\n", true },
	{ 204, "", true },
};

static enum wire_order_state while_waiting(enum wire_order_state state)
{
	return state == WIRE_ORDER_ISSUED || state == WIRE_ORDER_UNKNOWN ? WIRE_ORDER_WAITING
									 : state;
}

/* Whatever becomes of the second look at the domains, the order is asked for; but no login twice.
 */
static void test_collect_recheck(void **state)
{
	static const long answers[] = { 202, 200, 400, 404, 500 };
	struct wire_request r = order(WIRE_COLLECT);
	struct wire_request word = word_order(WIRE_COLLECT);
	struct work_scene s;

	(void)state;
	r.order.recheck = true;
	word.order.recheck = true;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		work_begin(&s, &r);
		work_expect_call(&s, "POST", "/ssl/v1/54/dcv/recheck");
		work_feed(&s, answers[i], "{\"code\":-3}");
		work_expect_call(&s, "GET", "/ssl/v1/collect/54?format=x509");
		work_feed(&s, 400, "{\"code\":-110}");
		work_expect_failure(&s, ERR_REJECTED);
		assert_int_equal(work_reply(&s)->code, -110);
		work_end(&s);
	}
	work_begin(&s, &r);
	work_feed(&s, 401, "{\"code\":-16}");
	work_expect_failure(&s, ERR_AUTH);
	work_end(&s);
	work_begin_at(&s, WIRE_ENROLLMENT, &word);
	work_expect_call(&s, "POST", "/v1/certificates/a-1/dcv-recheck");
	work_feed(&s, 202, "");
	work_expect_call(&s, "GET", "/v1/certificates/a-1");
	work_end(&s);
}

static void test_collect_not_ready(void **state)
{
	const struct wire_request r = order(WIRE_COLLECT);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(not_ready); i++) {
		for (size_t k = 0; k < ARRAY_LEN(states); k++) {
			struct work_scene s;

			work_begin(&s, &r);
			work_feed(&s, not_ready[i].status, not_ready[i].body);
			work_expect_call(&s, "GET", "/ssl/v1/54");
			work_feed(&s, 200, details_of(states[k].status));
			assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
			assert_int_equal(work_reply(&s)->code, 0);
			assert_int_equal(
				work_reply(&s)->order_state, while_waiting(states[k].state));
			assert_string_equal(work_reply(&s)->status, states[k].status);
			assert_string_equal(work_order(&s), "54");
			work_end(&s);
		}
	}
}

/* What SCM said in words stands, even when its details can't be had. */
static void test_collect_without_details(void **state)
{
	const struct wire_request r = order(WIRE_COLLECT);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(not_ready); i++) {
		struct work_scene s;

		work_begin(&s, &r);
		work_feed(&s, not_ready[i].status, not_ready[i].body);
		work_feed(&s, 404, "{\"code\":-124}");
		if (not_ready[i].told) {
			assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
			assert_int_equal(work_reply(&s)->order_state, WIRE_ORDER_WAITING);
		} else {
			work_expect_failure(&s, ERR_REJECTED);
		}
		work_end(&s);
	}
}

static void test_collect_failures(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum err_kind kind;
	} failures[] = {
		{ 400, "{\"code\":-110}", ERR_REJECTED },
		{ 400, "{\"code\":-124}", ERR_REJECTED },
		{ 400, "{\"code\":-169}", ERR_REJECTED },
		{ 400, "{\"code\":-192}", ERR_REJECTED },
		{ 400, "{\"code\":-5101}", ERR_REJECTED },
		{ 400, "{\"code\":-14}", ERR_UNAVAILABLE },
		{ 400, "", ERR_PROTOCOL },
		{ 404, "<html>", ERR_PROTOCOL },
		{ 401, "{\"code\":-183}", ERR_AUTH },
		{ 429, "{\"code\":-183}", ERR_UNAVAILABLE },
		{ 500, "{\"code\":0}", ERR_UNAVAILABLE },
		{ 503, "", ERR_UNAVAILABLE },
		{ 200, "<html>", ERR_PROTOCOL },
		{ 200, "{\"code\":0}", ERR_PROTOCOL },
		{ 302, "", ERR_PROTOCOL },
	};
	const struct wire_request r = order(WIRE_COLLECT);
	struct work_scene lost;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		struct work_scene s;

		work_begin(&s, &r);
		work_feed(&s, failures[i].status, failures[i].body);
		if (s.going)
			fail_msg("%ld %s goes on", failures[i].status, failures[i].body);
		work_expect_failure(&s, failures[i].kind);
		assert_false(work_reply(&s)->refused);
		work_end(&s);
	}
	work_begin(&lost, &r);
	work_feed_failure(&lost, false);
	work_expect_failure(&lost, ERR_UNAVAILABLE);
	assert_false(work_reply(&lost)->unsent);
	work_end(&lost);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void test_tables(void **state)
{
	const struct wire_request organizations = { .op = WIRE_LIST,
		.list = { .kind = WIRE_LIST_ORGANIZATIONS } };
	const struct wire_request profiles = { .op = WIRE_LIST,
		.list = { .kind = WIRE_LIST_PROFILES, .org_id = 5 } };
	struct work_scene s;
	struct work_scene t;

	(void)state;
	work_begin(&s, &organizations);
	work_expect_call(&s, "GET", "/organization/v1");
	work_feed(&s, 200, "[{\"id\":1,\"name\":\"A\"},{\"id\":2}]");
	assert_int_equal(work_reply(&s)->columns, 3);
	assert_int_equal(work_reply(&s)->rows, 2);
	assert_string_equal(work_reply(&s)->cell[1], "A");
	work_begin(&t, &profiles);
	work_expect_call(&t, "GET", "/ssl/v1/types?organizationId=5");
	work_feed(&t, 200, "[]");
	assert_int_equal(work_reply(&t)->columns, 4);
	assert_int_equal(work_reply(&t)->rows, 0);
	work_end(&s);
	work_end(&t);
}

static void test_table_too_long(void **state)
{
	const struct wire_request organizations = { .op = WIRE_LIST,
		.list = { .kind = WIRE_LIST_ORGANIZATIONS } };
	AUTO(buf) struct buf text = BUF(256 * 1024);
	struct work_scene s;

	(void)state;
	for (int i = 0; i < WIRE_ROWS_MAX + 1; i++)
		buf_addf(&text, "%s{\"id\":%d}", i ? "," : "[", i + 1);
	buf_add_str(&text, "]");
	work_begin(&s, &organizations);
	work_feed(&s, 200, buf_str(&text));
	work_expect_failure(&s, ERR_PROTOCOL);
	work_end(&s);
}

/* ---- the Enrollment API ---------------------------------------------------------------------- */

static void test_enrollment_collect(void **state)
{
	const struct wire_request r = word_order(WIRE_COLLECT);
	AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");
	struct ca_spec spec = ca_leaf_spec("www.example.com", key, NULL);
	AUTO(x509) X509 *cert = ca_issue(&spec, NULL, key);
	AUTO(buf) struct buf pem = BUF(65536);
	struct work_scene s;

	(void)state;
	ca_pem(&pem, cert);
	work_begin_at(&s, WIRE_ENROLLMENT, &r);
	work_expect_call(&s, "GET", "/v1/certificates/a-1");
	work_feed(&s, 200, buf_str(&pem));
	assert_int_equal(work_reply(&s)->order_state, WIRE_ORDER_ISSUED);
	assert_int_equal(work_reply(&s)->chain_count, 1);
	assert_string_equal(work_order(&s), "a-1");
	work_end(&s);
}

/* The words of its status are not documented: only those that end an order count. */
static void test_enrollment_not_ready(void **state)
{
	static const struct {
		const char *status;
		enum wire_order_state state;
	} words[] = {
		{ "REQUESTED", WIRE_ORDER_WAITING },
		{ "ISSUED", WIRE_ORDER_WAITING },
		{ "COLLECTABLE", WIRE_ORDER_WAITING },
		{ "whatever", WIRE_ORDER_WAITING },
		{ "", WIRE_ORDER_WAITING },
		{ "DECLINED", WIRE_ORDER_REFUSED },
		{ "Rejected", WIRE_ORDER_REFUSED },
		{ "INVALID", WIRE_ORDER_REFUSED },
		{ "revoked", WIRE_ORDER_REVOKED },
		{ "EXPIRED", WIRE_ORDER_EXPIRED },
	};
	const struct wire_request r = word_order(WIRE_COLLECT);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(not_ready); i++) {
		for (size_t k = 0; k < ARRAY_LEN(words); k++) {
			struct work_scene s;
			char body[64];

			snprintf(body, sizeof(body), "{\"status\":\"%s\"}", words[k].status);
			work_begin_at(&s, WIRE_ENROLLMENT, &r);
			work_feed(&s, not_ready[i].status, not_ready[i].body);
			work_expect_call(&s, "GET", "/v1/certificates/a-1/status");
			work_feed(&s, 200, body);
			assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
			assert_int_equal(work_reply(&s)->order_state, words[k].state);
			assert_string_equal(work_reply(&s)->status, words[k].status);
			work_end(&s);
		}
	}
}

static void test_enrollment_unknown_order(void **state)
{
	const struct wire_request collect = word_order(WIRE_COLLECT);
	const struct wire_request details = word_order(WIRE_DETAILS);
	const struct wire_request number = order(WIRE_COLLECT);
	struct work_scene gone;
	struct work_scene state_of_it;
	struct work_scene plain;

	(void)state;
	work_begin_at(&gone, WIRE_ENROLLMENT, &collect);
	work_feed(&gone, 404, "{\"code\":-5101}");
	work_expect_failure(&gone, ERR_REJECTED);
	work_begin_at(&state_of_it, WIRE_ENROLLMENT, &details);
	work_expect_call(&state_of_it, "GET", "/v1/certificates/a-1/status");
	work_feed(&state_of_it, 200, "{\"status\":\"REVOKED\",\"dcvInfo\":null}");
	assert_int_equal(work_reply(&state_of_it)->order_state, WIRE_ORDER_REVOKED);
	assert_string_equal(work_reply(&state_of_it)->serial, "");
	/* a number is a word like any other */
	work_begin_at(&plain, WIRE_ENROLLMENT, &number);
	work_expect_call(&plain, "GET", "/v1/certificates/54");
	work_end(&gone);
	work_end(&state_of_it);
	work_end(&plain);
}

static void test_enrollment_has_no_lists(void **state)
{
	const struct wire_request r = { .op = WIRE_LIST, .list = { .kind = WIRE_LIST_PROFILES } };
	struct work_scene s;

	(void)state;
	work_begin_at(&s, WIRE_ENROLLMENT, &r);
	work_expect_failure(&s, ERR_REJECTED);
	work_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_details),
		cmocka_unit_test(test_details_refused),
		cmocka_unit_test(test_collect),
		cmocka_unit_test(test_collect_recheck),
		cmocka_unit_test(test_collect_not_ready),
		cmocka_unit_test(test_collect_without_details),
		cmocka_unit_test(test_collect_failures),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_table_too_long),
		cmocka_unit_test(test_enrollment_collect),
		cmocka_unit_test(test_enrollment_not_ready),
		cmocka_unit_test(test_enrollment_unknown_order),
		cmocka_unit_test(test_enrollment_has_no_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
