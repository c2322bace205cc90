/* Orders, downloads and revocations by the Enrollment API, with scm-sim's ledger as witness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/proc.h"
#include "follow_scene.h"

#define SECRET "s3cret of rest"

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;
static struct fetch fetch;
static struct follow_key old_key;
static struct follow_key new_key;
static char order[WIRE_ID_MAX + 1]; /* issued, for the old key */

/* A REST account: its organization, profile and term are those of its orders. */
static void add_account(void)
{
	AUTO(proc_result) struct proc_result result = { 0 };
	char file[96];
	const char *argv[] = { sim_program, "--dir", sim.dir, "add-client", "rest", "--secret-file",
		file, "--organization", "1234", "--profile", "1018", "--term", "199", NULL };
	const char *env[] = { NULL };
	const struct proc_spec spec = { .argv = argv, .env = env, .timeout_ms = 30000 };
	struct err err = { 0 };

	snprintf(file, sizeof(file), "%s/secret", sim.dir);
	sim_put(&sim, "secret", SECRET, strlen(SECRET));
	if (!proc_run(&result, &spec, &err))
		fail_msg("%s", err.text);
	assert_int_equal(result.status, 0);
}

static void open_account(void)
{
	AUTO(scene_account) struct scene_account a;

	scene_account_load(&a, &sim);
	scene_account_secret(&a, WIRE_OAUTH2, "rest", SECRET);
	a.request.account.api = WIRE_ENROLLMENT;
	a.request.account.customer_uri = "";
	scene_open(&fetch, fetch_program, &a);
}

/* A simulator for each test: what reached it is counted. */
static int set_up(void **state)
{
	(void)state;
	sim_start(&sim, sim_program, NULL);
	add_account();
	open_account();
	follow_key_make(&old_key);
	follow_key_make(&new_key);
	follow_place(order, &fetch, &old_key, "tag-old");
	follow_expect_issued(&fetch, order, &old_key);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	follow_key_dispose(&old_key);
	follow_key_dispose(&new_key);
	assert_int_equal(fetch_stop(&fetch), 0);
	sim_stop(&sim);
	return 0;
}

static size_t orders(void)
{
	return sim_count(&sim, "ledger.jsonl", "\"accepted\"", NULL);
}

static size_t sent(const char *operation)
{
	char word[64];

	snprintf(word, sizeof(word), "\"operation\":\"%s\"", operation);
	return sim_count(&sim, "requests.jsonl", word, NULL);
}

static void submit(struct reply *r, enum wire_submit_kind kind)
{
	struct wire_request request = follow_submit(kind, order, &new_key, "tag-new");

	/* an account of this kind needs neither */
	request.submit.org_id = 0;
	request.submit.profile = 0;
	request.submit.term = 0;
	fetch_ask(r, &fetch, &request);
}

static void ask(struct reply *r, enum wire_op op, const char *id)
{
	struct wire_request request = { .op = op, .order = { id } };

	fetch_ask(r, &fetch, &request);
}

static void revoke(struct reply *r, const char *id)
{
	struct wire_request request = follow_revoke(id);

	fetch_ask(r, &fetch, &request);
}

/* ---- orders ---------------------------------------------------------------------------------- */

static void test_as_documented(void **state)
{
	struct wire_request request = follow_submit(WIRE_ENROLL, "", &new_key, "tag-documented");
	AUTO(reply) struct reply r = { 0 };
	AUTO(buf) struct buf log = { 0 };
	const char *line;

	(void)state;
	request.submit.names = "www.example.com,a.example.com";
	request.submit.external_requester = "a@example.com";
	request.submit.field_count = 1;
	request.submit.field[0] = (struct wire_field) { "Owner", "web \"x\"" };
	fetch_ask(&r, &fetch, &request);
	scene_expect(&r, ERR_NONE, "");
	sim_read(&log, &sim, "requests.jsonl");
	line = strstr(buf_str(&log), "tag-documented");
	assert_non_null(line);
	while (line > log.data && line[-1] != '\n')
		line--;
	assert_non_null(strstr(line, "\"target\":\"/api/v1/certificates\""));
	assert_non_null(
		strstr(line, "\\\"subjAltNames\\\":[\\\"www.example.com\\\",\\\"a.example"));
	assert_non_null(strstr(line, "\\\"customFields\\\":{\\\"Owner\\\":\\\"web"));
	assert_non_null(strstr(line, "\"number\":1,"));
	assert_null(strstr(line, SECRET));
	follow_expect_issued(&fetch, r.r.order, &new_key);
}

static void test_refused(void **state)
{
	struct wire_request request = follow_submit(WIRE_ENROLL, "", &new_key, "tag-refused");
	AUTO(reply) struct reply r = { 0 };

	(void)state;
	request.submit.names = "www.unvalidated.example";
	fetch_ask(&r, &fetch, &request);
	scene_expect(&r, ERR_REJECTED, "POST /v1/certificates: HTTP 400");
	assert_true(r.r.refused);
	assert_int_equal(orders(), 1);
}

static const struct {
	const char *fault;
	size_t orders;
	enum err_kind kind;
} faults[] = {
	{ "reset", 0, ERR_UNAVAILABLE },
	{ "reset-after-accept", 1, ERR_UNAVAILABLE },
	{ "close-at=20", 1, ERR_UNAVAILABLE },
	{ "retype=drop/certId", 1, ERR_PROTOCOL },
	{ "retype=huge-number/certId", 1, ERR_PROTOCOL },
	{ "truncate=9", 1, ERR_PROTOCOL },
	{ "html", 0, ERR_PROTOCOL },
	{ "unavailable", 0, ERR_UNAVAILABLE },
};

/* An order may exist, and nobody can look: that is what the agent must be told. */
static void test_lost(void **state)
{
	static const enum wire_submit_kind kinds[] = { WIRE_ENROLL, WIRE_RENEW };
	static const char *const operations[] = { "enr-enroll", "enr-renew" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
			AUTO(reply) struct reply r = { 0 };
			size_t before = orders();
			size_t posts = sent(operations[k]);
			char line[64];

			snprintf(line, sizeof(line), "--fault %s:%s", operations[k],
				faults[i].fault);
			sim_switch(&sim, line);
			submit(&r, kinds[k]);
			if (r.r.err.kind != faults[i].kind || r.r.unsent || r.r.refused)
				fail_msg("%s: %s", line, r.r.err.text);
			assert_int_equal(orders() - before, faults[i].orders);
			assert_int_equal(sent(operations[k]) - posts, 1);
		}
	}
}

static void test_nothing_to_list(void **state)
{
	static const enum wire_submit_kind kinds[] = { WIRE_ENROLL, WIRE_RENEW, WIRE_REPLACE };
	struct wire_request profiles = scene_profiles();
	AUTO(reply) struct reply list = { 0 };
	size_t before = sim_count(&sim, "requests.jsonl", NULL, NULL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct wire_request find = follow_find(kinds[i], order, "tag-new", &new_key);
		AUTO(reply) struct reply r = { 0 };

		fetch_ask(&r, &fetch, &find);
		scene_expect(&r, ERR_REJECTED, "the Enrollment API can't list orders");
	}
	fetch_ask(&list, &fetch, &profiles);
	scene_expect(&list, ERR_REJECTED, "the Enrollment API can't list");
	assert_int_equal(sim_count(&sim, "requests.jsonl", NULL, NULL), before);
}

/* ---- after the order ------------------------------------------------------------------------- */

static const struct {
	const char *switches;
	enum wire_order_state state;
	const char *status;
} waits[] = {
	{ "--issue-time never", WIRE_ORDER_WAITING, "APPLIED" },
	{ "--issue-time never\n--not-ready -109", WIRE_ORDER_WAITING, "APPLIED" },
	{ "--approval", WIRE_ORDER_WAITING, "REQUESTED" },
	{ "--collect-lag 3600", WIRE_ORDER_WAITING, "ISSUED" },
	{ "--approval\n--decline all", WIRE_ORDER_REFUSED, "DECLINED" },
	{ "--issue-time never\n--fault enr-status:status=404", WIRE_ORDER_WAITING, "" },
	{ "--issue-time never\n--fault enr-status:retype=drop/status", WIRE_ORDER_WAITING, "" },
};

static void test_not_ready(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		AUTO(reply) struct reply placed = { 0 };
		AUTO(reply) struct reply r = { 0 };

		sim_switch(&sim, waits[i].switches);
		submit(&placed, WIRE_ENROLL);
		scene_expect(&placed, ERR_NONE, "");
		ask(&r, WIRE_COLLECT, placed.r.order);
		if (r.r.err.kind != ERR_NONE || r.r.order_state != waits[i].state ||
			strcmp(r.r.status, waits[i].status) != 0)
			fail_msg("%s: state %d, '%s', %s", waits[i].switches, r.r.order_state,
				r.r.status, r.r.err.text);
		assert_int_equal(r.r.chain_count, 0);
	}
}

static void test_unknown_order(void **state)
{
	AUTO(reply) struct reply collected = { 0 };
	AUTO(reply) struct reply details = { 0 };

	(void)state;
	ask(&collected, WIRE_COLLECT, "no-such-order");
	assert_int_equal(collected.r.err.kind, ERR_REJECTED);
	ask(&details, WIRE_DETAILS, "no-such-order");
	assert_int_equal(details.r.err.kind, ERR_REJECTED);
}

static void test_renew(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	AUTO(reply) struct reply instead = { 0 };

	(void)state;
	submit(&r, WIRE_RENEW);
	scene_expect(&r, ERR_NONE, "");
	assert_int_equal(sim_count(&sim, "ledger.jsonl", "\"accepted\"", "\"renews\":"), 1);
	follow_expect_issued(&fetch, r.r.order, &new_key);
	sim_switch(&sim, "--fault enr-renew:code=-180");
	submit(&instead, WIRE_RENEW);
	scene_expect(&instead, ERR_NONE, "");
	assert_int_equal(orders(), 3);
	assert_int_equal(sim_count(&sim, "ledger.jsonl", "\"accepted\"", "\"renews\":"), 1);
	follow_expect_issued(&fetch, instead.r.order, &new_key);
}

static void test_replace(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	AUTO(reply) struct reply again = { 0 };

	(void)state;
	sim_switch(&sim, "--issue-time never");
	submit(&r, WIRE_REPLACE);
	scene_expect(&r, ERR_NONE, "");
	assert_true(*r.r.order);
	assert_int_equal(sim_count(&sim, "ledger.jsonl", "\"replacing\"", NULL), 1);
	submit(&again, WIRE_REPLACE);
	scene_expect(&again, ERR_REJECTED, "code -130");
	assert_true(again.r.refused);
	sim_switch(&sim, "");
	follow_expect_issued(&fetch, r.r.order, &new_key);
}

static void test_revoke(void **state)
{
	AUTO(reply) struct reply first = { 0 };
	AUTO(reply) struct reply again = { 0 };
	AUTO(reply) struct reply details = { 0 };
	AUTO(reply) struct reply placed = { 0 };
	AUTO(reply) struct reply waiting = { 0 };

	(void)state;
	revoke(&first, order);
	scene_expect(&first, ERR_NONE, "");
	assert_int_equal(first.r.order_state, WIRE_ORDER_REVOKED);
	revoke(&again, order);
	scene_expect(&again, ERR_NONE, "");
	assert_int_equal(sim_count(&sim, "ledger.jsonl", "\"revoked\"", "\"reasonCode\":4"), 1);
	ask(&details, WIRE_DETAILS, order);
	assert_int_equal(details.r.order_state, WIRE_ORDER_REVOKED);
	sim_switch(&sim, "--issue-time never");
	submit(&placed, WIRE_ENROLL);
	revoke(&waiting, placed.r.order);
	scene_expect(&waiting, ERR_REJECTED, "the order is 'APPLIED'");
	assert_true(waiting.r.refused);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_as_documented, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_to_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_ready, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_renew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_revoke, set_up, tear_down),
	};

	if (argc != 3)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
