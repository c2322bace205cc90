/*
 * The stanza of a key in a token, served by a real nginx through the pkcs11 engine and SoftHSM.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/proc.h"
#include "ca_fixture.h"
#include "nginx_scene.h"
#include "tempdir.h"

#define PLENTY_MS 60000
#define URI "pkcs11:token=web;id=%01"
#define ENGINE_LINES "ssl_engine pkcs11;\nenv SOFTHSM2_CONF;\nenv OPENSSL_CONF;"

static const char *script;

/* Debian's two places, and Fedora's. */
static const char *softhsm(void)
{
	static const char *const paths[] = { "/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (!access(paths[i], R_OK))
			return paths[i];
	return NULL;
}

/* Variables that nginx, the hook and softhsm2-util need to find the token. */
struct token_env {
	char softhsm_conf[SCENE_PATH_MAX + 32];
	char openssl_conf[SCENE_PATH_MAX + 32];
	const char *env[4];
};
static struct token_env vars;

static void write_text(struct scene *s, const char *name, const struct buf *text)
{
	struct err err = { 0 };

	if (!fs_write(s->dir->fd, name, buf_str(text), text->len, FS_ATTR(0600), &err))
		fail_msg("%s", err.text);
}

static void softhsm_util(const char *const *argv)
{
	const struct proc_spec spec = { .argv = argv, .env = vars.env, .timeout_ms = PLENTY_MS };
	AUTO(proc_result) struct proc_result r = { 0 };
	struct err err = { 0 };

	if (!proc_run(&r, &spec, &err))
		fail_msg("%s", err.text);
	if (r.status)
		fail_msg("softhsm2-util: %s", buf_str(&r.output));
}

static void write_configs(struct scene *s)
{
	AUTO(buf) struct buf softhsm_conf = BUF(1024);
	AUTO(buf) struct buf openssl_conf = BUF(1024);

	buf_addf(&softhsm_conf, "directories.tokendir = %s/tokens\nlog.level = ERROR\n",
		s->dir->path);
	write_text(s, "softhsm.conf", &softhsm_conf);
	buf_addf(&openssl_conf,
		"openssl_conf = main\n[main]\nengines = engines\n[engines]\npkcs11 = pkcs11\n"
		"[pkcs11]\nengine_id = pkcs11\nMODULE_PATH = %s\nPIN = 123456\ninit = 0\n",
		softhsm());
	write_text(s, "openssl.cnf", &openssl_conf);
}

static void make_token(struct scene *s)
{
	static const char *const init[] = { "/usr/bin/softhsm2-util", "--init-token", "--free",
		"--label", "web", "--so-pin", "87654321", "--pin", "123456", NULL };
	AUTO(fd) int tokens = -1;
	struct err err = { 0 };

	write_configs(s);
	assert_true(fs_make_dir(&tokens, s->dir->fd, "tokens", FS_ATTR(0700), &err));
	snprintf(vars.softhsm_conf, sizeof(vars.softhsm_conf), "SOFTHSM2_CONF=%s/softhsm.conf",
		s->dir->path);
	snprintf(vars.openssl_conf, sizeof(vars.openssl_conf), "OPENSSL_CONF=%s/openssl.cnf",
		s->dir->path);
	vars.env[0] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	vars.env[1] = vars.softhsm_conf;
	vars.env[2] = vars.openssl_conf;
	s->env = vars.env;
	softhsm_util(init);
}

/* The key goes into the token by way of generation 2, which nobody serves. */
static void key_in_token(struct scene *s, EVP_PKEY *key)
{
	char file[SCENE_PATH_MAX];
	const char *const import[] = { "/usr/bin/softhsm2-util", "--import",
		tempdir_path(file, s->dir, "g2/privkey.pem"), "--token", "web", "--label", "key",
		"--id", "01", "--pin", "123456", NULL };

	scene_generation(s, 2, key, NULL);
	softhsm_util(import);
}

static int setup(void **state)
{
	AUTO(pkey) EVP_PKEY *in_file = ca_ec_key("P-256");
	AUTO(pkey) EVP_PKEY *in_token = ca_ec_key("P-256");
	struct scene *s;

	if (scene_setup(state, script))
		return -1;
	s = *state;
	make_token(s);
	key_in_token(s, in_token);
	scene_generation(s, 0, in_file, NULL);
	scene_generation(s, 1, in_token, URI);
	scene_switch(s, 0);
	return 0;
}

/* The environment of a hook is made from nothing: what nginx needs comes as an option. */
static void pass_env_to_hook(struct scene *s)
{
	char option[3 * SCENE_PATH_MAX];

	snprintf(option, sizeof(option), "ENV=%s %s", vars.softhsm_conf, vars.openssl_conf);
	assert_true(strlist_add(&s->options, option));
}

static void test_token_key_is_served(void **state)
{
	struct scene *s = *state;
	struct err err = { 0 };

	s->main_lines = "user root;\n" ENGINE_LINES;
	pass_env_to_hook(s);
	scene_start(s);
	scene_assert_served(s, 0);
	scene_switch(s, 1);
	if (!scene_hook(s, HOOK_TEST, NULL, &err) || !scene_hook(s, HOOK_DEPLOY, NULL, &err))
		fail_msg("%s", err.text);
	scene_assert_served(s, 1);
}

/* "nogroup" or "nobody", as the distribution has it. */
static const char *group_of_nobody(void)
{
	const struct passwd *nobody = getpwnam("nobody");
	const struct group *group = nobody ? getgrgid(nobody->pw_gid) : NULL;

	assert_non_null(group);
	return group ? group->gr_name : "";
}

/*
 * A token that the workers may not read: nginx is content with its configuration and starts, and
 * every handshake fails. Only a handshake can tell.
 */
static void test_workers_without_token(void **state)
{
	struct scene *s = *state;
	char lines[256];
	struct err err = { 0 };

	if (geteuid())
		skip();
	snprintf(lines, sizeof(lines), "user nobody %s;\n" ENGINE_LINES, group_of_nobody());
	s->main_lines = lines;
	pass_env_to_hook(s);
	scene_switch(s, 1);
	scene_start(s);
	assert_true(scene_hook(s, HOOK_TEST, NULL, &err));
	assert_false(scene_serves(s, 1, &err));
	assert_int_equal(err.kind, ERR_PROTOCOL);
}

/* Without the option the hook's nginx can't find the token, and the test says so. */
static void test_hook_without_env(void **state)
{
	struct scene *s = *state;
	struct err err = { 0 };

	s->main_lines = "user root;\n" ENGINE_LINES;
	scene_switch(s, 1);
	scene_start(s);
	scene_assert_served(s, 1);
	assert_false(scene_hook(s, HOOK_TEST, NULL, &err));
	assert_int_equal(err.kind, ERR_DEPLOY);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, scene_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_token_key_is_served),
		TEST(test_workers_without_token),
		TEST(test_hook_without_env),
	};

	if (argc != 2 || access("/usr/sbin/nginx", X_OK) ||
		access("/usr/bin/softhsm2-util", X_OK) || !softhsm()) {
		fprintf(stderr,
			"SKIPPED: usage is %s SCRIPT; nginx and SoftHSM must be installed\n",
			argv[0]);
		return 77;
	}
	script = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
