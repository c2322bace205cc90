#include "fetch/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define PIECE 65536
#define OUT_FULL (4 * WIRE_REPLY_MAX)
#define OUT_MAX (OUT_FULL + 64 * WIRE_REPLY_MAX)

void channel_init(struct channel *c, int fd)
{
	*c = (struct channel) {
		.fd = fd, .in = BUF(WIRE_REQUEST_MAX + WIRE_HEADER), .out = BUF(OUT_MAX)
	};
}

void channel_dispose(struct channel *c)
{
	buf_wipe(&c->in);
	buf_dispose(&c->out);
}

/* Removes the first bytes, and leaves no copy of them behind. */
static void remove_first(struct buf *b, size_t n)
{
	memmove(b->data, b->data + n, b->len - n);
	explicit_bzero(b->data + b->len - n, n);
	b->len -= n;
}

static bool would_block(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static void receive(struct channel *c)
{
	while (!c->ended && c->in.len < c->in.max) {
		size_t room = c->in.max - c->in.len;
		size_t want = room < PIECE ? room : PIECE;
		size_t before = c->in.len;
		char *at = buf_extend(&c->in, want);
		ssize_t n = at ? recv(c->fd, at, want, MSG_DONTWAIT) : 0;

		c->in.len = before + (n > 0 ? (size_t)n : 0);
		if (would_block(n))
			return;
		if (n <= 0)
			c->ended = true;
	}
}

static void transmit(struct channel *c)
{
	while (!c->ended && c->out.len) {
		ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (would_block(n))
			return;
		if (n <= 0)
			c->ended = true;
		else
			remove_first(&c->out, (size_t)n);
	}
}

void channel_pump(struct channel *c)
{
	transmit(c);
	receive(c);
}

bool channel_writing(const struct channel *c)
{
	return c->out.len > 0;
}

bool channel_full(const struct channel *c)
{
	return c->out.len > OUT_FULL;
}

void channel_reply(struct channel *c, const struct wire_reply *r)
{
	struct wire_reply plain = { .id = r->id };
	struct err ignored;

	if (!wire_encode_reply(&c->out, r, &plain.err) &&
		!wire_encode_reply(&c->out, &plain, &ignored))
		c->ended = true;
	transmit(c);
}

bool channel_next(struct channel *c, struct wire_request *r)
{
	const char *body;
	size_t len;
	size_t used;
	struct err err = { 0 };

	if (wire_take(&body, &len, &used, &c->in, WIRE_REQUEST_MAX, &err) &&
		wire_decode_request(r, body, len, &err))
		return true;
	if (err.kind != ERR_NONE)
		c->ended = true;
	return false;
}

void channel_used(struct channel *c)
{
	const char *body;
	size_t len;
	size_t used;
	struct err err = { 0 };

	if (wire_take(&body, &len, &used, &c->in, WIRE_REQUEST_MAX, &err))
		remove_first(&c->in, used);
}
