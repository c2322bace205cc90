#include "csr/dns.h"

#include <idn2.h>
#include <string.h>

#define LABEL_MAX 63
#define DOMAIN_MAX 253

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_ldh(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
}

static const char *check_label(const char *label, size_t len)
{
	if (!len)
		return "has an empty label";
	if (len > LABEL_MAX)
		return "has a label of more than 63 characters";
	if (label[0] == '-' || label[len - 1] == '-')
		return "has a label that begins or ends with a hyphen";
	if (memchr(label, '*', len))
		return "has a wildcard that is not the whole first label, as in *.example.com";
	for (size_t i = 0; i < len; i++)
		if (!is_ldh(label[i]))
			return "has a character other than letters, digits and hyphens";
	/* RFC 5890 2.3.1: what has hyphens there and is no A-label is reserved */
	if (len >= 4 && label[2] == '-' && label[3] == '-' && memcmp(label, "xn", 2) != 0)
		return "has a reserved label, with hyphens as third and fourth character";
	return NULL;
}

static const char *check_domain(const char *name, size_t len)
{
	const char *label = name;
	const char *end = name + len;
	const char *why = NULL;
	bool numeric = true;

	if (len > DOMAIN_MAX)
		return "is longer than 253 characters";
	while (!why) {
		const char *dot = memchr(label, '.', (size_t)(end - label));

		why = check_label(label, (size_t)((dot ? dot : end) - label));
		if (!dot)
			break;
		label = dot + 1;
	}
	for (; label < end; label++)
		numeric = numeric && is_digit(*label);
	/* RFC 3696 2: so that no name can be taken for an address */
	if (!why && numeric)
		return "ends in a label of digits only, but is no IP address";
	return why;
}

static bool needs_idna(const char *text)
{
	for (const char *s = text; *s; s++)
		if (*s & 0x80)
			return true;
	/* A-labels go through IDNA too: a broken one is a name that no browser would reach */
	return strcasestr(text, "xn--") != NULL;
}

/* Lower case without the locale; A-labels by IDNA2008. */
static const char *to_ascii(struct buf *out, const char *text)
{
	uint8_t *ascii = NULL;
	int rc;

	if (!needs_idna(text)) {
		for (; *text; text++) {
			char c = *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text;

			buf_add(out, &c, 1);
		}
		return NULL;
	}
	rc = idn2_lookup_u8((const uint8_t *)text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc != IDN2_OK)
		return idn2_strerror(rc);
	buf_add_str(out, (const char *)ascii);
	idn2_free(ascii);
	return NULL;
}

const char *csr_dns_add(struct buf *out, const char *text)
{
	size_t start = out->len;
	const char *why = to_ascii(out, text);

	if (why)
		return why;
	if (!buf_ok(out))
		return "is too long";
	if (out->len > start + 1 && out->data[out->len - 1] == '.')
		out->data[--out->len] = '\0';
	return check_domain(out->data + start, out->len - start);
}

const char *csr_dns_add_pattern(struct buf *out, const char *text)
{
	if (!strncmp(text, "*.", 2)) {
		buf_add_str(out, "*.");
		text += 2;
	}
	return csr_dns_add(out, text);
}
