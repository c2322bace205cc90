/* Keys in files: made, found, loaded, refused, removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/secret.h"
#include "keystore/ks.h"
#include "keystore/ks_scheme.h"
#include "tempdir.h"

static struct err err;

static struct ks *open_files(void)
{
	struct ks *ks = NULL;

	assert_true(ks_open_files(&ks, &err));
	return ks;
}

static struct ks_ref ref_of(const struct tempdir *t)
{
	return (struct ks_ref) { .dir = t->fd, .file = "privkey.pem", .label = "www" };
}

static void write_file(const struct tempdir *t, const char *text)
{
	assert_true(fs_write(t->fd, "privkey.pem", text, strlen(text), FS_ATTR(0600), &err));
}

static void each_type(void **state)
{
	const struct ks_ref ref = ref_of(*state);

	for (int i = 0; i < KS_KEY_TYPE_COUNT; i++) {
		AUTO(ks) struct ks *ks = open_files();
		AUTO(pkey) EVP_PKEY *key = NULL;
		enum ks_key_type type = KS_KEY_TYPE_COUNT;
		bool found = true;

		assert_true(ks_find(&found, ks, &ref, &err));
		assert_false(found);
		assert_true(ks_generate(ks, &ref, (enum ks_key_type)i, &err));
		assert_true(ks_find(&found, ks, &ref, &err));
		assert_true(found);
		assert_true(ks_load(&key, ks, &ref, &err));
		assert_true(ks_key_type_of(&type, key));
		assert_int_equal(type, i);
		assert_true(ks_probe(key, &err));
		assert_true(ks_delete(ks, &ref, &err));
		assert_true(ks_find(&found, ks, &ref, &err));
		assert_false(found);
	}
}

static void is_private_pkcs8_pem(void **state)
{
	static const char begin[] = "-----BEGIN PRIVATE KEY-----\n";
	const struct tempdir *t = *state;
	const struct ks_ref ref = ref_of(t);
	AUTO(ks) struct ks *ks = open_files();
	AUTO(buf) struct buf text = BUF(65536);
	struct stat st;

	umask(0);
	assert_true(ks_generate(ks, &ref, KS_EC_P256, &err));
	umask(077);
	assert_int_equal(fstatat(t->fd, ref.file, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_true(fs_read(&text, t->fd, ref.file, &err));
	assert_memory_equal(text.data, begin, sizeof(begin) - 1);
}

static void a_key_is_never_replaced(void **state)
{
	const struct tempdir *t = *state;
	const struct ks_ref ref = ref_of(t);
	AUTO(ks) struct ks *ks = open_files();
	AUTO(buf) struct buf text = BUF(65536);

	write_file(t, "not even a key");
	assert_false(ks_generate(ks, &ref, KS_EC_P256, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	assert_true(fs_read(&text, t->fd, ref.file, &err));
	assert_string_equal(buf_str(&text), "not even a key");
}

static void no_room_leaves_nothing(void **state)
{
	const struct tempdir *t = *state;
	AUTO(ks) struct ks *ks = open_files();
	AUTO(fd) int fd = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct ks_ref ref = { .dir = fd, .file = "privkey.pem" };

	(void)t;
	assert_false(ks_generate(ks, &ref, KS_EC_P256, &err));
	assert_int_equal(err.kind, ERR_IO);
	assert_non_null(strstr(err.text, "ec:P-256"));
}

static void deleting_twice_is_fine(void **state)
{
	const struct ks_ref ref = ref_of(*state);
	AUTO(ks) struct ks *ks = open_files();

	assert_true(ks_delete(ks, &ref, &err));
	assert_true(ks_delete(ks, &ref, &err));
}

static void bad_files_are_told_apart(void **state)
{
	static const struct row {
		const char *text;
		const char *says;
	} rows[] = {
		{ "", "holds no private key" },
		{ "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n", "damaged" },
		{ "-----BEGIN PRIVATE KEY-----\nMIGH", "damaged" },
		{ "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGH\n-----END ENCRYPTED PRIVATE "
		  "KEY-----\n",
			"no password is configured" },
		{ "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
		  "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nMIGH\n"
		  "-----END RSA PRIVATE KEY-----\n",
			"no password is configured" },
	};
	const struct tempdir *t = *state;
	const struct ks_ref ref = ref_of(t);
	AUTO(ks) struct ks *ks = open_files();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		EVP_PKEY *key = NULL;

		write_file(t, rows[i].text);
		assert_false(ks_load(&key, ks, &ref, &err));
		assert_null(key);
		assert_int_equal(err.kind, ERR_KEYSTORE);
		assert_non_null(strstr(err.text, "privkey.pem"));
		if (!strstr(err.text, rows[i].says))
			fail_msg("'%s' does not say '%s'", err.text, rows[i].says);
	}
}

static void a_missing_file_is_io(void **state)
{
	const struct ks_ref ref = ref_of(*state);
	AUTO(ks) struct ks *ks = open_files();
	EVP_PKEY *key = NULL;

	assert_false(ks_load(&key, ks, &ref, &err));
	assert_int_equal(err.kind, ERR_IO);
}

static void a_link_is_not_followed(void **state)
{
	const struct tempdir *t = *state;
	const struct ks_ref ref = ref_of(t);
	const struct ks_ref other = { .dir = t->fd, .file = "other.pem" };
	AUTO(ks) struct ks *ks = open_files();
	EVP_PKEY *key = NULL;

	assert_true(ks_generate(ks, &other, KS_EC_P256, &err));
	assert_true(fs_switch_link(t->fd, ref.file, other.file, &err));
	assert_false(ks_load(&key, ks, &ref, &err));
	assert_null(key);
}

static void tokens_business_is_none_of_theirs(void **state)
{
	const struct ks_ref ref = ref_of(*state);
	AUTO(ks) struct ks *ks = open_files();
	AUTO(buf) struct buf uri = BUF(100);
	AUTO(x509) X509 *cert = X509_new();
	struct ks_entry *entries = (struct ks_entry *)&ref;
	size_t n = 1;

	assert_true(ks_store_certificate(ks, &ref, cert, &err));
	assert_true(ks_uri(&uri, ks, &ref, &err));
	assert_string_equal(buf_str(&uri), "");
	assert_true(ks_list(&entries, &n, ks, &err));
	assert_null(entries);
	assert_int_equal(n, 0);
}

static void probe_wants_rsa_or_ec(void **state)
{
	AUTO(pkey) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	(void)state;
	assert_false(ks_probe(key, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
}

static void probe_wants_a_private_half(void **state)
{
	AUTO(pkey) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	AUTO(pkey) EVP_PKEY *public = NULL;
	AUTO(ossl_bytes) unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	const unsigned char *at = der;

	(void)state;
	public = d2i_PUBKEY(NULL, &at, len);
	assert_true(ks_probe(key, &err));
	assert_false(ks_probe(public, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	assert_non_null(strstr(err.text, "ecdsa_secp256r1_sha256"));
}

/* The schemes of RFC 8446 4.2.3 that fit a type, and what a server can't do without. */
static void each_scheme_of_a_type(void **state)
{
	static const struct row {
		const char *group; /* NULL for RSA */
		const char *schemes;
	} rows[] = {
		{ NULL, "rsa_pkcs1_sha256! rsa_pss_rsae_sha256! rsa_pss_rsae_sha384 "
			"rsa_pss_rsae_sha512 rsa_pkcs1_sha384 rsa_pkcs1_sha512 " },
		{ "P-256", "ecdsa_secp256r1_sha256! " },
		{ "P-384", "ecdsa_secp384r1_sha384! " },
		{ "P-521", "ecdsa_secp521r1_sha512! " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *group = rows[i].group;
		AUTO(pkey)
		EVP_PKEY *key = group ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", group)
				      : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
		AUTO(buf) struct buf said = BUF(1024);
		struct ks_trial trial[KS_SCHEMES_MAX];
		size_t n = 0;

		assert_true(ks_try(trial, &n, key, &err));
		for (size_t t = 0; t < n; t++) {
			assert_int_equal(trial[t].why.kind, ERR_NONE);
			assert_ptr_equal(ks_scheme_find(trial[t].scheme->name), trial[t].scheme);
			buf_addf(&said, "%s%s ", trial[t].scheme->name,
				trial[t].scheme->needed ? "!" : "");
		}
		assert_string_equal(buf_str(&said), rows[i].schemes);
	}
	assert_null(ks_scheme_find("ed25519"));
}

int main(void)
{
#define IN_TEMPDIR(f) cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)
	const struct CMUnitTest tests[] = {
		IN_TEMPDIR(each_type),
		IN_TEMPDIR(is_private_pkcs8_pem),
		IN_TEMPDIR(a_key_is_never_replaced),
		IN_TEMPDIR(no_room_leaves_nothing),
		IN_TEMPDIR(deleting_twice_is_fine),
		IN_TEMPDIR(bad_files_are_told_apart),
		IN_TEMPDIR(a_missing_file_is_io),
		IN_TEMPDIR(a_link_is_not_followed),
		IN_TEMPDIR(tokens_business_is_none_of_theirs),
		cmocka_unit_test(probe_wants_rsa_or_ec),
		cmocka_unit_test(probe_wants_a_private_half),
		cmocka_unit_test(each_scheme_of_a_type),
	};

	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
