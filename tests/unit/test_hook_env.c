#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "deploy-hooks/hook_env.h"

static struct strlist list_of(const char *items)
{
	struct strlist l = { 0 };

	assert_true(strlist_split(&l, items, ','));
	return l;
}

static const char *value_of(const struct strlist *env, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < env->n; i++)
		if (!strncmp(env->item[i], name, length) && env->item[i][length] == '=')
			return env->item[i] + length + 1;
	return NULL;
}

static void assert_env(const struct strlist *env, const char *const *expected, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strlist_has(env, expected[i]))
			fail_msg("missing: %s", expected[i]);
	assert_int_equal(env->n, n);
}

static void test_complete(void **state)
{
	static const char *const expected[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LANG=C.UTF-8",
		"HOME=/",
		"SCM_AGENT_EVENT=deploy",
		"SCM_AGENT_NAME=www",
		"SCM_AGENT_GENERATION_DIR=/s/archive/www/7",
		"SCM_AGENT_CERT_PATH=/s/archive/www/7/cert.pem",
		"SCM_AGENT_CHAIN_PATH=/s/archive/www/7/chain.pem",
		"SCM_AGENT_FULLCHAIN_PATH=/s/archive/www/7/fullchain.pem",
		"SCM_AGENT_KEY_PATH=/s/archive/www/7/privkey.pem",
		"SCM_AGENT_DOMAINS=www.example.com example.com",
		"SCM_AGENT_SERIAL=0A1B",
		"SCM_AGENT_FINGERPRINT_SHA256=ab12",
		"SCM_AGENT_NOT_AFTER=2026-11-21T09:00:00Z",
		"SCM_AGENT_OLD_SERIAL=0A1A",
		"SCM_AGENT_ORDER_ID=4711",
		"SCM_AGENT_TLSA=3 1 1 ab",
		"SCM_AGENT_NEXT_TLSA=3 1 1 cd",
		"RENEWED_LINEAGE=/s/live/www",
		"RENEWED_DOMAINS=www.example.com example.com",
		"FAILED_DOMAINS=bad.example.com",
		"SCM_AGENT_OPT_UNIT=nginx.service",
		"SCM_AGENT_OPT_CONFIG=/etc/a=b; $(id)",
	};
	AUTO(strlist) struct strlist domains = list_of("www.example.com,example.com");
	AUTO(strlist) struct strlist failed = list_of("bad.example.com");
	AUTO(strlist) struct strlist options = list_of("UNIT=nginx.service,CONFIG=/etc/a=b; $(id)");
	AUTO(strlist) struct strlist env = { 0 };
	const struct hook hook = { .path = "/h", .options = &options };
	const struct hook_context ctx = {
		.name = "www",
		.generation_dir = "/s/archive/www/7",
		.cert_path = "/s/archive/www/7/cert.pem",
		.chain_path = "/s/archive/www/7/chain.pem",
		.fullchain_path = "/s/archive/www/7/fullchain.pem",
		.key_path = "/s/archive/www/7/privkey.pem",
		.domains = &domains,
		.serial = "0A1B",
		.fingerprint = "ab12",
		.old_serial = "0A1A",
		.order_id = "4711",
		.tlsa = "3 1 1 ab",
		.next_tlsa = "3 1 1 cd",
		.not_after = 1795251600,
		.live_dir = "/s/live/www",
		.failed_domains = &failed,
	};
	struct err err = { 0 };

	(void)state;
	assert_true(hook_env_build(&env, &hook, HOOK_DEPLOY, &ctx, &err));
	assert_env(&env, expected, ARRAY_LEN(expected));
}

/* Before anything is issued there is only a name; a token's key has a URI and no path. */
static void test_absent_is_left_out(void **state)
{
	static const char *const expected[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LANG=C.UTF-8",
		"HOME=/",
		"SCM_AGENT_EVENT=pre",
		"SCM_AGENT_NAME=www",
		"SCM_AGENT_KEY_URI=pkcs11:token=web;id=%01",
		"FAILED_DOMAINS=",
	};
	AUTO(strlist) struct strlist env = { 0 };
	const struct hook hook = { .path = "/h" };
	const struct hook_context ctx = { .name = "www", .key_uri = "pkcs11:token=web;id=%01" };
	struct err err = { 0 };

	(void)state;
	assert_true(hook_env_build(&env, &hook, HOOK_PRE, &ctx, &err));
	assert_env(&env, expected, ARRAY_LEN(expected));
}

static void test_record(void **state)
{
	static const char *const expected[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LANG=C.UTF-8",
		"HOME=/",
		"SCM_AGENT_EVENT=publish",
		"SCM_AGENT_NAME=example.com",
		"SCM_AGENT_DCV_TYPE=TXT",
		"SCM_AGENT_DCV_HOST=_pki-validation.example.com.",
		"SCM_AGENT_DCV_VALUE=a=\"b\\;$(id)",
		"SCM_AGENT_DCV_DOMAIN=example.com",
		"FAILED_DOMAINS=",
	};
	AUTO(strlist) struct strlist env = { 0 };
	const struct hook hook = { .path = "/h" };
	const struct hook_record record = { "TXT", "_pki-validation.example.com.", "a=\"b\\;$(id)",
		"example.com" };
	const struct hook_context ctx = { .name = "example.com", .record = &record };
	struct err err = { 0 };

	(void)state;
	assert_true(hook_env_build(&env, &hook, HOOK_PUBLISH, &ctx, &err));
	assert_env(&env, expected, ARRAY_LEN(expected));
}

static void test_empty_list_is_set(void **state)
{
	AUTO(strlist) struct strlist env = { 0 };
	const struct strlist none = { 0 };
	const struct hook hook = { .path = "/h", .options = &none };
	const struct hook_context ctx = { .name = "www", .domains = &none };
	struct err err = { 0 };

	(void)state;
	assert_true(hook_env_build(&env, &hook, HOOK_POST, &ctx, &err));
	assert_string_equal(value_of(&env, "SCM_AGENT_EVENT"), "post");
	assert_string_equal(value_of(&env, "RENEWED_DOMAINS"), "");
	assert_string_equal(value_of(&env, "FAILED_DOMAINS"), "");
	assert_null(value_of(&env, "SCM_AGENT_TRUNCATED"));
}

/* A list that is too long ends after a whole name, and the hook is told. */
static void test_long_list_is_cut(void **state)
{
	AUTO(strlist) struct strlist domains = { 0 };
	AUTO(strlist) struct strlist env = { 0 };
	const struct hook hook = { .path = "/h" };
	const struct hook_context ctx = { .name = "www", .domains = &domains };
	struct err err = { 0 };
	const char *value;

	(void)state;
	for (int i = 0; i < 2000; i++)
		assert_true(strlist_add(&domains, "abcdefghijklmnopqrstuvwxyz.example.com"));
	assert_true(hook_env_build(&env, &hook, HOOK_DEPLOY, &ctx, &err));
	assert_string_equal(value_of(&env, "SCM_AGENT_TRUNCATED"), "yes");
	value = value_of(&env, "RENEWED_DOMAINS");
	assert_in_range(strlen(value), HOOK_LIST_MAX - 80, HOOK_LIST_MAX);
	assert_string_equal(value + strlen(value) - 39, " abcdefghijklmnopqrstuvwxyz.example.com");
	assert_string_equal(value, value_of(&env, "SCM_AGENT_DOMAINS"));
}

static void test_list_that_just_fits(void **state)
{
	AUTO(strlist) struct strlist domains = { 0 };
	AUTO(strlist) struct strlist env = { 0 };
	const struct hook hook = { .path = "/h" };
	const struct hook_context ctx = { .name = "www", .domains = &domains };
	struct err err = { 0 };
	char half[HOOK_LIST_MAX / 2];

	(void)state;
	memset(half, 'a', sizeof(half) - 1);
	half[sizeof(half) - 1] = '\0';
	assert_true(strlist_add(&domains, half));
	assert_true(strlist_add(&domains, half));
	assert_true(hook_env_build(&env, &hook, HOOK_DEPLOY, &ctx, &err));
	assert_null(value_of(&env, "SCM_AGENT_TRUNCATED"));
	assert_int_equal(strlen(value_of(&env, "RENEWED_DOMAINS")), HOOK_LIST_MAX - 1);
}

static void test_bad_option(void **state)
{
	static const char *const bad[] = { "", "UNIT", "=x", "unit=x", "A B=x", "A-B=x",
		"\xc3\x84=x",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(strlist) struct strlist options = { 0 };
		AUTO(strlist) struct strlist env = { 0 };
		const struct hook hook = { .path = "/h", .options = &options };
		const struct hook_context ctx = { .name = "www" };
		struct err err = { 0 };

		assert_true(strlist_add(&options, bad[i]));
		assert_false(hook_env_build(&env, &hook, HOOK_DEPLOY, &ctx, &err));
		assert_int_equal(err.kind, ERR_CONFIG);
		assert_non_null(strstr(err.text, bad[i]));
	}
}

static void test_value_too_long(void **state)
{
	static char path[40000];
	AUTO(strlist) struct strlist env = { 0 };
	const struct hook hook = { .path = "/h" };
	const struct hook_context ctx = { .name = "www", .cert_path = path };
	struct err err = { 0 };

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	assert_false(hook_env_build(&env, &hook, HOOK_DEPLOY, &ctx, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_non_null(strstr(err.text, "SCM_AGENT_CERT_PATH"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_absent_is_left_out),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_empty_list_is_set),
		cmocka_unit_test(test_long_list_is_cut),
		cmocka_unit_test(test_list_that_just_fits),
		cmocka_unit_test(test_bad_option),
		cmocka_unit_test(test_value_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
