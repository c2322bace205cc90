#include "dcv/answer.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>

#include "dcv/name.h"

static bool is_cname(const ns_msg *msg, const ns_rr *rr, const struct dcv_challenge *c)
{
	char target[NS_MAXDNAME];

	return dcv_name_equal(ns_rr_name(*rr), c->host) &&
	       ns_name_uncompress(ns_msg_base(*msg), ns_msg_end(*msg), ns_rr_rdata(*rr), target,
		       sizeof(target)) >= 0 &&
	       dcv_name_equal(target, c->point);
}

/* A TXT record is strings with a byte of length each; its text is all of them (RFC 7208, 3.3). */
static bool is_txt(const ns_rr *rr, const char *text)
{
	const unsigned char *at = ns_rr_rdata(*rr);
	const unsigned char *end = at + ns_rr_rdlen(*rr);
	size_t left = strlen(text);

	while (at < end) {
		size_t len = *at++;

		if (len > (size_t)(end - at) || len > left || memcmp(at, text, len) != 0)
			return false;
		at += len;
		text += len;
		left -= len;
	}
	return !left;
}

static bool matches(const ns_msg *msg, const ns_rr *rr, const struct dcv_challenge *c)
{
	if (ns_rr_class(*rr) != ns_c_in)
		return false;
	if (c->type == DCV_CNAME)
		return ns_rr_type(*rr) == ns_t_cname && is_cname(msg, rr, c);
	return ns_rr_type(*rr) == ns_t_txt && is_txt(rr, c->point);
}

bool dcv_answer_has(bool *found, const unsigned char *message, size_t len,
	const struct dcv_challenge *c, struct err *err)
{
	bool has = false;
	ns_msg msg;

	if (len > NS_MAXMSG || ns_initparse(message, (int)len, &msg))
		return err_set(err, ERR_UNAVAILABLE, "the DNS answer is broken");
	for (int i = 0; !has && i < ns_msg_count(msg, ns_s_an); i++) {
		ns_rr rr;

		if (ns_parserr(&msg, ns_s_an, i, &rr))
			return err_set(err, ERR_UNAVAILABLE, "the DNS answer is broken");
		has = matches(&msg, &rr, c);
	}
	*found = has;
	return true;
}
