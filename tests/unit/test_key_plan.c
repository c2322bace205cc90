/* Where the next key comes from, and how the one that was made ahead gets there: keys in files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/rsa.h>

#include "agent/give_up.h"
#include "agent/intent.h"
#include "agent/key_file.h"
#include "agent/key_plan.h"
#include "agent/key_take.h"
#include "agent/key_uses.h"
#include "agent/next_key.h"
#include "agent/pins.h"
#include "agent/revocation.h"
#include "agent/store.h"
#include "base/clock.h"
#include "csr/csr.h"
#include "tempdir.h"

#define DAY 86400

static struct err err;

#define OK(call)                                                                                   \
	do {                                                                                       \
		if (!(call))                                                                       \
			fail_msg("%s: %s", #call, err.text);                                       \
	} while (0)

static char name_www[] = "www";
static char name_file[] = "file";

struct scene {
	struct tempdir *dir;
	struct conf conf;
	struct conf_cert cert;
	struct run run;
	struct job job;
};

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	void *dir = NULL;

	if (!s || tempdir_setup(&dir))
		return -1;
	s->dir = dir;
	s->cert = (struct conf_cert) {
		.name = name_www, .key_store = name_file, .key_type = KS_EC_P256
	};
	OK(store_open(&s->run.store, s->dir->path, &err));
	OK(keyring_new(&s->run.keys, &s->conf, s->run.store, &err));
	job_init(&s->job, &s->cert, &s->run);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	void *dir = s->dir;

	job_dispose(&s->job);
	keyring_free(s->run.keys);
	store_close(s->run.store);
	free(s);
	return tempdir_teardown(&dir);
}

static EVP_PKEY *weak_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *three = BN_new();
	EVP_PKEY *key = NULL;

	assert_true(ctx && three && BN_set_word(three, 3));
	assert_true(EVP_PKEY_keygen_init(ctx) > 0);
	assert_true(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) > 0);
	assert_true(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, three) > 0);
	assert_true(EVP_PKEY_keygen(ctx, &key) > 0);
	EVP_PKEY_CTX_free(ctx);
	BN_free(three);
	return key;
}

static void look(struct scene *s)
{
	situation_dispose(&s->job.sit);
	OK(situation_read(&s->job.sit, s->run.store, name_www, &err));
}

static enum key_origin planned(struct scene *s)
{
	struct key_plan plan;

	look(s);
	OK(key_plan_decide(&plan, &s->job, &err));
	return plan.origin;
}

/* The intent of the next order, and its key, as the step does it. */
static void order(struct scene *s)
{
	AUTO(record) struct record intent = { 0 };
	AUTO(fd) int dir = -1;
	struct key_plan plan;

	look(s);
	OK(key_plan_decide(&plan, &s->job, &err));
	OK(key_plan_write(&intent, &plan, &err));
	OK(record_set(&intent, "label", "www", &err));
	OK(record_set(&intent, "key_type", "ec:P-256", &err));
	OK(record_set(&intent, "key_store", "", &err));
	OK(store_open_pending(&dir, s->run.store, name_www, true, &err));
	OK(record_write(&intent, dir, FILE_INTENT, FS_ATTR(0600), &err));
	OK(key_take(&s->job, &intent, dir, &err));
	look(s);
}

static void digest_of(char out[static CSR_SHA256_HEX], struct scene *s, int dir)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	const struct ks_ref ref = { .dir = dir, .file = FILE_KEY, .label = "" };
	struct ks *files;

	OK(keyring_open(&files, s->run.keys, NULL, &err));
	OK(ks_load(&key, files, &ref, &err));
	OK(csr_key_fingerprint(out, key, &err));
}

/* What is in work becomes generation `id`; `made` days ago its key was made. */
static void install(struct scene *s, const char *id, int made)
{
	static const char *const kept[] = { "key_id", "key_type", "key_store" };
	AUTO(record) struct record meta = { 0 };
	AUTO(fd) int pending = -1;
	AUTO(fd) int archive = -1;
	char spki[CSR_SHA256_HEX];

	OK(store_open_pending(&pending, s->run.store, name_www, false, &err));
	OK(store_open_archive(&archive, s->run.store, name_www, true, &err));
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		OK(record_set(&meta, kept[i], record_get(&s->job.sit.intent.r, kept[i]), &err));
	digest_of(spki, s, pending);
	OK(record_set(&meta, "spki", spki, &err));
	OK(record_set_int(&meta, "key_made", clock_now() - made * DAY, &err));
	OK(record_write(&meta, pending, FILE_META, FS_ATTR(0644), &err));
	OK(fs_move(s->run.store->pending, name_www, archive, id, &err));
	look(s);
}

static const char *newest_spki(const struct scene *s)
{
	return record_get(&s->job.sit.newest_meta.r, "spki");
}

static void a_new_key_unless_told_otherwise(void **state)
{
	struct scene *s = *state;

	assert_int_equal(planned(s), KEY_NEW);
	order(s);
	install(s, "000001", 0);
	assert_int_equal(planned(s), KEY_NEW);
}

static void used_again_while_it_fits(void **state)
{
	struct scene *s = *state;
	char first[CSR_SHA256_HEX];

	s->cert.reuse_key = true;
	order(s);
	install(s, "000001", 10);
	memcpy(first, newest_spki(s), sizeof(first));
	assert_int_equal(planned(s), KEY_REUSED);
	s->cert.max_key_age = 11 * DAY;
	assert_int_equal(planned(s), KEY_REUSED);
	s->cert.max_key_age = 9 * DAY;
	assert_int_equal(planned(s), KEY_NEW);
	s->cert.max_key_age = 0;
	s->job.reissue = "asked for";
	assert_int_equal(planned(s), KEY_NEW);
	s->job.reissue = NULL;
	s->cert.key_type = KS_RSA_2048;
	assert_int_equal(planned(s), KEY_NEW);
	s->cert.key_type = KS_EC_P256;
	order(s);
	assert_int_equal(
		key_plan_made(&s->job.sit.intent.r), key_plan_made(&s->job.sit.newest_meta.r));
	install(s, "000002", 10);
	assert_string_equal(newest_spki(s), first);
}

static void never_when_it_is_compromised_or_revoked(void **state)
{
	struct scene *s = *state;

	s->cert.reuse_key = true;
	order(s);
	install(s, "000001", 0);
	OK(revocation_note(s->run.store, name_www, "000001", "scm", &err));
	assert_int_equal(planned(s), KEY_NEW);
	order(s);
	install(s, "000002", 0);
	assert_int_equal(planned(s), KEY_REUSED);
	OK(revocation_burn(s->run.store, name_www, newest_spki(s), &err));
	assert_int_equal(planned(s), KEY_NEW);
}

/* Not one that is gone, nor another that stands in its place. */
static void never_when_it_is_not_itself(void **state)
{
	struct scene *s = *state;
	AUTO(fd) int archive = -1;
	AUTO(fd) int one = -1;
	AUTO(fd) int two = -1;
	AUTO(buf) struct buf pem = BUF(65536);

	order(s);
	install(s, "000001", 0);
	order(s);
	install(s, "000002", 0);
	s->cert.reuse_key = true;
	assert_int_equal(planned(s), KEY_REUSED);
	OK(store_open_archive(&archive, s->run.store, name_www, false, &err));
	OK(fs_open_dir(&one, archive, "000001", &err));
	OK(fs_open_dir(&two, archive, "000002", &err));
	OK(fs_read(&pem, one, FILE_KEY, &err));
	OK(fs_write(two, FILE_KEY, pem.data, pem.len, FS_ATTR(0600), &err));
	assert_int_equal(planned(s), KEY_NEW);
	OK(fs_remove(two, FILE_KEY, &err));
	assert_int_equal(planned(s), KEY_NEW);
}

/* A generation from before somebody looked at its exponent. */
static void never_when_it_is_weak(void **state)
{
	struct scene *s = *state;
	AUTO(record) struct record meta = { 0 };
	AUTO(pkey) EVP_PKEY *weak = weak_key();
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	char spki[CSR_SHA256_HEX];

	s->cert.reuse_key = true;
	s->cert.key_type = KS_RSA_2048;
	OK(store_open_archive(&archive, s->run.store, name_www, true, &err));
	OK(fs_make_dir(&dir, archive, "000001", FS_ATTR(0755), &err));
	OK(key_file_write(weak, dir, FILE_KEY, &err));
	OK(csr_key_fingerprint(spki, weak, &err));
	OK(record_set(&meta, "key_id", "01", &err));
	OK(record_set(&meta, "key_type", "rsa:2048", &err));
	OK(record_set(&meta, "key_store", "", &err));
	OK(record_set(&meta, "spki", spki, &err));
	OK(record_write(&meta, dir, FILE_META, FS_ATTR(0644), &err));
	assert_int_equal(planned(s), KEY_NEW);
}

static bool waits(struct scene *s, char spki[static CSR_SHA256_HEX])
{
	AUTO(record) struct record meta = { 0 };
	bool found;

	look(s);
	OK(next_key_read(&found, &meta, s->run.store, &s->cert, &s->job.sit, &err));
	snprintf(spki, CSR_SHA256_HEX, "%s", record_get(&meta, "spki"));
	return found;
}

/* A generation, and a key that waits for the next one. */
static void stage(struct scene *s, char spki[static CSR_SHA256_HEX])
{
	s->cert.next_key = true;
	order(s);
	install(s, "000001", 0);
	OK(next_key_settle(&s->job, &err));
	assert_true(waits(s, spki));
}

static void made_ahead_and_taken(void **state)
{
	struct scene *s = *state;
	char waiting[CSR_SHA256_HEX];
	char again[CSR_SHA256_HEX];

	stage(s, waiting);
	assert_string_not_equal(waiting, newest_spki(s));
	OK(next_key_settle(&s->job, &err));
	assert_true(waits(s, again));
	assert_string_equal(again, waiting);
	s->job.reissue = "takes it, too";
	assert_int_equal(planned(s), KEY_STAGED);
	OK(revocation_burn(s->run.store, name_www, newest_spki(s), &err));
	assert_int_equal(planned(s), KEY_STAGED);
	order(s);
	assert_false(fs_exists(s->run.store->next, name_www));
	/* not while its own key is on its way */
	OK(next_key_settle(&s->job, &err));
	assert_false(fs_exists(s->run.store->next, name_www));
	install(s, "000002", 0);
	assert_string_equal(newest_spki(s), waiting);
}

static void dropped_when_it_is_of_no_use(void **state)
{
	struct scene *s = *state;
	char first[CSR_SHA256_HEX];
	char second[CSR_SHA256_HEX];

	stage(s, first);
	OK(revocation_burn(s->run.store, name_www, first, &err));
	assert_int_equal(planned(s), KEY_NEW);
	OK(next_key_settle(&s->job, &err));
	assert_true(waits(s, second));
	assert_string_not_equal(first, second);
	s->cert.key_type = KS_EC_P384;
	assert_int_equal(planned(s), KEY_NEW);
	OK(next_key_settle(&s->job, &err));
	assert_true(waits(s, first));
	s->cert.next_key = false;
	assert_int_equal(planned(s), KEY_NEW);
	OK(next_key_settle(&s->job, &err));
	assert_false(fs_exists(s->run.store->next, name_www));
}

/* Killed after the rename, before the records that are left could go. */
static void what_was_taken_is_not_taken_twice(void **state)
{
	struct scene *s = *state;
	AUTO(buf) struct buf meta = BUF(65536);
	AUTO(fd) int before = -1;
	AUTO(fd) int dir = -1;
	char waiting[CSR_SHA256_HEX];

	stage(s, waiting);
	OK(store_open_next(&before, s->run.store, name_www, false, &err));
	OK(fs_read(&meta, before, FILE_META, &err));
	order(s);
	OK(store_open_next(&dir, s->run.store, name_www, true, &err));
	OK(fs_write(dir, FILE_META, meta.data, meta.len, FS_ATTR(0600), &err));
	assert_false(waits(s, waiting));
	install(s, "000002", 0);
	assert_false(waits(s, waiting));
	assert_int_equal(planned(s), KEY_NEW);
	OK(next_key_settle(&s->job, &err));
	assert_true(waits(s, waiting));
	assert_string_not_equal(waiting, newest_spki(s));
}

/* Killed while it was made: the record is there, and perhaps the key. */
static void begun_is_completed(void **state)
{
	struct scene *s = *state;
	AUTO(fd) int dir = -1;
	char waiting[CSR_SHA256_HEX];
	char key[CSR_SHA256_HEX];

	stage(s, waiting);
	OK(store_open_next(&dir, s->run.store, name_www, false, &err));
	OK(fs_remove(dir, FILE_META, &err));
	assert_false(waits(s, key));
	OK(next_key_settle(&s->job, &err));
	assert_true(waits(s, key));
	assert_string_equal(key, waiting);
	OK(fs_remove(dir, FILE_META, &err));
	OK(fs_remove(dir, FILE_KEY, &err));
	OK(next_key_settle(&s->job, &err));
	assert_true(waits(s, key));
	digest_of(waiting, s, dir);
	assert_string_equal(key, waiting);
}

/* What is in work has the key that is live, which is compromised meanwhile. */
static void an_order_for_a_compromised_key_is_seen(void **state)
{
	struct scene *s = *state;
	AUTO(fd) int dir = -1;
	AUTO(buf) struct buf pem = BUF(65536);
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(strlist) struct strlist names = { 0 };
	char next[CSR_SHA256_HEX];

	s->cert.reuse_key = true;
	order(s);
	install(s, "000001", 0);
	order(s);
	OK(revocation_burn(s->run.store, name_www, newest_spki(s), &err));
	look(s);
	/* without a request nobody knows yet; it is made from the key, and looked at again */
	assert_false(s->job.sit.burnt);
	OK(store_open_pending(&dir, s->run.store, name_www, false, &err));
	assert_true(strlist_add(&names, "dns:www.example.com"));
	OK(intent_load_key(&key, &s->run, &s->job.sit.intent.r, dir, &err));
	OK(csr_build(&pem, key, &(struct csr_subject) { .common_name = "www.example.com" }, &names,
		&err));
	OK(fs_write(dir, FILE_REQUEST, pem.data, pem.len, FS_ATTR(0600), &err));
	look(s);
	assert_true(s->job.sit.burnt);
	assert_string_equal(s->job.sit.spki, newest_spki(s));
	s->cert.next_key = true;
	OK(pins_next(next, s->run.store, &s->cert, "000001", &err));
	assert_string_equal(next, newest_spki(s));
}

static void what_is_given_up_comes_back(void **state)
{
	struct scene *s = *state;
	AUTO(fd) int archive = -1;
	char waiting[CSR_SHA256_HEX];
	char back[CSR_SHA256_HEX];

	stage(s, waiting);
	order(s);
	OK(give_up_work(s->run.store, name_www, &s->job.sit, &err));
	assert_true(waits(s, back));
	assert_string_equal(back, waiting);
	assert_false(s->job.sit.pending);
	order(s);
	/* killed in between: it is in both places, and that of the order counts */
	OK(next_key_return(s->run.store, name_www, &s->job.sit, &err));
	assert_false(waits(s, back));
	OK(give_up_order(s->run.store, name_www, &s->job.sit, &err));
	assert_true(waits(s, back));
	assert_string_equal(back, waiting);
	OK(store_open_archive(&archive, s->run.store, name_www, false, &err));
	assert_true(fs_exists(archive, "abandoned-1"));
	order(s);
	install(s, "000002", 0);
	assert_string_equal(newest_spki(s), waiting);
}

/* A key that nobody made ahead does not come back as one. */
static void what_was_new_does_not(void **state)
{
	struct scene *s = *state;

	s->cert.next_key = true;
	order(s);
	OK(give_up_work(s->run.store, name_www, &s->job.sit, &err));
	assert_false(fs_exists(s->run.store->next, name_www));
}

/* One that can't be used is no key to publish any longer. */
static void a_next_key_that_is_gone_is_replaced(void **state)
{
	struct scene *s = *state;
	AUTO(fd) int dir = -1;
	char waiting[CSR_SHA256_HEX];

	stage(s, waiting);
	OK(store_open_next(&dir, s->run.store, name_www, false, &err));
	OK(fs_remove(dir, FILE_KEY, &err));
	assert_int_equal(planned(s), KEY_NEW);
	assert_false(waits(s, waiting));
}

static bool count(void *user, const struct key_use *use, struct err *e)
{
	(void)e;
	buf_addf(user, "%s;", use->role);
	return true;
}

static void each_use_is_listed_once(void **state)
{
	struct scene *s = *state;
	char waiting[CSR_SHA256_HEX];
	AUTO(buf) struct buf roles = BUF(256);

	stage(s, waiting);
	OK(store_switch(s->run.store, name_www, "000001", &err));
	order(s);
	OK(give_up_order(s->run.store, name_www, &s->job.sit, &err));
	OK(key_uses(s->run.store, &s->cert, count, &roles, &err));
	assert_string_equal(buf_str(&roles), "next;live;given up;");
}

/* There is no archive yet. */
static void the_first_order_is_listed(void **state)
{
	struct scene *s = *state;
	AUTO(buf) struct buf roles = BUF(256);

	order(s);
	OK(key_uses(s->run.store, &s->cert, count, &roles, &err));
	assert_string_equal(buf_str(&roles), "in work;");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_key_unless_told_otherwise),
		TEST(used_again_while_it_fits),
		TEST(never_when_it_is_compromised_or_revoked),
		TEST(never_when_it_is_not_itself),
		TEST(never_when_it_is_weak),
		TEST(made_ahead_and_taken),
		TEST(dropped_when_it_is_of_no_use),
		TEST(what_was_taken_is_not_taken_twice),
		TEST(begun_is_completed),
		TEST(an_order_for_a_compromised_key_is_seen),
		TEST(what_is_given_up_comes_back),
		TEST(what_was_new_does_not),
		TEST(a_next_key_that_is_gone_is_replaced),
		TEST(each_use_is_listed_once),
		TEST(the_first_order_is_listed),
	};

	return cmocka_run_group_tests_name("key_plan", tests, NULL, NULL);
}
