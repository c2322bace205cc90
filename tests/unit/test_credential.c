/* What an account logs in with: its own store, or a generation of a certificate of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/credential.h"
#include "agent/record.h"
#include "state_scene.h"

struct scene {
	struct state_scene state; /* first */
	struct conf conf;
	struct conf_account account;
	struct conf_token token;
	struct conf_cert cert;
	struct conf_target target;
	char path[128]; /* of the account's store */
};

static char text_a[] = "a";
static char text_login[] = "login";
static char text_hsm[] = "hsm";
static char text_uri[] = "pkcs11:token=web";
static char text_object[] = "pkcs11:token=web;object=scm";

static int setup(void **state)
{
	int status = state_scene_make(state, sizeof(struct scene));
	struct scene *s = *state;

	if (status)
		return status;
	tempdir_path(s->path, s->state.dir, "client.p12");
	s->token = (struct conf_token) { .name = text_hsm, .uri = text_uri };
	s->cert = (struct conf_cert) { .name = text_login, .target = &s->target };
	s->account = (struct conf_account) { .name = text_a,
		.auth = CONF_CLIENT_CERT,
		.store = s->path,
		.store_type = CONF_STORE_PKCS12,
		.store_alias = text_a,
		.store_password_file = text_hsm };
	s->conf = (struct conf) { .token = &s->token,
		.tokens = 1,
		.account = &s->account,
		.accounts = 1,
		.cert = &s->cert,
		.certs = 1 };
	return 0;
}

static void put(struct scene *s, const char *name)
{
	struct err err = { 0 };

	assert_true(fs_write(s->state.dir->fd, name, "x", 1, FS_ATTR(0600), &err));
}

static void load(struct credential *out, struct scene *s)
{
	struct err err = { 0 };

	if (!credential_of(out, &s->conf, s->state.store, &s->account, &err))
		fail_msg("%s", err.text);
}

static void refuses(struct scene *s, const char *words)
{
	struct credential c = { 0 };
	struct err err = { 0 };

	assert_false(credential_of(&c, &s->conf, s->state.store, &s->account, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in: %s", words, err.text);
	assert_null(c.file[0]);
}

/* A generation whose key is in a token, or in a file for "". */
static void add_generation(struct scene *s, const char *id, const char *token)
{
	AUTO(record) struct record meta = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	struct err err = { 0 };

	assert_true(store_open_archive(&archive, s->state.store, text_login, true, &err));
	assert_true(fs_make_dir(&dir, archive, id, FS_ATTR(0755), &err));
	assert_true(record_set(&meta, "key_store", token, &err));
	if (*token)
		assert_true(record_set(&meta, "key_uri", text_object, &err));
	assert_true(record_write(&meta, dir, FILE_META, FS_ATTR(0644), &err));
}

static void is_at(const char *path, const char *end)
{
	size_t len = strlen(path);

	assert_true(len > strlen(end));
	assert_string_equal(path + len - strlen(end), end);
}

static void of_a_file(void **state)
{
	AUTO(credential) struct credential c = { 0 };
	struct scene *s = *state;

	load(&c, s);
	assert_int_equal(c.type, CONF_STORE_PKCS12);
	assert_false(c.ours);
	assert_string_equal(c.file[0], s->path);
	assert_null(c.file[1]);
	assert_null(c.token);
	assert_string_equal(c.alias, text_a);
	assert_string_equal(c.password_file, text_hsm);
}

static void of_a_token(void **state)
{
	AUTO(credential) struct credential c = { 0 };
	AUTO(credential) struct credential named = { 0 };
	struct scene *s = *state;

	s->account.store = NULL;
	s->account.store_type = CONF_STORE_PKCS11;
	s->account.store_token = &s->token;
	load(&c, s);
	assert_null(c.file[0]);
	assert_ptr_equal(c.token, &s->token);
	assert_string_equal(c.uri, text_uri);
	s->account.store_object = text_object;
	load(&named, s);
	assert_string_equal(named.uri, text_object);
}

static void of_no_certificate(void **state)
{
	AUTO(credential) struct credential c = { 0 };
	struct scene *s = *state;

	s->account.auth = CONF_PASSWORD;
	load(&c, s);
	assert_null(c.file[0]);
	assert_null(c.password_file);
}

/* The generation that is live, whatever came after it; never key and chain of two. */
static void of_our_own(void **state)
{
	AUTO(credential) struct credential c = { 0 };
	struct scene *s = *state;
	struct err err = { 0 };

	s->account.store_cert = &s->cert;
	s->account.store_type = CONF_STORE_PEM;
	refuses(s, "certificate login has no generation yet");
	add_generation(s, "000001", "");
	add_generation(s, "000002", "");
	refuses(s, "certificate login has no generation yet");
	assert_true(store_switch(s->state.store, text_login, "000001", &err));
	load(&c, s);
	assert_true(c.ours);
	assert_int_equal(c.type, CONF_STORE_PEM);
	is_at(c.file[0], "/archive/login/000001/privkey.pem");
	is_at(c.file[1], "/archive/login/000001/fullchain.pem");
	assert_null(c.token);
	assert_null(c.password_file);
	assert_null(c.alias);
}

static void of_our_own_in_a_token(void **state)
{
	AUTO(credential) struct credential c = { 0 };
	struct scene *s = *state;
	struct err err = { 0 };

	s->account.store_cert = &s->cert;
	add_generation(s, "000001", text_hsm);
	assert_true(store_switch(s->state.store, text_login, "000001", &err));
	load(&c, s);
	assert_int_equal(c.type, CONF_STORE_PKCS11);
	is_at(c.file[0], "/archive/login/000001/fullchain.pem");
	assert_null(c.file[1]);
	assert_ptr_equal(c.token, &s->token);
	assert_string_equal(c.uri, text_object);
	assert_null(c.password_file);
	s->conf.tokens = 0;
	refuses(s, "token hsm, which holds the key, is not configured any more");
}

/* One file may have two names; a name that is a link is one more. */
static void which_certificate_it_is(void **state)
{
	struct scene *s = *state;
	char other[128];
	char linked[128];

	tempdir_path(other, s->state.dir, "other.p12");
	tempdir_path(linked, s->state.dir, "linked.p12");
	assert_null(credential_cert(&s->conf, &s->account));
	s->cert.targets = 1;
	s->target.path = other;
	assert_false(credential_is_any(&s->conf, &s->cert));
	put(s, "client.p12");
	put(s, "other.p12");
	assert_false(credential_is_any(&s->conf, &s->cert));
	assert_int_equal(symlink(s->path, linked), 0);
	s->target.path = linked;
	assert_true(credential_is_any(&s->conf, &s->cert));
	s->target.path = s->path;
	assert_ptr_equal(credential_target(&s->account, &s->cert), &s->target);
	assert_ptr_equal(credential_cert(&s->conf, &s->account), &s->cert);
	/* beside the account's entry there may be others */
	s->target.alias = text_hsm;
	assert_false(credential_is(&s->account, &s->cert));
	s->account.store_alias = NULL;
	assert_true(credential_is(&s->account, &s->cert));
	/* a target without a path is in a token */
	s->target.path = NULL;
	assert_false(credential_is(&s->account, &s->cert));
	s->account.store_cert = &s->cert;
	assert_true(credential_is(&s->account, &s->cert));
	assert_null(credential_target(&s->account, &s->cert));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, state_scene_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(of_a_file),
		TEST(of_a_token),
		TEST(of_no_certificate),
		TEST(of_our_own),
		TEST(of_our_own_in_a_token),
		TEST(which_certificate_it_is),
	};

	return cmocka_run_group_tests_name("credential", tests, NULL, NULL);
}
