/*
 * The record that validates a domain.
 */
#ifndef SIM_DCV_DNS_H
#define SIM_DCV_DNS_H

#include "err.h"

/*
 * Whether the name server at WHERE (ADDRESS:PORT) has for HOST a record of TYPE, "CNAME" or "TXT",
 * that is POINT. Names are compared without case and final dot, texts byte by byte.
 */
MUST bool dcv_dns_check(
	const char *where, const char *type, const char *host, const char *point, struct err *why);

#endif
