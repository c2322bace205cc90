/* Renewals, replacements and revocations of the Admin API, with scm-sim's ledger as witness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "follow_scene.h"

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;
static struct fetch fetch;
static struct follow_key old_key;
static struct follow_key new_key;
static char order[WIRE_ID_MAX + 1]; /* issued, for the old key */

/* A simulator for each test: what reached it is counted. */
static int set_up(void **state)
{
	(void)state;
	sim_start(&sim, sim_program, NULL);
	scene_start(&fetch, fetch_program, &sim);
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

/* An order that must be sent once, alone on its connection. */
static void expect_sent(const char *operation, size_t times)
{
	char word[64];

	snprintf(word, sizeof(word), "\"operation\":\"%s\"", operation);
	assert_int_equal(sim_count(&sim, "requests.jsonl", word, "\"method\":\"POST\""), times);
	assert_int_equal(sim_count(&sim, "requests.jsonl", word, "\"number\":1,"), times);
}

static void submit(struct reply *r, enum wire_submit_kind kind)
{
	struct wire_request request = follow_submit(kind, order, &new_key, "tag-new");

	fetch_ask(r, &fetch, &request);
}

static void find(struct reply *r, enum wire_submit_kind kind)
{
	struct wire_request request = follow_find(kind, order, "tag-new", &new_key);

	fetch_ask(r, &fetch, &request);
	scene_expect(r, ERR_NONE, "");
}

static void expect_lost(struct reply *r)
{
	assert_int_equal(r->r.err.kind, ERR_UNAVAILABLE);
	assert_false(r->r.unsent);
	assert_false(r->r.refused);
}

static void revoke(struct reply *r, const char *id)
{
	struct wire_request request = follow_revoke(id);

	fetch_ask(r, &fetch, &request);
}

/* ---- renew ----------------------------------------------------------------------------------- */

static void test_renew(void **state)
{
	AUTO(reply) struct reply r = { 0 };

	(void)state;
	submit(&r, WIRE_RENEW);
	scene_expect(&r, ERR_NONE, "");
	assert_true(strcmp(r.r.order, order) != 0);
	assert_int_equal(orders(), 2);
	assert_int_equal(sim_count(&sim, "ledger.jsonl", "\"accepted\"", "\"renews\":"), 1);
	expect_sent("renew", 1);
	expect_sent("enroll", 1);
	follow_expect_issued(&fetch, r.r.order, &new_key);
	follow_expect_issued(&fetch, order, &old_key);
}

static void test_renewal_not_allowed(void **state)
{
	AUTO(reply) struct reply r = { 0 };

	(void)state;
	sim_switch(&sim, "--fault renew:code=-180");
	submit(&r, WIRE_RENEW);
	scene_expect(&r, ERR_NONE, "");
	assert_int_equal(orders(), 2);
	assert_int_equal(sim_count(&sim, "ledger.jsonl", "\"accepted\"", "tag-new"), 1);
	expect_sent("renew", 1);
	expect_sent("enroll", 2);
	follow_expect_issued(&fetch, r.r.order, &new_key);
}

/* What was revoked can't be renewed: the simulator says -105. */
static void test_renewal_of_the_revoked(void **state)
{
	AUTO(reply) struct reply revoked = { 0 };
	AUTO(reply) struct reply r = { 0 };

	(void)state;
	revoke(&revoked, order);
	scene_expect(&revoked, ERR_NONE, "");
	submit(&r, WIRE_RENEW);
	scene_expect(&r, ERR_NONE, "");
	expect_sent("enroll", 2);
	follow_expect_issued(&fetch, r.r.order, &new_key);
}

static void test_renewal_refused(void **state)
{
	AUTO(reply) struct reply r = { 0 };

	(void)state;
	sim_switch(&sim, "--fault renew:code=-107");
	submit(&r, WIRE_RENEW);
	scene_expect(&r, ERR_REJECTED, "POST /ssl/v1/renewById/");
	assert_true(r.r.refused);
	assert_int_equal(orders(), 1);
	expect_sent("enroll", 1);
}

static const struct {
	const char *switches;
	size_t orders; /* that the lost answers leave behind */
	bool found;
	bool undecided;
} lost_renewals[] = {
	{ "--fault renew:reset-after-accept", 1, true, false },
	{ "--fault renew:reset", 0, false, false },
	{ "--fault renew:close-at=30", 1, true, false },
	{ "--fault renew:retype=drop/sslId", 1, true, false },
	{ "--issue-time never\n--fault renew:reset-after-accept", 1, false, true },
	{ "--fault renew:code=-180\n--fault enroll:reset-after-accept", 1, true, false },
	{ "--fault renew:code=-180\n--fault enroll:reset", 0, false, false },
	{ "--issue-time never\n--fault renew:code=-180\n--fault enroll:reset-after-accept", 1, true,
		false },
};

static void test_renewal_lost(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lost_renewals); i++) {
		AUTO(reply) struct reply r = { 0 };
		AUTO(reply) struct reply found = { 0 };
		size_t before = orders();

		/* another key and tag each time, as each order has */
		follow_key_dispose(&new_key);
		follow_key_make(&new_key);
		sim_switch(&sim, lost_renewals[i].switches);
		submit(&r, WIRE_RENEW);
		if (r.r.err.kind == ERR_NONE || r.r.unsent || r.r.refused)
			fail_msg("%s: %s", lost_renewals[i].switches, r.r.err.text);
		assert_int_equal(orders() - before, lost_renewals[i].orders);
		sim_switch(&sim,
			strstr(lost_renewals[i].switches, "never") ? "--issue-time never" : "");
		find(&found, WIRE_RENEW);
		if (!*found.r.order == lost_renewals[i].found ||
			found.r.undecided != lost_renewals[i].undecided)
			fail_msg("%s: found '%s', undecided %d", lost_renewals[i].switches,
				found.r.order, found.r.undecided);
		if (*found.r.order && found.r.order_state == WIRE_ORDER_ISSUED)
			follow_expect_issued(&fetch, found.r.order, &new_key);
		/* the next one starts from here, so that this one is not found again */
		follow_place(order, &fetch, &old_key, "tag-between");
	}
}

/* ---- replace --------------------------------------------------------------------------------- */

static void test_replace(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	AUTO(reply) struct reply found = { 0 };

	(void)state;
	find(&found, WIRE_REPLACE);
	assert_string_equal(found.r.order, "");
	assert_false(found.r.undecided);
	submit(&r, WIRE_REPLACE);
	scene_expect(&r, ERR_NONE, "");
	assert_string_equal(r.r.order, order);
	assert_int_equal(orders(), 1);
	expect_sent("replace", 1);
	follow_expect_issued(&fetch, order, &new_key);
	reply_dispose(&found);
	find(&found, WIRE_REPLACE);
	assert_string_equal(found.r.order, order);
	assert_int_equal(found.r.order_state, WIRE_ORDER_ISSUED);
}

/* The old certificate stays collectable; a second replacement has to wait for the first. */
static void test_replace_takes_time(void **state)
{
	AUTO(reply) struct reply first = { 0 };
	AUTO(reply) struct reply second = { 0 };
	AUTO(reply) struct reply found = { 0 };

	(void)state;
	sim_switch(&sim, "--issue-time never");
	submit(&first, WIRE_REPLACE);
	scene_expect(&first, ERR_NONE, "");
	follow_expect_issued(&fetch, order, &old_key);
	find(&found, WIRE_REPLACE);
	assert_string_equal(found.r.order, "");
	submit(&second, WIRE_REPLACE);
	scene_expect(&second, ERR_REJECTED, "code -130");
	assert_true(second.r.refused);
}

static void test_replacement_lost(void **state)
{
	static const struct {
		const char *fault;
		bool found;
	} faults[] = {
		{ "--fault replace:reset", false },
		{ "--fault replace:reset-after-accept", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		AUTO(reply) struct reply r = { 0 };
		AUTO(reply) struct reply found = { 0 };

		sim_switch(&sim, faults[i].fault);
		submit(&r, WIRE_REPLACE);
		expect_lost(&r);
		sim_switch(&sim, "");
		find(&found, WIRE_REPLACE);
		assert_string_equal(found.r.order, faults[i].found ? order : "");
		assert_false(found.r.undecided);
	}
	expect_sent("replace", 2);
}

/* ---- revoke ---------------------------------------------------------------------------------- */

static void test_revoke(void **state)
{
	AUTO(reply) struct reply first = { 0 };
	AUTO(reply) struct reply again = { 0 };
	AUTO(reply) struct reply details = { 0 };
	struct wire_request ask = { .op = WIRE_DETAILS, .order = { order } };

	(void)state;
	revoke(&first, order);
	scene_expect(&first, ERR_NONE, "");
	assert_int_equal(first.r.order_state, WIRE_ORDER_REVOKED);
	assert_string_equal(first.r.order, order);
	revoke(&again, order);
	scene_expect(&again, ERR_NONE, "");
	assert_int_equal(again.r.order_state, WIRE_ORDER_REVOKED);
	assert_int_equal(sim_count(&sim, "ledger.jsonl", "\"revoked\"", "\"reasonCode\":4"), 1);
	fetch_ask(&details, &fetch, &ask);
	assert_int_equal(details.r.order_state, WIRE_ORDER_REVOKED);
}

static void test_revocation_lost(void **state)
{
	AUTO(reply) struct reply lost = { 0 };
	AUTO(reply) struct reply again = { 0 };

	(void)state;
	sim_switch(&sim, "--fault revoke:reset-after-accept");
	revoke(&lost, order);
	expect_lost(&lost);
	sim_switch(&sim, "");
	revoke(&again, order);
	scene_expect(&again, ERR_NONE, "");
	assert_int_equal(sim_count(&sim, "ledger.jsonl", "\"revoked\"", NULL), 1);
}

static void test_revocation_refused(void **state)
{
	AUTO(reply) struct reply not_issued = { 0 };
	AUTO(reply) struct reply unknown = { 0 };
	AUTO(reply) struct reply code = { 0 };
	char waiting[WIRE_ID_MAX + 1];
	struct wire_request bad = follow_revoke(order);
	size_t sent;

	(void)state;
	sim_switch(&sim, "--issue-time never");
	follow_place(waiting, &fetch, &new_key, "tag-waiting");
	revoke(&not_issued, waiting);
	scene_expect(&not_issued, ERR_REJECTED, "the order is 'Applied'");
	assert_true(not_issued.r.refused);
	assert_int_equal(not_issued.r.code, -102);
	revoke(&unknown, "999999");
	assert_int_equal(unknown.r.err.kind, ERR_REJECTED);
	assert_true(unknown.r.refused);
	sent = sim_count(&sim, "requests.jsonl", "\"operation\":\"revoke\"", NULL);
	bad.revoke.code = 2;
	fetch_ask(&code, &fetch, &bad);
	scene_expect(&code, ERR_CONFIG, "reason code 2");
	assert_int_equal(sim_count(&sim, "requests.jsonl", "\"operation\":\"revoke\"", NULL), sent);
	assert_int_equal(sim_count(&sim, "ledger.jsonl", "\"revoked\"", NULL), 0);
}

/* ---- the way of validation ------------------------------------------------------------------- */

static void test_validation(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request request = follow_submit(WIRE_ENROLL, "", &new_key, "tag-new");

	(void)state;
	request.submit.dcv_mode = "EMAIL";
	request.submit.dcv_email = "admin@example.com";
	fetch_ask(&r, &fetch, &request);
	scene_expect(&r, ERR_NONE, "");
	assert_int_equal(sim_count(&sim, "requests.jsonl", "\\\"dcvMode\\\":\\\"EMAIL\\\"",
				 "\\\"dcvEmail\\\":\\\"admin@example.com\\\""),
		1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_renew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_renewal_not_allowed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_renewal_of_the_revoked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_renewal_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_renewal_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replace_takes_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_replacement_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_revoke, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_revocation_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_revocation_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_validation, set_up, tear_down),
	};

	if (argc != 3)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
