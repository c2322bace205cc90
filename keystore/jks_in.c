#include "keystore/jks_in.h"

#include <string.h>

bool jks_in_bytes(struct jks_bytes *out, struct jks_in *in, uint64_t len)
{
	if (len > in->left)
		return false;
	if (out)
		*out = (struct jks_bytes) { in->at, (size_t)len };
	in->at += len;
	in->left -= (size_t)len;
	return true;
}

bool jks_in_number(uint64_t *out, struct jks_in *in, size_t width)
{
	struct jks_bytes bytes;
	uint64_t n = 0;

	if (!jks_in_bytes(&bytes, in, width))
		return false;
	for (size_t i = 0; i < width; i++)
		n = n << 8 | bytes.data[i];
	*out = n;
	return true;
}

bool jks_in_block(struct jks_bytes *out, struct jks_in *in, size_t width)
{
	uint64_t len;

	return jks_in_number(&len, in, width) && jks_in_bytes(out, in, len);
}

bool jks_in_expect(struct jks_in *in, size_t width, uint64_t value)
{
	uint64_t n;

	return jks_in_number(&n, in, width) && n == value;
}

bool jks_bytes_are(const struct jks_bytes *bytes, const char *text)
{
	return bytes->len == strlen(text) && !memcmp(bytes->data, text, bytes->len);
}
