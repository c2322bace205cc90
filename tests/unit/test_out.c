/* Results on stdout: one set of rows as a table, as a list, and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "agent/out.h"
#include "tempdir.h"

/* stdout into a file of the scene, and back. */
struct capture {
	int file;
	int saved;
};

static struct capture begin(const struct tempdir *t)
{
	struct capture c = { .file = openat(
				     t->fd, "out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) };

	assert_true(c.file >= 0);
	fflush(stdout);
	c.saved = dup(STDOUT_FILENO);
	assert_true(c.saved >= 0 && dup2(c.file, STDOUT_FILENO) >= 0);
	return c;
}

static void end(const struct tempdir *t, struct capture *c, struct buf *text)
{
	struct err err = { 0 };

	fflush(stdout);
	dup2(c->saved, STDOUT_FILENO);
	close(c->saved);
	close(c->file);
	assert_true(fs_read(text, t->fd, "out", &err));
}

typedef void print_fn(struct out *o);

/* What `print` writes, with `fill` called before. */
static void print_to(struct buf *text, const struct tempdir *t, bool json,
	void (*fill)(struct out *o), print_fn *print)
{
	AUTO(out) struct out *o = out_new(json, "things");
	struct capture c;

	fill(o);
	c = begin(t);
	print(o);
	end(t, &c, text);
}

static void assert_prints(
	const struct tempdir *t, void (*fill)(struct out *o), print_fn *print, const char *expected)
{
	AUTO(buf) struct buf text = BUF(1 << 20);

	print_to(&text, t, false, fill, print);
	assert_string_equal(buf_str(&text), expected);
}

static void fill_nothing(struct out *o)
{
	(void)o;
}

static void fill_row(struct out *o, const char *name, int64_t number, int64_t time)
{
	AUTO(strlist) struct strlist list = { 0 };

	assert_true(strlist_add(&list, "a"));
	if (number)
		assert_true(strlist_add(&list, "b"));
	out_row(o);
	out_text(o, "name", "NAME", name);
	out_text(o, "hidden", NULL, "not in the table");
	out_number(o, "number", "N", number);
	out_flag(o, "flag", number != 0);
	out_list(o, "list", "LIST", &list);
	out_time(o, "time", "TIME", time);
}

static void fill_rows(struct out *o)
{
	fill_row(o, "one", 0, 0);
	fill_row(o, "seventeen", -17, 1795251600);
	fill_row(o, "", INT64_MAX, 1);
}

static void aligns(void **state)
{
	assert_prints(*state, fill_rows, out_print,
		"NAME       N                    LIST  TIME\n"
		"one        0                    a     -\n"
		"seventeen  -17                  a b   2026-11-21T09:00:00Z\n"
		"-          9223372036854775807  a b   1970-01-01T00:00:01Z\n");
	assert_prints(*state, fill_nothing, out_print, "");
}

static void fill_one(struct out *o)
{
	fill_row(o, "one", 5, 0);
}

static void lists(void **state)
{
	assert_prints(*state, fill_one, out_print_list, "NAME  one\nN     5\nLIST  a b\nTIME  -\n");
	assert_prints(*state, fill_nothing, out_print_list, "");
}

/* Characters, not bytes, make a column. */
static void fill_wide(struct out *o)
{
	out_row(o);
	out_text(o, "a", "A", "\303\244\303\266\303\274");
	out_text(o, "b", "B", "x");
	out_row(o);
	out_text(o, "a", "A", "abcd");
	out_text(o, "b", "B", "y");
}

static void counts_characters(void **state)
{
	assert_prints(
		*state, fill_wide, out_print, "A     B\n\303\244\303\266\303\274   x\nabcd  y\n");
}

/* Names of organizations and messages come from elsewhere: they may not steer a terminal. */
static void fill_hostile(struct out *o)
{
	AUTO(strlist) struct strlist list = { 0 };

	assert_true(strlist_add(&list, "\033[2J"));
	out_row(o);
	out_text(o, "a", "A", "\033]0;title\a\r\nNAME  fake\n\342\200\256abc\377");
	out_text(o, "b", "B", "C:\\x");
	out_list(o, "c", "C", &list);
}

static void steers_no_terminal(void **state)
{
	assert_prints(*state, fill_hostile, out_print_list,
		"A  \\x1b]0;title\\x07\\x0d\\x0aNAME  fake\\x0a\\xe2\\x80\\xaeabc\\xff\n"
		"B  C:\\x\n"
		"C  \\x1b[2J\n");
}

static cJSON *parse(const struct buf *text)
{
	const char *rest = NULL;
	cJSON *root = cJSON_ParseWithOpts(buf_str(text), &rest, false);

	if (!root)
		fail_msg("no JSON: %s", buf_str(text));
	assert_string_equal(rest, "\n");
	return root;
}

static const char *string_of(const cJSON *object, const char *member)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, member));
}

static void check_document(const cJSON *root, int rows)
{
	assert_int_equal(cJSON_GetArraySize(root), 2);
	assert_int_equal(cJSON_GetObjectItemCaseSensitive(root, "schema")->valueint, 1);
	assert_true(cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(root, "things")));
	assert_int_equal(
		cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(root, "things")), rows);
}

static void check_row(const cJSON *row)
{
	assert_int_equal(cJSON_GetArraySize(row), 6);
	assert_string_equal(string_of(row, "name"), "seventeen");
	assert_string_equal(string_of(row, "hidden"), "not in the table");
	assert_int_equal(cJSON_GetObjectItemCaseSensitive(row, "number")->valueint, -17);
	assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(row, "flag")));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(row, "list")), 2);
	assert_string_equal(string_of(row, "time"), "2026-11-21T09:00:00Z");
}

/* As a table and as a list it is the same document. */
static void writes_json(void **state)
{
	static print_fn *const prints[] = { out_print, out_print_list };

	for (size_t i = 0; i < ARRAY_LEN(prints); i++) {
		AUTO(buf) struct buf text = BUF(65536);
		cJSON *root;
		cJSON *rows;

		print_to(&text, *state, true, fill_rows, prints[i]);
		root = parse(&text);
		rows = cJSON_GetObjectItemCaseSensitive(root, "things");
		check_document(root, 3);
		check_row(cJSON_GetArrayItem(rows, 1));
		assert_true(cJSON_IsNull(
			cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(rows, 0), "time")));
		assert_true(cJSON_IsFalse(
			cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(rows, 0), "flag")));
		assert_string_equal(string_of(cJSON_GetArrayItem(rows, 2), "name"), "");
		cJSON_Delete(root);
		/* not by way of a double, which would end in 808 */
		assert_non_null(strstr(buf_str(&text), "9223372036854775807"));
	}
}

static void writes_an_empty_document(void **state)
{
	AUTO(buf) struct buf text = BUF(65536);
	cJSON *root;

	print_to(&text, *state, true, fill_nothing, out_print);
	root = parse(&text);
	check_document(root, 0);
	cJSON_Delete(root);
}

/* Whatever stands in a value, the document stays one, in UTF-8. */
static void escapes_json(void **state)
{
	AUTO(buf) struct buf text = BUF(65536);
	cJSON *root;
	const cJSON *row;

	print_to(&text, *state, true, fill_hostile, out_print);
	root = parse(&text);
	row = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, "things"), 0);
	assert_string_equal(string_of(row, "b"), "C:\\x");
	assert_string_equal(
		string_of(row, "a"), "\033]0;title\a\r\nNAME  fake\n\\xe2\\x80\\xaeabc\\xff");
	assert_null(strchr(buf_str(&text), '\033'));
	assert_null(strchr(buf_str(&text), '\377'));
	cJSON_Delete(root);
}

static void fill_long(struct out *o)
{
	AUTO(strlist) struct strlist names = { 0 };
	char name[64];

	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "host-%03d.a-rather-long-name.example.com", i);
		assert_true(strlist_add(&names, name));
	}
	out_row(o);
	out_list(o, "names", "NAMES", &names);
}

/* All the names that a certificate may have. */
static void cuts_no_list(void **state)
{
	AUTO(buf) struct buf text = BUF(1 << 20);

	print_to(&text, *state, false, fill_long, out_print_list);
	assert_non_null(strstr(buf_str(&text), "NAMES  host-000."));
	assert_non_null(strstr(buf_str(&text), " host-250.a-rather-long-name.example.com "));
	assert_non_null(strstr(buf_str(&text), " host-499.a-rather-long-name.example.com\n"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)

static void print_two(struct out *o)
{
	out_next(o, "others");
	fill_wide(o);
	out_print(o);
}

static void print_one_of_two(struct out *o)
{
	out_next(o, "others");
	out_print(o);
}

/* One under the other, each with its own columns; what is empty leaves no line. */
static void goes_on_with_another(void **state)
{
	AUTO(buf) struct buf text = BUF(1 << 20);
	AUTO(buf) struct buf bare = BUF(1 << 20);
	cJSON *document;

	assert_prints(*state, fill_wide, print_two,
		"A     B\n\303\244\303\266\303\274   x\nabcd  y\n"
		"\nA     B\n\303\244\303\266\303\274   x\nabcd  y\n");
	assert_prints(*state, fill_one, print_two,
		"NAME  N  LIST  TIME\none   5  a b   -\n"
		"\nA     B\n\303\244\303\266\303\274   x\nabcd  y\n");
	assert_prints(*state, fill_nothing, print_two,
		"A     B\n\303\244\303\266\303\274   x\nabcd  y\n");
	assert_prints(
		*state, fill_one, print_one_of_two, "NAME  N  LIST  TIME\none   5  a b   -\n");
	print_to(&text, *state, true, fill_one, print_two);
	document = cJSON_Parse(buf_str(&text));
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(document, "things")), 1);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(document, "others")), 2);
	cJSON_Delete(document);
	print_to(&bare, *state, true, fill_nothing, print_one_of_two);
	document = cJSON_Parse(buf_str(&bare));
	assert_true(cJSON_IsArray(cJSON_GetObjectItem(document, "others")));
	cJSON_Delete(document);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(aligns),
		TEST(lists),
		TEST(counts_characters),
		TEST(steers_no_terminal),
		TEST(goes_on_with_another),
		TEST(writes_json),
		TEST(writes_an_empty_document),
		TEST(escapes_json),
		TEST(cuts_no_list),
	};

	return cmocka_run_group_tests_name("out", tests, NULL, NULL);
}
