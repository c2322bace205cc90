#include "urlform.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Decodes LENGTH bytes of TEXT; owned, NULL when they are malformed or hold a NUL. */
static char *decode(const char *text, size_t length)
{
	AUTO(text) char *out = mem_new(length + 1, 1);
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned int byte = (unsigned char)text[i];

		if (text[i] == '+')
			byte = ' ';
		if (text[i] == '%') {
			if (length - i < 3 || !isxdigit((unsigned char)text[i + 1]) ||
				!isxdigit((unsigned char)text[i + 2]) ||
				sscanf(text + i + 1, "%2x", &byte) != 1 || !byte)
				return NULL;
			i += 2;
		}
		out[used++] = (char)byte;
	}
	return TAKE(out);
}

bool urlform_parse(struct pairs *form, const char *body)
{
	const char *part = body ? body : "";

	while (*part) {
		size_t length = strcspn(part, "&");
		size_t name_length = strcspn(part, "=&");
		AUTO(text) char *name = decode(part, name_length);
		AUTO(text)
		char *value = name_length == length
				      ? mem_text("")
				      : decode(part + name_length + 1, length - name_length - 1);

		if (!name || !value)
			return false;
		pairs_add(form, name, value);
		part += length + (part[length] == '&');
	}
	return true;
}

char *urlform_mask(const char *body, const char *name)
{
	char *out = mem_text("");

	while (*body) {
		size_t length = strcspn(body, "&");
		size_t name_length = strcspn(body, "=&");
		bool secret = name_length == strlen(name) && !strncmp(body, name, name_length);
		char *longer = mem_format("%s%s%.*s%s", out, *out ? "&" : "",
			(int)(secret ? name_length : length), body, secret ? "=***" : "");

		free(out);
		out = longer;
		body += length + (body[length] == '&');
	}
	return out;
}
