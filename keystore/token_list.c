#include <string.h>

#include "keystore/token.h"

struct list {
	struct ks_entry *entry;
	size_t n;
};

static size_t without_zeros(const unsigned char *number, size_t len)
{
	while (len && !*number) {
		number++;
		len--;
	}
	return len;
}

static int type_of(const struct p11 *p, CK_OBJECT_HANDLE key)
{
	CK_ULONG kind = p11_number(p, key, CKA_KEY_TYPE);
	unsigned char value[1024];
	size_t len = sizeof(value);

	if ((kind != CKK_RSA && kind != CKK_EC) ||
		!p11_attr(value, &len, p, key, kind == CKK_RSA ? CKA_MODULUS : CKA_EC_PARAMS))
		return -1;
	for (int i = 0; i < KS_KEY_TYPE_COUNT; i++) {
		const struct ks_key_spec *spec = ks_key_spec((enum ks_key_type)i);

		if (spec->group ? kind == CKK_EC && spec->ec_params_len == len &&
					  !memcmp(spec->ec_params, value, len)
				: kind == CKK_RSA && without_zeros(value, len) * 8 == spec->bits)
			return i;
	}
	return -1;
}

/* The row of an id; the list has room for one more. */
static struct ks_entry *row(struct list *list, const struct ks_id *id)
{
	struct ks_entry *e;

	for (size_t i = 0; i < list->n; i++)
		if (ks_id_equal(&list->entry[i].id, id))
			return &list->entry[i];
	e = &list->entry[list->n++];
	e->id = *id;
	e->type = -1;
	return e;
}

static void add(struct list *list, const struct p11 *p, CK_OBJECT_HANDLE object)
{
	CK_OBJECT_CLASS class = p11_number(p, object, CKA_CLASS);
	struct ks_id id;
	struct ks_entry *e;
	size_t len;

	/* without an id it can't be one of ours, nor be told from others */
	if (!p11_id(&id, p, object))
		return;
	e = row(list, &id);
	e->has_private |= class == CKO_PRIVATE_KEY;
	e->has_public |= class == CKO_PUBLIC_KEY;
	e->has_certificate |= class == CKO_CERTIFICATE;
	if (e->type < 0)
		e->type = type_of(p, object);
	len = sizeof(e->label) - 1;
	if (!e->label[0] && p11_attr(e->label, &len, p, object, CKA_LABEL))
		e->label[len] = '\0';
}

static bool find_class(
	CK_OBJECT_HANDLE *out, size_t *n, struct token *t, CK_OBJECT_CLASS class, struct err *err)
{
	CK_BBOOL yes = CK_TRUE;
	const CK_ATTRIBUTE match[] = { P11_ATTR(CKA_CLASS, class), P11_ATTR(CKA_TOKEN, yes) };

	return p11_find(out, n, KS_ENTRIES_MAX, &t->p11, match, ARRAY_LEN(match), err);
}

bool token_list(struct ks_entry **out, size_t *n, struct ks *ks, struct err *err)
{
	/* private keys first, so that their labels are the ones shown */
	static const CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY,
		CKO_CERTIFICATE };
	struct token *t = token_of(ks);
	AUTO(free)
	void *memory = calloc(ARRAY_LEN(classes) * KS_ENTRIES_MAX, sizeof(CK_OBJECT_HANDLE));
	CK_OBJECT_HANDLE *objects = memory;
	struct list list = { 0 };
	size_t total = 0;

	if (!objects)
		return err_memory(err);
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		size_t found;

		if (!find_class(objects + total, &found, t, classes[i], err))
			return false;
		total += found;
	}
	list.entry = total ? calloc(total, sizeof(*list.entry)) : NULL;
	if (total && !list.entry)
		return err_memory(err);
	for (size_t i = 0; i < total; i++)
		add(&list, &t->p11, objects[i]);
	*out = list.entry;
	*n = list.n;
	return true;
}
