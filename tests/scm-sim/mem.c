#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void *present(void *block)
{
	if (!block) {
		fputs("scm-sim: out of memory\n", stderr);
		abort();
	}
	return block;
}

void *mem_new(size_t count, size_t size)
{
	return present(calloc(count ? count : 1, size ? size : 1));
}

void *mem_grow(void *block, size_t count, size_t size)
{
	return present(reallocarray(block, count ? count : 1, size));
}

char *mem_copy(const void *data, size_t length)
{
	char *copy = mem_new(length + 1, 1);

	if (length)
		memcpy(copy, data, length);
	return copy;
}

char *mem_text(const char *text)
{
	return text ? mem_copy(text, strlen(text)) : NULL;
}

char *mem_format(const char *fmt, ...)
{
	va_list args;
	char *text = NULL;
	int length;

	va_start(args, fmt);
	length = vasprintf(&text, fmt, args);
	va_end(args);
	return present(length < 0 ? NULL : text);
}
