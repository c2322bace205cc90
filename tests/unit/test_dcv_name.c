#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dcv/name.h"

static void test_valid(void **state)
{
	static const char *const valid[] = { "a", "example.com", "example.com.", "EXAMPLE.com",
		"xn--bcher-kva.example", "_pki-validation.example.com.", "1.2.3.4", "a-b.c",
		"a--b._c_" };
	static const char *const invalid[] = { "", ".", "..", "a..", ".a", "a..b", "*.example.com",
		"-a.b", "a-.b", "a b", "a\nb", "a,b", "b\xc3\xbc.example", "a/b", "a:1", "a\\b",
		"a.b..", "\"a\"" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(valid); i++)
		if (!dcv_name_valid(valid[i]))
			fail_msg("\"%s\" is refused", valid[i]);
	for (size_t i = 0; i < ARRAY_LEN(invalid); i++)
		if (dcv_name_valid(invalid[i]))
			fail_msg("\"%s\" is accepted", invalid[i]);
}

static void test_longest(void **state)
{
	char label[66] = { 0 };
	char name[260];

	(void)state;
	memset(label, 'a', 63);
	assert_true(dcv_name_valid(label));
	label[63] = 'a';
	assert_false(dcv_name_valid(label));
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	name[253] = '\0';
	assert_true(dcv_name_valid(name));
	name[253] = '.';
	name[254] = '\0';
	assert_true(dcv_name_valid(name));
	name[254] = 'a';
	name[255] = '\0';
	assert_false(dcv_name_valid(name));
}

static void test_equal(void **state)
{
	(void)state;
	assert_true(dcv_name_equal("a.b", "A.B."));
	assert_true(dcv_name_equal("a.b.", "a.b"));
	assert_false(dcv_name_equal("a.b", "a.bc"));
	assert_false(dcv_name_equal("a.bc", "a.b"));
	assert_false(dcv_name_equal("a.b", "axb"));
}

static void test_below(void **state)
{
	(void)state;
	assert_true(dcv_name_below("www.example.com", "example.com"));
	assert_true(dcv_name_below("WWW.Example.com.", "example.COM"));
	assert_true(dcv_name_below("*.example.com", "example.com."));
	assert_false(dcv_name_below("example.com", "example.com"));
	assert_false(dcv_name_below("badexample.com", "example.com"));
	assert_false(dcv_name_below("example.com", "www.example.com"));
	assert_false(dcv_name_below(".example.com", "example.com"));
	assert_false(dcv_name_below("example.com.evil.test", "example.com"));
	assert_false(dcv_name_below("example.com", ""));
	assert_false(dcv_name_below("a.", "."));
}

static void test_domain_of(void **state)
{
	static const struct {
		const char *domains;
		const char *name;
		const char *expected;
	} cases[] = {
		{ "example.com", "example.com", "example.com" },
		{ "example.com", "www.example.com", "example.com" },
		{ "example.com", "a.b.c.example.com", "example.com" },
		{ "example.com", "*.example.com", "example.com" },
		{ "example.com", "*.www.example.com", "example.com" },
		{ "example.com", "badexample.com", NULL },
		{ "example.com", "example.org", NULL },
		{ "example.com", "com", NULL },
		{ "example.com", "example.com.evil.test", NULL },
		{ "www.example.com", "example.com", NULL },
		{ "www.example.com", "*.example.com", NULL },
		/* a registered wildcard covers what is below, not the domain itself */
		{ "*.example.com", "*.example.com", "*.example.com" },
		{ "*.example.com", "www.example.com", "*.example.com" },
		{ "*.example.com", "example.com", NULL },
		{ "*.example.com", "badexample.com", NULL },
		/* both, in either order */
		{ "example.com *.example.com", "example.com", "example.com" },
		{ "*.example.com example.com", "example.com", "example.com" },
		{ "example.com *.example.com", "*.example.com", "*.example.com" },
		{ "*.example.com example.com", "www.example.com", "*.example.com" },
		/* the longest, in either order, by its base */
		{ "com example.com www.example.com", "a.www.example.com", "www.example.com" },
		{ "www.example.com example.com com", "a.www.example.com", "www.example.com" },
		{ "*.example.com a.example.com", "x.a.example.com", "a.example.com" },
		{ "a.example.com *.example.com", "x.a.example.com", "a.example.com" },
		{ "co.uk example.co.uk", "www.example.co.uk", "example.co.uk" },
		{ "example.co.uk", "other.co.uk", NULL },
		/* case, dots, A-labels */
		{ "Example.COM.", "www.eXample.com", "Example.COM." },
		{ "example.com", "WWW.EXAMPLE.COM.", "example.com" },
		{ "xn--bcher-kva.example", "www.XN--BCHER-KVA.example", "xn--bcher-kva.example" },
		{ "bcher-kva.example", "xn--bcher-kva.example", NULL },
		/* what is no domain covers nothing */
		{ ". * *. .com *.* a..com", "www.a.com", NULL },
		{ "example.com", "", NULL },
		{ "example.com", "a\n.example.com", NULL },
		{ "", "example.com", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(strlist) struct strlist domains = { 0 };
		const char *got;

		assert_true(strlist_split(&domains, cases[i].domains, ' '));
		got = dcv_domain_of(&domains, cases[i].name);
		if (!got != !cases[i].expected || (got && strcmp(got, cases[i].expected) != 0))
			fail_msg("%s among \"%s\": %s", cases[i].name, cases[i].domains,
				got ? got : "none");
	}
}

static void test_base(void **state)
{
	(void)state;
	assert_string_equal(dcv_domain_base("*.example.com"), "example.com");
	assert_string_equal(dcv_domain_base("example.com"), "example.com");
	assert_string_equal(dcv_domain_base("*example.com"), "*example.com");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_domain_of),
		cmocka_unit_test(test_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
