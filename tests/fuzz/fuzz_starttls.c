/* The dialogues before TLS: the first byte names the protocol, the second how the rest is cut. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "deploy-hooks/starttls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct starttls *s)
{
	assert(!s->say == !s->say_len);
	assert(!(s->done && s->say));
	assert(s->total <= STARTTLS_BYTES_MAX && s->len <= s->total);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct starttls s;
	struct err err = { 0 };
	size_t piece;
	bool fine = true;

	if (size < 2)
		return 0;
	starttls_begin(&s,
		(enum starttls_protocol)(STARTTLS_SMTP + data[0] % (STARTTLS_PROTOCOL_COUNT - 1)));
	check(&s);
	piece = data[1] ? data[1] : size;
	for (size_t at = 2; fine && !s.done && at < size; at += piece) {
		fine = starttls_feed(&s, data + at, size - at < piece ? size - at : piece, &err);
		check(&s);
	}
	assert(fine || err.kind == ERR_PROTOCOL);
	for (const char *c = err.text; *c; c++)
		assert(*c >= ' ' && *c <= '~');
	return 0;
}
