#include "deploy-hooks/verify.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/parse.h"
#include "deploy-hooks/dial.h"

#define HOST_MAX 253 /* RFC 1035, section 3.1, as text */

void verify_target_dispose(struct verify_target *t)
{
	free(t->host);
	free(t->address);
	*t = (struct verify_target) { 0 };
}

static bool refuse(const char *text, const char *why, struct err *err)
{
	return err_set(err, ERR_CONFIG,
		"verify = \"%s\": %s; the form is [SCHEME://]HOST:PORT[@ADDRESS[:PORT]]", text,
		why);
}

/* "smtp://" at *at, which then points behind it; nothing for TLS at once. */
static bool take_scheme(enum starttls_protocol *protocol, const char **at)
{
	const char *end = strstr(*at, "://");
	size_t length = end ? (size_t)(end - *at) : 0;

	if (!end)
		return true;
	for (int i = STARTTLS_NONE + 1; i < STARTTLS_PROTOCOL_COUNT; i++) {
		const char *scheme = starttls_scheme((enum starttls_protocol)i);

		if (strlen(scheme) == length && !strncmp(*at, scheme, length)) {
			*protocol = (enum starttls_protocol)i;
			*at = end + strlen("://");
			return true;
		}
	}
	return false;
}

/* Letters, digits, '-', '.', '_' (internationalized names in their xn-- form). */
static bool is_name(const char *s)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
	size_t length = strlen(s);

	return length && length <= HOST_MAX && strspn(s, allowed) == length && s[0] != '-' &&
	       s[0] != '.';
}

/* "[2001:db8::1]" or "name" at *at, which then points behind it. NULL when it is neither. */
static char *take_host(const char **at)
{
	bool bracket = **at == '[';
	const char *begin = *at + bracket;
	const char *end = begin + strcspn(begin, bracket ? "]" : ":@");
	AUTO_STR char *host = strndup(begin, (size_t)(end - begin));
	struct in6_addr any;

	if (!host || (bracket && (*end != ']' || inet_pton(AF_INET6, host, &any) != 1)) ||
		(!bracket && !is_name(host)))
		return NULL;
	*at = end + bracket;
	return TAKE(host);
}

/* ":443" at *at, up to `end`. */
static bool take_port(unsigned *port, const char **at, const char *end)
{
	char digits[8] = "";
	size_t length = (size_t)(end - *at);
	uint64_t value;

	if (**at != ':' || length > sizeof(digits))
		return false;
	memcpy(digits, *at + 1, length - 1);
	if (!parse_uint(&value, digits, 1, 65535))
		return false;
	*port = (unsigned)value;
	*at = end;
	return true;
}

static bool take_address(struct verify_target *t, const char *at, const char *text, struct err *err)
{
	t->address_port = t->port;
	t->address = take_host(&at);
	if (!t->address)
		return refuse(text, "no address after the @", err);
	if (*at && !take_port(&t->address_port, &at, at + strlen(at)))
		return refuse(text, "what follows the address is not a port (1-65535)", err);
	return true;
}

bool verify_parse(struct verify_target *out, const char *text, struct err *err)
{
	AUTO(verify_target) struct verify_target t = { 0 };
	const char *at = text;

	if (!take_scheme(&t.protocol, &at))
		return refuse(text, "the scheme is none of smtp, imap, pop3, ldap, postgres", err);
	t.host = take_host(&at);
	if (!t.host)
		return refuse(text, "no host name or address", err);
	if (!take_port(&t.port, &at, strchrnul(at, '@')))
		return refuse(text, "no port (1-65535)", err);
	t.address_port = t.port;
	if (*at && !take_address(&t, at + 1, text, err))
		return false;
	*out = t;
	t = (struct verify_target) { 0 };
	return true;
}

const char *verify_server_name(const struct verify_target *t, const char *common_name)
{
	return dial_is_address(t->host) ? common_name : t->host;
}
