/* scm-agent-fetch against scm-sim: what the account holds, page by page. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fs.h"
#include "fetch_scene.h"

#define DOMAINS 450 /* three pages, beside those that the simulator has */
#define PAGES_MAX 20

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;
static struct fetch fetch;

static void save_account(const struct buf *text)
{
	AUTO(fd) int dir = -1;
	struct err err = { 0 };

	assert_true(buf_ok(text));
	if (!fs_open_dir(&dir, AT_FDCWD, sim.dir, &err) ||
		!fs_write(dir, "account.json", text->data, text->len, FS_ATTR(0600), &err))
		fail_msg("%s", err.text);
}

/* Puts JSON right behind the bracket that opens a list of the account. */
static void add_to_account(const char *list, const char *json)
{
	AUTO(buf) struct buf text = { 0 };
	AUTO(buf) struct buf longer = BUF(1024 * 1024);
	const char *at;

	sim_read(&text, &sim, "account.json");
	at = strstr(buf_str(&text), list);
	at = at ? strchr(at, '[') : NULL;
	assert_non_null(at);
	buf_add(&longer, text.data, (size_t)(at + 1 - text.data));
	buf_add_str(&longer, json);
	buf_add_str(&longer, at + 1);
	save_account(&longer);
}

static void add_domains(void)
{
	AUTO(buf) struct buf json = BUF(256 * 1024);

	for (int i = 0; i < DOMAINS; i++)
		buf_addf(&json,
			"{\"id\":%d,\"name\":\"d%03d.example\",\"delegations\":[{\"orgId\":2000,"
			"\"certTypes\":[\"SSL\"],\"status\":\"ACTIVE\"}]},",
			10000 + i, i);
	add_to_account("\"domains\"", buf_str(&json));
}

static int set_up(void **state)
{
	(void)state;
	sim_start(&sim, sim_program, NULL);
	add_domains();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
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

static struct wire_request list_of(enum wire_list_kind kind)
{
	return (struct wire_request) { .op = WIRE_LIST,
		.list = { .kind = kind, .name = "", .status = "", .serial = "" } };
}

static const char *cell(const struct reply *r, uint32_t row, uint32_t column)
{
	assert_true(row < r->r.rows && column < r->r.columns);
	return r->r.cell[row * r->r.columns + column];
}

/* The row with this text in this column; NULL for none. */
static const char *const *find(const struct reply *r, uint32_t column, const char *text)
{
	for (uint32_t row = 0; row < r->r.rows; row++)
		if (!strcmp(cell(r, row, column), text))
			return &r->r.cell[row * r->r.columns];
	return NULL;
}

/* All pages; how often each text "PREFIX%03d" stood in the column is added to `seen`. */
static unsigned walk(struct wire_request *list, const char *prefix, uint32_t column,
	unsigned seen[static DOMAINS], uint32_t *rows)
{
	unsigned pages = 0;

	*rows = 0;
	list->list.position = 0;
	do {
		AUTO(reply) struct reply r = { 0 };
		unsigned number;

		fetch_ask(&r, &fetch, list);
		scene_expect(&r, ERR_NONE, "");
		assert_true(r.r.next == 0 || r.r.next > list->list.position);
		for (uint32_t row = 0; row < r.r.rows; row++) {
			const char *text = cell(&r, row, column);

			if (strncmp(text, prefix, strlen(prefix)))
				continue;
			number = (unsigned)strtoul(text + strlen(prefix), NULL, 10);
			assert_true(number < DOMAINS);
			seen[number]++;
		}
		*rows += r.r.rows;
		list->list.position = r.r.next;
		assert_true(++pages < PAGES_MAX);
	} while (list->list.position);
	return pages;
}

static void expect_each_once(const unsigned seen[static DOMAINS], unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (seen[i] != 1)
			fail_msg("entry %u was seen %u times", i, seen[i]);
}

static void test_domains(void **state)
{
	struct wire_request list = list_of(WIRE_LIST_DOMAINS);
	unsigned seen[DOMAINS] = { 0 };
	uint32_t rows;

	(void)state;
	assert_int_equal(walk(&list, "d", 1, seen, &rows), 3);
	expect_each_once(seen, DOMAINS);
	assert_true(rows > DOMAINS);
}

static void test_domains_filtered(void **state)
{
	AUTO(reply) struct reply named = { 0 };
	AUTO(reply) struct reply none = { 0 };
	struct wire_request list = list_of(WIRE_LIST_DOMAINS);
	unsigned seen[DOMAINS] = { 0 };
	uint32_t rows;

	(void)state;
	list.list.name = "*.example.com";
	fetch_ask(&named, &fetch, &list);
	scene_expect(&named, ERR_NONE, "");
	assert_int_equal(named.r.rows, 1);
	assert_int_equal(named.r.columns, 2);
	assert_string_equal(cell(&named, 0, 0), "401");
	assert_string_equal(cell(&named, 0, 1), "*.example.com");
	list.list.name = "nowhere.example";
	fetch_ask(&none, &fetch, &list);
	scene_expect(&none, ERR_NONE, "");
	assert_int_equal(none.r.rows, 0);
	assert_int_equal(none.r.next, 0);
	list.list.name = "";
	list.list.org_id = 1234;
	walk(&list, "d", 1, seen, &rows);
	assert_true(rows > 0);
	for (unsigned i = 0; i < DOMAINS; i++)
		assert_int_equal(seen[i], 0);
}

/* From either release, and a domain's state in it. */
static void test_validations(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request list = list_of(WIRE_LIST_VALIDATIONS);
	unsigned seen[DOMAINS] = { 0 };
	unsigned again[DOMAINS] = { 0 };
	const char *const *row;
	uint32_t rows;

	(void)state;
	assert_int_equal(walk(&list, "d", 0, seen, &rows), 3);
	expect_each_once(seen, DOMAINS);
	sim_switch(&sim, "--fault dcv-list:status=404:1");
	assert_int_equal(walk(&list, "d", 0, again, &rows), 3);
	expect_each_once(again, DOMAINS);
	assert_true(sim_count(&sim, "requests.jsonl", "/dcv/v1/validation?", NULL) == 1);
	list.list.name = "expired.example";
	fetch_ask(&r, &fetch, &list);
	scene_expect(&r, ERR_NONE, "");
	assert_int_equal(r.r.rows, 1);
	assert_int_equal(r.r.columns, 5);
	row = find(&r, 0, "expired.example");
	assert_non_null(row);
	assert_string_equal(row[1], "EXPIRED");
	assert_string_equal(row[2], "CNAME");
	assert_string_equal(row[3], "NOT_INITIATED");
	assert_int_equal(strlen(row[4]), strlen("2025-05-22"));
}

static void test_certificates(void **state)
{
	AUTO_STR char *csr = scene_csr("many.example.com");
	AUTO_STR char *other = scene_csr("www.example.com");
	AUTO(reply) struct reply first = { 0 };
	AUTO(reply) struct reply by_serial = { 0 };
	AUTO(reply) struct reply revoked = { 0 };
	struct wire_request list = list_of(WIRE_LIST_CERTIFICATES);
	struct wire_request submit = scene_submit(csr, "");
	unsigned seen[DOMAINS] = { 0 };
	char serial[128];
	uint32_t rows;

	(void)state;
	scene_place(&fetch, other, "");
	submit.submit.names = "many.example.com,b.example.com";
	for (int i = 0; i < 205; i++) {
		AUTO(reply) struct reply r = { 0 };

		fetch_ask(&r, &fetch, &submit);
		scene_expect(&r, ERR_NONE, "");
	}
	assert_int_equal(walk(&list, "many.", 1, seen, &rows), 2);
	assert_int_equal(rows, 206);
	list.list.name = "many.example.com";
	list.list.status = "Issued";
	list.list.org_id = 1234;
	list.list.position = 0;
	fetch_ask(&first, &fetch, &list);
	scene_expect(&first, ERR_NONE, "");
	assert_int_equal(first.r.rows, 200);
	assert_int_equal(first.r.next, 200);
	assert_int_equal(first.r.columns, 4);
	assert_true(strtoul(cell(&first, 0, 0), NULL, 10) > 0);
	assert_string_equal(cell(&first, 0, 1), "many.example.com");
	assert_string_equal(cell(&first, 0, 3), "many.example.com b.example.com");
	snprintf(serial, sizeof(serial), "%s", cell(&first, 7, 2));
	assert_true(strlen(serial) > 8);
	assert_int_equal(strspn(serial, "0123456789ABCDEF"), strlen(serial));
	list.list.serial = serial;
	fetch_ask(&by_serial, &fetch, &list);
	scene_expect(&by_serial, ERR_NONE, "");
	assert_int_equal(by_serial.r.rows, 1);
	assert_string_equal(cell(&by_serial, 0, 0), cell(&first, 7, 0));
	list.list.status = "Revoked";
	fetch_ask(&revoked, &fetch, &list);
	scene_expect(&revoked, ERR_NONE, "");
	assert_int_equal(revoked.r.rows, 0);
}

static void test_organization(void **state)
{
	static const struct {
		uint64_t id;
		const char *name;
		const char *enabled;
	} organizations[] = { { 1234, "Example Org", "yes" }, { 3000, "No API", "no" },
		{ 1235, "Web", "yes" } };
	AUTO(reply) struct reply unknown = { 0 };
	struct wire_request list = list_of(WIRE_LIST_ORGANIZATION);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(organizations); i++) {
		AUTO(reply) struct reply r = { 0 };

		list.list.org_id = organizations[i].id;
		fetch_ask(&r, &fetch, &list);
		scene_expect(&r, ERR_NONE, "");
		assert_int_equal(r.r.rows, 1);
		assert_int_equal(strtoul(cell(&r, 0, 0), NULL, 10), organizations[i].id);
		assert_string_equal(cell(&r, 0, 1), organizations[i].name);
		assert_string_equal(cell(&r, 0, 2), organizations[i].enabled);
	}
	list.list.org_id = 99;
	fetch_ask(&unknown, &fetch, &list);
	assert_int_equal(unknown.r.err.kind, ERR_REJECTED);
}

static void test_fields(void **state)
{
	static const char *const switches[] = { "", "--fault custom-fields:status=404:1" };
	struct wire_request list = list_of(WIRE_LIST_FIELDS);

	(void)state;
	add_to_account("\"customFields\"", "{\"id\":60,\"name\":\"Reason\",\"mandatory\":true},");
	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		AUTO(reply) struct reply r = { 0 };

		sim_switch(&sim, switches[i]);
		fetch_ask(&r, &fetch, &list);
		scene_expect(&r, ERR_NONE, "");
		assert_int_equal(r.r.rows, 3);
		assert_int_equal(r.r.columns, 3);
		assert_string_equal(cell(&r, 0, 0), "60");
		assert_string_equal(cell(&r, 0, 1), "Reason");
		assert_string_equal(cell(&r, 0, 2), "yes");
		assert_string_equal(cell(&r, 1, 1), "Cost centre");
		assert_string_equal(cell(&r, 1, 2), "no");
	}
	assert_int_equal(sim_count(&sim, "requests.jsonl", "customField/v2?certType=SSL", NULL), 1);
}

static void test_password(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request list = list_of(WIRE_LIST_PASSWORD);

	(void)state;
	fetch_ask(&r, &fetch, &list);
	scene_expect(&r, ERR_NONE, "");
	assert_int_equal(r.r.rows, 1);
	assert_int_equal(r.r.columns, 2);
	assert_string_equal(cell(&r, 0, 0), "ALIVE");
	assert_int_equal(strlen(cell(&r, 0, 1)), strlen("2025-08-21"));
}

/* Whatever comes: rows or a failure, and the conversation goes on. */
static void test_hostile_answers(void **state)
{
	static const char *const faults[] = { "html", "truncate=40", "endless-body",
		"evil=ansi/name", "evil=control/name", "retype=number/name", "body=[]x", "body={}",
		"body=[[]]", "body=[{}]", "status=500", "code=-3", "reset", "close-at=30" };
	struct wire_request list = list_of(WIRE_LIST_DOMAINS);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		AUTO(reply) struct reply r = { 0 };
		AUTO(reply) struct reply after = { 0 };
		char line[96];

		snprintf(line, sizeof(line), "--fault domains:%s", faults[i]);
		sim_switch(&sim, line);
		fetch_ask(&r, &fetch, &list);
		if (r.r.err.kind == ERR_NONE && strncmp(faults[i], "evil", 4) != 0)
			fail_msg("%s: taken", faults[i]);
		sim_switch(&sim, "");
		fetch_ask(&after, &fetch, &list);
		scene_expect(&after, ERR_NONE, "");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_domains), TEST(test_domains_filtered), TEST(test_validations),
		TEST(test_certificates), TEST(test_organization), TEST(test_password),
		TEST(test_hostile_answers),
		TEST(test_fields), /* the last: from then on orders need it */
	};

	if (argc != 3)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
