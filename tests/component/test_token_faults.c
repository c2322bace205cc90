/*
 * Tokens that fail, lie or can't do what was asked for. Whatever happens: a clean error, no key
 * that can't be used, no orphan after the next look, and no crash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "keystore/ks_scheme.h"
#include "token_fixture.h"

static struct err err;

static size_t objects(struct ks *ks)
{
	return token_count(ks, CKO_PRIVATE_KEY, NULL) + token_count(ks, CKO_PUBLIC_KEY, NULL) +
	       token_count(ks, CKO_CERTIFICATE, NULL);
}

static void check_fails(bool result, const char *says)
{
	assert_false(result);
	assert_int_equal(err.kind, ERR_KEYSTORE);
	check_says(err.text, says);
}

/* Many HSMs refuse raw RSA: the token itself has to do the padding of PSS. */
static void pss_is_done_by_the_token(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);
	EVP_PKEY *key = NULL;

	f->faults->no_raw_rsa = true;
	if (!ks_generate(ks, &ref, KS_RSA_2048, &err) || !ks_load(&key, ks, &ref, &err) ||
		!ks_probe(key, &err))
		fail_msg("%s", err.text);
	assert_int_equal(f->faults->last_mechanism, CKM_RSA_PKCS_PSS);
	EVP_PKEY_free(key);
	ks_close(ks);
}

/* What a token refuses is told of each scheme alone; only what a server needs spoils the key. */
static void schemes_that_a_token_refuses(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);
	struct ks_trial trial[KS_SCHEMES_MAX];
	EVP_PKEY *key = NULL;
	size_t n = 0;

	assert_true(ks_generate(ks, &ref, KS_RSA_2048, &err) && ks_load(&key, ks, &ref, &err));
	f->faults->no_hash = CKM_SHA512;
	assert_true(ks_probe(key, &err));
	assert_true(ks_try(trial, &n, key, &err));
	assert_int_equal(n, KS_SCHEMES_MAX);
	for (size_t i = 0; i < n; i++) {
		bool pss512 = !strcmp(trial[i].scheme->name, "rsa_pss_rsae_sha512");

		assert_int_equal(trial[i].why.kind, pss512 ? ERR_KEYSTORE : ERR_NONE);
		if (pss512)
			check_says(trial[i].why.text, "CKR 0x70");
	}
	f->faults->no_hash = CKM_SHA256;
	assert_false(ks_probe(key, &err));
	check_says(err.text, "rsa_pss_rsae_sha256");
	EVP_PKEY_free(key);
	ks_close(ks);
}

static void each_function_failing(void **state)
{
	static const struct row {
		enum fault_call call;
		CK_RV rv;
		const char *says;
	} rows[] = {
		{ FAULT_C_GenerateKeyPair, CKR_MECHANISM_INVALID, "choose another key_type" },
		{ FAULT_C_GenerateKeyPair, CKR_CURVE_NOT_SUPPORTED, "choose another key_type" },
		{ FAULT_C_GenerateKeyPair, CKR_ATTRIBUTE_VALUE_INVALID, "choose another key_type" },
		{ FAULT_C_GenerateKeyPair, CKR_DEVICE_MEMORY, "may be full" },
		{ FAULT_C_GenerateKeyPair, CKR_GENERAL_ERROR, "may be full" },
		{ FAULT_C_GenerateKeyPair, CKR_SESSION_READ_ONLY, "may only be read" },
		{ FAULT_C_SignInit, CKR_KEY_FUNCTION_NOT_PERMITTED, "another key_type" },
		{ FAULT_C_SignInit, CKR_DEVICE_REMOVED, "CKR 0x32" },
		{ FAULT_C_Sign, CKR_FUNCTION_FAILED, "CKR 0x6" },
		{ FAULT_C_Sign, CKR_DEVICE_ERROR,
			"sign a test message with ecdsa_secp256r1_sha256" },
		{ FAULT_C_FindObjectsInit, CKR_DEVICE_REMOVED, "CKR 0x32" },
		{ FAULT_C_FindObjects, CKR_SESSION_HANDLE_INVALID, "CKR 0xb3" },
		{ FAULT_C_GetAttributeValue, CKR_DEVICE_ERROR, "can't be used" },
	};
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		f->faults->rv[rows[i].call] = rows[i].rv;
		check_fails(ks_generate(ks, &ref, KS_EC_P256, &err), rows[i].says);
		check_says(err.text, "token 'web': ");
		f->faults->rv[rows[i].call] = CKR_OK;
		assert_int_equal(objects(ks), 0);
	}
	assert_true(ks_generate(ks, &ref, KS_EC_P256, &err));
	f->faults->rv[FAULT_C_CreateObject] = CKR_TEMPLATE_INCOMPLETE;
	check_fails(ks_store_certificate(ks, &ref, token_some_certificate, &err), "CKR 0xd0");
	f->faults->rv[FAULT_C_DestroyObject] = CKR_ACTION_PROHIBITED;
	check_fails(ks_delete(ks, &ref, &err), "CKR 0x1b");
	f->faults->rv[FAULT_C_FindObjects] = CKR_DEVICE_REMOVED;
	check_fails(ks_delete(ks, &ref, &err), "CKR 0x32");
	ks_close(ks);
}

/* The key would be made, and the certificate ordered, and there would be no place for it. */
static void no_key_without_room_for_its_certificate(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);

	f->faults->rv[FAULT_C_CreateObject] = CKR_FUNCTION_NOT_SUPPORTED;
	check_fails(ks_generate(ks, &ref, KS_EC_P256, &err), "put a certificate beside a key");
	check_says(err.text, "CKR 0x54");
	assert_int_equal(f->faults->calls[FAULT_C_GenerateKeyPair], 0);
	f->faults->rv[FAULT_C_CreateObject] = CKR_OK;

	f->faults->fail_call = FAULT_C_CreateObject;
	f->faults->fail_rv = CKR_DEVICE_MEMORY;
	f->faults->seen = 0;
	f->faults->fail_at = 2;
	check_fails(ks_generate(ks, &ref, KS_EC_P256, &err), "may be full");
	assert_int_equal(f->faults->calls[FAULT_C_GenerateKeyPair], 1);
	assert_int_equal(objects(ks), 0);
	f->faults->fail_at = 0;

	assert_true(ks_generate(ks, &ref, KS_EC_P256, &err));
	assert_int_equal(objects(ks), 2);
	ks_close(ks);
}

/* What can't be removed could not be replaced either: nothing is made, however often it is tried.
 */
static void no_key_where_nothing_can_be_removed(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);
	bool found;

	f->faults->rv[FAULT_C_DestroyObject] = CKR_ACTION_PROHIBITED;
	for (int i = 0; i < 3; i++) {
		check_fails(ks_generate(ks, &ref, KS_EC_P256, &err), "CKR 0x1b");
		check_fails(ks_find(&found, ks, &ref, &err), "CKR 0x1b");
	}
	assert_int_equal(f->faults->calls[FAULT_C_GenerateKeyPair], 0);
	assert_int_equal(objects(ks), 1);
	f->faults->rv[FAULT_C_DestroyObject] = CKR_OK;
	f->faults->keep_objects = true;
	check_fails(ks_generate(ks, &ref, KS_EC_P256, &err), "still there after its removal");
	f->faults->keep_objects = false;
	assert_true(ks_generate(ks, &ref, KS_EC_P256, &err));
	assert_int_equal(objects(ks), 2);
	ks_close(ks);
}

/* As a TPM does with P-521: the key is made, and can't sign. */
static void a_key_that_signs_wrongly_is_removed(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);

	f->faults->spoil_signatures = true;
	check_fails(ks_generate(ks, &ref, KS_RSA_2048, &err), "another key_type");
	assert_int_equal(objects(ks), 0);
	f->faults->fail_call = FAULT_C_DestroyObject;
	f->faults->fail_rv = CKR_DEVICE_ERROR;
	f->faults->fail_ever = true;
	f->faults->seen = 0;
	f->faults->fail_at = 2; /* the first removes the trial certificate */
	check_fails(ks_generate(ks, &ref, KS_EC_P256, &err), "left behind");
	ks_close(ks);
}

static void half_a_pair(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);

	f->faults->half_pairs = true;
	check_fails(ks_generate(ks, &ref, KS_EC_P256, &err), "CKR 0x32");
	assert_int_equal(objects(ks), 0);
	ks_close(ks);
}

/* SoftHSM makes both objects before it writes the key's value: whoever is killed there leaves it.
 */
static void a_pair_without_its_value(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);
	bool found = true;

	assert_true(ks_generate(ks, &ref, KS_EC_P256, &err));
	f->faults->rv[FAULT_C_SignInit] = CKR_GENERAL_ERROR;
	assert_true(ks_find(&found, ks, &ref, &err));
	assert_false(found);
	assert_int_equal(objects(ks), 0);
	f->faults->rv[FAULT_C_SignInit] = CKR_OK;
	assert_true(ks_generate(ks, &ref, KS_EC_P256, &err));
	assert_true(ks_find(&found, ks, &ref, &err));
	assert_true(found);
	ks_close(ks);
}

/* With a certificate it is no left-over: the token may only be ill. */
static void a_certified_pair_is_kept(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);
	bool found = false;

	assert_true(ks_generate(ks, &ref, KS_EC_P256, &err));
	assert_true(ks_store_certificate(ks, &ref, token_some_certificate, &err));
	f->faults->rv[FAULT_C_SignInit] = CKR_GENERAL_ERROR;
	assert_true(ks_find(&found, ks, &ref, &err));
	assert_true(found);
	assert_int_equal(objects(ks), 3);
	ks_close(ks);
}

static void a_removal_that_did_nothing(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);

	assert_true(ks_generate(ks, &ref, KS_EC_P256, &err));
	f->faults->keep_objects = true;
	check_fails(ks_delete(ks, &ref, &err), "still there");
	ks_close(ks);
}

static void lengths_that_are_lies(void **state)
{
	static const CK_ULONG lies[] = { (CK_ULONG)-1, (CK_ULONG)1 << 40, 65537, 129 };
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);
	struct ks_entry *entries;
	size_t n;

	assert_true(ks_generate(ks, &ref, KS_EC_P256, &err));
	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		f->faults->lie = lies[i];
		assert_true(ks_list(&entries, &n, ks, &err));
		assert_int_equal(n, 0);
		free(entries);
		assert_true(ks_store_certificate(ks, &ref, token_some_certificate, &err));
	}
	f->faults->lie = 0;
	ks_close(ks);
}

static void opening_fails(const struct token_fixture *f, const char *says)
{
	struct ks *ks = NULL;
	bool pin_refused;

	check_fails(
		token_try(&ks, &pin_refused, f->fault_module, TOKEN_URI, TOKEN_PIN, &err), says);
	assert_null(ks);
}

static void lists_that_are_no_lists(void **state)
{
	const struct token_fixture *f = *state;

	f->faults->list_rv = CKR_FUNCTION_FAILED;
	opening_fails(f, "gives no function list");
	f->faults->list_rv = CKR_OK;
	f->faults->no_list = true;
	opening_fails(f, "gives no function list");
	f->faults->no_list = false;
	f->faults->list_version = 1;
	opening_fails(f, "2.0 or later is needed");
	f->faults->list_version = 3;
	ks_close(token_open_faulty(f));
}

/* Modules for readers alone have no function that makes keys, and others have fewer still. */
static void functions_that_are_missing(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);

	for (int call = 0; call < FAULT_COUNT; call++) {
		struct ks *ks = NULL;
		bool pin_refused;
		bool ok;

		memset(f->faults->missing, 0, sizeof(f->faults->missing));
		f->faults->missing[call] = true;
		ok = token_try(&ks, &pin_refused, f->fault_module, TOKEN_URI, TOKEN_PIN, &err) &&
		     ks_generate(ks, &ref, KS_EC_P256, &err) &&
		     ks_store_certificate(ks, &ref, token_some_certificate, &err) &&
		     ks_delete(ks, &ref, &err);
		if (!ok)
			assert_int_equal(err.kind, ERR_KEYSTORE);
		assert_int_equal(ok, call == FAULT_C_Finalize || call == FAULT_C_CloseSession ||
					     call == FAULT_C_GetSessionInfo);
		ks_close(ks);
		token_settle();
		ks = token_open();
		assert_true(ks_delete(ks, &ref, &err));
		ks_close(ks);
	}
}

static void more_slots_than_there_is_room_for(void **state)
{
	static const CK_ULONG lies[] = { 257, 1 << 20, (CK_ULONG)-1 };
	const struct token_fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		f->faults->slots = lies[i];
		opening_fails(f, "CKR 0x150");
	}
}

static void a_label_that_is_no_text(void **state)
{
	static const char label[] = "\033[2Jweb\n\xff\xfe%s%n\r                  ";
	const struct token_fixture *f = *state;
	struct ks *ks = NULL;
	bool pin_refused;

	_Static_assert(sizeof(label) > 32, "as long as the field");
	f->faults->label = label;
	check_fails(
		token_try(&ks, &pin_refused, f->fault_module, TOKEN_URI, TOKEN_PIN, &err), "web");
	for (const char *c = err.text; *c; c++)
		assert_true((unsigned char)*c >= ' ');
	check_fails(token_try(&ks, &pin_refused, f->fault_module, "pkcs11:", "canary-0", &err),
		"wrong PIN");
	for (const char *c = err.text; *c; c++)
		assert_true((unsigned char)*c >= ' ');
}

static void objects_without_end(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);
	struct ks_entry *entries = NULL;
	size_t n;

	f->faults->endless = true;
	check_fails(ks_generate(ks, &ref, KS_EC_P256, &err), "more than 16 objects");
	check_fails(ks_list(&entries, &n, ks, &err), "more than 4096 objects");
	check_fails(ks_delete(ks, &ref, &err), "more than 16 objects");
	ks_close(ks);
}

/* What is signed with a key is looked at with its public half, before anybody relies on it. */
static void signatures_and_keys_that_do_not_fit(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);

	for (int type = 0; type < 2; type++) {
		enum ks_key_type key = type ? KS_RSA_2048 : KS_EC_P256;

		f->faults->spoil_public = true;
		assert_false(ks_generate(ks, &ref, key, &err));
		f->faults->spoil_public = false;
		for (CK_ULONG len = 1; len < 4096; len = 2 * len + 1) {
			f->faults->signature_len = len;
			assert_false(ks_generate(ks, &ref, key, &err));
			assert_int_equal(err.kind, ERR_KEYSTORE);
		}
		f->faults->signature_len = (CK_ULONG)-1;
		assert_false(ks_generate(ks, &ref, key, &err));
		f->faults->signature_len = 0;
		assert_int_equal(objects(ks), 0);
	}
	ks_close(ks);
}

/* A key that was used before is not removed on the word of such a token. */
static void answers_that_change(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);
	bool found;

	assert_true(ks_generate(ks, &ref, KS_EC_P256, &err));
	f->faults->fickle = true;
	for (int i = 0; i < 20; i++) {
		if (!ks_find(&found, ks, &ref, &err))
			assert_int_equal(err.kind, ERR_KEYSTORE);
		f->faults->calls[FAULT_C_FindObjects] += (unsigned)i % 2;
	}
	f->faults->fickle = false;
	assert_true(ks_find(&found, ks, &ref, &err));
	assert_true(found);
	f->faults->one_handle = true;
	if (!ks_find(&found, ks, &ref, &err))
		assert_int_equal(err.kind, ERR_KEYSTORE);
	f->faults->one_handle = false;
	ks_close(ks);
}

/* With a session that is not logged in, private keys are not seen: that is no half pair. */
static void a_login_that_is_none(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);
	bool found;

	assert_true(ks_generate(ks, &ref, KS_EC_P256, &err));
	token_raw(ks)->fn->C_Logout(token_raw(ks)->session);
	check_fails(ks_find(&found, ks, &ref, &err), "not logged in any more");
	ks_close(ks);
	ks = token_open();
	assert_true(ks_find(&found, ks, &ref, &err));
	assert_true(found);
	ks_close(ks);
}

/* All that was open is gone, the token is there: an error now, and the next run finds everything.
 */
static void a_token_that_was_out_for_a_moment(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open_faulty(f);
	EVP_PKEY *key = NULL;

	assert_true(ks_generate(ks, &ref, KS_EC_P256, &err) && ks_load(&key, ks, &ref, &err));
	f->faults->fail_call = FAULT_C_SignInit;
	f->faults->fail_at = 1;
	f->faults->fail_how = FAULT_CLOSE;
	f->faults->seen = 0;
	check_fails(ks_probe(key, &err), "token 'web': sign: ");
	check_says(err.text, "CKR 0xb3");
	assert_false(ks_probe(key, &err));
	EVP_PKEY_free(TAKE(key));
	ks_close(ks);
	ks = token_open_faulty(f);
	if (!ks_load(&key, ks, &ref, &err) || !ks_probe(key, &err))
		fail_msg("%s", err.text);
	EVP_PKEY_free(key);
	ks_close(ks);
}

/* A life of a key, as far as it goes with the fault that is set. */
static bool live(const struct token_fixture *f)
{
	const struct ks_ref ref = token_ref(1);
	AUTO(ks) struct ks *ks = NULL;
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(free) void *memory = NULL;
	struct ks_entry *entries = NULL;
	bool pin_refused;
	bool found;
	size_t n;
	bool ok = token_try(&ks, &pin_refused, f->fault_module, TOKEN_URI, TOKEN_PIN, &err) &&
		  ks_find(&found, ks, &ref, &err) && ks_generate(ks, &ref, KS_EC_P256, &err) &&
		  ks_load(&key, ks, &ref, &err) && ks_probe(key, &err) &&
		  ks_store_certificate(ks, &ref, token_some_certificate, &err) &&
		  ks_list(&entries, &n, ks, &err);

	memory = entries;
	return ok && ks_delete(ks, &ref, &err);
}

/* What the next run makes of what was left behind; then all is gone. */
static void recover(unsigned at)
{
	const struct ks_ref ref = token_ref(1);
	struct ks *ks = token_open();
	EVP_PKEY *key = NULL;
	bool found = false;

	if (!ks_find(&found, ks, &ref, &err) || (found && !ks_load(&key, ks, &ref, &err)) ||
		(found && !ks_probe(key, &err)))
		fail_msg("after a fault in call %u: %s", at, err.text);
	if (!found &&
		token_count(ks, CKO_PRIVATE_KEY, NULL) + token_count(ks, CKO_PUBLIC_KEY, NULL))
		fail_msg("after a fault in call %u: orphans", at);
	EVP_PKEY_free(key);
	assert_true(ks_delete(ks, &ref, &err));
	assert_int_equal(objects(ks), 0);
	ks_close(ks);
}

static unsigned sweep(const struct token_fixture *f, CK_RV rv)
{
	unsigned at = 0;
	bool reached = true;

	while (reached) {
		bool ok;

		f->faults->fail_at = ++at;
		f->faults->fail_rv = rv;
		f->faults->seen = 0;
		memset(&err, 0, sizeof(err));
		ok = live(f);
		reached = f->faults->seen >= at;
		f->faults->fail_at = 0;
		if (!ok && (err.kind != ERR_KEYSTORE || !reached))
			fail_msg("call %u fails with 0x%lx: kind %d, '%s'", at, rv, err.kind,
				err.text);
		recover(at);
	}
	return at;
}

static void any_call_failing(void **state)
{
	assert_in_range(sweep(*state, CKR_DEVICE_REMOVED), 50, 1000);
	assert_in_range(sweep(*state, CKR_SESSION_HANDLE_INVALID), 50, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(pss_is_done_by_the_token),
		WITH_TOKEN(schemes_that_a_token_refuses),
		WITH_TOKEN(each_function_failing),
		WITH_TOKEN(no_key_without_room_for_its_certificate),
		WITH_TOKEN(no_key_where_nothing_can_be_removed),
		WITH_TOKEN(a_key_that_signs_wrongly_is_removed),
		WITH_TOKEN(half_a_pair),
		WITH_TOKEN(a_pair_without_its_value),
		WITH_TOKEN(a_certified_pair_is_kept),
		WITH_TOKEN(a_removal_that_did_nothing),
		WITH_TOKEN(lengths_that_are_lies),
		WITH_TOKEN(lists_that_are_no_lists),
		WITH_TOKEN(functions_that_are_missing),
		WITH_TOKEN(more_slots_than_there_is_room_for),
		WITH_TOKEN(a_label_that_is_no_text),
		WITH_TOKEN(objects_without_end),
		WITH_TOKEN(signatures_and_keys_that_do_not_fit),
		WITH_TOKEN(answers_that_change),
		WITH_TOKEN(a_login_that_is_none),
		WITH_TOKEN(a_token_that_was_out_for_a_moment),
		WITH_TOKEN(any_call_failing),
	};

	if (!token_available())
		return 77;
	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, token_make_certificate, token_free_certificate);
}
