/* Answers that are right, in all the shapes in which they come. Wrong ones: test_csr_mutants.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chain_scene.h"
#include "csr/csr.h"
#include "csr/name.h"

AUTO_DEFINE_REF(scene, struct scene, scene_dispose);

/* Judges and expects the chain to be the given certificates; NULL ends them. */
static void accept(struct scene *s, struct csr_chain *c, ...)
{
	AUTO(buf) struct buf fullchain = BUF(65536);
	AUTO(buf) struct buf cert = BUF(65536);
	struct err err = { 0 };
	va_list ap;

	if (!scene_judge(c, s, &err))
		fail_msg("refused: %s", err.text);
	va_start(ap, c);
	for (X509 *x = va_arg(ap, X509 *); x; x = va_arg(ap, X509 *))
		ca_pem(&fullchain, x);
	va_end(ap);
	ca_pem(&cert, s->leaf);
	assert_string_equal(buf_str(&c->fullchain), buf_str(&fullchain));
	assert_string_equal(buf_str(&c->cert), buf_str(&cert));
	assert_string_equal(buf_str(&c->chain), buf_str(&fullchain) + cert.len);
	assert_int_equal(X509_cmp(c->leaf, s->leaf), 0);
}

static void test_plain(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };
	char request_spki[CSR_SHA256_HEX];
	char fingerprint[CSR_SHA256_HEX];
	struct err err = { 0 };

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	accept(&s, &c, s.leaf, s.inter, NULL);
	assert_string_equal(c.info.serial, "123456789ABCDEF0123456789ABCDEF8");
	assert_int_equal(c.info.not_before, CA_NOW - CA_DAY);
	assert_int_equal(c.info.not_after, CA_NOW + 198 * CA_DAY);
	assert_string_equal(c.info.issuer, "CN=Test Issuing CA");
	assert_int_equal(c.info.names.n, 2);
	assert_string_equal(c.info.names.item[0], "dns:www.example.com");
	assert_string_equal(c.info.names.item[1], "dns:example.com");
	assert_true(csr_fingerprint_spki(
		request_spki, s.expect.request_pem, s.expect.request_len, &err));
	assert_string_equal(c.info.spki, request_spki);
	assert_true(csr_der_fingerprint(fingerprint, s.der[0].data, s.der[0].len));
	assert_string_equal(c.info.fingerprint, fingerprint);
}

static void swap(struct scene *s, size_t a, size_t b)
{
	struct buf t = s->der[a];

	s->der[a] = s->der[b];
	s->der[b] = t;
}

static void test_root_first(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	scene_send(&s, s.root);
	swap(&s, 0, 2);
	accept(&s, &c, s.leaf, s.inter, NULL);
}

static void test_doubled(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	scene_send(&s, s.leaf);
	scene_send(&s, s.inter);
	scene_send(&s, s.root);
	scene_send(&s, s.root);
	accept(&s, &c, s.leaf, s.inter, NULL);
}

static void test_ten_with_strangers(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	while (s.n < CSR_CHAIN_MAX) {
		struct ca_spec stranger = ca_issuer_spec("Stranger", scene_other_key);
		char serial[8];

		snprintf(serial, sizeof(serial), "%zu", s.n + 1);
		stranger.serial = serial;
		AUTO(x509) X509 *cert = ca_issue(&stranger, NULL, scene_other_key);

		scene_send(&s, cert);
	}
	swap(&s, 0, 9);
	swap(&s, 1, 5);
	accept(&s, &c, s.leaf, s.inter, NULL);
}

/* Two levels below the root, sent in the worst order. */
static void test_longer_path_shuffled(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };
	struct ca_spec lower = ca_issuer_spec("Lower CA", scene_other_key);

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	AUTO(x509) X509 *low = ca_issue(&lower, s.inter, scene_inter_key);
	X509_free(s.leaf);
	s.leaf = ca_issue(&s.leaf_spec, low, scene_other_key);
	buf_reset(&s.der[0]);
	ca_der(&s.der[0], s.leaf);
	scene_send(&s, s.root);
	scene_send(&s, low);
	swap(&s, 0, 2);
	accept(&s, &c, s.leaf, low, s.inter, NULL);
}

static void test_leaf_directly_below_the_root(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	X509_free(s.leaf);
	s.leaf = ca_issue(&s.leaf_spec, s.root, scene_root_key);
	buf_reset(&s.der[0]);
	ca_der(&s.der[0], s.leaf);
	accept(&s, &c, s.leaf, NULL);
	assert_int_equal(c.chain.len, 0);
	assert_string_equal(buf_str(&c.chain), "");
}

/* The root of the scene, certified by an older one as well. */
static X509 *cross_certify(const struct scene *s, X509 **older, int64_t not_after)
{
	struct ca_spec old = ca_issuer_spec("Older Root", scene_other_key);
	struct ca_spec cross = s->root_spec;

	*older = ca_issue(&old, NULL, scene_other_key);
	cross.serial = "99";
	cross.not_after = not_after;
	return ca_issue(&cross, *older, scene_other_key);
}

static void test_cross_certificate_is_kept_for_older_clients(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	AUTO(x509) X509 *older = NULL;
	AUTO(x509) X509 *cross = cross_certify(&s, &older, CA_NOW + 2000LL * CA_DAY);
	scene_send(&s, s.root);
	scene_send(&s, older);
	scene_send(&s, cross);
	accept(&s, &c, s.leaf, s.inter, cross, NULL);
}

static void test_cross_certificate_is_the_path_when_only_the_older_root_is_known(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	AUTO(x509) X509 *older = NULL;
	AUTO(x509) X509 *cross = cross_certify(&s, &older, CA_NOW + 2000LL * CA_DAY);
	scene_send(&s, cross);
	scene_send(&s, s.root);
	scene_trust(&s, older, NULL);
	accept(&s, &c, s.leaf, s.inter, cross, NULL);
}

static void test_cross_certificate_that_ends_before_the_leaf_is_dropped(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	AUTO(x509) X509 *older = NULL;
	AUTO(x509) X509 *cross = cross_certify(&s, &older, s.leaf_spec.not_after - 1);
	scene_send(&s, cross);
	accept(&s, &c, s.leaf, s.inter, NULL);
}

/* Two roots that certify each other: the way up would have no end. */
static void test_cross_certificates_in_a_ring(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	AUTO(x509) X509 *older = NULL;
	AUTO(x509) X509 *cross = cross_certify(&s, &older, CA_NOW + 2000LL * CA_DAY);
	struct ca_spec back = ca_issuer_spec("Older Root", scene_other_key);
	back.serial = "98";
	AUTO(x509) X509 *ring = ca_issue(&back, s.root, scene_root_key);
	scene_send(&s, ring);
	scene_send(&s, cross);
	accept(&s, &c, s.leaf, s.inter, cross, ring, NULL);
}

static void test_anchor_may_be_the_issuing_ca(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	scene_trust(&s, s.inter, NULL);
	accept(&s, &c, s.leaf, s.inter, NULL);
}

static void test_issuer_that_was_not_sent_but_is_an_anchor(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	s.n = 1;
	scene_trust(&s, s.root, s.inter);
	accept(&s, &c, s.leaf, s.inter, NULL);
}

static void test_rsa(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	scene_use_key(&s, ca_rsa_key(2048, 65537));
	s.leaf_spec.key_usage = "critical,digitalSignature,keyEncipherment";
	s.leaf_spec.digest = EVP_sha384();
	scene_issue(&s);
	accept(&s, &c, s.leaf, s.inter, NULL);
}

static void test_larger_curves(void **state)
{
	static const char *const curves[] = { "P-384", "P-521" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(curves); i++) {
		AUTO(scene) struct scene s;
		AUTO(csr_chain) struct csr_chain c = { 0 };

		scene_init(&s);
		scene_use_key(&s, ca_ec_key(curves[i]));
		scene_issue(&s);
		accept(&s, &c, s.leaf, s.inter, NULL);
	}
}

static void test_every_kind_of_name(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	s.leaf_spec.san = "DNS:*.example.com,IP:192.0.2.1,IP:2001:db8::1,email:a@Example.com,"
			  "URI:https://Example.com/x,DNS:XN--mller-kva.example,DNS:WWW.example.com";
	scene_expect_names(&s, "dns:www.example.com,dns:*.example.com,ip:192.0.2.1,ip:2001:db8::1,"
			       "email:a@example.com,uri:https://example.com/x,"
			       "dns:xn--mller-kva.example");
	scene_issue(&s);
	accept(&s, &c, s.leaf, s.inter, NULL);
	assert_true(csr_names_equal(&c.info.names, &s.names));
}

static void test_common_name_in_other_spelling(void **state)
{
	static const struct {
		const char *common_name;
		const char *san;
		const char *expected;
	} forms[] = {
		{ "WWW.Example.com", "DNS:www.example.com", "dns:www.example.com" },
		{ "m\xc3\xbcller.example", "DNS:xn--mller-kva.example",
			"dns:xn--mller-kva.example" },
		{ "192.0.2.1", "IP:192.0.2.1", "ip:192.0.2.1" },
		{ "a@example.com", "email:a@example.com", "email:a@example.com" },
		{ NULL, "DNS:www.example.com", "dns:www.example.com" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		AUTO(scene) struct scene s;
		AUTO(csr_chain) struct csr_chain c = { 0 };

		scene_init(&s);
		s.leaf_spec.common_name = forms[i].common_name;
		s.leaf_spec.san = forms[i].san;
		scene_expect_names(&s, forms[i].expected);
		scene_issue(&s);
		accept(&s, &c, s.leaf, s.inter, NULL);
	}
}

static void test_extra_names_when_allowed(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	s.expect.allow_extra_names = true;
	s.leaf_spec.common_name = "Some Server";
	s.leaf_spec.san = "DNS:www.example.com,DNS:example.com,DNS:mail.example.com,RID:1.2.3";
	scene_issue(&s);
	accept(&s, &c, s.leaf, s.inter, NULL);
	assert_int_equal(c.info.names.n, 4);
	assert_string_equal(c.info.names.item[3], "other:registeredID");
}

static void test_usages_that_will_do(void **state)
{
	static const char *const usages[] = { NULL, "serverAuth,clientAuth", "clientAuth",
		"anyExtendedKeyUsage", "serverAuth,codeSigning" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(usages); i++) {
		AUTO(scene) struct scene s;
		AUTO(csr_chain) struct csr_chain c = { 0 };

		scene_init(&s);
		s.leaf_spec.ext_key_usage = usages[i];
		scene_issue(&s);
		accept(&s, &c, s.leaf, s.inter, NULL);
	}
}

/* Private CAs of many years: no key identifiers, no key usage, flags that are not critical. */
static void test_plain_old_private_ca(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	s.root_spec.no_key_ids = s.inter_spec.no_key_ids = s.leaf_spec.no_key_ids = true;
	s.root_spec.basic_constraints = s.inter_spec.basic_constraints = "CA:TRUE";
	s.root_spec.key_usage = s.inter_spec.key_usage = s.leaf_spec.key_usage = NULL;
	s.leaf_spec.basic_constraints = NULL;
	scene_issue(&s);
	accept(&s, &c, s.leaf, s.inter, NULL);
}

static void test_name_constraints_that_hold(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };

	(void)state;
	scene_init(&s);
	s.inter_spec.name_constraints = "critical,permitted;DNS:example.com";
	scene_issue(&s);
	accept(&s, &c, s.leaf, s.inter, NULL);
}

static void test_edges_of_time(void **state)
{
	static const struct {
		int64_t not_before;
		int64_t not_after;
		uint32_t term;
	} edges[] = {
		{ CA_NOW + CSR_CLOCK_TOLERANCE, CA_NOW + 100 * CA_DAY, 199 },
		{ CA_NOW, CA_NOW + 1, 199 },
		{ CA_NOW, CA_NOW + 398LL * CA_DAY, 365 },
		{ CA_NOW, CA_NOW + (199LL + CSR_TERM_SLACK_DAYS) * CA_DAY, 199 },
		{ CA_NOW, CA_NOW + CSR_LIFETIME_DAYS_MAX * (int64_t)CA_DAY, 0 },
		/* beyond 2049 a date is a GeneralizedTime, and beyond 2038 more than 32 bits */
		{ 2524608000 - CA_DAY, 2524608000 + CA_DAY, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
		AUTO(scene) struct scene s;
		AUTO(csr_chain) struct csr_chain c = { 0 };

		scene_init(&s);
		s.root_spec.not_after = s.inter_spec.not_after = 2524608000 + 2 * CA_DAY;
		s.leaf_spec.not_before = edges[i].not_before;
		s.leaf_spec.not_after = edges[i].not_after;
		s.expect.term_days = edges[i].term;
		if (edges[i].not_before > CA_NOW + CSR_CLOCK_TOLERANCE)
			s.expect.now = edges[i].not_before + 1;
		scene_issue(&s);
		accept(&s, &c, s.leaf, s.inter, NULL);
		assert_int_equal(c.info.not_after, edges[i].not_after);
	}
}

/* From a request to a chain, as in an order. */
static void test_answer_to_our_own_request(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };
	AUTO(buf) struct buf request = BUF(CSR_PEM_MAX);
	struct err err = { 0 };

	(void)state;
	scene_init(&s);
	assert_true(csr_build(&request, scene_leaf_key,
		&(struct csr_subject) { .common_name = "www.example.com" }, &s.names, &err));
	s.expect.request_pem = request.data;
	s.expect.request_len = request.len;
	scene_issue(&s);
	accept(&s, &c, s.leaf, s.inter, NULL);
}

static void test_info_from_pem(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(csr_chain) struct csr_chain c = { 0 };
	AUTO(csr_info) struct csr_info info = { 0 };
	struct err err = { 0 };

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	accept(&s, &c, s.leaf, s.inter, NULL);
	assert_true(csr_info_from_pem(&info, c.fullchain.data, c.fullchain.len, &err));
	assert_string_equal(info.serial, c.info.serial);
	assert_string_equal(info.fingerprint, c.info.fingerprint);
	assert_string_equal(info.spki, c.info.spki);
	assert_int_equal(info.not_before, c.info.not_before);
	assert_int_equal(info.not_after, c.info.not_after);
	assert_string_equal(info.issuer, c.info.issuer);
	assert_true(csr_names_equal(&info.names, &c.info.names));
}

static void test_info_of_damaged_files(void **state)
{
	static const char *const texts[] = { "", "nonsense",
		"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n" };
	struct csr_info info;
	struct csr_info untouched;

	(void)state;
	memset(&untouched, 0x5a, sizeof(untouched));
	info = untouched;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err = { 0 };

		assert_false(csr_info_from_pem(&info, texts[i], strlen(texts[i]), &err));
		assert_int_equal(err.kind, ERR_IO);
		assert_memory_equal(&info, &untouched, sizeof(info));
	}
}

static int setup(void **state)
{
	(void)state;
	scene_keys_make();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scene_keys_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_root_first),
		cmocka_unit_test(test_doubled),
		cmocka_unit_test(test_ten_with_strangers),
		cmocka_unit_test(test_longer_path_shuffled),
		cmocka_unit_test(test_leaf_directly_below_the_root),
		cmocka_unit_test(test_cross_certificate_is_kept_for_older_clients),
		cmocka_unit_test(
			test_cross_certificate_is_the_path_when_only_the_older_root_is_known),
		cmocka_unit_test(test_cross_certificate_that_ends_before_the_leaf_is_dropped),
		cmocka_unit_test(test_cross_certificates_in_a_ring),
		cmocka_unit_test(test_anchor_may_be_the_issuing_ca),
		cmocka_unit_test(test_issuer_that_was_not_sent_but_is_an_anchor),
		cmocka_unit_test(test_rsa),
		cmocka_unit_test(test_larger_curves),
		cmocka_unit_test(test_every_kind_of_name),
		cmocka_unit_test(test_common_name_in_other_spelling),
		cmocka_unit_test(test_extra_names_when_allowed),
		cmocka_unit_test(test_usages_that_will_do),
		cmocka_unit_test(test_plain_old_private_ca),
		cmocka_unit_test(test_name_constraints_that_hold),
		cmocka_unit_test(test_edges_of_time),
		cmocka_unit_test(test_answer_to_our_own_request),
		cmocka_unit_test(test_info_from_pem),
		cmocka_unit_test(test_info_of_damaged_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
