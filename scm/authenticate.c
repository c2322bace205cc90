#include "scm/authenticate.h"

#include <string.h>
#include <strings.h>

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define TOKEN ALNUM "!#$%&'*+-.^_`|~"
#define TOKEN68 ALNUM "-._~+/"
#define BLANK " \t"

struct scan {
	const char *at;
	const char *end;
	bool bearer; /* the challenge that parameters belong to now */
	bool found;
	char *out;
};

static size_t span(const char *at, const char *end, const char *set)
{
	size_t n = 0;

	while (at + n < end && at[n] && strchr(set, at[n]))
		n++;
	return n;
}

static void skip(struct scan *s, const char *set)
{
	s->at += span(s->at, s->end, set);
}

static bool is(const char *name, size_t len, const char *word)
{
	return len == strlen(word) && !strncasecmp(name, word, len);
}

/* Keeps one byte of a value, if the value is wanted. */
static bool keep(struct scan *s, size_t *n, bool wanted, char c)
{
	if ((unsigned char)c < 0x20 || c == 0x7f || (wanted && *n == SCM_AUTHORIZATION_URI_MAX))
		return false;
	if (wanted)
		s->out[(*n)++] = c;
	return true;
}

static bool quoted_value(struct scan *s, size_t *n, bool wanted)
{
	for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
		if (*s->at == '\\' && ++s->at == s->end)
			return false;
		if (!keep(s, n, wanted, *s->at))
			return false;
	}
	return s->at++ < s->end;
}

/* The grammar has a token here; a URL without its quotes is let through too. */
static bool bare_value(struct scan *s, size_t *n, bool wanted)
{
	size_t len = span(s->at, s->end, TOKEN "/:?=@()[]{}<>;");

	for (const char *end = s->at + len; s->at < end; s->at++)
		if (!keep(s, n, wanted, *s->at))
			return false;
	return len > 0;
}

/* What follows "NAME" BWS, from the '='. */
static bool parameter(struct scan *s, const char *name, size_t len)
{
	bool wanted = s->bearer && is(name, len, "authorization_uri");
	size_t n = 0;

	if (wanted && s->found)
		return false;
	s->at++;
	skip(s, BLANK);
	if (s->at == s->end || !(*s->at == '"' ? quoted_value : bare_value)(s, &n, wanted))
		return false;
	if (wanted) {
		s->out[n] = '\0';
		s->found = n > 0;
	}
	return true;
}

/* The base64 that a scheme may have in place of parameters: "Negotiate YWJj==". */
static void skip_token68(struct scan *s)
{
	const char *at = s->at + span(s->at, s->end, TOKEN68);

	at += span(at, s->end, "=");
	at += span(at, s->end, BLANK);
	if (at == s->end || *at == ',')
		s->at = at;
}

/* One of "SCHEME", "SCHEME TOKEN68", "SCHEME NAME=VALUE", "NAME=VALUE". */
static bool element(struct scan *s)
{
	const char *name = s->at;
	size_t len = span(name, s->end, TOKEN);

	s->at += len;
	if (!len)
		return false;
	skip(s, BLANK);
	if (s->at < s->end && *s->at == '=')
		return parameter(s, name, len);
	s->bearer = is(name, len, "Bearer");
	if (s->at == s->end || *s->at == ',')
		return true;
	skip_token68(s);
	if (s->at == s->end || *s->at == ',')
		return true;
	name = s->at;
	len = span(name, s->end, TOKEN);
	s->at += len;
	skip(s, BLANK);
	return len && s->at < s->end && *s->at == '=' && parameter(s, name, len);
}

bool scm_authenticate(char out[static SCM_AUTHORIZATION_URI_MAX + 1], const char *value, size_t len)
{
	struct scan s = { .at = value, .end = value + len, .out = out };

	for (skip(&s, BLANK ","); s.at < s.end; skip(&s, BLANK ",")) {
		if (!element(&s))
			return false;
		skip(&s, BLANK);
		if (s.at < s.end && *s.at != ',')
			return false;
	}
	return s.found;
}
