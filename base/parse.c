#include "base/parse.h"

#include <string.h>
#include <strings.h>

bool parse_uint(uint64_t *out, const char *s, uint64_t min, uint64_t max)
{
	uint64_t value = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

bool parse_bool(bool *out, const char *s)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		if (!strcasecmp(s, yes[i]) || !strcasecmp(s, no[i])) {
			*out = !strcasecmp(s, yes[i]);
			return true;
		}
	}
	return false;
}

bool parse_duration(int64_t *out, const char *s)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const int64_t most = 100LL * 366 * 86400;
	size_t length = strlen(s);
	char digits[16];
	uint64_t value;

	if (!strcmp(s, "0")) {
		*out = 0;
		return true;
	}
	if (length < 2 || length > sizeof(digits))
		return false;
	memcpy(digits, s, length - 1);
	digits[length - 1] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (s[length - 1] != units[i].unit)
			continue;
		if (!parse_uint(&value, digits, 0, (uint64_t)(most / units[i].seconds)))
			return false;
		*out = (int64_t)value * units[i].seconds;
		return true;
	}
	return false;
}

bool parse_mode(unsigned *out, const char *s)
{
	unsigned mode = 0;

	if (!*s || strlen(s) > 4)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '7')
			return false;
		mode = mode * 8 + (unsigned)(*s - '0');
	}
	if (mode > 0777)
		return false;
	*out = mode;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool parse_hex(void *out, size_t len, const char *s)
{
	unsigned char *byte = out;

	if (strlen(s) != 2 * len)
		return false;
	for (size_t i = 0; i < 2 * len; i++)
		if (hex_digit(s[i]) < 0)
			return false;
	for (size_t i = 0; i < len; i++)
		byte[i] = (unsigned char)(hex_digit(s[2 * i]) * 16 + hex_digit(s[2 * i + 1]));
	return true;
}
