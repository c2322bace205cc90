#include "scm/json_text.h"

#include <string.h>

void json_add_string(struct buf *out, const char *s)
{
	buf_add(out, "\"", 1);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_addf(out, "\\%c", *s);
		else if (*s == '\n')
			buf_add_str(out, "\\n");
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			buf_addf(out, "\\u%04x", (unsigned char)*s);
		else
			buf_add(out, s, 1);
	}
	buf_add(out, "\"", 1);
}

/* Bytes of the UTF-8 sequence at s, 0 when it is none (overlong and surrogates included). */
static size_t sequence(const unsigned char *s)
{
	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4 || (s[1] & 0xc0) != 0x80)
		return 0;
	if (s[0] < 0xe0)
		return 2;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
		return 0;
	if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	if ((s[2] & 0xc0) != 0x80)
		return 0;
	if (s[0] < 0xf0)
		return 3;
	return (s[3] & 0xc0) == 0x80 ? 4 : 0;
}

bool json_count_characters(size_t *out, const char *s)
{
	size_t n = 0;

	while (*s) {
		size_t len = sequence((const unsigned char *)s);

		if (!len)
			return false;
		s += len;
		n++;
	}
	*out = n;
	return true;
}

/* The byte after a string that starts at `at` (after its quote), or 0 when it is bad. */
static size_t skip_string(const char *text, size_t at, size_t len)
{
	for (; at < len && text[at] != '"'; at++) {
		if ((unsigned char)text[at] < 0x20)
			return 0;
		if (text[at] != '\\')
			continue;
		if (len - at >= 6 && !memcmp(text + at, "\\u0000", 6))
			return 0;
		at++;
	}
	return at < len ? at + 1 : 0;
}

bool json_look_over(const char *text, size_t len, struct err *err)
{
	size_t depth = 0;
	size_t at = 0;

	while (at < len) {
		char c = text[at++];

		if (!c)
			return err_set(err, ERR_PROTOCOL, "a NUL byte in the JSON");
		if (c == '"' && !(at = skip_string(text, at, len)))
			return err_set(err, ERR_PROTOCOL, "a broken string in the JSON");
		if ((c == '[' || c == '{') && ++depth > JSON_DEPTH_MAX)
			return err_set(err, ERR_PROTOCOL, "JSON nested deeper than %d levels",
				JSON_DEPTH_MAX);
		if ((c == ']' || c == '}') && !depth--)
			return err_set(err, ERR_PROTOCOL, "a bracket too many in the JSON");
	}
	return !depth || err_set(err, ERR_PROTOCOL, "the JSON is cut short");
}
