#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "starttls_story.h"

static const struct story good[] = {
	{ STARTTLS_SMTP,
		{ { BYTES("220-mx.example.com\r\n220 ESMTP\r\n") },
			{ BYTES("250-mx.example.com\r\n250-PIPELINING\r\n250-starttls\r\n250 "
				"8BITMIME\r\n") },
			{ BYTES("220 2.0.0 Ready to start TLS\r\n") } },
		NULL },
	{ STARTTLS_SMTP,
		{ { BYTES("220\r\n") }, { BYTES("250-x\r\n250 STARTTLS\r\n") },
			{ BYTES("220\r\n") } },
		NULL },
	{ STARTTLS_IMAP,
		{ { BYTES("* OK [CAPABILITY IMAP4rev1] ready\r\n") },
			{ BYTES("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK "
				"done\r\n") },
			{ BYTES("* OK a word between\r\na2 OK begin\r\n") } },
		NULL },
	{ STARTTLS_POP3,
		{ { BYTES("+OK ready\r\n") }, { BYTES(STORY_CAPA) }, { BYTES("+OK\r\n") } }, NULL },
	{ STARTTLS_LDAP, { { BYTES("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00") } },
		NULL },
	/* lengths in four octets, the name of the response, a text */
	{ STARTTLS_LDAP,
		{ { BYTES("\x30\x84\x00\x00\x00\x2a\x02\x01\x01\x78\x84\x00\x00\x00\x21\x0a\x01"
			  "\x00\x04\x00\x04\x02ok\x8a\x16"
			  "1.3.6.1.4.1.1466.20037") } },
		NULL },
	{ STARTTLS_POSTGRES, { { BYTES("S") } }, NULL },
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		for (size_t size = 1; size < 64; size++)
			story_play(&good[i], size);
}

/* Whatever is cut: never TLS, never more to say than before. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct starttls s;
		struct err err = { 0 };
		size_t last = 0;

		while (last + 1 < STORY_TURNS && good[i].turn[last + 1].len)
			last++;
		starttls_begin(&s, good[i].protocol);
		for (size_t j = 0; j < last; j++)
			assert_true(story_feed(&s, &good[i].turn[j], 1000, &err));
		for (size_t at = 0; at + 1 < good[i].turn[last].len; at++) {
			assert_true(starttls_feed(&s, good[i].turn[last].heard + at, 1, &err));
			assert_false(s.done);
			assert_null(s.say);
		}
	}
}

/* Any byte behind the answer, in the same packet: what is injected before TLS is not heard in it.
 */
static void test_injected(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct starttls s;
		struct err err = { 0 };

		starttls_begin(&s, good[i].protocol);
		for (size_t j = 0; j < STORY_TURNS && good[i].turn[j].len; j++) {
			const struct turn *t = &good[i].turn[j];
			bool last = j + 1 == STORY_TURNS || !t[1].len;
			char both[256];

			if (!last) {
				assert_true(story_feed(&s, t, t->len, &err));
				continue;
			}
			memcpy(both, t->heard, t->len);
			both[t->len] = '2';
			assert_false(starttls_feed(&s, both, t->len + 1, &err));
			assert_false(s.done);
			assert_int_equal(err.kind, ERR_PROTOCOL);
			assert_non_null(strstr(err.text, "more than it was asked for"));
		}
	}
}

static void assert_says(const struct starttls *s, const char *text, size_t len)
{
	assert_int_equal(s->say_len, len);
	assert_memory_equal(s->say, text, len);
}

/* What goes over the network, word for word. */
static void test_said(void **state)
{
	static const char *const said[][STORY_TURNS - 1] = {
		[STARTTLS_SMTP] = { "EHLO [127.0.0.1]\r\n", "STARTTLS\r\n" },
		[STARTTLS_IMAP] = { "a1 CAPABILITY\r\n", "a2 STARTTLS\r\n" },
		[STARTTLS_POP3] = { "CAPA\r\n", "STLS\r\n" },
	};
	struct starttls s;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (good[i].protocol > STARTTLS_POP3)
			continue;
		starttls_begin(&s, good[i].protocol);
		assert_null(s.say);
		for (size_t j = 0; j + 1 < STORY_TURNS; j++) {
			const char *expected = said[good[i].protocol][j];

			assert_true(story_feed(&s, &good[i].turn[j], 1000, &err));
			assert_says(&s, expected, strlen(expected));
		}
	}
	starttls_begin(&s, STARTTLS_LDAP);
	assert_says(&s, BYTES("\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
			      "1.3.6.1.4.1.1466.20037"));
	starttls_begin(&s, STARTTLS_POSTGRES);
	assert_says(&s, BYTES("\x00\x00\x00\x08\x04\xd2\x16\x2f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_injected),
		cmocka_unit_test(test_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
