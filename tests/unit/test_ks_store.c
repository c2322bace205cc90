/* Entries of ours in key stores of each type: new ones, beside others, and in place of older ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "jks_fixture.h"
#include "p12_fixture.h"
#include "store_scene.h"

static const enum ks_credential_type types[] = { KS_PKCS12, KS_JKS, KS_JCEKS };

#define FOR_EACH_TYPE(type)                                                                        \
	for (const enum ks_credential_type *type = types; type < types + 3; type++)

static void a_new_store(void **state)
{
	const struct ks_entry_source entries[] = { scene_rsa("Tomcat"), scene_ec("jetty") };

	(void)state;
	FOR_EACH_TYPE(type)
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		AUTO(buf) struct buf file = BUF(KS_STORE_MAX);
		struct ks_entry_source e = entries[i];

		scene_write(&file, *type, NULL, &e);
		scene_check(&file, *type, &e, 2);
		e.key_password = scene.key_password;
		scene_write(&file, *type, NULL, &e);
		scene_check(&file, *type, &e, 2);
	}
}

static void beside_others_and_again(void **state)
{
	struct ks_entry_source other = scene_rsa("other");
	struct ks_entry_source ours = scene_ec("ours");

	(void)state;
	other.key_password = scene.key_password;
	FOR_EACH_TYPE(type)
	{
		AUTO(buf) struct buf old = BUF(KS_STORE_MAX);
		AUTO(buf) struct buf both = BUF(KS_STORE_MAX);
		AUTO(buf) struct buf again = BUF(KS_STORE_MAX);

		scene_write(&old, *type, NULL, &other);
		scene_write(&both, *type, &old, &ours);
		scene_check(&both, *type, &other, 2);
		scene_check(&both, *type, &ours, 2);
		/* the same alias in other letters: one entry, and the file does not grow */
		ours.alias = "OURS";
		scene_write(&again, *type, &both, &ours);
		ours.alias = "ours";
		scene_check(&again, *type, &other, 2);
		scene_check(&again, *type, &ours, 2);
		assert_in_range(again.len, both.len - 16, both.len + 16);
	}
}

/* The key gives way to one of another kind, with a shorter chain; nothing of the old one is left.
 */
static void replaced_whole(void **state)
{
	struct ks_entry_source new = scene_ec("ours");
	struct ks_entry_source old = scene_rsa("ours");

	(void)state;
	new.chain = NULL;
	FOR_EACH_TYPE(type)
	{
		AUTO(buf) struct buf file = BUF(KS_STORE_MAX);
		AUTO(buf) struct buf again = BUF(KS_STORE_MAX);

		scene_write(&file, *type, NULL, &old);
		scene_write(&again, *type, &file, &new);
		scene_check(&again, *type, &new, 0);
		scene_write(&file, *type, NULL, &new);
		assert_in_range(again.len, file.len - 16, file.len + 16);
	}
}

/* Of two chains by the same CA one is renewed under another: the CA stays for the other. */
static void a_shared_chain_stays(void **state)
{
	struct ks_entry_source other = scene_rsa("other");
	struct ks_entry_source ours = scene_ec("ours");

	(void)state;
	FOR_EACH_TYPE(type)
	{
		AUTO(buf) struct buf one = BUF(KS_STORE_MAX);
		AUTO(buf) struct buf two = BUF(KS_STORE_MAX);

		ours.chain = scene.chain;
		scene_write(&one, *type, NULL, &ours);
		scene_write(&two, *type, &one, &other);
		ours.chain = NULL;
		scene_write(&one, *type, &two, &ours);
		scene_check(&one, *type, &other, 2);
	}
}

static void what_is_not_ours_to_replace(void **state)
{
	const struct jks_spec spec = {
		.jceks = true,
		.password = SCENE_PASSWORD,
		.item = { { .kind = JKS_CERTIFICATE, .alias = "root", .cert = { scene.root } },
			{ .kind = JKS_SECRET_KEY, .alias = "aes" },
			{ .kind = JKS_PRIVATE_KEY, .alias = "twice", .key = scene.ec_key },
			{ .kind = JKS_PRIVATE_KEY, .alias = "Twice", .key = scene.ec_key } },
	};
	AUTO(buf) struct buf file = BUF(KS_STORE_MAX);
	struct ks_entry_source e = scene_ec("ROOT");

	(void)state;
	jks_make(&file, &spec);
	scene_refused(KS_JCEKS, &file, &e, "trusted certificate, not of a private key");
	e.alias = "aes";
	scene_refused(KS_JCEKS, &file, &e, "secret key, not of a private key");
	e.alias = "twice";
	scene_refused(KS_JCEKS, &file, &e, "several private keys have the alias 'twice'");
}

static void what_is_not_ours_in_pkcs12(void **state)
{
	const struct p12_spec spec = {
		.password = SCENE_PASSWORD,
		.key = { scene.ec_key, scene.ec_key },
		.name = { "twice", "TWICE" },
		.cert = { scene.ec_cert },
	};
	AUTO(buf) struct buf file = BUF(KS_STORE_MAX);
	struct ks_entry_source e = scene_ec("twice");

	(void)state;
	p12_make(&file, &spec);
	scene_refused(KS_PKCS12, &file, &e, "several private keys have the alias 'twice'");
}

/* Entries of others stand byte for byte where they stood. */
static void jks_entries_are_copied(void **state)
{
	const struct jks_spec spec = {
		.jceks = true,
		.version = 1,
		.password = SCENE_PASSWORD,
		.item = { { .kind = JKS_SECRET_KEY, .alias = "aes" },
			{ .kind = JKS_PRIVATE_KEY,
				.alias = "Ours",
				.key = scene.ec_key,
				.cert = { scene.ec_cert } },
			{ .kind = JKS_CERTIFICATE, .alias = "root", .cert = { scene.root } } },
	};
	AUTO(buf) struct buf old = BUF(KS_STORE_MAX);
	AUTO(buf) struct buf new = BUF(KS_STORE_MAX);
	AUTO(jks) struct jks before = { 0 };
	AUTO(jks) struct jks after = { 0 };
	const struct ks_entry_source e = scene_rsa("OURS");

	(void)state;
	jks_make(&old, &spec);
	scene_write(&new, KS_JCEKS, &old, &e);
	scene_check(&new, KS_JCEKS, &e, 2);
	assert_true(jks_parse(&before, old.data, old.len, scene.password, &scene.err));
	assert_true(jks_parse(&after, new.data, new.len, scene.password, &scene.err));
	assert_int_equal(after.version, 1);
	assert_int_equal(after.n, 3);
	assert_string_equal(after.entry[1].alias, "ours");
	for (size_t i = 0; i < 3; i += 2) {
		assert_int_equal(after.entry[i].raw.len, before.entry[i].raw.len);
		assert_memory_equal(
			after.entry[i].raw.data, before.entry[i].raw.data, before.entry[i].raw.len);
	}
}

static bool contains(const struct buf *file, const struct buf *part)
{
	return memmem(file->data, file->len, part->data, part->len);
}

/* The shrouded key of another stays as it is, and opens with a password that we never had. */
static void pkcs12_keys_are_copied(void **state)
{
	const struct p12_spec spec = {
		.password = SCENE_PASSWORD,
		.key_password = "nobody told us",
		.key = { scene.ec_key },
		.name = { "other" },
		.cert = { scene.ec_cert },
	};
	AUTO(buf) struct buf old = BUF(KS_STORE_MAX);
	AUTO(buf) struct buf new = BUF(KS_STORE_MAX);
	AUTO(secret) struct secret *own = secret_new("nobody told us", 14);
	struct ks_entry_source other = scene_ec("other");
	const struct ks_entry_source e = scene_rsa("ours");
	AUTO(buf) struct buf part = BUF(KS_STORE_MAX);

	(void)state;
	p12_make(&old, &spec);
	scene_write(&new, KS_PKCS12, &old, &e);
	other.key_password = own;
	scene_check(&new, KS_PKCS12, &other, 2);
	/* the safes are where they were: behind the head, of other length, until the MAC */
	buf_add(&part, old.data + 100, old.len - 300);
	assert_true(contains(&new, &part));
}

static void a_jks_that_is_pkcs12(void **state)
{
	AUTO(buf) struct buf p12 = BUF(KS_STORE_MAX);
	AUTO(buf) struct buf jceks = BUF(KS_STORE_MAX);
	AUTO(buf) struct buf out = BUF(KS_STORE_MAX);
	const struct ks_entry_source other = scene_rsa("other");
	const struct ks_entry_source e = scene_ec("ours");

	(void)state;
	assert_int_equal(ks_store_type(KS_JKS, NULL, 0), KS_JKS);
	assert_int_equal(ks_store_type(KS_JKS, "none of them", 12), KS_JKS);
	scene_write(&p12, KS_PKCS12, NULL, &other);
	scene_write(&jceks, KS_JCEKS, NULL, &other);
	assert_int_equal(ks_store_type(KS_JKS, p12.data, p12.len), KS_PKCS12);
	assert_int_equal(ks_store_type(KS_JKS, jceks.data, jceks.len), KS_JCEKS);
	scene_write(&out, KS_JKS, &p12, &e);
	assert_int_equal(ks_store_type(KS_JCEKS, out.data, out.len), KS_PKCS12);
	scene_check(&out, KS_PKCS12, &other, 2);
	scene_write(&out, KS_JKS, &jceks, &e);
	assert_int_equal(ks_store_type(KS_JKS, out.data, out.len), KS_JCEKS);
	scene_check(&out, KS_JKS, &other, 2);
	scene_refused(KS_PKCS12, &jceks, &e, "JCEKS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_store),
		cmocka_unit_test(beside_others_and_again),
		cmocka_unit_test(replaced_whole),
		cmocka_unit_test(a_shared_chain_stays),
		cmocka_unit_test(what_is_not_ours_to_replace),
		cmocka_unit_test(what_is_not_ours_in_pkcs12),
		cmocka_unit_test(jks_entries_are_copied),
		cmocka_unit_test(pkcs12_keys_are_copied),
		cmocka_unit_test(a_jks_that_is_pkcs12),
	};

	if (!secret_init(&scene.err))
		return 1;
	return cmocka_run_group_tests(tests, scene_make, scene_free);
}
