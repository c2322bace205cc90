/* Records: what is written is read back, and what is torn, foreign or newer is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "agent/record.h"
#include "tempdir.h"

#define HEAD "scm-agent=1\n"

static void put(const struct tempdir *t, const char *text, size_t len)
{
	struct err err = { 0 };

	assert_true(fs_write(t->fd, "r", text, len, FS_ATTR(0600), &err));
}

static void assert_file(const struct tempdir *t, const char *expected)
{
	AUTO(buf) struct buf text = BUF(4096);
	struct err err = { 0 };

	assert_true(fs_read(&text, t->fd, "r", &err));
	assert_string_equal(buf_str(&text), expected);
}

static void writes(void **state)
{
	const struct tempdir *t = *state;
	AUTO(record) struct record r = { 0 };
	struct err err = { 0 };
	struct stat st;

	assert_true(record_set(&r, "name", "a = b", &err));
	assert_true(record_set(&r, "empty", "", &err));
	assert_true(record_set(&r, "nothing", NULL, &err));
	assert_true(record_set_int(&r, "least", INT64_MIN, &err));
	assert_true(record_set_int(&r, "most", INT64_MAX, &err));
	assert_true(record_set(&r, "utf8", "\303\244", &err));
	assert_true(record_write(&r, t->fd, "r", FS_ATTR(0640), &err));
	assert_file(t, HEAD "name=a = b\nempty=\nleast=-9223372036854775808\n"
			    "most=9223372036854775807\nutf8=\303\244\n");
	assert_int_equal(fstatat(t->fd, "r", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

/* A line that a value could add would be a statement of ours. */
static void keeps_a_value_in_its_line(void **state)
{
	const struct tempdir *t = *state;
	AUTO(record) struct record r = { 0 };
	struct err err = { 0 };

	assert_true(record_set(&r, "reason", "a\nnot_before=0\r\n\tb\033[0m", &err));
	assert_true(record_write(&r, t->fd, "r", FS_ATTR(0600), &err));
	assert_file(t, HEAD "reason=a not_before=0   b [0m\n");
}

static void reads_back(void **state)
{
	static const char text[] = HEAD "b=2\na=one two\nequal=x=y\nempty=\nb=3\n=nameless\n";
	const struct tempdir *t = *state;
	AUTO(record) struct record r = { 0 };
	struct err err = { 0 };
	bool found = false;

	put(t, text, strlen(text));
	assert_true(record_read(&r, &found, t->fd, "r", &err));
	assert_true(found);
	assert_string_equal(record_get(&r, "a"), "one two");
	assert_string_equal(record_get(&r, "equal"), "x=y");
	assert_string_equal(record_get(&r, "empty"), "");
	assert_string_equal(record_get(&r, "absent"), "");
	assert_string_equal(record_get(&r, "b"), "2");
	assert_string_equal(record_get(&r, ""), "nameless");
	assert_string_equal(record_get(&r, "scm-agent"), "1");
}

static void reads_numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} rows[] = { { "0", 0 }, { "17", 17 }, { "9223372036854775807", INT64_MAX },
		{ "9223372036854775808", -5 }, { "-1", -5 }, { "", -5 }, { " 1", -5 }, { "1x", -5 },
		{ "0x10", -5 } };
	AUTO(record) struct record none = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(record) struct record r = { 0 };
		struct err err = { 0 };

		assert_true(record_set(&r, "n", rows[i].text, &err));
		assert_int_equal(record_get_int(&r, "n", -5), rows[i].value);
	}
	assert_int_equal(record_get_int(&none, "n", 9), 9);
}

static void finds_nothing(void **state)
{
	const struct tempdir *t = *state;
	AUTO(record) struct record r = { 0 };
	struct err err = { 0 };
	bool found = true;

	assert_true(record_read(&r, &found, t->fd, "r", &err));
	assert_false(found);
	assert_int_equal(r.keys.n, 0);
}

static void refuse(const struct tempdir *t, const char *words)
{
	AUTO(record) struct record r = { 0 };
	struct err err = { 0 };
	bool found = false;

	if (record_read(&r, &found, t->fd, "r", &err))
		fail_msg("accepted; not refused with: %s", words);
	assert_int_equal(err.kind, ERR_IO);
	assert_memory_equal(err.text, "r: ", 3);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in: %s", words, err.text);
	assert_int_equal(r.keys.n, 0);
}

static void refuses(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *words;
	} rows[] = {
#define ROW(text, words) { text, sizeof(text) - 1, words }
		ROW("", "cut short"),
		ROW("\n", "not a state file"),
		ROW("scm-agent=1", "cut short"),
		ROW("a=b\n", "not a state file"),
		ROW("a=b\n" HEAD, "not a state file"),
		ROW("scm-agent\n", "not a state file"),
		ROW("Scm-agent=1\n", "not a state file"),
		ROW(HEAD "a=b", "cut short"),
		ROW(HEAD "a", "cut short"),
		ROW(HEAD "a\n", "not a state file"),
		ROW(HEAD "\n", "not a state file"),
		ROW(HEAD "a=b\0c\n", "NUL"),
		ROW("\0" HEAD, "NUL"),
		ROW("scm-agent=2\na=b\n", "of version 2, newer"),
		ROW("scm-agent=2\n{ \"another\": \"form\" }\n", "version 2"),
		ROW("scm-agent=\na=b\n", "version"),
		ROW("scm-agent=12345678901234567890123\n", "version 12345678901234567890,"),
	};
	const struct tempdir *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put(t, rows[i].text, rows[i].len);
		refuse(t, rows[i].words);
	}
}

/* Wherever it is cut, a record is refused or ends with a whole line. */
static void notices_a_torn_file(void **state)
{
	static const char text[] = HEAD "tag=0123\nkey_id=4567\n";
	const struct tempdir *t = *state;

	for (size_t len = 0; len < strlen(text); len++) {
		put(t, text, len);
		if (!len || text[len - 1] != '\n')
			refuse(t, "not a state file of scm-agent, or cut short");
	}
}

static void limits_size(void **state)
{
	const struct tempdir *t = *state;
	AUTO(record) struct record r = { 0 };
	AUTO(buf) struct buf value = BUF(2 * RECORD_MAX);
	struct err err = { 0 };

	memset(buf_extend(&value, RECORD_MAX), 'x', RECORD_MAX);
	assert_true(record_set(&r, "a", buf_str(&value), &err));
	assert_false(record_write(&r, t->fd, "r", FS_ATTR(0600), &err));
	assert_int_equal(err.kind, ERR_INTERNAL);
	assert_false(fs_exists(t->fd, "r"));
	buf_add_str(&value, "\n");
	put(t, value.data, value.len);
	assert_false(record_read(&(struct record) { 0 }, &(bool) { false }, t->fd, "r", &err));
	assert_int_equal(err.kind, ERR_IO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(writes),
		TEST(keeps_a_value_in_its_line),
		TEST(reads_back),
		TEST(reads_numbers),
		TEST(finds_nothing),
		TEST(refuses),
		TEST(notices_a_torn_file),
		TEST(limits_size),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
