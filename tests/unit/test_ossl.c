/* OpenSSL's error queue as one line: the oldest reason, and nothing left behind. */
#include "base/ossl.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

static void an_empty_queue_adds_nothing(void **state)
{
	struct err err;

	(void)state;
	ERR_clear_error();
	assert_false(err_crypto(&err, ERR_KEYSTORE, "read key %s", "a"));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	assert_string_equal(err.text, "read key a");
}

static void the_oldest_error_is_the_cause(void **state)
{
	struct err err;

	(void)state;
	ERR_raise(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH);
	ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
	assert_false(err_crypto(&err, ERR_PROTOCOL, "check"));
	assert_string_equal(err.text, "check: key values mismatch");
	assert_int_equal(ERR_peek_error(), 0);
}

static void a_reason_without_text_is_a_number(void **state)
{
	struct err err;

	(void)state;
	ERR_raise(200, 1999);
	assert_false(err_crypto(&err, ERR_INTERNAL, "check"));
	assert_non_null(strstr(err.text, "check: OpenSSL error "));
	assert_int_equal(ERR_peek_error(), 0);
}

static void a_system_error_says_what_it_is(void **state)
{
	struct err err;

	(void)state;
	ERR_raise(ERR_LIB_SYS, ENOENT);
	assert_false(err_crypto(&err, ERR_CONFIG, "open"));
	assert_string_equal(err.text, "open: No such file or directory");
}

static void a_real_failure_is_told(void **state)
{
	static const char text[] = "no PEM here";
	AUTO(bio) BIO *bio = BIO_new_mem_buf(text, -1);
	struct err err;

	(void)state;
	assert_null(PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL));
	assert_false(err_crypto(&err, ERR_KEYSTORE, "key"));
	assert_true(strlen(err.text) > strlen("key: "));
	assert_int_equal(ERR_peek_error(), 0);
}

static void long_context_leaves_room_for_the_reason(void **state)
{
	char name[2 * ERR_TEXT_MAX];
	struct err err;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ERR_raise(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH);
	err_crypto(&err, ERR_PROTOCOL, "%s", name);
	assert_non_null(strstr(err.text, ": key values mismatch"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_queue_adds_nothing),
		cmocka_unit_test(the_oldest_error_is_the_cause),
		cmocka_unit_test(a_reason_without_text_is_a_number),
		cmocka_unit_test(a_system_error_says_what_it_is),
		cmocka_unit_test(a_real_failure_is_told),
		cmocka_unit_test(long_context_leaves_room_for_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
