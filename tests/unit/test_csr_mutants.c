/*
 * Answers with one thing wrong in each. The gate must refuse every one, say why, and leave its
 * output alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chain_scene.h"

AUTO_DEFINE_REF(scene, struct scene, scene_dispose);

/* --- names --- */

static void name_missing(struct scene *s)
{
	s->leaf_spec.san = "DNS:www.example.com";
}

static void name_extra(struct scene *s)
{
	s->leaf_spec.san = "DNS:www.example.com,DNS:example.com,DNS:mail.example.com";
}

static void six_names_missing(struct scene *s)
{
	scene_expect_names(s, "dns:www.example.com,dns:example.com,dns:a,dns:b,dns:c,dns:d,dns:e,"
			      "dns:f");
}

static void common_name_only(struct scene *s)
{
	s->leaf_spec.san = NULL;
}

static void nothing_names_it(struct scene *s)
{
	s->leaf_spec.san = NULL;
	s->leaf_spec.common_name = NULL;
}

static void wildcard_for_host(struct scene *s)
{
	s->leaf_spec.common_name = NULL;
	s->leaf_spec.san = "DNS:*.example.com,DNS:example.com";
}

static void host_for_wildcard(struct scene *s)
{
	scene_expect_names(s, "dns:*.example.com,dns:example.com,dns:www.example.com");
}

static void other_wildcard(struct scene *s)
{
	s->leaf_spec.san = "DNS:www.example.com,DNS:example.com,DNS:w*.example.com";
}

static void address_as_dns_name(struct scene *s)
{
	scene_expect_names(s, "dns:www.example.com,ip:192.0.2.1");
	s->leaf_spec.san = "DNS:www.example.com,DNS:192.0.2.1";
}

static void dns_name_as_address(struct scene *s)
{
	s->leaf_spec.san = "DNS:www.example.com,DNS:example.com,IP:192.0.2.1";
}

static void other_address(struct scene *s)
{
	scene_expect_names(s, "dns:www.example.com,ip:2001:db8::1");
	s->leaf_spec.san = "DNS:www.example.com,IP:2001:db8::2";
}

static void name_as_email(struct scene *s)
{
	scene_expect_names(s, "dns:www.example.com,email:a@example.com");
	s->leaf_spec.san = "DNS:www.example.com,URI:mailto:a@example.com";
}

static void homograph(struct scene *s)
{
	/* "example" with a Cyrillic a */
	s->leaf_spec.san = "DNS:www.example.com,DNS:xn--exmple-4nf.com";
}

/* Two DNS names and an empty directory name. */
static void directory_name(X509 *cert)
{
	ca_add_raw_extension(cert, NID_subject_alt_name, 0,
		"\x30\x22\x82\x0fwww.example.com\x82\x0b"
		"example.com\xa4\x02\x30\x00",
		36);
}

static void extra_directory_name(struct scene *s)
{
	s->leaf_spec.san = NULL;
	s->leaf_spec.change = directory_name;
}

static void extra_other_name(struct scene *s)
{
	s->leaf_spec.san = "DNS:www.example.com,DNS:example.com,"
			   "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:root@example.com";
}

static void foreign_common_name(struct scene *s)
{
	s->leaf_spec.common_name = "mail.example.com";
}

static void nul_in_common_name(X509 *cert)
{
	X509_NAME *name = X509_NAME_new();

	assert_true(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
		(const unsigned char *)"www.example.com\0.evil.example", 29, -1, 0));
	assert_true(X509_set_subject_name(cert, name));
	X509_NAME_free(name);
}

static void common_name_with_nul(struct scene *s)
{
	s->leaf_spec.change = nul_in_common_name;
}

/* A SAN of www.example.com and one odd name. */
#define ODD_NAME(name, type, bytes)                                                                \
	static void add_##name(X509 *cert)                                                         \
	{                                                                                          \
		ca_add_raw_name(cert, "www.example.com", type, bytes, sizeof(bytes) - 1);          \
	}                                                                                          \
	static void name(struct scene *s)                                                          \
	{                                                                                          \
		s->leaf_spec.san = NULL;                                                           \
		s->leaf_spec.change = add_##name;                                                  \
	}                                                                                          \
	static void name(struct scene *s)

ODD_NAME(name_with_nul, GEN_DNS, "example.com\0.evil.example");
ODD_NAME(name_with_blank, GEN_DNS, "example.com ");
ODD_NAME(name_with_newline, GEN_DNS, "example.com\nexample.com");
ODD_NAME(name_with_comma, GEN_DNS, "example.com,evil.example");
ODD_NAME(name_with_trailing_dot, GEN_DNS, "example.com.");
ODD_NAME(name_in_utf8, GEN_DNS, "m\xc3\xbcller.example");
ODD_NAME(name_in_latin1, GEN_DNS, "m\xfcller.example");
ODD_NAME(name_with_broken_a_label, GEN_DNS, "xn--99999999.example");
ODD_NAME(name_empty, GEN_DNS, "");
ODD_NAME(address_of_five, GEN_IPADD, "\xc0\x00\x02\x01\x00");
ODD_NAME(address_with_mask, GEN_IPADD, "\xc0\x00\x02\x00\xff\xff\xff\x00");
ODD_NAME(email_with_nul, GEN_EMAIL, "a@example.com\0.evil");
ODD_NAME(email_without_domain, GEN_EMAIL, "root");
ODD_NAME(uri_without_scheme, GEN_URI, "//example.com/");
ODD_NAME(uri_with_blank, GEN_URI, "https://example.com/ x");

static void second_list(X509 *cert)
{
	ca_add_raw_extension(cert, NID_subject_alt_name, 0,
		"\x30\x0d\x82\x0b"
		"example.com",
		15);
}

static void two_lists_of_names(struct scene *s)
{
	s->leaf_spec.change = second_list;
}

static void broken_list(X509 *cert)
{
	ca_add_raw_extension(cert, NID_subject_alt_name, 0, "\x30\x7f\x82\x0b", 4);
}

static void list_of_names_is_garbage(struct scene *s)
{
	s->leaf_spec.san = NULL;
	s->leaf_spec.change = broken_list;
}

/* BER: the list's length takes two bytes where one would do. */
static void loose_list(X509 *cert)
{
	ca_add_raw_extension(cert, NID_subject_alt_name, 0,
		"\x30\x81\x1e\x82\x0fwww.example.com\x82\x0b"
		"example.com",
		33);
}

static void list_of_names_is_not_der(struct scene *s)
{
	s->leaf_spec.san = NULL;
	s->leaf_spec.change = loose_list;
}

static void empty_list(X509 *cert)
{
	ca_add_raw_extension(cert, NID_subject_alt_name, 0, "\x30\x00", 2);
}

static void list_of_names_is_empty(struct scene *s)
{
	s->leaf_spec.san = NULL;
	s->leaf_spec.change = empty_list;
}

static char many_names[16384];

static void five_hundred_and_one_names(struct scene *s)
{
	size_t used = 0;

	for (int i = 0; i <= 500; i++)
		used += (size_t)snprintf(many_names + used, sizeof(many_names) - used,
			"%sDNS:h%d.example", i ? "," : "", i);
	s->leaf_spec.san = many_names;
}

/* --- dates --- */

static void expired(struct scene *s)
{
	s->leaf_spec.not_before = CA_NOW - 100 * CA_DAY;
	s->leaf_spec.not_after = CA_NOW - 1;
}

static void expires_this_second(struct scene *s)
{
	s->leaf_spec.not_after = CA_NOW;
}

static void from_tomorrow(struct scene *s)
{
	s->leaf_spec.not_before = CA_NOW + CSR_CLOCK_TOLERANCE + 1;
}

static void ends_before_it_begins(struct scene *s)
{
	s->leaf_spec.not_before = CA_NOW + 3600;
	s->leaf_spec.not_after = CA_NOW + 1800;
}

static void longer_than_the_term(struct scene *s)
{
	s->leaf_spec.not_before = CA_NOW;
	s->leaf_spec.not_after = CA_NOW + (199LL + CSR_TERM_SLACK_DAYS + 1) * CA_DAY;
}

static void eleven_years(struct scene *s)
{
	s->expect.term_days = 0;
	s->leaf_spec.not_after = CA_NOW + 4015LL * CA_DAY;
}

static void not_a_date(X509 *cert)
{
	/* X509_getm_* gives the very field; OpenSSL checks nothing here */
	assert_true(ASN1_STRING_set(X509_getm_notAfter(cert), "279913250000Z", 13));
}

static void date_of_month_99(struct scene *s)
{
	s->leaf_spec.change = not_a_date;
}

/* --- what it may be used for --- */

static void leaf_is_ca(struct scene *s)
{
	s->leaf_spec.basic_constraints = "critical,CA:TRUE";
}

static void leaf_is_ca_with_path_length(struct scene *s)
{
	s->leaf_spec.basic_constraints = "CA:TRUE,pathlen:0";
}

static void leaf_signs_certificates(struct scene *s)
{
	s->leaf_spec.basic_constraints = NULL;
	s->leaf_spec.key_usage = "critical,digitalSignature,keyCertSign";
}

static void leaf_may_not_sign(struct scene *s)
{
	s->leaf_spec.key_usage = "critical,keyEncipherment";
}

static void leaf_for_code(struct scene *s)
{
	s->leaf_spec.ext_key_usage = "codeSigning";
}

static void leaf_for_mail(struct scene *s)
{
	s->leaf_spec.ext_key_usage = "emailProtection,timeStamping";
}

static void self_signed(struct scene *s)
{
	s->leaf_signs_itself = true;
}

static void version_1(X509 *cert)
{
	assert_true(X509_set_version(cert, X509_VERSION_1));
}

static void leaf_of_version_1(struct scene *s)
{
	s->leaf_spec.change = version_1;
}

static void constraints_as_garbage(X509 *cert)
{
	ca_add_raw_extension(cert, NID_basic_constraints, 1, "\x30\x05\x01", 3);
}

static void malformed_extension(struct scene *s)
{
	s->leaf_spec.basic_constraints = NULL;
	s->leaf_spec.change = constraints_as_garbage;
}

static void unknown_critical(X509 *cert)
{
	int nid = OBJ_txt2nid("1.3.6.1.4.1.99999.1");

	if (nid == NID_undef)
		nid = OBJ_create("1.3.6.1.4.1.99999.1", "testUnknown", "test unknown extension");
	ca_add_raw_extension(cert, nid, 1, "\x05\x00", 2);
}

static void unknown_critical_extension(struct scene *s)
{
	s->leaf_spec.change = unknown_critical;
}

static void unknown_critical_extension_above(struct scene *s)
{
	s->inter_spec.change = unknown_critical;
}

/* --- strength --- */

static void signed_with_md5(struct scene *s)
{
	s->inter_spec.key = s->own_key = ca_rsa_key(2048, 65537);
	s->leaf_spec.digest = EVP_md5();
}

static void signed_with_sha1(struct scene *s)
{
	s->leaf_spec.digest = EVP_sha1();
}

static void rsa_1024(struct scene *s)
{
	scene_use_key(s, ca_rsa_key(1024, 65537));
}

static void rsa_2047(struct scene *s)
{
	scene_use_key(s, ca_rsa_key(2047, 65537));
}

static void rsa_2049(struct scene *s)
{
	BIGNUM *n = BN_new();

	assert_true(BN_rand(n, 2049, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
	scene_use_key(s, ca_modulus_key(n));
	BN_free(n);
}

static void exponent_3(struct scene *s)
{
	scene_use_key(s, ca_rsa_key(2048, 3));
}

static void exponent_1(struct scene *s)
{
	scene_use_key(s, ca_odd_exponent_key(1));
}

static void exponent_even(struct scene *s)
{
	scene_use_key(s, ca_odd_exponent_key(65538));
}

static void curve_p224(struct scene *s)
{
	scene_use_key(s, ca_ec_key("P-224"));
}

static void curve_k256(struct scene *s)
{
	scene_use_key(s, ca_ec_key("secp256k1"));
}

static void curve_brainpool(struct scene *s)
{
	scene_use_key(s, ca_ec_key("brainpoolP256r1"));
}

static void key_ed25519(struct scene *s)
{
	scene_use_key(s, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

static void issuer_signed_with_sha1(struct scene *s)
{
	s->inter_spec.digest = EVP_sha1();
}

static void issuer_with_rsa_1024(struct scene *s)
{
	s->inter_spec.key = s->own_key = ca_rsa_key(1024, 65537);
}

/* --- key and serial number --- */

static void another_key(struct scene *s)
{
	s->leaf_spec.key = scene_other_key;
}

static void serial_negative(struct scene *s)
{
	s->leaf_spec.serial = "-5";
}

static void serial_zero(struct scene *s)
{
	s->leaf_spec.serial = "0";
}

static void serial_of_21_octets(struct scene *s)
{
	/* 2^160 */
	s->leaf_spec.serial = "1461501637330902918203684832716283019655932542976";
}

/* --- path --- */

static void issuer_is_no_ca(struct scene *s)
{
	s->inter_spec.basic_constraints = "critical,CA:FALSE";
}

static void issuer_may_not_sign(struct scene *s)
{
	s->inter_spec.key_usage = "critical,cRLSign";
}

static void issuer_expired(struct scene *s)
{
	s->inter_spec.not_after = CA_NOW - 1;
}

static void root_expired(struct scene *s)
{
	s->root_spec.not_after = CA_NOW - 1;
}

static void issuer_for_mail(struct scene *s)
{
	s->inter_spec.ext_key_usage = "emailProtection";
}

static void path_too_long(struct scene *s)
{
	s->root_spec.basic_constraints = "critical,CA:TRUE,pathlen:0";
}

static void constraint_elsewhere(struct scene *s)
{
	s->inter_spec.name_constraints = "critical,permitted;DNS:example.org";
}

static void constraint_excludes(struct scene *s)
{
	s->inter_spec.name_constraints = "critical,excluded;DNS:www.example.com";
}

static void constraint_of_addresses(struct scene *s)
{
	s->inter_spec.name_constraints = "critical,permitted;IP:10.0.0.0/255.0.0.0";
	scene_expect_names(s, "dns:www.example.com,dns:example.com,ip:192.0.2.1");
	s->leaf_spec.san = "DNS:www.example.com,DNS:example.com,IP:192.0.2.1";
}

static void anchor_missing(struct scene *s)
{
	struct ca_spec other = ca_issuer_spec("Other Root", scene_other_key);
	X509 *root = ca_issue(&other, NULL, scene_other_key);

	scene_trust(s, root, NULL);
	X509_free(root);
}

static void root_sent_but_no_anchor(struct scene *s)
{
	scene_send(s, s->root);
	anchor_missing(s);
}

/* A root with the right name and another key. */
static void anchor_of_the_same_name(struct scene *s)
{
	struct ca_spec twin = ca_issuer_spec("Test Root", scene_other_key);
	X509 *root = ca_issue(&twin, NULL, scene_other_key);

	scene_trust(s, root, NULL);
	X509_free(root);
}

static void leaf_is_the_anchor(struct scene *s)
{
	scene_trust(s, s->leaf, NULL);
}

static void issuer_missing(struct scene *s)
{
	s->n = 1;
}

static void signed_by_a_stranger_of_that_name(struct scene *s)
{
	X509 *leaf = ca_issue(&s->leaf_spec, s->inter, scene_other_key);

	buf_reset(&s->der[0]);
	ca_der(&s->der[0], leaf);
	X509_free(leaf);
}

/* Two CAs that certify each other, and no way out. */
static void loop(struct scene *s)
{
	struct ca_spec a = ca_issuer_spec("Test Issuing CA", scene_inter_key);
	struct ca_spec b = ca_issuer_spec("Loop", scene_other_key);
	X509 *loop_root = ca_issue(&b, NULL, scene_other_key);
	X509 *down = ca_issue(&a, loop_root, scene_other_key);
	X509 *up = ca_issue(&b, s->inter, scene_inter_key);

	s->n = 1;
	scene_send(s, down);
	scene_send(s, up);
	X509_free(loop_root);
	X509_free(down);
	X509_free(up);
}

/* --- the answer as such --- */

static void no_certificate(struct scene *s)
{
	s->n = 0;
}

static void issuers_only(struct scene *s)
{
	scene_send(s, s->root);
	s->der[0].len = 0;
	ca_der(&s->der[0], s->root);
}

static void eleven_certificates(struct scene *s)
{
	while (s->n < 11)
		scene_send(s, s->inter);
}

static void two_leaves(struct scene *s)
{
	struct ca_spec again = s->leaf_spec;
	X509 *second;

	again.serial = "77";
	second = ca_issue(&again, s->inter, scene_inter_key);
	scene_send(s, second);
	X509_free(second);
}

static void empty_certificate(struct scene *s)
{
	buf_reset(&s->der[1]);
}

static void trailing_byte(struct scene *s)
{
	buf_add(&s->der[0], "", 1);
}

static void second_certificate_behind_it(struct scene *s)
{
	buf_add(&s->der[0], s->der[1].data, s->der[1].len);
}

static void cut_short(struct scene *s)
{
	s->der[0].len--;
}

static void not_a_certificate(struct scene *s)
{
	buf_reset(&s->der[1]);
	buf_add(&s->der[1], "\x30\x03\x02\x01\x05", 5);
}

static void text_instead(struct scene *s)
{
	buf_reset(&s->der[1]);
	buf_add_str(&s->der[1], "-----BEGIN CERTIFICATE-----");
}

static void one_byte_too_large(struct scene *s)
{
	buf_reset(&s->der[1]);
	assert_non_null(buf_extend(&s->der[1], CSR_DER_MAX + 1));
}

/* BER: the outer length is left open. */
static void indefinite_length(struct scene *s)
{
	struct buf *der = &s->der[0];

	assert_int_equal((unsigned char)der->data[1], 0x82);
	der->data[1] = (char)0x80;
	memmove(der->data + 2, der->data + 4, der->len - 4);
	der->len -= 2;
	buf_add(der, "\0\0", 2);
}

/* BER: the outer length has a leading zero. */
static void long_length(struct scene *s)
{
	struct buf *der = &s->der[0];

	buf_add(der, "", 1);
	memmove(der->data + 3, der->data + 2, der->len - 3);
	der->data[1] = (char)0x83;
	der->data[2] = 0;
}

static void replace(struct buf *der, const char *what, size_t len, size_t at, char byte)
{
	char *found = memmem(der->data, der->len, what, len);

	assert_non_null(found);
	found[at] = byte;
}

/* BER: a TRUE that is not ff, in "critical". */
static void loose_boolean(struct scene *s)
{
	replace(&s->der[0], "\x01\x01\xff", 3, 2, 1);
}

static void signature_damaged(struct scene *s)
{
	s->der[0].data[s->der[0].len - 1] ^= 1;
}

static void content_damaged(struct scene *s)
{
	/* in the leaf, after it was signed, the issuer's serverAuth becomes clientAuth */
	replace(&s->der[0], "\x2b\x06\x01\x05\x05\x07\x03\x01", 8, 7, 2);
}

struct mutant {
	const char *name;
	void (*before)(struct scene *s); /* wishes */
	void (*after)(struct scene *s);	 /* the answer */
	const char *message;
};

#define WISH(f, message)                                                                           \
	{                                                                                          \
#f, f, NULL, message                                                               \
	}
#define ANSWER(f, message)                                                                         \
	{                                                                                          \
#f, NULL, f, message                                                               \
	}

static const struct mutant mutants[] = {
	WISH(name_missing, "lacks names that were asked for: dns:example.com"),
	WISH(six_names_missing, "dns:a, dns:b, dns:c, dns:d and 2 more"),
	WISH(name_extra, "names that were not asked for: dns:mail.example.com; set allow_extra"),
	WISH(common_name_only, "lacks names that were asked for: dns:www.example.com, dns:example"),
	WISH(nothing_names_it, "lacks names"),
	WISH(wildcard_for_host, "lacks names that were asked for: dns:www.example.com"),
	WISH(host_for_wildcard, "lacks names that were asked for: dns:*.example.com"),
	WISH(other_wildcard, "malformed name 'w*.example.com'"),
	WISH(address_as_dns_name, "malformed name '192.0.2.1'"),
	WISH(dns_name_as_address, "not asked for: ip:192.0.2.1"),
	WISH(other_address, "lacks names that were asked for: ip:2001:db8::1"),
	WISH(name_as_email, "lacks names that were asked for: email:a@example.com"),
	WISH(homograph, "lacks names that were asked for: dns:example.com"),
	WISH(extra_directory_name, "not asked for: other:directoryName"),
	WISH(extra_other_name, "not asked for: other:otherName"),
	WISH(foreign_common_name, "not asked for: dns:mail.example.com"),
	WISH(common_name_with_nul, "malformed common name 'www.example.com\\x00.evil.example'"),
	WISH(name_with_nul, "malformed name 'example.com\\x00.evil.example'"),
	WISH(name_with_blank, "malformed name 'example.com '"),
	WISH(name_with_newline, "malformed name 'example.com\\x0aexample.com'"),
	WISH(name_with_comma, "malformed name 'example.com,evil.example'"),
	WISH(name_with_trailing_dot, "malformed name 'example.com.'"),
	WISH(name_in_utf8, "malformed name 'm"),
	WISH(name_in_latin1, "malformed name 'm\\xfcller.example'"),
	WISH(name_with_broken_a_label, "malformed name 'xn--99999999.example'"),
	WISH(name_empty, "malformed name ''"),
	WISH(address_of_five, "IP address of 5 bytes"),
	WISH(address_with_mask, "IP address of 8 bytes"),
	WISH(email_with_nul, "malformed name 'a@example.com\\x00.evil'"),
	WISH(email_without_domain, "malformed name 'root'"),
	WISH(uri_without_scheme, "malformed name '//example.com/'"),
	WISH(uri_with_blank, "malformed name 'https://example.com/ x'"),
	WISH(two_lists_of_names, "two lists of names"),
	WISH(list_of_names_is_garbage, "malformed list of names"),
	WISH(list_of_names_is_not_der, "'X509v3 Subject Alternative Name' is not DER: a length"),
	WISH(list_of_names_is_empty, "lacks names"),
	WISH(five_hundred_and_one_names, "501 names, at most 500"),

	WISH(expired, "expired at 2027-01-15T07:59:59Z; it is 2027-01-15T08:00:00Z here"),
	WISH(expires_this_second, "expired"),
	WISH(from_tomorrow, "not valid before 2027-01-16T08:00:01Z"),
	WISH(ends_before_it_begins, "before it begins"),
	WISH(longer_than_the_term, "valid for 235 days; at most 234 are plausible"),
	WISH(eleven_years, "valid for 4016 days; at most 3660 are plausible"),
	WISH(date_of_month_99, "notAfter is no date"),

	WISH(leaf_is_ca, "is a CA's"),
	WISH(leaf_is_ca_with_path_length, "is a CA's"),
	WISH(leaf_signs_certificates, "is a CA's"),
	WISH(leaf_may_not_sign, "lacks digitalSignature"),
	WISH(leaf_for_code, "neither serverAuth nor clientAuth"),
	WISH(leaf_for_mail, "neither serverAuth nor clientAuth"),
	WISH(self_signed, "self-signed"),
	WISH(leaf_of_version_1, "not of version 3"),
	WISH(malformed_extension, "malformed extension"),
	WISH(unknown_critical_extension, "unhandled critical extension"),
	WISH(unknown_critical_extension_above, "unhandled critical extension"),

	WISH(signed_with_md5, "signature is too weak: RSA-MD5"),
	WISH(signed_with_sha1, "signature is too weak: ecdsa-with-SHA1"),
	WISH(rsa_1024, "RSA key of 1024 bits"),
	WISH(rsa_2047, "RSA key of 2047 bits"),
	WISH(rsa_2049, "RSA key of 2049 bits"),
	WISH(exponent_3, "weak public exponent"),
	WISH(exponent_1, "weak public exponent"),
	WISH(exponent_even, "weak public exponent"),
	WISH(curve_p224, "curve secp224r1"),
	WISH(curve_k256, "curve secp256k1"),
	WISH(curve_brainpool, "curve brainpoolP256r1"),
	WISH(key_ed25519, "type ED25519"),
	WISH(issuer_signed_with_sha1, "digest algorithm too weak"),
	WISH(issuer_with_rsa_1024, "key too weak"),

	WISH(another_key, "certificate is for another key"),
	WISH(serial_negative, "serial number is not positive"),
	WISH(serial_zero, "serial number is not positive"),
	WISH(serial_of_21_octets, "21 octets"),

	WISH(issuer_is_no_ca, "invalid CA certificate"),
	WISH(issuer_may_not_sign, "path"),
	WISH(issuer_expired, "certificate has expired"),
	WISH(root_expired, "certificate has expired"),
	WISH(issuer_for_mail, "purpose"),
	WISH(path_too_long, "path length constraint exceeded"),
	WISH(constraint_elsewhere, "permitted subtree violation"),
	WISH(constraint_excludes, "excluded subtree violation"),
	WISH(constraint_of_addresses, "permitted subtree violation"),
	ANSWER(anchor_missing, "vouches for 'CN=Test Root', the issuer of 'CN=Test Issuing CA'"),
	ANSWER(root_sent_but_no_anchor, "no path to a trust anchor"),
	ANSWER(anchor_of_the_same_name, "path"),
	ANSWER(leaf_is_the_anchor, "its own trust anchor"),
	ANSWER(issuer_missing, "'CN=Test Issuing CA', the issuer of 'CN=www.example.com'"),
	ANSWER(signed_by_a_stranger_of_that_name, "signature failure"),
	ANSWER(loop, "path"),

	ANSWER(no_certificate, "0 certificates, 1 to 10 expected"),
	ANSWER(eleven_certificates, "11 certificates, 1 to 10 expected"),
	ANSWER(issuers_only, "certificate is for another key: none of 2"),
	ANSWER(two_leaves, "two different certificates for this key"),
	ANSWER(empty_certificate, "certificate 2 of 2: not DER: it is empty"),
	ANSWER(trailing_byte, "certificate 1 of 2: not DER: bytes follow it"),
	ANSWER(second_certificate_behind_it, "not DER: bytes follow it"),
	ANSWER(cut_short, "not DER: it ends early"),
	ANSWER(not_a_certificate, "certificate 2 of 2: not a certificate"),
	ANSWER(text_instead, "certificate 2 of 2: not DER"),
	ANSWER(one_byte_too_large, "32769 bytes, at most 32768"),
	ANSWER(indefinite_length, "a length is indefinite"),
	ANSWER(long_length, "not in its shortest form"),
	ANSWER(loose_boolean, "a boolean is neither"),
	ANSWER(signature_damaged, "path"),
	ANSWER(content_damaged, "signature failure"),
};

static void refuse(const struct scene *s, const char *name, enum err_kind kind, const char *message)
{
	struct csr_chain chain;
	struct csr_chain untouched;
	struct err err = { 0 };

	memset(&untouched, 0x5a, sizeof(untouched));
	chain = untouched;
	if (scene_judge(&chain, s, &err))
		fail_msg("%s: accepted", name);
	if (err.kind != kind)
		fail_msg("%s: is of kind %s: %s", name, err_name(err.kind), err.text);
	if (!strstr(err.text, message))
		fail_msg("%s: message '%s' lacks '%s'", name, err.text, message);
	for (const char *c = err.text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			fail_msg("%s: message has the byte %02x", name, (unsigned char)*c);
	assert_memory_equal(&chain, &untouched, sizeof(chain));
}

static void test_mutant(void **state)
{
	const struct mutant *m = *state;
	AUTO(scene) struct scene s;

	scene_init(&s);
	if (m->before)
		m->before(&s);
	scene_issue(&s);
	if (m->after)
		m->after(&s);
	refuse(&s, m->name, ERR_PROTOCOL, m->message);
}

/* The count alone refuses it: nothing of an answer of ten thousand is looked at. */
static void test_ten_thousand_certificates(void **state)
{
	AUTO(scene) struct scene s;
	struct csr_der *der = calloc(10000, sizeof(*der));
	struct csr_chain c = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_non_null(der);
	scene_init(&s);
	assert_false(csr_chain_judge(&c, der, 10000, &s.expect, &err));
	assert_int_equal(err.kind, ERR_PROTOCOL);
	assert_non_null(strstr(err.text, "10000 certificates"));
	free(der);
}

/* Extra names may be allowed; malformed ones and missing ones never are. */
static void test_allowing_extra_names_allows_nothing_else(void **state)
{
	static const struct mutant wishes[] = {
		WISH(name_missing, "lacks"),
		WISH(name_with_nul, "malformed"),
		WISH(common_name_with_nul, "malformed"),
		WISH(two_lists_of_names, "two lists"),
		WISH(wildcard_for_host, "lacks"),
		WISH(leaf_is_ca, "is a CA's"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wishes); i++) {
		AUTO(scene) struct scene s;

		scene_init(&s);
		s.expect.allow_extra_names = true;
		wishes[i].before(&s);
		scene_issue(&s);
		refuse(&s, wishes[i].name, ERR_PROTOCOL, wishes[i].message);
	}
}

static void write_anchors(const struct scene *s, const char *text)
{
	FILE *f = fopen(s->anchors, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void test_anchors_that_can_not_be_used(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} files[] = {
		{ "", "no PEM certificate" },
		{ "nothing\n", "no PEM certificate" },
		{ "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
			"no PEM certificate" },
		{ "-----BEGIN CERTIFICATE-----\n####\n-----END CERTIFICATE-----\n",
			"certificate 1" },
		{ "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
			"certificate 1" },
		{ "-----BEGIN CERTIFICATE-----\nMAA=\n", "certificate 1" },
	};
	AUTO(scene) struct scene s;

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		write_anchors(&s, files[i].text);
		refuse(&s, files[i].message, ERR_CONFIG, files[i].message);
		refuse(&s, files[i].message, ERR_CONFIG, s.anchors);
	}
	s.expect.anchors = "/nonexistent/anchors.pem";
	refuse(&s, "missing", ERR_CONFIG, "/nonexistent/anchors.pem: No such file");
	s.expect.anchors = "/";
	refuse(&s, "directory", ERR_CONFIG, "not a regular file");
}

static void test_anchors_with_one_damaged_certificate(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(buf) struct buf text = BUF(65536);

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	ca_pem(&text, s.root);
	buf_add_str(&text, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
	write_anchors(&s, buf_str(&text));
	refuse(&s, "second", ERR_CONFIG, "certificate 2");
}

/* Without a bundle the system's anchors count, and none of them issued this. */
static void test_system_anchors_do_not_know_it(void **state)
{
	AUTO(scene) struct scene s;

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	s.expect.anchors = NULL;
	refuse(&s, "system", ERR_PROTOCOL,
		"nothing in the system's anchors vouches for 'CN=Test Root'");
}

static void test_damaged_request(void **state)
{
	AUTO(scene) struct scene s;

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	s.expect.request_len /= 2;
	refuse(&s, "request", ERR_IO, "certificate request");
	s.expect.request_len = 0;
	refuse(&s, "no request", ERR_IO, "certificate request");
}

/* Whatever single bit is flipped in a leaf, the answer is refused. */
static void test_any_flipped_bit(void **state)
{
	AUTO(scene) struct scene s;

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	for (size_t bit = 0; bit < 8 * s.der[0].len; bit++) {
		struct csr_chain c = { 0 };
		struct err err = { 0 };

		s.der[0].data[bit / 8] ^= (char)(1 << bit % 8);
		if (scene_judge(&c, &s, &err))
			fail_msg("bit %zu flipped: accepted", bit);
		assert_int_equal(err.kind, ERR_PROTOCOL);
		s.der[0].data[bit / 8] ^= (char)(1 << bit % 8);
	}
}

/* Wherever it is cut, it is refused. */
static void test_any_truncation(void **state)
{
	AUTO(scene) struct scene s;
	size_t whole;

	(void)state;
	scene_init(&s);
	scene_issue(&s);
	whole = s.der[0].len;
	for (size_t len = 0; len < whole; len++) {
		struct csr_chain c = { 0 };
		struct err err = { 0 };

		s.der[0].len = len;
		assert_false(scene_judge(&c, &s, &err));
		assert_int_equal(err.kind, ERR_PROTOCOL);
	}
	s.der[0].len = whole;
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

#define OTHERS 8

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(mutants) + OTHERS] = {
		cmocka_unit_test(test_ten_thousand_certificates),
		cmocka_unit_test(test_allowing_extra_names_allows_nothing_else),
		cmocka_unit_test(test_anchors_that_can_not_be_used),
		cmocka_unit_test(test_anchors_with_one_damaged_certificate),
		cmocka_unit_test(test_system_anchors_do_not_know_it),
		cmocka_unit_test(test_damaged_request),
		cmocka_unit_test(test_any_flipped_bit),
		cmocka_unit_test(test_any_truncation),
	};

	for (size_t i = 0; i < ARRAY_LEN(mutants); i++)
		tests[OTHERS + i] = (struct CMUnitTest) { .name = mutants[i].name,
			.test_func = test_mutant,
			.initial_state = (void *)&mutants[i] };
	return _cmocka_run_group_tests(
		"csr mutants", tests, OTHERS + ARRAY_LEN(mutants), setup, teardown);
}
