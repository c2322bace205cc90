#include "keystore/id.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/parse.h"

bool ks_id_make(struct ks_id *out, struct err *err)
{
	struct ks_id id = { .len = KS_ID_NEW };

	if (getrandom(id.data, id.len, 0) != (ssize_t)id.len)
		return err_errno(err, ERR_INTERNAL, "random bytes");
	*out = id;
	return true;
}

bool ks_id_parse(struct ks_id *out, const char *hex)
{
	struct ks_id id = { .len = strlen(hex) / 2 };

	if (!id.len || id.len > KS_ID_MAX || !parse_hex(id.data, id.len, hex))
		return false;
	*out = id;
	return true;
}

const char *ks_id_format(char out[static KS_ID_HEX], const struct ks_id *id)
{
	out[0] = '\0';
	for (size_t i = 0; i < id->len; i++)
		snprintf(out + 2 * i, 3, "%02x", id->data[i]);
	return out;
}

bool ks_id_equal(const struct ks_id *a, const struct ks_id *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}
