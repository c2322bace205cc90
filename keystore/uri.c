#include "keystore/uri.h"

#include <string.h>

#include "keystore/ks.h"
#include "keystore/p11.h"

bool uri_parse(P11KitUri **out, const char *text, struct err *err)
{
	AUTO(uri) P11KitUri *uri = p11_kit_uri_new();

	if (!uri)
		return err_memory(err);
	/* the text is quoted only once it is known to hold no PIN */
	if (p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri) != P11_KIT_URI_OK)
		return err_set(err, ERR_KEYSTORE, "not a valid pkcs11: URI (RFC 7512)");
	if (p11_kit_uri_get_pin_value(uri) || p11_kit_uri_get_pin_source(uri))
		return err_set(err, ERR_KEYSTORE,
			"a PIN does not belong into a pkcs11: URI; name its file with pin_file");
	if (p11_kit_uri_any_unrecognized(uri))
		return err_set(err, ERR_KEYSTORE, "uri '%s': an attribute is not known", text);
	*out = TAKE(uri);
	return true;
}

bool ks_uri_check(const char *uri, struct err *err)
{
	AUTO(uri) P11KitUri *parsed = NULL;

	if (!uri_parse(&parsed, uri, err))
		return false;
	if (p11_kit_uri_get_attribute(parsed, CKA_LABEL) ||
		p11_kit_uri_get_attribute(parsed, CKA_ID))
		return true;
	return err_set(err, ERR_KEYSTORE, "uri '%s' names no key; add object= or id=", uri);
}

#define FIELD(name)                                                                                \
	{                                                                                          \
		offsetof(CK_TOKEN_INFO, name), sizeof(((CK_TOKEN_INFO *)0)->name)                  \
	}

/* What tells tokens apart, in the order in which it is added. */
static const struct field {
	size_t offset;
	size_t size;
} fields[] = { FIELD(label), FIELD(serialNumber), FIELD(manufacturerID), FIELD(model) };

static bool count_matches(
	unsigned *out, const struct module *m, const P11KitUri *uri, struct err *err)
{
	CK_SLOT_ID slots[MODULE_SLOTS_MAX];
	CK_ULONG n;
	CK_TOKEN_INFO info;
	unsigned matches = 0;
	CK_RV rv = module_slots(slots, &n, m);

	if (rv != CKR_OK)
		return p11_err(err, rv, "list the tokens");
	for (CK_ULONG i = 0; i < n; i++)
		if (module_token_info(&info, m, slots[i]) == CKR_OK &&
			p11_kit_uri_match_token_info(uri, &info))
			matches++;
	*out = matches;
	return matches || err_set(err, ERR_KEYSTORE, "the token has gone");
}

static bool describe(
	P11KitUri *uri, const struct module *m, const CK_TOKEN_INFO *info, struct err *err)
{
	CK_TOKEN_INFO *to = p11_kit_uri_get_token_info(uri);
	unsigned matches = 0;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		memcpy((char *)to + fields[i].offset, (const char *)info + fields[i].offset,
			fields[i].size);
		if (!count_matches(&matches, m, uri, err))
			return false;
		if (matches == 1)
			return true;
	}
	return true;
}

bool uri_of_key(struct buf *out, const struct module *m, CK_SLOT_ID slot, const struct ks_id *id,
	struct err *err)
{
	AUTO(uri) P11KitUri *uri = p11_kit_uri_new();
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE is_private = P11_ATTR(CKA_CLASS, class);
	CK_ATTRIBUTE has_id = { CKA_ID, (void *)id->data, id->len };
	CK_TOKEN_INFO info;
	AUTO_STR char *text = NULL;
	CK_RV rv;

	if (!uri)
		return err_memory(err);
	rv = module_token_info(&info, m, slot);
	if (rv != CKR_OK)
		return p11_err(err, rv, "read the token's name");
	if (!(info.flags & CKF_TOKEN_INITIALIZED))
		return err_set(err, ERR_KEYSTORE, "the token has gone");
	if (!describe(uri, m, &info, err))
		return false;
	if (p11_kit_uri_set_attribute(uri, &has_id) != P11_KIT_URI_OK ||
		p11_kit_uri_set_attribute(uri, &is_private) != P11_KIT_URI_OK ||
		p11_kit_uri_format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &text) != P11_KIT_URI_OK)
		return err_memory(err);
	buf_add_str(out, text);
	return buf_check(out, "the key's URI", err);
}
