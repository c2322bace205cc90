#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "csr/name.h"

#define L63 "a23456789012345678901234567890123456789012345678901234567890123"

static const struct {
	const char *text;
	const char *canonical;
} good[] = {
	{ "www.example.com", "dns:www.example.com" },
	{ "WWW.Example.COM", "dns:www.example.com" },
	{ "www.example.com.", "dns:www.example.com" },
	{ "dns:www.example.com", "dns:www.example.com" },
	{ "DNS:www.example.com", "dns:www.example.com" },
	{ "localhost", "dns:localhost" },
	{ "*.example.com", "dns:*.example.com" },
	{ "dns:*.Example.com.", "dns:*.example.com" },
	{ "a-b.1-2.x1", "dns:a-b.1-2.x1" },
	{ "3com.example", "dns:3com.example" },
	{ L63 ".example", "dns:" L63 ".example" },
	{ "m\xc3\xbcller.example", "dns:xn--mller-kva.example" },
	{ "M\xc3\x9cLLER.example", "dns:xn--mller-kva.example" },
	{ "mu\xcc\x88ller.example", "dns:xn--mller-kva.example" },
	{ "*.m\xc3\xbcller.example", "dns:*.xn--mller-kva.example" },
	{ "fa\xc3\x9f.de", "dns:xn--fa-hia.de" },
	{ "xn--fa-hia.de", "dns:xn--fa-hia.de" },
	{ "XN--FA-HIA.de", "dns:xn--fa-hia.de" },
	{ "www\xe3\x80\x82"
	  "example\xef\xbc\x8e"
	  "com",
		"dns:www.example.com" },
	{ "192.0.2.1", "ip:192.0.2.1" },
	{ "ip:192.0.2.1", "ip:192.0.2.1" },
	{ "2001:DB8:0:0:0:0:0:1", "ip:2001:db8::1" },
	{ "IP:2001:db8::1", "ip:2001:db8::1" },
	{ "::1", "ip:::1" },
	{ "email:Anna.B+c@Example.COM", "email:Anna.B+c@example.com" },
	{ "email:a@m\xc3\xbcller.example", "email:a@xn--mller-kva.example" },
	{ "uri:HTTPS://User@Example.COM:8443/Path?Q#F",
		"uri:https://User@example.com:8443/Path?Q#F" },
	{ "uri:spiffe://example.org/ns/A", "uri:spiffe://example.org/ns/A" },
	{ "uri:URN:uuid:F81D4FAE", "uri:urn:uuid:F81D4FAE" },
	{ "uri:https://[2001:DB8::1]/", "uri:https://[2001:db8::1]/" },
	{ "uri:https://example.com/%2c", "uri:https://example.com/%2c" },
	{ "uri:https://example.com?a@B", "uri:https://example.com?a@B" },
};

static const struct {
	const char *text;
	const char *why;
} bad[] = {
	{ "", "empty" },
	{ ".", "empty label" },
	{ "dns:", "empty label" },
	{ "a..b", "empty label" },
	{ ".example.com", "empty label" },
	{ "example.com..", "empty label" },
	{ "www example.com", "letters, digits and hyphens" },
	{ " www.example.com", "letters, digits and hyphens" },
	{ "www.example.com ", "letters, digits and hyphens" },
	{ "a,b.example", "letters, digits and hyphens" },
	{ "a_b.example", "letters, digits and hyphens" },
	{ "a\nb.example", "letters, digits and hyphens" },
	{ "a/b.example", "letters, digits and hyphens" },
	{ "-a.example", "hyphen" },
	{ "a-.example", "hyphen" },
	{ "ab--c.example", "reserved label" },
	{ L63 "4.example", "63" },
	{ L63 "." L63 "." L63 "." L63, "253" },
	{ "*", "wildcard" },
	{ "*.", "empty label" },
	{ "w*.example.com", "wildcard" },
	{ "*w.example.com", "wildcard" },
	{ "www.*.example.com", "wildcard" },
	{ "*.*.example.com", "wildcard" },
	{ "**.example.com", "wildcard" },
	{ "xn--zz-.example", "name 'xn--zz-.example':" },
	{ "xn--\xc3\xbc.example", "name 'xn--" },
	{ "xn--99999999.example", "name 'xn--99999999.example':" },
	{ "\xff\xfe.example", "name '" },
	{ "\xe2\x80\xae"
	  "a.example",
		"name '" },
	{ "\xe2\x99\xa5.example", "disallowed" },
	{ "1.2.3.4.5", "digits only" },
	{ "256.0.0.1", "digits only" },
	{ "10.1", "digits only" },
	{ "2130706433", "digits only" },
	{ "ip:www.example.com", "no IPv4 or IPv6" },
	{ "ip:192.0.2.01", "no IPv4 or IPv6" },
	{ "ip:192.0.2.1/24", "no IPv4 or IPv6" },
	{ "ip:fe80::1%eth0", "no IPv4 or IPv6" },
	{ "ip:[::1]", "no IPv4 or IPv6" },
	{ "a@example.com", "write email:" },
	{ "email:a", "no e-mail address" },
	{ "email:@example.com", "no e-mail address" },
	{ "email:a@", "empty label" },
	{ "email:a b@example.com", "before the '@'" },
	{ "email:a,b@example.com", "before the '@'" },
	{ "email:a@b@example.com", "before the '@'" },
	{ "email:.a@example.com", "before the '@'" },
	{ "email:a..b@example.com", "before the '@'" },
	{ "email:\xc3\xbc@example.com", "before the '@'" },
	{ "email:a@*.example.com", "wildcard" },
	{ "email:" L63 "45@example.com", "more than 64" },
	{ "https://example.com/", "write uri:" },
	{ "uri:/path", "no absolute URI" },
	{ "uri:example.com", "no absolute URI" },
	{ "uri:1x://example.com", "no absolute URI" },
	{ "uri:https:", "nothing behind" },
	{ "uri:https://", "nothing behind" },
	{ "uri:https://example.com/a b", "a URI can't have" },
	{ "uri:https://example.com/a,b", "a URI can't have" },
	{ "uri:https://example.com/\x01", "a URI can't have" },
	{ "uri:https://example.com/\xc3\xbc", "a URI can't have" },
	{ "uri:https://example.com/%4", "two hexadecimal" },
	{ "uri:https://example.com/%zz", "two hexadecimal" },
	{ "rid:1.2.3", "unknown type" },
	{ "www.example.com:443", "unknown type" },
};

static void test_good_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO_STR char *name = NULL;
		AUTO_STR char *again = NULL;
		struct err err = { 0 };

		if (!csr_name_parse(&name, good[i].text, &err))
			fail_msg("%s: %s", good[i].text, err.text);
		assert_string_equal(name, good[i].canonical);
		assert_true(csr_name_parse(&again, name, &err));
		assert_string_equal(again, name);
	}
}

static void test_bad_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char *name = (char *)"untouched";
		struct err err = { 0 };

		if (csr_name_parse(&name, bad[i].text, &err))
			fail_msg("'%s' is taken as '%s'", bad[i].text, name);
		assert_string_equal(name, "untouched");
		assert_int_equal(err.kind, ERR_CONFIG);
		if (!strstr(err.text, bad[i].why))
			fail_msg(
				"'%s': message '%s' lacks '%s'", bad[i].text, err.text, bad[i].why);
		assert_null(strchr(err.text, '\n'));
	}
}

static void test_over_long_uri(void **state)
{
	AUTO(buf) struct buf uri = BUF(8192);
	AUTO_STR char *name = NULL;
	struct err err = { 0 };

	(void)state;
	buf_add_str(&uri, "uri:https://example.com/");
	while (uri.len < 4 + CSR_URI_MAX)
		buf_add_str(&uri, "x");
	assert_true(csr_name_parse(&name, buf_str(&uri), &err));
	free(TAKE(name));
	buf_add_str(&uri, "x");
	assert_false(csr_name_parse(&name, buf_str(&uri), &err));
	assert_non_null(strstr(err.text, "1024"));
}

static void split(struct strlist *out, const char *text)
{
	assert_true(strlist_split(out, text, ','));
}

static void test_set_keeps_order_and_drops_repetitions(void **state)
{
	AUTO(strlist) struct strlist san = { 0 };
	AUTO(strlist) struct strlist names = { 0 };
	AUTO(buf) struct buf bare = BUF(4096);
	AUTO(buf) struct buf all = BUF(4096);
	struct err err = { 0 };

	(void)state;
	split(&san, "b.example, WWW.example.com., dns:b.example, 192.0.2.1, ip:192.0.2.1, "
		    "email:x@example.com, uri:https://example.com/");
	assert_true(csr_names_build(&names, "www.Example.com", &san, &err));
	strlist_join(&all, &names, " ");
	assert_string_equal(buf_str(&all),
		"dns:www.example.com dns:b.example ip:192.0.2.1 email:x@example.com "
		"uri:https://example.com/");
	csr_names_bare(&bare, &names);
	assert_string_equal(buf_str(&bare),
		"www.example.com,b.example,192.0.2.1,x@example.com,https://example.com/");
}

static void test_set_without_common_name(void **state)
{
	AUTO(strlist) struct strlist san = { 0 };
	AUTO(strlist) struct strlist none = { 0 };
	AUTO(strlist) struct strlist empty = { 0 };
	struct err err = { 0 };

	(void)state;
	split(&san, "a.example");
	assert_true(csr_names_build(&none, NULL, &san, &err));
	assert_int_equal(none.n, 1);
	assert_true(csr_names_build(&empty, "", &(struct strlist) { 0 }, &err));
	assert_int_equal(empty.n, 0);
}

static void test_set_with_a_bad_name_is_untouched(void **state)
{
	AUTO(strlist) struct strlist san = { 0 };
	struct strlist names = { 0 };
	struct err err = { 0 };

	(void)state;
	split(&san, "a.example, b_c.example");
	assert_false(csr_names_build(&names, "www.example.com", &san, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_non_null(strstr(err.text, "'b_c.example'"));
	assert_int_equal(names.n, 0);
	assert_null(names.item);
}

static void test_too_many_names(void **state)
{
	AUTO(strlist) struct strlist san = { 0 };
	AUTO(strlist) struct strlist names = { 0 };
	struct err err = { 0 };

	(void)state;
	for (int i = 0; i <= CSR_NAMES_MAX; i++) {
		AUTO(buf) struct buf name = BUF(64);

		buf_addf(&name, "h%d.example", i);
		assert_true(strlist_add(&san, buf_str(&name)));
	}
	assert_false(csr_names_build(&names, NULL, &san, &err));
	assert_non_null(strstr(err.text, "more than 500"));
	assert_true(csr_names_build(&names, san.item[0],
		&(struct strlist) { .item = san.item, .n = CSR_NAMES_MAX }, &err));
	assert_int_equal(names.n, CSR_NAMES_MAX);
}

static void test_equality_is_of_sets(void **state)
{
	AUTO(strlist) struct strlist a = { 0 };
	AUTO(strlist) struct strlist b = { 0 };

	(void)state;
	split(&a, "dns:a,dns:b,dns:a");
	split(&b, "dns:b,dns:a");
	assert_true(csr_names_equal(&a, &b));
	assert_true(csr_names_equal(&b, &a));
	assert_true(strlist_add(&b, "dns:c"));
	assert_false(csr_names_equal(&a, &b));
	assert_false(csr_names_equal(&b, &a));
	assert_false(csr_names_equal(&a, &(struct strlist) { 0 }));
	assert_true(csr_names_equal(&(struct strlist) { 0 }, &(struct strlist) { 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_names),
		cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_over_long_uri),
		cmocka_unit_test(test_set_keeps_order_and_drops_repetitions),
		cmocka_unit_test(test_set_without_common_name),
		cmocka_unit_test(test_set_with_a_bad_name_is_untouched),
		cmocka_unit_test(test_too_many_names),
		cmocka_unit_test(test_equality_is_of_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
