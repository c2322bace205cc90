#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "starttls_story.h"

#define EHLO_FINE                                                                                  \
	{                                                                                          \
		BYTES("250-x\r\n250 STARTTLS\r\n")                                                 \
	}
#define CAPABILITY_FINE                                                                            \
	{                                                                                          \
		BYTES("* CAPABILITY STARTTLS\r\na1 OK\r\n")                                        \
	}

static void test_bad(void **state)
{
	static const struct story bad[] = {
		/* refused */
		{ STARTTLS_SMTP, { { BYTES("554 go away\r\n") } }, "answers \"554 go away\"" },
		{ STARTTLS_SMTP, { { BYTES("220 x\r\n") }, { BYTES("502 what?\r\n") } },
			"\"502 what?\"" },
		{ STARTTLS_SMTP,
			{ { BYTES("220 x\r\n") }, EHLO_FINE, { BYTES("454 not now\r\n") } },
			"\"454 not now\" to the wish for TLS" },
		{ STARTTLS_IMAP, { { BYTES("* BYE full\r\n") } }, "\"* BYE full\"" },
		{ STARTTLS_IMAP, { { BYTES("* PREAUTH hello\r\n") } }, "\"* PREAUTH hello\"" },
		{ STARTTLS_IMAP, { { BYTES("* OK\r\n") }, { BYTES("a1 BAD x\r\n") } },
			"\"a1 BAD x\"" },
		{ STARTTLS_IMAP,
			{ { BYTES("* OK\r\n") }, CAPABILITY_FINE, { BYTES("a2 NO no\r\n") } },
			"\"a2 NO no\" to the wish for TLS" },
		{ STARTTLS_IMAP, { { BYTES("* OK\r\n") }, CAPABILITY_FINE, { BYTES("* BYE\r\n") } },
			"BYE" },
		{ STARTTLS_IMAP, { { BYTES("* OK\r\n") }, CAPABILITY_FINE, { BYTES("a1 OK\r\n") } },
			"a1 OK" },
		{ STARTTLS_POP3, { { BYTES("-ERR busy\r\n") } }, "\"-ERR busy\"" },
		{ STARTTLS_POP3, { { BYTES("+OK\r\n") }, { BYTES("-ERR ?\r\n") } }, "\"-ERR ?\"" },
		{ STARTTLS_POP3,
			{ { BYTES("+OK\r\n") }, { BYTES(STORY_CAPA) }, { BYTES("-ERR no\r\n") } },
			"\"-ERR no\" to the wish for TLS" },
		{ STARTTLS_LDAP,
			{ { BYTES("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00") } },
			"result code 2" },
		{ STARTTLS_LDAP,
			{ { BYTES("\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00") } },
			"disconnects with result code 52" },
		{ STARTTLS_POSTGRES, { { BYTES("N") } }, "does not offer TLS" },
		{ STARTTLS_POSTGRES, { { BYTES("E") } }, "answers with an error" },
		/* not offered, or almost */
		{ STARTTLS_SMTP, { { BYTES("220 x\r\n") }, { BYTES("250 STARTTLSX\r\n") } },
			"does not offer TLS" },
		{ STARTTLS_SMTP, { { BYTES("220 x\r\n") }, { BYTES("250 AUTH STARTTLS\r\n") } },
			"does not offer TLS" },
		{ STARTTLS_IMAP,
			{ { BYTES("* OK [CAPABILITY STARTTLS]\r\n") },
				{ BYTES("* CAPABILITY XSTARTTLS\r\n* OK STARTTLS\r\na1 OK\r\n") } },
			"does not offer TLS" },
		{ STARTTLS_POP3,
			{ { BYTES("+OK STLS\r\n") }, { BYTES("+OK STLS\r\nTOP\r\n.\r\n") } },
			"does not offer TLS" },
		/* garbage */
		{ STARTTLS_SMTP, { { BYTES("HTTP/1.1 400 Bad\r\n") } }, "answers \"HTTP/1.1 400" },
		{ STARTTLS_SMTP, { { BYTES("220x\r\n") } }, "\"220x\"" },
		{ STARTTLS_SMTP, { { BYTES("554 \x1b[2J\xff\r\n") } }, "\"554 ?[2J?\"" },
		{ STARTTLS_SMTP, { { BYTES("220 x\n") } }, "no line of text" },
		{ STARTTLS_SMTP, { { BYTES("\n") } }, "no line of text" },
		{ STARTTLS_SMTP, { { BYTES("220 \0\r\n") } }, "no line of text" },
		{ STARTTLS_SMTP, { { BYTES("\r\n") } }, "answers \"\"" },
		{ STARTTLS_SMTP, { { BYTES("220-x\r\n250 y\r\n") } }, "\"250 y\"" },
		{ STARTTLS_IMAP, { { BYTES("220 x\r\n") } }, "\"220 x\"" },
		{ STARTTLS_IMAP, { { BYTES("* OK\r\n") }, { BYTES("+ go on\r\n") } },
			"\"+ go on\"" },
		{ STARTTLS_POP3, { { BYTES("+OKAY\r\n") } }, "\"+OKAY\"" },
		{ STARTTLS_POSTGRES, { { BYTES("\x16\x03") } }, "no answer of its protocol" },
		{ STARTTLS_LDAP, { { BYTES("220 x\r\n") } }, "no answer to the wish" },
		{ STARTTLS_LDAP, { { BYTES("\x30\x80") } }, "no answer to the wish" },
		{ STARTTLS_LDAP, { { BYTES("\x30\x85") } }, "no answer to the wish" },
		{ STARTTLS_LDAP, { { BYTES("\x30\x84\xff\xff\xff\xff") } },
			"no answer to the wish" },
		{ STARTTLS_LDAP, { { BYTES("\x30\x00") } }, "no answer to the wish" },
		{ STARTTLS_LDAP,
			{ { BYTES("\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00") } },
			"no answer to the wish" },
		{ STARTTLS_LDAP,
			{ { BYTES("\x30\x0c\x02\x01\x01\x78\x08\x0a\x01\x00\x04\x00\x04\x00") } },
			"no answer to the wish" },
		{ STARTTLS_LDAP,
			{ { BYTES("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x7f") } },
			"no answer to the wish" },
		{ STARTTLS_LDAP,
			{ { BYTES(
				"\x30\x0d\x02\x01\x01\x78\x08\x0a\x02\x00\x00\x04\x00\x04\x00") } },
			"no answer to the wish" },
		/* more than one answer at a time, before it is the last */
		{ STARTTLS_SMTP, { { BYTES("220 x\r\n250 STARTTLS\r\n") } },
			"more than it was asked" },
		{ STARTTLS_IMAP, { { BYTES("* OK\r\n* OK\r\n") } }, "more than it was asked" },
		{ STARTTLS_POP3, { { BYTES("+OK\r\n+OK\r\n") } }, "more than it was asked" },
		{ STARTTLS_POSTGRES, { { BYTES("SS") } }, "more than it was asked" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		story_play(&bad[i], 1000);
}

/* Without an end: one line that never ends, or lines for ever. */
static void test_endless(void **state)
{
	static const struct story endless[] = {
		{ STARTTLS_SMTP, { { BYTES("2") } }, NULL },
		{ STARTTLS_SMTP, { { BYTES("220-x\r\n") } }, NULL },
		{ STARTTLS_IMAP, { { BYTES("* OK\r\n") }, { BYTES("* NOISE\r\n") } }, NULL },
		{ STARTTLS_POP3, { { BYTES("+OK\r\n") }, { BYTES("+OK\r\n") } }, NULL },
		{ STARTTLS_LDAP, { { BYTES("\x30\x82\x20\x00") }, { BYTES("\0") } }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(endless); i++) {
		const struct turn *t = &endless[i].turn[0];
		struct starttls s;
		struct err err = { 0 };
		size_t heard = 0;

		starttls_begin(&s, endless[i].protocol);
		if (t[1].len) {
			assert_true(story_feed(&s, t, t->len, &err));
			heard = t->len;
			t++;
		}
		for (; starttls_feed(&s, t->heard, t->len, &err); heard += t->len) {
			assert_false(s.done);
			assert_true(heard <= STARTTLS_BYTES_MAX);
		}
		assert_true(heard + t->len > STARTTLS_BYTES_MAX);
		assert_int_equal(err.kind, ERR_PROTOCOL);
		assert_non_null(strstr(err.text, "talks on and on"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
