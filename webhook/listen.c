#include "webhook/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <systemd/sd-daemon.h>

#include "base/fs.h"
#include "base/parse.h"

#define BACKLOG 128

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool parse_host(union address *a, socklen_t *len, const char *host, uint16_t port)
{
	*a = (union address) { 0 };
	if (inet_pton(AF_INET, host, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons(port);
		*len = sizeof(a->v4);
		return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
	}
	if (strcmp(host, "[::1]"))
		return false;
	a->v6.sin6_family = AF_INET6;
	a->v6.sin6_port = htons(port);
	a->v6.sin6_addr = in6addr_loopback;
	*len = sizeof(a->v6);
	return true;
}

static bool parse_address(union address *a, socklen_t *len, const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':');
	size_t host_len = colon ? (size_t)(colon - text) : 0;
	char host[INET6_ADDRSTRLEN] = "";
	uint64_t port;

	if (colon && host_len < sizeof(host) && parse_uint(&port, colon + 1, 1, UINT16_MAX)) {
		memcpy(host, text, host_len);
		if (parse_host(a, len, host, (uint16_t)port))
			return true;
	}
	return err_set(err, ERR_USAGE,
		"--listen '%s': give an address of the loopback interface, 127.0.0.1:PORT or "
		"[::1]:PORT",
		text);
}

static bool bind_own(int *out, const char *address, struct err *err)
{
	AUTO(fd) int fd = -1;
	union address a;
	socklen_t len;
	int on = 1;

	if (!parse_address(&a, &len, address, err))
		return false;
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		bind(fd, &a.any, len) || listen(fd, BACKLOG))
		return err_errno(err, ERR_INTERNAL, "listen on %s", address);
	*out = fd;
	fd = -1;
	return true;
}

bool listen_open(int *out, bool *activated, const char *address, struct err *err)
{
	int n = sd_listen_fds(0);

	*activated = n > 0;
	if (!*activated)
		return bind_own(out, address, err);
	if (n != 1 || sd_is_socket(SD_LISTEN_FDS_START, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
		return err_set(err, ERR_USAGE,
			"systemd handed over %d descriptors; one listening stream socket is wanted",
			n);
	*out = SD_LISTEN_FDS_START;
	return true;
}
