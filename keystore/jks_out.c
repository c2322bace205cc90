#include "keystore/jks_out.h"

void jks_out_number(struct buf *out, size_t width, uint64_t n)
{
	while (width--) {
		const char byte = (char)(n >> (8 * width));

		buf_add(out, &byte, 1);
	}
}

void jks_out_block(struct buf *out, size_t width, const void *data, size_t len)
{
	jks_out_number(out, width, len);
	buf_add(out, data ? data : "", len);
}
