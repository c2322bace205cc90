#include "webhook/notice.h"

#include <string.h>

#include "base/parse.h"

#define ID_NAME "certificateId"
#define ID_DIGITS 19 /* of INT64_MAX */

struct reader {
	const char *at;
	const char *end;
};

/* A part of the text, as it is written there. */
struct span {
	const char *s;
	size_t len;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && one_of(*r->at, " \t\r\n"))
		r->at++;
}

/* Takes the character c, and blanks before it. */
static bool take(struct reader *r, char c)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* What follows a backslash. */
static bool take_escape(struct reader *r)
{
	if (r->at == r->end)
		return false;
	if (*r->at != 'u') {
		if (!one_of(*r->at, "\"\\/bfnrt"))
			return false;
		r->at++;
		return true;
	}
	r->at++;
	for (int i = 0; i < 4; i++, r->at++)
		if (r->at == r->end || !one_of(*r->at, "0123456789abcdefABCDEF"))
			return false;
	return true;
}

static bool take_string(struct span *out, struct reader *r)
{
	if (!take(r, '"'))
		return false;
	out->s = r->at;
	while (r->at < r->end && *r->at != '"') {
		unsigned char c = (unsigned char)*r->at++;

		if (c < 0x20 || (c == '\\' && !take_escape(r)))
			return false;
	}
	out->len = (size_t)(r->at - out->s);
	return take(r, '"');
}

static bool is_word(const struct span *s, const char *word)
{
	return s->len == strlen(word) && !memcmp(s->s, word, s->len);
}

static void skip_digits(struct reader *r)
{
	while (r->at < r->end && is_digit(*r->at))
		r->at++;
}

static bool take_digits(struct reader *r)
{
	const char *before = r->at;

	skip_digits(r);
	return r->at > before;
}

/* RFC 8259, section 6. */
static bool is_number(const struct span *s)
{
	struct reader r = { s->s, s->s + s->len };

	if (r.at < r.end && *r.at == '-')
		r.at++;
	if (r.at < r.end && *r.at == '0')
		r.at++;
	else if (!take_digits(&r))
		return false;
	if (r.at < r.end && *r.at == '.') {
		r.at++;
		if (!take_digits(&r))
			return false;
	}
	if (r.at < r.end && one_of(*r.at, "eE")) {
		r.at++;
		if (r.at < r.end && one_of(*r.at, "+-"))
			r.at++;
		if (!take_digits(&r))
			return false;
	}
	return r.at == r.end;
}

/* A string (without its quotes), a number, true, false or null. */
static bool take_value(struct span *out, struct reader *r)
{
	skip_blanks(r);
	if (r->at < r->end && *r->at == '"')
		return take_string(out, r);
	out->s = r->at;
	while (r->at < r->end && !one_of(*r->at, " \t\r\n,}"))
		r->at++;
	out->len = (size_t)(r->at - out->s);
	return is_number(out) || is_word(out, "true") || is_word(out, "false") ||
	       is_word(out, "null");
}

/* The value of the id's member, which stands once; id->s stays NULL when it is absent. */
static bool take_members(struct span *id, struct reader *r)
{
	struct span name;
	struct span value;

	if (take(r, '}'))
		return true;
	do {
		if (!take_string(&name, r) || !take(r, ':') || !take_value(&value, r))
			return false;
		if (!is_word(&name, ID_NAME))
			continue;
		if (id->s)
			return false;
		*id = value;
	} while (take(r, ','));
	return take(r, '}');
}

static bool to_id(uint64_t *out, const struct span *s)
{
	char digits[ID_DIGITS + 1] = "";

	if (s->len > ID_DIGITS || (s->len && *s->s == '0'))
		return false;
	memcpy(digits, s->s, s->len);
	return parse_uint(out, digits, 1, INT64_MAX);
}

bool notice_parse(uint64_t *id, const char *text, size_t len, struct err *err)
{
	struct reader r = { text, text + len };
	struct span value = { 0 };
	bool whole = take(&r, '{') && take_members(&value, &r);

	skip_blanks(&r);
	if (!whole || r.at < r.end)
		return err_set(err, ERR_PROTOCOL,
			"not one flat JSON object with " ID_NAME " in it once, at byte %zu of %zu",
			(size_t)(r.at - text), len);
	if (!value.s)
		return err_set(err, ERR_PROTOCOL, "a JSON object without " ID_NAME);
	if (!to_id(id, &value))
		return err_set(err, ERR_PROTOCOL, ID_NAME " is no positive integer");
	return true;
}
