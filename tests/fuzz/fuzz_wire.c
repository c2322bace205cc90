/* Messages between scm-agent and scm-agent-fetch: what decodes is what its encoder would write. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "scm/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct buf *again, const uint8_t *data, size_t size)
{
	assert(again->len == size + WIRE_HEADER);
	assert(!memcmp(again->data + WIRE_HEADER, data, size));
}

static void as_request(const uint8_t *data, size_t size)
{
	AUTO(buf) struct buf again = BUF(WIRE_REQUEST_MAX + WIRE_HEADER);
	struct wire_request r;
	struct err err = { 0 };

	if (!wire_decode_request(&r, data, size, &err))
		return;
	assert(wire_encode_request(&again, &r, &err));
	check_same(&again, data, size);
}

static void as_reply(const uint8_t *data, size_t size)
{
	AUTO(buf) struct buf again = BUF(WIRE_REPLY_MAX + WIRE_HEADER);
	AUTO(wire_reply) struct wire_reply r = { 0 };
	struct err err = { 0 };

	if (size > WIRE_REPLY_MAX || !wire_decode_reply(&r, data, size, &err))
		return;
	assert(wire_encode_reply(&again, &r, &err));
	check_same(&again, data, size);
}

/* As it comes from a socket: any number of messages, the last one perhaps cut. */
static void as_stream(const uint8_t *data, size_t size)
{
	AUTO(buf) struct buf in = BUF(size + 1);
	const char *body;
	size_t len;
	size_t used;
	struct err err = { 0 };

	buf_add(&in, data, size);
	while (wire_take(&body, &len, &used, &in, WIRE_REPLY_MAX, &err)) {
		assert(used == len + WIRE_HEADER && used <= in.len);
		memmove(in.data, in.data + used, in.len - used);
		in.len -= used;
	}
	assert(err.kind == ERR_NONE || err.kind == ERR_PROTOCOL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_request(data, size);
	as_reply(data, size);
	as_stream(data, size);
	return 0;
}
