/* scm-agent-fetch against scm-sim: domain control validation, step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fetch_scene.h"

#define DOMAIN "unvalidated.example"

enum { STATUS, ORDER, EXPIRES, HOST, POINT, URL, FIRST, SECOND, EMAILS, MESSAGE };

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;
static struct fetch fetch;

static int start(void **state)
{
	(void)state;
	sim_start(&sim, sim_program, NULL);
	scene_start(&fetch, fetch_program, &sim);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	assert_int_equal(fetch_stop(&fetch), 0);
	sim_stop(&sim);
	return 0;
}

static void ask(struct reply *r, enum wire_dcv_action action, enum wire_dcv_method method,
	const char *domain, const char *email)
{
	struct wire_request request = { .op = WIRE_DCV,
		.dcv = { .action = action, .method = method, .domain = domain, .email = email } };

	fetch_ask(r, &fetch, &request);
}

/* One step that must be taken; the row it gave. */
static const char *const *step(struct reply *r, enum wire_dcv_action action,
	enum wire_dcv_method method, const char *email)
{
	ask(r, action, method, DOMAIN, email);
	scene_expect(r, ERR_NONE, "");
	assert_int_equal(r->r.rows, 1);
	assert_int_equal(r->r.columns, WIRE_DCV_COLUMNS);
	return r->r.cell;
}

static void expect_status(const char *status, const char *order)
{
	AUTO(reply) struct reply r = { 0 };
	const char *const *row = step(&r, WIRE_DCV_STATUS, 0, "");

	assert_string_equal(row[STATUS], status);
	assert_string_equal(row[ORDER], order);
	if (!strcmp(status, "VALIDATED"))
		assert_int_equal(strlen(row[EXPIRES]), strlen("2025-05-22"));
	else
		assert_string_equal(row[EXPIRES], "");
}

static void expect_end(const char *text, const char *end)
{
	size_t len = strlen(text);

	assert_true(len >= strlen(end));
	assert_string_equal(text + len - strlen(end), end);
}

static void try_file(enum wire_dcv_method method, const char *begin)
{
	AUTO(reply) struct reply started = { 0 };
	AUTO(reply) struct reply status = { 0 };
	AUTO(reply) struct reply submitted = { 0 };
	const char *const *row = step(&started, WIRE_DCV_START, method, "");
	const char *const *later;

	assert_int_equal(strncmp(row[URL], begin, strlen(begin)), 0);
	expect_end(row[URL], ".txt");
	assert_int_equal(strlen(row[FIRST]), 64);
	assert_string_equal(row[SECOND], "sectigo.com");
	assert_string_equal(row[HOST], "");
	later = step(&status, WIRE_DCV_STATUS, 0, "");
	assert_string_equal(later[STATUS], "NOT_VALIDATED");
	assert_string_equal(later[ORDER], "AWAITING_SUBMISSION");
	assert_string_equal(later[URL], row[URL]);
	assert_string_equal(later[FIRST], row[FIRST]);
	later = step(&submitted, WIRE_DCV_SUBMIT, method, "");
	assert_string_equal(later[STATUS], "NOT_VALIDATED");
	assert_string_equal(later[ORDER], "SUBMITTED");
	assert_string_equal(later[MESSAGE], "Submitted successfully");
	expect_status("NOT_VALIDATED", "SUBMITTED");
}

static void test_http(void **state)
{
	(void)state;
	sim_switch(&sim, "--dcv-time never");
	try_file(WIRE_DCV_HTTP, "http://" DOMAIN "/.well-known/pki-validation/");
}

static void test_https(void **state)
{
	(void)state;
	sim_switch(&sim, "--dcv-time never");
	try_file(WIRE_DCV_HTTPS, "https://" DOMAIN "/.well-known/pki-validation/");
}

static void test_cname_until_validated(void **state)
{
	AUTO(reply) struct reply started = { 0 };
	AUTO(reply) struct reply submitted = { 0 };
	const char *const *row;

	(void)state;
	expect_status("NOT_VALIDATED", "NOT_INITIATED");
	row = step(&started, WIRE_DCV_START, WIRE_DCV_CNAME, "");
	assert_int_equal(row[HOST][0], '_');
	expect_end(row[HOST], "." DOMAIN ".");
	expect_end(row[POINT], ".sectigo.com.");
	row = step(&submitted, WIRE_DCV_SUBMIT, WIRE_DCV_CNAME, "");
	assert_string_equal(row[STATUS], "VALIDATED");
	expect_status("VALIDATED", "NOT_INITIATED");
}

/* The record is known only when it was submitted. */
static void test_txt(void **state)
{
	AUTO(reply) struct reply started = { 0 };
	AUTO(reply) struct reply submitted = { 0 };
	const char *const *row;

	(void)state;
	sim_switch(&sim, "--dcv-time never");
	row = step(&started, WIRE_DCV_START, WIRE_DCV_TXT, "");
	assert_string_equal(row[HOST], "");
	assert_non_null(strstr(row[MESSAGE], "does not require start"));
	row = step(&submitted, WIRE_DCV_SUBMIT, WIRE_DCV_TXT, "");
	assert_string_equal(row[HOST], "_pki-validation." DOMAIN ".");
	assert_true(*row[POINT]);
	assert_string_equal(row[ORDER], "SUBMITTED");
}

static void test_email(void **state)
{
	AUTO(reply) struct reply started = { 0 };
	AUTO(reply) struct reply refused = { 0 };
	AUTO(reply) struct reply submitted = { 0 };
	const char *const *row = step(&started, WIRE_DCV_START, WIRE_DCV_EMAIL, "");

	(void)state;
	/* of all groups, each once */
	expect_end(row[EMAILS], "domains@registrar.test admin@" DOMAIN " administrator@" DOMAIN
				" hostmaster@" DOMAIN " postmaster@" DOMAIN " webmaster@" DOMAIN);
	ask(&refused, WIRE_DCV_SUBMIT, WIRE_DCV_EMAIL, DOMAIN, "someone@else.example");
	assert_int_equal(refused.r.err.kind, ERR_REJECTED);
	sim_switch(&sim, "--dcv-time never");
	row = step(&submitted, WIRE_DCV_SUBMIT, WIRE_DCV_EMAIL, "admin@" DOMAIN);
	assert_string_equal(row[ORDER], "SUBMITTED");
}

static void test_clear(void **state)
{
	AUTO(reply) struct reply started = { 0 };
	AUTO(reply) struct reply cleared = { 0 };
	const char *const *row;

	(void)state;
	step(&started, WIRE_DCV_START, WIRE_DCV_CNAME, "");
	row = step(&cleared, WIRE_DCV_CLEAR, 0, "");
	assert_string_equal(row[STATUS], "NOT_VALIDATED");
	assert_string_equal(row[ORDER], "NOT_INITIATED");
	expect_status("NOT_VALIDATED", "NOT_INITIATED");
}

/* An SCM that has only the older calls. */
static void test_older(void **state)
{
	AUTO(reply) struct reply status = { 0 };
	AUTO(reply) struct reply started = { 0 };
	const char *const *row;

	(void)state;
	sim_switch(&sim, "--fault dcv-status:status=404:1\n--fault dcv-start:status=404:1");
	row = step(&status, WIRE_DCV_STATUS, 0, "");
	assert_string_equal(row[STATUS], "NOT_VALIDATED");
	row = step(&started, WIRE_DCV_START, WIRE_DCV_CNAME, "");
	assert_int_equal(row[HOST][0], '_');
	assert_int_equal(sim_count(&sim, "requests.jsonl", "/dcv/v1/", NULL), 2);
}

static void expect_refusal(enum wire_dcv_action action, enum wire_dcv_method method,
	const char *domain, int64_t code, const char *remedy)
{
	AUTO(reply) struct reply r = { 0 };

	ask(&r, action, method, domain, "");
	scene_expect(&r, ERR_REJECTED, remedy);
	assert_int_equal(r.r.code, code);
	assert_int_equal(r.r.rows, 0);
}

static void test_refusals(void **state)
{
	(void)state;
	expect_refusal(WIRE_DCV_STATUS, 0, "nowhere.example", -727, "add the domain in SCM");
	expect_refusal(WIRE_DCV_START, WIRE_DCV_CNAME, "www.example.com", -723,
		"validate the registered domain");
	expect_refusal(WIRE_DCV_SUBMIT, WIRE_DCV_HTTP, DOMAIN, -724, "does not allow it now");
	sim_switch(&sim, "--fault dcv-start:code=-3");
	expect_refusal(WIRE_DCV_START, WIRE_DCV_CNAME, DOMAIN, -3, "privilege");
	sim_switch(&sim, "--fault dcv-start:code=-1608");
	expect_refusal(WIRE_DCV_START, WIRE_DCV_CNAME, DOMAIN, -1608, "ask SCM support");
}

/* Whatever comes: a row of printable cells or a failure, and the conversation goes on. */
static void test_hostile_answers(void **state)
{
	static const struct {
		const char *fault;
		bool taken;
	} faults[] = {
		{ "body={\"host\":\"a\\\\b\",\"message\":\"\\u001b[2J\"}", true },
		{ "evil=ansi/host", false },
		{ "evil=control/point", false },
		{ "evil=newline/host", false },
		{ "evil=utf8/point", false },
		{ "retype=number/host", false },
		{ "html", false },
		{ "truncate=20", false },
		{ "body=[]", false },
		{ "body=", false },
		{ "endless-body", false },
		{ "status=503", false },
		{ "reset", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		AUTO(reply) struct reply r = { 0 };
		char line[96];

		snprintf(line, sizeof(line), "--fault dcv-start:%s", faults[i].fault);
		sim_switch(&sim, line);
		ask(&r, WIRE_DCV_START, WIRE_DCV_CNAME, DOMAIN, "");
		if (faults[i].taken != (r.r.err.kind == ERR_NONE))
			fail_msg("%s: %s", faults[i].fault, r.r.err.text);
		/* the record's decoder refuses control bytes: that it decoded is the proof */
	}
	sim_switch(&sim, "");
	expect_status("NOT_VALIDATED", "AWAITING_SUBMISSION");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_http),
		TEST(test_https),
		TEST(test_cname_until_validated),
		TEST(test_txt),
		TEST(test_email),
		TEST(test_clear),
		TEST(test_older),
		TEST(test_refusals),
		TEST(test_hostile_answers),
	};

	if (argc != 3)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
