#include "agent/hooks.h"

#include <string.h>

#include "base/log.h"

#define OUTPUT_MAX 8192

static void log_lines(const struct conf_hook *h, const char *output)
{
	while (*output) {
		size_t len = strcspn(output, "\n");

		log_debug("hook %s: %.*s", h->text, (int)len, output);
		output += len + (output[len] == '\n');
	}
}

static bool check_all(const struct conf_hooks *hooks, struct err *err)
{
	for (size_t i = 0; i < hooks->n; i++) {
		const struct conf_hook *h = &hooks->item[i];
		struct hook hook = { h->path, h->shipped, NULL };

		if (!hook_check(&hook, err))
			return false;
	}
	return true;
}

bool hooks_check(const struct conf_cert *cert, struct err *err)
{
	return check_all(&cert->pre_hooks, err) && check_all(&cert->deploy_hooks, err) &&
	       check_all(&cert->post_hooks, err);
}

bool hooks_call(const struct conf_hook *h, enum hook_event event,
	const struct hook_context *context, struct err *err)
{
	struct hook hook = { h->path, h->shipped, h->options.n ? &h->options : NULL };
	AUTO(buf) struct buf output = BUF(OUTPUT_MAX);
	bool ok;

	log_progress("%s: %s %s", context->name, hook_event_name(event), h->text);
	ok = hook_check(&hook, err) &&
	     hook_run(&hook, event, context, h->timeout * 1000, &output, err);
	log_lines(h, buf_str(&output));
	if (!ok)
		err->kind = ERR_DEPLOY;
	return ok;
}
