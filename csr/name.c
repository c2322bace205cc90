#include "csr/name.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "csr/dns.h"

#define LOCAL_PART_MAX 64 /* RFC 5321 4.5.3.1.1 */

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static const char *add_ip(struct buf *out, const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];
	char canonical[INET6_ADDRSTRLEN];
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	if (inet_pton(family, text, address) != 1)
		return "is no IPv4 or IPv6 address";
	buf_add_str(out, inet_ntop(family, address, canonical, sizeof(canonical)));
	return NULL;
}

static const char *add_email(struct buf *out, const char *text)
{
	static const char atext[] = LOWER UPPER DIGITS "!#$%&'*+-/=?^_`{|}~.";
	const char *at = strrchr(text, '@');
	size_t len = at ? (size_t)(at - text) : 0;

	if (!len)
		return "is no e-mail address: local-part@domain";
	if (len > LOCAL_PART_MAX)
		return "has more than 64 characters before the '@'";
	if (strspn(text, atext) != len || text[0] == '.' || text[len - 1] == '.' ||
		memmem(text, len, "..", 2))
		return "has a character before the '@' that is not allowed there";
	buf_add(out, text, len + 1);
	return csr_dns_add(out, at + 1);
}

static void lower(char *s, size_t len)
{
	for (; len; s++, len--)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s + 32);
}

/* RFC 3986 6.2.2.1: case does not count in scheme and host, so it must not here either. */
static void lower_scheme_and_host(char *uri, size_t scheme_len)
{
	char *host = uri + scheme_len + 3;
	size_t authority_len;
	char *at;

	lower(uri, scheme_len);
	if (strncmp(uri + scheme_len, "://", 3) != 0)
		return;
	authority_len = strcspn(host, "/?#");
	at = memrchr(host, '@', authority_len);
	if (at)
		authority_len -= (size_t)(at + 1 - host);
	lower(at ? at + 1 : host, authority_len);
}

static bool has_bad_escape(const char *uri)
{
	static const char hex[] = DIGITS "abcdefABCDEF";

	for (const char *s = strchr(uri, '%'); s; s = strchr(s + 1, '%'))
		if (!s[1] || !s[2] || !strchr(hex, s[1]) || !strchr(hex, s[2]))
			return true;
	return false;
}

static const char *add_uri(struct buf *out, const char *text)
{
	static const char scheme[] = LOWER UPPER DIGITS "+-.";
	/* RFC 3986 2, less the comma, which separates names at SCM */
	static const char allowed[] = LOWER UPPER DIGITS "-._~:/?#[]@!$&'()*+;=%";
	size_t scheme_len = strspn(text, scheme);
	size_t start = out->len;

	if (!scheme_len || text[scheme_len] != ':' || !strchr(LOWER UPPER, text[0]))
		return "is no absolute URI: scheme:...";
	if (!text[scheme_len + 1] || !strcmp(text + scheme_len, "://"))
		return "is a scheme with nothing behind it";
	if (strlen(text) > CSR_URI_MAX)
		return "is longer than 1024 characters";
	if (text[strspn(text, allowed)])
		return "has a character that a URI can't have, or a comma; write it as %XX";
	if (has_bad_escape(text))
		return "has a '%' without two hexadecimal digits";
	buf_add_str(out, text);
	if (buf_ok(out))
		lower_scheme_and_host(out->data + start, scheme_len);
	return NULL;
}

static const struct type {
	const char *prefix;
	/* Appends the canonical value; NULL, or what is wrong with the text. */
	const char *(*add)(struct buf *out, const char *text);
} types[] = {
	{ "dns:", csr_dns_add_pattern },
	{ "ip:", add_ip },
	{ "email:", add_email },
	{ "uri:", add_uri },
};

static bool is_address(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static const char *add_bare(struct buf *out, const char *text)
{
	bool address = is_address(text);

	if (!address && strstr(text, "://"))
		return "looks like a URI; write uri: before it";
	if (!address && strchr(text, '@'))
		return "looks like an e-mail address; write email: before it";
	if (!address && strchr(text, ':'))
		return "has an unknown type; there are dns:, ip:, email: and uri:";
	buf_add_str(out, address ? "ip:" : "dns:");
	return address ? add_ip(out, text) : csr_dns_add_pattern(out, text);
}

static const char *add_name(struct buf *out, const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		size_t len = strlen(types[i].prefix);

		if (strncasecmp(text, types[i].prefix, len) != 0)
			continue;
		buf_add_str(out, types[i].prefix);
		return types[i].add(out, text + len);
	}
	return add_bare(out, text);
}

bool csr_name_parse(char **out, const char *text, struct err *err)
{
	AUTO(buf) struct buf name = BUF(CSR_URI_MAX + 16);
	const char *why = *text ? add_name(&name, text) : "is empty";
	char *canonical;

	if (!why && !buf_ok(&name))
		why = "is too long";
	if (why)
		return err_set(err, ERR_CONFIG, "name '%.200s': %s", text, why);
	canonical = buf_detach(&name);
	if (!canonical)
		return err_memory(err);
	*out = canonical;
	return true;
}

static bool add_once(struct strlist *names, const char *text, struct err *err)
{
	AUTO_STR char *name = NULL;

	if (!csr_name_parse(&name, text, err))
		return false;
	if (strlist_has(names, name))
		return true;
	if (names->n >= CSR_NAMES_MAX)
		return err_set(
			err, ERR_CONFIG, "more than %d names for one certificate", CSR_NAMES_MAX);
	return strlist_add(names, name) || err_memory(err);
}

bool csr_names_build(
	struct strlist *out, const char *common_name, const struct strlist *san, struct err *err)
{
	AUTO(strlist) struct strlist names = { 0 };

	if (common_name && *common_name && !add_once(&names, common_name, err))
		return false;
	for (size_t i = 0; i < san->n; i++)
		if (!add_once(&names, san->item[i], err))
			return false;
	*out = names;
	names = (struct strlist) { 0 };
	return true;
}

void csr_names_bare(struct buf *out, const struct strlist *names)
{
	for (size_t i = 0; i < names->n; i++) {
		if (i)
			buf_add_str(out, ",");
		buf_add_str(out, csr_name_value(names->item[i]));
	}
}

const char *csr_name_value(const char *name)
{
	return strchr(name, ':') + 1;
}

static bool has_all(const struct strlist *l, const struct strlist *wanted)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (!strlist_has(l, wanted->item[i]))
			return false;
	return true;
}

bool csr_names_equal(const struct strlist *a, const struct strlist *b)
{
	return has_all(a, b) && has_all(b, a);
}
