/*
 * Both ends of signer.h. What signer_run() starts is this program once more: the variable FAKE says
 * what it is then, the real thing or something that has gone wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/signer.h"
#include "agent/signer_work.h"
#include "base/secret.h"
#include "tempdir.h"

#define OTHER_ID 65534
#define PLENTY_MS 60000
#define PIN "canary-4711"

static struct signer_reply reply;
static struct err err;

static bool signer_answers(const char *fake, struct signer_job *job)
{
	AUTO(secret) struct secret *pin = secret_new(PIN, strlen(PIN));
	AUTO(strlist) struct strlist env = { 0 };
	char text[64];

	snprintf(text, sizeof(text), "FAKE=%s", fake);
	assert_true(strlist_add(&env, text));
	memset(&err, 0, sizeof(err));
	memset(&reply, 0, sizeof(reply));
	if (!job->timeout_ms)
		job->timeout_ms = PLENTY_MS;
	return signer_run(&reply, job, pin, &env, &err);
}

static void bad_answers(void **state)
{
	static const struct {
		const char *fake;
		const char *says;
	} rows[] = {
		{ "dies", "ended unexpectedly" },
		{ "is short", "ended unexpectedly" },
		{ "has many", "nonsense" },
		{ "has an unknown scheme", "nonsense" },
		{ "has nothing", "nonsense" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct signer_job job = { 0 };

		if (signer_answers(rows[i].fake, &job))
			fail_msg("%s", rows[i].fake);
		assert_int_equal(err.kind, ERR_INTERNAL);
		assert_non_null(strstr(err.text, rows[i].says));
		assert_int_equal(reply.n, 0);
	}
}

static void texts_without_an_end(void **state)
{
	struct signer_job job = { 0 };

	(void)state;
	assert_true(signer_answers("is endless", &job));
	assert_int_equal(reply.err.kind, ERR_KEYSTORE);
	assert_int_equal(strlen(reply.err.text), sizeof(reply.err.text) - 1);
	assert_int_equal(strlen(reply.spki), sizeof(reply.spki) - 1);
	assert_string_equal(reply.trial[0].scheme, "rsa_pkcs1_sha256");
	assert_int_equal(strlen(reply.trial[0].why.text), sizeof(reply.trial[0].why.text) - 1);
}

static void one_that_never_answers(void **state)
{
	struct signer_job job = { .timeout_ms = 300 };

	(void)state;
	assert_false(signer_answers("sleeps", &job));
	assert_non_null(strstr(err.text, "in time"));
}

/* The child repeats what it was told by its arguments and environment, and then the PIN. */
static void what_it_is_told_and_how(void **state)
{
	struct signer_job job = { 0 };

	(void)state;
	assert_true(signer_answers("tells", &job));
	assert_string_equal(reply.err.text, "/proc/self/exe --signer; FAKE=tells; pin " PIN);
}

/* A job for a key in a file, which the other user is to use. */
static struct signer_job file_job(const struct tempdir *dir)
{
	struct signer_job job = {
		.user = { .uid = OTHER_ID, .gid = OTHER_ID, .group = { OTHER_ID }, .groups = 1 },
		.file = "privkey.pem",
	};
	struct ks_ref ref = { .dir = dir->fd, .file = "privkey.pem", .label = "" };
	AUTO(ks) struct ks *ks = NULL;
	bool found = false;

	snprintf(job.dir, sizeof(job.dir), "%s", dir->path);
	assert_true(ks_open_files(&ks, &err) && ks_find(&found, ks, &ref, &err));
	assert_true(found || ks_generate(ks, &ref, KS_EC_P256, &err));
	return job;
}

static void the_real_one_is_that_user(void **state)
{
	const struct tempdir *dir = *state;
	struct signer_job job = file_job(dir);

	if (geteuid())
		skip();
	assert_true(signer_answers("no", &job));
	assert_int_equal(reply.err.kind, ERR_IO);
	assert_non_null(strstr(reply.err.text, "ermission denied"));
	assert_int_equal(fchmod(dir->fd, 0711), 0);
	assert_true(signer_answers("no", &job));
	assert_non_null(strstr(reply.err.text, "privkey.pem"));
	assert_int_equal(fchmodat(dir->fd, "privkey.pem", 0644, 0), 0);
	assert_true(signer_answers("no", &job));
	assert_int_equal(reply.err.kind, ERR_NONE);
	assert_int_equal(reply.n, 1);
	assert_string_equal(reply.trial[0].scheme, "ecdsa_secp256r1_sha256");
	assert_int_equal(reply.trial[0].why.kind, ERR_NONE);
	assert_int_equal(strlen(reply.spki), 64);
}

static void who_can_become_nobody_else(void **state)
{
	const struct tempdir *dir = *state;
	struct signer_job job = file_job(dir);

	job.user.groups = USER_GROUPS_MAX + 1;
	assert_true(signer_answers("no", &job));
	assert_int_equal(reply.err.kind, ERR_INTERNAL);
	assert_int_equal(reply.n, 0);
}

static void set_scheme(struct signer_reply *r, const char *name)
{
	snprintf(r->trial[0].scheme, sizeof(r->trial[0].scheme), "%s", name);
}

/* --- what this program is when it was started by itself */

static void answer(const struct signer_reply *r, size_t len)
{
	_exit(send(SIGNER_FD, r, len, MSG_NOSIGNAL) < 0);
}

/* What is closed before it was read takes the answer with it. */
static void listen_to(struct signer_job *job, char pin[static SECRET_MAX])
{
	if (recv(SIGNER_FD, job, sizeof(*job), MSG_WAITALL) != (ssize_t)sizeof(*job) ||
		recv(SIGNER_FD, pin, job->pin_len, MSG_WAITALL) != (ssize_t)job->pin_len)
		_exit(1);
}

static void describe_self(struct signer_reply *r, const char *pin, char **argv, char **env)
{
	r->err.kind = ERR_KEYSTORE;
	snprintf(r->err.text, sizeof(r->err.text), "%s %s%s; %s%s; pin %s", argv[0], argv[1],
		argv[2] ? " more" : "", env[0], env[1] ? " more" : "", pin);
}

static int child(char **argv, char **env)
{
	const char *fake = getenv("FAKE");
	struct signer_reply r = { .n = 1 };
	char pin[SECRET_MAX] = "";
	struct signer_job job;

	set_scheme(&r, "rsa_pkcs1_sha256");
	if (!fake || !strcmp(fake, "no"))
		return signer_main();
	if (!strcmp(fake, "dies"))
		_exit(0);
	listen_to(&job, pin);
	if (!strcmp(fake, "sleeps"))
		pause();
	if (!strcmp(fake, "is short"))
		answer(&r, sizeof(r) - 1);
	if (!strcmp(fake, "has many"))
		r.n = KS_SCHEMES_MAX + 1;
	if (!strcmp(fake, "has an unknown scheme"))
		set_scheme(&r, "rsa_md5");
	if (!strcmp(fake, "has nothing"))
		r.n = 0;
	if (!strcmp(fake, "tells"))
		describe_self(&r, pin, argv, env);
	if (!strcmp(fake, "is endless")) {
		r.err.kind = (enum err_kind)4711;
		memset(r.err.text, 'x', sizeof(r.err.text));
		memset(r.spki, 'x', sizeof(r.spki));
		memset(r.trial[0].why.text, 'x', sizeof(r.trial[0].why.text));
	}
	answer(&r, sizeof(r));
	return 1;
}

int main(int argc, char **argv, char **env)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_answers),
		cmocka_unit_test(texts_without_an_end),
		cmocka_unit_test(one_that_never_answers),
		cmocka_unit_test(what_it_is_told_and_how),
		cmocka_unit_test_setup_teardown(
			the_real_one_is_that_user, tempdir_setup, tempdir_teardown),
		cmocka_unit_test_setup_teardown(
			who_can_become_nobody_else, tempdir_setup, tempdir_teardown),
	};

	if (argc == 2 && !strcmp(argv[1], SIGNER_ARGUMENT))
		return child(argv, env);
	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
