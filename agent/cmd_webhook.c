#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/cmd.h"

static const char *const names[] = {
	[VALUE_LISTEN] = "--listen",
	[VALUE_SECRET_FILE] = "--secret-file",
	[VALUE_USER] = "--user",
	[VALUE_HINTS] = "--hints",
};

/*
 * The receiver takes this process over, with the descriptors and variables of systemd: neither its
 * HTTP library nor the network is for a program that may hold keys.
 */
int cmd_webhook(struct cmd_context *c)
{
	int folder = (int)(strrchr(c->fetch_path, '/') - c->fetch_path);
	const char *argv[2 * ARRAY_LEN(names) + 2];
	AUTO_STR char *path = NULL;
	struct err err = { 0 };
	size_t n = 0;

	if (asprintf(&path, "%.*s/scm-agent-webhook", folder, c->fetch_path) < 0) {
		err_memory(&err);
		return cmd_fail(&err);
	}
	argv[n++] = path;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!c->cli->value[i])
			continue;
		argv[n++] = names[i];
		argv[n++] = c->cli->value[i];
	}
	argv[n] = NULL;
	execve(path, (char *const *)argv, c->environment);
	err_errno(&err, ERR_INTERNAL, "the installation is not complete: %s", path);
	return cmd_fail(&err);
}
