#include "csr/subject.h"

#include <string.h>

#include "csr/name.h"

#define COMMON_NAME_MAX 64 /* ub-common-name, RFC 5280 A.1 */

struct field {
	int nid;
	const char *name; /* as in the configuration */
	const char *value;
	int max; /* characters, the upper bound of RFC 5280 A.1 */
};

/* Characters of a UTF-8 text without controls; -1 when it is anything else. */
static int count_characters(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	int left = (int)strnlen(text, CSR_PEM_MAX);
	int count = 0;

	while (left) {
		unsigned long code;
		int n = UTF8_getc(at, left, &code);

		if (n <= 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
			return -1;
		at += n;
		left -= n;
		count++;
	}
	return count;
}

static bool check_field(const struct field *f, struct err *err)
{
	int count = count_characters(f->value);

	if (count < 0)
		return err_set(
			err, ERR_CONFIG, "%s is not UTF-8, or has a control character", f->name);
	if (count > f->max)
		return err_set(err, ERR_CONFIG,
			"%s '%.200s' has %d characters; a certificate takes at most %d", f->name,
			f->value, count, f->max);
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Two letters in capitals; `out` is empty when none is given. */
static bool read_country(char out[static 3], const char *country, struct err *err)
{
	out[0] = '\0';
	if (!country || !*country)
		return true;
	if (strlen(country) != 2 || !is_letter(country[0]) || !is_letter(country[1]))
		return err_set(err, ERR_CONFIG,
			"country '%.200s' is not a code of two letters (ISO 3166), such as US",
			country);
	for (int i = 0; i < 2; i++)
		out[i] = (char)(country[i] & ~0x20);
	out[2] = '\0';
	return true;
}

/* The value of the common name in canonical form; "" when none is given. */
static bool read_common_name(struct buf *out, const char *text, struct err *err)
{
	AUTO_STR char *name = NULL;
	size_t len;

	if (!text || !*text)
		return true;
	if (!csr_name_parse(&name, text, err))
		return err_wrap(err, "common_name");
	len = strlen(csr_name_value(name));
	if (len > COMMON_NAME_MAX)
		return err_set(err, ERR_CONFIG,
			"common_name '%.200s' has %zu characters, a certificate takes at most %d: "
			"use a shorter common_name, and put the long one in subject_alt_names",
			csr_name_value(name), len, COMMON_NAME_MAX);
	buf_add_str(out, csr_name_value(name));
	return buf_check(out, "common_name", err);
}

static bool add_field(X509_NAME *name, const struct field *f, struct err *err)
{
	if (!f->value || !*f->value)
		return true;
	if (!check_field(f, err))
		return false;
	if (!X509_NAME_add_entry_by_NID(
		    name, f->nid, MBSTRING_UTF8, (const unsigned char *)f->value, -1, -1, 0))
		return err_crypto(err, ERR_CONFIG, "%s '%.200s'", f->name, f->value);
	return true;
}

bool csr_subject_make(X509_NAME **out, const struct csr_subject *s, struct err *err)
{
	AUTO(x509_name) X509_NAME *name = X509_NAME_new();
	AUTO(buf) struct buf common_name = BUF(COMMON_NAME_MAX);
	char country[3];

	if (!name)
		return err_memory(err);
	if (!read_country(country, s->country, err) ||
		!read_common_name(&common_name, s->common_name, err))
		return false;

	const struct field fields[] = {
		{ NID_countryName, "country", country, 2 },
		{ NID_stateOrProvinceName, "state", s->state, 128 },
		{ NID_localityName, "locality", s->locality, 128 },
		{ NID_organizationName, "organization", s->organization, 64 },
		{ NID_organizationalUnitName, "organizational_unit", s->organizational_unit, 64 },
		{ NID_commonName, "common_name", buf_str(&common_name), COMMON_NAME_MAX },
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (!add_field(name, &fields[i], err))
			return false;
	*out = TAKE(name);
	return true;
}

bool csr_check_subject(const struct csr_subject *s, struct err *err)
{
	AUTO(x509_name) X509_NAME *name = NULL;

	return csr_subject_make(&name, s, err);
}

void csr_subject_print(char out[static CSR_ISSUER_MAX], const X509_NAME *name)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	int len = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		len = BIO_read(bio, out, CSR_ISSUER_MAX - 1);
	out[len > 0 ? len : 0] = '\0';
}
