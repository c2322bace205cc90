/*
 * The agent's connections against the simulator: trying another credential than an account's own,
 * and changing that while answers are awaited.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "agent/expiry.h"
#include "agent/net.h"
#include "agent/refusal.h"
#include "base/secret.h"
#include "sim.h"

#define PLENTY_MS 60000

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;

struct scene {
	struct conf conf;
	struct conf_account account;
	struct store *store;
	struct net *net;
	char state[96];
	char own[96];	/* PEM of the login "api" */
	char other[96]; /* PEM that SCM does not have for it */
	char trust[96];
};

static char text_name[] = "a";
static char text_customer[] = "example";
static char text_login[] = "api";

static void in_dir(char out[static 96], const char *name)
{
	assert_true(snprintf(out, 96, "%s/%s", sim.dir, name) < 96);
}

/* Each test has the simulator's directory to itself. */
static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct err err = { 0 };

	if (!s)
		return -1;
	sim_start(&sim, sim_program, NULL);
	in_dir(s->state, "state");
	in_dir(s->own, "client.pem");
	in_dir(s->other, "other.pem");
	in_dir(s->trust, "tls-ca.pem");
	sim_add_login(&sim, (const char *const[]) { "other", "--client-cert", s->other, NULL });
	s->account = (struct conf_account) { .name = text_name,
		.url = sim.url,
		.customer_uri = text_customer,
		.organization_id = 1234,
		.login = text_login,
		.store = s->own,
		.store_type = CONF_STORE_PEM,
		.trust_store = s->trust,
		.trust_type = CONF_STORE_PEM };
	s->conf = (struct conf) { .account = &s->account, .accounts = 1, .agent.parallel = 2 };
	if (!store_open(&s->store, s->state, &err) ||
		!net_new(&s->net, &s->conf, s->store, fetch_program, &err))
		fail_msg("%s", err.text);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	net_free(s->net);
	store_close(s->store);
	free(s);
	sim_stop(&sim);
	return 0;
}

static bool is_remembered(const struct scene *s)
{
	struct refusal r;
	struct err err = { 0 };

	assert_true(refusal_of_account(&r, &s->account, &err));
	return !refusal_check(s->store, &r, &err);
}

static size_t refused_logins(void)
{
	return sim_count(&sim, "ledger.jsonl", "login-refused", "\"api\"");
}

/* A candidate's refusal is its own, and the account goes on. */
static void tries_another_one(void **state)
{
	struct scene *s = *state;
	const struct credential good = { .type = CONF_STORE_PEM, .file = { s->own } };
	const struct credential bad = { .type = CONF_STORE_PEM, .file = { s->other } };
	struct err err = { 0 };

	assert_false(net_try(s->net, &s->account, &bad, &err));
	assert_int_equal(err.kind, ERR_AUTH);
	assert_int_equal(refused_logins(), 1);
	assert_false(is_remembered(s));
	if (!net_try(s->net, &s->account, &good, &err) || !net_log_in(s->net, &s->account, &err))
		fail_msg("%s", err.text);
	assert_int_equal(refused_logins(), 1);
}

/* What will be in a file is tried before it is there; what can't be read is no refusal. */
static void tries_what_is_not_there_yet(void **state)
{
	struct scene *s = *state;
	AUTO(buf_secret) struct buf pem = BUF(65536);
	struct credential c = { .type = CONF_STORE_PEM, .content = &pem };
	struct err err = { 0 };

	assert_true(fs_read_path(&pem, s->own, &err));
	if (!net_try(s->net, &s->account, &c, &err))
		fail_msg("%s", err.text);
	c.type = CONF_STORE_PKCS12;
	assert_false(net_try(s->net, &s->account, &c, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	assert_int_equal(refused_logins(), 0);
}

/* Who is known, and may not do what was asked, is known. */
static void takes_a_refused_wish_for_a_login(void **state)
{
	struct scene *s = *state;
	struct err err = { 0 };

	sim_switch(&sim, "--fault types:code=-3");
	if (!net_log_in(s->net, &s->account, &err))
		fail_msg("%s", err.text);
	assert_false(is_remembered(s));
}

static void remembers_the_accounts_own_refusal(void **state)
{
	struct scene *s = *state;
	struct expiry e;
	struct err err = { 0 };

	s->account.store = s->other;
	assert_false(net_log_in(s->net, &s->account, &err));
	assert_int_equal(err.kind, ERR_AUTH);
	assert_true(is_remembered(s));
	/* it could be loaded, so when it ends is known */
	assert_true(expiry_of(&e, s->store, &s->account));
	assert_int_equal(e.not_after, net_client_not_after(s->net, &s->account));
	assert_true(strlen(e.serial) > 8);
}

/* Who waits for an answer gets it, by the process that was asked. */
static void changes_while_answers_are_awaited(void **state)
{
	struct scene *s = *state;
	AUTO(answer) struct answer answer = { 0 };
	struct wire_request r = { .op = WIRE_LIST,
		.list = { .kind = WIRE_LIST_PROFILES, .org_id = 1234 } };
	struct fetcher *before;
	struct fetcher *after;
	struct err err = { 0 };

	sim_switch(&sim, "--delay 300");
	assert_true(net_account(&before, s->net, &s->account, &err));
	assert_true(fetcher_send(before, &r, &err));
	assert_true(net_renew(s->net, &s->account, &err));
	assert_true(net_account(&after, s->net, &s->account, &err));
	assert_ptr_not_equal(before, after);
	assert_false(net_broken(s->net, before, &err));
	while (!fetcher_take(&answer, before, r.id))
		net_wait(s->net, PLENTY_MS);
	assert_int_equal(answer.reply.err.kind, ERR_NONE);
	assert_true(answer.reply.rows > 0);
	if (!net_log_in(s->net, &s->account, &err))
		fail_msg("%s", err.text);
}

int main(int argc, char **argv)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(tries_another_one),
		TEST(tries_what_is_not_there_yet),
		TEST(takes_a_refused_wish_for_a_login),
		TEST(remembers_the_accounts_own_refusal),
		TEST(changes_while_answers_are_awaited),
	};
	struct err err = { 0 };

	if (argc != 3 || !secret_init(&err))
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
