/*
 * Which keys clients are going to meet: what is published in DNS (TLSA) or in a pin goes by it.
 */
#ifndef AGENT_PINS_H
#define AGENT_PINS_H

#include "agent/conf.h"
#include "agent/store.h"

/*
 * The digest, as meta has it, of the key that will be shown after that of `generation`; "" without
 * next_key. It is that of the order in work; of the newest generation, when an older one serves for
 * want of a better one; else the one that was made ahead.
 */
MUST_USE bool pins_next(char out[static CSR_SHA256_HEX], struct store *store,
	const struct conf_cert *cert, const char *generation, struct err *err);

#endif
