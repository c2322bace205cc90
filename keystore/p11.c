#include "keystore/p11.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libp11.h>
#include <p11-kit/p11-kit.h>

#include "base/ossl.h"

#define BATCH 64

bool p11_err(struct err *err, CK_RV rv, const char *what)
{
	return err_set(err, ERR_KEYSTORE, "%s: %s (CKR 0x%lx)", what, p11_kit_strerror(rv), rv);
}

/* The first CK_RV in the queue, or CKR_OK; *first is the first error of any kind. */
static CK_RV drain_queue(unsigned long *first)
{
	unsigned long code;
	CK_RV rv = CKR_OK;

	*first = ERR_peek_error();
	while ((code = ERR_get_error()))
		if (rv == CKR_OK && ERR_GET_LIB(code) == ERR_get_CKR_code())
			rv = (CK_RV)ERR_GET_REASON(code);
	return rv;
}

bool p11_queue_err(struct err *err, const char *fmt, ...)
{
	unsigned long first;
	CK_RV rv = drain_queue(&first);
	const char *reason = first ? ERR_reason_error_string(first) : NULL;
	char what[ERR_TEXT_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (rv != CKR_OK)
		return p11_err(err, rv, what);
	return err_set(err, ERR_KEYSTORE, reason ? "%s: %s" : "%s", what, reason);
}

void p11_queue_clear(void)
{
	ERR_clear_error();
}

/* Goes on after C_FindObjectsInit until there are no more; one beyond `max` shows that there are.
 */
static CK_RV find_all(CK_OBJECT_HANDLE *out, size_t *n, size_t max, const struct p11 *p)
{
	CK_OBJECT_HANDLE batch[BATCH];
	CK_ULONG got;

	*n = 0;
	for (;;) {
		CK_RV rv = p->fn->C_FindObjects(p->session, batch, BATCH, &got);

		if (rv != CKR_OK || !got)
			return rv;
		if (got > BATCH || got > max - *n)
			return CKR_DATA_LEN_RANGE;
		memcpy(out + *n, batch, got * sizeof(*out));
		*n += got;
	}
}

bool p11_find(CK_OBJECT_HANDLE *out, size_t *n, size_t max, const struct p11 *p,
	const CK_ATTRIBUTE *match, size_t attributes, struct err *err)
{
	CK_RV rv = p->fn->C_FindObjectsInit(p->session, (CK_ATTRIBUTE *)match, attributes);

	if (rv != CKR_OK)
		return p11_err(err, rv, "look for objects");
	rv = find_all(out, n, max, p);
	p->fn->C_FindObjectsFinal(p->session);
	if (rv == CKR_DATA_LEN_RANGE)
		return err_set(err, ERR_KEYSTORE, "more than %zu objects that match", max);
	return rv == CKR_OK || p11_err(err, rv, "look for objects");
}

bool p11_attr(void *out, size_t *len, const struct p11 *p, CK_OBJECT_HANDLE object,
	CK_ATTRIBUTE_TYPE type)
{
	CK_ATTRIBUTE attr = { type, out, *len };

	if (p->fn->C_GetAttributeValue(p->session, object, &attr, 1) != CKR_OK ||
		attr.ulValueLen > *len)
		return false;
	*len = attr.ulValueLen;
	return true;
}

CK_ULONG p11_number(const struct p11 *p, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG value;
	size_t len = sizeof(value);

	if (p11_attr(&value, &len, p, object, type) && len == sizeof(value))
		return value;
	return CK_UNAVAILABLE_INFORMATION;
}

size_t p11_padded_len(const void *field, size_t size)
{
	const char *text = field;
	size_t len = strnlen(text, size);

	while (len && text[len - 1] == ' ')
		len--;
	return len;
}
