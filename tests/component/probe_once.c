/* probe_once SCHEME HOST PORT NAME: one probe; prints the leaf's serial number, or why there is
 * none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "deploy-hooks/leaf.h"
#include "deploy-hooks/probe.h"

int main(int argc, char **argv)
{
	AUTO(probe_chain) struct probe_chain chain = { 0 };
	struct probe_target t = { .timeout_ms = 30000 };
	struct leaf leaf;
	struct err err = { 0 };
	uint64_t port;

	if (argc != 5 || !parse_uint(&port, argv[3], 1, 65535))
		return 2;
	t.host = argv[2];
	t.port = (unsigned)port;
	t.server_name = argv[4];
	while (strcmp(starttls_scheme(t.protocol), argv[1]) != 0)
		if (++t.protocol == STARTTLS_PROTOCOL_COUNT)
			return 2;
	if (!probe_chain_fetch(&chain, &t, &err) ||
		!leaf_read(&leaf, chain.cert[0].der, chain.cert[0].len, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	printf("%s\n", leaf.serial);
	return 0;
}
