/* Opening a token: which module, which token, one attempt with the PIN, and clear refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/secret.h"
#include "keystore/token.h"
#include "token_fixture.h"

static struct err err;

static void refused(const char *module, const char *uri, const char *pin, const char *says)
{
	struct ks *ks = NULL;
	bool pin_refused = true;

	assert_false(token_try(&ks, &pin_refused, module, uri, pin, &err));
	assert_null(ks);
	assert_false(pin_refused);
	assert_int_equal(err.kind, ERR_KEYSTORE);
	check_says(err.text, says);
}

static void works(struct ks *ks, int n)
{
	const struct ks_ref ref = token_ref(n);
	AUTO(pkey) EVP_PKEY *key = NULL;

	if (!ks_generate(ks, &ref, KS_EC_P256, &err) || !ks_load(&key, ks, &ref, &err) ||
		!ks_probe(key, &err))
		fail_msg("%s", err.text);
}

static void by_the_name_that_p11_kit_knows(void **state)
{
	struct ks *ks = NULL;
	bool pin_refused;

	(void)state;
	if (access("/usr/share/p11-kit/modules/softhsm2.module", R_OK))
		fail_msg("p11-kit does not know SoftHSM: './dev deps test'");
	if (!token_try(&ks, &pin_refused, "softhsm2", TOKEN_URI, TOKEN_PIN, &err))
		fail_msg("%s", err.text);
	works(ks, 1);
	ks_close(ks);
}

/* SoftHSM takes none, so its refusal shows that they arrive. */
static void init_args_reach_the_module_once(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_token with = { .module = f->fault_module, .init_args = "flags=readWrite" };
	const struct ks_token without = { .module = f->fault_module };
	AUTO(module) struct module *first = NULL;
	struct module *other = NULL;

	assert_false(module_open(&other, &with, &err));
	check_says(err.text, "with these init_args, or needs some");
	check_says(err.text, "CKR 0x7");
	assert_true(module_open(&first, &without, &err));
	assert_true(module_open(&other, &without, &err));
	assert_ptr_equal(other, first);
	module_close(other);
	f->faults->calls[FAULT_C_Initialize] = 0;
	assert_false(module_open(&other, &with, &err));
	check_says(err.text, "another token has started it with other init_args");
	assert_int_equal(f->faults->calls[FAULT_C_Initialize], 0);
}

static void a_wrong_pin_is_tried_once(void **state)
{
	const struct token_fixture *f = *state;
	struct ks *ks = NULL;
	bool pin_refused = false;

	assert_false(
		token_try(&ks, &pin_refused, f->fault_module, TOKEN_URI, "canary-654321", &err));
	assert_true(pin_refused);
	assert_null(ks);
	assert_int_equal(err.kind, ERR_KEYSTORE);
	check_says(err.text, "token 'web': wrong PIN");
	check_says(err.text, "not tried again");
	assert_int_equal(f->faults->calls[FAULT_C_Login], 1);
	ks = token_open_faulty(f);
	works(ks, 1);
	ks_close(ks);
}

static void what_a_token_says_to_a_pin(void **state)
{
	static const struct row {
		CK_RV rv;
		bool pin_refused;
		const char *says;
	} rows[] = {
		{ CKR_PIN_LOCKED, false, "later runs look again" },
		{ CKR_PIN_EXPIRED, true, "expired" },
		{ CKR_PIN_LEN_RANGE, true, "wrong PIN" },
		{ CKR_PIN_INVALID, true, "wrong PIN" },
		{ CKR_USER_PIN_NOT_INITIALIZED, false, "no user PIN" },
		{ CKR_DEVICE_REMOVED, false, "CKR 0x32" },
		{ CKR_USER_TOO_MANY_TYPES, false, "log in" },
	};
	const struct token_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ks *ks = NULL;
		bool pin_refused = !rows[i].pin_refused;

		f->faults->rv[FAULT_C_Login] = rows[i].rv;
		f->faults->calls[FAULT_C_Login] = 0;
		assert_false(
			token_try(&ks, &pin_refused, f->fault_module, TOKEN_URI, TOKEN_PIN, &err));
		assert_int_equal(pin_refused, rows[i].pin_refused);
		assert_int_equal(err.kind, ERR_KEYSTORE);
		check_says(err.text, rows[i].says);
		assert_int_equal(f->faults->calls[FAULT_C_Login], 1);
	}
}

static void no_attempt_when_it_would_be_in_vain(void **state)
{
	static const struct row {
		CK_FLAGS flag;
		const char *pin;
		const char *says;
	} rows[] = {
		{ CKF_USER_PIN_LOCKED, TOKEN_PIN, "locked" },
		{ CKF_USER_PIN_FINAL_TRY, TOKEN_PIN, "one more wrong PIN" },
		{ 0, NULL, "wants a PIN" },
	};
	const struct token_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		f->faults->token_flags = rows[i].flag;
		refused(f->fault_module, TOKEN_URI, rows[i].pin, rows[i].says);
		assert_int_equal(f->faults->calls[FAULT_C_Login], 0);
	}
}

static void one_login_a_run(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);

	for (int i = 1; i < 4; i++)
		works(ks, i);
	assert_true(ks_delete(ks, &ref, &err));
	works(ks, 1);
	assert_int_equal(f->faults->calls[FAULT_C_Login], 1);
	ks_close(ks);
}

static void a_missing_token_names_those_there_are(void **state)
{
	const struct token_fixture *f = *state;

	token_add(f, "mail", TOKEN_PIN);
	refused(SOFTHSM_MODULE, "pkcs11:token=wbe", TOKEN_PIN, "'web'");
	check_says(err.text, "'mail'");
	check_says(err.text, "wbe");
	refused(SOFTHSM_MODULE, "pkcs11:", TOKEN_PIN, "fits 2 tokens");
	refused(SOFTHSM_MODULE, "pkcs11:token=web;manufacturer=Nobody", TOKEN_PIN, "no token fits");
	refused(SOFTHSM_MODULE, "pkcs11:token=web;slot-id=999", TOKEN_PIN, "no token fits");
	refused(SOFTHSM_MODULE, "pkcs11:token=web;slot-description=Nowhere", TOKEN_PIN,
		"no token fits");
	refused(SOFTHSM_MODULE, "pkcs11:token=web;library-manufacturer=Nobody", TOKEN_PIN,
		"no token fits");
}

/* SoftHSM says the same, whether there is none or the directory can't be read. */
static void no_token_at_all(void **state)
{
	const struct token_fixture *f = *state;
	AUTO(buf) struct buf text = BUF(256);
	AUTO(fd) int empty = -1;
	char conf[128];

	assert_true(fs_make_dir(&empty, f->dir->fd, "empty", FS_ATTR(0700), &err));
	buf_addf(&text, "directories.tokendir = %s/empty\n", f->dir->path);
	assert_true(fs_write(f->dir->fd, "empty.conf", text.data, text.len, FS_ATTR(0600), &err));
	setenv("SOFTHSM2_CONF", tempdir_path(conf, f->dir, "empty.conf"), 1);
	refused(SOFTHSM_MODULE, TOKEN_URI, TOKEN_PIN, "no initialized token at all: permissions");
	check_says(err.text, SOFTHSM_MODULE);
	check_says(err.text, "env.SOFTHSM2_CONF");
}

static void a_module_that_does_not_start(void **state)
{
	const struct token_fixture *f = *state;
	struct ks *ks;

	f->faults->rv[FAULT_C_Initialize] = CKR_GENERAL_ERROR;
	refused(f->fault_module, TOKEN_URI, TOKEN_PIN, "CKR 0x5");
	f->faults->rv[FAULT_C_Initialize] = CKR_OK;
	f->faults->rv[FAULT_C_GetSlotList] = CKR_DEVICE_ERROR;
	refused(f->fault_module, TOKEN_URI, TOKEN_PIN, "CKR 0x30");
	f->faults->rv[FAULT_C_GetSlotList] = CKR_OK;
	ks = token_open_faulty(f);
	works(ks, 1);
	ks_close(ks);
}

static void a_broken_configuration_of_the_module(void **state)
{
	(void)state;
	setenv("SOFTHSM2_CONF", "/nonexistent/softhsm2.conf", 1);
	refused(SOFTHSM_MODULE, TOKEN_URI, TOKEN_PIN, "does not start");
}

static void a_pin_in_the_uri(void **state)
{
	(void)state;
	refused(SOFTHSM_MODULE, TOKEN_URI "?pin-value=" TOKEN_PIN, TOKEN_PIN, "pin_file");
}

static size_t count_files(const struct token_fixture *f)
{
	AUTO(strlist) struct strlist names = { 0 };

	assert_true(fs_list(&names, f->dir->fd, &err));
	return names.n;
}

/* Libraries below us like to print what went wrong: only the error may say it. */
static void failures_are_silent_and_leave_no_file(void **state)
{
	const struct token_fixture *f = *state;
	AUTO(fd) int fd = openat(f->dir->fd, "stderr", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	AUTO(fd) int saved = dup(STDERR_FILENO);
	AUTO(buf) struct buf text = BUF(65536);
	size_t files = count_files(f);
	char path[128];
	struct ks *ks;
	bool ignored;

	assert_true(fs_write(f->dir->fd, "text.so", "hello", 5, FS_ATTR(0644), &err));
	dup2(fd, STDERR_FILENO);
	token_try(&ks, &ignored, tempdir_path(path, f->dir, "text.so"), TOKEN_URI, TOKEN_PIN, &err);
	token_try(&ks, &ignored, "/nonexistent.so", TOKEN_URI, TOKEN_PIN, &err);
	token_try(&ks, &ignored, SOFTHSM_MODULE, "pkcs11:token=none", TOKEN_PIN, &err);
	token_try(&ks, &ignored, SOFTHSM_MODULE, TOKEN_URI, "canary-654321", &err);
	setenv("SOFTHSM2_CONF", "/nonexistent/softhsm2.conf", 1);
	token_try(&ks, &ignored, SOFTHSM_MODULE, TOKEN_URI, TOKEN_PIN, &err);
	dup2(saved, STDERR_FILENO);
	assert_true(fs_read(&text, f->dir->fd, "stderr", &err));
	assert_string_equal(buf_str(&text), "");
	assert_int_equal(count_files(f), files + 1);
}

static void two_tokens_of_one_module(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *web;
	struct ks *mail = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;
	bool pin_refused;

	token_add(f, "mail", "canary-other");
	web = token_open();
	if (!token_try(
		    &mail, &pin_refused, SOFTHSM_MODULE, "pkcs11:token=mail", "canary-other", &err))
		fail_msg("%s", err.text);
	works(web, 1);
	works(mail, 1);
	assert_int_equal(token_count(web, CKO_PRIVATE_KEY, NULL), 1);
	assert_true(ks_load(&key, mail, &ref, &err));
	ks_close(web);
	assert_true(ks_probe(key, &err));
	works(mail, 2);
	EVP_PKEY_free(TAKE(key));
	ks_close(mail);
}

static void one_token_opened_twice(void **state)
{
	struct ks *first = token_open();
	struct ks *second = token_open();

	(void)state;
	works(first, 1);
	ks_close(first);
	works(second, 2);
	assert_int_equal(token_count(second, CKO_PRIVATE_KEY, NULL), 2);
	ks_close(second);
}

static void make_key_that_wants_the_pin(struct ks *ks, const struct ks_ref *ref)
{
	struct p11 *raw = token_raw(ks);
	const struct ks_key_spec *spec = ks_key_spec(KS_EC_P256);
	CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE public[] = { P11_ATTR(CKA_TOKEN, yes), token_id(ref),
		{ CKA_EC_PARAMS, (void *)spec->ec_params, spec->ec_params_len } };
	CK_ATTRIBUTE private[] = { P11_ATTR(CKA_TOKEN, yes), token_id(ref),
		P11_ATTR(CKA_PRIVATE, yes), P11_ATTR(CKA_SIGN, yes),
		P11_ATTR(CKA_ALWAYS_AUTHENTICATE, yes) };
	CK_OBJECT_HANDLE object;

	assert_int_equal(raw->fn->C_GenerateKeyPair(
				 raw->session, &mechanism, public, 3, private, 5, &object, &object),
		CKR_OK);
}

/* As PIV cards have them: the PIN is wanted for each signature, and nobody is there to be asked. */
static void keys_that_want_the_pin_each_time(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);
	EVP_PKEY *key = NULL;

	make_key_that_wants_the_pin(ks, &ref);
	if (!ks_load(&key, ks, &ref, &err) || !ks_probe(key, &err) || !ks_probe(key, &err))
		fail_msg("%s", err.text);
	assert_int_equal(f->faults->calls[FAULT_C_Login], 3);
	EVP_PKEY_free(key);
	ks_close(ks);
}

/* Its PIN may be another than the token's: each attempt counts, so there is one. */
static void a_key_that_refuses_the_pin(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);
	EVP_PKEY *key = NULL;

	make_key_that_wants_the_pin(ks, &ref);
	assert_true(ks_load(&key, ks, &ref, &err));
	f->faults->rv[FAULT_C_Login] = CKR_PIN_INCORRECT;
	assert_false(ks_pin_refused(ks));
	for (int i = 0; i < 3; i++) {
		assert_false(ks_probe(key, &err));
		check_says(err.text, "CKR 0xa0");
		assert_true(ks_pin_refused(ks));
	}
	assert_int_equal(f->faults->calls[FAULT_C_Login], 2);
	EVP_PKEY_free(key);
	ks_close(ks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(by_the_name_that_p11_kit_knows),
		WITH_TOKEN(init_args_reach_the_module_once),
		WITH_TOKEN(a_wrong_pin_is_tried_once),
		WITH_TOKEN(what_a_token_says_to_a_pin),
		WITH_TOKEN(no_attempt_when_it_would_be_in_vain),
		WITH_TOKEN(one_login_a_run),
		WITH_TOKEN(a_missing_token_names_those_there_are),
		WITH_TOKEN(no_token_at_all),
		WITH_TOKEN(a_module_that_does_not_start),
		WITH_TOKEN(a_broken_configuration_of_the_module),
		WITH_TOKEN(a_pin_in_the_uri),
		WITH_TOKEN(failures_are_silent_and_leave_no_file),
		WITH_TOKEN(two_tokens_of_one_module),
		WITH_TOKEN(one_token_opened_twice),
		WITH_TOKEN(keys_that_want_the_pin_each_time),
		WITH_TOKEN(a_key_that_refuses_the_pin),
	};

	if (!token_available())
		return 77;
	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
