#include "scm/headers.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "scm/answer.h"
#include "scm/retry.h"

void scm_headers_init(struct scm_headers *h)
{
	*h = (struct scm_headers) { .total = SCM_TOTAL_UNKNOWN };
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The value of a line that is about `name`, without the blanks around it. */
static const char *value_of(size_t *value_len, const char *line, size_t len, const char *name)
{
	size_t at = strlen(name);

	if (len <= at || strncasecmp(line, name, at) || line[at] != ':')
		return NULL;
	at++;
	while (at < len && blank(line[at]))
		at++;
	while (len > at && blank(line[len - 1]))
		len--;
	*value_len = len - at;
	return line + at;
}

static void copy(char *out, size_t size, const char *s, size_t len)
{
	if (len >= size)
		len = size - 1;
	memcpy(out, s, len);
	out[len] = '\0';
}

static void take_total(struct scm_headers *h, const char *value, size_t len)
{
	char number[24];

	copy(number, sizeof(number), value, len);
	if (!parse_uint(&h->total, number, 0, UINT32_MAX))
		h->total = SCM_TOTAL_UNKNOWN;
}

/* Of several challenges in several lines, the first that names one. */
static void take_challenge(struct scm_headers *h, const char *value, size_t len)
{
	if (!*h->authorization_uri && !scm_authenticate(h->authorization_uri, value, len))
		h->authorization_uri[0] = '\0';
}

void scm_headers_line(struct scm_headers *h, const char *line, size_t len, int64_t now)
{
	const char *value;
	size_t n;

	if (len >= 5 && !memcmp(line, "HTTP/", 5))
		scm_headers_init(h);
	else if ((value = value_of(&n, line, len, "Retry-After")))
		h->retry_after = scm_retry_after(value, n, now);
	else if ((value = value_of(&n, line, len, "X-Total-Count")))
		take_total(h, value, n);
	else if ((value = value_of(&n, line, len, "Location")))
		copy(h->location, sizeof(h->location), value, n);
	else if ((value = value_of(&n, line, len, "WWW-Authenticate")))
		take_challenge(h, value, n);
}
