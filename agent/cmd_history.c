#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "agent/cmd.h"
#include "agent/out.h"

static void add_event(struct out *o, const char *line, size_t len, const char *only)
{
	AUTO(strlist) struct strlist word = { 0 };
	AUTO_STR char *copy = strndup(line, len);
	const char *detail;

	if (!copy || !strlist_split(&word, copy, ' ') || word.n < 3)
		return;
	if (only && strcmp(word.item[1], only))
		return;
	detail = word.n > 3 ? strstr(copy, word.item[2]) + strlen(word.item[2]) + 1 : "";
	out_row(o);
	out_text(o, "time", "TIME", word.item[0]);
	out_text(o, "name", "NAME", word.item[1]);
	out_text(o, "event", "EVENT", word.item[2]);
	out_text(o, "detail", "DETAIL", detail);
}

int cmd_history(struct cmd_context *c)
{
	AUTO(out) struct out *o = out_new(c->cli->json, "events");
	AUTO(buf) struct buf history = { 0 };
	const char *only = c->cli->args ? c->cli->arg[0] : NULL;
	struct err err = { 0 };

	if (!store_read_history(&history, c->store, &err))
		return cmd_fail(&err);
	for (const char *line = buf_str(&history); *line;) {
		size_t len = strcspn(line, "\n");

		add_event(o, line, len, only);
		line += len + (line[len] == '\n');
	}
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
