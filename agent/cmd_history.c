#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "agent/cmd.h"
#include "agent/out.h"

#define HISTORY_MAX (64 * 1024 * 1024)

/* The next word of a line; `*rest` is what follows the blank after it. */
static char *next_word(char **rest)
{
	return strsep(rest, " ");
}

/* True when the line is one that is wanted. */
static bool add_event(struct out *o, const char *line, size_t len, const char *only)
{
	AUTO_STR char *copy = strndup(line, len);
	char *rest = copy;
	const char *time = copy ? next_word(&rest) : NULL;
	const char *name = rest ? next_word(&rest) : NULL;
	const char *event = rest ? next_word(&rest) : NULL;

	if (!event || (only && strcmp(name, only)))
		return false;
	out_row(o);
	out_text(o, "time", "TIME", time);
	out_text(o, "name", "NAME", name);
	out_text(o, "event", "EVENT", event);
	out_text(o, "detail", "DETAIL", rest ? rest : "");
	return true;
}

int cmd_history(struct cmd_context *c)
{
	AUTO(out) struct out *o = out_new(c->cli->json, "events");
	AUTO(buf) struct buf history = { 0 };
	const struct conf_cert *cert;
	const char *only = c->cli->args ? c->cli->arg[0] : NULL;
	struct err err = { 0 };
	bool any = false;

	if (!store_read_history(&history, c->store, HISTORY_MAX, &err))
		return cmd_fail(&err);
	for (const char *line = buf_str(&history); *line;) {
		size_t len = strcspn(line, "\n");

		any = add_event(o, line, len, only) || any;
		line += len + (line[len] == '\n');
	}
	/* certificates that left the configuration still have their past */
	if (only && !any && !cmd_one(&cert, c, &err))
		return cmd_fail(&err);
	out_print(o);
	return 0;
}

int cmd_version(struct cmd_context *c)
{
	AUTO(out) struct out *o = out_new(c->cli->json, "versions");

	out_row(o);
	out_text(o, "program", "PROGRAM", "scm-agent");
	out_text(o, "version", "VERSION", SCM_VERSION);
	out_row(o);
	out_text(o, "program", "PROGRAM", "OpenSSL");
	out_text(o, "version", "VERSION", OpenSSL_version(OPENSSL_VERSION_STRING));
	if (c->cli->json)
		out_print(o);
	else
		printf("scm-agent %s (OpenSSL %s)\n", SCM_VERSION,
			OpenSSL_version(OPENSSL_VERSION_STRING));
	return 0;
}
