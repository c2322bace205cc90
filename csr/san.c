#include "csr/san.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "csr/name.h"

static const struct kind {
	int type;
	const char *prefix;
} text_kinds[] = {
	{ GEN_DNS, "dns:" },
	{ GEN_EMAIL, "email:" },
	{ GEN_URI, "uri:" },
};

static ASN1_IA5STRING *make_text(const char *value)
{
	ASN1_IA5STRING *s = ASN1_IA5STRING_new();

	if (s && ASN1_STRING_set(s, value, -1))
		return s;
	ASN1_IA5STRING_free(s);
	return NULL;
}

static GENERAL_NAME *make_general_name(const char *name)
{
	const char *value = csr_name_value(name);
	GENERAL_NAME *general = GENERAL_NAME_new();
	ASN1_STRING *s = NULL;
	int type = GEN_IPADD;

	for (size_t i = 0; i < ARRAY_LEN(text_kinds); i++)
		if (!strncmp(name, text_kinds[i].prefix, strlen(text_kinds[i].prefix)))
			type = text_kinds[i].type;
	s = type == GEN_IPADD ? a2i_IPADDRESS(value) : make_text(value);
	if (general && s) {
		GENERAL_NAME_set0_value(general, type, s);
		return general;
	}
	ASN1_STRING_free(s);
	GENERAL_NAME_free(general);
	return NULL;
}

GENERAL_NAMES *csr_san_make(const struct strlist *names)
{
	AUTO(general_names) GENERAL_NAMES *all = GENERAL_NAMES_new();

	for (size_t i = 0; all && i < names->n; i++) {
		GENERAL_NAME *general = make_general_name(names->item[i]);

		if (!general || !sk_GENERAL_NAME_push(all, general)) {
			GENERAL_NAME_free(general);
			return NULL;
		}
	}
	return TAKE(all);
}

static bool refuse(const char *what, const void *bytes, int len, struct err *err)
{
	AUTO(buf) struct buf shown = BUF(1024);
	size_t n = len < 0 ? 0 : (size_t)len;

	buf_add_printable(&shown, bytes, n < 200 ? n : 200);
	return err_set(
		err, ERR_PROTOCOL, "certificate has a malformed %s '%s'", what, buf_str(&shown));
}

static bool is_visible_ascii(const char *s, int len)
{
	for (int i = 0; i < len; i++)
		if (s[i] < 0x21 || s[i] > 0x7e)
			return false;
	return len > 0;
}

/* What our own parser makes of it must be what the CA wrote: nothing is repaired for a CA. */
static bool add_text(struct strlist *out, const char *prefix, const ASN1_STRING *s, struct err *err)
{
	const char *bytes = (const char *)ASN1_STRING_get0_data(s);
	int len = ASN1_STRING_length(s);
	AUTO(buf) struct buf text = BUF(CSR_URI_MAX + 16);
	AUTO_STR char *name = NULL;
	struct err why;

	buf_add_str(&text, prefix);
	if (!is_visible_ascii(bytes, len))
		return refuse("name", bytes, len, err);
	buf_add(&text, bytes, (size_t)len);
	if (!buf_ok(&text) || !csr_name_parse(&name, buf_str(&text), &why) ||
		strcasecmp(name, buf_str(&text)) != 0)
		return refuse("name", bytes, len, err);
	return strlist_add(out, name) || err_memory(err);
}

static bool add_address(struct strlist *out, const ASN1_OCTET_STRING *s, struct err *err)
{
	const unsigned char *bytes = ASN1_STRING_get0_data(s);
	int len = ASN1_STRING_length(s);
	char name[3 + INET6_ADDRSTRLEN] = "ip:";

	if (len != 4 && len != 16)
		return err_set(err, ERR_PROTOCOL, "certificate has an IP address of %d bytes", len);
	inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, name + 3, INET6_ADDRSTRLEN);
	return strlist_add(out, name) || err_memory(err);
}

static const char *other_kind(int type)
{
	static const char *const kinds[] = {
		[GEN_OTHERNAME] = "other:otherName",
		[GEN_X400] = "other:x400Address",
		[GEN_DIRNAME] = "other:directoryName",
		[GEN_EDIPARTY] = "other:ediPartyName",
		[GEN_RID] = "other:registeredID",
	};
	const char *kind = type >= 0 && type < (int)ARRAY_LEN(kinds) ? kinds[type] : NULL;

	return kind ? kind : "other:unknown";
}

static bool add_general_name(struct strlist *out, const GENERAL_NAME *general, struct err *err)
{
	int type;
	void *value = GENERAL_NAME_get0_value(general, &type);

	if (type == GEN_IPADD)
		return add_address(out, value, err);
	for (size_t i = 0; i < ARRAY_LEN(text_kinds); i++)
		if (type == text_kinds[i].type)
			return add_text(out, text_kinds[i].prefix, value, err);
	return strlist_add(out, other_kind(type)) || err_memory(err);
}

bool csr_san_read(struct strlist *out, X509 *cert, struct err *err)
{
	int found;
	AUTO(general_names)
	GENERAL_NAMES *all = X509_get_ext_d2i(cert, NID_subject_alt_name, &found, NULL);

	if (!all && found == -1)
		return true;
	if (!all && found == -2)
		return err_set(err, ERR_PROTOCOL, "certificate has two lists of names");
	if (!all)
		return err_crypto(err, ERR_PROTOCOL, "certificate has a malformed list of names");
	if (sk_GENERAL_NAME_num(all) > CSR_NAMES_MAX)
		return err_set(err, ERR_PROTOCOL, "certificate has %d names, at most %d",
			sk_GENERAL_NAME_num(all), CSR_NAMES_MAX);
	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++)
		if (!add_general_name(out, sk_GENERAL_NAME_value(all, i), err))
			return false;
	return true;
}

static bool add_cn(struct strlist *out, const ASN1_STRING *s, struct err *err)
{
	AUTO(ossl_bytes) unsigned char *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, s);
	AUTO(buf) struct buf text = BUF(CSR_URI_MAX);
	AUTO_STR char *name = NULL;
	struct err why;

	if (len <= 0 || memchr(utf8, '\0', (size_t)len))
		return refuse("common name", ASN1_STRING_get0_data(s), ASN1_STRING_length(s), err);
	if (csr_name_parse(&name, (const char *)utf8, &why))
		return strlist_add(out, name) || err_memory(err);
	buf_add_str(&text, "cn:");
	buf_add_printable(&text, (const char *)utf8, (size_t)len);
	return (buf_ok(&text) && strlist_add(out, buf_str(&text))) ||
	       refuse("common name", utf8, len, err);
}

bool csr_san_read_cn(struct strlist *out, X509 *cert, struct err *err)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, at);

		if (!add_cn(out, X509_NAME_ENTRY_get_data(entry), err))
			return false;
	}
	return true;
}
