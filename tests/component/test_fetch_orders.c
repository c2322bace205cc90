/* scm-agent-fetch against scm-sim: each operation, and what refusals look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ossl.h"
#include "fetch_scene.h"

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;
static struct fetch fetch;
static char *csr;

static int set_up(void **state)
{
	(void)state;
	sim_start(&sim, sim_program, NULL);
	csr = scene_csr("www.example.com");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(csr);
	sim_stop(&sim);
	return 0;
}

static int start(void **state)
{
	(void)state;
	sim_switch(&sim, "");
	scene_start(&fetch, fetch_program, &sim);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	assert_int_equal(fetch_stop(&fetch), 0);
	return 0;
}

static void ask_order(struct reply *r, enum wire_op op, uint64_t id)
{
	struct wire_request order = scene_order(op, id);

	fetch_ask(r, &fetch, &order);
}

/* ---- submit ---------------------------------------------------------------------------------- */

static void test_submit_as_documented(void **state)
{
	AUTO(buf) struct buf log = { 0 };
	struct wire_request submit = scene_submit(csr, "tag documented");
	AUTO(reply) struct reply r = { 0 };
	const char *line;

	(void)state;
	submit.submit.names = "www.example.com,a.example.com";
	submit.submit.external_requester = "a@example.com, b@example.com";
	submit.submit.field_count = 2;
	submit.submit.field[0] = (struct wire_field) { "Cost centre", "4711 \"x\"" };
	submit.submit.field[1] = (struct wire_field) { "Owner", "web" };
	fetch_ask(&r, &fetch, &submit);
	scene_expect(&r, ERR_NONE, "");
	sim_read(&log, &sim, "requests.jsonl");
	line = strstr(buf_str(&log), "tag documented");
	assert_non_null(line);
	while (line > log.data && line[-1] != '\n')
		line--;
	assert_non_null(strstr(line, "\"method\":\"POST\""));
	assert_non_null(strstr(line, "\"target\":\"/private/api/ssl/v1/enroll\""));
	assert_non_null(strstr(line, "{\"name\":\"login\",\"value\":\"api\"}"));
	assert_non_null(strstr(line, "{\"name\":\"customerUri\",\"value\":\"example\"}"));
	assert_non_null(strstr(line, "\"value\":\"application/json;charset=UTF-8\""));
	assert_non_null(strstr(line, "\\\"orgId\\\":1234,\\\"certType\\\":1018,\\\"term\\\":90"));
	assert_non_null(strstr(line, "\\\"subjAltNames\\\":\\\"www.example.com,a.example.com\\\""));
	assert_non_null(strstr(line, "\\\"externalRequester\\\":\\\"a@example.com, b@example.com"));
	assert_non_null(strstr(line, "{\\\"name\\\":\\\"Owner\\\",\\\"value\\\":\\\"web\\\"}"));
	assert_null(strcasestr(line, "accept-encoding"));
	assert_null(strcasestr(line, "cookie"));
	assert_null(strcasestr(line, "expect"));
}

struct refusal {
	const char *what;
	uint64_t org_id;
	uint64_t profile;
	uint32_t term;
	const char *names;
	int64_t code;
	const char *words;
};

static const struct refusal refusals[] = {
	{ "term", 1234, 1018, 91, "www.example.com", -36, "choose one of the profile's terms" },
	{ "profile", 1234, 4444, 90, "www.example.com", 0, "check profile" },
	{ "organization", 77, 1018, 90, "www.example.com", 0, "" },
	{ "no API", 3000, 1018, 90, "www.example.com", 0, "" },
	{ "foreign domain", 1234, 1018, 90, "www.elsewhere.example", 0, "" },
	{ "not validated", 1234, 1018, 90, "www.unvalidated.example", 0, "" },
};

static void test_submit_refused(void **state)
{
	size_t before = sim_count(&sim, "ledger.jsonl", "\"accepted\"", NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		const struct refusal *f = &refusals[i];
		struct wire_request submit = scene_submit(csr, "tag refused");
		AUTO(reply) struct reply r = { 0 };

		submit.submit.org_id = f->org_id;
		submit.submit.profile = f->profile;
		submit.submit.term = f->term;
		submit.submit.names = f->names;
		fetch_ask(&r, &fetch, &submit);
		scene_expect(&r, ERR_REJECTED, "POST /ssl/v1/enroll: HTTP 400: code -");
		scene_expect(&r, ERR_REJECTED, f->words);
		assert_true(r.r.refused);
		assert_false(r.r.unsent);
		assert_true(r.r.code < 0);
		if (f->code)
			assert_int_equal(r.r.code, f->code);
	}
	assert_int_equal(sim_count(&sim, "ledger.jsonl", "\"accepted\"", NULL), before);
}

/* What SCM is known to refuse for its form never leaves the host. */
static void test_submit_refused_here(void **state)
{
	size_t before = sim_count(&sim, "requests.jsonl", NULL, NULL);
	struct wire_request submit = scene_submit(csr, "");
	AUTO(reply) struct reply r = { 0 };
	char comments[1026];

	(void)state;
	memset(comments, 'x', sizeof(comments) - 1);
	comments[sizeof(comments) - 1] = '\0';
	submit.submit.comments = comments;
	fetch_ask(&r, &fetch, &submit);
	scene_expect(&r, ERR_CONFIG, "comments: 1025 characters");
	assert_true(r.r.unsent);
	assert_int_equal(sim_count(&sim, "requests.jsonl", NULL, NULL), before);
}

static void test_unknown_login(void **state)
{
	AUTO(scene_account) struct scene_account a;
	AUTO(reply) struct reply taken = { 0 };
	AUTO(reply) struct reply r = { 0 };
	struct wire_request submit = scene_submit(csr, "tag nobody");
	struct fetch other;

	(void)state;
	scene_account_load(&a, &sim);
	a.request.account.login = "nobody";
	fetch_start(&other, fetch_program, NULL);
	fetch_ask(&taken, &other, &a.request);
	scene_expect(&taken, ERR_NONE, "");
	fetch_ask(&r, &other, &submit);
	scene_expect(&r, ERR_AUTH, "HTTP 401: code -16");
	assert_true(r.r.refused);
	assert_int_equal(r.r.code, -16);
	assert_int_equal(fetch_stop(&other), 0);
}

/* ---- collect, details ------------------------------------------------------------------------ */

static bool same_subject(const struct wire_bytes *der, const char *words)
{
	const unsigned char *at = der->data;
	AUTO(x509) X509 *cert = d2i_X509(NULL, &at, (long)der->len);
	char text[256];

	assert_non_null(cert);
	X509_NAME_oneline(X509_get_subject_name(cert), text, sizeof(text));
	return strstr(text, words);
}

static void test_collect(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	uint64_t id = scene_place(&fetch, csr, "tag 0001");
	size_t leaves = 0;

	(void)state;
	ask_order(&r, WIRE_COLLECT, id);
	scene_expect(&r, ERR_NONE, "");
	assert_int_equal(r.r.order_state, WIRE_ORDER_ISSUED);
	assert_int_equal(scene_id(&r), id);
	assert_true(r.r.chain_count >= 2);
	for (size_t i = 0; i < r.r.chain_count; i++)
		leaves += same_subject(&r.r.chain[i], "CN=www.example.com");
	assert_int_equal(leaves, 1);
}

static void test_collect_each_wrapping(void **state)
{
	static const char *const switches[] = { "--fault collect:format=x509",
		"--fault collect:format=x509R", "--fault collect:format=x509CO",
		"--fault collect:format=pem", "--fault collect:format=pemia",
		"--fault collect:format=pemco", "--fault collect:format=base64",
		"--fault collect:format=bin", "--fault collect:newline=crlf",
		"--fault collect:newline=none", "--fault collect:newline=double",
		"--fault collect:chain=shuffled", "--fault collect:chain=twice",
		"--fault collect:certificates=10",
		"--fault collect:format=base64\n--fault collect:newline=crlf" };
	uint64_t id = scene_place(&fetch, csr, "tag 0002");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		AUTO(reply) struct reply r = { 0 };
		size_t leaves = 0;

		sim_switch(&sim, switches[i]);
		ask_order(&r, WIRE_COLLECT, id);
		if (r.r.err.kind)
			fail_msg("%s: %s", switches[i], r.r.err.text);
		assert_int_equal(r.r.order_state, WIRE_ORDER_ISSUED);
		for (size_t k = 0; k < r.r.chain_count; k++)
			leaves += same_subject(&r.r.chain[k], "CN=www.example.com");
		if (!leaves)
			fail_msg("%s: no leaf", switches[i]);
	}
}

static void test_collect_not_understood(void **state)
{
	static const char *const switches[] = { "--fault collect:certificates=11",
		"--fault collect:html", "--fault collect:body={\"a\":1}",
		"--fault collect:truncate=400", "--fault collect:endless-body" };
	uint64_t id = scene_place(&fetch, csr, "tag 0003");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		AUTO(reply) struct reply r = { 0 };

		sim_switch(&sim, switches[i]);
		ask_order(&r, WIRE_COLLECT, id);
		if (r.r.err.kind != ERR_PROTOCOL)
			fail_msg("%s: %s", switches[i], r.r.err.text);
		assert_int_equal(r.r.chain_count, 0);
		assert_int_equal(r.r.order_state, WIRE_ORDER_NONE);
	}
}

static void test_collect_each_form_of_not_ready(void **state)
{
	static const char *const forms[] = { "code0", "-183", "-1400", "-103", "-109", "404",
		"empty" };
	uint64_t id;

	(void)state;
	sim_switch(&sim, "--issue-time never");
	id = scene_place(&fetch, csr, "tag 0004");
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		AUTO(reply) struct reply r = { 0 };
		char lines[128];

		snprintf(lines, sizeof(lines), "--issue-time never\n--not-ready %s", forms[i]);
		sim_switch(&sim, lines);
		ask_order(&r, WIRE_COLLECT, id);
		if (r.r.err.kind)
			fail_msg("%s: %s", forms[i], r.r.err.text);
		assert_int_equal(r.r.order_state, WIRE_ORDER_WAITING);
		assert_string_equal(r.r.status, "Applied");
		assert_int_equal(r.r.chain_count, 0);
	}
}

/* SCM shows Issued before the certificate can be had: that is still waiting. */
static void test_collect_lags_behind_status(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	uint64_t id;

	(void)state;
	sim_switch(&sim, "--collect-lag 1000\n--not-ready -183");
	id = scene_place(&fetch, csr, "tag 0005");
	ask_order(&r, WIRE_COLLECT, id);
	scene_expect(&r, ERR_NONE, "");
	assert_int_equal(r.r.order_state, WIRE_ORDER_WAITING);
	assert_string_equal(r.r.status, "Issued");
}

/* An order that somebody refused is not polled for ever, in whatever words collect says "no". */
static void test_collect_refused_order(void **state)
{
	static const char *const forms[] = { "code0", "-183", "404", "empty" };
	static const struct {
		const char *verdict;
		const char *status;
	} verdicts[] = { { "decline", "Declined" }, { "reject", "Rejected" },
		{ "invalid", "Invalid" } };

	(void)state;
	for (size_t v = 0; v < ARRAY_LEN(verdicts); v++) {
		uint64_t id;
		char lines[160];

		/* only an order that waits for approval can be declined */
		sim_switch(&sim, v ? "--issue-time never" : "--approval");
		id = scene_place(&fetch, csr, "tag 0006");
		for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
			AUTO(reply) struct reply r = { 0 };

			snprintf(lines, sizeof(lines), "%s\n--%s %llu\n--not-ready %s",
				v ? "--issue-time never" : "--approval", verdicts[v].verdict,
				(unsigned long long)id, forms[i]);
			sim_switch(&sim, lines);
			ask_order(&r, WIRE_COLLECT, id);
			if (r.r.err.kind || r.r.order_state != WIRE_ORDER_REFUSED)
				fail_msg("%s, %s: state %d, %s", verdicts[v].verdict, forms[i],
					(int)r.r.order_state, r.r.err.text);
			assert_string_equal(r.r.status, verdicts[v].status);
		}
	}
}

static void test_collect_unknown_order(void **state)
{
	AUTO(reply) struct reply r = { 0 };

	(void)state;
	ask_order(&r, WIRE_COLLECT, 999999);
	assert_int_equal(r.r.err.kind, ERR_REJECTED);
	assert_false(r.r.refused);
}

static void test_details(void **state)
{
	AUTO(reply) struct reply issued = { 0 };
	AUTO(reply) struct reply revoked = { 0 };
	AUTO(reply) struct reply unknown = { 0 };
	uint64_t id = scene_place(&fetch, csr, "tag 0007");
	char lines[64];

	(void)state;
	ask_order(&issued, WIRE_DETAILS, id);
	scene_expect(&issued, ERR_NONE, "");
	assert_int_equal(issued.r.order_state, WIRE_ORDER_ISSUED);
	assert_int_equal(scene_id(&issued), id);
	assert_string_equal(issued.r.status, "Issued");
	assert_true(strlen(issued.r.serial) >= 8);
	assert_int_equal(strspn(issued.r.serial, "0123456789ABCDEF"), strlen(issued.r.serial));
	snprintf(lines, sizeof(lines), "--revoke %llu", (unsigned long long)id);
	sim_switch(&sim, lines);
	ask_order(&revoked, WIRE_DETAILS, id);
	assert_int_equal(revoked.r.order_state, WIRE_ORDER_REVOKED);
	ask_order(&unknown, WIRE_DETAILS, 999999);
	assert_int_equal(unknown.r.err.kind, ERR_REJECTED);
}

/* ---- find ------------------------------------------------------------------------------------ */

static void find(struct reply *r, const char *common_name, const char *tag)
{
	struct wire_request request = scene_find(common_name, tag);

	fetch_ask(r, &fetch, &request);
}

static void test_find(void **state)
{
	AUTO(reply) struct reply found = { 0 };
	AUTO(reply) struct reply none = { 0 };
	AUTO(reply) struct reply stranger = { 0 };
	uint64_t first = scene_place(&fetch, csr, "ours 00aa11 of web");

	(void)state;
	scene_place(&fetch, csr, "later 22bb33");
	find(&found, "www.example.com", "00aa11");
	scene_expect(&found, ERR_NONE, "");
	assert_int_equal(scene_id(&found), first);
	assert_int_equal(found.r.order_state, WIRE_ORDER_ISSUED);
	find(&none, "www.example.com", "ffffffff");
	scene_expect(&none, ERR_NONE, "");
	assert_int_equal(scene_id(&none), 0);
	assert_int_equal(none.r.order_state, WIRE_ORDER_NONE);
	find(&stranger, "other.example.com", "00aa11");
	scene_expect(&stranger, ERR_NONE, "");
	assert_int_equal(scene_id(&stranger), 0);
}

/* More than one page: the oldest order is on the last one, and none may be missed. */
static void test_find_beyond_a_page(void **state)
{
	AUTO_STR char *many = scene_csr("many.example.com");
	AUTO(reply) struct reply found = { 0 };
	AUTO(reply) struct reply none = { 0 };
	size_t lists;
	uint64_t first = 0;

	(void)state;
	for (int i = 0; i < 205; i++) {
		uint64_t id = scene_place(&fetch, many, i ? "another" : "the very first 77cc");

		first = first ? first : id;
	}
	lists = sim_count(&sim, "requests.jsonl", "\"operation\":\"list\"", NULL);
	find(&found, "many.example.com", "77cc");
	scene_expect(&found, ERR_NONE, "");
	assert_int_equal(scene_id(&found), first);
	assert_int_equal(
		sim_count(&sim, "requests.jsonl", "\"operation\":\"list\"", NULL) - lists, 2);
	find(&none, "many.example.com", "none of them");
	scene_expect(&none, ERR_NONE, "");
	assert_int_equal(scene_id(&none), 0);
}

/* "None" is only said when everything was read. */
static void test_find_is_clean_or_fails(void **state)
{
	static const struct {
		const char *fault;
		enum err_kind kind;
	} faults[] = {
		{ "--fault list:status=500", ERR_UNAVAILABLE },
		{ "--fault list:html", ERR_PROTOCOL },
		{ "--fault list:reset", ERR_UNAVAILABLE },
		{ "--fault list:body=[]x", ERR_PROTOCOL },
		{ "--fault list:retype=string/sslId", ERR_PROTOCOL },
		{ "--fault list:truncate=20", ERR_PROTOCOL },
		{ "--fault details:status=503", ERR_UNAVAILABLE },
		{ "--fault details:code=-1400", ERR_UNAVAILABLE },
		{ "--fault details:html", ERR_PROTOCOL },
		{ "--fault details:retype=number/comments", ERR_PROTOCOL },
		{ "--fault details:close-at=40", ERR_UNAVAILABLE },
		{ "--fault details:unavailable=30", ERR_UNAVAILABLE },
		/* the first is read, the second fails */
		{ "--fault details:status=503:1+1", ERR_UNAVAILABLE },
	};

	(void)state;
	scene_place(&fetch, csr, "one");
	scene_place(&fetch, csr, "two");
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		AUTO(reply) struct reply r = { 0 };

		sim_switch(&sim, faults[i].fault);
		find(&r, "www.example.com", "not there at all");
		if (r.r.err.kind != faults[i].kind)
			fail_msg("%s: %s", faults[i].fault, r.r.err.text);
		assert_int_equal(scene_id(&r), 0);
	}
}

/* ---- lists ----------------------------------------------------------------------------------- */

static const char *cell(const struct reply *r, uint32_t row, uint32_t column)
{
	assert_true(row < r->r.rows && column < r->r.columns);
	return r->r.cell[row * r->r.columns + column];
}

static void test_organizations(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request list = { .op = WIRE_LIST, .list = { .kind = WIRE_LIST_ORGANIZATIONS } };

	(void)state;
	fetch_ask(&r, &fetch, &list);
	scene_expect(&r, ERR_NONE, "");
	assert_int_equal(r.r.columns, 3);
	assert_int_equal(r.r.rows, 4);
	assert_string_equal(cell(&r, 0, 0), "1234");
	assert_string_equal(cell(&r, 0, 1), "Example Org");
	assert_string_equal(cell(&r, 0, 2), "");
	assert_string_equal(cell(&r, 1, 0), "1235");
	assert_string_equal(cell(&r, 1, 1), "Web");
	assert_string_equal(cell(&r, 1, 2), "1234");
}

static void test_profiles(void **state)
{
	AUTO(reply) struct reply all = { 0 };
	AUTO(reply) struct reply some = { 0 };
	struct wire_request list = { .op = WIRE_LIST, .list = { .kind = WIRE_LIST_PROFILES } };

	(void)state;
	fetch_ask(&all, &fetch, &list);
	scene_expect(&all, ERR_NONE, "");
	assert_int_equal(all.r.columns, 4);
	assert_int_equal(all.r.rows, 5);
	assert_string_equal(cell(&all, 0, 0), "1018");
	assert_string_equal(cell(&all, 0, 1), "Example SSL");
	assert_string_equal(cell(&all, 0, 2), "90,199,365");
	assert_string_equal(
		cell(&all, 0, 3), "RSA:2048,RSA:3072,RSA:4096,EC:P-256,EC:P-384,EC:P-521");
	list.list.org_id = 2000;
	fetch_ask(&some, &fetch, &list);
	scene_expect(&some, ERR_NONE, "");
	assert_int_equal(sim_count(&sim, "requests.jsonl", "types?organizationId=2000", NULL), 1);
}

/* Control bytes of whatever kind arrive escaped. */
static void test_names_are_made_printable(void **state)
{
	static const char *const evil[] = { "control", "ansi", "newline", "format", "path", "shell",
		"html", "utf8" };
	struct wire_request list = { .op = WIRE_LIST, .list = { .kind = WIRE_LIST_PROFILES } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(evil); i++) {
		AUTO(reply) struct reply r = { 0 };
		char line[64];

		snprintf(line, sizeof(line), "--fault types:evil=%s/name", evil[i]);
		sim_switch(&sim, line);
		fetch_ask(&r, &fetch, &list);
		if (r.r.err.kind && r.r.err.kind != ERR_PROTOCOL)
			fail_msg("%s: %s", evil[i], r.r.err.text);
		/* the record's decoder refuses control bytes: that it decoded is the proof */
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_submit_as_documented),
		TEST(test_submit_refused),
		TEST(test_submit_refused_here),
		TEST(test_unknown_login),
		TEST(test_collect),
		TEST(test_collect_each_wrapping),
		TEST(test_collect_not_understood),
		TEST(test_collect_each_form_of_not_ready),
		TEST(test_collect_lags_behind_status),
		TEST(test_collect_refused_order),
		TEST(test_collect_unknown_order),
		TEST(test_details),
		TEST(test_find),
		TEST(test_find_beyond_a_page),
		TEST(test_find_is_clean_or_fails),
		TEST(test_organizations),
		TEST(test_profiles),
		TEST(test_names_are_made_printable),
	};

	if (argc != 3)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
