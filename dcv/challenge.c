#include "dcv/challenge.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "dcv/name.h"

#define VALUE_SHOWN 80
#define TEXT_BYTES 255 /* one string of a TXT record */

static const char hex_digits[] = "0123456789abcdefABCDEF";

static const char *const type_names[DCV_TYPE_COUNT] = {
	[DCV_HTTP] = "HTTP",
	[DCV_HTTPS] = "HTTPS",
	[DCV_CNAME] = "CNAME",
	[DCV_TXT] = "TXT",
	[DCV_EMAIL] = "EMAIL",
};

const char *dcv_type_name(enum dcv_type type)
{
	assert(type < DCV_TYPE_COUNT);
	return type_names[type];
}

bool dcv_type_parse(enum dcv_type *out, const char *name)
{
	for (enum dcv_type type = DCV_HTTP; type < DCV_TYPE_COUNT; type++) {
		if (strcasecmp(name, type_names[type]))
			continue;
		*out = type;
		return true;
	}
	return false;
}

static bool refuse(const struct dcv_challenge *c, const char *what, const char *value,
	const char *expected, struct err *err)
{
	AUTO(buf) struct buf shown = BUF(4 * VALUE_SHOWN);

	if (!value)
		return err_set(err, ERR_PROTOCOL, "validation of %s by %s: SCM gave no %s",
			c->domain, dcv_type_name(c->type), what);
	buf_add_printable(&shown, value, strnlen(value, VALUE_SHOWN));
	return err_set(err, ERR_PROTOCOL,
		"validation of %s by %s: the %s \"%s\" that SCM gave is not %s", c->domain,
		dcv_type_name(c->type), what, buf_str(&shown), expected);
}

static bool refuse_domain(const char *domain, struct err *err)
{
	AUTO(buf) struct buf shown = BUF(4 * VALUE_SHOWN);

	buf_add_printable(&shown, domain, strnlen(domain, VALUE_SHOWN));
	return err_set(err, ERR_PROTOCOL, "\"%s\" is not a domain", buf_str(&shown));
}

/* The whole of `s` is `min` to `max` bytes of the set. */
static bool consists_of(const char *s, size_t min, size_t max, const char *set)
{
	size_t n = strspn(s, set);

	return !s[n] && n >= min && n <= max;
}

/* What follows `prefix`, in either case, or NULL. */
static const char *after(const char *s, const char *prefix, size_t len)
{
	return s && !strncasecmp(s, prefix, len) ? s + len : NULL;
}

static const char *after_scheme(const char *url)
{
	const char *rest = after(url, "https://", strlen("https://"));

	return rest ? rest : after(url, "http://", strlen("http://"));
}

/* The path is compared with its case, as a web server does. */
static bool url_valid(const char *url, const char *base)
{
	static const char path[] = "/.well-known/pki-validation/";
	const char *rest = after_scheme(url);
	size_t digits;

	rest = after(rest, base, dcv_name_length(base));
	if (!rest || strncmp(rest, path, strlen(path)))
		return false;
	rest += strlen(path);
	digits = strspn(rest, hex_digits);
	return digits && digits <= 64 && !strcmp(rest + digits, ".txt");
}

static bool check_file(const struct dcv_challenge *c, const char *base, struct err *err)
{
	if (!c->url || !url_valid(c->url, base))
		return refuse(c, "address", c->url,
			"http[s]://DOMAIN/.well-known/pki-validation/HEX.txt of this domain", err);
	if (!c->first || !consists_of(c->first, 32, 128, hex_digits))
		return refuse(c, "first line", c->first, "32 to 128 hexadecimal digits", err);
	if (!c->second || !dcv_name_valid(c->second))
		return refuse(c, "second line", c->second, "the name of a CA", err);
	return true;
}

static bool cname_host_valid(const char *host, const char *base)
{
	const char *hex = after(host, "_", 1);
	size_t digits = hex ? strspn(hex, hex_digits) : 0;

	return digits >= 32 && digits <= 62 && hex[digits] == '.' &&
	       dcv_name_equal(hex + digits + 1, base) && dcv_name_valid(host);
}

static bool check_cname(const struct dcv_challenge *c, const char *base, struct err *err)
{
	if (!c->host || !cname_host_valid(c->host, base))
		return refuse(c, "host", c->host,
			"'_', hexadecimal digits and the name of this domain", err);
	if (!c->point || !dcv_name_valid(c->point))
		return refuse(c, "target", c->point, "a DNS name", err);
	return true;
}

/* SCM draws it from all of them, quotes and backslashes too: whoever publishes it has to quote. */
static bool is_text(const char *s)
{
	size_t n = 0;

	while (s[n] > ' ' && s[n] < 0x7f)
		n++;
	return !s[n] && n && n <= TEXT_BYTES;
}

static bool txt_host_valid(const char *host, const char *base)
{
	const char *rest = after(host, "_pki-validation.", strlen("_pki-validation."));

	return rest && dcv_name_equal(rest, base) && dcv_name_valid(host);
}

static bool check_txt(const struct dcv_challenge *c, const char *base, struct err *err)
{
	if (!c->host || !txt_host_valid(c->host, base))
		return refuse(c, "host", c->host, "_pki-validation of this domain", err);
	if (!c->point || !is_text(c->point))
		return refuse(c, "text", c->point, "1 to 255 visible characters of ASCII", err);
	return true;
}

bool dcv_challenge_check(const struct dcv_challenge *c, struct err *err)
{
	const char *base = dcv_domain_base(c->domain);

	if (!dcv_name_valid(base))
		return refuse_domain(c->domain, err);
	switch (c->type) {
	case DCV_HTTP:
	case DCV_HTTPS:
		return check_file(c, base, err);
	case DCV_CNAME:
		return check_cname(c, base, err);
	case DCV_TXT:
		return check_txt(c, base, err);
	case DCV_EMAIL:
	case DCV_TYPE_COUNT:
		break;
	}
	assert(c->type == DCV_EMAIL);
	return true;
}

const char *dcv_challenge_file(const struct dcv_challenge *c)
{
	const char *slash = strrchr(c->url, '/');

	assert(slash);
	return slash + 1;
}
