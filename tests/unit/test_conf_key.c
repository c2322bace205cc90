/* Typed keys: what each type takes and refuses, and which of two sections wins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/conf_key.h"
#include "conf_scene.h"

enum colour { RED, GREEN = 7 };

struct sample {
	char *string;
	char *path;
	char *secret;
	struct strlist list;
	struct strlist words;
	bool flag;
	uint64_t number;
	int64_t span;
	unsigned mode;
	int64_t time;
	int colour;
	enum log_level level;
	enum ks_key_type type;
	struct conf_window window;
	struct strlist fields;
};

#define AT(field) offsetof(struct sample, field)

static const struct conf_choice colours[] = { { "red", RED }, { "green", GREEN },
	{ "blue", CONF_LATER }, { .text = NULL } };

static bool set_field(void *section, const struct conf_key *key, const char *name,
	const char *value, struct err *err)
{
	struct sample *s = section;
	AUTO_STR char *pair = NULL;

	(void)key;
	(void)err;
	assert_true(asprintf(&pair, "%s=%s", name, value) > 0);
	return strlist_add(&s->fields, pair);
}

static const struct conf_key keys[] = {
	KEY("string", set_string, AT(string)),
	KEY("path", set_path, AT(path)),
	KEY("secret_file", set_secret, AT(secret)),
	KEY("list", set_list, AT(list)),
	KEY("words", set_words, AT(words)),
	KEY("flag", set_bool, AT(flag), .fallback = "no"),
	KEY("number", set_uint, AT(number), .fallback = "5", .min = 2, .max = 40),
	KEY("span", set_duration, AT(span), .fallback = "90s", .min = 60, .max = 86400),
	KEY("mode", set_mode, AT(mode), .fallback = "0600"),
	KEY("time", set_time, AT(time)),
	KEY("colour", set_choice, AT(colour), .fallback = "green", .choice = colours),
	KEY("level", set_log_level, AT(level), .fallback = "info"),
	KEY("type", set_key_type, AT(type), .fallback = "ec:P-256"),
	KEY("window", set_window, AT(window), .fallback = "33%"),
	KEY("field.", set_field, 0),
	KEY("later", set_later, 0),
};

static void sample_dispose(struct sample *s)
{
	free(s->string);
	free(s->path);
	free(s->secret);
	strlist_dispose(&s->list);
	strlist_dispose(&s->words);
	strlist_dispose(&s->fields);
}
AUTO_DEFINE_REF(sample, struct sample, sample_dispose);

/* The entries of a section, standing in lines 11, 12, ... of "f". */
struct entries {
	struct ini_entry entry[4];
	struct ini_section section;
};

static struct ini_section *section_of(struct entries *e, const char *const *pairs)
{
	static char kind[] = "kind";
	static char name[] = "name";

	*e = (struct entries) { .section = { .kind = kind,
					.name = name,
					.file = "f",
					.line = 10,
					.entry = e->entry } };
	for (; pairs[0]; pairs += 2) {
		e->entry[e->section.n] = (struct ini_entry) { .key = (char *)pairs[0],
			.value = (char *)pairs[1],
			.file = "f",
			.line = 11 + (unsigned)e->section.n };
		e->section.n++;
	}
	return &e->section;
}

/* What `key` became, as text. */
static void print(struct buf *out, const struct sample *s, const char *key)
{
	if (!strcmp(key, "string"))
		buf_add_str(out, s->string);
	else if (!strcmp(key, "path"))
		buf_add_str(out, s->path);
	else if (!strcmp(key, "secret_file"))
		buf_add_str(out, s->secret);
	else if (!strcmp(key, "list"))
		strlist_join(out, &s->list, "|");
	else if (!strcmp(key, "words"))
		strlist_join(out, &s->words, "|");
	else if (!strcmp(key, "flag"))
		buf_add_str(out, s->flag ? "yes" : "no");
	else if (!strcmp(key, "number"))
		buf_addf(out, "%llu", (unsigned long long)s->number);
	else if (!strcmp(key, "span"))
		buf_addf(out, "%lld", (long long)s->span);
	else if (!strcmp(key, "mode"))
		buf_addf(out, "%04o", s->mode);
	else if (!strcmp(key, "colour"))
		buf_addf(out, "%d", s->colour);
	else if (!strcmp(key, "level"))
		buf_addf(out, "%d", (int)s->level);
	else if (!strcmp(key, "type"))
		buf_add_str(out, ks_key_type_name(s->type));
	else if (!strcmp(key, "window"))
		buf_addf(out, "%u %lld", s->window.per_mille, (long long)s->window.seconds);
	else
		strlist_join(out, &s->fields, "|");
}

static void assert_value(const struct sample *s, const char *key, const char *expected)
{
	AUTO(buf) struct buf text = BUF(4096);

	print(&text, s, key);
	if (strcmp(buf_str(&text), expected) != 0)
		fail_msg("%s is '%s', not '%s'", key, buf_str(&text), expected);
}

static void accepts(void **state)
{
	static const char *const rows[][3] = {
		{ "string", "a  b = c", "a  b = c" },
		{ "path", "/", "/" },
		{ "path", "/etc/x y", "/etc/x y" },
		{ "secret_file", "/etc/x", "/etc/x" },
		{ "secret_file", "credential:pin", "credential:pin" },
		{ "secret_file", "fd:3", "fd:3" },
		{ "list", "", "" },
		{ "list", " a , b ,, a,", "a|b|a" },
		{ "words", "", "" },
		{ "words", "a, b,A", "a|b|A" },
		{ "flag", "YES", "yes" },
		{ "flag", "on", "yes" },
		{ "flag", "0", "no" },
		{ "number", "2", "2" },
		{ "number", "40", "40" },
		{ "number", "007", "7" },
		{ "span", "1m", "60" },
		{ "span", "1d", "86400" },
		{ "mode", "0640", "0640" },
		{ "mode", "600", "0600" },
		{ "mode", "0400", "0400" },
		{ "mode", "0440", "0440" },
		{ "colour", "red", "0" },
		{ "colour", "GREEN", "7" },
		{ "level", "error", "0" },
		{ "level", "debug", "3" },
		{ "type", "rsa:3072", "rsa:3072" },
		{ "type", "EC:p-521", "ec:P-521" },
		{ "window", "1%", "10 0" },
		{ "window", "90%", "900 0" },
		{ "window", "30d", "0 2592000" },
		{ "window", "36h", "0 129600" },
		{ "field.Cost centre", "4711", "Cost centre=4711" },
		{ "field.a.b", "", "a.b=" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(sample) struct sample s = { 0 };
		const char *pairs[] = { rows[i][0], rows[i][1], NULL };
		struct entries own;
		struct err err = { 0 };

		if (!conf_apply(&s, keys, ARRAY_LEN(keys), section_of(&own, pairs), NULL, &err))
			fail_msg("%s = %s: %s", rows[i][0], rows[i][1], err.text);
		assert_value(&s, rows[i][0], rows[i][2]);
	}
}

static void refuses(void **state)
{
	static const char *const rows[][3] = {
		{ "string", "", "no value,remove the line" },
		{ "path", "x", "'x' is not an absolute path" },
		{ "path", "", "not an absolute path" },
		{ "path", "~/x", "not an absolute path" },
		{ "words", "a, b, a", "'a' stands twice" },
		{ "flag", "maybe", "'maybe' is neither yes nor no" },
		{ "flag", "", "neither yes nor no" },
		{ "number", "1", "'1',from 2 to 40" },
		{ "number", "41", "from 2 to 40" },
		{ "number", "-3", "'-3'" },
		{ "number", "+3", "whole number" },
		{ "number", "3.0", "whole number" },
		{ "number", "", "whole number" },
		{ "number", "18446744073709551620", "whole number" },
		{ "span", "60", "'60' is not a duration,90s" },
		{ "span", "59s", "'59s' is not within 60s and 86400s" },
		{ "span", "25h", "not within" },
		{ "span", "1 d", "not a duration" },
		{ "span", "-1d", "not a duration" },
		{ "span", "999999999999999999d", "not a duration" },
		{ "time", "", "neither a date" },
		{ "time", "2026-13-01", "'2026-13-01' is neither a date" },
		{ "time", "2026-1-1", "neither" },
		{ "time", "2026-01-01T00:00:00", "neither" },
		{ "time", "2026-01-01T00:00:00+01:00", "neither" },
		{ "time", "2026-01-01T00:00:00Z and more", "neither" },
		{ "time", "1970-01-01", "neither" },
		{ "mode", "0644", "'0644',private key,0640" },
		{ "mode", "0660", "private key" },
		{ "mode", "0700", "private key" },
		{ "mode", "0040", "private key" },
		{ "mode", "4600", "octal" },
		{ "mode", "rw", "octal" },
		{ "mode", "0o600", "octal" },
		{ "colour", "pink", "'pink' is not one of: red, green" },
		{ "colour", "", "not one of" },
		{ "colour", "blue", "'blue',not supported by this version,red, green" },
		{ "level", "loud", "'loud',error, warning, info, debug" },
		{ "type", "rsa:1024", "'rsa:1024',rsa:2048,ec:P-521" },
		{ "type", "ec:secp256k1", "not one of" },
		{ "type", "", "not one of" },
		{ "window", "0%", "'0%',1%,90%" },
		{ "window", "91%", "1%,90%" },
		{ "window", "33.3%", "1%,90%" },
		{ "window", "%", "neither" },
		{ "window", "0", "neither" },
		{ "window", "0d", "neither" },
		{ "window", "33", "neither,33%,30d" },
		{ "window", "0000033%", "neither" },
		{ "field.", "x", "unknown key 'field.' in [kind:name]" },
		{ "fields", "x", "unknown key 'fields' in [kind:name]" },
		{ "Flag", "yes", "unknown key 'Flag'" },
		{ "later", "", "not supported by this version,remove the line" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(sample) struct sample s = { 0 };
		const char *pairs[] = { "flag", "no", rows[i][0], rows[i][1], NULL };
		bool first = !strcmp(rows[i][0], "flag");
		struct entries own;
		struct err err = { 0 };

		section_of(&own, first ? pairs + 2 : pairs);
		if (conf_apply(&s, keys, ARRAY_LEN(keys), &own.section, NULL, &err))
			fail_msg("accepted: %s = %s", rows[i][0], rows[i][1]);
		assert_int_equal(err.kind, ERR_CONFIG);
		assert_memory_equal(err.text, first ? "f:11: " : "f:12: ", 6);
		assert_words(err.text, rows[i][0]);
		assert_words(err.text, rows[i][2]);
	}
}

/* A secret where a file is meant, or where the version does not know the key, stays unsaid. */
static void repeats_no_secret(void **state)
{
	static const char *const rows[][2] = {
		{ "secret", "secret_file" },
		{ "secret_file", "absolute path,credential:NAME,fd:N" },
		{ "later", "not supported" },
		{ "unknown", "unknown key 'unknown'" },
		{ "pin", "unknown key 'pin'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(sample) struct sample s = { 0 };
		const char *pairs[] = { rows[i][0], "hunter2", NULL };
		struct entries own;
		struct err err = { 0 };

		assert_false(
			conf_apply(&s, keys, ARRAY_LEN(keys), section_of(&own, pairs), NULL, &err));
		assert_int_equal(err.kind, ERR_CONFIG);
		assert_words(err.text, "f:11: ");
		assert_words(err.text, rows[i][1]);
		assert_null(strstr(err.text, "hunter2"));
	}
}

static void falls_back(void **state)
{
	static const char *const rows[][2] = { { "flag", "no" }, { "number", "5" },
		{ "span", "90" }, { "mode", "0600" }, { "colour", "7" }, { "level", "2" },
		{ "type", "ec:P-256" }, { "window", "330 0" }, { "list", "" } };
	static const char *const none[] = { NULL };
	AUTO(sample) struct sample s = { 0 };
	struct entries own;
	struct err err = { 0 };

	(void)state;
	assert_true(conf_apply(&s, keys, ARRAY_LEN(keys), section_of(&own, none), NULL, &err));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_value(&s, rows[i][0], rows[i][1]);
	assert_null(s.string);
}

/* Own wins over shared, shared over the fallback; a list is replaced, not added to. */
static void prefers_its_own(void **state)
{
	static const char *const mine[] = { "number", "7", "list", "a", "field.x", "1", NULL };
	static const char *const ours[] = { "number", "8", "list", "b, c", "field.x", "2", NULL };
	static const char *const more[] = { "span", "2m", "field.y", "3", "words", "", NULL };
	AUTO(sample) struct sample s = { 0 };
	AUTO(sample) struct sample t = { 0 };
	struct entries own;
	struct entries shared;
	struct err err = { 0 };

	(void)state;
	assert_true(conf_apply(&s, keys, ARRAY_LEN(keys), section_of(&own, mine),
		section_of(&shared, ours), &err));
	assert_value(&s, "number", "7");
	assert_value(&s, "list", "a");
	assert_value(&s, "field.x", "x=1");
	assert_true(conf_apply(&t, keys, ARRAY_LEN(keys), section_of(&own, mine),
		section_of(&shared, more), &err));
	assert_value(&t, "number", "7");
	assert_value(&t, "span", "120");
	assert_value(&t, "field.x", "x=1|y=3");
	assert_value(&t, "mode", "0600");
}

static void checks_both(void **state)
{
	static const char *const good[] = { "flag", "yes", NULL };
	static const char *const unknown[] = { "number", "7", "bogus", "1", NULL };
	AUTO(sample) struct sample s = { 0 };
	struct entries own;
	struct entries shared;
	struct err err = { 0 };

	(void)state;
	section_of(&own, good);
	assert_false(conf_apply(
		&s, keys, ARRAY_LEN(keys), &own.section, section_of(&shared, unknown), &err));
	assert_string_equal(err.text, "f:12: unknown key 'bogus' in [kind:name]");
	assert_false(conf_try(&s, keys, ARRAY_LEN(keys), &shared.section, &err));
	assert_string_equal(err.text, "f:12: unknown key 'bogus' in [kind:name]");
}

static void demands(void **state)
{
	static const struct conf_key needed[] = { KEY("string", set_string, AT(string),
							  .required = true),
		KEY("number", set_uint, AT(number), .fallback = "1", .max = 9) };
	static const char *const without[] = { "number", "3", NULL };
	static const char *const with[] = { "string", "x", NULL };
	AUTO(sample) struct sample s = { 0 };
	AUTO(sample) struct sample t = { 0 };
	struct entries own;
	struct entries shared;
	struct err err = { 0 };

	(void)state;
	section_of(&own, without);
	assert_false(conf_apply(&s, needed, ARRAY_LEN(needed), &own.section, NULL, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_string_equal(err.text, "f:10: [kind:name] needs 'string'");
	assert_true(conf_try(&s, needed, ARRAY_LEN(needed), &own.section, &err));
	assert_int_equal(s.number, 3);
	assert_true(conf_apply(
		&t, needed, ARRAY_LEN(needed), &own.section, section_of(&shared, with), &err));
	assert_string_equal(t.string, "x");
}

static void knows_where(void **state)
{
	static const char *const mine[] = { "flag", "yes", "number", "3", NULL };
	static const char *const ours[] = { "number", "4", "mode", "0600", NULL };
	struct entries own;
	struct entries shared;

	(void)state;
	section_of(&own, mine);
	section_of(&shared, ours);
	shared.entry[0].line = 31;
	shared.entry[1].line = 32;
	assert_int_equal(conf_where_of(&own.section, &shared.section, "number").line, 12);
	assert_int_equal(conf_where_of(&own.section, &shared.section, "mode").line, 32);
	assert_int_equal(conf_where_of(&own.section, NULL, "mode").line, 10);
	assert_int_equal(conf_where_of(&own.section, &shared.section, "list").line, 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(repeats_no_secret),
		cmocka_unit_test(falls_back),
		cmocka_unit_test(prefers_its_own),
		cmocka_unit_test(checks_both),
		cmocka_unit_test(demands),
		cmocka_unit_test(knows_where),
	};

	return cmocka_run_group_tests_name("conf_key", tests, NULL, NULL);
}
