/*
 * Where the file or record of a domain's validation is put, taken away, and looked for.
 *
 * What is taken away is what the validation's own file says was published and by what means,
 * whatever the configuration says by now.
 */
#ifndef AGENT_PUBLISH_H
#define AGENT_PUBLISH_H

#include "agent/net.h"
#include "agent/validation.h"

/* By the means of `d`. ERR_CONFIG, ERR_PROTOCOL, ERR_IO; ERR_UNAVAILABLE for a hook that failed. */
MUST_USE bool publish_put(const struct validation *v, const struct conf_dcv *d, struct err *err);

/*
 * Takes it away; what is not there is fine. ERR_CONFIG with what has to be done by hand when the
 * hook is not configured any more; others as above.
 */
MUST_USE bool publish_take(const struct validation *v, const struct conf *conf, struct err *err);

/*
 * Looks for it as SCM will, by scm-agent-fetch. ERR_UNAVAILABLE when it can't be seen, with what
 * there is instead.
 */
MUST_USE bool publish_look(
	const struct validation *v, const struct conf_dcv *d, struct net *net, struct err *err);

#endif
