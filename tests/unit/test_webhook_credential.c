/* The Authorization header: the right one in its spellings, and nothing near it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/secret.h"
#include "tempdir.h"
#include "webhook/credential.h"

#define TOKEN "s3cret-t0ken"
#define BASIC "c2NtOnMzY3JldC10MGtlbg==" /* scm:s3cret-t0ken */

static void read_into(struct credential *c, const struct tempdir *t, const char *user)
{
	struct err err = { 0 };
	char path[128];

	if (!fs_write(t->fd, "secret", TOKEN "\n", sizeof(TOKEN), FS_ATTR(0600), &err) ||
		!credential_read(c, tempdir_path(path, t, "secret"), user, &err))
		fail_msg("%s", err.text);
}

static void bearer(void **state)
{
	static const char *const wrong[] = { "", "Bearer", "Bearer ", "Bearer" TOKEN, TOKEN,
		" Bearer " TOKEN, "Bearer " TOKEN " ", "Bearer " TOKEN "x", "Bearer s3cret-t0ke",
		"Bearer S3cret-t0ken", "Bearer\t" TOKEN, "Basic " TOKEN, "Basic " BASIC,
		"Bearer " BASIC, "Bearer \"" TOKEN "\"", "Bearer " TOKEN "," TOKEN };
	struct credential c;

	read_into(&c, *state, NULL);
	assert_true(credential_matches(&c, "Bearer " TOKEN));
	assert_true(credential_matches(&c, "bearer " TOKEN));
	assert_true(credential_matches(&c, "BEARER   " TOKEN));
	assert_false(credential_matches(&c, NULL));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (credential_matches(&c, wrong[i]))
			fail_msg("taken: %s", wrong[i]);
	assert_string_equal(credential_challenge(&c), "Bearer realm=\"scm-agent\"");
}

static void basic(void **state)
{
	static const char *const wrong[] = { "Basic", "Basic ", "Basic " TOKEN, "Bearer " BASIC,
		"Basic c2NtOnMzY3JldC10MGtlbg", "Basic c2NtOnMzY3JldC10MGtlbg===",
		"Basic c2NtOnMzY3JldC10MGtlbh==", /* the same bytes, written in another way */
		"Basic U0NNOnMzY3JldC10MGtlbg==" /* SCM: */, "Basic scm:" TOKEN };
	struct credential c;

	read_into(&c, *state, "scm");
	assert_true(credential_matches(&c, "Basic " BASIC));
	assert_true(credential_matches(&c, "basic " BASIC));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (credential_matches(&c, wrong[i]))
			fail_msg("taken: %s", wrong[i]);
	assert_string_equal(credential_challenge(&c), "Basic realm=\"scm-agent\"");
}

/* The longest that may be configured, so that no buffer is too small for it. */
static void longest(void **state)
{
	static char secret[SECRET_MAX + 1];
	static char user[257];
	struct tempdir *t = *state;
	struct err err = { 0 };
	struct credential c;
	char path[128];

	memset(secret, 'x', SECRET_MAX);
	memset(user, 'u', sizeof(user) - 1);
	assert_true(fs_write(t->fd, "secret", secret, SECRET_MAX, FS_ATTR(0600), &err));
	assert_true(credential_read(&c, tempdir_path(path, t, "secret"), user, &err));
	assert_false(credential_matches(&c, "Basic dTp4"));
	assert_true(credential_read(&c, path, NULL, &err));
}

static void refuses_users(void **state)
{
	static char longer[258];
	const char *const names[] = { "", "a:b", "a\nb", "\x7f", longer };
	struct credential c;
	char path[128];

	memset(longer, 'u', sizeof(longer) - 1);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct err err = { 0 };

		assert_false(
			credential_read(&c, tempdir_path(path, *state, "secret"), names[i], &err));
		assert_int_equal(err.kind, ERR_USAGE);
	}
}

static void refuses_files(void **state)
{
	struct tempdir *t = *state;
	struct credential c;
	struct err err = { 0 };
	char path[128];

	tempdir_path(path, t, "secret");
	assert_false(credential_read(&c, path, NULL, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_true(fs_write(t->fd, "secret", TOKEN, strlen(TOKEN), FS_ATTR(0644), &err));
	assert_false(credential_read(&c, path, NULL, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(bearer),
		TEST(basic),
		TEST(longest),
		TEST(refuses_users),
		TEST(refuses_files),
	};
	struct err err;

	return secret_init(&err)
		       ? cmocka_run_group_tests_name("webhook/credential", tests, NULL, NULL)
		       : 1;
}
