#include "dcv_dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>

#define ANSWER_LIMIT 4096

/* Makes RESOLVER ask WHERE and nobody else, briefly. */
static bool aim(struct __res_state *resolver, const char *where)
{
	const char *port = strrchr(where, ':');
	AUTO(text) char *address = mem_copy(where, (size_t)(port - where));

	memset(resolver, 0, sizeof(*resolver));
	if (res_ninit(resolver))
		return false;
	resolver->nscount = 1;
	resolver->nsaddr_list[0] = (struct sockaddr_in) { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtol(port + 1, NULL, 10)) };
	resolver->retrans = 2;
	resolver->retry = 2;
	return inet_pton(AF_INET, address, &resolver->nsaddr_list[0].sin_addr) == 1;
}

static int ask(unsigned char *answer, const char *where, const char *host, int type)
{
	struct __res_state resolver;
	int length = -1;

	if (aim(&resolver, where))
		length = res_nquery(&resolver, host, ns_c_in, type, answer, ANSWER_LIMIT);
	res_nclose(&resolver);
	return length;
}

static bool same_name(const ns_msg *answer, const ns_rr *record, const char *wanted)
{
	size_t length = strlen(wanted);
	char name[NS_MAXDNAME];

	if (ns_name_uncompress(ns_msg_base(*answer), ns_msg_end(*answer), ns_rr_rdata(*record),
		    name, sizeof(name)) < 0)
		return false;
	length -= length && wanted[length - 1] == '.';
	return strlen(name) == length && !strncasecmp(name, wanted, length);
}

/* A text is in pieces, each with its length before it. */
static bool same_text(const ns_rr *record, const char *wanted)
{
	const unsigned char *data = ns_rr_rdata(*record);
	size_t left = ns_rr_rdlen(*record), done = 0, length = strlen(wanted);

	while (left > 0) {
		size_t piece = *data;

		if (piece + 1 > left || piece > length - done ||
			memcmp(data + 1, wanted + done, piece) != 0)
			return false;
		done += piece;
		data += piece + 1;
		left -= piece + 1;
	}
	return done == length;
}

bool dcv_dns_check(
	const char *where, const char *type, const char *host, const char *point, struct err *why)
{
	bool text = !strcmp(type, "TXT");
	unsigned char bytes[ANSWER_LIMIT];
	int length = ask(bytes, where, host, text ? ns_t_txt : ns_t_cname);
	ns_msg answer;
	ns_rr record;

	if (length < 0 || ns_initparse(bytes, length, &answer))
		return err_set(why, "%s: no %s record at %s", host, type, where);
	for (int i = 0; i < ns_msg_count(answer, ns_s_an); i++) {
		if (ns_parserr(&answer, ns_s_an, i, &record) ||
			ns_rr_type(record) != (text ? ns_t_txt : ns_t_cname))
			continue;
		if (text ? same_text(&record, point) : same_name(&answer, &record, point))
			return true;
	}
	return err_set(why, "%s: no %s record is '%s'", host, type, point);
}
