/* Kinds and exit statuses, one line of text, and which context is dropped when it gets long. */
#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void statuses_are_the_documented_ones(void **state)
{
	static const struct {
		enum err_kind kind;
		int status;
		bool retryable;
	} rows[] = {
		{ ERR_NONE, 0, false },
		{ ERR_INTERNAL, 1, false },
		{ ERR_USAGE, 2, false },
		{ ERR_CONFIG, 3, false },
		{ ERR_KEYSTORE, 4, false },
		{ ERR_AUTH, 5, false },
		{ ERR_REJECTED, 6, false },
		{ ERR_PENDING, 7, true },
		{ ERR_UNAVAILABLE, 8, true },
		{ ERR_IO, 9, true },
		{ ERR_DEPLOY, 10, true },
		{ ERR_BUSY, 11, true },
		{ ERR_PROTOCOL, 12, true },
	};

	(void)state;
	assert_int_equal(ARRAY_LEN(rows), ERR_KIND_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(err_exit_status(rows[i].kind), rows[i].status);
		assert_int_equal(err_retryable(rows[i].kind), rows[i].retryable);
		assert_true(*err_meaning(rows[i].kind));
		assert_true(*err_name(rows[i].kind));
	}
}

static void names_are_lower_case(void **state)
{
	(void)state;
	assert_string_equal(err_name(ERR_NONE), "none");
	assert_string_equal(err_name(ERR_UNAVAILABLE), "unavailable");
	assert_string_equal(err_name(ERR_KEYSTORE), "keystore");
}

static void sets_kind_and_text(void **state)
{
	struct err err;

	(void)state;
	assert_false(err_set(&err, ERR_CONFIG, "no such key '%s'", "colour"));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_string_equal(err.text, "no such key 'colour'");
	assert_false(err_memory(&err));
	assert_int_equal(err.kind, ERR_INTERNAL);
}

static void may_be_built_from_its_own_text(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, ERR_IO, "disk is full");
	err_set(&err, ERR_DEPLOY, "could not install (%s)", err.text);
	assert_int_equal(err.kind, ERR_DEPLOY);
	assert_string_equal(err.text, "could not install (disk is full)");
	err_wrap(&err, "again: %s", err.text);
	assert_string_equal(err.text,
		"again: could not install (disk is full): could not install (disk is full)");
}

static void stays_on_one_line(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, ERR_PROTOCOL, "answer '%s'", "a\nb\rc\td\x1b[31m\x7f");
	assert_string_equal(err.text, "answer 'a b c d [31m '");
	err_wrap(&err, "first\nsecond");
	assert_string_equal(err.text, "first second: answer 'a b c d [31m '");
}

static void says_what_errno_means(void **state)
{
	struct err err;

	(void)state;
	errno = ENOSPC;
	assert_false(err_errno(&err, ERR_IO, "write %s", "cert.pem"));
	assert_string_equal(err.text, "write cert.pem: No space left on device");
	errno = 9999;
	err_errno(&err, ERR_IO, "write");
	assert_string_equal(err.text, "write: Unknown error 9999");
}

static void keeps_the_reason_of_a_long_errno_message(void **state)
{
	char name[2 * ERR_TEXT_MAX];
	struct err err;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	errno = ENOSPC;
	err_errno(&err, ERR_IO, "write %s", name);
	assert_true(strlen(err.text) < ERR_TEXT_MAX);
	assert_non_null(strstr(err.text, ": No space left on device"));
}

static void wraps_outside_in(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, ERR_UNAVAILABLE, "HTTP 503");
	assert_false(err_wrap(&err, "POST %s", "/ssl/enroll"));
	assert_false(err_wrap(&err, "submit"));
	assert_int_equal(err.kind, ERR_UNAVAILABLE);
	assert_string_equal(err.text, "submit: POST /ssl/enroll: HTTP 503");
}

static void drops_the_outer_context_never_the_root(void **state)
{
	char root[ERR_TEXT_MAX];
	char context[2 * ERR_TEXT_MAX];
	struct err err;

	(void)state;
	memset(context, 'c', sizeof(context) - 1);
	context[sizeof(context) - 1] = '\0';
	for (size_t room = 0; room < 12; room++) {
		size_t len = ERR_TEXT_MAX - 1 - room;

		memset(root, 'r', len);
		root[len] = '\0';
		err_set(&err, ERR_IO, "%s", root);
		err_wrap(&err, "%s", context);
		assert_string_equal(err.text, root);
		err_wrap(&err, "%s", "12345678");
		assert_string_equal(err.text + strlen(err.text) - len, root);
		assert_int_equal(strlen(err.text), room < 10 ? len : len + 10);
	}
}

static void cuts_a_text_that_is_too_long(void **state)
{
	char text[2 * ERR_TEXT_MAX];
	struct err err;

	(void)state;
	memset(text, 't', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, ERR_IO, "%s", text);
	assert_int_equal(strlen(err.text), ERR_TEXT_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_are_the_documented_ones),
		cmocka_unit_test(names_are_lower_case),
		cmocka_unit_test(sets_kind_and_text),
		cmocka_unit_test(may_be_built_from_its_own_text),
		cmocka_unit_test(stays_on_one_line),
		cmocka_unit_test(says_what_errno_means),
		cmocka_unit_test(keeps_the_reason_of_a_long_errno_message),
		cmocka_unit_test(wraps_outside_in),
		cmocka_unit_test(drops_the_outer_context_never_the_root),
		cmocka_unit_test(cuts_a_text_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
