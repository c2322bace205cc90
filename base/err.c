#include "base/err.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	const char *meaning;
	int status;
	bool retryable;
} kinds[ERR_KIND_COUNT] = { [ERR_NONE] = { "none", "no error", 0, false },
#define ERR_ROW(kind, short_name, status, retryable, meaning)                                      \
	[ERR_##kind] = { short_name, meaning, status, retryable },
	ERR_KINDS(ERR_ROW)
#undef ERR_ROW
};

int err_exit_status(enum err_kind kind)
{
	assert(kind < ERR_KIND_COUNT);
	return kinds[kind].status;
}

bool err_retryable(enum err_kind kind)
{
	assert(kind < ERR_KIND_COUNT);
	return kinds[kind].retryable;
}

const char *err_meaning(enum err_kind kind)
{
	assert(kind < ERR_KIND_COUNT);
	return kinds[kind].meaning;
}

const char *err_name(enum err_kind kind)
{
	assert(kind < ERR_KIND_COUNT);
	return kinds[kind].name;
}

enum err_kind err_kind_of(const char *name, enum err_kind fallback)
{
	for (int kind = ERR_NONE + 1; kind < ERR_KIND_COUNT; kind++)
		if (!strcmp(name, kinds[kind].name))
			return (enum err_kind)kind;
	return fallback;
}

/* One line is a promise: whatever a message carries, it cannot break out of it. */
static void one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

/* In parentheses, as err.h makes macros of these for the analyzers. */
bool(err_set)(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	assert(kind > ERR_NONE && kind < ERR_KIND_COUNT);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	one_line(text);
	err->kind = kind;
	memcpy(err->text, text, strlen(text) + 1);
	return false;
}

bool(err_errno)(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	int number = errno;
	char what[ERR_TEXT_MAX - 64];
	char reason[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(err, kind, "%s: %s", what, strerror_r(number, reason, sizeof(reason)));
}

bool(err_memory)(struct err *err)
{
	return err_set(err, ERR_INTERNAL, "out of memory");
}

bool(err_wrap)(struct err *err, const char *fmt, ...)
{
	char context[ERR_TEXT_MAX];
	size_t length;
	size_t room;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	length = strlen(err->text) + 1;
	room = sizeof(err->text) - length;
	if (n < 0 || (size_t)n + 2 > room)
		return false;
	one_line(context);
	memmove(err->text + n + 2, err->text, length);
	memcpy(err->text, context, (size_t)n);
	memcpy(err->text + n, ": ", 2);
	return false;
}
