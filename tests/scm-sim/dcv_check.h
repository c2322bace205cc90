/*
 * Whether what validates a domain was published: a file by HTTP or HTTPS, a CNAME or TXT record, or
 * mail that was read. It is looked for where the switches say.
 */
#ifndef SIM_DCV_CHECK_H
#define SIM_DCV_CHECK_H

#include "switches.h"

/* Whether a switch says where to look for what the order of RECORD (of dcv_state.h) asks for. */
bool dcv_check_wanted(const struct switches *switches, const cJSON *record);

/* False: WHY says what was found instead. */
MUST bool dcv_check(
	const struct switches *switches, const cJSON *record, const char *domain, struct err *why);

#endif
