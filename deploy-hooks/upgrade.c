#include "deploy-hooks/upgrade.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "deploy-hooks/dial.h"

static bool say(int fd, const struct starttls *s, int64_t deadline, struct err *err)
{
	const char *at = s->say;
	size_t left = s->say_len;

	while (left) {
		ssize_t n = send(fd, at, left, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_errno(err, ERR_UNAVAILABLE, "send");
		if (n < 0 && !dial_wait(fd, POLLOUT, deadline, err))
			return false;
		at += n > 0 ? n : 0;
		left -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool hear(struct starttls *s, int fd, int64_t deadline, struct err *err)
{
	char data[1024];
	ssize_t n;

	if (!dial_wait(fd, POLLIN, deadline, err))
		return false;
	n = recv(fd, data, sizeof(data), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n < 0)
		return err_errno(err, ERR_UNAVAILABLE, "receive");
	if (!n)
		return err_set(err, ERR_UNAVAILABLE, "the server hung up");
	return starttls_feed(s, data, (size_t)n, err);
}

/* In TLS the client speaks first: whatever is there already was not meant to be TLS. */
static bool is_quiet(int fd, struct err *err)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK) <= 0 ||
	       err_set(err, ERR_PROTOCOL,
		       "the server says more than it was asked for before TLS, as an injection "
		       "would");
}

static bool talk(int fd, enum starttls_protocol protocol, int64_t deadline, struct err *err)
{
	struct starttls s;

	starttls_begin(&s, protocol);
	while (say(fd, &s, deadline, err)) {
		s.say_len = 0;
		if (!hear(&s, fd, deadline, err))
			return false;
		if (s.done)
			return is_quiet(fd, err);
	}
	return false;
}

bool upgrade(int fd, enum starttls_protocol protocol, int64_t deadline, struct err *err)
{
	return protocol == STARTTLS_NONE || talk(fd, protocol, deadline, err) ||
	       err_wrap(err, "before TLS");
}
