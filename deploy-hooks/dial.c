#include "deploy-hooks/dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"

bool dial_is_address(const char *host)
{
	struct in6_addr any;

	return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

bool dial_look_up(struct addrinfo **out, const char *host, unsigned port, struct err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	char service[8];
	int rc;

	snprintf(service, sizeof(service), "%u", port);
	rc = getaddrinfo(host, service, &hints, out);
	if (rc == EAI_SYSTEM)
		return err_errno(err, ERR_UNAVAILABLE, "look up \"%s\"", host);
	if (rc)
		return err_set(err, ERR_UNAVAILABLE, "look up \"%s\": %s", host, gai_strerror(rc));
	return true;
}

bool dial_wait(int fd, short events, int64_t deadline, struct err *err)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;
	int n;

	do {
		left = deadline - clock_ms();
		if (left < 0)
			left = 0;
		n = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, ERR_UNAVAILABLE, "wait for the network");
	return n || err_set(err, ERR_UNAVAILABLE, "no answer in time");
}

bool dial_connect(int *fd, const struct addrinfo *to, int64_t deadline, struct err *err)
{
	AUTO(fd)
	int s = socket(
		to->ai_family, to->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->ai_protocol);
	int number = 0;
	socklen_t size = sizeof(number);

	if (s < 0)
		return err_errno(err, ERR_UNAVAILABLE, "make a socket");
	if (connect(s, to->ai_addr, to->ai_addrlen)) {
		if (errno != EINPROGRESS)
			return err_errno(err, ERR_UNAVAILABLE, "connect");
		if (!dial_wait(s, POLLOUT, deadline, err))
			return err_wrap(err, "connect");
		if (getsockopt(s, SOL_SOCKET, SO_ERROR, &number, &size) || number) {
			errno = number ? number : errno;
			return err_errno(err, ERR_UNAVAILABLE, "connect");
		}
	}
	*fd = s;
	s = -1;
	return true;
}
