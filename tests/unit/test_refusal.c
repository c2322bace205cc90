/* Refused credentials: remembered until what they are made of has changed, and no longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "agent/refusal.h"
#include "base/secret.h"
#include "state_scene.h"

struct scene {
	struct state_scene state;
	char store_path[128]; /* of the client's key store */
	char password_path[128];
	char pin_path[128];
	struct conf_token token;
	struct conf_account account;
};

static char text_a[] = "a";
static char text_b[] = "b";

static void put(const struct scene *s, const char *name, const char *text)
{
	struct err err = { 0 };

	assert_true(fs_write(s->state.dir->fd, name, text, strlen(text), FS_ATTR(0600), &err));
}

static int setup(void **state)
{
	struct scene *s;

	if (state_scene_make(state, sizeof(*s)))
		return -1;
	s = *state;
	tempdir_path(s->store_path, s->state.dir, "client.p12");
	tempdir_path(s->password_path, s->state.dir, "client.pass");
	tempdir_path(s->pin_path, s->state.dir, "pin");
	put(s, "client.p12", "store");
	put(s, "client.pass", "password");
	put(s, "pin", "1234");
	s->token = (struct conf_token) {
		.name = text_a, .module = text_a, .uri = text_a, .pin_file = s->pin_path
	};
	s->account = (struct conf_account) { .name = text_a,
		.url = text_a,
		.customer_uri = text_a,
		.login = text_a,
		.store = s->store_path,
		.store_password_file = s->password_path };
	return 0;
}

static struct refusal of_account(const struct scene *s)
{
	struct refusal r;
	struct err err = { 0 };

	assert_true(refusal_of_account(&r, &s->account, &err));
	return r;
}

static struct refusal of_token(const struct scene *s)
{
	struct refusal r;
	struct err err = { 0 };

	assert_true(refusal_of_token(&r, &s->token, &err));
	return r;
}

static bool refused(struct scene *s, const struct refusal *r, struct err *err)
{
	*err = (struct err) { 0 };
	if (refusal_check(s->state.store, r, err))
		return false;
	assert_int_equal(err->kind, r->kind);
	return true;
}

static void note(struct scene *s, const struct refusal *r)
{
	struct err err = { 0 };

	assert_true(refusal_note(s->state.store, r, "HTTP 401: unknown user", &err));
}

static void remembers(void **state)
{
	struct scene *s = *state;
	struct refusal account = of_account(s);
	struct refusal token = of_token(s);
	struct err err = { 0 };

	assert_false(refused(s, &account, &err));
	assert_false(refused(s, &token, &err));
	note(s, &account);
	account = of_account(s);
	assert_true(refused(s, &account, &err));
	assert_int_equal(err.kind, ERR_AUTH);
	assert_non_null(strstr(err.text, "HTTP 401: unknown user"));
	assert_non_null(strstr(err.text, "scm-agent reset"));
	assert_false(refused(s, &token, &err));
	note(s, &token);
	assert_true(refused(s, &token, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	assert_true(refusal_forget(s->state.store, &account, &err));
	assert_true(refusal_forget(s->state.store, &account, &err));
	assert_false(refused(s, &account, &err));
	assert_true(refused(s, &token, &err));
}

/* One account's refusal says nothing about another's of the same settings. */
static void keeps_names_apart(void **state)
{
	struct scene *s = *state;
	struct refusal r = of_account(s);
	struct err err;

	note(s, &r);
	s->account.name = text_b;
	r = of_account(s);
	assert_false(refused(s, &r, &err));
}

typedef void change_fn(struct scene *s);

static void change_url(struct scene *s)
{
	s->account.url = text_b;
}

static void change_customer(struct scene *s)
{
	s->account.customer_uri = text_b;
}

static void change_login(struct scene *s)
{
	s->account.login = text_b;
}

static void change_auth(struct scene *s)
{
	s->account.auth = CONF_PASSWORD;
}

static void change_api(struct scene *s)
{
	s->account.api = CONF_ENROLLMENT;
}

static void change_token_url(struct scene *s)
{
	s->account.token_url = text_b;
}

static void change_proxy(struct scene *s)
{
	s->account.proxy_host = text_b;
}

static void change_proxy_port(struct scene *s)
{
	s->account.proxy_port = 3128;
}

static void change_proxy_user(struct scene *s)
{
	s->account.proxy_user = text_b;
}

static void change_proxy_password(struct scene *s)
{
	s->account.proxy_password_file = s->pin_path;
}

static void change_alias(struct scene *s)
{
	s->account.store_alias = text_b;
}

static void change_store(struct scene *s)
{
	s->account.store = s->password_path;
}

static void change_password_file(struct scene *s)
{
	s->account.store_password_file = NULL;
}

static void use_token(struct scene *s)
{
	s->account.store = NULL;
	s->account.store_token = &s->token;
}

static void use_object(struct scene *s)
{
	use_token(s);
	s->account.store_object = text_b;
}

/* Replaced by a rename, as editors and fs_write() do: another inode. */
static void replace_store(struct scene *s)
{
	put(s, "client.p12", "store");
}

static void replace_password(struct scene *s)
{
	put(s, "client.pass", "PASSWORD");
}

static void remove_password(struct scene *s)
{
	assert_int_equal(unlinkat(s->state.dir->fd, "client.pass", 0), 0);
}

/* Written to in place: the same inode, a later time. */
static void touch(struct scene *s, const char *name, long later_ns)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct stat st;

	assert_int_equal(fstatat(s->state.dir->fd, name, &st, 0), 0);
	times[1] = st.st_mtim;
	times[1].tv_nsec = (times[1].tv_nsec + later_ns) % 1000000000;
	assert_int_equal(utimensat(s->state.dir->fd, name, times, 0), 0);
}

static void touch_password(struct scene *s)
{
	touch(s, "client.pass", 1);
}

static void grow_store(struct scene *s)
{
	AUTO(fd) int fd = openat(s->state.dir->fd, "client.p12", O_WRONLY | O_APPEND | O_CLOEXEC);
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(futimens(fd, (struct timespec[2]) { st.st_atim, st.st_mtim }), 0);
}

static void change_module(struct scene *s)
{
	s->token.module = text_b;
}

static void change_uri(struct scene *s)
{
	s->token.uri = text_b;
}

static void change_init_args(struct scene *s)
{
	s->token.init_args = text_b;
}

static void change_env(struct scene *s)
{
	static char *pair = text_b;

	s->token.env = (struct strlist) { .item = &pair, .n = 1 };
}

static void change_pin_file(struct scene *s)
{
	s->token.pin_file = text_b;
}

static void replace_pin(struct scene *s)
{
	put(s, "pin", "4321");
}

static void touch_pin(struct scene *s)
{
	touch(s, "pin", 1);
}

/* What a token refused in this run has been told to nobody else. */
static void begin_a_run(struct scene *s)
{
	strlist_dispose(&s->state.store->refused);
	s->state.store->refused = (struct strlist) { 0 };
}

static void assert_forgets(struct scene *s, struct refusal (*of)(const struct scene *s),
	change_fn *change, bool forgets)
{
	struct refusal r = of(s);
	struct err err;

	note(s, &r);
	change(s);
	r = of(s);
	begin_a_run(s);
	if (refused(s, &r, &err) == forgets)
		fail_msg("%s", forgets ? err.text : "forgotten");
}

static void forgets_account(void **state, change_fn *change)
{
	assert_forgets(*state, of_account, change, true);
}

static void forgets_token(void **state, change_fn *change)
{
	assert_forgets(*state, of_token, change, true);
}

#define FORGETS(what, change)                                                                      \
	static void what##_##change(void **state)                                                  \
	{                                                                                          \
		forgets_##what(state, change);                                                     \
	}

FORGETS(account, change_url)
FORGETS(account, change_customer)
FORGETS(account, change_login)
FORGETS(account, change_auth)
FORGETS(account, change_api)
FORGETS(account, change_token_url)
FORGETS(account, change_proxy)
FORGETS(account, change_proxy_port)
FORGETS(account, change_proxy_user)
FORGETS(account, change_proxy_password)
FORGETS(account, change_alias)
FORGETS(account, change_store)
FORGETS(account, change_password_file)
FORGETS(account, use_token)
FORGETS(account, use_object)
FORGETS(account, replace_store)
FORGETS(account, replace_password)
FORGETS(account, remove_password)
FORGETS(account, touch_password)
FORGETS(account, grow_store)
FORGETS(token, change_module)
FORGETS(token, change_uri)
FORGETS(token, change_init_args)
FORGETS(token, change_env)
FORGETS(token, change_pin_file)
FORGETS(token, replace_pin)
FORGETS(token, touch_pin)

/* With the key in a token, the account's credential is what the token's is, too. */
static void account_follows_its_token(void **state)
{
	struct scene *s = *state;

	use_token(s);
	assert_forgets(s, of_account, replace_pin, true);
	assert_forgets(s, of_account, change_uri, true);
}

static void nothing(struct scene *s)
{
	(void)s;
}

/* What has nothing to do with who we are. */
static void change_others(struct scene *s)
{
	s->account.organization_id = 7;
	s->account.trust_store = text_b;
	s->account.max_attempts = 7;
	replace_pin(s);
}

static void remembers_otherwise(void **state)
{
	assert_forgets(*state, of_account, nothing, false);
	assert_forgets(*state, of_token, nothing, false);
	assert_forgets(*state, of_account, change_others, false);
}

/* Two settings never run together into the text of one. */
static void tells_settings_apart(void **state)
{
	static char ab[] = "ab";
	static char none[] = "";
	struct scene *s = *state;
	struct refusal first;
	struct refusal second;

	s->account.url = ab;
	s->account.customer_uri = none;
	first = of_account(s);
	s->account.url = none;
	s->account.customer_uri = ab;
	second = of_account(s);
	assert_string_not_equal(first.digest, second.digest);
}

/* What is remembered on disk has nothing of the secret, not even its digest. */
static void keeps_no_secret(void **state)
{
	struct scene *s = *state;
	struct refusal r = of_token(s);
	struct refusal again;
	AUTO(buf) struct buf text = BUF(4096);
	struct stat before;
	struct err err = { 0 };
	AUTO(fd) int fd = openat(s->state.dir->fd, "pin", O_WRONLY | O_CLOEXEC);

	note(s, &r);
	assert_true(fs_read(&text, s->state.store->cache, r.file, &err));
	assert_null(strstr(buf_str(&text), "1234"));
	assert_int_equal(fstatat(s->state.store->cache, r.file, &before, 0), 0);
	assert_int_equal(before.st_mode & 07777, 0600);
	assert_int_equal(fstat(fd, &before), 0);
	assert_int_equal(write(fd, "9876", 4), 4);
	assert_int_equal(futimens(fd, (struct timespec[2]) { before.st_atim, before.st_mtim }), 0);
	again = of_token(s);
	assert_string_equal(again.digest, r.digest);
}

static void lengthen_pin(struct scene *s)
{
	put(s, "pin", "54321");
}

/*
 * A credential of systemd is another file at each start: were it told by inode and time, a wrong
 * PIN would be tried at every run until the token locks.
 */
static void follows_credentials(void **state)
{
	static char credential[] = "credential:pin";
	static char descriptor[] = "fd:5";
	struct scene *s = *state;

	secret_credentials(s->state.dir->path);
	s->token.pin_file = credential;
	assert_forgets(s, of_token, nothing, false);
	assert_forgets(s, of_token, replace_pin, false);
	assert_forgets(s, of_token, lengthen_pin, true);
	s->token.pin_file = descriptor;
	assert_forgets(s, of_token, nothing, false);
	secret_credentials(NULL);
}

static void refuses_damage(void **state)
{
	struct scene *s = *state;
	struct refusal r = of_token(s);
	struct err err = { 0 };

	assert_true(fs_write(s->state.store->cache, r.file, "x", 1, FS_ATTR(0600), &err));
	assert_false(refusal_check(s->state.store, &r, &err));
	assert_int_equal(err.kind, ERR_IO);
	assert_true(refusal_forget(s->state.store, &r, &err));
	assert_true(refusal_check(s->state.store, &r, &err));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, state_scene_teardown)

/* Each attempt counts, whatever the PIN and wherever it is configured. */
static void one_pin_for_a_token_in_a_run(void **state)
{
	struct scene *s = *state;
	struct refusal r = of_token(s);
	struct err err;

	note(s, &r);
	replace_pin(s);
	r = of_token(s);
	assert_true(refused(s, &r, &err));
	assert_non_null(strstr(err.text, "in this run"));
	begin_a_run(s);
	assert_false(refused(s, &r, &err));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(remembers),
		TEST(keeps_names_apart),
		TEST(account_change_url),
		TEST(account_change_customer),
		TEST(account_change_login),
		TEST(account_change_auth),
		TEST(account_change_api),
		TEST(account_change_token_url),
		TEST(account_change_proxy),
		TEST(account_change_proxy_port),
		TEST(account_change_proxy_user),
		TEST(account_change_proxy_password),
		TEST(account_change_alias),
		TEST(account_change_store),
		TEST(account_change_password_file),
		TEST(account_use_token),
		TEST(account_use_object),
		TEST(account_replace_store),
		TEST(account_replace_password),
		TEST(account_remove_password),
		TEST(account_touch_password),
		TEST(account_grow_store),
		TEST(token_change_module),
		TEST(token_change_uri),
		TEST(token_change_init_args),
		TEST(token_change_env),
		TEST(token_change_pin_file),
		TEST(token_replace_pin),
		TEST(token_touch_pin),
		TEST(account_follows_its_token),
		TEST(remembers_otherwise),
		TEST(tells_settings_apart),
		TEST(keeps_no_secret),
		TEST(follows_credentials),
		TEST(one_pin_for_a_token_in_a_run),
		TEST(refuses_damage),
	};

	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
