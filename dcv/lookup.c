#include "dcv/lookup.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <assert.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

#include "base/buf.h"
#include "base/parse.h"
#include "dcv/answer.h"

/* Per server: two seconds, then four shared by all; three servers at most (MAXNS). */
#define TIMEOUT_S 2
#define TRIES 2
#define DNS_PORT 53

/* Either family; sa.sa_family says which. */
union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct resolver {
	bool open; /* an empty state would have the C library close descriptor 0 */
	struct __res_state state;
};

static void resolver_dispose(struct resolver *r)
{
	if (r->open)
		res_nclose(&r->state);
}
AUTO_DEFINE_REF(resolver, struct resolver, resolver_dispose);

/* Splits ADDRESS, ADDRESS:PORT (IPv4), [ADDRESS]:PORT; a bare IPv6 address has more than one ':'.
 */
static bool split(char host[static INET6_ADDRSTRLEN], uint64_t *port, const char *server)
{
	bool bracket = server[0] == '[';
	const char *begin = server + bracket;
	const char *end = bracket ? strchr(begin, ']') : strchr(begin, ':');
	const char *rest;
	size_t len;

	if (!bracket && (!end || strchr(end + 1, ':')))
		end = begin + strlen(begin);
	if (!end || (size_t)(end - begin) >= INET6_ADDRSTRLEN)
		return false;
	len = (size_t)(end - begin);
	memcpy(host, begin, len);
	host[len] = '\0';
	rest = end + bracket;
	return !*rest || (*rest == ':' && parse_uint(port, rest + 1, 1, UINT16_MAX));
}

static bool parse_server(union address *out, const char *server)
{
	char host[INET6_ADDRSTRLEN];
	union address a = { 0 };
	uint64_t port = DNS_PORT;

	if (!split(host, &port, server))
		return false;
	if (server[0] != '[' && inet_pton(AF_INET, host, &a.in.sin_addr) == 1) {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons((uint16_t)port);
	} else if (inet_pton(AF_INET6, host, &a.in6.sin6_addr) == 1) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons((uint16_t)port);
	} else {
		return false;
	}
	*out = a;
	return true;
}

/*
 * IPv6 servers live in the C library's own part of the state. It frees as many as there are servers
 * in the end, so those of the system go first.
 */
static bool use_server(struct __res_state *state, const union address *a, struct err *err)
{
	for (size_t i = 0; i < MAXNS; i++)
		free(TAKE(state->_u._ext.nsaddrs[i]));
	state->nscount = 1;
	if (a->sa.sa_family == AF_INET) {
		state->nsaddr_list[0] = a->in;
		return true;
	}
	state->nsaddr_list[0].sin_family = 0;
	state->_u._ext.nsaddrs[0] = calloc(1, sizeof(a->in6));
	if (!state->_u._ext.nsaddrs[0])
		return err_memory(err);
	*state->_u._ext.nsaddrs[0] = a->in6;
	return true;
}

static bool open_resolver(struct resolver *out, const char *server, struct err *err)
{
	union address a = { 0 };

	if (server && !parse_server(&a, server))
		return err_set(err, ERR_CONFIG,
			"DNS server \"%s\" is not ADDRESS[:PORT] ([ADDRESS]:PORT for IPv6)",
			server);
	if (res_ninit(&out->state))
		return err_set(err, ERR_UNAVAILABLE, "the system's resolver can't be set up");
	out->open = true;
	out->state.retrans = TIMEOUT_S;
	out->state.retry = TRIES;
	return !server || use_server(&out->state, &a, err);
}

static bool no_answer(bool *found, const struct __res_state *state, struct err *err)
{
	if (state->res_h_errno != HOST_NOT_FOUND && state->res_h_errno != NO_DATA)
		return err_set(err, ERR_UNAVAILABLE, "%s", hstrerror(state->res_h_errno));
	*found = false;
	return true;
}

static bool ask(
	bool *found, struct __res_state *state, const struct dcv_challenge *c, struct err *err)
{
	int type = c->type == DCV_CNAME ? ns_t_cname : ns_t_txt;
	AUTO(buf) struct buf answer = BUF(NS_MAXMSG);
	char *room = buf_extend(&answer, NS_MAXMSG);
	int len;

	if (!room)
		return err_memory(err);
	len = res_nquery(state, c->host, ns_c_in, type, (unsigned char *)room, NS_MAXMSG);
	if (len < 0)
		return no_answer(found, state, err);
	return dcv_answer_has(found, (unsigned char *)room, (size_t)len, c, err);
}

bool dcv_lookup(bool *found, const struct dcv_challenge *c, const char *server, struct err *err)
{
	AUTO(resolver) struct resolver resolver = { 0 };

	assert(c->type == DCV_CNAME || c->type == DCV_TXT);
	if (!dcv_challenge_check(c, err) || !open_resolver(&resolver, server, err))
		return false;
	return ask(found, &resolver.state, c, err) ||
	       err_wrap(err, "look up %s of %s%s%s", dcv_type_name(c->type), c->host,
		       server ? " at " : "", server ? server : "");
}
