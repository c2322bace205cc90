#include "fetch_client.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"

#define PATIENCE_MS 200000

void reply_dispose(struct reply *r)
{
	wire_reply_dispose(&r->r);
	free(r->body);
	*r = (struct reply) { 0 };
}

void fetch_start(struct fetch *f, const char *program, const char *const *env)
{
	static const char *const none[] = { NULL };
	const char *argv[] = { program, NULL };
	struct proc_spec spec = { .argv = argv, .env = env ? env : none };
	struct err err = { 0 };

	*f = (struct fetch) { .sock = -1, .in = BUF(WIRE_REPLY_MAX + WIRE_HEADER + 65536) };
	if (!proc_start(&f->pid, &f->sock, &spec, &err))
		fail_msg("%s", err.text);
}

int fetch_stop(struct fetch *f)
{
	fs_close(f->sock);
	buf_dispose(&f->in);
	return proc_stop(f->pid, 10000);
}

uint32_t fetch_send(struct fetch *f, struct wire_request *r)
{
	AUTO(buf) struct buf message = BUF(WIRE_REQUEST_MAX + WIRE_HEADER);
	struct err err = { 0 };
	size_t sent = 0;

	r->id = ++f->last_id;
	if (!wire_encode_request(&message, r, &err))
		fail_msg("%s", err.text);
	while (sent < message.len) {
		ssize_t n = send(f->sock, message.data + sent, message.len - sent, MSG_NOSIGNAL);

		if (n <= 0)
			fail_msg("scm-agent-fetch has gone");
		sent += (size_t)n;
	}
	return r->id;
}

static bool take(struct reply *out, struct fetch *f)
{
	const char *body;
	size_t len;
	size_t used;
	struct err err = { 0 };

	if (!wire_take(&body, &len, &used, &f->in, WIRE_REPLY_MAX, &err)) {
		assert_int_equal(err.kind, ERR_NONE);
		return false;
	}
	out->body = malloc(len);
	assert_non_null(out->body);
	memcpy(out->body, body, len);
	if (!wire_decode_reply(&out->r, out->body, len, &err))
		fail_msg("%s", err.text);
	memmove(f->in.data, f->in.data + used, f->in.len - used);
	f->in.len -= used;
	return true;
}

void fetch_receive(struct reply *out, struct fetch *f)
{
	int64_t until = clock_ms() + PATIENCE_MS;
	char piece[65536];

	*out = (struct reply) { 0 };
	while (!take(out, f)) {
		struct pollfd p = { .fd = f->sock, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, (int)(until - clock_ms())) != 1)
			fail_msg("no reply");
		n = recv(f->sock, piece, sizeof(piece), 0);
		if (n <= 0)
			fail_msg("scm-agent-fetch ended the conversation");
		buf_add(&f->in, piece, (size_t)n);
		assert_true(buf_ok(&f->in));
	}
}

void fetch_ask(struct reply *out, struct fetch *f, struct wire_request *r)
{
	uint32_t id = fetch_send(f, r);

	fetch_receive(out, f);
	assert_int_equal(out->r.id, id);
}

bool fetch_closed(struct fetch *f)
{
	struct pollfd p = { .fd = f->sock, .events = POLLIN };
	char byte;

	return poll(&p, 1, 10000) == 1 && recv(f->sock, &byte, 1, 0) <= 0;
}

long fetch_peak_kib(const struct fetch *f)
{
	AUTO(buf) struct buf status = BUF(16384);
	char path[64];
	const char *line;
	char *end;
	struct err err = { 0 };
	long kib;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)f->pid);
	if (!fs_read_path(&status, path, &err))
		fail_msg("%s", err.text);
	line = strstr(buf_str(&status), "VmHWM:");
	assert_non_null(line);
	kib = strtol(line + strlen("VmHWM:"), &end, 10);
	assert_true(end && kib > 0);
	return kib;
}
