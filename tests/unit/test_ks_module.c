/* From the name of a PKCS#11 module to a library, and what is not loaded. */
#include "keystore/ks.h"
#include "keystore/module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tempdir.h"

static struct err err;

static void a_path_stays(void **state)
{
	AUTO_STR char *path = NULL;
	AUTO_STR char *reserved = NULL;

	(void)state;
	assert_true(module_resolve(&path, &reserved, "/nowhere/x.so", &err));
	assert_string_equal(path, "/nowhere/x.so");
	assert_null(reserved);
}

static void a_name_is_looked_up(void **state)
{
	AUTO_STR char *path = NULL;
	AUTO_STR char *reserved = NULL;

	(void)state;
	if (access("/usr/share/p11-kit/modules/p11-kit-trust.module", F_OK))
		skip();
	assert_true(module_resolve(&path, &reserved, "p11-kit-trust", &err));
	assert_int_equal(path[0], '/');
	assert_non_null(strstr(path, "/p11-kit-trust.so"));
	assert_int_equal(access(path, R_OK), 0);
}

static void odd_names_are_refused(void **state)
{
	static const char *const bad[] = { "", ".", "..", ".hidden", "../modules/softhsm2",
		"soft/hsm", "soft hsm", "name\n", "no-such-module-anywhere" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char *path = NULL;
		char *reserved = NULL;

		if (module_resolve(&path, &reserved, bad[i], &err))
			fail_msg("'%s' was taken", bad[i]);
		assert_null(path);
		assert_int_equal(err.kind, ERR_KEYSTORE);
	}
}

static void check_refused(const char *path, const char *says)
{
	const struct ks_token token = { .module = path };
	struct module *m = NULL;

	err.text[0] = '\0';
	assert_false(module_open(&m, &token, &err));
	assert_null(m);
	assert_int_equal(err.kind, ERR_KEYSTORE);
	if (!strstr(err.text, says))
		fail_msg("'%s' does not say '%s'", err.text, says);
}

static void what_is_no_module_is_not_loaded(void **state)
{
	const struct tempdir *t = *state;
	char path[128];

	check_refused(tempdir_path(path, t, "missing.so"), "No such file");
	assert_true(fs_write(t->fd, "text.so", "hello", 5, FS_ATTR(0644), &err));
	check_refused(tempdir_path(path, t, "text.so"), "text.so");
	assert_true(fs_write(t->fd, "open.so", "hello", 5, FS_ATTR(0666), &err));
	check_refused(tempdir_path(path, t, "open.so"), "changed by others");
}

static void a_library_is_not_a_module(void **state)
{
	const char *libm = "/usr/lib/x86_64-linux-gnu/libm.so.6";

	(void)state;
	if (access(libm, R_OK))
		skip();
	check_refused(libm, "not a PKCS#11 module");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_stays),
		cmocka_unit_test(a_name_is_looked_up),
		cmocka_unit_test(odd_names_are_refused),
		cmocka_unit_test_setup_teardown(
			what_is_no_module_is_not_loaded, tempdir_setup, tempdir_teardown),
		cmocka_unit_test(a_library_is_not_a_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
