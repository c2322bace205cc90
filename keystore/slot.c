#include <string.h>

#include "keystore/token.h"
#include "keystore/uri.h"

struct search {
	const struct module *module;
	P11KitUri *uri;
	unsigned found;
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;
	struct buf *labels; /* of all tokens, for the message */
	CK_RV trouble;	    /* what the last slot that could not be read said */
};

/* A slot that can't be read now is as good as empty, unless it may have been ours. */
static bool read_well(struct search *s, CK_RV rv)
{
	if (rv != CKR_OK)
		s->trouble = rv;
	return rv == CKR_OK;
}

static bool matches(struct search *s, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
	CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(s->uri);
	CK_SLOT_INFO slot_info = { 0 };
	CK_INFO module_info = { 0 };

	return (wanted == (CK_SLOT_ID)-1 || wanted == slot) &&
	       p11_kit_uri_match_token_info(s->uri, info) &&
	       read_well(s, GUARDED(s->module->fn, C_GetSlotInfo, slot, &slot_info)) &&
	       p11_kit_uri_match_slot_info(s->uri, &slot_info) &&
	       read_well(s, GUARDED(s->module->fn, C_GetInfo, &module_info)) &&
	       p11_kit_uri_match_module_info(s->uri, &module_info);
}

static void look_at(struct search *s, CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;
	size_t len;

	if (!read_well(s, module_token_info(&info, s->module, slot)) ||
		!(info.flags & CKF_TOKEN_INITIALIZED))
		return;
	len = p11_padded_len(info.label, sizeof(info.label));
	buf_addf(s->labels, "%s'%.*s'", s->labels->len ? ", " : "", (int)len, info.label);
	if (!matches(s, slot, &info))
		return;
	s->found++;
	s->slot = slot;
	s->info = info;
}

static bool search(struct search *s, struct err *err)
{
	CK_SLOT_ID slots[MODULE_SLOTS_MAX];
	CK_ULONG n;
	CK_RV rv = module_slots(slots, &n, s->module);

	if (rv != CKR_OK)
		return p11_err(err, rv, "list the tokens");
	for (CK_ULONG i = 0; i < n; i++)
		look_at(s, slots[i]);
	return true;
}

static bool judge(const struct search *s, const char *uri, struct err *err)
{
	const char *labels = s->labels->len ? buf_str(s->labels) : "none at all";

	if (s->found == 1)
		return true;
	if (s->found)
		return err_set(err, ERR_KEYSTORE,
			"uri '%s' fits %u tokens; add serial= or another attribute (tokens: %s)",
			uri, s->found, labels);
	if (s->trouble != CKR_OK) {
		p11_err(err, s->trouble, "look at the token in a slot");
		return err_wrap(err, "no token fits uri '%s' (tokens: %s)", uri, labels);
	}
	if (s->labels->len)
		return err_set(
			err, ERR_KEYSTORE, "no token fits uri '%s'; there are: %s", uri, labels);
	/* SoftHSM, for one, finds nothing wrong with a directory that it may not read */
	return err_set(err, ERR_KEYSTORE,
		"no token fits uri '%s'; there is no initialized token at all: permissions, or "
		"where the module looks for its files (env.SOFTHSM2_CONF, init_args), may be why",
		uri);
}

bool token_find_slot(CK_SLOT_ID *out, CK_TOKEN_INFO *info, const struct module *m, const char *uri,
	struct err *err)
{
	AUTO(buf) struct buf labels = BUF(256);
	AUTO(uri) P11KitUri *parsed = NULL;
	struct search s = { .module = m, .labels = &labels };

	if (!uri_parse(&parsed, uri, err))
		return false;
	s.uri = parsed;
	if (!search(&s, err) || !judge(&s, uri, err))
		return false;
	*out = s.slot;
	*info = s.info;
	return true;
}
