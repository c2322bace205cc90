/*
 * Modules that never return, and modules that are only slow. Each case has a process of its own,
 * since a thread stays in the module; they all wait at the same time.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include <dlfcn.h>

#include "base/proc.h"
#include "base/secret.h"
#include "keystore/ks_credential.h"
#include "token_fixture.h"

#define TIMEOUT_MS 5000
#define PLENTY_MS 60000

static const char *const names[] = {
#define NAME(name) #name,
	FAULT_CALLS(NAME)
#undef NAME
};

static struct err err;

static bool open_token(struct ks **ks, const struct token_fixture *f)
{
	AUTO(secret) struct secret *pin = secret_new(TOKEN_PIN, strlen(TOKEN_PIN));
	const struct ks_token token = {
		.module = f->fault_module, .uri = TOKEN_URI, .pin = pin, .timeout_ms = TIMEOUT_MS
	};
	bool pin_refused;

	return ks_open_token(ks, &pin_refused, &token, &err);
}

/* Everything that is ever done with a key. */
static bool live(struct ks *ks, int n)
{
	const struct ks_ref ref = token_ref(n);
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(buf) struct buf uri = BUF(1024);
	AUTO(free) void *memory = NULL;
	struct ks_entry *entries = NULL;
	bool found;
	size_t many;
	bool ok = ks_find(&found, ks, &ref, &err) && ks_generate(ks, &ref, KS_EC_P256, &err) &&
		  ks_load(&key, ks, &ref, &err) && ks_probe(key, &err) &&
		  ks_store_certificate(ks, &ref, token_some_certificate, &err) &&
		  ks_list(&entries, &many, ks, &err) && ks_uri(&uri, ks, &ref, &err);

	memory = entries;
	return ok && ks_delete(ks, &ref, &err);
}

/* SoftHSM itself, which the module for tests has loaded and opened. */
static CK_FUNCTION_LIST *the_real(void)
{
	void *library = dlopen(SOFTHSM_MODULE, RTLD_NOW | RTLD_LOCAL);
	void *symbol = dlsym(library, "C_GetFunctionList");
	CK_C_GetFunctionList get_list;
	CK_FUNCTION_LIST *list = NULL;

	memcpy(&get_list, &symbol, sizeof(get_list));
	get_list(&list);
	return list;
}

/* Says what is wrong, or NULL. */
static const char *judge(bool ok, const char *function, const struct token_fixture *f)
{
	char says[64];
	struct ks *again = NULL;

	snprintf(says, sizeof(says), "did not return from %s within 5s", function);
	if (!ks_stuck())
		return "not noticed";
	if (ok)
		return NULL;
	if (err.kind != ERR_KEYSTORE || !strstr(err.text, says))
		return err.text;
	if (open_token(&again, f))
		return "called again";
	return strstr(err.text, says) ? NULL : err.text;
}

/* A copy of the token: SoftHSM does not stand several processes that log in at once. */
static void own_token(const struct token_fixture *f, const char *name)
{
	AUTO(buf) struct buf from = BUF(256);
	AUTO(buf) struct buf to = BUF(256);
	AUTO(buf) struct buf conf = BUF(512);
	AUTO(proc_result) struct proc_result r = { 0 };
	const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
	char file[64];

	buf_addf(&from, "%s/tokens", f->dir->path);
	buf_addf(&to, "%s/%s", f->dir->path, name);
	buf_addf(&conf, "directories.tokendir = %s\nlog.level = ERROR\n", buf_str(&to));
	const char *const argv[] = { "/bin/cp", "-a", buf_str(&from), buf_str(&to), NULL };
	const struct proc_spec spec = { .argv = argv, .env = env, .timeout_ms = PLENTY_MS };
	if (!proc_run(&r, &spec, &err) || r.status)
		fail_msg("cp: %s", buf_str(&r.output));
	snprintf(file, sizeof(file), "%s.conf", name);
	assert_true(fs_write(f->dir->fd, file, conf.data, conf.len, FS_ATTR(0600), &err));
	buf_add_str(&to, ".conf");
	setenv("SOFTHSM2_CONF", buf_str(&to), 1);
}

/* What a crash left, and the next look removes: the one time that the session is looked at. */
static bool half_a_pair(struct ks *ks)
{
	const struct ks_ref ref = token_ref(99);
	struct p11 *raw = token_raw(ks);
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BBOOL yes = CK_TRUE;
	const struct ks_key_spec *spec = ks_key_spec(KS_EC_P256);
	unsigned char point[67] = { 4, 65, 4 };
	CK_ATTRIBUTE public[] = { P11_ATTR(CKA_CLASS, class), P11_ATTR(CKA_KEY_TYPE, type),
		P11_ATTR(CKA_TOKEN, yes), { CKA_ID, (void *)ref.id.data, ref.id.len },
		{ CKA_EC_PARAMS, (void *)spec->ec_params, spec->ec_params_len },
		P11_ATTR(CKA_EC_POINT, point) };
	CK_OBJECT_HANDLE object;
	bool found;

	if (the_real()->C_CreateObject(raw->session, public, ARRAY_LEN(public), &object) != CKR_OK)
		return err_set(&err, ERR_INTERNAL, "prepare half a pair");
	return ks_find(&found, ks, &ref, &err);
}

static int hang(const struct token_fixture *f, enum fault_call call)
{
	struct ks *ks = NULL;
	const char *wrong;
	bool ok;

	f->faults->fail_call = call;
	f->faults->fail_at = 1;
	f->faults->fail_how = FAULT_HANG;
	ok = open_token(&ks, f) && half_a_pair(ks) && live(ks, (int)call + 1);
	ks_close(ks);
	wrong = judge(ok, names[call], f);
	if (wrong)
		fprintf(stderr, "%s: %s\n", names[call], wrong);
	/* what ends is done before the end: only that is no failure */
	return wrong || ok != (call == FAULT_C_CloseSession || call == FAULT_C_Finalize);
}

static void any_call_that_never_returns(void **state)
{
	const struct token_fixture *f = *state;
	pid_t pid[FAULT_COUNT];

	for (int call = 0; call < FAULT_COUNT; call++) {
		own_token(f, names[call]);
		pid[call] = fork();
		assert_true(pid[call] >= 0);
		if (!pid[call])
			_exit(hang(f, (enum fault_call)call));
	}
	for (int call = 0; call < FAULT_COUNT; call++) {
		int status = 0;

		assert_int_equal(waitpid(pid[call], &status, 0), pid[call]);
		if (status)
			fail_msg("%s: status 0x%x", names[call], (unsigned)status);
	}
}

/* Which is slower than one limit for all calls together would allow. */
static void a_module_that_is_only_slow(void **state)
{
	const struct token_fixture *f = *state;
	struct ks *ks = NULL;

	f->faults->fail_at = 1;
	f->faults->fail_ever = true;
	f->faults->fail_how = FAULT_SLOW;
	f->faults->fail_rv = 100;
	if (!open_token(&ks, f) || !live(ks, 1))
		fail_msg("%s", err.text);
	ks_close(ks);
	assert_in_range(f->faults->seen, TIMEOUT_MS / 100 + 1, 1000);
	assert_false(ks_stuck());
}

/* Which the fetcher relies on: it has to seal itself in between. */
static size_t threads(void)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int dir = -1;

	assert_true(fs_open_dir(&dir, AT_FDCWD, "/proc/self/task", &err));
	assert_true(fs_list(&all, dir, &err));
	return all.n;
}

static void no_thread_between_two_calls(void **state)
{
	const struct token_fixture *f = *state;
	struct ks *ks = NULL;

	assert_true(open_token(&ks, f));
	assert_int_equal(threads(), 1);
	if (!live(ks, 1))
		fail_msg("%s", err.text);
	assert_int_equal(threads(), 1);
	ks_close(ks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(any_call_that_never_returns),
		WITH_TOKEN(a_module_that_is_only_slow),
		WITH_TOKEN(no_thread_between_two_calls),
	};

	if (!token_available())
		return 77;
	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, token_make_certificate, token_free_certificate);
}
