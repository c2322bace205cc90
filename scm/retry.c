#include "scm/retry.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX 64 /* an RFC 850 date with the longest day name has 33 bytes */

/* Digits only; a number too large for any clock counts as the largest. */
static bool seconds(int64_t *out, const char *s)
{
	int64_t n = 0;

	if (!*s || s[strspn(s, "0123456789")])
		return false;
	for (; *s; s++)
		n = n > SCM_RETRY_MAX ? n : 10 * n + (*s - '0');
	*out = n;
	return true;
}

/* The three forms of RFC 9110, section 5.6.7; the last two are obsolete, but must be understood. */
static bool date(int64_t *out, const char *s)
{
	static const char *const form[] = { "%a, %d %b %Y %H:%M:%S GMT",
		"%a, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y" };

	for (size_t i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(s, form[i], &tm);

		if (!end || *end)
			continue;
		*out = timegm(&tm);
		return true;
	}
	return false;
}

uint32_t scm_retry_after(const char *value, size_t len, int64_t now)
{
	char text[TEXT_MAX];
	int64_t wait;

	while (len && strchr(" \t\r\n", value[len - 1]) && value[len - 1])
		len--;
	while (len && (*value == ' ' || *value == '\t')) {
		value++;
		len--;
	}
	if (len >= sizeof(text) || memchr(value, '\0', len))
		return 0;
	memcpy(text, value, len);
	text[len] = '\0';
	if (date(&wait, text))
		wait -= now;
	else if (!seconds(&wait, text))
		return 0;
	if (wait < 1)
		return 1;
	return wait > SCM_RETRY_MAX ? SCM_RETRY_MAX : (uint32_t)wait;
}
