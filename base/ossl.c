#include "base/ossl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

bool(err_crypto)(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	unsigned long code = ERR_get_error();
	const char *reason = ERR_reason_error_string(code);
	char what[ERR_TEXT_MAX - 128];
	char system[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	ERR_clear_error();
	if (ERR_SYSTEM_ERROR(code))
		reason = strerror_r(ERR_GET_REASON(code), system, sizeof(system));
	if (!code)
		return err_set(err, kind, "%s", what);
	if (!reason)
		return err_set(err, kind, "%s: OpenSSL error %lx", what, code);
	return err_set(err, kind, "%s: %s", what, reason);
}
