/* Passwords as credentials: what is sent, what is not, and that a wrong one is sent once. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "fetch_scene.h"

#define MANY 12
#define MAPS_MAX (1024 * 1024)
#define MAPPING_MAX (64 * 1024 * 1024)

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

static void open_password(const char *login, const char *password)
{
	AUTO(scene_account) struct scene_account a;

	scene_account_load(&a, &sim);
	scene_account_secret(&a, WIRE_PASSWORD, login, password);
	scene_open(&fetch, fetch_program, &a);
}

static size_t requests(const char *word, const char *other)
{
	return sim_count(&sim, "requests.jsonl", word, other);
}

static void test_right(void **state)
{
	static const char *const passwords[] = { "secret", "p\xc3\xa4ss: \"w\xc3\xb6rd\" %41+\\;,",
		"x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(passwords); i++) {
		AUTO(reply) struct reply r = { 0 };
		struct wire_request details;
		char login[32];

		snprintf(login, sizeof(login), "right-%zu", i);
		sim_add_secret(&sim, "add-login", login, passwords[i]);
		open_password(login, passwords[i]);
		details = scene_order(WIRE_DETAILS, scene_place(&fetch, csr, "password"));
		fetch_ask(&r, &fetch, &details);
		scene_expect(&r, ERR_NONE, "");
		scene_ask_many(&fetch, MANY, ERR_NONE, "");
		assert_int_equal(fetch_stop(&fetch), 0);

		snprintf(login, sizeof(login), "\"login\":\"right-%zu\"", i);
		assert_int_equal(requests(login, NULL), MANY + 2);
		assert_int_equal(requests(login, "\"status\":200"), MANY + 2);
		assert_int_equal(
			requests(login, "\"name\":\"password\",\"value\":\"***\""), MANY + 2);
		assert_int_equal(
			requests(login, "\"customerUri\",\"value\":\"example\""), MANY + 2);
		assert_int_equal(requests(login, "\"target\":\"/api/ssl/v1"), MANY + 2);
		assert_int_equal(requests(login, "\"clientSerial\":null"), MANY + 2);
		assert_int_equal(requests(login, "Authorization"), 0);
	}
}

/* However many calls wait: an account locks after a few. */
static void test_wrong(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request submit = scene_submit(csr, "wrong");

	(void)state;
	sim_add_secret(&sim, "add-login", "wrong", "secret");
	open_password("wrong", "canary-wrong");
	scene_ask_many(&fetch, MANY, ERR_AUTH,
		"HTTP 401: code -16: Unknown user; check login, customer_uri and password_file");
	fetch_ask(&r, &fetch, &submit);
	scene_expect(&r, ERR_AUTH, "password_file");
	assert_true(r.r.unsent);
	assert_null(strstr(r.r.err.text, "canary"));
	assert_int_equal(fetch_stop(&fetch), 0);
	assert_int_equal(requests("\"login\":\"wrong\"", NULL), 1);
}

/* An order is as good a first call as any: its refusal says that none exists. */
static void test_wrong_order(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request submit = scene_submit(csr, "wrong");

	(void)state;
	sim_add_secret(&sim, "add-login", "order", "secret");
	open_password("order", "Secret");
	fetch_ask(&r, &fetch, &submit);
	scene_expect(&r, ERR_AUTH, "password_file");
	assert_true(r.r.refused);
	assert_int_equal(r.r.code, -16);
	assert_int_equal(fetch_stop(&fetch), 0);
	assert_int_equal(requests("\"login\":\"order\"", NULL), 1);
}

/* In the middle of a run, with calls in flight: those that wait are not sent. */
static void test_refused_later(void **state)
{
	(void)state;
	sim_add_secret(&sim, "add-login", "later", "secret");
	open_password("later", "secret");
	scene_ask_many(&fetch, 1, ERR_NONE, "");
	sim_switch(&sim, "--fault types:status=401");
	scene_ask_many(&fetch, 40, ERR_AUTH, "password_file");
	sim_switch(&sim, "");
	scene_ask_many(&fetch, 1, ERR_AUTH, "password_file");
	assert_int_equal(fetch_stop(&fetch), 0);
	/* no more than were in flight */
	assert_in_range(requests("\"login\":\"later\"", "\"status\":401"), 1, 4);
}

static void test_no_use(void **state)
{
	static const struct {
		const char *password;
		size_t len;
		const char *words;
	} passwords[] = { { "", 0, "password_file: empty" },
		{ "a\r\nX: y", 7, "control characters" }, { "a\0b", 3, "control characters" },
		{ "canary ", 7, "a blank" } };
	AUTO(scene_account) struct scene_account a;

	(void)state;
	scene_account_load(&a, &sim);
	scene_account_secret(&a, WIRE_PASSWORD, "api", "");
	for (size_t i = 0; i < ARRAY_LEN(passwords); i++) {
		AUTO(reply) struct reply r = { 0 };

		a.request.account.secret =
			(struct wire_bytes) { passwords[i].password, passwords[i].len };
		fetch_start(&fetch, fetch_program, NULL);
		fetch_ask(&r, &fetch, &a.request);
		scene_expect(&r, ERR_CONFIG, passwords[i].words);
		assert_null(strstr(r.r.err.text, "canary"));
		assert_int_equal(fetch_stop(&fetch), 0);
	}
}

/* How often the bytes stand in what the process can write to; -1: one may not look. */
static int copies_in(const struct fetch *f, const char *bytes)
{
	AUTO(buf) struct buf maps = BUF(MAPS_MAX);
	AUTO(fd) int mem = -1;
	char path[64];
	int n = 0;
	struct err err = { 0 };

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)f->pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)f->pid);
	if (mem < 0 || !fs_read_path(&maps, path, &err))
		return -1;
	for (char *line = maps.data, *end; (end = strchr(line, '\n')); line = end + 1) {
		char *at;
		unsigned long from = strtoul(line, &at, 16);
		size_t len = strtoul(at + 1, &at, 16) - from;
		AUTO_STR char *data = NULL;
		ssize_t got;

		/* a sanitizer's shadow is larger */
		if (strncmp(at, " rw", 3) || len > MAPPING_MAX)
			continue;
		data = malloc(len);
		assert_non_null(data);
		got = pread(mem, data, len, (off_t)from);
		for (const char *c = data; got > 0; c++, n++) {
			c = memmem(c, (size_t)(data + got - c), bytes, strlen(bytes));
			if (!c)
				break;
		}
	}
	return n;
}

/* libcurl, OpenSSL and the conversation with the agent had copies too. */
static void test_one_copy(void **state)
{
	int copies = -1;

	(void)state;
	sim_add_secret(&sim, "add-login", "copy", "canary-of-memory");
	open_password("copy", "canary-of-memory");
	scene_ask_many(&fetch, MANY, ERR_NONE, "");
	scene_place(&fetch, csr, "copies");
	/* the call that an answer ends is cleared away when the answer has been sent */
	for (int tries = 0; tries < 100; tries++) {
		copies = copies_in(&fetch, "canary-of-memory");
		if (copies <= 1)
			break;
		usleep(100000);
	}
	assert_int_equal(fetch_stop(&fetch), 0);
	/* for want of a right to look, that of root */
	if (copies < 0 && geteuid())
		skip();
	assert_int_equal(copies, 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_wrong_order),
		cmocka_unit_test(test_refused_later),
		cmocka_unit_test(test_no_use),
		cmocka_unit_test(test_one_copy),
	};

	if (argc != 3)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
