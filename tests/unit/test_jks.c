/* The container of Java key stores: entries, text, limits, and lengths that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "jks_fixture.h"
#include "jks_vectors.h"
#include "keystore/jks_object.h"
#include "keystore/jks_text.h"

#define HEAD_LEN 12

static struct err err;
static struct secret *password;

static bool parse(struct jks *j, const struct buf *file)
{
	memset(&err, 0, sizeof(err));
	return jks_parse(j, file->data, file->len, password, &err);
}

static void check_refused(const struct buf *file, const char *says)
{
	struct jks j = { 0 };

	assert_false(parse(&j, file));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	if (!strstr(err.text, says))
		fail_msg("'%s' does not say '%s'", err.text, says);
	assert_null(j.entry);
}

/* A file with `n` entries in its head and these bytes behind it. */
static void make_raw(struct buf *out, uint64_t n, const void *entries, size_t len)
{
	jks_put(out, 8, 0xfeedfeed00000002);
	jks_put(out, 4, n);
	buf_add(out, entries, len);
	assert_non_null(buf_extend(out, JKS_DIGEST_LEN));
	jks_fix_digest(out->data, out->len, "changeit");
}

static void entries_are_found(void **state)
{
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);
	AUTO(jks) struct jks j = { 0 };
	size_t at = HEAD_LEN;
	enum jks_kind seen[4] = { 0 };

	(void)state;
	jks_put_base64(&file, vector_jceks);
	if (!parse(&j, &file))
		fail_msg("%s", err.text);
	assert_int_equal(j.n, 3);
	for (size_t i = 0; i < j.n; i++) {
		const struct jks_entry *e = &j.entry[i];

		assert_ptr_equal(e->raw.data, file.data + at);
		at += e->raw.len;
		seen[e->kind] = e->kind;
		assert_string_equal(e->alias, e->kind == JKS_PRIVATE_KEY  ? "client"
					      : e->kind == JKS_SECRET_KEY ? "secret"
									  : "anchor");
		assert_int_equal(e->n_certs, e->kind == JKS_SECRET_KEY ? 0 : 1);
		assert_int_equal(e->sealed.len > 0, e->kind == JKS_PRIVATE_KEY);
	}
	assert_int_equal(at, file.len - JKS_DIGEST_LEN);
	assert_true(seen[1] && seen[2] && seen[3]);
}

static void none_is_no_failure(void **state)
{
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);
	AUTO(jks) struct jks j = { 0 };

	(void)state;
	make_raw(&file, 0, "", 0);
	assert_true(parse(&j, &file));
	assert_int_equal(j.n, 0);
}

static void digest_comes_first(void **state)
{
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);
	struct jks j = { 0 };

	(void)state;
	make_raw(&file, 0xffffffff, "", 0);
	check_refused(&file, "more than 4096 entries");
	file.data[file.len - 1] ^= 1;
	check_refused(&file, "wrong password for the key store");
	assert_false(jks_parse(&j, file.data, file.len, NULL, &err));
	assert_non_null(strstr(err.text, "needs a password"));
}

static void other_files_are_refused(void **state)
{
	AUTO(buf) struct buf file = BUF(2 * JKS_MAX);

	(void)state;
	check_refused(&file, "not a Java key store");
	buf_add_str(&file, "-----BEGIN CERTIFICATE-----\n and so on");
	check_refused(&file, "not a Java key store");
	buf_reset(&file);
	make_raw(&file, 0, "", 0);
	for (uint64_t version = 0; version < 4; version += 3) {
		file.data[7] = (char)version;
		check_refused(&file, "version");
	}
	assert_non_null(buf_extend(&file, JKS_MAX));
	check_refused(&file, "larger than 1048576 bytes");
}

static void lengths_that_lie(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} entries[] = {
#define BYTES(s) { s, sizeof(s) - 1 }
		BYTES("\0\0\0\2\xff\xff"
		      "aadatedate"),
		BYTES("\0\0\0\2\0\1"
		      "adatedate\0\5X.509\xff\xff\xff\xff"),
		BYTES("\0\0\0\2\0\1"
		      "adatedate\xff\xffX.509\0\0\0\0"),
		BYTES("\0\0\0\2\0\1"
		      "adatedate\0\5X.508\0\0\0\0"),
		BYTES("\0\0\0\1\0\1"
		      "adatedate\x7f\xff\xff\xff\0\0\0\0"),
		BYTES("\0\0\0\1\0\1"
		      "adatedate\0\0\0\0\xff\xff\xff\xff"),
		BYTES("\0\0\0\1\0\1"
		      "adatedate\0\0\0\0\x80\0\0\0\0\5X.509\0\0\0\0"),
		BYTES("\0\0\0\4\0\1"
		      "adatedate\0\0\0\0\0\0\0\0"),
		BYTES("\0\0\0\0\0\1"
		      "adatedate\0\0\0\0\0\0\0\0"),
		BYTES("\xff\xff\xff\xff\0\1"
		      "adatedate\0\0\0\0\0\0\0\0"),
		BYTES("\0\0\0\3\0\1"
		      "adatedate\xac\xed\0\5sr\xff\xff"),
#undef BYTES
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);

		make_raw(&file, 1, entries[i].bytes, entries[i].len);
		check_refused(&file, "entry 1 of 1 is damaged");
	}
}

static void counts_that_lie(void **state)
{
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);
	const char entry[] = "\0\0\0\1\0\1"
			     "adatedate\0\0\0\0\0\0\0";

	(void)state;
	make_raw(&file, 0, entry, sizeof(entry));
	check_refused(&file, "behind its last entry");
	buf_reset(&file);
	make_raw(&file, 2, entry, sizeof(entry));
	check_refused(&file, "damaged, or holds more");
	buf_reset(&file);
	make_raw(&file, 1, entry, sizeof(entry) - 1);
	check_refused(&file, "entry 1 of 1");
}

static void check_text(const char *modified, size_t len, const char *wanted)
{
	AUTO(buf) struct buf block = BUF(1024);
	AUTO_STR char *text = NULL;
	struct jks_in in;

	jks_put(&block, 2, len);
	buf_add(&block, modified, len);
	in = (struct jks_in) { (const unsigned char *)block.data, block.len };
	assert_int_equal(jks_text_take(&text, &in), wanted != NULL);
	if (wanted)
		assert_string_equal(text, wanted);
	else
		assert_null(text);
}

static void modified_utf8(void **state)
{
	(void)state;
#define CHECK(s, wanted) check_text(s, sizeof(s) - 1, wanted)
	CHECK("", "");
	CHECK("tomcat", "tomcat");
	CHECK("z\xc3\xbcrich \xe2\x82\xac", "z\xc3\xbcrich \xe2\x82\xac");
	CHECK("\xed\xa0\xbd\xed\xb8\x80!", "\xf0\x9f\x98\x80!");
	CHECK("\xed\xaf\xbf\xed\xbf\xbf", "\xf4\x8f\xbf\xbf");
	CHECK("a\xc0\x80z", NULL);
	CHECK("a\0z", NULL);
	CHECK("\xed\xa0\xbd", NULL);
	CHECK("\xed\xa0\xbd!", NULL);
	CHECK("\xed\xb8\x80", NULL);
	CHECK("\xc3", NULL);
	CHECK("\xc3z", NULL);
	CHECK("\xe2\x82", NULL);
	CHECK("\x80", NULL);
	CHECK("\xf0\x9f\x98\x80", NULL);
#undef CHECK
}

static void check_password(const char *utf8, const char *wanted, size_t len)
{
	AUTO(secret) struct secret *s = secret_new(utf8, strlen(utf8));
	AUTO(buf) struct buf text = BUF(JKS_PASSWORD_MAX);

	assert_true(jks_text_password(&text, s, &err));
	assert_int_equal(text.len, len);
	assert_memory_equal(text.data, wanted, len);
}

static void passwords_in_utf16(void **state)
{
	(void)state;
	check_password("", "", 0);
	check_password("a1", "\0a\0001", 4);
	check_password("\xe2\x82\xac\xf0\x9f\x98\x80", "\x20\xac\xd8\x3d\xde\x00", 6);
	check_password("\xe4", "\0\xe4", 2);
}

static void long_passwords_are_refused(void **state)
{
	static char text[JKS_PASSWORD_MAX / 2 + 1];
	AUTO(buf) struct buf out = BUF(JKS_PASSWORD_MAX);
	AUTO(secret) struct secret *s = NULL;

	(void)state;
	memset(text, 'x', sizeof(text));
	s = secret_new(text, sizeof(text));
	assert_false(jks_text_password(&out, s, &err));
	assert_non_null(strstr(err.text, "too long"));
}

static void objects_end_where_they_end(void **state)
{
	AUTO(buf) struct buf object = BUF(4096);
	struct jks_in in;
	size_t len;

	(void)state;
	jks_put_object(&object);
	len = object.len;
	buf_add_str(&object, "more");
	in = (struct jks_in) { (const unsigned char *)object.data, object.len };
	assert_true(jks_object_skip(&in));
	assert_int_equal(in.left, 4);
	for (size_t cut = 0; cut < len; cut++) {
		AUTO_STR char *part = malloc(cut + 1);

		memcpy(part, object.data, cut);
		in = (struct jks_in) { (const unsigned char *)part, cut };
		assert_false(jks_object_skip(&in));
	}
}

/* Either refused, or the change was in a name or a value that is passed over. */
static void changed_objects(void **state)
{
	AUTO(buf) struct buf object = BUF(4096);
	struct jks_in in;

	(void)state;
	jks_put_object(&object);
	for (size_t i = 0; i < object.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			object.data[i] ^= (char)(1 << bit);
			in = (struct jks_in) { (const unsigned char *)object.data, object.len };
			if (jks_object_skip(&in))
				assert_true(in.left < object.len);
			object.data[i] ^= (char)(1 << bit);
		}
	}
}

static void other_objects_are_refused(void **state)
{
	AUTO(buf) struct buf object = BUF(4096);
	struct jks_in in;
	char *name;

	(void)state;
	jks_put_object(&object);
	name = memmem(object.data, object.len, "javax.crypto.SealedObject", 25);
	assert_non_null(name);
	name[0] = 'k';
	in = (struct jks_in) { (const unsigned char *)object.data, object.len };
	assert_false(jks_object_skip(&in));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_found),
		cmocka_unit_test(none_is_no_failure),
		cmocka_unit_test(digest_comes_first),
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(lengths_that_lie),
		cmocka_unit_test(counts_that_lie),
		cmocka_unit_test(modified_utf8),
		cmocka_unit_test(passwords_in_utf16),
		cmocka_unit_test(long_passwords_are_refused),
		cmocka_unit_test(objects_end_where_they_end),
		cmocka_unit_test(changed_objects),
		cmocka_unit_test(other_objects_are_refused),
	};
	int failed;

	if (!secret_init(&err))
		return 1;
	password = secret_new("changeit", 8);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	secret_free(password);
	return failed;
}
