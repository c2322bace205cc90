/* pkcs11: URIs of the configuration: what is taken, and that a PIN in one never shows. */
#include "keystore/uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "keystore/ks.h"

static void taken(void **state)
{
	static const char *const good[] = { "pkcs11:", "pkcs11:token=web",
		"pkcs11:token=web;serial=0123;manufacturer=SoftHSM%20project;model=v2",
		"pkcs11:token=web;object=scm;type=private", "pkcs11:token=web;id=%01%ff",
		"pkcs11:slot-id=4;token=web" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO(uri) P11KitUri *uri = NULL;
		struct err err;

		if (!uri_parse(&uri, good[i], &err))
			fail_msg("%s: %s", good[i], err.text);
		assert_non_null(uri);
	}
}

static void refused(void **state)
{
	static const char *const bad[] = { "", "token=web", "pkcs12:token=web", "pkcs11:token=%zz",
		"pkcs11:token", "pkcs11:token=web;unheard-of=1", "pkcs11:token=web;id=%0",
		"/usr/lib/x.so" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		P11KitUri *uri = NULL;
		struct err err;

		if (uri_parse(&uri, bad[i], &err))
			fail_msg("'%s' was taken", bad[i]);
		assert_null(uri);
		assert_int_equal(err.kind, ERR_KEYSTORE);
	}
}

static void a_pin_is_refused_and_not_shown(void **state)
{
	static const char *const bad[] = { "pkcs11:token=web?pin-value=canary-4711",
		"pkcs11:token=web;unheard-of=1?pin-value=canary-4711",
		"pkcs11:token=%zz?pin-value=canary-4711",
		"pkcs11:token=web?pin-source=file:/canary-4711",
		"pkcs11:token=web?pin-value=canary-4711&unheard-of=1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		P11KitUri *uri = NULL;
		struct err err;

		assert_false(uri_parse(&uri, bad[i], &err));
		assert_null(strstr(err.text, "4711"));
	}
}

static void a_key_has_to_be_named(void **state)
{
	static const char *const good[] = { "pkcs11:object=web", "pkcs11:id=%01",
		"pkcs11:token=web;object=web;id=%01;type=private" };
	static const char *const bad[] = { "pkcs11:", "pkcs11:token=web", "pkcs11:type=private",
		"/etc/key.pem", "pkcs11:object=web?pin-value=canary" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(ks_uri_check(good[i], &err));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(ks_uri_check(bad[i], &err));
		assert_int_equal(err.kind, ERR_KEYSTORE);
		assert_null(strstr(err.text, "canary"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(refused),
		cmocka_unit_test(a_pin_is_refused_and_not_shown),
		cmocka_unit_test(a_key_has_to_be_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
