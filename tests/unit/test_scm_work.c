/* Operations as chains of calls: answers are fed by hand, calls and replies are compared. */
#include "scm/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ossl.h"
#include "ca_fixture.h"

/* One operation under test, and the call that it asked for last. */
struct scene {
	struct scm_work *work;
	struct scm_call call;
	bool going;
};

static void begin(struct scene *s, const struct wire_request *request)
{
	struct wire_request r = *request;
	struct err err = { 0 };

	*s = (struct scene) { .call = SCM_CALL };
	r.id = 7;
	if (!scm_work_new(&s->work, &r, &err))
		fail_msg("%s", err.text);
	s->going = scm_work_begin(s->work, &s->call);
}

static void end(struct scene *s)
{
	scm_work_free(s->work);
	scm_call_dispose(&s->call);
}

static void expect_call(const struct scene *s, const char *method, const char *path)
{
	assert_true(s->going);
	assert_string_equal(s->call.method, method);
	assert_string_equal(buf_str(&s->call.path), path);
}

static void feed_answer(struct scene *s, const struct scm_answer *a)
{
	assert_true(s->going);
	scm_call_dispose(&s->call);
	s->call = SCM_CALL;
	s->going = scm_work_step(s->work, a, &s->call);
}

static void feed_total(struct scene *s, long status, const char *body, uint64_t total)
{
	struct scm_answer a = { .label = "CALL",
		.status = status,
		.body = body,
		.len = strlen(body),
		.location = "",
		.total = total };

	feed_answer(s, &a);
}

static void feed(struct scene *s, long status, const char *body)
{
	feed_total(s, status, body, SCM_TOTAL_UNKNOWN);
}

static void feed_failure(struct scene *s, bool too_large)
{
	struct scm_answer a = { .label = "CALL",
		.location = "",
		.total = SCM_TOTAL_UNKNOWN,
		.unsent = true,
		.too_large = too_large };

	err_set(&a.err, too_large ? ERR_PROTOCOL : ERR_UNAVAILABLE, "CALL: failed");
	feed_answer(s, &a);
}

static const struct wire_reply *reply(const struct scene *s)
{
	assert_false(s->going);
	assert_int_equal(s->work->reply.id, 7);
	return &s->work->reply;
}

static uint64_t id_of(const struct wire_reply *r)
{
	return r->order ? strtoull(r->order, NULL, 10) : 0;
}

static void expect_failure(const struct scene *s, enum err_kind kind)
{
	const struct wire_reply *r = reply(s);

	if (r->err.kind != kind)
		fail_msg("%s: %s", err_name(r->err.kind), r->err.text);
	assert_int_equal(id_of(r), 0);
	assert_int_equal(r->order_state, WIRE_ORDER_NONE);
	assert_int_equal(r->chain_count, 0);
	assert_null(r->status);
}

/* ---- submit ---------------------------------------------------------------------------------- */

static const struct wire_request submit = { .op = WIRE_SUBMIT,
	.submit = { .kind = WIRE_ENROLL,
		.org_id = 1,
		.profile = 2,
		.csr = "MIIB",
		.names = "",
		.comments = "",
		.external_requester = "" } };

static void test_submit(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, &submit);
	expect_call(&s, "POST", "/ssl/v1/enroll");
	assert_true(s.call.order);
	feed(&s, 200, "{\"sslId\":55}");
	assert_int_equal(reply(&s)->err.kind, ERR_NONE);
	assert_int_equal(id_of(reply(&s)), 55);
	end(&s);
}

static void test_submit_verdicts(void **state)
{
	struct scene unsent;
	struct scene refused;
	struct scene unclear;
	struct scene local;
	struct wire_request bad = submit;

	(void)state;
	begin(&unsent, &submit);
	feed_failure(&unsent, false);
	expect_failure(&unsent, ERR_UNAVAILABLE);
	assert_true(reply(&unsent)->unsent);
	begin(&refused, &submit);
	feed(&refused, 400, "{\"code\":-36}");
	expect_failure(&refused, ERR_REJECTED);
	assert_true(reply(&refused)->refused);
	begin(&unclear, &submit);
	feed(&unclear, 200, "{}");
	expect_failure(&unclear, ERR_PROTOCOL);
	assert_false(reply(&unclear)->refused || reply(&unclear)->unsent);
	bad.submit.org_id = 0;
	begin(&local, &bad);
	expect_failure(&local, ERR_CONFIG);
	assert_true(reply(&local)->unsent);
	end(&unsent);
	end(&refused);
	end(&unclear);
	end(&local);
}

/* ---- details --------------------------------------------------------------------------------- */

static struct wire_request order(enum wire_op op)
{
	return (struct wire_request) { .op = op, .order = { .id = "54" } };
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
		struct scene s;

		begin(&s, &r);
		expect_call(&s, "GET", "/ssl/v1/54");
		feed(&s, 200, details_of(states[i].status));
		assert_int_equal(reply(&s)->err.kind, ERR_NONE);
		assert_int_equal(reply(&s)->order_state, states[i].state);
		assert_string_equal(reply(&s)->status, states[i].status);
		assert_string_equal(reply(&s)->serial, "A");
		assert_int_equal(id_of(reply(&s)), 54);
		end(&s);
	}
}

static void test_details_refused(void **state)
{
	const struct wire_request r = order(WIRE_DETAILS);
	struct scene other;
	struct scene gone;

	(void)state;
	begin(&other, &r);
	feed(&other, 200, "{\"id\":55,\"status\":\"Issued\"}");
	expect_failure(&other, ERR_PROTOCOL);
	begin(&gone, &r);
	feed(&gone, 404, "{\"code\":-124}");
	expect_failure(&gone, ERR_REJECTED);
	assert_int_equal(reply(&gone)->code, -124);
	assert_false(reply(&gone)->refused);
	end(&other);
	end(&gone);
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
	struct scene s;

	(void)state;
	ca_pem(&pem, cert);
	ca_der(&der, cert);
	begin(&s, &r);
	expect_call(&s, "GET", "/ssl/v1/collect/54?format=x509");
	feed(&s, 200, buf_str(&pem));
	assert_int_equal(reply(&s)->order_state, WIRE_ORDER_ISSUED);
	assert_int_equal(id_of(reply(&s)), 54);
	assert_int_equal(reply(&s)->chain_count, 1);
	assert_int_equal(reply(&s)->chain[0].len, der.len);
	assert_memory_equal(reply(&s)->chain[0].data, der.data, der.len);
	end(&s);
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

static void test_collect_not_ready(void **state)
{
	const struct wire_request r = order(WIRE_COLLECT);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(not_ready); i++) {
		for (size_t k = 0; k < ARRAY_LEN(states); k++) {
			struct scene s;

			begin(&s, &r);
			feed(&s, not_ready[i].status, not_ready[i].body);
			expect_call(&s, "GET", "/ssl/v1/54");
			feed(&s, 200, details_of(states[k].status));
			assert_int_equal(reply(&s)->err.kind, ERR_NONE);
			assert_int_equal(reply(&s)->code, 0);
			assert_int_equal(reply(&s)->order_state, while_waiting(states[k].state));
			assert_string_equal(reply(&s)->status, states[k].status);
			assert_int_equal(id_of(reply(&s)), 54);
			end(&s);
		}
	}
}

/* What SCM said in words stands, even when its details can't be had. */
static void test_collect_without_details(void **state)
{
	const struct wire_request r = order(WIRE_COLLECT);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(not_ready); i++) {
		struct scene s;

		begin(&s, &r);
		feed(&s, not_ready[i].status, not_ready[i].body);
		feed(&s, 404, "{\"code\":-124}");
		if (not_ready[i].told) {
			assert_int_equal(reply(&s)->err.kind, ERR_NONE);
			assert_int_equal(reply(&s)->order_state, WIRE_ORDER_WAITING);
		} else {
			expect_failure(&s, ERR_REJECTED);
		}
		end(&s);
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
	struct scene lost;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		struct scene s;

		begin(&s, &r);
		feed(&s, failures[i].status, failures[i].body);
		if (s.going)
			fail_msg("%ld %s goes on", failures[i].status, failures[i].body);
		expect_failure(&s, failures[i].kind);
		assert_false(reply(&s)->refused);
		end(&s);
	}
	begin(&lost, &r);
	feed_failure(&lost, false);
	expect_failure(&lost, ERR_UNAVAILABLE);
	assert_false(reply(&lost)->unsent);
	end(&lost);
}

/* ---- find ------------------------------------------------------------------------------------ */

static const struct wire_request find = { .op = WIRE_FIND,
	.find = { WIRE_ENROLL, "a.example", "tag-1" } };

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
	struct scene s;

	(void)state;
	begin(&s, &find);
	expect_call(&s, "GET", LIST "0&commonName=a.example");
	feed_total(&s, 200, "[{\"sslId\":5},{\"sslId\":9},{\"sslId\":7}]", 3);
	expect_call(&s, "GET", "/ssl/v1/9");
	feed(&s, 200, details(9, "tag-2"));
	expect_call(&s, "GET", "/ssl/v1/7");
	feed(&s, 200, details(7, "our tag-1 of web"));
	assert_int_equal(reply(&s)->err.kind, ERR_NONE);
	assert_int_equal(id_of(reply(&s)), 7);
	assert_int_equal(reply(&s)->order_state, WIRE_ORDER_WAITING);
	assert_string_equal(reply(&s)->status, "Applied");
	end(&s);
}

static void expect_none(const struct scene *s)
{
	assert_int_equal(reply(s)->err.kind, ERR_NONE);
	assert_int_equal(id_of(reply(s)), 0);
	assert_int_equal(reply(s)->order_state, WIRE_ORDER_NONE);
	assert_null(reply(s)->status);
}

static void test_find_none(void **state)
{
	struct scene none;
	struct scene others;

	(void)state;
	begin(&none, &find);
	feed_total(&none, 200, "[]", 0);
	expect_none(&none);
	begin(&others, &find);
	feed_total(&others, 200, "[{\"sslId\":5}]", 1);
	feed(&others, 200, "{\"id\":5,\"comments\":null}");
	expect_none(&others);
	end(&none);
	end(&others);
}

static void test_find_pages_by_total(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, &find);
	feed_total(&s, 200, "[{\"sslId\":5},{\"sslId\":6}]", 3);
	expect_call(&s, "GET", LIST "2&commonName=a.example");
	feed_total(&s, 200, "[{\"sslId\":8}]", 3);
	expect_call(&s, "GET", "/ssl/v1/8");
	end(&s);
}

/* Without a total, only an empty page is the end: a short one may have been cut by the server. */
static void test_find_pages_without_total(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, &find);
	feed(&s, 200, "[{\"sslId\":5},{\"sslId\":6}]");
	expect_call(&s, "GET", LIST "2&commonName=a.example");
	feed(&s, 200, "[]");
	expect_call(&s, "GET", "/ssl/v1/6");
	end(&s);
}

/* A server that knows no pages gives all of them again. */
static void test_find_unpaged_server(void **state)
{
	AUTO(buf) struct buf full = BUF(65536);
	struct scene small;
	struct scene large;

	(void)state;
	begin(&small, &find);
	feed(&small, 200, "[{\"sslId\":5},{\"sslId\":6}]");
	feed(&small, 200, "[{\"sslId\":5},{\"sslId\":6}]");
	expect_call(&small, "GET", "/ssl/v1/6");
	end(&small);
	/* but a full page that comes again may hide others behind it */
	for (int i = 0; i < 200; i++)
		buf_addf(&full, "%s{\"sslId\":%d}", i ? "," : "[", i + 1);
	buf_add_str(&full, "]");
	begin(&large, &find);
	feed(&large, 200, buf_str(&full));
	feed(&large, 200, buf_str(&full));
	expect_failure(&large, ERR_PROTOCOL);
	end(&large);
}

static void test_find_incomplete_list(void **state)
{
	struct scene early;
	struct scene again;

	(void)state;
	begin(&early, &find);
	feed_total(&early, 200, "[{\"sslId\":5}]", 2);
	feed_total(&early, 200, "[]", 2);
	expect_failure(&early, ERR_PROTOCOL);
	begin(&again, &find);
	feed_total(&again, 200, "[{\"sslId\":5}]", 2);
	feed_total(&again, 200, "[{\"sslId\":5}]", 2);
	expect_failure(&again, ERR_PROTOCOL);
	end(&early);
	end(&again);
}

static void test_find_too_many(void **state)
{
	struct scene s;
	int id = 1;

	(void)state;
	begin(&s, &find);
	while (s.going && id < 100000) {
		AUTO(buf) struct buf page = BUF(65536);

		for (int i = 0; i < 200; i++, id++)
			buf_addf(&page, "%s{\"sslId\":%d}", i ? "," : "[", id);
		buf_add_str(&page, "]");
		feed(&s, 200, buf_str(&page));
	}
	expect_failure(&s, ERR_PROTOCOL);
	end(&s);
}

/* Orders with very many names make a page too large: smaller pages, from the same place. */
static void test_find_smaller_pages(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, &find);
	feed_total(&s, 200, "[{\"sslId\":5}]", 2);
	feed_failure(&s, true);
	expect_call(&s, "GET", "/ssl/v1?size=20&position=1&commonName=a.example");
	feed_failure(&s, true);
	expect_failure(&s, ERR_PROTOCOL);
	end(&s);
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
		struct scene list;
		struct scene first;
		struct scene last;

		begin(&list, &find);
		feed(&list, failures[i].status, failures[i].body);
		expect_failure(&list, failures[i].kind);
		begin(&first, &find);
		feed_total(&first, 200, "[{\"sslId\":5},{\"sslId\":6}]", 2);
		feed(&first, failures[i].status, failures[i].body);
		expect_failure(&first, failures[i].kind);
		begin(&last, &find);
		feed_total(&last, 200, "[{\"sslId\":5},{\"sslId\":6}]", 2);
		feed(&last, 200, details(6, "x"));
		feed(&last, failures[i].status, failures[i].body);
		expect_failure(&last, failures[i].kind);
		end(&list);
		end(&first);
		end(&last);
	}
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void test_tables(void **state)
{
	const struct wire_request organizations = { .op = WIRE_LIST,
		.list = { .kind = WIRE_LIST_ORGANIZATIONS } };
	const struct wire_request profiles = { .op = WIRE_LIST,
		.list = { .kind = WIRE_LIST_PROFILES, .org_id = 5 } };
	struct scene s;
	struct scene t;

	(void)state;
	begin(&s, &organizations);
	expect_call(&s, "GET", "/organization/v1");
	feed(&s, 200, "[{\"id\":1,\"name\":\"A\"},{\"id\":2}]");
	assert_int_equal(reply(&s)->columns, 3);
	assert_int_equal(reply(&s)->rows, 2);
	assert_string_equal(reply(&s)->cell[1], "A");
	begin(&t, &profiles);
	expect_call(&t, "GET", "/ssl/v1/types?organizationId=5");
	feed(&t, 200, "[]");
	assert_int_equal(reply(&t)->columns, 4);
	assert_int_equal(reply(&t)->rows, 0);
	end(&s);
	end(&t);
}

static void test_table_too_long(void **state)
{
	const struct wire_request organizations = { .op = WIRE_LIST,
		.list = { .kind = WIRE_LIST_ORGANIZATIONS } };
	AUTO(buf) struct buf text = BUF(256 * 1024);
	struct scene s;

	(void)state;
	for (int i = 0; i < WIRE_ROWS_MAX + 1; i++)
		buf_addf(&text, "%s{\"id\":%d}", i ? "," : "[", i + 1);
	buf_add_str(&text, "]");
	begin(&s, &organizations);
	feed(&s, 200, buf_str(&text));
	expect_failure(&s, ERR_PROTOCOL);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_submit),
		cmocka_unit_test(test_submit_verdicts),
		cmocka_unit_test(test_details),
		cmocka_unit_test(test_details_refused),
		cmocka_unit_test(test_collect),
		cmocka_unit_test(test_collect_not_ready),
		cmocka_unit_test(test_collect_without_details),
		cmocka_unit_test(test_collect_failures),
		cmocka_unit_test(test_find_newest_first),
		cmocka_unit_test(test_find_none),
		cmocka_unit_test(test_find_pages_by_total),
		cmocka_unit_test(test_find_pages_without_total),
		cmocka_unit_test(test_find_unpaged_server),
		cmocka_unit_test(test_find_incomplete_list),
		cmocka_unit_test(test_find_too_many),
		cmocka_unit_test(test_find_smaller_pages),
		cmocka_unit_test(test_find_fails_unless_all_was_read),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_table_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
