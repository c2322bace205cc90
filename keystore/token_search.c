#include "keystore/token_search.h"

/* What the key has to have, and what there is. */
struct search {
	const struct token *token;
	const char *alias; /* NULL: any */
	P11KitUri *uri;
	CK_OBJECT_HANDLE key[KS_ENTRIES_MAX];
	size_t keys;
};

static CK_ATTRIBUTE read_attribute(const struct search *s, CK_OBJECT_HANDLE object,
	CK_ATTRIBUTE_TYPE type, char *out, size_t room)
{
	CK_ATTRIBUTE a = { type, out, room };

	if (!p11_attr(out, &a.ulValueLen, &s->token->p11, object, type))
		a.ulValueLen = 0;
	return a;
}

static bool fits(const struct search *s, CK_OBJECT_HANDLE key)
{
	struct ks_id id;
	char label[KS_LABEL_MAX];
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	const CK_ATTRIBUTE has[] = {
		read_attribute(s, key, CKA_LABEL, label, sizeof(label)),
		read_attribute(s, key, CKA_ID, (char *)id.data, sizeof(id.data)),
		P11_ATTR(CKA_CLASS, class),
	};

	return p11_kit_uri_match_attributes(s->uri, has, ARRAY_LEN(has)) &&
	       (!s->alias || (strlen(s->alias) == has[0].ulValueLen &&
				     !memcmp(s->alias, label, has[0].ulValueLen)));
}

static bool refuse(const struct search *s, const char *why, struct err *err)
{
	AUTO(buf) struct buf keys = BUF(400);

	for (size_t i = 0; i < s->keys; i++) {
		char label[KS_LABEL_MAX];
		char hex[KS_ID_HEX];
		struct ks_id id;
		CK_ATTRIBUTE a = read_attribute(s, s->key[i], CKA_LABEL, label, sizeof(label));

		buf_addf(&keys, "%s'%.*s'", i ? ", " : "", (int)a.ulValueLen, label);
		/* labels may be equal */
		if (p11_id(&id, &s->token->p11, s->key[i]))
			buf_addf(&keys, " id %s", ks_id_format(hex, &id));
	}
	return err_set(err, ERR_KEYSTORE, "%s: %s", why, s->keys ? buf_str(&keys) : "none");
}

bool token_search_class(CK_OBJECT_HANDLE *out, size_t *n, size_t max, const struct token *t,
	CK_OBJECT_CLASS class, struct err *err)
{
	const CK_ATTRIBUTE match[] = { P11_ATTR(CKA_CLASS, class) };

	return p11_find(out, n, max, &t->p11, match, ARRAY_LEN(match), err);
}

bool token_search_key(CK_OBJECT_HANDLE *out, const struct token *t, const char *alias,
	P11KitUri *uri, struct err *err)
{
	struct search s = { .token = t, .alias = alias, .uri = uri };
	CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;

	if (!token_search_class(s.key, &s.keys, KS_ENTRIES_MAX, t, CKO_PRIVATE_KEY, err))
		return false;
	for (size_t i = 0; i < s.keys; i++) {
		if (!fits(&s, s.key[i]))
			continue;
		if (found != CK_INVALID_HANDLE)
			return refuse(&s,
				"several private keys fit; choose one by label and id=, of", err);
		found = s.key[i];
	}
	if (found == CK_INVALID_HANDLE)
		return refuse(&s, "no private key fits; there are", err);
	*out = found;
	return true;
}

static bool is_of_token(const struct token *t, P11KitUri *uri, struct err *err)
{
	CK_TOKEN_INFO info;
	CK_RV rv = module_token_info(&info, t->module, t->slot);

	if (rv != CKR_OK)
		return p11_err(err, rv, "read the token's name");
	return p11_kit_uri_match_token_info(uri, &info) ||
	       err_set(err, ERR_KEYSTORE, "the URI means another token");
}

bool token_find_uri(struct ks_id *out, struct ks *ks, const char *uri, struct err *err)
{
	AUTO(uri) P11KitUri *parsed = NULL;
	struct token *t = token_of(ks);
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;

	if (!uri_parse(&parsed, uri, err) || !is_of_token(t, parsed, err))
		return false;
	if (!token_search_key(&key, t, NULL, parsed, err))
		return err_wrap(err, "'%.200s'", uri);
	return p11_id(out, &t->p11, key) ||
	       err_set(err, ERR_KEYSTORE,
		       "the private key has no id (CKA_ID), under which its certificate could be "
		       "stored; give one to both halves, as by pkcs11-tool --login --type privkey "
		       "--label LABEL --set-id 01, and with --type pubkey");
}
