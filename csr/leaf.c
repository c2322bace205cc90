#include "csr/leaf.h"

#include <inttypes.h>
#include <strings.h>

#include "base/clock.h"
#include "csr/der.h"
#include "csr/name.h"
#include "csr/san.h"

#define DAY 86400
#define NAMES_SHOWN 4

/* RFC 6151, RFC 9155: what has fewer bits of security than SHA-224 signs nothing here. */
#define SIGNATURE_BITS_MIN 112

/* What is inside must be DER too, or another program reads other names there than we did. */
static bool check_extensions(X509 *leaf, struct err *err)
{
	for (int i = 0; i < X509_get_ext_count(leaf); i++) {
		X509_EXTENSION *extension = X509_get_ext(leaf, i);
		const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(extension);
		char name[64] = "";
		const char *why = csr_der_check(
			ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));

		if (!why)
			continue;
		OBJ_obj2txt(name, sizeof(name), X509_EXTENSION_get_object(extension), 0);
		return err_set(err, ERR_PROTOCOL,
			"certificate has a malformed extension: '%s' is not DER: %s", name, why);
	}
	return true;
}

static bool check_form(X509 *leaf, struct err *err)
{
	if (X509_get_version(leaf) != X509_VERSION_3)
		return err_set(err, ERR_PROTOCOL, "certificate is not of version 3");
	if (X509_get_extension_flags(leaf) & EXFLAG_INVALID)
		return err_set(err, ERR_PROTOCOL, "certificate has a malformed extension");
	return check_extensions(leaf, err);
}

/* Those of `l` that are not in `other`, as text for a message; their number. */
static size_t list_missing(struct buf *text, const struct strlist *l, const struct strlist *other)
{
	size_t count = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (strlist_has(other, l->item[i]))
			continue;
		if (count < NAMES_SHOWN)
			buf_addf(text, "%s%.80s", count ? ", " : "", l->item[i]);
		count++;
	}
	if (count > NAMES_SHOWN)
		buf_addf(text, " and %zu more", count - NAMES_SHOWN);
	return count;
}

static bool has_value(const struct strlist *names, const char *value)
{
	for (size_t i = 0; i < names->n; i++)
		if (!strcasecmp(csr_name_value(names->item[i]), value))
			return true;
	return false;
}

/* The names of the SAN, and each common name that is not among them. */
static bool all_names(struct strlist *out, X509 *leaf, const struct csr_info *info, struct err *err)
{
	AUTO(strlist) struct strlist common = { 0 };

	if (!csr_san_read_cn(&common, leaf, err))
		return false;
	if (!strlist_copy(out, &info->names))
		return err_memory(err);
	for (size_t i = 0; i < common.n; i++)
		if (!has_value(&info->names, csr_name_value(common.item[i])) &&
			!strlist_add(out, common.item[i]))
			return err_memory(err);
	return true;
}

static bool check_names(
	X509 *leaf, const struct csr_info *info, const struct csr_expect *expect, struct err *err)
{
	AUTO(strlist) struct strlist names = { 0 };
	AUTO(buf) struct buf text = BUF(ERR_TEXT_MAX);

	if (!all_names(&names, leaf, info, err))
		return false;
	if (list_missing(&text, expect->names, &info->names))
		return err_set(err, ERR_PROTOCOL, "certificate lacks names that were asked for: %s",
			buf_str(&text));
	if (list_missing(&text, &names, expect->names) && !expect->allow_extra_names)
		return err_set(err, ERR_PROTOCOL,
			"certificate has names that were not asked for: %s; "
			"set allow_extra_names = yes if that is right",
			buf_str(&text));
	return true;
}

static bool check_lifetime(
	const struct csr_info *info, const struct csr_expect *expect, struct err *err)
{
	int64_t days = (info->not_after - info->not_before) / DAY;
	int64_t most = (int64_t)expect->term_days + CSR_TERM_SLACK_DAYS;

	if (!expect->term_days)
		most = CSR_LIFETIME_DAYS_MAX;
	if (days <= most)
		return true;
	return err_set(err, ERR_PROTOCOL,
		"certificate is valid for %" PRId64 " days; at most %" PRId64
		" are plausible for this order",
		days, most);
}

static bool check_dates(
	const struct csr_info *info, const struct csr_expect *expect, struct err *err)
{
	char date[CLOCK_TEXT_MAX];
	char now[CLOCK_TEXT_MAX];

	if (info->not_after <= info->not_before)
		return err_set(err, ERR_PROTOCOL, "certificate ends at %s, before it begins",
			clock_format(date, info->not_after));
	if (info->not_after <= expect->now)
		return err_set(err, ERR_PROTOCOL, "certificate has expired at %s; it is %s here",
			clock_format(date, info->not_after), clock_format(now, expect->now));
	if (info->not_before - expect->now > CSR_CLOCK_TOLERANCE)
		return err_set(err, ERR_PROTOCOL,
			"certificate is not valid before %s, and it is %s here: check the clock",
			clock_format(date, info->not_before), clock_format(now, expect->now));
	return check_lifetime(info, expect, err);
}

static bool check_role(X509 *leaf, struct err *err)
{
	const uint32_t tls = XKU_SSL_SERVER | XKU_SSL_CLIENT | XKU_ANYEKU;

	/* both give all bits when the extension is absent */
	if (!(X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE))
		return err_set(err, ERR_PROTOCOL,
			"certificate's key usage lacks digitalSignature, which TLS 1.3 needs");
	if (!(X509_get_extended_key_usage(leaf) & tls))
		return err_set(err, ERR_PROTOCOL,
			"certificate's extended key usage has neither serverAuth nor clientAuth");
	/* each sees what the other passes: CA:TRUE without keyCertSign, keyCertSign without CA:TRUE
	 */
	if (X509_get_extension_flags(leaf) & EXFLAG_CA || X509_check_ca(leaf))
		return err_set(err, ERR_PROTOCOL, "certificate is a CA's: it may sign others");
	if (X509_self_signed(leaf, 0))
		return err_set(err, ERR_PROTOCOL, "certificate is self-signed");
	return true;
}

static bool check_strength(X509 *leaf, struct err *err)
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);
	int digest = NID_undef;
	int bits = 0;

	if (!X509_get_signature_info(leaf, &digest, NULL, &bits, NULL) || bits < SIGNATURE_BITS_MIN)
		return err_set(err, ERR_PROTOCOL, "certificate's signature is too weak: %s",
			OBJ_nid2sn(X509_get_signature_nid(leaf)));
	if (!key)
		return err_crypto(err, ERR_PROTOCOL, "certificate's public key is not readable");
	if (csr_check_key(key, err))
		return true;
	err->kind = ERR_PROTOCOL;
	return err_wrap(err, "certificate's key");
}

bool csr_leaf_check(
	X509 *leaf, const struct csr_info *info, const struct csr_expect *expect, struct err *err)
{
	return check_form(leaf, err) && check_names(leaf, info, expect, err) &&
	       check_dates(info, expect, err) && check_role(leaf, err) && check_strength(leaf, err);
}

int csr_leaf_purpose(X509 *leaf)
{
	uint32_t usage = X509_get_extended_key_usage(leaf);

	if (usage & XKU_SSL_SERVER)
		return X509_PURPOSE_SSL_SERVER;
	if (usage & XKU_SSL_CLIENT)
		return X509_PURPOSE_SSL_CLIENT;
	return X509_PURPOSE_ANY;
}
