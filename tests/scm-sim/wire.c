#include "wire.h"

#include <linux/sockios.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 16384
#define DRAIN_TRIES 2000
#define BLANKS 4096

/* Waits for EVENTS on the connection, at most MS; false when the server has to end or on errors. */
static bool wait_for(const struct wire *wire, short events, int ms)
{
	struct pollfd fds[] = { { .fd = wire->stop, .events = POLLIN },
		{ .fd = wire->fd, .events = events } };

	if (poll(fds, 2, ms) < 0)
		return false;
	return !fds[0].revents && !(fds[1].revents & (POLLERR | POLLHUP));
}

static bool send_bytes(const struct wire *wire, const char *data, size_t length)
{
	while (length > 0) {
		size_t step = length < CHUNK ? length : CHUNK;
		ssize_t sent = gnutls_record_send(wire->session, data, step);

		if (sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED) {
			if (!wait_for(wire, POLLOUT, -1))
				return false;
			continue;
		}
		if (sent < 0)
			return false;
		data += sent;
		length -= (size_t)sent;
	}
	return true;
}

static char *head_text(const struct reply *reply, bool with_length)
{
	const char *reason = MHD_get_reason_phrase_for((unsigned int)reply->status);
	time_t now = time(NULL);
	char date[64];
	struct tm tm;
	AUTO(text) char *head = NULL;

	/* As the library writes it, so that the same answer is as long either way. */
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
	head = mem_format("HTTP/1.1 %d %s\r\nDate: %s\r\n", reply->status, reason, date);
	for (size_t i = 0; i < reply->header_count; i++) {
		char *longer = mem_format(
			"%s%s: %s\r\n", head, reply->headers[i].name, reply->headers[i].value);

		free(head);
		head = longer;
	}
	if (with_length)
		return mem_format("%sContent-Length: %zu\r\n\r\n", head, reply->length);
	return TAKE(head);
}

/* The whole answer as it goes over the wire; owned. */
static char *answer_text(size_t *length, const struct wire *wire, const struct reply *reply)
{
	AUTO(text) char *head = head_text(reply, true);
	size_t head_length = strlen(head);
	size_t body_length = wire->head ? 0 : reply->length;
	char *answer = mem_grow(NULL, head_length + body_length + 1, 1);

	memcpy(answer, head, head_length + 1);
	if (body_length)
		memcpy(answer + head_length, reply->body, body_length);
	*length = head_length + body_length;
	return answer;
}

/* Lets what was sent arrive: a reset throws away what still waits in the queue. */
static void drain(const struct wire *wire)
{
	int waiting = 0;

	for (int i = 0; i < DRAIN_TRIES; i++) {
		if (ioctl(wire->fd, SIOCOUTQ, &waiting) || !waiting)
			return;
		usleep(1000);
	}
}

/* Dissolving a TCP socket's association is Linux's way of sending a reset at once. */
static void reset(const struct wire *wire)
{
	struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	drain(wire);
	if (connect(wire->fd, &nowhere, sizeof(nowhere)))
		shutdown(wire->fd, SHUT_RDWR);
}

/* No close_notify: whoever trusts a mere end of the stream is to be found out. */
static void end(const struct wire *wire)
{
	shutdown(wire->fd, SHUT_RDWR);
}

static void send_part(const struct wire *wire, const struct reply *reply, long part)
{
	size_t length;
	AUTO(text) char *answer = answer_text(&length, wire, reply);

	if (part >= 0 && (size_t)part < length)
		length = (size_t)part;
	send_bytes(wire, answer, length);
}

static void drip(const struct wire *wire, const struct reply *reply, long ms)
{
	size_t length;
	AUTO(text) char *answer = answer_text(&length, wire, reply);
	int on = 1;

	setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (size_t i = 0; i < length; i++)
		if (!send_bytes(wire, answer + i, 1) || !wait_for(wire, 0, (int)ms))
			return;
}

static void endless_body(const struct wire *wire, const struct reply *reply)
{
	AUTO(text) char *head = head_text(reply, false);
	AUTO(text) char *start = mem_format("%sTransfer-Encoding: chunked\r\n\r\n", head);
	AUTO(text) char *chunk = mem_format("%x\r\n%*s\r\n", BLANKS, BLANKS, "");
	size_t chunk_length = strlen(chunk);

	if (!send_bytes(wire, start, strlen(start)))
		return;
	/* First the true body: the rest could be taken for harmless white space. */
	if (reply->length) {
		AUTO(text) char *size = mem_format("%zx\r\n", reply->length);

		if (!send_bytes(wire, size, strlen(size)) ||
			!send_bytes(wire, reply->body, reply->length) ||
			!send_bytes(wire, "\r\n", 2))
			return;
	}
	while (wait_for(wire, 0, 0) && send_bytes(wire, chunk, chunk_length))
		;
}

static void endless_headers(const struct wire *wire, const struct reply *reply)
{
	AUTO(text) char *head = head_text(reply, false);
	bool on = send_bytes(wire, head, strlen(head));

	for (unsigned long i = 0; on; i++) {
		AUTO(text) char *header = mem_format("X-Filler-%lu: %0200lu\r\n", i, i);

		on = wait_for(wire, 0, 0) && send_bytes(wire, header, strlen(header));
	}
}

static void hang(const struct wire *wire)
{
	struct pollfd fds[] = { { .fd = wire->stop, .events = POLLIN },
		{ .fd = wire->fd, .events = POLLRDHUP } };

	while (poll(fds, 2, -1) < 0)
		;
}

bool wire_wanted(const struct faults *faults)
{
	return !wire_answers(faults) || fault_find(faults, FAULT_DRIP) ||
	       fault_find(faults, FAULT_RESET_AT) || fault_find(faults, FAULT_CLOSE_AT) ||
	       fault_find(faults, FAULT_ENDLESS_BODY) || fault_find(faults, FAULT_ENDLESS_HEADERS);
}

bool wire_answers(const struct faults *faults)
{
	return !fault_find(faults, FAULT_RESET) && !fault_find(faults, FAULT_CLOSE) &&
	       !fault_find(faults, FAULT_RESET_AFTER_ACCEPT) &&
	       !fault_find(faults, FAULT_CLOSE_AFTER_ACCEPT) && !fault_find(faults, FAULT_HANG);
}

void wire_run(const struct wire *wire, const struct reply *reply, const struct faults *faults)
{
	const struct fault *reset_at = fault_find(faults, FAULT_RESET_AT);
	const struct fault *close_at = fault_find(faults, FAULT_CLOSE_AT);
	const struct fault *slow = fault_find(faults, FAULT_DRIP);

	if (fault_find(faults, FAULT_HANG))
		hang(wire);
	if (!wire_answers(faults)) {
		if (fault_find(faults, FAULT_RESET) || fault_find(faults, FAULT_RESET_AFTER_ACCEPT))
			reset(wire);
	} else if (reset_at || close_at) {
		send_part(wire, reply, reset_at ? reset_at->number : close_at->number);
		if (reset_at)
			reset(wire);
	} else if (fault_find(faults, FAULT_ENDLESS_BODY)) {
		endless_body(wire, reply);
	} else if (fault_find(faults, FAULT_ENDLESS_HEADERS)) {
		endless_headers(wire, reply);
	} else if (slow) {
		drip(wire, reply, slow->number);
	}
	end(wire);
}
