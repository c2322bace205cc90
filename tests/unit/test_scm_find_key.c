/* The search for a lost renewal or replacement: by our key, where no tag can be. */
#include "work_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ossl.h"
#include "ca_fixture.h"

static const struct wire_request find = { .op = WIRE_FIND,
	.find = { .kind = WIRE_ENROLL, .common_name = "a.example", .tag = "tag-1" } };

static void expect_none(const struct work_scene *s)
{
	assert_int_equal(work_reply(s)->err.kind, ERR_NONE);
	assert_string_equal(work_order(s), "");
	assert_int_equal(work_reply(s)->order_state, WIRE_ORDER_NONE);
	assert_null(work_reply(s)->status);
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

static const char *entry(unsigned id, const char *status)
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
	work_feed(&s, 200, "{\"id\":10,\"status\":\"Applied\",\"comments\":\"our tag-1\"}");
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
	work_feed(&s, 200, entry(9, "Applied"));
	work_feed(&s, 200, entry(7, "Issued"));
	work_expect_call(&s, "GET", "/ssl/v1/collect/7?format=x509");
	work_feed(&s, 200, buf_str(&other.pem));
	work_expect_call(&s, "GET", "/ssl/v1/6");
	work_feed(&s, 200, entry(6, "Issued"));
	work_feed(&s, 200, buf_str(&ours.pem));
	assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
	assert_string_equal(work_order(&s), "6");
	assert_int_equal(work_reply(&s)->order_state, WIRE_ORDER_ISSUED);
	assert_string_equal(work_reply(&s)->status, "Issued");
	assert_int_equal(work_reply(&s)->chain_count, 2);
	assert_false(work_reply(&s)->undecided);
	work_end(&s);
}

/* Of whoever ordered it: no tag fits, not even the empty one, and old orders count. */
static void test_newest_of_a_key(void **state)
{
	AUTO(made) struct made ours = { 0 };
	AUTO(made) struct made other = { 0 };
	struct wire_request r;
	struct work_scene s;

	(void)state;
	make(&ours);
	make(&other);
	r = by_key(WIRE_RENEW, ours.spki);
	r.find.order = "0";
	r.find.tag = "";
	work_begin(&s, &r);
	work_feed_total(&s, 200, "[{\"sslId\":1},{\"sslId\":3},{\"sslId\":2}]", 3);
	work_expect_call(&s, "GET", "/ssl/v1/3");
	work_feed(&s, 200, entry(3, "Issued"));
	work_feed(&s, 200, buf_str(&other.pem));
	work_feed(&s, 200, entry(2, "Revoked"));
	work_feed(&s, 200, entry(1, "Issued"));
	work_expect_call(&s, "GET", "/ssl/v1/collect/1?format=x509");
	work_feed(&s, 200, buf_str(&ours.pem));
	assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
	assert_string_equal(work_order(&s), "1");
	assert_int_equal(work_reply(&s)->chain_count, 2);
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
		work_feed(&s, 200, entry(7, candidates[i].status));
		if (candidates[i].collected)
			work_feed(&s, 400, candidates[i].collected);
		/* and one that is certainly not */
		work_expect_call(&s, "GET", "/ssl/v1/6");
		work_feed(&s, 200, entry(6, "Declined"));
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
		work_feed(&s, 200, entry(7, "Applied"));
		work_feed(&s, 200, entry(6, "Issued"));
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
		unsigned long id = strtoul(buf_str(&s.call.path) + strlen("/ssl/v1/"), NULL, 10);

		collects += collect;
		work_feed(&s, 200, collect ? buf_str(&other.pem) : entry((unsigned)id, "Issued"));
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
		cmocka_unit_test(test_renewal_by_tag),
		cmocka_unit_test(test_renewal_by_key),
		cmocka_unit_test(test_newest_of_a_key),
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
