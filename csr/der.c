#include "csr/der.h"

#include <stdbool.h>

#define DEPTH_MAX 32
#define CONSTRUCTED 0x20
#define CLASS_MASK 0xc0
#define NUMBER_MASK 0x1f

enum universal {
	TAG_BOOLEAN = 1,
	TAG_INTEGER = 2,
	TAG_BIT_STRING = 3,
	TAG_NULL = 5,
	TAG_ENUMERATED = 10,
	TAG_SEQUENCE = 16,
	TAG_SET = 17,
};

struct span {
	const unsigned char *at;
	const unsigned char *end;
};

struct value {
	unsigned char tag;
	struct span content;
};

static size_t left(const struct span *s)
{
	return (size_t)(s->end - s->at);
}

/* Definite and as short as can be (10.1). */
static const char *take_length(size_t *out, struct span *s)
{
	unsigned char first;
	size_t len = 0;

	if (!left(s))
		return "it ends early";
	first = *s->at++;
	if (first < 0x80) {
		*out = first;
		return NULL;
	}
	if (first == 0x80)
		return "a length is indefinite";
	if (first > 0x84 || left(s) < (size_t)(first & 0x7f))
		return "it ends early";
	for (int n = first & 0x7f; n > 0; n--)
		len = len << 8 | *s->at++;
	if (len < 0x80 || len >> (8 * ((first & 0x7f) - 1)) == 0)
		return "a length is not in its shortest form";
	*out = len;
	return NULL;
}

static const char *take_value(struct value *out, struct span *s)
{
	const char *why;
	size_t len;

	out->tag = *s->at++;
	if ((out->tag & NUMBER_MASK) == NUMBER_MASK)
		return "a tag has more than one byte";
	why = take_length(&len, s);
	if (why)
		return why;
	if (len > left(s))
		return "it ends early";
	out->content = (struct span) { s->at, s->at + len };
	s->at += len;
	return NULL;
}

static bool is_minimal_integer(const struct span *s)
{
	if (!left(s))
		return false;
	if (left(s) == 1)
		return true;
	return !(s->at[0] == 0 && !(s->at[1] & 0x80)) && !(s->at[0] == 0xff && (s->at[1] & 0x80));
}

static bool is_clean_bit_string(const struct span *s)
{
	unsigned unused;

	if (!left(s))
		return false;
	unused = s->at[0];
	if (left(s) == 1)
		return unused == 0;
	return unused < 8 && !(s->end[-1] & ((1U << unused) - 1));
}

static const char *check_universal(const struct value *v)
{
	unsigned number = v->tag & NUMBER_MASK;
	bool constructed = v->tag & CONSTRUCTED;

	if (constructed != (number == TAG_SEQUENCE || number == TAG_SET))
		return "a string is in pieces";
	switch (number) {
	case TAG_BOOLEAN:
		if (left(&v->content) != 1 || (*v->content.at != 0 && *v->content.at != 0xff))
			return "a boolean is neither 00 nor ff";
		break;
	case TAG_INTEGER:
	case TAG_ENUMERATED:
		if (!is_minimal_integer(&v->content))
			return "an integer is not in its shortest form";
		break;
	case TAG_BIT_STRING:
		if (!is_clean_bit_string(&v->content))
			return "a bit string has stray bits";
		break;
	case TAG_NULL:
		if (left(&v->content))
			return "a null has content";
		break;
	default:
		break;
	}
	return NULL;
}

/* All values in a span, and what is in them. */
static const char *check_span(struct span s, int depth)
{
	const char *why = NULL;
	struct value v;

	if (depth > DEPTH_MAX)
		return "it is nested too deeply";
	while (!why && left(&s)) {
		why = take_value(&v, &s);
		if (!why && !(v.tag & CLASS_MASK))
			why = check_universal(&v);
		if (!why && v.tag & CONSTRUCTED)
			why = check_span(v.content, depth + 1);
	}
	return why;
}

const char *csr_der_check(const void *data, size_t len)
{
	struct span s = { data, (const unsigned char *)data + len };
	struct value v;
	const char *why;

	if (!len)
		return "it is empty";
	why = take_value(&v, &s);
	if (why)
		return why;
	if (left(&s))
		return "bytes follow it";
	return check_span((struct span) { data, s.at }, 0);
}
