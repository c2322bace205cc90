/* The form of INI files: what inih alone would cut, merge or overlook. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "agent/ini.h"
#include "conf_scene.h"

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void load(struct ini *out, struct conf_scene *s, const char *text, size_t len)
{
	struct err err = { 0 };

	conf_scene_write(s, "scm-agent.ini", text, len);
	if (!ini_load(out, s->path, &err))
		fail_msg("refused: %s", err.text);
}

static const struct ini_section *section_of(
	const struct ini *ini, const char *kind, const char *name)
{
	for (size_t i = 0; i < ini->n; i++)
		if (!strcmp(ini->section[i].kind, kind) && !strcmp(ini->section[i].name, name))
			return &ini->section[i];
	fail_msg("no section %s:%s", kind, name);
	return NULL;
}

static const struct ini_entry *entry_of(const struct ini_section *s, const char *key)
{
	const struct ini_entry *e = ini_find(s, key);

	if (!e)
		fail_msg("no key %s in %s:%s", key, s->kind, s->name);
	return e;
}

/* Each text has [s:n] with one key k. */
static void reads_values(void **state)
{
	static const struct {
		const char *text;
		const char *value;
		unsigned line;
	} rows[] = {
		{ "[s:n]\nk = v\n", "v", 2 },
		{ "[s:n]\nk=v", "v", 2 },
		{ "[s:n]\nk: v\n", "v", 2 },
		{ "[s:n]\nk : v = w\n", "v = w", 2 },
		{ "[s:n]\nk = v : w\n", "v : w", 2 },
		{ "\n; comment\n# comment\n  ; comment\n[s:n]\r\n\r\nk\t=\tv\t \r\n", "v", 7 },
		{ "[s:n] ; comment\nk = v ; comment\n", "v", 2 },
		{ "[s:n]\nk = a;b\n", "a;b", 2 },
		{ "[s:n]\nk = a # b\n", "a # b", 2 },
		{ "[s:n]\nk = ; comment\n", "", 2 },
		{ "[s:n]\nk =\n", "", 2 },
		{ "[s:n]\nk = \"v\"\n", "\"v\"", 2 },
		{ "[s:n]\nk = a,\n  b,\n\tc\n", "a, b, c", 2 },
		{ "[s:n]\nk = a,\n\n; between\n  # between\n  b\n", "a, b", 2 },
		{ "[s:n]\nk = a, ; comment\n  b ; comment\n", "a, b", 2 },
		{ "[s:n]\nk =\n  a\n", "a", 2 },
		{ "[s:n]\nk = a\n  [2001:db8::1]:443\n", "a [2001:db8::1]:443", 2 },
		{ "[s:n]\nk = a\n  uri:https://h/?a=b\n", "a uri:https://h/?a=b", 2 },
		{ "[s:n]\nk = a\n  email:a@b, ip:192.0.2.1\n", "a email:a@b, ip:192.0.2.1", 2 },
		{ "[s:n]\nk = cost\n  of 1 = 2\n", "cost of 1 = 2", 2 },
		{ "[s:n]\n[t]\n[s:n]\nk = v\n", "v", 4 },
		{ "[s:n]\nk = \303\244\n", "\303\244", 2 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(ini) struct ini ini = { 0 };
		const struct ini_section *s;

		load(&ini, *state, rows[i].text, strlen(rows[i].text));
		s = section_of(&ini, "s", "n");
		assert_int_equal(s->n, 1);
		assert_string_equal(entry_of(s, "k")->value, rows[i].value);
		assert_int_equal(entry_of(s, "k")->line, rows[i].line);
	}
}

/* A section without a key is there: an unknown one, or a certificate without names, is an error. */
static void keeps_empty_sections(void **state)
{
	static const char text[] = "[a]\n\n[b:x]\n; nothing\n[c:y:z]";
	AUTO(ini) struct ini ini = { 0 };

	load(&ini, *state, text, strlen(text));
	assert_int_equal(ini.n, 3);
	assert_int_equal(section_of(&ini, "a", "")->line, 1);
	assert_int_equal(section_of(&ini, "b", "x")->line, 3);
	assert_int_equal(section_of(&ini, "c", "y:z")->line, 5);
	assert_int_equal(section_of(&ini, "c", "y:z")->n, 0);
}

static void takes_nothing(void **state)
{
	static const char *const texts[] = { "", "\n", "; comment", "# comment\r\n\r\n" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(ini) struct ini ini = { 0 };

		load(&ini, *state, texts[i], strlen(texts[i]));
		assert_int_equal(ini.n, 0);
		assert_int_equal(ini.files, 1);
	}
}

/* Just as long as inih can take, in full. */
static void takes_the_longest(void **state)
{
	static const char name[] = TEN TEN TEN TEN "01234567";
	static const char value[] = HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "0123";
	char text[512];
	AUTO(ini) struct ini ini = { 0 };
	int len = snprintf(text, sizeof(text), "[%s:]\nk = %s\n", name, value);

	assert_int_equal(strlen(name) + 1, 49);
	assert_int_equal(strlen(value) + 4, 198);
	load(&ini, *state, text, (size_t)len);
	assert_string_equal(entry_of(section_of(&ini, name, ""), "k")->value, value);
}

/* inih compares and passes on only the first 49 bytes of a key whose value goes on. */
static void continues_a_long_key(void **state)
{
	static const char text[] = "[s]\n" HUNDRED " = a\n b\n" HUNDRED "x = c\n d\n";
	AUTO(ini) struct ini ini = { 0 };
	const struct ini_section *s;

	load(&ini, *state, text, strlen(text));
	s = section_of(&ini, "s", "");
	assert_int_equal(s->n, 2);
	assert_string_equal(entry_of(s, HUNDRED)->value, "a b");
	assert_string_equal(entry_of(s, HUNDRED "x")->value, "c d");
}

static void refuse(
	struct conf_scene *s, const char *text, size_t len, unsigned line, const char *words)
{
	AUTO(ini) struct ini ini = { 0 };
	struct err err = { 0 };
	char place[160];

	conf_scene_write(s, "scm-agent.ini", text, len);
	if (ini_load(&ini, s->path, &err))
		fail_msg("accepted: %.*s", (int)len, text);
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_int_equal(ini.n, 0);
	snprintf(place, sizeof(place), "%s:%u: ", s->path, line);
	if (strncmp(err.text, place, strlen(place)) != 0)
		fail_msg("line %u is not named: %s", line, err.text);
	assert_words(err.text, words);
}

#define ROW(text, line, words)                                                                     \
	{                                                                                          \
		text, sizeof(text) - 1, line, words                                                \
	}

static void refuses(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		unsigned line;
		const char *words;
	} rows[] = {
		ROW("[s]\nk = v\0w\n", 2, "NUL"),
		ROW("[s]\nk = v\rl = w\n", 2, "carriage return,LF"),
		ROW("[s]\rk = v\r", 1, "carriage return,LF"),
		ROW("[s]\nk = v\r\r\n", 2, "carriage return"),
		ROW("\xef\xbb\xbf[s]\nk = v\n", 1, "byte order mark,without BOM"),
		ROW("[s]\n\xef\xbb\xbfk = v\n", 2, "byte order mark"),
		ROW("[s]\n" HUNDRED " = " TEN TEN TEN TEN TEN TEN TEN TEN TEN "012345\n", 2,
			"198,next line"),
		ROW("[s]\nk = a\n " HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN "01234567\n", 3,
			"198"),
		ROW("[s]\n;" HUNDRED HUNDRED "\n", 2, "198"),
		ROW("\n[" TEN TEN TEN TEN TEN "]\n", 2, "section name,49"),
		ROW("k = v\n[s]\n", 1, "before the first [section]"),
		ROW("[]\nk = v\n", 1, "no name"),
		ROW("[s\nk = v\n", 1, "without its ']'"),
		ROW("[s ;t]\nk\n", 1, "neither"),
		ROW("[s]\nk\n", 2, "neither"),
		ROW("[s]\nk ; = v\n", 2, "neither"),
		ROW("[s]\n= v\n", 2, "without a key"),
		ROW("[s]\nk = v\nk = w\n", 3, "'k' is set twice,:2),keep one"),
		ROW("[s]\nk = v\n[t]\nk = v\n[s]\nk = w\n", 6, "'k' is set twice"),
		ROW("[s]\nk = v\nk: v\n", 3, "'k' is set twice"),
		ROW("[s]\nk = v\n  l = w\n", 3, "indented,first column"),
		ROW("[s]\nk = v\n\tcustom_field.Cost centre = 4711\n", 3, "indented,first column"),
		ROW("[s]\nk = v\n env.SOFTHSM2_CONF = /x\n", 3, "indented,first column"),
		ROW("[s]\nk = v\n  [t]\n", 3, "indented,first column"),
		ROW("[s]\nk = v\n  [t:u] ; comment\n", 3, "indented,first column"),
		ROW("  [s]\nk = v\n", 1, "indented,first column"),
		ROW("[s]\n  k = v\n", 2, "indented,first column"),
		ROW("[s]\nk = 1\n[t]\n  k = 2\n", 4, "indented,first column"),
		ROW("[s]\nk = 1\n[t]\n  k: 2\n", 4, "indented,first column"),
		ROW("[s]\nk = 1\n[t]\n  2\n", 4, "indented,first column"),
		ROW("[s]\n\v\fk = v\n", 2, "indented,first column"),
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		refuse(*state, rows[i].text, rows[i].len, rows[i].line, rows[i].words);
}

/* Also when it is done line by line. */
static void refuses_a_value_without_end(void **state)
{
	AUTO(buf) struct buf text = BUF(1 << 20);

	buf_add_str(&text, "[s]\nk = a\n");
	for (int i = 0; i < 200; i++)
		buf_add_str(&text, "  " HUNDRED "\n");
	refuse(*state, text.data, text.len, 165, "value too long,16 KiB");
}

static void refuses_a_huge_file(void **state)
{
	struct conf_scene *s = *state;
	AUTO(buf) struct buf text = BUF(2 << 20);
	AUTO(ini) struct ini ini = { 0 };
	struct err err = { 0 };

	while (text.len <= 1 << 20)
		buf_add_str(&text, "; " HUNDRED "\n");
	conf_scene_write(s, "scm-agent.ini", text.data, text.len);
	assert_false(ini_load(&ini, s->path, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_words(err.text, s->path);
}

static void write_text(struct conf_scene *s, const char *name, const char *text)
{
	conf_scene_write(s, name, text, strlen(text));
}

/* In byte order, after the main file; the same section goes on in another file. */
static void reads_drop_ins(void **state)
{
	struct conf_scene *s = *state;
	AUTO(ini) struct ini ini = { 0 };
	struct err err = { 0 };
	char first[128];
	char last[128];

	write_text(s, "conf.d/b.ini", "\n[third]\nk = v\n");
	write_text(s, "conf.d/10.ini", "[second]\nk = v\n[s]\nl = w\n");
	write_text(s, "conf.d/9.ini", "[s]\nm = x\n");
	write_text(s, "conf.d/B.ini", "[s]\nn = y\n");
	write_text(s, "conf.d/.hidden.ini", "[hidden]\nk = v\n");
	write_text(s, "conf.d/a.ini~", "[backup]\nk = v\n");
	write_text(s, "conf.d/a.ini.dpkg-old", "[old]\nk = v\n");
	write_text(s, "conf.d/.ini", "[nameless]\nk = v\n");
	write_text(s, "conf.d/README", "not an INI file\n");
	write_text(s, "scm-agent.ini", "[s]\nk = v\n");
	if (!ini_load(&ini, s->path, &err))
		fail_msg("%s", err.text);
	assert_int_equal(ini.n, 3);
	assert_string_equal(ini.section[0].kind, "s");
	assert_string_equal(ini.section[1].kind, "second");
	assert_string_equal(ini.section[2].kind, "third");
	assert_int_equal(ini.section[0].n, 4);
	assert_string_equal(ini.section[0].entry[1].key, "l");
	assert_string_equal(ini.section[0].entry[2].key, "m");
	assert_string_equal(ini.section[0].entry[3].key, "n");
	assert_string_equal(ini.section[0].entry[0].file, s->path);
	assert_string_equal(
		ini.section[0].entry[1].file, tempdir_path(first, s->dir, "conf.d/10.ini"));
	assert_int_equal(ini.section[0].entry[1].line, 4);
	assert_string_equal(ini.section[2].file, tempdir_path(last, s->dir, "conf.d/b.ini"));
	assert_int_equal(ini.section[2].line, 2);
	assert_int_equal(ini.files, 5);
}

static void refuses_a_duplicate_across_files(void **state)
{
	struct conf_scene *s = *state;
	AUTO(ini) struct ini ini = { 0 };
	struct err err = { 0 };
	char place[160];
	char second[128];

	write_text(s, "conf.d/x.ini", "[s]\nk = w\n");
	write_text(s, "scm-agent.ini", "\n[s]\nk = v\n");
	assert_false(ini_load(&ini, s->path, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	snprintf(place, sizeof(place), "%s:2: ", tempdir_path(second, s->dir, "conf.d/x.ini"));
	assert_memory_equal(err.text, place, strlen(place));
	snprintf(place, sizeof(place), "%s:3", s->path);
	assert_words(err.text, "set twice");
	assert_words(err.text, place);
}

/* An indented line at the start of a file does not go on with the file before it. */
static void ends_a_value_with_its_file(void **state)
{
	struct conf_scene *s = *state;
	AUTO(ini) struct ini ini = { 0 };
	struct err err = { 0 };

	write_text(s, "conf.d/x.ini", "  b\n");
	write_text(s, "scm-agent.ini", "[s]\nk = a\n");
	assert_false(ini_load(&ini, s->path, &err));
	assert_words(err.text, "x.ini:1: ,indented");
}

static void refuse_file(struct conf_scene *s, const char *path, const char *words)
{
	AUTO(ini) struct ini ini = { 0 };
	struct err err = { 0 };

	assert_false(ini_load(&ini, path, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_words(err.text, words);
	(void)s;
}

static void refuses_files(void **state)
{
	struct conf_scene *s = *state;
	char path[128];

	refuse_file(s, tempdir_path(path, s->dir, "absent.ini"), "absent.ini,No such file");
	refuse_file(s, s->dir->path, "not a regular file");
	write_text(s, "scm-agent.ini", "[s]\n");
	assert_int_equal(chmod(s->path, 0666), 0);
	refuse_file(s, s->path, "scm-agent.ini,can be changed by others,chmod");
	assert_int_equal(chmod(s->path, 0644), 0);
	write_text(s, "conf.d/x.ini", "[s]\n");
	assert_int_equal(chmod(tempdir_path(path, s->dir, "conf.d/x.ini"), 0664), 0);
	refuse_file(s, s->path, "conf.d/x.ini,can be changed by others");
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chmod(tempdir_path(path, s->dir, "conf.d"), 0777), 0);
	refuse_file(s, s->path, "conf.d,can be changed by others");
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(mkdir(tempdir_path(path, s->dir, "conf.d/y.ini"), 0755), 0);
	refuse_file(s, s->path, "y.ini,not a regular file");
}

static void refuses_a_file_for_conf_d(void **state)
{
	struct conf_scene *s = *state;

	write_text(s, "scm-agent.ini", "[s]\n");
	write_text(s, "hooks/x", "");
	assert_int_equal(symlinkat("hooks/x", s->dir->fd, "conf.d"), 0);
	refuse_file(s, s->path, "conf.d");
}

/* The directory of conf.d is that of the path as it was given, also of a bare name. */
static void takes_a_relative_path(void **state)
{
	struct conf_scene *s = *state;
	AUTO(fd) int old = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(ini) struct ini ini = { 0 };
	struct err err = { 0 };
	bool done;

	write_text(s, "conf.d/x.ini", "[t]\nk = v\n");
	write_text(s, "scm-agent.ini", "[s]\nk = v\n");
	assert_int_equal(fchdir(s->dir->fd), 0);
	done = ini_load(&ini, "scm-agent.ini", &err);
	assert_int_equal(fchdir(old), 0);
	if (!done)
		fail_msg("%s", err.text);
	assert_int_equal(ini.n, 2);
	assert_string_equal(ini.section[1].file, "./conf.d/x.ini");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, conf_scene_setup, conf_scene_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(reads_values),
		TEST(keeps_empty_sections),
		TEST(takes_nothing),
		TEST(takes_the_longest),
		TEST(continues_a_long_key),
		TEST(refuses),
		TEST(refuses_a_value_without_end),
		TEST(refuses_a_huge_file),
		TEST(reads_drop_ins),
		TEST(refuses_a_duplicate_across_files),
		TEST(ends_a_value_with_its_file),
		TEST(refuses_files),
		TEST(refuses_a_file_for_conf_d),
		TEST(takes_a_relative_path),
	};

	return cmocka_run_group_tests_name("ini", tests, NULL, NULL);
}
