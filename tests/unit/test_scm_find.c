/* The search for an order whose answer was lost: by its tag, or by our key. */
#include "work_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ossl.h"
#include "ca_fixture.h"

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

/* ---- by key ---------------------------------------------------------------------------------- */

/* A certificate as an answer, and the digest of its key. */
struct made {
	struct buf pem;
	char spki[WIRE_SPKI_MAX + 1];
};

static void made_dispose(struct made *m)
{
	buf_dispose(&m->pem);
}
AUTO_DEFINE_REF(made, struct made, made_dispose);

static void make(struct made *m)
{
	AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");
	AUTO(pkey) EVP_PKEY *ca_key = ca_ec_key("P-256");
	struct ca_spec ca_spec = ca_issuer_spec("CA", ca_key);
	struct ca_spec spec = ca_leaf_spec("a.example", key, NULL);
	AUTO(x509) X509 *ca = ca_issue(&ca_spec, NULL, ca_key);
	AUTO(x509) X509 *cert = ca_issue(&spec, ca, ca_key);
	AUTO(ossl_bytes) unsigned char *der = NULL;
	AUTO(buf) struct buf hex = BUF(WIRE_SPKI_MAX);
	unsigned char hash[32];
	int len = i2d_PUBKEY(key, &der);

	assert_true(len > 0 && EVP_Digest(der, (size_t)len, hash, NULL, EVP_sha256(), NULL));
	buf_add_hex(&hex, hash, sizeof(hash));
	memcpy(m->spki, buf_str(&hex), sizeof(m->spki));
	/* root first, as SCM's x509 has it: the key may be in any of them */
	m->pem = BUF(65536);
	ca_pem(&m->pem, ca);
	ca_pem(&m->pem, cert);
}

static struct wire_request by_key(enum wire_submit_kind kind, const char *spki)
{
	struct wire_request r = find;

	r.find.kind = kind;
	r.find.order = "5";
	r.find.spki = spki;
	return r;
}

static const char *state_of(unsigned id, const char *status)
{
	static char text[256];

	snprintf(text, sizeof(text), "{\"id\":%u,\"status\":\"%s\",\"comments\":\"tag-0\"}", id,
		status);
	return text;
}

/* Younger orders alone count, and no certificate is fetched in vain. */
static void test_renewal_by_tag(void **state)
{
	const struct wire_request r = by_key(WIRE_RENEW, "aa");
	struct work_scene s;

	(void)state;
	work_begin(&s, &r);
	work_feed_total(&s, 200, "[{\"sslId\":5},{\"sslId\":4},{\"sslId\":10}]", 3);
	work_expect_call(&s, "GET", "/ssl/v1/10");
	work_feed(&s, 200, details(10, "tag-1"));
	assert_string_equal(work_order(&s), "10");
	assert_int_equal(work_reply(&s)->order_state, WIRE_ORDER_WAITING);
	assert_false(work_reply(&s)->undecided);
	work_end(&s);
}

static void test_renewal_by_key(void **state)
{
	AUTO(made) struct made ours = { 0 };
	AUTO(made) struct made other = { 0 };
	struct wire_request r;
	struct work_scene s;

	(void)state;
	make(&ours);
	make(&other);
	r = by_key(WIRE_RENEW, ours.spki);
	work_begin(&s, &r);
	work_feed_total(&s, 200, "[{\"sslId\":7},{\"sslId\":6},{\"sslId\":9}]", 3);
	work_feed(&s, 200, state_of(9, "Applied"));
	work_feed(&s, 200, state_of(7, "Issued"));
	work_expect_call(&s, "GET", "/ssl/v1/collect/7?format=x509");
	work_feed(&s, 200, buf_str(&other.pem));
	work_expect_call(&s, "GET", "/ssl/v1/6");
	work_feed(&s, 200, state_of(6, "Issued"));
	work_feed(&s, 200, buf_str(&ours.pem));
	assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
	assert_string_equal(work_order(&s), "6");
	assert_int_equal(work_reply(&s)->order_state, WIRE_ORDER_ISSUED);
	assert_string_equal(work_reply(&s)->status, "Issued");
	assert_int_equal(work_reply(&s)->chain_count, 0);
	assert_false(work_reply(&s)->undecided);
	work_end(&s);
}

static const struct {
	const char *status;
	const char *collected; /* NULL: not asked for; the answer's body otherwise, 400 */
	bool undecided;
} candidates[] = {
	{ "Requested", NULL, true },
	{ "Applied", NULL, true },
	{ "Init", NULL, true },
	{ "Something new", NULL, true },
	{ "", NULL, true },
	{ "Declined", NULL, false },
	{ "Rejected", NULL, false },
	{ "Invalid", NULL, false },
	{ "Revoked", NULL, false },
	{ "Expired", NULL, false },
	{ "Replaced", NULL, false },
	{ "Issued", "{\"code\":-183}", true },
	{ "Issued", "{\"code\":0}", true },
	{ "Issued", "{\"code\":-110}", false },
	{ "Issued", "{\"code\":-124}", false },
};

/* An order without a certificate may be ours: nobody can tell yet. */
static void test_renewal_undecided(void **state)
{
	const struct wire_request r = by_key(WIRE_RENEW, "aa");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(candidates); i++) {
		struct work_scene s;

		work_begin(&s, &r);
		work_feed_total(&s, 200, "[{\"sslId\":6},{\"sslId\":7}]", 2);
		work_feed(&s, 200, state_of(7, candidates[i].status));
		if (candidates[i].collected)
			work_feed(&s, 400, candidates[i].collected);
		/* and one that is certainly not */
		work_expect_call(&s, "GET", "/ssl/v1/6");
		work_feed(&s, 200, state_of(6, "Declined"));
		expect_none(&s);
		if (work_reply(&s)->undecided != candidates[i].undecided)
			fail_msg("%s: undecided %d", candidates[i].status,
				work_reply(&s)->undecided);
		work_end(&s);
	}
}

static void test_renewal_only_older(void **state)
{
	const struct wire_request r = by_key(WIRE_RENEW, "aa");
	struct work_scene s;

	(void)state;
	work_begin(&s, &r);
	work_feed_total(&s, 200, "[{\"sslId\":5},{\"sslId\":3}]", 2);
	expect_none(&s);
	assert_false(work_reply(&s)->undecided);
	work_end(&s);
}

/* A search that did not see everything is no search. */
static void test_renewal_incomplete(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum err_kind kind;
	} failures[] = {
		{ 503, "", ERR_UNAVAILABLE },
		{ 404, "", ERR_PROTOCOL },
		{ 200, "<html>", ERR_PROTOCOL },
		{ 403, "{\"code\":-3}", ERR_REJECTED },
		{ 401, "{\"code\":-16}", ERR_AUTH },
	};
	const struct wire_request r = by_key(WIRE_RENEW, "aa");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		struct work_scene s;

		work_begin(&s, &r);
		work_feed_total(&s, 200, "[{\"sslId\":6},{\"sslId\":7}]", 2);
		work_feed(&s, 200, state_of(7, "Applied"));
		work_feed(&s, 200, state_of(6, "Issued"));
		work_feed(&s, failures[i].status, failures[i].body);
		work_expect_failure(&s, failures[i].kind);
		assert_false(work_reply(&s)->undecided);
		work_end(&s);
	}
}

static void test_renewal_bounded(void **state)
{
	const struct wire_request r = by_key(WIRE_RENEW, "aa");
	AUTO(buf) struct buf page = BUF(65536);
	AUTO(made) struct made other = { 0 };
	struct work_scene s;
	unsigned collects = 0;

	(void)state;
	make(&other);
	for (int i = 0; i < 400; i++)
		buf_addf(&page, "%s{\"sslId\":%d}", i ? "," : "[", i + 6);
	buf_add_str(&page, "]");
	work_begin(&s, &r);
	work_feed_total(&s, 200, buf_str(&page), 400);
	while (s.going) {
		bool collect = strstr(buf_str(&s.call.path), "/collect/");
		unsigned id = 0;

		sscanf(buf_str(&s.call.path), "/ssl/v1/%u", &id);
		collects += collect;
		work_feed(&s, 200, collect ? buf_str(&other.pem) : state_of(id, "Issued"));
	}
	work_expect_failure(&s, ERR_PROTOCOL);
	assert_int_equal(collects, 300);
	work_end(&s);
}

/* ---- a replacement --------------------------------------------------------------------------- */

static void test_replacement(void **state)
{
	AUTO(made) struct made ours = { 0 };
	AUTO(made) struct made old = { 0 };
	struct wire_request r;
	struct work_scene found;
	struct work_scene not_yet;

	(void)state;
	make(&ours);
	make(&old);
	r = by_key(WIRE_REPLACE, ours.spki);
	work_begin(&found, &r);
	work_expect_call(&found, "GET", "/ssl/v1/collect/5?format=x509");
	work_feed(&found, 200, buf_str(&ours.pem));
	assert_int_equal(work_reply(&found)->err.kind, ERR_NONE);
	assert_string_equal(work_order(&found), "5");
	assert_int_equal(work_reply(&found)->order_state, WIRE_ORDER_ISSUED);
	work_begin(&not_yet, &r);
	work_feed(&not_yet, 200, buf_str(&old.pem));
	expect_none(&not_yet);
	assert_false(work_reply(&not_yet)->undecided);
	work_end(&found);
	work_end(&not_yet);
}

static void test_replacement_without_certificate(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum err_kind kind; /* NONE: none found */
		bool undecided;
	} answers[] = {
		{ 400, "{\"code\":-183}", ERR_NONE, true },
		{ 200, "", ERR_NONE, true },
		{ 400, "{\"code\":-110}", ERR_NONE, false },
		{ 404, "{\"code\":-124}", ERR_NONE, false },
		{ 404, "", ERR_PROTOCOL, false },
		{ 503, "", ERR_UNAVAILABLE, false },
		{ 403, "{\"code\":-3}", ERR_REJECTED, false },
	};
	const struct wire_request r = by_key(WIRE_REPLACE, "aa");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct work_scene s;

		work_begin(&s, &r);
		work_feed(&s, answers[i].status, answers[i].body);
		if (answers[i].kind == ERR_NONE)
			expect_none(&s);
		else
			work_expect_failure(&s, answers[i].kind);
		assert_int_equal(work_reply(&s)->undecided, answers[i].undecided);
		work_end(&s);
	}
}

/* ---- what can't be looked for ---------------------------------------------------------------- */

static void test_nothing_to_look_by(void **state)
{
	static const enum wire_submit_kind kinds[] = { WIRE_RENEW, WIRE_REPLACE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct wire_request r = by_key(kinds[i], "");
		struct work_scene s;

		work_begin(&s, &r);
		work_expect_failure(&s, ERR_INTERNAL);
		work_end(&s);
	}
}

static void test_order_of_the_other_api(void **state)
{
	struct wire_request r = by_key(WIRE_RENEW, "aa");
	struct work_scene s;

	(void)state;
	r.find.order = "a-1";
	work_begin(&s, &r);
	work_feed_total(&s, 200, "[{\"sslId\":6}]", 1);
	work_expect_failure(&s, ERR_CONFIG);
	work_end(&s);
}

static void test_enrollment(void **state)
{
	static const enum wire_submit_kind kinds[] = { WIRE_ENROLL, WIRE_RENEW, WIRE_REPLACE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct wire_request r = by_key(kinds[i], "aa");
		struct work_scene s;

		work_begin_at(&s, WIRE_ENROLLMENT, &r);
		work_expect_failure(&s, ERR_REJECTED);
		assert_string_equal(
			work_reply(&s)->err.text, "the Enrollment API can't list orders");
		assert_false(work_reply(&s)->refused || work_reply(&s)->unsent);
		work_end(&s);
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
		cmocka_unit_test(test_renewal_by_tag),
		cmocka_unit_test(test_renewal_by_key),
		cmocka_unit_test(test_renewal_undecided),
		cmocka_unit_test(test_renewal_only_older),
		cmocka_unit_test(test_renewal_incomplete),
		cmocka_unit_test(test_renewal_bounded),
		cmocka_unit_test(test_replacement),
		cmocka_unit_test(test_replacement_without_certificate),
		cmocka_unit_test(test_nothing_to_look_by),
		cmocka_unit_test(test_order_of_the_other_api),
		cmocka_unit_test(test_enrollment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
