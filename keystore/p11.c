#include "keystore/p11.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <p11-kit/p11-kit.h>

#define BATCH 64

bool p11_err(struct err *err, CK_RV rv, const char *what)
{
	return err_set(err, ERR_KEYSTORE, "%s: %s (CKR 0x%lx)", what, p11_kit_strerror(rv), rv);
}

bool p11_raise_err(const struct err *err)
{
	static char text[ERR_TEXT_MAX];
	static ERR_STRING_DATA strings[] = { { ERR_PACK(0, 0, 1), text }, { 0, NULL } };
	static int library;

	if (!library) {
		library = ERR_get_next_error_library();
		ERR_load_strings(library, strings);
	}
	snprintf(text, sizeof(text), "%s", err->text);
	/* modules that use OpenSSL themselves leave their own errors behind */
	ERR_clear_error();
	ERR_raise(library, 1);
	return false;
}

bool p11_raise(CK_RV rv, const char *what)
{
	struct err err;

	p11_err(&err, rv, what);
	return p11_raise_err(&err);
}

/* Goes on after C_FindObjectsInit until there are no more; *n is beyond `max` when there are. */
static CK_RV find_all(CK_OBJECT_HANDLE *out, size_t *n, size_t max, const struct p11 *p)
{
	CK_OBJECT_HANDLE batch[BATCH] = { 0 };

	*n = 0;
	for (;;) {
		CK_ULONG got = 0;
		CK_RV rv = P11_CALL(p, C_FindObjects, batch, BATCH, &got);

		if (rv != CKR_OK || !got)
			return rv;
		if (got > BATCH || got > max - *n) {
			*n = max + 1;
			return CKR_OK;
		}
		memcpy(out + *n, batch, got * sizeof(*out));
		*n += got;
	}
}

bool p11_find(CK_OBJECT_HANDLE *out, size_t *n, size_t max, const struct p11 *p,
	const CK_ATTRIBUTE *match, size_t attributes, struct err *err)
{
	CK_RV rv = P11_CALL(p, C_FindObjectsInit, (CK_ATTRIBUTE *)match, attributes);

	if (rv != CKR_OK)
		return p11_err(err, rv, "look for objects");
	rv = find_all(out, n, max, p);
	GUARDED(p->fn, C_FindObjectsFinal, p->session);
	if (rv == CKR_OK && *n > max)
		return err_set(err, ERR_KEYSTORE, "more than %zu objects that match", max);
	return rv == CKR_OK || p11_err(err, rv, "look for objects");
}

CK_RV p11_read(void *out, size_t *len, const struct p11 *p, CK_OBJECT_HANDLE object,
	CK_ATTRIBUTE_TYPE type)
{
	CK_ATTRIBUTE attr = { type, out, *len };
	CK_RV rv;

	memset(out, 0, *len);
	rv = P11_CALL(p, C_GetAttributeValue, object, &attr, 1);
	if (rv == CKR_OK && attr.ulValueLen > *len)
		rv = CKR_BUFFER_TOO_SMALL;
	if (rv == CKR_OK)
		*len = attr.ulValueLen;
	return rv;
}

bool p11_attr(void *out, size_t *len, const struct p11 *p, CK_OBJECT_HANDLE object,
	CK_ATTRIBUTE_TYPE type)
{
	return p11_read(out, len, p, object, type) == CKR_OK;
}

CK_ULONG p11_number(const struct p11 *p, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG value;
	size_t len = sizeof(value);

	if (p11_attr(&value, &len, p, object, type) && len == sizeof(value))
		return value;
	return CK_UNAVAILABLE_INFORMATION;
}

bool p11_id(struct ks_id *out, const struct p11 *p, CK_OBJECT_HANDLE object)
{
	struct ks_id id = { .len = sizeof(id.data) };

	if (!p11_attr(id.data, &id.len, p, object, CKA_ID) || !id.len)
		return false;
	*out = id;
	return true;
}

size_t p11_padded_len(const void *field, size_t size)
{
	const char *text = field;
	size_t len = strnlen(text, size);

	while (len && text[len - 1] == ' ')
		len--;
	return len;
}
