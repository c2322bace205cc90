#include "err.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set(struct err *err, const char *fmt, va_list args, const char *reason)
{
	size_t used;

	vsnprintf(err->text, sizeof(err->text), fmt, args);
	used = strlen(err->text);
	if (reason)
		snprintf(err->text + used, sizeof(err->text) - used, ": %s", reason);
}

bool err_set(struct err *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set(err, fmt, args, NULL);
	va_end(args);
	return false;
}

bool err_errno(struct err *err, const char *fmt, ...)
{
	const char *reason = strerror(errno);
	va_list args;

	va_start(args, fmt);
	set(err, fmt, args, reason);
	va_end(args);
	return false;
}

bool err_crypto(struct err *err, const char *fmt, ...)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	va_list args;

	va_start(args, fmt);
	set(err, fmt, args, reason ? reason : "unknown reason");
	va_end(args);
	ERR_clear_error();
	return false;
}
